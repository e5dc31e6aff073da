"""`uptake ladder`: does the answer settle as more people are simulated, and how fast?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.exits import Failed, remark
from sim.cli.loading import loaded, refusing, scenario_argument, set_option, with_option

if TYPE_CHECKING:
    from sim.record.rungs import Ladder


@click.command(
    short_help="Run a scenario with more and more people and show what that changes.",
    epilog="\b\nuptake ladder hybrid\n"
    "uptake ladder hybrid --from 1e4 --to 1e7 --until 2026-09-01 --out ladder\n"
    "uptake ladder market.yaml --engine cohorts",
)
@scenario_argument
@set_option
@with_option
@click.option("--from", "least", default="1e4", show_default=True, metavar="NUMBER")
@click.option("--to", "most", default="1e6", show_default=True, metavar="NUMBER")
@click.option(
    "--engine",
    type=click.Choice(("agents", "cohorts")),
    default="agents",
    show_default=True,
    help="The engine that runs each size.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all random draws.")
@click.option("--until", metavar="DATE", help="Last day instead of the duration.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to write ladder.csv, ladder.png and ladder.svg to; must not exist.",
)
def ladder(
    scenario: str,
    settings: tuple[str, ...],
    overrides: tuple[str, ...],
    least: str,
    most: str,
    engine: str,
    seed: int | None,
    until: str | None,
    out: Path | None,
) -> None:
    """Run SCENARIO with ten times the people at each step, and everybody by `cohorts` and
    `expected`.

    The scale error is how far monthly users are from the expected course, over features and
    months; `by chance` is what independent draws would give.
    """
    from sim.cli.run import held_place
    from sim.cli.tables import show

    found = loaded(scenario, settings=settings, overrides=overrides, seed=seed, until=until)
    sizes = _sizes(least, most)
    from sim.scaling import ladder as climb
    from sim.units import human

    with held_place(out), refusing():
        climbed = climb(
            found, sizes=sizes, engine=engine, progress=lambda text: remark(text, err=True)
        )
        if out is not None:
            _save(climbed, out)
    rows = []
    for rung in climbed.rungs:
        people = human(rung.people, "people")
        if rung.reason:
            rows.append((rung.engine, people, "", "", "", rung.reason))
            continue
        rows.append(
            (
                rung.engine,
                people,
                human(rung.mau, "people"),
                f"{rung.error:.2%}",
                f"{rung.chance:.2%}",
                f"{rung.seconds:.1f} s",
            )
        )
    heads = ("engine", "people", "MAU at the end", "scale error", "by chance", "time")
    show(heads, rows, right=heads[1:])
    if out is not None:
        click.echo(f"folder  {out}")


def _save(climbed: "Ladder", out: Path) -> None:
    """The table first: what befalls the figure does not cost it."""
    from sim.running.drawing import load_matplotlib

    try:
        climbed.save(out)
    except OSError as error:
        raise Failed(f"{out}: cannot be written: {error.strerror}") from error
    try:
        load_matplotlib()
        from sim.figures.ladder import illustrate_ladder

        illustrate_ladder(climbed, out)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        remark(f"Warning: the figure `ladder` could not be drawn: {said}", err=True)


def _sizes(least: str, most: str) -> list[float]:
    """Powers of ten times `least`, up to `most`."""
    from sim import units
    from sim.cli.exits import Refused

    found = []
    for name, text in (("--from", least), ("--to", most)):
        try:
            value = units.parse(text, "people")
        except units.UnitError as error:
            raise Refused(f"{name}: {error.message}; expected people, e.g. `1e6`") from None
        if not value >= 1.0:
            raise Refused(f"{name}: `{text}` people cannot be simulated; expected at least 1")
        found.append(float(round(value)))
    low, high = found
    if low > high:
        raise Refused(f"--from: {least} is above --to, {most}; expected fewer people to begin with")
    sizes = [low]
    while sizes[-1] * 10.0 <= high:
        sizes.append(sizes[-1] * 10.0)
    if sizes[-1] < high:
        sizes.append(high)
    return sizes
