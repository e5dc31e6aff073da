"""The ends of the k-th edge of a random layer: pure functions of (seed, purpose, k).

A block of the generator holds two words of 64 bits. A word picks a person as the integer part of
word * people / 2**64; the fraction that is left picks the other end in the same way. Everybody is
picked equally often up to people / 2**64, and each pair up to people**2 / 2**64: 0.05 percent among
10**8, five percent among 10**9, where no pair is singled out by who it is.

The clear versions stand here, the compiled twins in `sim.ties.endpoints_compiled`.
"""

from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import entity_id
from sim.draws.philox import U64, philox4x32
from sim.ties.building import EdgeFunction
from sim.ties.layer import I32, I64

#: A chance p is that 53 random bits are below p * 2**53: none at 0, all at 1.
SCALE = 2.0**53
_MASK, _WORD = np.uint64(0xFFFFFFFF), np.uint64(32)


class Key(NamedTuple):
    """What all draws of one layer share: the seed's two words and the purpose's."""

    low: int
    high: int
    purpose: int


def layer_key(seed: int, kind: str, layer: str) -> Key:
    """Key of the `kind` of ties on the platform named `layer`, so that platforms of one seed have
    nothing in common."""
    purpose = entity_id("purpose", f"{kind} ties: {layer}") & 0xFFFFFFFF
    return Key(seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF, purpose)


def random_edges(key: Key, people: int) -> EdgeFunction:
    """Both ends anybody, two edges from one block."""
    compiled = _compiled()

    def edges(a: int, b: int) -> tuple[I32, I32]:
        blocks = (b - a + 1) // 2
        ends = np.empty((2, 2 * blocks), np.int32)
        if compiled is None:
            w0, w1, w2, w3 = _words(key, a // 2, blocks)
            for lane, word in enumerate(((w0, w1), (w2, w3))):
                source, rest = _pick(*word, people)
                ends[0, lane::2] = source
                ends[1, lane::2] = _pick(rest >> _WORD, rest & _MASK, people)[0]
        else:
            compiled.random_edges(*_as_words(key), a // 2, people, ends[0], ends[1])
        return ends[0, : b - a], ends[1, : b - a]

    return edges


def ring_edges(key: Key, people: int, degree: int, rewiring: float) -> EdgeFunction:
    """From person e // (degree / 2) to one of its next degree / 2 neighbours on the ring, or with
    the chance `rewiring` to anybody else."""
    compiled, half = _compiled(), degree // 2

    def edges(a: int, b: int) -> tuple[I32, I32]:
        ends = np.empty((2, b - a), np.int32)
        if compiled is None:
            w0, w1, w2, w3 = _words(key, a, b - a)
            source, step = np.divmod(np.arange(a, b), half)
            far = _pick(w2, w3, people - 1)[0]
            ends[0] = source
            ends[1] = (source + 1 + np.where(_bits(w0, w1) < rewiring * SCALE, far, step)) % people
        else:
            compiled.ring_edges(
                *_as_words(key), a, people, half, rewiring * SCALE, ends[0], ends[1]
            )
        return ends[0], ends[1]

    return edges


def block_edges(key: Key, block: I32, first: I64, ordered: I32, homophily: float) -> EdgeFunction:
    """From anybody to, with the chance `homophily`, somebody of its block, else anybody. People of
    block b are ordered[first[b]:first[b + 1]]."""
    compiled, people = _compiled(), block.size

    def edges(a: int, b: int) -> tuple[I32, I32]:
        ends = np.empty((2, b - a), np.int32)
        if compiled is None:
            w0, w1, w2, w3 = _words(key, a, b - a)
            source, rest = _pick(w0, w1, people)
            own = block[source]
            high, low = rest >> _WORD, rest & _MASK
            near = first[own] + _pick(high, low, np.diff(first).astype(np.uint64)[own])[0]
            far = _pick(high, low, people)[0]
            ends[0] = source
            ends[1] = np.where(_bits(w2, w3) < homophily * SCALE, ordered[near], far)
        else:
            given = block, first, ordered, homophily * SCALE
            compiled.block_edges(*_as_words(key), a, *given, ends[0], ends[1])
        return ends[0], ends[1]

    return edges


def _words(key: Key, first: int, count: int) -> tuple[U64, U64, U64, U64]:
    """The blocks `first` to `first + count - 1`."""
    at = np.arange(first, first + count, dtype=np.uint64)
    zero, purpose = np.zeros(1, np.uint64), np.full(1, key.purpose, np.uint64)
    return philox4x32((at & _MASK, at >> _WORD, zero, purpose), (key.low, key.high))


def _as_words(key: Key) -> tuple[np.uint64, np.uint64, np.uint64]:
    return np.uint64(key.low), np.uint64(key.high), np.uint64(key.purpose)


def _pick(high: U64, low: U64, people: int | U64) -> tuple[I64, U64]:
    """Integer part and fraction (64 bits) of people * (high * 2**32 + low) / 2**64."""
    n = np.asarray(people, np.uint64)
    lower = low * n
    upper = high * n + (lower >> _WORD)
    return (upper >> _WORD).astype(np.int64), (upper << _WORD) | (lower & _MASK)


def _bits(high: U64, low: U64) -> NDArray[np.float64]:
    """The upper 53 of 64 bits, exact as a float."""
    return ((high << np.uint64(21)) | (low >> np.uint64(11))).astype(np.float64)


def _compiled() -> ModuleType | None:
    """The compiled twins where numba is installed."""
    try:
        from sim.ties import endpoints_compiled
    except ImportError:
        return None
    return endpoints_compiled
