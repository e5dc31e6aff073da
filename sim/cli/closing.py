"""The table that ends a run: one row a feature, then what concerns the whole market."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sim.running.run import Run

HEADS = ("feature", "MAU", "DAU/MAU", "share", "days to 100 M", "days to 1 B", "developers")


def closing(run: "Run") -> None:
    """Print the numbers that matter, and which figures could not be drawn."""
    from sim.cli.tables import show
    from sim.running.run import shown

    rows = [shown(row) for row in run.summary_rows()]
    show(HEADS, [row[: len(HEADS)] for row in rows], right=HEADS[1:])
    concentration = rows[-1][-1]
    click.echo(f"\nHHI     {concentration or '-'} of 10,000")
    for figure, reason in run.manifest.figures.failed.items():
        click.echo(f"Warning: the figure `{figure}` could not be drawn: {reason}", err=True)
