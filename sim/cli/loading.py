"""What `run`, `check` and `explain` share: naming a scenario, changing it, refusing a bad one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sim.cli.completion import scenario_names
from sim.cli.exits import Refused

if TYPE_CHECKING:
    from sim.scenario import Scenario

scenario_argument = click.argument("scenario", shell_complete=scenario_names)

set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change one value, e.g. `--set features.meta-ai.latency='2 s'`. Repeatable.",
)

with_option = click.option(
    "--with",
    "overrides",
    multiple=True,
    metavar="NAME",
    help="Apply a named override of the scenario. Repeatable, in this order.",
)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is wrong with a scenario into exit code 2 with every problem listed.

    For reading one, and for building its world: some figures turn out only then to be impossible
    together.
    """
    from sim.scenario import ScenarioError

    try:
        yield
    except ScenarioError as error:
        raise Problems(str(error)) from error


class Problems(Refused):
    """Problems of a scenario, each already at its file, line and column."""

    def show(self, file: object = None) -> None:
        """Print the list as it is: every line names its place and needs no prefix."""
        click.echo(self.message, err=True)


def loaded(
    name: str,
    *,
    settings: tuple[str, ...] = (),
    overrides: tuple[str, ...] = (),
    seed: int | None = None,
    engine: str | None = None,
    people: str | None = None,
    until: str | None = None,
) -> "Scenario":
    """The scenario called `name` with the changes of the command line applied."""
    from sim.scenario import load

    with refusing():
        return load(
            name,
            set=settings,
            with_=overrides,
            seed=seed,
            engine=engine,
            people=people,
            until=until,
        )
