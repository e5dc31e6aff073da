"""How each simulator is used: the fastest way that its own documents show.

A simulator's `load` takes the ties from memory to a model that is ready, and gives back what runs
it: the number of adopters at the start of each day, or of a cascade at its end. Packages are
imported by name only when theirs is measured, so that any may be missing.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.comparison.work import Work

Curve = NDArray[np.float64]
Run = Callable[[], Curve]


@dataclass(frozen=True)
class Simulator:
    """`package` as pip names it, the `law` (see laws.py) that it follows, and how it is used."""

    package: str
    law: str
    load: Callable[[Work, int], Run]
    use: str


def our_spread(work: Work, seed: int) -> Run:
    sim, ties = import_module("sim"), import_module("sim.ties")
    layer = ties.from_edges(work.source, work.target, people=work.people)

    def run() -> Curve:
        out = sim.spread(
            layer, rate=work.rate, per="contact", seeds=work.seeds, days=work.days, seed=seed
        )
        return np.asarray(out.adopted, np.float64)

    return run


def epiworldpy(work: Work, seed: int) -> Run:
    """A model of two states, both of epiworld's own C++; it picks push or pull by itself."""
    ep = import_module("epiworldpy")
    seeds = work.seeds.tolist()
    model = ep.Model()
    model.add_state("Susceptible", ep.UpdateFun.susceptible())
    model.add_state("Adopted")
    idea = ep.Virus("idea", 0.0, True, work.chance, 0.0, 0.0)
    idea.set_state(1, 1, 1)

    def to_the_seeds(virus: Any, model: Any) -> None:
        for person in seeds:
            model.get_agent(person).set_virus(model, virus)

    idea.set_distribution(to_the_seeds)
    model.add_virus(idea)
    model.agents_from_edgelist(work.source.tolist(), work.target.tolist(), work.people, False)
    model.verbose_off()

    def run() -> Curve:
        model.run(work.days, seed)
        counts = np.asarray(model.get_db().get_hist_total()["counts"])
        return counts.reshape(-1, 2)[:, 1].astype(np.float64)

    return run


def starsim(work: Work, seed: int) -> Run:
    """An infection without recovery on a fixed network; common random numbers off, as is faster."""
    ss = import_module("starsim")
    ss.options.crn = False
    network: Any = ss.Network
    infection: Any = ss.Infection

    class Ties(network):  # type: ignore[misc]
        def step(self) -> None:
            """They stay as they are."""

    class Adoption(infection):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.define_pars(beta=ss.perday(work.rate))

        def init_post(self) -> None:
            super().init_post()
            self.set_prognoses(ss.uids(work.seeds))

        def set_prognoses(self, uids: Any, sources: Any = None) -> None:
            super().set_prognoses(uids, sources)
            self.infected[uids] = True
            self.ti_infected[uids] = self.ti

    # Day 0 is a step too: the last of `days` steps is day days - 1.
    model = ss.Sim(
        n_agents=work.people,
        networks=Ties(p1=work.source, p2=work.target, beta=np.ones(work.source.size)),
        diseases=Adoption(),
        start=ss.days(0),
        stop=ss.days(work.days - 1),
        dt=ss.days(1),
        rand_seed=seed,
        verbose=0,
    )
    model.init()

    def run() -> Curve:
        model.run()
        later = np.asarray(model.results.adoption.n_infected, np.float64)
        return np.concatenate([[float(work.seeds.size)], later])

    return run


def networkx_graph(work: Work) -> Any:
    nx = import_module("networkx")
    graph = nx.Graph()
    graph.add_nodes_from(range(work.people))
    graph.add_edges_from(zip(work.source.tolist(), work.target.tolist(), strict=True))
    return graph


def ndlib_model(kind: str, work: Work, seed: int, **parameters: float) -> Any:
    """On networkx: igraph, which NDlib also takes, was five times slower with version 6.0.1."""
    config = import_module("ndlib.models.ModelConfig").Configuration()
    for name, value in parameters.items():
        config.add_model_parameter(name, value)
    if kind == "IndependentCascadesModel":
        for tie in zip(work.source.tolist(), work.target.tolist(), strict=True):
            config.add_edge_configuration("threshold", tie, work.transmission)
    config.add_model_initial_configuration("Infected", work.seeds.tolist())
    model = getattr(import_module("ndlib.models.epidemics"), kind)(networkx_graph(work), seed=seed)
    model.set_initial_status(config)
    return model


def ndlib(work: Work, seed: int) -> Run:
    model = ndlib_model("SIModel", work, seed, beta=work.chance)

    def run() -> Curve:
        rounds = model.iteration_bunch(work.days + 1, node_status=False)  # the first is the start
        return np.array([one["node_count"][1] for one in rounds], np.float64)

    return run


