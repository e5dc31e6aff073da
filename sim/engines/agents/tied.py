"""The passes over people with ties, in clear numpy.

A person's hazard depends on what its contacts do, but looking at contacts costs ten times what
looking at the person does. So people are sifted, each by the same uniform throughout:

1. `sift`: who can leave at all? The first byte (see `sim.engines.agents.scan`) is held against the
   most that the person's exposure counters allow. A uniform u is an exponential time
   E = -ln(1 - u), and a person with hazard H leaves within dt days if E <= H dt; a byte alone
   bounds E from below.
2. `count_uses`, `add_peer`: what the contacts of those who are left use, and the peer hazard that
   follows.
3. `decide`: the exact hazard against the same E, and the way out.

Sifting discards only who would stay anyway, so the law is exact. Everybody is decided before
anybody moves: hazards are those of the tick's start.
Compiled twins: `sim.engines.agents.tied_compiled`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.normal import natural_log
from sim.engines.agents.scan import (
    BATCH,
    F64,
    I64,
    U8,
    Bytes,
    Chunks,
    Key,
    first_bytes,
    own_uniforms,
    persons,
)
from sim.engines.agents.tables import TiedWays
from sim.rates.contagion import Form, Response
from sim.rates.thresholds import as_ratio

#: The least exponential time of each first byte, lowered by a margin above rounding.
SHORTEST = -np.log1p(-np.arange(256) / 256.0) * (1.0 - 1e-12)


class Exposures(NamedTuple):
    """What the ties of all layers tell about each of n people."""

    uses: Bytes
    """(L, n) contacts' uses of all channels."""
    degree: Bytes
    """(L, n) number of contacts; (L, 0) where every contact counts alike."""
    divisor: F64
    """(L,) what stands for the degree then."""


class Sifted(NamedTuple):
    """People who may leave; arrays (m,)."""

    person: I64
    time: F64
    """E"""
    choice: F64
    """Uniform that chooses the way out."""


def sift(
    state: U8,
    klass: Bytes,
    chunks: Chunks,
    ways: TiedWays,
    seen: Exposures,
    indicator: bool,
    dt: float,
    key: Key,
) -> Sifted:
    """Who of `chunks` may leave within the tick. `indicator`: exposure adds all it can at once."""
    states = ways.first.size - 1
    found = []
    for a in range(0, chunks.start.size, BATCH):
        batch = chunks.part(a, a + BATCH)
        begin, end = int(batch.start[0]), int(batch.start[-1] + batch.size[-1])
        drawn = first_bytes(batch, key)
        at = klass[begin:end].astype(np.int64) * states + state[begin:end]
        bound = ways.base[at]
        for layer in range(seen.uses.shape[0]):
            uses = seen.uses[layer, begin:end].astype(np.float64)
            if indicator:
                share = np.where(uses > 0.0, 1.0, 0.0)
            else:
                share = uses / degree_of(seen, layer, slice(begin, end))
            bound = bound + ways.reach[layer, at] * share
        near = np.flatnonzero((bound > 0.0) & (bound * dt >= SHORTEST[drawn]))
        refine, choice = own_uniforms(*persons(batch, near), key)
        time = -natural_log(((256.0 - drawn[near]) - refine) / 256.0)
        found.append(Sifted(begin + near, time, choice))
    return join(found)


