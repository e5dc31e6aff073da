"""`sim.run`, `sim.resume`, and forks: a scenario in, a finished run out. The command line and
notebooks go the same way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from os import PathLike
from pathlib import Path
from typing import Any

from sim.market.mechanisms import Mechanism, sections_of
from sim.memory import give_back
from sim.record.plan import FULL, Plan, named_plan
from sim.record.unfinished import Settings, Unfinished
from sim.running.forking import begun, parted
from sim.running.keeping import keep, keep_going, put_back, resumable
from sim.running.run import Run
from sim.running.simulation import Progress, Simulation, simulate
from sim.scenario import Scenario, load

__all__ = ["Stages", "fork_kept", "play", "play_kept", "resume", "run"]

ScenarioSource = str | PathLike[str] | Mapping[str, Any] | Scenario


@dataclass(frozen=True)
class Stages:
    """Who is told how far a run is: `reached(day, days)` once a tick, `stage(text)` after it."""

    reached: Progress | None = None
    stage: Callable[[str], None] = lambda text: None


def run(
    scenario: ScenarioSource,
    *,
    seed: int | None = None,
    engine: str | None = None,
    people: float | str | None = None,
    until: date | str | None = None,
    set: Sequence[str] | Mapping[str, Any] = (),
    with_: Sequence[str] = (),
    plan: Plan | str = FULL,
    mechanisms: Sequence[Mechanism] = (),
) -> Run:
    """Run a scenario: the name of a shipped one, a file, a mapping, or one that is loaded already.

    The settings up to `with_` are those of `sim.load` and override the file's. `plan` says what is
    recorded (`full`, `weekly`, `summary`, or a `sim.Plan`); `mechanisms` of one's own act beside
    those of the scenario (`sim.Mechanism`). Raises `sim.ScenarioError` with every problem of the
    scenario, and `sim.MechanismError` for a mechanism that does what none may do.
    """
    started = datetime.now(UTC)
    settings = {
        "seed": seed,
        "engine": engine,
        "people": people,
        "until": until,
        "set": set,
        "with_": with_,
    }
    if isinstance(scenario, Scenario):
        given = [name for name, value in settings.items() if value not in (None, ())]
        if given:
            raise TypeError(
                f"{', '.join(given)}: settings belong to `sim.load` when a Scenario is passed"
            )
        loaded = load(scenario, sections=sections_of(mechanisms)) if mechanisms else scenario
    else:
        loaded = load(scenario, sections=sections_of(mechanisms), **settings)  # type: ignore[arg-type]
    return play(loaded, plan=plan, mechanisms=mechanisms, started=started)


def play(
    scenario: Scenario,
    *,
    plan: Plan | str = FULL,
    mechanisms: Sequence[Mechanism] = (),
    stages: Stages = Stages(),
    started: datetime | None = None,
) -> Run:
    """Run a loaded scenario in memory, from start to end."""
    began = datetime.now(UTC) if started is None else started
    chosen = named_plan(plan) if isinstance(plan, str) else plan
    outcome = simulate(scenario, stages.reached, plan=chosen, mechanisms=mechanisms)
    return Run.of(outcome, started=began, figures=_figures(mechanisms))


def play_kept(
    scenario: Scenario,
    folder: Path | None,
    *,
    every: float,
    keep: bool = False,
    figures: bool = True,
    plan: Plan | str = FULL,
    mechanisms: Sequence[Mechanism] = (),
    stages: Stages = Stages(),
) -> Run:
    """Run a loaded scenario in a folder, with a checkpoint every so many days (`every`) and when
    the process is asked to stop. Raises Paused then, and RunFolderError."""
    chosen = named_plan(plan) if isinstance(plan, str) else plan
    # Set up first: what cannot be run leaves no folder behind.
    simulation = Simulation(scenario, plan=chosen, mechanisms=mechanisms)
    how = {"every": every, "keep": keep, "figures": figures, "altered": scenario.altered}
    return _begin(simulation, folder, chosen, how, mechanisms, stages)


def fork_kept(
    parent: Run,
    at: date | str,
    set: Sequence[str] | Mapping[str, Any],
    folder: Path | None,
    *,
    every: float,
    keep: bool = False,
    figures: bool = True,
    mechanisms: Sequence[Mechanism] = (),
    stages: Stages = Stages(),
) -> Run:
    """`Run.fork` in a folder, with checkpoints as `play_kept` writes them, the first of them where
    the fork begins. Raises as both do."""
    plan = Plan.of(parent.manifest.plan)
    simulation = begun(
        parent.scenario_with(mechanisms),
        at,
        set,
        kept=parent.checkpoints,
        plan=plan,
        mechanisms=mechanisms,
    )
    told = parted(parent.manifest, parent.folder, simulation.scenario)
    how = {"every": every, "keep": keep, "figures": figures, **told}
    return _begin(simulation, folder, plan, how, mechanisms, stages)


def _begin(
    simulation: Simulation,
    folder: Path | None,
    plan: Plan,
    how: Mapping[str, Any],
    mechanisms: Sequence[Mechanism],
    stages: Stages,
) -> Run:
    """Play a run in a folder of its own. `how` are the other fields of its settings."""
    settings = Settings(
        name=simulation.scenario.name,
        started=datetime.now(UTC),
        plan=plan.chosen(),
        mechanisms=tuple(m.name for m in mechanisms),
        **how,
    )
    _ = simulation.fingerprint  # while the files that the scenario names are those just read
    unfinished = Unfinished.begin(settings, simulation.scenario.to_yaml, folder)
    with unfinished.working():
        if simulation.clock.now > 0.0:
            keep(unfinished, simulation)
        return _continue(unfinished, simulation, stages, mechanisms)


def resume(
    folder: str | PathLike[str],
    *,
    mechanisms: Sequence[Mechanism] = (),
    stages: Stages = Stages(),
) -> Run:
    """Go on with an unfinished run from its newest checkpoint, to the same bits as if it had never
    been interrupted, and finish its folder.

    `mechanisms` are those that it was begun with. Raises RunFolderError for a folder that cannot be
    resumed, CheckpointError for a checkpoint of another version or scenario.
    """
    unfinished = Unfinished.open(folder)
    scenario = load(unfinished.scenario, sections=sections_of(mechanisms))
    simulation = Simulation(scenario, plan=unfinished.settings.recorded(), mechanisms=mechanisms)
    with unfinished.working():
        put_back(unfinished, simulation)
        return _continue(unfinished, simulation, stages, mechanisms)


def _continue(
    unfinished: Unfinished,
    simulation: Simulation,
    stages: Stages,
    mechanisms: Sequence[Mechanism],
) -> Run:
    settings = unfinished.settings
    keep_going(unfinished, simulation, stages.reached)
    with resumable(unfinished):
        outcome = simulation.outcome()
        del simulation
        give_back()
        stages.stage("writing tables and figures" if settings.figures else "writing tables")
        whole = Run.of(
            outcome,
            started=settings.started,
            figures=_figures(mechanisms),
            altered=settings.altered,
            parent=settings.parent,
        )
        whole.finish(unfinished)
    return whole


def _figures(mechanisms: Sequence[Mechanism]) -> tuple[Any, ...]:
    return tuple(figure for each in mechanisms for figure in each.figures)
