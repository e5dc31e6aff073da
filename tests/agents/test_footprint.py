"""The memory estimate against what runs took, and the refusal of what cannot fit."""

from pathlib import Path

import pytest

import sim
from sim.engines.agents.population import AgentPopulation
from sim.engines.scaled import ScaledPopulation
from sim.people import footprint as module
from sim.people.footprint import footprint, require_memory
from sim.running.simulation import Simulation

NETWORKS = {
    "platforms.whatsapp.ties.network": "groups",
    "platforms.facebook.ties.network": "groups",
    "platforms.instagram.ties.network": "configuration",
}


def test_the_estimate_covers_what_the_arrays_hold_and_not_much_more() -> None:
    scenario = sim.load("hybrid", engine="agents", people=100_000, set=NETWORKS)
    simulation = Simulation(scenario)
    population = simulation.consumers
    assert isinstance(population, ScaledPopulation)
    assert isinstance(population.inner, AgentPopulation)
    network = simulation.observer("network")
    assert network is not None
    held = population.inner.bytes + network.bytes
    assert held < footprint(scenario).growing < 2.0 * held


def test_the_manifest_counts_who_brought_whom() -> None:
    """A byte for the state and one for the class; two for the generation of a person's uptake and
    two for what it brought about; a counter and a degree, which here need two each; and what the
    layer itself holds."""
    settings = {"platforms.instagram.ties.network": "computed"}
    scenario = sim.load("hybrid", engine="agents", people=100_000, set=settings, until="2026-05-03")
    simulation = Simulation(scenario)
    outcome = simulation.run()
    inner = simulation.consumers
    assert isinstance(inner, ScaledPopulation)
    assert isinstance(inner.inner, AgentPopulation)
    assert inner.inner.exposure is not None
    (layer,) = inner.inner.exposure.layers
    per_person = layer.bytes / outcome.people
    assert outcome.bytes_per_person == pytest.approx(1 + 1 + 2 + 2 + 2 + 2 + per_person)


def test_more_than_256_classes_take_two_bytes_each() -> None:
    """Thirty types make many more classes of hybrid's people; as counted, so estimated."""
    few = sim.load("hybrid", engine="agents", people=100_000, until="2026-03-04")
    types = {f"type-{k}": {"share": 1 / 30} for k in range(30)}
    many = sim.load(few, set={"types": types})
    assert footprint(many).per_person == footprint(few).per_person + 1.0
    for scenario, held in ((few, 2.0), (many, 3.0)):
        assert Simulation(scenario).run().bytes_per_person == held


def test_counts_need_no_estimate() -> None:
    assert footprint(sim.load("hybrid")).people == 0


def test_what_cannot_fit_is_refused_with_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "free_memory", lambda: 4e9)
    scenario = sim.load("hybrid", engine="agents", people=2e8, set=NETWORKS)
    with pytest.raises(sim.ScenarioError) as error, scenario.placing():
        require_memory(footprint(scenario))
    said = str(error.value)
    assert "200 M people one by one need about" in said
    assert "4 GB are free" in said
    fits = said.partition("--people ")[2].rstrip("`")
    require_memory(footprint(sim.load("hybrid", engine="agents", people=fits, set=NETWORKS)))


def test_where_the_system_does_not_tell_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "free_memory", lambda: None)
    require_memory(footprint(sim.load("hybrid", engine="agents", people=2e9, set=NETWORKS)))


def test_more_people_of_one_kind_than_draws_tell_apart_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "free_memory", lambda: None)
    scenario = sim.load("bass", engine="agents", set={"segments.everybody.people": "5 B"})
    with pytest.raises(sim.ScenarioError) as error:
        Simulation(scenario)
    assert str(error.value).endswith(
        "people: 5 B people one by one of the same segment, platforms and type; expected at most "
        "4,294,967,296 of a kind: a sample, or more segments"
    )
    Simulation(sim.load(scenario, people=1000))


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="Linux tells in /proc")
def test_free_memory_is_read() -> None:
    free = module.free_memory()
    assert free is not None
    assert free > 1e6
