"""Forks: a run as it would have gone had parameters moved on a date."""

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypedDict

from sim.clock import Event
from sim.market.changes.actor import Changes
from sim.market.mechanisms import Mechanism
from sim.memory import give_back
from sim.record.manifest import Manifest, ParentEntry
from sim.record.plan import Plan
from sim.running.checkpoint import Checkpoint, checkpoints
from sim.running.simulation import Outcome, Progress, Simulation
from sim.scenario import Problem, Scenario, ScenarioError, changed

__all__ = ["begun", "forked", "parted"]


class Parted(TypedDict):
    """What the manifest of a fork tells of its parent, and of all that was altered up to it."""

    altered: tuple[str, ...]
    parent: ParentEntry


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
    """The outcome of `scenario` with one more dated change. See `begun`."""
    simulation = begun(scenario, at, set, kept=kept, plan=plan, mechanisms=mechanisms)
    outcome = simulation.run(progress=progress)
    del simulation
    give_back()
    return outcome


def begun(
    scenario: Scenario,
    at: date | str,
    set: Sequence[str] | Mapping[str, Any],
    *,
    kept: Path | None,
    plan: Plan,
    mechanisms: Sequence[Mechanism] = (),
) -> Simulation:
    """The simulation of `scenario` with one more dated change, ready to be played.

    Where the folder `kept` has checkpoints of the scenario's run, it stands at the latest one from
    before the change. Raises ScenarioError and CheckpointError.
    """
    changed_one = changed(scenario, at, set)
    if (day := changed_one.changes[-1].date) > scenario.end:
        said = f"{day} is after the end, {scenario.end}; nothing would change"
        raise ScenarioError([Problem("--at", None, None, "", said, "an earlier date")])
    simulation = Simulation(changed_one, plan=plan, mechanisms=mechanisms)
    new = [event for event in Changes(simulation.market).agenda() if _is_new(event, scenario)]
    found = None if kept is None else _before(kept, min((e.time for e in new), default=0.0))
    if found is not None:
        found.restore(simulation, scenario=scenario, new=new)
    return simulation


def parted(parent: Manifest, folder: Path | None, fork: Scenario) -> Parted:
    """What the manifest of a fork tells of its parent, a run that lies in `folder`."""
    change = fork.changes[-1]
    entry = ParentEntry(
        # Names need not be text for the system; a manifest is.
        folder=None if folder is None else os.fsencode(folder).decode("utf-8", "backslashreplace"),
        digest=parent.scenario.digest,
        at=change.date,
        set={name: value.text for name, value in change.set.items()},
    )
    before = parent.scenario.altered
    # A scenario that is still in memory remembers what its parent's manifest tells too.
    own = fork.altered[len(before) :] if fork.altered[: len(before)] == before else fork.altered
    return {"altered": (*before, *own), "parent": entry}


def _is_new(event: Event, scenario: Scenario) -> bool:
    return bool(event.data["slot"] >= len(scenario.changes))


def _before(kept: Path, day: float) -> Checkpoint | None:
    """The latest checkpoint from before a day."""
    found = [each for each in checkpoints(kept) if each.day < day]
    return found[-1] if found else None
