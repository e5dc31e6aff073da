"""What `run`, `check` and `explain` share: naming a scenario, changing it, refusing a bad one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from sim.cli.completion import scenario_names
from sim.cli.exits import Refused

if TYPE_CHECKING:
    from sim.record.plan import Plan
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


class Days(click.ParamType[float]):
    """A duration, such as 30d, as days."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> float:
        from sim.units import UnitError, parse

        try:
            days = parse(value, "days")
        except UnitError as error:
            self.fail(str(error), param, context)
        if not days > 0.0:
            self.fail(f"{value!r} is no time at all; expected one such as 30d", param, context)
        return days


class PlanName(click.ParamType["Plan"]):
    """What is recorded, by name."""

    name = "plan"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> "Plan":
        from sim.record.plan import Plan, named_plan

        try:
            return value if isinstance(value, Plan) else named_plan(value)
        except ValueError as error:
            self.fail(str(error), param, context)


no_figures_option = click.option("--no-figures", is_flag=True, help="Write the tables only.")

checkpoint_option = click.option(
    "--checkpoint",
    type=Days(),
    metavar="EVERY",
    help="Write down where the run is every so often, e.g. 30d, and when it is asked to stop: "
    "`uptake resume` goes on from there.",
)

keep_option = click.option(
    "--keep-checkpoints",
    is_flag=True,
    help="Keep all of them, for `uptake fork`, not the last.",
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
