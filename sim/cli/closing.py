"""The table that ends a run: one row a feature, then what concerns the whole market."""

import sys
import time
from typing import TYPE_CHECKING

import click

from sim.cli.exits import remark, silence

if TYPE_CHECKING:
    from sim.running.run import Run

HEADS = ("feature", "MAU", "DAU/MAU", "share", "days to 100 M", "days to 1 B", "developers")


def ended(run: "Run", began: float) -> None:
    """What a command that ran something says at its end; `began` is the performance counter.

    The run stands: an output stream that cannot be written costs the words and not the run.
    """
    try:
        _said(run, began)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(sys.stdout)
        said = f"the run is in {run.folder}, but standard output cannot be written"
        remark(f"Warning: {said}: {error.strerror or error}", err=True)


def _said(run: "Run", began: float) -> None:
    closing(run)
    made = run.manifest
    if made.scenario.altered:
        click.echo(f"changes {', '.join(made.scenario.altered)}")
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
    undrawn(run)


def undrawn(run: "Run") -> None:
    """Say which figures could not be drawn and why, those with one reason in one line."""
    by_reason: dict[str, list[str]] = {}
    for figure, reason in run.manifest.figures.failed.items():
        by_reason.setdefault(" ".join(reason.split()), []).append(figure)
    for reason, names in by_reason.items():
        if names == ["all"]:
            which = "the figures"
        else:
            which = f"the figure{'s' if names[1:] else ''} `{'`, `'.join(names)}`"
        remark(f"Warning: {which} could not be drawn: {reason}", err=True)
