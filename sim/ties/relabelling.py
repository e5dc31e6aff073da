"""A layer among other people: who stood at position i becomes person ids[i]."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sim.ties.layer import StoredLayer


def relabelled(layer: StoredLayer, ids: NDArray[np.integer], people: int) -> StoredLayer:
    """`layer` with its persons renamed to `ids` (layer.people,), different ids below `people`, in
    any order; everybody else has no ties. Raises ValueError where ids do not fit."""
    if ids.shape != (layer.people,):
        raise ValueError(f"{layer.people} people need as many ids, not {ids.shape}")
    order = np.argsort(ids)
    ordered = ids[order]
    if ids.size and (ordered[0] < 0 or ordered[-1] >= people or (np.diff(ordered) == 0).any()):
        raise ValueError(f"ids must be different and among 0 to {people - 1}")
    rows = layer.contacts(order)
    degree = np.zeros(people, np.int64)
    degree[ordered] = np.diff(rows.offsets)
    first = np.concatenate([[0], np.cumsum(degree)])
    contact = ids[rows.contacts].astype(np.int32)
    matrix = csr_matrix((np.ones(contact.size, np.int8), contact, first), (people, people))
    matrix.sort_indices()
    reverse = None if layer.reverse is None else relabelled(layer.reverse, ids, people)
    return StoredLayer(first, matrix.indices.astype(np.int32, copy=False), reverse)
