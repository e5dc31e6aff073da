"""Forks: a run as it would have gone had parameters moved on a date."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sim.clock import Event
from sim.market.changes.actor import Changes
from sim.market.mechanisms import Mechanism
from sim.memory import give_back
from sim.record.plan import Plan
from sim.running.checkpoint import Checkpoint, checkpoints
from sim.running.simulation import Outcome, Progress, Simulation
from sim.scenario import Scenario, changed

__all__ = ["forked"]


def forked(
    scenario: Scenario,
    at: date | str,
    set: Sequence[str] | Mapping[str, Any],
    *,
    kept: Path | None,
    plan: Plan,
    mechanisms: Sequence[Mechanism] = (),
    progress: Progress | None = None,
) -> Outcome:
    """The outcome of `scenario` with one more dated change.

    Where the folder `kept` has checkpoints of the scenario's run, it goes on from the latest one
    from before the change. Raises ScenarioError and CheckpointError.
    """
    changed_one = changed(scenario, at, set)
    simulation = Simulation(changed_one, plan=plan, mechanisms=mechanisms)
    new = [event for event in Changes(simulation.market).agenda() if _is_new(event, scenario)]
    found = None if kept is None else _before(kept, min((e.time for e in new), default=0.0))
    if found is not None:
        found.restore(simulation, scenario=scenario, new=new)
    outcome = simulation.run(progress=progress)
    del simulation
    give_back()
    return outcome


def _is_new(event: Event, scenario: Scenario) -> bool:
    return int(event.id.rpartition(":")[2]) >= len(scenario.changes)


def _before(kept: Path, day: float) -> Checkpoint | None:
    """The latest checkpoint from before a day."""
    found = [each for each in checkpoints(kept) if each.day < day]
    return found[-1] if found else None
