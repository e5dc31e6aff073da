"""The ends of the k-th edge of a random layer: pure functions of (seed, purpose, k).

A block of the generator holds two words of 64 bits. A word picks a person as the integer part of
word * people / 2**64; the fraction that is left picks the other end in the same way. Everybody is
picked equally often up to people / 2**64, and each pair up to people**2 / 2**64: 0.05 percent among
10**8, five percent among 10**9, where no pair is singled out by who it is.

The clear versions stand here, the compiled twins in `sim.ties.endpoints_compiled`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import entity_id, seed_words
from sim.draws.philox import U64, philox4x32
from sim.kernels import compiler
from sim.ties.edges import EdgeFunction
from sim.ties.rows import I32, I64

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
    return Key(*seed_words(seed), purpose)


def random_edges(key: Key, people: int) -> EdgeFunction:
    """Both ends anybody, two edges from one block."""
    draw = fastest_kernels().random_edges

    def edges(a: int, b: int) -> tuple[I32, I32]:
        ends = np.empty((2, 2 * ((b - a + 1) // 2)), np.int32)
        draw(*_as_words(key), a // 2, people, ends[0], ends[1])
        return ends[0, : b - a], ends[1, : b - a]

    return edges


def ring_edges(key: Key, people: int, degree: int, rewiring: float) -> EdgeFunction:
    """From person e // (degree / 2) to one of its next degree / 2 neighbours on the ring, or with
    the chance `rewiring` to anybody else."""
    draw, half = fastest_kernels().ring_edges, degree // 2

    def edges(a: int, b: int) -> tuple[I32, I32]:
        ends = np.empty((2, b - a), np.int32)
        draw(*_as_words(key), a, people, half, rewiring * SCALE, ends[0], ends[1])
        return ends[0], ends[1]

    return edges


def block_edges(key: Key, block: I32, first: I64, ordered: I32, homophily: float) -> EdgeFunction:
    """From anybody to, with the chance `homophily`, somebody of its block, else anybody. People of
    block b are ordered[first[b]:first[b + 1]]."""
    draw = fastest_kernels().block_edges
    given = block, first, ordered, homophily * SCALE

    def edges(a: int, b: int) -> tuple[I32, I32]:
        ends = np.empty((2, b - a), np.int32)
        draw(*_as_words(key), a, *given, ends[0], ends[1])
        return ends[0], ends[1]

    return edges


class Kernels(NamedTuple):
    """Ends of edges from the `first` block of draws on, one kernel for each function above."""

    random_edges: Callable[..., None]
    ring_edges: Callable[..., None]
    block_edges: Callable[..., None]


def clear_kernels() -> Kernels:
    """In numpy."""
    return Kernels(draw_random, draw_ring, draw_blocks)


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.ties import endpoints_compiled as compiled

    return Kernels(compiled.random_edges, compiled.ring_edges, compiled.block_edges)


def draw_random(
    low: np.uint64,
    high: np.uint64,
    purpose: np.uint64,
    first: int,
    people: int,
    source: I32,
    target: I32,
) -> None:
    """Two edges from each block: the clear version."""
    w0, w1, w2, w3 = _words((low, high, purpose), first, source.size // 2)
    for lane, word in enumerate(((w0, w1), (w2, w3))):
        one, rest = _pick(*word, people)
        source[lane::2] = one
        target[lane::2] = _pick(rest >> _WORD, rest & _MASK, people)[0]


def draw_ring(
    low: np.uint64,
    high: np.uint64,
    purpose: np.uint64,
    first: int,
    people: int,
    half: int,
    limit: float,
    source: I32,
    target: I32,
) -> None:
    """To a neighbour, or with the chance limit * 2**-53 to anybody else: the clear version."""
    w0, w1, w2, w3 = _words((low, high, purpose), first, source.size)
    one, step = np.divmod(np.arange(first, first + source.size), half)
    far = _pick(w2, w3, people - 1)[0]
    source[:] = one
    target[:] = (one + 1 + np.where(_bits(w0, w1) < limit, far, step)) % people


def draw_blocks(
    low: np.uint64,
    high: np.uint64,
    purpose: np.uint64,
    first: int,
    block: I32,
    begin: I64,
    ordered: I32,
    limit: float,
    source: I32,
    target: I32,
) -> None:
    """Within the block with the chance limit * 2**-53: the clear version."""
    people = block.size
    w0, w1, w2, w3 = _words((low, high, purpose), first, source.size)
    one, rest = _pick(w0, w1, people)
    own = block[one]
    upper, lower = rest >> _WORD, rest & _MASK
    near = begin[own] + _pick(upper, lower, np.diff(begin).astype(np.uint64)[own])[0]
    far = _pick(upper, lower, people)[0]
    source[:] = one
    target[:] = np.where(_bits(w2, w3) < limit, ordered[near], far)


def _words(
    key: tuple[np.uint64, np.uint64, np.uint64], first: int, count: int
) -> tuple[U64, U64, U64, U64]:
    """The blocks `first` to `first + count - 1`, of a key's (low, high, purpose)."""
    at = np.arange(first, first + count, dtype=np.uint64)
    zero, purpose = np.zeros(1, np.uint64), np.full(1, key[2], np.uint64)
    return philox4x32((at & _MASK, at >> _WORD, zero, purpose), (int(key[0]), int(key[1])))


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
