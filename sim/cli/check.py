"""`uptake check`: is this scenario file right, and what is in it?"""

from typing import TYPE_CHECKING

import click

from sim.cli.loading import loaded, refusing, scenario_argument, set_option, with_option

if TYPE_CHECKING:
    from sim.scenario import Scenario


@click.command(short_help="List every mistake of a scenario, or what it contains.")
@scenario_argument
@set_option
@with_option
@click.option(
    "--resolved",
    is_flag=True,
    help="Print the scenario with everything it extends and every change filled in, as YAML.",
)
def check(
    scenario: str, settings: tuple[str, ...], overrides: tuple[str, ...], resolved: bool
) -> None:
    """Check SCENARIO (a name from `uptake scenarios`, or a file) without running it.

    Every problem is listed with its file, line and column.
    """
    from sim.cli.tables import pairs

    found = loaded(scenario, settings=settings, overrides=overrides)
    _require_a_world(found)
    if resolved:
        click.echo(found.to_yaml(), nl=False)
        return
    click.echo(f"{found.name}: no problems.")
    pairs(contents(found), indent=2)


def _require_a_world(scenario: "Scenario") -> None:
    """Refuse sizes, overlaps and figures of the start that no population can have together."""
    from sim.running.simulation import Simulation

    with refusing():
        Simulation(scenario)


def contents(scenario: "Scenario") -> list[tuple[str, str]]:
    """What a scenario holds, as (name, value) lines."""
    rows = [("title", scenario.title)] if scenario.title else []
    rows.append(("dates", f"{scenario.start} to {scenario.end}, {scenario.days:g} days"))
    rows.append(("engine", f"{scenario.engine}, seed {scenario.seed}"))
    for noun, group in (
        ("segments", scenario.segments),
        ("platforms", scenario.platforms),
        ("features", scenario.features),
        ("labs", scenario.labs),
    ):
        if group:
            rows.append((noun, f"{len(group)}: {', '.join(group)}"))
    if scenario.overrides:
        rows.append(("overrides", ", ".join(scenario.overrides)))
    rows.append(("evidence", _evidence(scenario)))
    rows.append(("digest", scenario.digest))
    return rows


def _evidence(scenario: "Scenario") -> str:
    """How many of the scenario's values rest on what."""
    labels = [row.label for row in scenario.evidence()]
    return ", ".join(
        f"{labels.count(label)} {meaning}"
        for label, meaning in (("S", "from sources"), ("D", "derived"), ("A", "assumed"))
    )
