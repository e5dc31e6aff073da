"""The figures of a layer agree with networkx and with published ones."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.ties.building import from_edges
from sim.ties.describing import describe_ties
from sim.ties.reading import read_ties

NETWORKS = Path(__file__).parents[2].parent / "shared" / "data" / "networks"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_agree_with_networkx(seed: int) -> None:
    networkx = pytest.importorskip("networkx")
    graph = networkx.powerlaw_cluster_graph(300, 4, 0.5, seed=seed)
    graph.add_nodes_from(range(300, 310))
    found = describe_ties(read_ties(graph).layer)
    assert not found.clustering_sampled
    assert found.people == 310
    assert found.ties == graph.number_of_edges()
    assert found.isolated == 10
    assert found.largest_component == pytest.approx(300 / 310)
    assert found.clustering == pytest.approx(networkx.average_clustering(graph), rel=1e-12)
    assert found.transitivity == pytest.approx(networkx.transitivity(graph), rel=1e-12)
    expected = networkx.degree_pearson_correlation_coefficient(graph)
    assert found.assortativity == pytest.approx(expected, abs=1e-12)


def test_directions_count_for_degrees_alone() -> None:
    found = describe_ties(from_edges([0, 1, 2, 0], [1, 0, 1, 2], 4, directed=True))
    assert (found.ties, found.directed, found.isolated) == (4, True, 1)
    assert found.mean_degree == 1
    assert found.largest_degree == 2
    assert found.transitivity == 1
    assert found.largest_component == 0.75


def test_nobody_and_no_ties_have_figures_too() -> None:
    none = np.empty(0, np.int64)
    for people in (0, 3):
        found = describe_ties(from_edges(none, none, people))
        assert (found.people, found.ties, found.isolated) == (people, 0, people)
        assert found.clustering == found.transitivity == 0
        assert math.isnan(found.assortativity)
        assert describe_ties(from_edges(none, none, people), exact=False).clustering == 0


def test_a_sample_is_near_the_count_and_the_same_for_a_seed() -> None:
    networkx = pytest.importorskip("networkx")
    layer = read_ties(networkx.powerlaw_cluster_graph(2000, 5, 0.7, seed=1)).layer
    counted, sampled = describe_ties(layer), describe_ties(layer, exact=False)
    assert sampled.clustering_sampled
    # four standard errors of a share out of 200,000 pairs
    assert sampled.clustering == pytest.approx(counted.clustering, abs=0.0045)
    assert sampled.transitivity == pytest.approx(counted.transitivity, abs=0.0045)
    assert describe_ties(layer, exact=False) == sampled
    assert describe_ties(layer, exact=False, seed=1) != sampled


@pytest.mark.skipif(not NETWORKS.is_dir(), reason="the networks are not beside this checkout")
def test_real_networks_have_their_known_figures() -> None:
    known = pd.read_csv(NETWORKS / "network_stats_computed.csv").set_index("network")
    for name, row in known.iterrows():
        found = describe_ties(read_ties(NETWORKS / f"{name}_edges.csv.gz").layer)
        assert (found.people, found.ties) == (row.nodes, row.edges)
        assert found.mean_degree == pytest.approx(row.mean_degree, abs=0.006)
        assert found.median_degree == row.median_degree
        assert found.largest_degree == row.max_degree
        assert found.largest_component == row.giant_component_share
        # their clustering comes from a sample of people, and is given to three digits
        assert found.clustering == pytest.approx(row.avg_local_clustering_sampled, abs=0.006)
        assert found.transitivity == pytest.approx(row.transitivity_sampled, abs=0.006)
        assert found.assortativity == pytest.approx(row.degree_assortativity, abs=0.0006)


@pytest.mark.skipif(not NETWORKS.is_dir(), reason="the networks are not beside this checkout")
def test_the_circles_of_facebook_cluster_as_published() -> None:
    # SNAP, ego-Facebook: average clustering coefficient 0.6055, number of triangles 1612010.
    layer = read_ties(NETWORKS / "ego_facebook_edges.csv.gz").layer
    found = describe_ties(layer)
    assert found.clustering == pytest.approx(0.6055, abs=0.00005)
    degrees = layer.degrees().astype(np.int64)
    assert found.transitivity * (degrees * (degrees - 1) // 2).sum() / 3 == pytest.approx(1612010)
