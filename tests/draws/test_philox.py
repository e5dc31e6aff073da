"""The generator against the vectors its authors published (Random123, kat_vectors, philox4x32
10)."""

import numpy as np
import pytest

from sim.draws.keyed import KeyedUniforms, combine_ids, entity_id, uniform
from sim.draws.philox import philox4x32

ONES = 0xFFFFFFFF
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (PI, (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ],
)
def test_known_answers(counter, key, expected):
    words = philox4x32(tuple(np.array([w], np.uint64) for w in counter), key)
    assert tuple(int(w[0]) for w in words) == expected


ENTITIES = np.array([entity_id("person", str(i)) for i in range(2000)], np.uint64)


def test_a_draw_does_not_depend_on_the_other_entities_or_on_order():
    whole = KeyedUniforms(7, "test", ENTITIES).at(12)
    chosen = np.array([5, 1999, 0, 700])
    assert np.array_equal(KeyedUniforms(7, "test", ENTITIES[chosen]).at(12), whole[chosen])
    assert uniform(7, "test", 12, "person", "1999") == whole[1999]


def test_a_draw_does_not_depend_on_the_indices_asked_for_before():
    forward = KeyedUniforms(7, "test", ENTITIES)
    backward = KeyedUniforms(7, "test", ENTITIES)
    ahead = [forward.at(i).copy() for i in range(6)]
    for i in reversed(range(6)):
        assert np.array_equal(backward.at(i), ahead[i])


@pytest.mark.parametrize(
    "other", [(8, "test", 12), (7, "toast", 12), (7, "test", 13), (7 + 2**32, "test", 12)]
)
def test_seed_purpose_and_index_each_change_every_draw(other):
    seed, purpose, index = other
    same = KeyedUniforms(7, "test", ENTITIES).at(12) == KeyedUniforms(seed, purpose, ENTITIES).at(
        index
    )
    assert not same.any()


def test_uniforms_are_uniform_and_independent_between_indices():
    """Kolmogorov-Smirnov and correlation on 200,000 draws, bounds at the 1e-4 level."""
    draws = KeyedUniforms(1, "ks", ENTITIES)
    sample = np.array([draws.at(i) for i in range(100)])
    ordered = np.sort(sample.ravel())
    n = ordered.size
    distance = np.abs(ordered - (np.arange(n) + 0.5) / n).max() + 0.5 / n
    assert distance < 2.23 / np.sqrt(n)
    correlation = np.corrcoef(sample[:-1].ravel(), sample[1:].ravel())[0, 1]
    assert abs(correlation) < 3.9 / np.sqrt(n)
    assert ordered[0] > 0.0
    assert ordered[-1] < 1.0


def test_ids_of_pairs_do_not_collide():
    rows = np.array([entity_id("transition", str(i)) for i in range(1000)], np.uint64)
    columns = np.array([entity_id("class", str(i)) for i in range(300)], np.uint64)
    assert np.unique(combine_ids(rows, columns)).size == rows.size * columns.size
