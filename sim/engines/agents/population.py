"""`agents`: people one by one, a state byte and a class byte each, with or without ties.

Without ties the law is that of `cohorts`, person by person; with them every person's hazard follows
what its own contacts do. Whatever the number of threads, the numbers are the same.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.keyed import entity_id, seed_words
from sim.engines.agents.exposure import GRAIN, Exposure, batches
from sim.engines.agents.kernels import Kernels, fastest_kernels
from sim.engines.agents.layout import classes_of_people, count_people, first_states, make_chunks
from sim.engines.agents.scan import Chunks, Key
from sim.engines.agents.tables import TiedWays, mixed_ways, tied_ways
from sim.engines.agents.tied import Sifted
from sim.engines.population import Counts, Moving, Population, told
from sim.rates.contagion import Contagion
from sim.rates.table import RateTable, Transitions
from sim.threads import parallel, slabs, thread_count
from sim.ties.layer import Layer, StoredLayer
from sim.ties.rows import Spans

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

#: Chunks that one thread takes in one go, at most: bounds its working memory.
STRETCH = 1 << 10
#: Chunks that one thread takes at least: fewer are done before another has begun.
FEW = 32
#: People whose states are put back in one go: bounds the working memory.
PEOPLE = 1 << 20


class Moves(NamedTuple):
    """People who moved in one tick, arrays (m,): who, along which transition, and how far into the
    peers' part of its hazard the choice fell, in [0, 1), or -1 where peers had no part in it."""

    person: I64
    way: I64
    into_peer: F64


class Moved(NamedTuple):
    """People of one part who have moved, flows (T, C), and the change in uses of each, (m,)."""

    moves: Moves
    flows: I64
    change: NDArray[np.int8]


