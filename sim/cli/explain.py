"""`uptake explain`: every number with its unit, range, evidence and the place where it is set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click

from sim.cli.completion import parameter_names, scenario_names
from sim.cli.exits import Refused
from sim.cli.loading import loaded, set_option, with_option


@dataclass(frozen=True)
class Entry:
    """One number as it stands in the registry or at one place of a scenario."""

    path: (
        str  # where it stands: `parameters.omega`, `platforms.chat.users`; in the registry its name
    )
    name: str  # its name in the registry
    value: str
    range: str
    label: str
    source: str
    where: str  # `hybrid.yaml:31`, or `default`
    about: str
    moves: str = ""  # whether `changes` may set it

    def matches(self, word: str) -> bool:
        """Whether `word` occurs in what it is called."""
        return word.lower() in f"{self.path} {self.name}".lower()


@click.command()
@click.argument("parameter", required=False, shell_complete=parameter_names)
@click.option(
    "--scenario",
    metavar="SCENARIO",
    shell_complete=scenario_names,
    help="Show the values of this scenario instead of the defaults.",
)
@set_option
@with_option
@click.option(
    "--label",
    type=click.Choice(("S", "D", "A"), case_sensitive=False),
    help="Only numbers with this evidence: S from a source, D derived, A assumed.",
)
def explain(
    parameter: str | None,
    scenario: str | None,
    settings: tuple[str, ...],
    overrides: tuple[str, ...],
    label: str | None,
) -> None:
    """Show where numbers come from.

    With the name of a PARAMETER, all about it; with a part of a name, the parameters whose names
    contain it; with nothing, all of them.
    """
    if scenario is None and (settings or overrides):
        raise click.UsageError("--set and --with change a scenario: give one with --scenario.")
    entries = _registry() if scenario is None else _of_scenario(scenario, settings, overrides)
    if parameter is not None:
        entries = _named(parameter, entries)
    if label is not None:
        entries = [entry for entry in entries if entry.label == label]
    if not entries:
        raise Refused("no number has this name and this evidence label.")
    if parameter is not None and len(entries) == 1:
        _in_full(entries[0])
    else:
        _listed(entries)


def _named(word: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries called `word`, else those whose names contain it, else an error."""
    exact = [entry for entry in entries if word in (entry.path, entry.name)]
    found = exact or [entry for entry in entries if entry.matches(word)]
    if found:
        return found
    from sim.units import nearest

    near = nearest(word, [name for entry in entries for name in (entry.name, entry.path)])
    hint = f" Did you mean `{near}`?" if near else " `uptake explain` lists them all."
    raise Refused(f"no parameter is called `{word}`.{hint}")


def _in_full(entry: Entry) -> None:
    from sim.cli.tables import pairs
    from sim.parameters import LABELS

    click.echo(entry.path)
    rows = [
        ("parameter", entry.name if entry.name != entry.path else ""),
        ("about", entry.about),
        ("value", entry.value),
        ("range", entry.range),
        ("evidence", f"{entry.label}, {LABELS[entry.label]}"),
        ("source", entry.source),
        ("set in", entry.where),
        ("moves", entry.moves),
    ]
    pairs([(name, value) for name, value in rows if value], indent=2)


def _listed(entries: Iterable[Entry]) -> None:
    from sim.cli.tables import show

    show(
        ("name", "value", "range", "label", "set in", "source"),
        [(e.path, e.value, e.range, e.label, e.where, e.source) for e in entries],
    )


def _registry() -> list[Entry]:
    """The parameters with their defaults, as the program knows them without a scenario."""
    from sim.scenario import PARAMETERS

    return [
        Entry(
            path=parameter.name,
            name=parameter.name,
            value="none; a scenario gives it"
            if parameter.default is None
            else _written(parameter.default, parameter.unit),
            range=parameter.range_text,
            label=parameter.label,
            source=parameter.source,
            where="default",
            about=parameter.about,
            moves=_moves(parameter.name),
        )
        for parameter in PARAMETERS.values()
    ]


def _of_scenario(name: str, settings: tuple[str, ...], overrides: tuple[str, ...]) -> list[Entry]:
    """Every number of a scenario, its own and the defaults that it leaves alone."""
    from sim.scenario import PARAMETERS

    return [
        Entry(
            path=row.path,
            name=row.parameter,
            value=_written(row.value, row.unit) + (f" from {row.since}" if row.since else ""),
            range=PARAMETERS[row.parameter].range_text,
            label=row.label,
            source=row.source,
            where=row.where,
            about=PARAMETERS[row.parameter].about if row.parameter in PARAMETERS else "",
            moves=_moves(row.parameter),
        )
        for row in loaded(name, settings=settings, overrides=overrides).evidence()
    ]


def _moves(name: str) -> str:
    from sim.scenario import GLOBALS

    if name not in GLOBALS:
        return ""
    reason = GLOBALS[name].fixed
    return f"not during a run: {reason}" if reason else "may be changed on dates, by `changes`"


def _written(value: float, unit: str) -> str:
    from sim.units import exact

    return exact(value, unit)
