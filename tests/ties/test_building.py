"""Rows of ties from lists of edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.ties.building import close_rows, from_edges, lay_rows, lay_rows_by_sorting
from sim.ties.edges import VACANT
from sim.ties.layer import StoredLayer
from sim.ties.rows import I32
from tests.ties import in_pieces, without_numba

Edges = list[tuple[int, int]]


def contacts_of(layer: StoredLayer) -> list[list[int]]:
    return [layer.contact[a:b].tolist() for a, b in zip(layer.first, layer.first[1:], strict=False)]


def columns(edges: Edges) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    table = np.array(edges, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def test_an_undirected_edge_stands_in_both_rows() -> None:
    layer = from_edges([3, 0, 3], [1, 3, 2], 5)
    assert contacts_of(layer) == [[3], [3], [3], [0, 1, 2], []]
    assert layer.reverse is None
    assert (layer.people, layer.ties, layer.largest_degree) == (5, 6, 3)


def test_a_directed_edge_makes_its_source_a_contact_of_its_target() -> None:
    layer = from_edges([0, 0, 2], [1, 2, 0], 3, directed=True)
    assert contacts_of(layer) == [[2], [0], [0]]
    assert layer.audience(np.array([0])).contacts.tolist() == [1, 2]
    assert layer.audience(np.array([1, 2])).offsets.tolist() == [0, 0, 1]
    assert (layer.largest_degree, layer.largest_audience) == (1, 2)


def test_edges_there_and_back_are_one_tie_or_two_directed_ones() -> None:
    assert from_edges([0, 1], [1, 0], 2, directed=True).ties == 2
    assert from_edges([0, 1], [1, 0], 2, drop=True).ties == 2
    with pytest.raises(ValueError, match="1 of 2 edges repeat another; the first is edge 1, 1 - 0"):
        from_edges([0, 1], [1, 0], 2)


def test_no_edges_and_nobody_are_layers_too() -> None:
    assert from_edges([], [], 3).degrees().tolist() == [0, 0, 0]
    assert from_edges([], [], 0).ties == 0
    assert from_edges([], [], 3, directed=True).ties == 0


@pytest.mark.parametrize("directed", [False, True])
@given(
    people=st.integers(1, 12),
    edges=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=60),
)
@settings(max_examples=60, deadline=None)
def test_rows_are_the_sets_of_neighbours(directed: bool, people: int, edges: Edges) -> None:
    edges = [(a % people, b % people) for a, b in edges]
    seen: list[set[int]] = [set() for _ in range(people)]
    for a, b in edges:
        if a != b:
            seen[b].add(a)
            if not directed:
                seen[a].add(b)
    layer = from_edges(*columns(edges), people, directed=directed, drop=True)
    assert contacts_of(layer) == [sorted(row) for row in seen]


@pytest.mark.parametrize("both", [False, True])
def test_compiled_rows_equal_the_clear_ones(both: bool) -> None:
    pytest.importorskip("numba")
    people = 300
    ends = np.random.default_rng(1).integers(0, people, (2, 40_000)).astype(np.int32)
    ends[0, :9000] = 7  # a row longer than those sorted by insertion

    def edge(a: int, b: int) -> tuple[I32, I32]:
        return ends[0, a:b], ends[1, a:b]

    clear = lay_rows_by_sorting(edge, ends.shape[1], people, both=both)
    fast = lay_rows(edge, ends.shape[1], people, both=both)
    assert clear[2] == fast[2] > 0
    np.testing.assert_array_equal(clear[0], fast[0])
    np.testing.assert_array_equal(clear[1], fast[1])


def test_known_degrees_spare_the_counting_and_change_nothing() -> None:
    ends = np.random.default_rng(2).integers(0, 50, (2, 400)).astype(np.int32)

    def edge(a: int, b: int) -> tuple[I32, I32]:
        return ends[0, a:b], ends[1, a:b]

    counted = lay_rows(edge, 400, 50)
    given_ = lay_rows(edge, 400, 50, degrees=np.bincount(ends.ravel(), minlength=50))
    np.testing.assert_array_equal(counted[1], given_[1])


@pytest.mark.parametrize("numba", [True, False])
def test_closing_rows_leaves_the_ties_in_their_order(
    numba: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not numba:
        without_numba(monkeypatch)
    first = np.array([0, 3, 3, 5, 6], np.int64)
    contact = np.array([1, 2, VACANT, 0, VACANT, VACANT], np.int32)
    assert close_rows(first, contact, 3).tolist() == [1, 2, 0]
    assert first.tolist() == [0, 2, 2, 3, 3]


def test_pieces_and_threads_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = np.random.default_rng(3).integers(0, 70_000, (2, 200_000)).astype(np.int32)
    whole = from_edges(ends[0], ends[1], 70_000, drop=True)
    in_pieces(monkeypatch, 1 << 16)
    monkeypatch.setenv("UPTAKE_THREADS", "3")
    cut = from_edges(ends[0], ends[1], 70_000, drop=True)
    np.testing.assert_array_equal(whole.first, cut.first)
    np.testing.assert_array_equal(whole.contact, cut.contact)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ([0, 5], [1, 1], "1 of 2 ids in source lie outside 0 to 2; the first is 5 at edge 1"),
        ([0, 1], [-1, 3], "2 of 2 ids in target lie outside 0 to 2; the first is -1 at edge 0"),
        ([0, 1, 2], [1, 1, 2], "2 of 3 edges tie a person to itself; the first is edge 1, pe"),
        ([0, 1, 0], [1, 2, 1], "1 of 3 edges repeat another; the first is edge 2, 0 - 1"),
        ([0, 1], [1], "2 sources but 1 targets"),
        ([0.0, 1.5], [1, 2], "source must be a list of integers"),
        ([[0, 1]], [1, 2], "source must be a list of integers"),
    ],
)
def test_bad_edges_are_named(source: list[int], target: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_edges(source, target, 3)


def test_more_people_than_ids_are_refused() -> None:
    with pytest.raises(ValueError, match="people must be 0 to 2147483647, not 2147483648"):
        from_edges([], [], 2**31)
