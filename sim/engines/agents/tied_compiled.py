"""Compiled twins of `sim.engines.agents.tied`, equal bit for bit."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import exponential, natural_log
from sim.engines.agents import diversity
from sim.engines.agents.compiled import first_bytes, flagged, near_enough, own_uniforms
from sim.engines.agents.prefetch import ROW_AHEAD, prefetch
from sim.engines.agents.scan import BLOCKS, CHUNK, F64, I64, U8, Bytes, Chunks, Key
from sim.engines.agents.tables import TiedWays
from sim.engines.agents.tied import SHORTEST, Decided, Exposures, Sifted
from sim.kernels import compile_kernel
from sim.rates.contagion import Form, Response
from sim.rates.thresholds import UNREACHABLE, as_ratio

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
_SATURATING, _HILL, _THRESHOLD = int(Form.SATURATING), int(Form.HILL), int(Form.THRESHOLD)
TOP, ONE = np.uint8(255), np.uint64(1)

count_groups = compile_kernel(diversity.count_groups)
BELOW_ONE = 1.0 - 2.0**-53
#: People ahead whose state is asked for.
FAR_AHEAD = 16


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
        state, klass, *chunks, ways.whole, *ways.lines, ways.base, ways.reach, ways.first.size - 1,
        *seen, indicator, dt, *(np.uint64(word) for word in key), person, time, choice,
    )  # fmt: skip
    return Sifted(person[:found].copy(), time[:found].copy(), choice[:found].copy())


@compile_kernel
def _sift(
    state: U8, klass: Bytes,
    start: I64, count: I64, slot: I64, owner: I64,
    whole: U8, line_state: U8, line_offset: U16, line_slope: U16,
    base: F64, reach: F64, states: int,
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
    near, group = np.empty(CHUNK + 1, np.int32), np.empty(CHUNK // 8 + 1, np.int32)
    refine = np.empty(CHUNK)
    kept = 0
    for k in range(start.size):
        here, there = start[k], start[k] + count[k]
        of_state, of_class = state[here:there], klass[here:there]
        first_bytes(slot[k], owner[k], count[k], tick, byte_purpose, low, high, words, drawn)
        if line_state.size:
            _on_lines(
                drawn, of_state, uses[0, here:there], line_state, line_offset, line_slope, flag
            )
            found = flagged(flag, of_state.size, group, near)
        elif levels == 1:
            found = near_enough(
                drawn, of_state, of_class, whole[0], states, limit, flag, group, near
            )
        else:
            # Unsigned places spare the check for negative ones.
            of_uses = uses[0, here:there]
            most, width = np.uint32(levels - 1), np.uint32(whole.shape[1])
            for r in range(of_state.size):
                level = min(np.uint32(of_uses[r]), most) * width
                place = np.uint32(of_class[r]) * np.uint32(states) + np.uint32(of_state[r])
                limit[r] = flat[np.uint32(level + place)]
            for r in range(of_state.size):
                flag[r] = drawn[r] <= limit[r]
            found = flagged(flag, of_state.size, group, near)
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
        # `int`, since for a number known as it is written here a kernel is compiled once more.
        own_uniforms(
            slot[k], owner[k], near, int(left), tick, own_purpose, low, high, refine, choice[kept:]
        )
        stays = time[kept : kept + left]
        for m in range(left):
            r = np.uint64(near[m])
            person[kept + m] = here + np.int64(r)
            stays[m] = ((256.0 - float(drawn[r])) - refine[m]) / 256.0
        for m in range(left):
            stays[m] = -natural_log(stays[m])
        kept += left
    return kept


@compile_kernel
def _on_lines(
    drawn: U8, of_state: U8, uses: Bytes, state: U8, offset: U16, slope: U16, flag: U8
) -> None:
    """Whose byte may make them leave by the limits of `Lines`, in 16 bits throughout: that is what
    makes the loop one of vector instructions."""
    for j in range(state.size):
        s, b, a = state[j], offset[j], slope[j]
        for r in range(of_state.size):
            limit = np.uint16(np.uint16(min(uses[r], TOP)) * a + b)
            here = np.uint8((np.uint16(drawn[r]) <= limit) & (of_state[r] == s))
            flag[r] = here if j == 0 else flag[r] | here


@compile_kernel
def count_uses(state: U8, active: U8, start: I64, stop: I64, contacts: I32, n: I64) -> None:
    """See `sim.engines.agents.tied`."""
    channels = n.shape[1]
    # One byte of a word counts one channel.
    lanes = np.zeros(active.size, np.uint64)
    for s in range(active.size):
        for k in range(channels):
            lanes[s] |= ((np.uint64(active[s]) >> np.uint64(k)) & ONE) << np.uint64(8 * k)
    for m in range(n.shape[0]):
        _ask_ahead(start, stop, contacts, m)
        for k in range(channels):
            n[m, k] = 0
        here, end = np.uint64(start[m]), np.uint64(stop[m])
        while here < end:
            until = min(end, here + np.uint64(TOP))
            seen = np.uint64(0)
            for i in range(here, until):
                seen += lanes[state[np.uint64(np.uint32(contacts[i]))]]
            for k in range(channels):
                n[m, k] += np.int64((seen >> np.uint64(8 * k)) & np.uint64(TOP))
            here = until


def add_peer(
    n: I64, degree: F64, weight: F64, klass: I64, chi: float, response: Response, peer: F64
) -> None:
    """See `sim.engines.agents.tied`."""
    form, a, b = int(response.form), response.a, response.b
    _add_peer(n, degree, weight, klass, chi, *as_ratio(chi), form, a, b, peer)


@compile_kernel
def _response(form: int, a: float, b: float, x: float, degree: float) -> float:
    if form == _SATURATING:
        contacts = degree * a
        return (1.0 - exponential(-(contacts * x))) / contacts
    if form == _HILL:
        raised = exponential(b * natural_log(x)) if x > 0.0 else 0.0
        return raised / (a + raised)
    return x


@compile_kernel
def _contacts_needed(share: float, degree: float) -> np.int64:
    """See `sim.rates.thresholds`."""
    needed = min(max(float(math.ceil(share * degree)), 1.0), UNREACHABLE)
    if needed > 1.0 and (needed - 1.0) / degree >= share:
        needed -= 1.0
    if needed / degree < share:
        needed += 1.0
    return np.int64(needed)


@compile_kernel
def _add_peer(
    n: I64, degree: F64, weight: F64, klass: I64, chi: float, above: int, below: int,
    form: int, a: float, b: float, peer: F64,
) -> None:  # fmt: skip
    channels = n.shape[1]
    for m in range(n.shape[0]):
        if degree[m] > 0.0:
            total = 0.0
            for k in range(channels):
                total += float(n[m, k])
            for k in range(channels):
                if form == _THRESHOLD:
                    counted = n[m, k] * below + (np.int64(total) - n[m, k]) * above
                    met = counted >= _contacts_needed(a, degree[m]) * below
                    peer[m, k] += weight[klass[m], k] * (1.0 if met else 0.0)
                    continue
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
def move(
    person: I64, way: I64, target: U8, uses_of: NDArray[np.int8], state: U8, klass: Bytes,
    flows: I64, change: NDArray[np.int8],
) -> None:  # fmt: skip
    """See `sim.engines.agents.tied`."""
    people = person.size
    for m in range(people):
        if m + FAR_AHEAD < people:
            prefetch(state, person[m + FAR_AHEAD])
            prefetch(klass, person[m + FAR_AHEAD])
        before, after = state[person[m]], target[way[m]]
        change[m] = uses_of[after] - uses_of[before]
        state[person[m]] = after
        flows[way[m], klass[person[m]]] += 1


@compile_kernel
def push(
    start: I64, stop: I64, contacts: I32, change: NDArray[np.int8], low: int, high: int, uses: Bytes
) -> None:
    """See `sim.engines.agents.tied`."""
    # Nothing is added to the first counter of the range in place of one outside: that is faster
    # than a branch that half of all ties take.
    first, width = np.uint32(low), np.uint32(high - low)
    for m in range(change.size):
        _ask_ahead(start, stop, contacts, m)
        delta = change[m]
        for i in range(np.uint64(start[m]), np.uint64(stop[m])):
            place = np.uint32(np.uint32(contacts[i]) - first)
            inside = place < width
            to = np.uint64(first) + (np.uint64(place) if inside else np.uint64(0))
            uses[to] += delta if inside else np.int8(0)


@compile_kernel
def _ask_ahead(start: I64, stop: I64, contacts: I32, m: int) -> None:
    """Ask for the row of somebody after the m-th."""
    row = m + ROW_AHEAD
    if row < start.size and stop[row] > start[row]:
        prefetch(contacts, start[row])
        prefetch(contacts, stop[row] - 1)