def eon(work: Work, seed: int) -> Run:
    """Event by event in continuous time; all delays of a person drawn in one call."""
    package = import_module("EoN")
    graph, seeds = networkx_graph(work), work.seeds.tolist()
    draw, rate = random.Random(seed).expovariate, work.rate

    def delays(_: int, susceptible: list[int]) -> tuple[dict[int, float], float]:
        return {person: draw(rate) for person in susceptible}, math.inf

    def run() -> Curve:
        times, left, *_ = package.fast_nonMarkov_SIR(
            graph,
            trans_and_rec_time_fxn=delays,
            initial_infecteds=seeds,
            tmax=work.days,
            rng=np.random.default_rng(seed),
        )
        at = np.searchsorted(times, np.arange(work.days + 1), side="right") - 1
        return work.people - np.asarray(left, np.float64)[at]

    return run


def mesa(work: Work, seed: int) -> Run:
    """An agent a person, contacts as lists of agents; only who has an active contact is asked."""
    package = import_module("mesa")
    agent: Any = package.Agent
    base: Any = package.Model

    class Person(agent):  # type: ignore[misc]
        def __init__(self, model: Any) -> None:
            super().__init__(model)
            self.adopted = False
            self.active = 0  # contacts who have adopted
            self.contacts: list[Person] = []

    class Spread(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(rng=seed)
            everybody = list(Person.create_agents(self, work.people))
            for one, other in zip(work.source.tolist(), work.target.tolist(), strict=True):
                everybody[one].contacts.append(everybody[other])
                everybody[other].contacts.append(everybody[one])
            largest = max(len(person.contacts) for person in everybody)
            self.chances = [-math.expm1(-work.rate * active) for active in range(largest + 1)]
            self.exposed: dict[Person, None] = {}
            self.adopters = 0
            self.adopt([everybody[person] for person in work.seeds.tolist()])

        def step(self) -> None:
            draw, chances = self.random.random, self.chances
            self.adopt([one for one in self.exposed if draw() < chances[one.active]])

        def adopt(self, fresh: list[Person]) -> None:
            exposed = self.exposed
            for person in fresh:
                person.adopted = True
                exposed.pop(person, None)
            for person in fresh:
                for contact in person.contacts:
                    contact.active += 1
                    if not contact.adopted:
                        exposed[contact] = None
            self.adopters += len(fresh)

    model = Spread()

    def by_day() -> Iterator[int]:
        yield model.adopters
        for _ in range(work.days):
            model.step()
            yield model.adopters

    return lambda: np.fromiter(by_day(), np.float64)


def our_cascade(work: Work, seed: int) -> Run:
    contagion, ties = import_module("sim.contagion"), import_module("sim.ties")
    layer = ties.from_edges(work.source, work.target, people=work.people)

    def run() -> Curve:
        found = contagion.independent_cascade(
            layer, work.seeds, work.transmission, seed=seed, parents=False
        )
        return np.array([found.size], np.float64)

    return run


def cynetdiff(work: Work, seed: int) -> Run:
    """Compressed sparse rows, which its model takes as they are."""
    models = import_module("cynetdiff.models")
    ends = np.r_[work.source, work.target]
    contacts = np.r_[work.target, work.source][np.argsort(ends, kind="stable")]
    starts = np.r_[0, np.cumsum(np.bincount(ends, minlength=work.people))[:-1]]
    model = models.IndependentCascadeModel(
        starts.astype(np.uint32),
        contacts.astype(np.uint32),
        activation_prob=work.transmission,
        rng=np.random.default_rng(seed),
    )
    model.set_seeds(work.seeds.tolist())

    def run() -> Curve:
        model.advance_until_completion()
        return np.array([model.get_num_activated_nodes()], np.float64)

    return run


def ndlib_cascade(work: Work, seed: int) -> Run:
    """A threshold a tie, in a dictionary, is the only way that it takes."""
    model = ndlib_model("IndependentCascadesModel", work, seed)

    def run() -> Curve:
        while True:
            count = model.iteration(node_status=False)["node_count"]
            if count[1] == 0:
                return np.array([count[2]], np.float64)

    return run


OURS = "uptake"
SPREADING = (
    Simulator(OURS, "daily", our_spread, "sim.spread on a layer from ties.from_edges"),
    Simulator("epiworldpy", "pooled odds", epiworldpy, "own two-state Model, C++ update"),
    Simulator("starsim", "daily", starsim, "ss.Infection on a fixed ss.Network, crn off"),
    Simulator("Mesa", "daily", mesa, "agents with lists of contacts, frontier of the exposed"),
    Simulator("EoN", "continuous", eon, "fast_nonMarkov_SIR without recovery"),
    Simulator("ndlib", "daily", ndlib, "SIModel on networkx, iteration_bunch without statuses"),
)
CASCADES = (
    Simulator(OURS, "cascade", our_cascade, "contagion.independent_cascade"),
    Simulator("cynetdiff", "cascade", cynetdiff, "IndependentCascadeModel on sparse rows"),
    Simulator("ndlib", "cascade", ndlib_cascade, "IndependentCascadesModel on networkx"),
)