def join(parts: list[Sifted]) -> Sifted:
    """Parts one after another."""
    return Sifted(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def degree_of(seen: Exposures, layer: int, people: slice) -> F64:
    """d_l of people, 1 for those without contacts; or one number for all of them."""
    if seen.degree.shape[1] == 0:
        return seen.divisor[layer : layer + 1]
    degree: F64 = np.maximum(seen.degree[layer, people].astype(np.float64), 1.0)
    return degree


def count_uses(
    state: U8, active: U8, start: I64, stop: I64, contacts: NDArray[np.int32], n: I64
) -> None:
    """Contacts active in each channel, into n (m, K); bit k of active[s] tells whether a person in
    state s is active in channel k. The contacts of the m people are spans of `contacts`."""
    whose, theirs = laid_out(start, stop, contacts)
    bits = active[state[theirs]]
    for k in range(n.shape[1]):
        n[:, k] = np.bincount(whose[(bits >> np.uint8(k)) & np.uint8(1) == 1], minlength=start.size)


def laid_out(start: I64, stop: I64, contacts: NDArray[np.int32]) -> tuple[I64, NDArray[np.int32]]:
    """Spans one after another: whose each tie is (a position in `start`), and to whom."""
    length = stop - start
    whose = np.repeat(np.arange(start.size), length)
    begins = np.cumsum(length) - length
    where = np.arange(whose.size) - np.repeat(begins - start, length)
    return whose, contacts[where]


def add_peer(
    n: I64, degree: F64, weight: F64, klass: I64, chi: float, response: Response, peer: F64
) -> None:
    """Add one layer's part to peer (m, K): n (m, K) active contacts, weight (C, K)."""
    total = np.zeros(n.shape[0])
    for k in range(n.shape[1]):
        total += n[:, k]
    tied = degree > 0.0
    divisor = np.where(tied, degree, 1.0)
    for k in range(n.shape[1]):
        if response.form is Form.THRESHOLD:
            others = total.astype(np.int64) - n[:, k]
            felt = response.reached(n[:, k], others, as_ratio(chi), divisor)
        else:
            own = n[:, k].astype(np.float64)
            felt = response.of((own + chi * (total - own)) / divisor, divisor)
        peer[:, k] += np.where(tied, weight[klass, k] * felt, 0.0)


class Decided(NamedTuple):
    """Who leaves: positions within the sifted, ways taken, and how far into the peers' part of the
    hazard the choice fell: in [0, 1), or below 0 where peers had no part in it."""

    who: I64
    way: I64
    into_peer: F64


def decide(
    state: U8, klass: Bytes, sifted: Sifted, ways: TiedWays, peer: F64, dt: float
) -> Decided:
    """The exact decision for people whose peer hazards (m, K) are known."""
    s, c = state[sifted.person].astype(np.int64), klass[sifted.person].astype(np.int64)
    total = np.zeros(s.size)
    for way, at in _ways_of(ways, s):
        total[at] += _hazard(ways, c[at], way, peer[at])
    leaves = (total > 0.0) & (sifted.time <= total * dt)
    who = np.flatnonzero(leaves)
    s, c = s[who], c[who]
    level = sifted.choice[who] * total[who]
    below = np.zeros(who.size)
    chosen = ways.first[s].copy()
    into = np.full(who.size, -1.0)
    open_ = np.ones(who.size, bool)
    for way, at in _ways_of(ways, s):
        here, step = at[open_[at]], way[open_[at]]
        hazard = _hazard(ways, c[here], step, peer[who[here]])
        base = ways.hazard[c[here], step]
        above = below[here] + hazard
        taken = (level[here] < above) & (hazard > 0.0)
        # Rounding can leave the level at the very top: the last way with a hazard has it.
        last = hazard > 0.0
        chosen[here[last]] = step[last]
        by_peer = level[here] - below[here] - base
        of_peer = hazard - base
        far = np.where(of_peer > 0.0, by_peer / np.where(of_peer > 0.0, of_peer, 1.0), -1.0)
        into[here[last]] = np.minimum(far[last], 1.0 - 2.0**-53)
        below[here] = above
        open_[here[taken]] = False
    return Decided(who, chosen, np.where(into < 0.0, -1.0, into))


def _ways_of(ways: TiedWays, s: I64) -> list[tuple[I64, I64]]:
    """For the k-th way out, k = 0, 1, ...: (transitions, positions of those who have one)."""
    count = ways.first[s + 1] - ways.first[s]
    steps = []
    for k in range(int(count.max(initial=0))):
        at = np.flatnonzero(count > k)
        steps.append((ways.first[s[at]] + k, at))
    return steps


def _hazard(ways: TiedWays, c: I64, way: I64, peer: F64) -> F64:
    channel = ways.channel[way]
    hazard: F64 = ways.hazard[c, way]
    heard = channel >= 0
    felt = peer[np.arange(way.size), np.maximum(channel, 0)]
    return np.where(heard, hazard + ways.slope[c, way] * felt, hazard)


def move(
    person: I64,
    way: I64,
    target: U8,
    uses_of: NDArray[np.int8],
    state: U8,
    klass: Bytes,
    flows: I64,
    change: NDArray[np.int8],
) -> None:
    """Move people along their ways: counts them in flows (T, C), and writes by how much the number
    of channels that each is active in has changed; `uses_of` (S,) is that of each state."""
    before, after = state[person], target[way]
    change[:] = uses_of[after] - uses_of[before]
    state[person] = after
    np.add.at(flows, (way, klass[person]), 1)


def push(
    start: I64,
    stop: I64,
    contacts: NDArray[np.int32],
    change: NDArray[np.int8],
    low: int,
    high: int,
    uses: Bytes,
) -> None:
    """Add each person's change in uses to the counters of its audience, for those in [low, high).

    The audience of those who changed are spans of `contacts`.
    """
    whose, to = laid_out(start, stop, contacts)
    inside = (to >= low) & (to < high)
    np.add.at(uses, to[inside], change[whose[inside]].astype(uses.dtype))
