"""Who brought whom: the trees of uptake among people with ties.

An uptake (for the first time, again after a lapse, or of a second feature) has an outside part and
a peer part of its hazard, and the engine's own uniform tells which of the two it fell into, and how
far into the peers' part. That distance, stretched to [0, 1), also tells whose doing it was, so the
trees cost no new randomness and change nothing in the run:

1. the layer of ties, in proportion to its part of the person's peer hazard;
2. a contact on it, in proportion to its weight: 1 if it uses the feature, and chi for each other
   feature that it uses. These are the weights with which contacts enter x of `sim.rates.contagion`;
   where g is not linear, sharing the effect out like this is a convention.

Everything is read in the states of the tick's start, those that the hazards came from. Peers on
platforms without ties are part of the outside.

Generation 0 are those who had used anything at the start, and uptakes from outside; who is brought
by somebody of generation n is of generation n + 1. A person has the generation of the latest
uptake. Switching from one feature to another is no uptake and changes nothing.
"""

import numpy as np
from numpy.typing import NDArray

from sim.engines.agents.population import AgentPopulation, Moves
from sim.engines.agents.tied import laid_out
from sim.engines.population import Counts, Moving, told
from sim.rates.contagion import Contagion
from sim.ties.layer import Layer

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

#: The generation of who has never used anything.
NOBODY = np.iinfo(np.uint16).max
#: Movers whose contacts are looked at in one go: bounds the working memory.
BATCH = 1 << 16
BELOW_ONE = 1.0 - 2.0**-53


class Transmissions:
    """Follows a population with ties from now on: 4 bytes a person (6 once somebody has brought
    about 65,536 uptakes), and only movers are looked at.

    `uses` (K, S) tells who is active in which channel, `tried` (S,) who has used anything, `weight`
    (C,) for how many people each person stands.
    """

    def __init__(
        self,
        population: AgentPopulation,
        uses: NDArray[np.bool_],
        tried: NDArray[np.bool_],
        weight: F64,
    ) -> None:
        assert population.exposure is not None, "nobody has ties"
        self._population, self._uses, self._weight = population, uses.astype(np.int64), weight
        self.generation = np.where(tried, 0, NOBODY).astype(np.uint16)[population.state]
        """(N,) of each person's latest uptake; `NOBODY` for who has never used anything."""
        self.brought: NDArray[np.unsignedinteger] = np.zeros(population.state.size, np.uint16)
        """(N,) uptakes that each person brought about; widened before 16 bits could overflow."""
        channels, layers = uses.shape[0], len(population.exposure.layers)
        self.uptakes = np.zeros((channels, 1))
        """(K, generations) uptakes by channel and generation, in people."""
        self.carried = np.zeros((channels, layers))
        """(K, L) those of them that peers caused, by layer."""
        population.witness = self.observe

    @property
    def bytes(self) -> int:
        """Memory that grows with people."""
        return self.generation.nbytes + self.brought.nbytes

    def moving(self) -> dict[str, Counts]:
        """What was observed so far. Not copied: to be written down before the next tick."""
        return {
            "generation": self.generation,
            "brought": self.brought,
            "uptakes": self.uptakes,
            "carried": self.carried,
        }

    def resume(self, moving: Moving) -> None:
        """Go on from what was `moving` in another that follows the same population. Raises
        ValueError for what it cannot have told."""
        self.generation[...] = told(moving, "generation", self.generation)
        self.carried[...] = told(moving, "carried", self.carried)
        wide = np.uint32 if moving["brought"].dtype == np.uint32 else np.uint16
        self.brought = told(moving, "brought", self.brought.astype(wide)).copy()
        generations = moving["uptakes"].shape[-1]
        self.uptakes = told(moving, "uptakes", np.zeros((len(self.uptakes), generations))).copy()

    def observe(self, moves: Moves, contagion: Contagion) -> None:
        """Take in who is about to move."""
        channel = contagion.channel[moves.way]
        up = np.flatnonzero(channel >= 0)
        person, channel, into = moves.person[up], channel[up], moves.into_peer[up]
        people = self._weight[self._population.klass[person]]
        generation = np.zeros(person.size, np.int64)
        by_peers = np.flatnonzero(into >= 0.0)
        if by_peers.size:
            layer, by = transmitters(
                self._population,
                self._uses,
                person[by_peers],
                channel[by_peers],
                into[by_peers],
                contagion,
            )
            before = self.generation[by].astype(np.int64)
            generation[by_peers] = np.minimum(np.where(before == NOBODY, 0, before) + 1, NOBODY - 1)
            np.add.at(self.carried, (channel[by_peers], layer), people[by_peers])
            self._credit(by)
        self.generation[person] = generation
        latest = int(generation.max(initial=0))
        if latest >= self.uptakes.shape[1]:
            more = max(latest + 1, 2 * self.uptakes.shape[1]) - self.uptakes.shape[1]
            self.uptakes = np.pad(self.uptakes, ((0, 0), (0, more)))
        np.add.at(self.uptakes, (channel, generation), people)

    def _credit(self, by: I64) -> None:
        if int(self.brought[by].max()) + by.size > np.iinfo(self.brought.dtype).max:
            self.brought = self.brought.astype(np.uint32)
        np.add.at(self.brought, by, 1)

    def people_by_brought(self, stretch: int = 1 << 20) -> F64:
        """People who have used anything by how many uptakes they brought about: (most + 1,)."""
        found = np.zeros(int(self.brought.max(initial=0)) + 1)
        for a in range(0, self.generation.size, stretch):
            here = slice(a, a + stretch)
            used = self.generation[here] != NOBODY
            people = self._weight[self._population.klass[here][used]]
            found += np.bincount(self.brought[here][used], people, minlength=found.size)
        return found


