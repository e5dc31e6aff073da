"""Compiled twins of `sim.engines.agents.tied`, equal bit for bit."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compile_kernel, exponential, natural_log
from sim.engines.agents.compiled import few_of, first_bytes, near_enough, own_uniforms
from sim.engines.agents.prefetch import CONTACTS_AHEAD, ROW_AHEAD, prefetch
from sim.engines.agents.scan import BLOCKS, CHUNK, F64, I64, U8, Bytes, Chunks, Key
from sim.engines.agents.tables import TiedWays
from sim.engines.agents.tied import SHORTEST, Decided, Exposures, Sifted
from sim.rates.contagion import Form, Response

I32 = NDArray[np.int32]
_SATURATING, _HILL, _THRESHOLD = int(Form.SATURATING), int(Form.HILL), int(Form.THRESHOLD)
BELOW_ONE = 1.0 - 2.0**-53
#: Pushes ahead whose counter is asked for, and contacts of one person that are at most.
FAR_AHEAD, MOST_AHEAD = 16, 64


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
    """See `sim.engines.agents.tied`."""
    # Room for everybody, of which the system hands out only what is written to.
    room = int(chunks.size.sum()) + 1
    person, time, choice = np.empty(room, np.int64), np.empty(room), np.empty(room)
    found = _sift(
        state, klass, *chunks, ways.whole, ways.base, ways.reach, ways.first.size - 1,
        *seen, indicator, dt, *(np.uint64(word) for word in key), person, time, choice,
    )  # fmt: skip
    return Sifted(person[:found].copy(), time[:found].copy(), choice[:found].copy())


@compile_kernel
def _sift(
    state: U8, klass: Bytes,
    start: I64, count: I64, slot: I64, owner: I64,
    whole: U8, base: F64, reach: F64, states: int,
    uses: Bytes, degree: Bytes, divisor: F64, indicator: bool, dt: float,
    low: np.uint64, high: np.uint64, byte_purpose: np.uint64, own_purpose: np.uint64,
    tick: np.uint64, person: I64, time: F64, choice: F64,
) -> int:  # fmt: skip
    layers, levels = uses.shape[0], whole.shape[0]
    flat = whole.ravel()
    own_degree = degree.shape[1] > 0
    words = np.empty((4, BLOCKS), np.uint32)
    drawn, flag = np.empty(CHUNK, np.uint8), np.empty(CHUNK, np.uint8)
    limit = np.empty(CHUNK, np.uint8)
    near = np.empty(CHUNK + 1, np.int32)
    refine = np.empty(CHUNK)
    kept = 0
    for k in range(start.size):
        here, there = start[k], start[k] + count[k]
        of_state, of_class = state[here:there], klass[here:there]
        first_bytes(slot[k], owner[k], count[k], tick, byte_purpose, low, high, words, drawn)
        if levels == 1:
            found = near_enough(drawn, of_state, of_class, whole[0], states, limit, flag, near)
        else:
            # Unsigned places spare the check for negative ones.
            of_uses = uses[0, here:there]
            most, width = np.uint32(levels - 1), np.uint32(whole.shape[1])
            for r in range(of_state.size):
                level = min(np.uint32(of_uses[r]), most) * width
                place = np.uint32(of_class[r]) * np.uint32(states) + np.uint32(of_state[r])
                limit[r] = flat[np.uint32(level + place)]
            found = few_of(drawn, limit, of_state.size, flag, near)
        left = 0
        for m in range(found):
            r = np.int64(near[m])
            at = np.int64(of_class[r]) * states + np.int64(of_state[r])
            bound = base[at]
            for layer in range(layers):
                n = float(uses[layer, here + r])
                if indicator:
                    share = 1.0 if n > 0.0 else 0.0
                elif own_degree:
                    share = n / max(float(degree[layer, here + r]), 1.0)
                else:
                    share = n / divisor[layer]
                bound = bound + reach[layer, at] * share
            near[left] = near[m]
            left += np.int64(bound > 0.0 and bound * dt >= SHORTEST[drawn[r]])
        own_uniforms(
            slot[k], owner[k], near, left, tick, own_purpose, low, high, refine, choice[kept:]
        )
        for m in range(left):
            r = np.int64(near[m])
            person[kept + m] = here + r
            time[kept + m] = -natural_log(((256.0 - float(drawn[r])) - refine[m]) / 256.0)
        kept += left
    return kept


@compile_kernel
def count_uses(state: U8, active: U8, start: I64, stop: I64, contacts: I32, n: I64) -> None:
    """See `sim.engines.agents.tied`."""
    channels = n.shape[1]
    for m in range(n.shape[0]):
        _ask_ahead(start, stop, contacts, m, state)
        for k in range(channels):
            n[m, k] = 0
        for i in range(start[m], stop[m]):
            bits = active[state[contacts[i]]]
            if bits:
                for k in range(channels):
                    n[m, k] += (np.int64(bits) >> k) & 1


def add_peer(
    n: I64, degree: F64, weight: F64, klass: I64, chi: float, response: Response, peer: F64
) -> None:
    """See `sim.engines.agents.tied`."""
    _add_peer(n, degree, weight, klass, chi, int(response.form), response.a, response.b, peer)


@compile_kernel
def _response(form: int, a: float, b: float, x: float, degree: float) -> float:
    if form == _SATURATING:
        contacts = degree * a
        return (1.0 - exponential(-(contacts * x))) / contacts
    if form == _HILL:
        raised = exponential(b * natural_log(x)) if x > 0.0 else 0.0
        return raised / (a + raised)
    if form == _THRESHOLD:
        needed = max(float(math.ceil(a * degree)), 1.0)
        return 1.0 if x * degree >= needed - 1e-9 else 0.0
    return x


@compile_kernel
def _add_peer(
    n: I64, degree: F64, weight: F64, klass: I64, chi: float, form: int, a: float, b: float,
    peer: F64,
) -> None:  # fmt: skip
    channels = n.shape[1]
    for m in range(n.shape[0]):
        if degree[m] > 0.0:
            total = 0.0
            for k in range(channels):
                total += float(n[m, k])
            for k in range(channels):
                own = float(n[m, k])
                x = (own + chi * (total - own)) / degree[m]
                peer[m, k] += weight[klass[m], k] * _response(form, a, b, x, degree[m])


def decide(
    state: U8, klass: Bytes, sifted: Sifted, ways: TiedWays, peer: F64, dt: float
) -> Decided:
    """See `sim.engines.agents.tied`."""
    room = sifted.person.size
    who, way, into = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    found = _decide(
        state, klass, *sifted, ways.hazard, ways.slope, ways.channel, ways.first, peer, dt,
        who, way, into,
    )  # fmt: skip
    return Decided(who[:found], way[:found], into[:found])


@compile_kernel
def _decide(
    state: U8, klass: Bytes, person: I64, time: F64, choice: F64,
    hazard: F64, slope: F64, channel: I64, first: I64, peer: F64, dt: float,
    who: I64, way: I64, into: F64,
) -> int:  # fmt: skip
    found = 0
    for m in range(person.size):
        s, c = np.int64(state[person[m]]), np.int64(klass[person[m]])
        total = 0.0
        for t in range(first[s], first[s + 1]):
            total += _one_hazard(hazard, slope, channel, c, t, peer, m)
        if total > 0.0 and time[m] <= total * dt:
            level = choice[m] * total
            below, chosen, far = 0.0, first[s], -1.0
            for t in range(first[s], first[s + 1]):
                one = _one_hazard(hazard, slope, channel, c, t, peer, m)
                above = below + one
                if one > 0.0:
                    chosen = t
                    of_peer = one - hazard[c, t]
                    far = (level - below - hazard[c, t]) / of_peer if of_peer > 0.0 else -1.0
                    if level < above:
                        break
                below = above
            who[found], way[found] = m, chosen
            into[found] = min(far, BELOW_ONE) if far >= 0.0 else -1.0
            found += 1
    return found


@compile_kernel
def _one_hazard(hazard: F64, slope: F64, channel: I64, c: int, t: int, peer: F64, m: int) -> float:
    k = channel[t]
    if k < 0:
        return hazard[c, t]
    return hazard[c, t] + slope[c, t] * peer[m, k]


@compile_kernel
def push(
    start: I64, stop: I64, contacts: I32, change: NDArray[np.int8], low: int, high: int,
    uses: Bytes, far: I32, far_change: NDArray[np.int8],
) -> int:  # fmt: skip
    """See `sim.engines.agents.tied`."""
    people = change.size
    found = 0
    for m in range(people):
        _ask_ahead(start, stop, contacts, m, uses)
        delta = change[m]
        for i in range(start[m], stop[m]):
            to = contacts[i]
            if low <= to < high:
                uses[to] += delta
            else:
                far[found] = to
                far_change[found] = delta
                found += 1
    return found


@compile_kernel
def push_far(far: I32, far_change: NDArray[np.int8], low: int, high: int, uses: Bytes) -> None:
    """See `sim.engines.agents.tied`."""
    for m in range(far.size):
        if m + FAR_AHEAD < far.size:
            prefetch(uses, np.int64(far[m + FAR_AHEAD]))
        to = far[m]
        if low <= to < high:
            uses[to] += far_change[m]


@compile_kernel
def _ask_ahead(start: I64, stop: I64, contacts: I32, m: int, looked_at: Bytes) -> None:
    """Ask for what the people after the m-th will need: their rows, and then where these lead."""
    people = start.size
    row = m + ROW_AHEAD
    if row < people and stop[row] > start[row]:
        prefetch(contacts, start[row])
        prefetch(contacts, stop[row] - 1)
    near = m + CONTACTS_AHEAD
    if near < people:
        for i in range(start[near], min(stop[near], start[near] + MOST_AHEAD)):
            prefetch(looked_at, np.int64(contacts[i]))
