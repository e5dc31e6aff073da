"""The memory estimate against what runs took, and the refusal of what cannot fit."""

from pathlib import Path

import pytest

import sim
from sim.engines.agents.population import AgentPopulation
from sim.engines.scaled import ScaledPopulation
from sim.people import footprint as module
from sim.people.footprint import footprint, require_memory
from sim.simulation import Simulation

NETWORKS = {
    "platforms.whatsapp.ties.network": "groups",
    "platforms.facebook.ties.network": "groups",
    "platforms.instagram.ties.network": "configuration",
}


def test_the_estimate_covers_what_the_arrays_hold_and_not_much_more() -> None:
    scenario = sim.load("hybrid", engine="agents", people=100_000, set=NETWORKS)
    population = Simulation(scenario).consumers
    assert isinstance(population, ScaledPopulation)
    assert isinstance(population.inner, AgentPopulation)
    held = population.inner.bytes
    assert held < footprint(scenario).growing < 2.0 * held


def test_counts_need_no_estimate() -> None:
    assert footprint(sim.load("hybrid")).people == 0


def test_what_cannot_fit_is_refused_with_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "free_memory", lambda: 4e9)
    scenario = sim.load("hybrid", engine="agents", people=2e8, set=NETWORKS)
    with pytest.raises(sim.ScenarioError) as error:
        require_memory(scenario)
    said = str(error.value)
    assert "200 M people one by one need about" in said
    assert "4 GB are free" in said
    fits = said.partition("--people ")[2].rstrip("`")
    require_memory(sim.load("hybrid", engine="agents", people=fits, set=NETWORKS))


def test_where_the_system_does_not_tell_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "free_memory", lambda: None)
    require_memory(sim.load("hybrid", engine="agents", people=2e9, set=NETWORKS))


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="Linux tells in /proc")
def test_free_memory_is_read() -> None:
    free = module.free_memory()
    assert free is not None
    assert free > 1e6
