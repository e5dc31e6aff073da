"""The table that ends a run: one row a feature, then what concerns the whole market."""

import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sim.running.run import Run

HEADS = ("feature", "MAU", "DAU/MAU", "share", "days to 100 M", "days to 1 B", "developers")


def ended(run: "Run", began: float) -> None:
    """What a command that ran something says at its end; `began` is the performance counter."""
    closing(run)
    made = run.manifest
    click.echo(f"folder  {run.folder}")
    click.echo(f"time    {time.perf_counter() - began:.1f} s, engine {made.engine_s:.1f} s")
    if made.bytes_per_person is not None and made.ns_per_person_tick is not None:
        click.echo(
            f"agents  {made.bytes_per_person:.3g} bytes a person, "
            f"{made.ns_per_person_tick:.3g} ns a person and tick"
        )


def closing(run: "Run") -> None:
    """Print the numbers that matter, and which figures could not be drawn."""
    from sim.cli.tables import show
    from sim.running.shown import shown

    rows = [shown(row) for row in run.summary_rows()]
    show(HEADS, [row[: len(HEADS)] for row in rows], right=HEADS[1:])
    concentration = rows[-1][-1]
    click.echo(f"\nHHI     {concentration or '-'} of 10,000")
    for figure, reason in run.manifest.figures.failed.items():
        click.echo(f"Warning: the figure `{figure}` could not be drawn: {reason}", err=True)
