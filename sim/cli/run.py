"""`uptake run`: a scenario in, a run folder out."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.closing import ended
from sim.cli.exits import Failed, Refused, Stopped, remark
from sim.cli.loading import (
    PlanName,
    checkpoint_option,
    keep_option,
    loaded,
    no_figures_option,
    refusing,
    scenario_argument,
    set_option,
    with_option,
)

if TYPE_CHECKING:
    from sim.record.plan import Plan


@click.command(
    short_help="Run a scenario and write tables and figures.",
    epilog="\b\nuptake run hybrid\n"
    "uptake run hybrid --engine expected --until 2027-01-31\n"
    "uptake run hybrid --engine agents --people 1e6\n"
    "uptake run hybrid --checkpoint 30d --out runs/long\n"
    "uptake run market.yaml --with slower --set features.meta-ai.latency='2 s'",
)
@scenario_argument
@set_option
@with_option
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all random draws.")
@click.option(
    "--engine",
    type=click.Choice(("cohorts", "expected", "agents")),
    help="cohorts: whole people, with chance; expected: their mean, without; agents: people one by "
    "one, with networks where the scenario has them.",
)
@click.option(
    "--people",
    metavar="NUMBER",
    help="How many people to simulate, e.g. 1e6, or `sample 1 : 1000`; each stands for many.",
)
@click.option("--until", metavar="DATE", help="Last day, e.g. 2027-01-31, instead of the duration.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to write; must not exist.  [default: runs/<scenario>-<n>]",
)
@no_figures_option
@click.option(
    "--record",
    type=PlanName(),
    metavar="PLAN",
    default="full",
    help="What is recorded: `full`, all metrics of all groups daily; `weekly`, totals; `summary`, "
    "what the closing table needs. The course of the run is the same.  [default: full]",
)
@checkpoint_option
@keep_option
def run(
    scenario: str,
    settings: tuple[str, ...],
    overrides: tuple[str, ...],
    seed: int | None,
    engine: str | None,
    people: str | None,
    until: str | None,
    out: Path | None,
    no_figures: bool,
    record: "Plan",
    checkpoint: float | None,
    keep_checkpoints: bool,
) -> None:
    """Run SCENARIO: a name from `uptake scenarios`, or a file.

    Writes a folder with tables and figures, and prints where each feature ends. Nothing is ever
    overwritten.
    """
    from sim.cli.progress import RunProgress

    started, began = datetime.now(UTC), time.perf_counter()
    found = loaded(
        scenario,
        settings=settings,
        overrides=overrides,
        seed=seed,
        engine=engine,
        people=people,
        until=until,
    )
    from sim.people.footprint import footprint, size_text
    from sim.record.folder import RunFolderError
    from sim.running.keeping import Paused
    from sim.running.play import Stages, play, play_kept
    from sim.units import human

    needed = footprint(found)
    if needed.people:
        people = human(needed.people, "people")
        remark(f"memory  about {size_text(needed.bytes)} for {people} people, one by one")
    with (
        held_place(out),
        RunProgress(found.start, found.days, needed.people) as progress,
        refusing(),
    ):
        stages = Stages(progress.reached, progress.stage)
        try:
            if checkpoint is None:
                whole = play(found, plan=record, stages=stages, started=started)
                progress.stage("writing tables" if no_figures else "writing tables and figures")
                whole.save(out, figures=not no_figures)
            else:
                whole = play_kept(
                    found,
                    out,
                    every=checkpoint,
                    keep=keep_checkpoints,
                    figures=not no_figures,
                    plan=record,
                    stages=stages,
                )
        except Paused as paused:
            raise Stopped(str(paused), paused.signal_number) from paused
        except RunFolderError as error:
            raise Failed(str(error)) from error
    ended(whole, began)


@contextmanager
def held_place(out: Path | None) -> Iterator[None]:
    """Refuse before the work what its end would refuse, a taken folder or a forbidden place, and
    hold the name of the folder meanwhile, so that of two runs for one only one begins."""
    from sim.record.folder import RUNS, RunFolderError, reason, require_free, reserved

    parent = RUNS if out is None else out.parent
    with ExitStack() as stack:
        try:
            if out is not None:
                require_free(out)
            while not parent.exists() and parent != parent.parent:
                parent = parent.parent
            if not parent.is_dir():
                raise Refused(f"{parent}: is not a folder")
            if not os.access(parent, os.W_OK | os.X_OK):
                raise Failed(f"{parent}: may not be written")
            if out is not None:
                stack.enter_context(reserved(out))
        except RunFolderError as error:
            raise Refused(str(error)) from error
        except OSError as error:
            raise Failed(f"{out}: {reason(error)}") from error
        yield
