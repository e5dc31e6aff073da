"""Keyed draws: a uniform is a pure function of (seed, purpose, index, entity).

The seed is the generator's key. The counter holds the entity (64 bits), the index (a tick or an
event's number) and the purpose. Entities are named, never numbered by creation order, so a scenario
with one actor more gives every other actor the same draws, and two scenarios with one seed differ
only where their causes differ (common random numbers).
"""

import sys
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.philox import U64, philox4x32
from sim.kernels import compiler
from sim.numbers import checked_seed

_LOW = np.uint64(0xFFFFFFFF)
_TO_UNIT = 2.0**-53
#: Fewer entities than this do not make it worth to load the compiler, which takes half a second;
#: where it is loaded already it serves them as well.
WORTH_COMPILING = 1000

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def entity_id(*names: str) -> int:
    """A 64-bit id of a named entity, the same in every scenario, process and machine.

    A hash is used because names, unlike positions, survive when an actor is added or removed. With
    100,000 entities the chance of any collision is about 3e-10.
    """
    return int.from_bytes(blake2b("\x1f".join(names).encode(), digest_size=8).digest(), "little")


def combine_ids(rows: U64, columns: U64) -> U64:
    """Ids of all pairs (row entity, column entity): shape (rows, columns).

    The finalizer of SplitMix64 (Steele, Lea & Flood 2014) mixes the pair, so that neither ids that
    are close nor a swap of rows and columns give the same id.
    """
    with np.errstate(over="ignore"):
        mixed = rows[:, None] + columns[None, :] * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        result: U64 = mixed ^ (mixed >> np.uint64(31))
    return result


def seed_words(seed: int) -> tuple[int, int]:
    """The generator's key: the lower and the upper half of a seed. Raises ValueError for seeds
    outside 0 to 2**64 - 1, and TypeError for what is no whole number."""
    whole = checked_seed(seed)
    return whole & 0xFFFFFFFF, whole >> 32


def key_words(seed: int, purpose: str) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Purpose and key of a block, for kernels that make their own uniforms."""
    low, high = seed_words(seed)
    return np.uint64(entity_id("purpose", purpose) & 0xFFFFFFFF), np.uint64(low), np.uint64(high)


class KeptPairs(NamedTuple):
    """Uniforms of a matrix of entities, made row by row: `made` (rows,) is the block whose two
    uniforms a row of `even` and `odd` holds, -1 at first."""

    entities: U64
    words: tuple[np.uint64, np.uint64, np.uint64]
    """Purpose and key."""
    even: NDArray[np.float64]
    odd: NDArray[np.float64]
    made: NDArray[np.int64]

    @classmethod
    def of(cls, entities: U64, words: tuple[int, int, int]) -> "KeptPairs":
        purpose, key0, key1 = (np.uint64(word) for word in words)
        pair = np.empty(entities.shape), np.empty(entities.shape)
        return cls(entities, (purpose, key0, key1), *pair, np.full(len(entities), -1))


class KeyedUniforms:
    """Uniforms in the open interval (0, 1) for one seed, one purpose and a fixed array of entities.

    A block of the generator holds 128 bits, two uniforms of 53 bits: those of an even index and of
    the odd index after it. The pair is kept until another pair is asked for, which halves the work
    of a run and changes no number.
    """

    def __init__(self, seed: int, purpose: str, entities: U64) -> None:
        self._key = seed_words(seed)
        self._purpose = entity_id("purpose", purpose) & 0xFFFFFFFF
        entities = np.asarray(entities, np.uint64)
        self._entities = entities
        self._kept: KeptPairs | None = None
        worth = entities.size >= WORTH_COMPILING or "sim.draws.compiled" in sys.modules
        self._make = _fastest_pairs() if worth else unit_pairs
        self._block = -1
        self._pair: Pair | None = None

    @property
    def kept(self) -> "KeptPairs":
        """For a kernel that makes the uniforms row by row, where it needs them."""
        if self._kept is None:
            words = (self._purpose, *self._key)
            self._kept = KeptPairs.of(self._entities, words)
        return self._kept

    def at(self, index: int) -> NDArray[np.float64]:
        """Uniforms of every entity at `index` (0 <= index < 2**33), in the entities' shape."""
        block, lane = divmod(index, 2)
        if self._pair is None or block != self._block:
            low, high = self._entities & _LOW, self._entities >> np.uint64(32)
            self._pair = self._make(low, high, block, self._purpose, self._key)
            self._block = block
        return self._pair[lane]


def uniform(seed: int, purpose: str, index: int, *names: str) -> float:
    """One uniform in (0, 1) for a named entity: the scalar form of `KeyedUniforms`."""
    entities = np.array([entity_id(*names)], np.uint64)
    return float(KeyedUniforms(seed, purpose, entities).at(index)[0])


def unit_pairs(low: U64, high: U64, block: int, purpose: int, key: tuple[int, int]) -> Pair:
    """The two uniforms of every entity's block: the clear version, oracle of the compiled one."""
    w0, w1, w2, w3 = philox4x32(
        (low, high, np.uint64(block), np.uint64(purpose)),
        key,
    )
    return unit(w0, w1), unit(w2, w3)


def unit(high: U64, low: U64) -> NDArray[np.float64]:
    """The upper 53 of 64 bits, shifted half a step so that neither 0 nor 1 can come out."""
    bits = (high << np.uint64(21)) | (low >> np.uint64(11))
    unit: NDArray[np.float64] = (bits.astype(np.float64) + 0.5) * _TO_UNIT
    # 2**53 - 1/2 rounds up to 2**53: keep the interval open at 1 as well.
    np.minimum(unit, 1.0 - _TO_UNIT, out=unit)
    return unit


def _fastest_pairs() -> Callable[[U64, U64, int, int, tuple[int, int]], Pair]:
    """The compiled twin of `unit_pairs` where there is a compiler."""
    if not compiler():
        return unit_pairs
    from sim.draws.compiled import unit_pairs as compiled

    def pairs(low: U64, high: U64, block: int, purpose: int, key: tuple[int, int]) -> Pair:
        even, odd = np.empty(low.shape), np.empty(low.shape)
        seed = np.uint64(key[0]), np.uint64(key[1])
        at = np.uint64(block), np.uint64(purpose)
        compiled(low.ravel(), high.ravel(), *at, *seed, even.ravel(), odd.ravel())
        return even, odd

    return pairs