def transmitters(
    population: AgentPopulation,
    uses: I64,
    person: I64,
    channel: I64,
    into_peer: F64,
    contagion: Contagion,
) -> tuple[I64, I64]:
    """The layer and the contact that caused each uptake, (m,) and (m,); `uses` (K, S) 0 or 1.

    For people (m,) whose choice fell `into_peer` (m,) of the peers' part of the hazard.
    """
    assert population.exposure is not None, "nobody has ties"
    layers = population.exposure.layers
    layer, rest = np.zeros(person.size, np.int64), into_peer
    if len(layers) > 1:
        layer, rest = _layer_of(population, person, channel, into_peer, contagion)
    by = np.empty(person.size, np.int64)
    any_use = uses.sum(axis=0)
    for a in range(0, person.size, BATCH):
        batch = np.arange(a, min(a + BATCH, person.size))
        batch = batch[np.argsort(layer[batch], kind="stable")]
        whose, theirs = _all_contacts(layers, layer[batch], person[batch])
        state = population.state[theirs]
        own = uses[channel[batch][whose], state]
        at = _weighed(own, any_use[state] - own, whose, rest[batch], contagion.chi)
        by[batch] = theirs[at]
    return layer, by


def _all_contacts(layers: tuple[Layer, ...], layer: I64, person: I64) -> tuple[I64, I64]:
    """Ties of people (m,), each on a layer of its own, in ascending order: whose each tie is, a
    position in `person`, and to whom."""
    ends = np.searchsorted(layer, np.arange(len(layers) + 1))
    whose, theirs = [], []
    for one, a, b in zip(layers, ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        if b > a:
            mine, to = laid_out(*one.contact_spans(person[a:b]))
            whose.append(a + mine)
            theirs.append(to)
    return np.concatenate(whose), np.concatenate(theirs).astype(np.int64)


def _layer_of(
    population: AgentPopulation, person: I64, channel: I64, into_peer: F64, contagion: Contagion
) -> tuple[I64, F64]:
    """The layer that each choice fell into, and how far into that layer's part."""
    assert population.exposure is not None
    parts = np.zeros((len(population.exposure.layers), person.size))
    for number, part in enumerate(parts):
        peer = np.zeros((person.size, contagion.weight.shape[0]))
        population.add_peer(number, person, contagion, peer)
        part[:] = peer[np.arange(person.size), channel]
    upper = np.cumsum(parts, axis=0)
    level = into_peer * upper[-1]
    # Rounding can leave the level at the very top: the last layer with a part has it.
    last = parts.shape[0] - 1 - np.argmax(parts[::-1] > 0.0, axis=0)
    layer = np.minimum((level >= upper).sum(axis=0), last)
    at = layer, np.arange(person.size)
    rest = (level - (upper[at] - parts[at])) / parts[at]
    return layer, np.clip(rest, 0.0, BELOW_ONE)


def _weighed(own: I64, other: I64, whose: I64, rest: F64, chi: float) -> I64:
    """The tie that each choice fell on, a position among the ties (n,).

    Ties of the m people lie one after another, `whose` (n,) each is; `own` (n,) is 1 for contacts
    who use the feature, `other` (n,) counts the other features that they use. The sums are of whole
    numbers, so that no choice hangs on rounding.
    """
    people = rest.size
    n_own = np.bincount(whose, own, minlength=people)
    n_other = np.bincount(whose, other, minlength=people)
    level = rest * (n_own + chi * n_other)
    by_own = (level < n_own) | (n_other == 0) | (chi == 0.0)
    beyond = np.divide(level - n_own, chi, out=np.zeros(people), where=~by_own)
    use = np.where(by_own, np.minimum(level, n_own - 1), np.minimum(beyond, n_other - 1))
    counted = np.where(by_own[whose], own, other)
    passed = np.cumsum(counted)
    of_person = np.where(by_own, n_own, n_other)
    before = np.cumsum(of_person) - of_person
    found: I64 = np.searchsorted(passed, (before + np.floor(use)).astype(np.int64), side="right")
    return found
