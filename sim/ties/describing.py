"""What a layer looks like: degrees, the largest component, clustering, who is tied to whom."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from sim.draws.keyed import KeyedUniforms
from sim.numbers import checked_seed
from sim.ties.layer import Layer, StoredLayer
from sim.ties.rows import I32, I64

__all__ = ["TiesSummary", "describe_ties"]

# Wedges that are looked up for an exact answer at most, about ten seconds of work, and in a sample:
# the standard error of a share out of 200,000 is 0.001 at most.
_EXACT = 150_000_000
_SAMPLE = 200_000
_PIECE = 5_000_000  # wedges in memory at a time


@dataclass(frozen=True, slots=True)
class TiesSummary:
    """Figures of a layer. Clustering, components and assortativity leave directions aside.

    `mean_degree`, `median_degree`, `largest_degree`: contacts of a person, everybody counted.
    `ties`: pairs of people, or ties with a direction.
    `isolated`: people whom nobody sees and who see nobody.
    `largest_component`: share of the people in it.
    `clustering`: mean over people of the share of their pairs of contacts that are tied, zero for
    people with fewer than two (Watts & Strogatz 1998).
    `transitivity`: the same share over all such pairs of the network.
    `clustering_sampled`: whether these two come from a sample of pairs; else they are exact.
    `assortativity`: correlation of the degrees at both ends of a tie (Newman 2002); nan where all
    are the same.
    """

    people: int
    ties: int
    directed: bool
    mean_degree: float
    median_degree: float
    largest_degree: int
    isolated: int
    largest_component: float
    clustering: float
    transitivity: float
    clustering_sampled: bool
    assortativity: float


def describe_ties(layer: Layer, *, seed: int = 0, exact: bool | None = None) -> TiesSummary:
    """Describe a layer. `exact`: whether clustering is counted or sampled by `seed`; without, a
    sample is taken where counting would take more than some seconds. The ties are laid out in
    memory, also those of a computed layer."""
    seed = checked_seed(seed)
    first, contact = _rows(layer)
    directed = isinstance(layer, StoredLayer) and layer.reverse is not None
    degrees = np.diff(first)
    mean = contact.size / layer.people if layer.people else 0.0
    median = float(np.median(degrees)) if layer.people else 0.0
    ties = contact.size if directed else contact.size // 2
    if directed:
        first, contact = _both_ways(first, contact)
    around = np.diff(first)
    ranked = _ranked(first, contact)
    if exact is None:
        exact = _wedges(ranked) <= _EXACT
    clustering, transitivity = (
        _count_triangles(around, ranked) if exact else _sample_triangles(first, contact, seed)
    )
    return TiesSummary(
        people=layer.people,
        ties=ties,
        directed=directed,
        mean_degree=mean,
        median_degree=median,
        largest_degree=int(degrees.max(initial=0)),
        isolated=int((around == 0).sum()),
        largest_component=_largest_component(first, contact),
        clustering=clustering,
        transitivity=transitivity,
        clustering_sampled=not exact,
        assortativity=_assortativity(first, contact),
    )


def _rows(layer: Layer) -> tuple[I64, I32]:
    if isinstance(layer, StoredLayer):
        return layer.first, layer.contact
    rows = layer.contacts(np.arange(layer.people, dtype=np.int32))
    matrix = _matrix(rows.offsets, rows.contacts)
    matrix.sort_indices()
    return rows.offsets, matrix.indices.astype(np.int32, copy=False)


def _matrix(first: I64, contact: I32) -> sparse.csr_matrix:
    people = first.size - 1
    return sparse.csr_matrix((np.ones(contact.size, np.int32), contact, first), (people, people))


def _both_ways(first: I64, contact: I32) -> tuple[I64, I32]:
    """Rows in which everybody stands who sees or is seen."""
    one_way = _matrix(first, contact)
    both = (one_way + one_way.T).tocsr()
    both.sort_indices()
    return both.indptr.astype(np.int64), both.indices.astype(np.int32)


def _largest_component(first: I64, contact: I32) -> float:
    if first.size == 1:
        return 0.0
    _, label = csgraph.connected_components(_matrix(first, contact), directed=False)
    return float(np.bincount(label).max() / (first.size - 1))


def _assortativity(first: I64, contact: I32) -> float:
    """Pearson's correlation over both ends of every tie, whose means and variances are the same."""
    degree = np.diff(first).astype(np.float64)
    if not contact.size:
        return float("nan")
    mean = (degree**2).sum() / contact.size
    centred = degree - mean
    # sum over contacts of each person, then over people: no array of all ties twice
    around = _matrix(first, contact) @ centred
    variance = (degree * centred**2).sum()
    return float((centred * around).sum() / variance) if variance > 0 else float("nan")


