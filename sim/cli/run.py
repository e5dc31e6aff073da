"""`uptake run`: a scenario in, a run folder out."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from sim.cli.exits import Failed, Refused
from sim.cli.loading import loaded, refusing, scenario_argument, set_option, with_option


@click.command(
    short_help="Run a scenario and write tables and figures.",
    epilog="\b\nuptake run hybrid\n"
    "uptake run hybrid --engine expected --until 2027-01-31\n"
    "uptake run hybrid --engine agents --people 1e6\n"
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
@click.option("--no-figures", is_flag=True, help="Write the tables only.")
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
) -> None:
    """Run SCENARIO: a name from `uptake scenarios`, or a file.

    Writes a folder with tables and figures, and prints where each feature ends. Nothing is ever
    overwritten.
    """
    from sim.cli.closing import closing
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
    require_place(out)
    from sim.people.footprint import footprint, size_text
    from sim.record.folder import RunFolderError
    from sim.running.run import Run
    from sim.running.simulation import simulate
    from sim.units import human

    needed = footprint(found)
    if needed.people:
        people = human(needed.people, "people")
        click.echo(f"memory  about {size_text(needed.bytes)} for {people} people, one by one")
    with RunProgress(found.start, found.days, needed.people) as progress:
        with refusing():
            outcome = simulate(found, progress.reached)
        progress.stage("writing tables" if no_figures else "writing tables and figures")
        whole = Run.of(outcome, started=started)
        try:
            folder = whole.save(out, figures=not no_figures)
        except RunFolderError as error:
            raise Failed(str(error)) from error
    closing(whole)
    click.echo(f"folder  {folder}")
    took = time.perf_counter() - began
    click.echo(f"time    {took:.1f} s, engine {outcome.engine_s:.1f} s")
    made = whole.manifest
    if needed.people and made.ns_per_person_tick is not None:
        click.echo(
            f"agents  {made.bytes_per_person:.3g} bytes a person, "
            f"{made.ns_per_person_tick:.3g} ns a person and tick"
        )


def require_place(out: Path | None) -> None:
    """Refuse before the work what its end would refuse: a taken folder, a forbidden place."""
    from sim.record.folder import RUNS, RunFolderError, require_free

    if out is not None:
        try:
            require_free(out)
        except RunFolderError as error:
            raise Refused(str(error)) from error
    parent = RUNS if out is None else out.parent
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    if not parent.is_dir():
        raise Refused(f"{parent}: is not a folder")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise Failed(f"{parent}: may not be written")