class AgentPopulation(Population):
    """Individual people. Arrays (N,): `state` uint8 and `klass` uint8 (uint16 above 256 classes).

    `people` (S, C) are the counts at the start; `owners` (C,) name whose draws are whose (see
    `sim.engines.agents.layout`), `class_names` key the order of first states. With `layers` of ties
    among all N people, `active` (K, S) tells in which channels people of a state are active; with
    `divisor` (L,) the number of active contacts over it counts, else their share. With `groups` it
    is not the active contacts that count but the unconnected groups they form (stored ties only).
    """

    def __init__(
        self,
        transitions: Transitions,
        people: I64,
        *,
        seed: int,
        purpose: str,
        class_names: tuple[str, ...],
        owners: tuple[str, ...] | None = None,
        layers: tuple[Layer, ...] = (),
        active: NDArray[np.bool_] | None = None,
        divisor: F64 | None = None,
        groups: bool = False,
        kernels: Kernels | None = None,
    ) -> None:
        super().__init__(transitions, people)
        if people.dtype != np.int64:
            raise TypeError("agents are whole people: int64 counts")
        if len(transitions.states) > 256:
            raise ValueError(f"{len(transitions.states)} states do not fit a byte")
        size = people.sum(axis=0)
        self._kernels = kernels or fastest_kernels()
        self._chunks = make_chunks(size, owners or class_names)
        self._low, self._high = seed_words(seed)
        self._byte_purpose = _word(f"{purpose} byte")
        self._own_purpose = _word(f"{purpose} own")
        self.klass = classes_of_people(size)
        self.state = first_states(people, seed, f"{purpose} first states", class_names)
        self.exposure: Exposure | None = None
        self._groups = groups
        if layers:
            if active is None:
                raise ValueError("ties need to know who is active in what")
            if any(layer.people != self.state.size for layer in layers):
                raise ValueError(f"every layer must cover all {self.state.size:,} people")
            if groups and not all(isinstance(layer, StoredLayer) for layer in layers):
                raise ValueError("groups among contacts can be counted in stored ties only")
            uses = active.sum(axis=0).astype(np.int8)
            self._uses = uses
            self._active = (active << np.arange(active.shape[0])[:, None]).sum(axis=0)
            self._active = self._active.astype(np.uint8)
            self.exposure = Exposure(layers, uses, self.state, self._kernels, divisor=divisor)
        self._cut: dict[int, list[Chunks]] = {}
        self._ways: tuple[RateTable, float, TiedWays] | None = None
        self.latest: Moves | None = None
        """Who moved in the last tick; kept where there are ties."""
        self.witness: Callable[[Moves, Contagion], None] | None = None
        """Told, where there are ties, who is about to move: states are still those of the tick's
        start."""

    @property
    def bytes(self) -> int:
        """Memory that grows with people and ties, in bytes."""
        held = self.state.nbytes + self.klass.nbytes
        return held if self.exposure is None else held + self.exposure.bytes

    def advance(self, table: RateTable, dt: float, tick: int) -> I64:
        key = Key(self._low, self._high, self._byte_purpose, self._own_purpose, tick)
        if table.contagion is None:
            flows = self._advance_mixed(table, dt, key)
        else:
            flows = self._advance_tied(table, table.contagion, dt, key)
        self.settle(flows)
        return flows

    def place(self, person: I64, state: int) -> None:
        """Put people into a state, whatever they were in, and tell their audience."""
        before = self.state[person]
        klass = self.klass[person]
        np.subtract.at(self.people, (before, klass), 1)
        np.add.at(self.people, (np.full(person.size, state), klass), 1)
        self.state[person] = state
        if self.exposure is not None:
            self.exposure.push(person, self._uses[state] - self._uses[before])

    def moving(self) -> dict[str, Counts]:
        """Everybody's state, a byte each, and along how many ties changes were passed on. Counts of
        people and of what contacts do follow from the states, classes and ties from how the
        population was made."""
        found: dict[str, Counts] = {"state": self.state}
        if self.exposure is not None:
            found["pushes"] = np.array(self.exposure.pushes, np.int64)
        return found

    def resume(self, moving: Moving) -> None:
        state = told(moving, "state", self.state)
        if int(state.max(initial=0)) >= len(self.transitions.states):
            raise ValueError(f"states of another population: {state.max()} is none")
        pushes = 0
        if self.exposure is not None:
            pushes = int(told(moving, "pushes", np.array(0, np.int64)))
        for a in range(0, state.size, PEOPLE):
            before, after = self.state[a : a + PEOPLE], state[a : a + PEOPLE]
            if self.exposure is not None:
                change = self._uses[after] - self._uses[before]
                changed = np.flatnonzero(change)
                self.exposure.push(a + changed, change[changed])
            before[:] = after
        self.people[...] = count_people(self.state, self.people.sum(axis=0), self.people.shape[0])
        if self.exposure is not None:
            self.exposure.pushes = pushes
        self.latest = None

    # --- well mixed

    def _advance_mixed(self, table: RateTable, dt: float, key: Key) -> I64:
        ways = mixed_ways(table, dt)
        shape = (table.hazard.shape[1], table.hazard.shape[0])

        def work(part: Chunks) -> I64:
            flows = np.zeros(shape, np.int64)
            self._kernels.leave_mixed(self.state, self.klass, part, ways, key, flows)
            return flows

        total = sum(parallel(work, self._parts()), np.zeros(shape, np.int64))
        return np.ascontiguousarray(total.T)

    def _parts(self, *, most: int | None = None) -> list[Chunks]:
        """Chunks in a part for each thread, or in more parts where one would have over `most`."""
        chunks = self._chunks.start.size
        parts = max(min(thread_count(), chunks // FEW), 1, -(-chunks // (most or chunks or 1)))
        if parts not in self._cut:
            edges = np.linspace(0, chunks, min(parts, max(chunks, 1)) + 1).round().astype(int)
            pairs = pairwise(edges.tolist())
            self._cut = {parts: [self._chunks.part(a, b) for a, b in pairs if b > a]}
        return self._cut[parts]

    # --- with ties

    def _advance_tied(self, table: RateTable, contagion: Contagion, dt: float, key: Key) -> I64:
        assert self.exposure is not None, "the rate table asks for ties that nobody has"
        exposure, kernels = self.exposure, self._kernels
        # A study of one network asks with the same table every tick.
        if self._ways is None or self._ways[0] is not table or self._ways[1] != dt:
            self._ways = table, dt, tied_ways(table, dt, exposure.most, exposure.divisor)
        ways = self._ways[2]
        seen, indicator = exposure.seen, not contagion.response.at_most_linear

        def decide(part: Chunks) -> Moves:
            sifted = kernels.sift(self.state, self.klass, part, ways, seen, indicator, dt, key)
            peer = self._peer(sifted, contagion)
            decided = kernels.decide(self.state, self.klass, sifted, ways, peer, dt)
            return Moves(sifted.person[decided.who], decided.way, decided.into_peer)

        def move(moves: Moves) -> Moved:
            flows = np.zeros((len(table.transitions), self.people.shape[1]), np.int64)
            change = np.empty(moves.person.size, np.int8)
            kernels.move(*moves[:2], ways.target, self._uses, self.state, self.klass, flows, change)
            return Moved(moves, flows, change)

        parts = self._parts(most=STRETCH)
        if self._looked_up(contagion) or self.witness is not None:
            # Everybody is decided before anybody moves.
            decided = parallel(decide, parts)
            if self.witness is not None:
                self.witness(_joined(decided), contagion)
            moved = parallel(move, decided)
        else:
            moved = parallel(lambda part: move(decide(part)), parts)
        self.latest = _joined([part.moves for part in moved])
        change = np.concatenate([part.change for part in moved])
        changed = slice(None) if change.all() else np.flatnonzero(change)
        exposure.push(self.latest.person[changed], change[changed])
        return sum((part.flows for part in moved[1:]), moved[0].flows)

    def _looked_up(self, contagion: Contagion) -> bool:
        """Does the hazard depend on the states of contacts, beside one's own counters?"""
        return self._groups or contagion.weight.shape[0] > 1

    def _peer(self, sifted: Sifted, contagion: Contagion) -> F64:
        """Peer hazards (m, K) of the sifted."""
        assert self.exposure is not None
        peer = np.zeros((sifted.person.size, contagion.weight.shape[0]))
        for number in range(len(self.exposure.layers)):
            self.add_peer(number, sifted.person, contagion, peer)
        return peer

    def add_peer(self, number: int, people: I64, contagion: Contagion, peer: F64) -> None:
        """Add one layer's part, by number, to the peer hazards (m, K) of people (m,)."""
        assert self.exposure is not None, "nobody has ties"
        layer, channels = self.exposure.layers[number], contagion.weight.shape[0]
        seen = self.exposure.counts[number, people]
        person, part, some = people, peer, None
        if not self._looked_up(contagion):
            # Uses of one channel are contacts active in it: nothing is left to look up.
            n = seen.astype(np.int64)[:, None]
        else:
            some = np.flatnonzero(seen)
            person, part = people[some], peer[some]
            count = self._count_groups if self._groups else self._count_uses
            n = count(layer, person, channels)
        weight = np.ascontiguousarray(contagion.weight[:, number].T)
        self._kernels.add_peer(
            n,
            self.exposure.degree(number, person),
            weight,
            self.klass[person].astype(np.int64),
            contagion.chi,
            contagion.response,
            part,
        )
        if some is not None:
            peer[some] = part

    def _count_uses(self, layer: Layer, person: I64, channels: int) -> I64:
        """Contacts of each person active in each channel, (m, K)."""
        n = np.zeros((person.size, channels), np.int64)
        for a, b in batches(layer, person.size):
            spans = layer.contact_spans(person[a:b])

            def work(slab: tuple[int, int], spans: Spans = spans, part: I64 = n[a:b]) -> None:
                i, j = slab
                mine = Spans(spans.start[i:j], spans.stop[i:j], spans.contacts)
                self._kernels.count_uses(self.state, self._active, *mine, part[i:j])

            parallel(work, slabs(b - a, grain=GRAIN))
        return n

    def _count_groups(self, layer: Layer, person: I64, channels: int) -> I64:
        """Unconnected groups among each person's contacts active in each channel, (m, K)."""
        assert isinstance(layer, StoredLayer)
        n = np.zeros((person.size, channels), np.int64)
        spans = layer.contact_spans(person)
        self._kernels.count_groups(self.state, self._active, *spans, layer.first, n)
        return n


def _joined(parts: list[Moves]) -> Moves:
    return Moves(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _word(purpose: str) -> int:
    return entity_id("purpose", purpose) & 0xFFFFFFFF