def _ranked(first: I64, contact: I32) -> sparse.csr_matrix:
    """Every tie once, from the person with fewer ties to that with more, so that no row is long."""
    degree = np.diff(first)
    person = np.repeat(np.arange(degree.size, dtype=np.int32), degree)
    a, b = degree[person], degree[contact]
    up = (a < b) | ((a == b) & (person < contact))
    offsets = np.concatenate(([0], np.cumsum(np.bincount(person[up], minlength=degree.size))))
    return _matrix(offsets.astype(np.int64), contact[up])


def _wedges(ranked: sparse.csr_matrix) -> int:
    """Wedges that counting triangles goes through."""
    out = np.diff(ranked.indptr).astype(np.int64)
    return int(out[ranked.indices].sum() + (out**2).sum())


def _count_triangles(degree: I64, ranked: sparse.csr_matrix) -> tuple[float, float]:
    """Every triangle has a lowest person, a middle and a highest one in the order of `ranked`, and
    is found from the two lower ones (Chiba & Nishizeki 1985)."""
    people = degree.size
    triangles = np.zeros(people, np.int64)
    for a, b, closed in _closed(ranked, ranked):  # from the lowest by way of the middle
        triangles[a:b] += np.asarray(closed.sum(axis=1)).ravel()
        triangles += np.asarray(closed.sum(axis=0)).ravel()
    for a, b, closed in _closed(ranked.T.tocsr(), ranked):  # from the middle by way of the lowest
        triangles[a:b] += np.asarray(closed.sum(axis=1)).ravel()
    pairs = degree * (degree - 1) // 2
    local = np.divide(triangles, pairs, out=np.zeros(people), where=pairs > 0)
    total = int(pairs.sum())
    return float(local.mean()) if people else 0.0, int(triangles.sum()) / total if total else 0.0


def _closed(
    step: sparse.csr_matrix, ranked: sparse.csr_matrix
) -> Iterator[tuple[int, int, sparse.csr_matrix]]:
    """Rows a to b - 1 of: how many ways of `step` and a tie lead to a person also tied directly."""
    out = np.diff(ranked.indptr).astype(np.int64)
    upto = np.concatenate(([0], np.cumsum(out[step.indices])))[step.indptr]
    cuts = np.searchsorted(upto, np.arange(0, upto[-1] + _PIECE, _PIECE))
    cuts = np.unique(np.clip(np.append(cuts, [0, step.shape[0]]), 0, step.shape[0])).tolist()
    for a, b in itertools.pairwise(cuts):
        yield a, b, (step[a:b] @ ranked).multiply(ranked[a:b])


def _sample_triangles(first: I64, contact: I32, seed: int) -> tuple[float, float]:
    """Both shares from pairs of contacts: of people drawn evenly, and of people drawn by how many
    pairs they have (Seshadhri, Pinar & Kolda 2014)."""
    degree = np.diff(first)
    if not contact.size:
        return 0.0, 0.0
    pairs = degree * (degree - 1) // 2
    upto = np.cumsum(pairs)
    draws = KeyedUniforms(seed, "pairs of contacts", np.arange(_SAMPLE, dtype=np.uint64))
    anybody = (draws.at(0) * degree.size).astype(np.int64)
    local = np.zeros(_SAMPLE, bool)
    many = degree[anybody] > 1
    local[many] = _tied(first, contact, anybody[many], draws.at(2)[many], draws.at(3)[many])
    if not upto[-1]:
        return 0.0, 0.0
    by_pairs = np.searchsorted(upto, (draws.at(1) * float(upto[-1])).astype(np.int64), side="right")
    whole = _tied(first, contact, by_pairs, draws.at(4), draws.at(5))
    return float(local.mean()), float(whole.mean())


def _tied(
    first: I64, contact: I32, person: I64, one: NDArray[np.float64], other: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether two contacts of each person, picked by two uniforms, are tied."""
    degree = first[person + 1] - first[person]
    i = (one * degree).astype(np.int64)
    j = (other * (degree - 1)).astype(np.int64)
    j += j >= i
    a, b = contact[first[person] + i], contact[first[person] + j]
    low, end = first[a], first[a + 1]
    high = end.copy()
    while np.any(low < high):  # the place of b in the sorted row of a, by halving
        middle = (low + high) // 2
        below = (low < high) & (contact[np.minimum(middle, contact.size - 1)] < b)
        high = np.where((low < high) & ~below, middle, high)
        low = np.where(below, middle + 1, low)
    tied: NDArray[np.bool_] = (low < end) & (contact[np.minimum(low, contact.size - 1)] == b)
    return tied
