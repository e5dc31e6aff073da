"""Structural diversity: groups among active contacts, against networkx and by hand."""

import networkx as nx
import numpy as np
import pytest

import sim
from sim import ties
from sim.contagion.spreading import spread
from sim.engines.agents.diversity import count_groups
from sim.engines.agents.kernels import fastest_kernels


def test_groups_are_the_connected_components_among_active_contacts() -> None:
    layer = ties.small_world_ties(300, 8, 0.2, seed=3)
    rng = np.random.default_rng(1)
    state = rng.integers(0, 3, 300).astype(np.uint8)
    active = np.array([0, 1, 3], np.uint8)  # nothing, the first channel, both
    person = np.arange(300)
    spans = layer.contact_spans(person)
    clear, fast = np.zeros((300, 2), np.int64), np.zeros((300, 2), np.int64)
    count_groups(state, active, *spans, layer.first, clear)
    fastest_kernels().count_groups(state, active, *spans, layer.first, fast)
    graph = nx.Graph(
        (i, int(j)) for i in range(300) for j in layer.contact[layer.first[i] : layer.first[i + 1]]
    )
    for k in range(2):
        users = set(np.flatnonzero((active[state] >> k) & 1).tolist())
        expected = [
            nx.number_connected_components(graph.subgraph(users & set(graph[i])))
            for i in range(300)
        ]
        assert clear[:, k].tolist() == expected
    assert np.array_equal(clear, fast)


def test_a_circle_that_knows_itself_counts_once() -> None:
    """Person 0 sees 1 and 2. Where these know each other the hazard is that of one group: the
    share who adopt in a day is 1 - exp(-r) and not 1 - exp(-2 r)."""
    copies, rate = 20_000, 0.7
    base = 3 * np.arange(copies)
    apart = [(base, base + 1), (base, base + 2)]
    tied = [*apart, (base + 1, base + 2)]
    for edges, expected in ((apart, 2.0), (tied, 1.0)):
        source, target = (np.concatenate(side) for side in zip(*edges, strict=True))
        layer = ties.from_edges(source, target, 3 * copies)
        seeds = np.concatenate([base + 1, base + 2])
        out = spread(layer, rate=rate, seeds=seeds, days=1, groups=True, seed=5)
        share = (out.adopted_at[base] == 1).mean()
        chance = 1.0 - np.exp(-rate * expected)
        assert abs(share - chance) < 4.5 * np.sqrt(chance * (1.0 - chance) / copies)


def test_too_many_people_are_refused_with_what_would_do() -> None:
    scenario = sim.load(
        "hybrid",
        engine="agents",
        people=200_000,
        set={"influence": {"count": "groups"}, "platforms.whatsapp.ties.network": "groups"},
    )
    with pytest.raises(sim.ScenarioError) as error:
        sim.run(scenario)
    assert "groups among contacts cannot be counted for 200,000 people" in str(error.value)
    assert "at most 100,000 people" in str(error.value)
