"""What must change nobody's draws: threads, batches, and other people."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.contagion.spreading import spread
from sim.engines.agents import exposure, population, scan, tied
from sim.engines.agents.kernels import clear_kernels, fastest_kernels
from sim.engines.agents.layout import make_chunks
from sim.engines.agents.population import AgentPopulation
from sim.rates.contagion import Contagion
from sim.rates.table import RateTable, Transitions
from sim.threads import VARIABLE
from sim.ties.computed import computed_ties
from sim.ties.random import random_ties
from tests.agents.populations import Case, random_case, random_hazards, random_transitions

SIZES = [9000, 1, 16, 20_011, 4096]
NAMES = ("north|young", "north|old", "south|young", "south|old", "west")
OWNERS = ("north", "north", "south", "south", "west")

History = tuple[np.ndarray[Any, Any], ...]


def history(case: Case, *, ties: bool, ticks: int = 12, **more: Any) -> History:
    """Flows of all ticks, everybody's last state, and the exposure counters."""
    people = AgentPopulation(
        case.transitions,
        case.people.copy(),
        seed=3,
        purpose="invariance",
        class_names=NAMES,
        owners=OWNERS,
        layers=(*case.layers, computed_ties(sum(SIZES), 4.0, seed=2)) if ties else (),
        active=case.active,
        **more,
    )
    table = case.table
    if ties:
        found = case.table.contagion
        assert found is not None
        weight = np.concatenate([found.weight, found.weight[:, :1]], axis=1)
        more_layers = Contagion(found.channel, found.slope, weight, found.chi, found.response)
        table = RateTable(case.transitions, case.table.hazard, more_layers)
    else:
        table = RateTable(case.transitions, case.table.hazard)
    flows = np.array([people.advance(table, 1.0, tick) for tick in range(ticks)])
    seen = people.exposure.counts if people.exposure is not None else np.zeros(0)
    return flows, people.state, people.people, seen


def same(a: History, b: History) -> None:
    for x, y in zip(a, b, strict=True):
        assert np.array_equal(x, y)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("form", ["linear", "threshold"])
def test_threads_change_nothing(form: str, ties: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    case = random_case(21, form=form, sizes=SIZES)
    monkeypatch.setattr(population, "FEW", 1)
    monkeypatch.setattr(exposure, "LEAST_TIES", 1)
    monkeypatch.setenv(VARIABLE, "1")
    alone = history(case, ties=ties)
    assert alone[0].sum() > 500
    for threads in ("2", "3", "7"):
        monkeypatch.setenv(VARIABLE, threads)
        same(history(case, ties=ties), alone)


def test_threads_change_nothing_where_counters_say_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """One channel: people move in the same go in which they are decided."""
    layer = random_ties(30_000, 8.0, seed=4)
    monkeypatch.setattr(population, "FEW", 1)
    monkeypatch.setattr(exposure, "LEAST_TIES", 1)
    runs = []
    for threads in ("1", "2", "3", "7"):
        monkeypatch.setenv(VARIABLE, threads)
        runs.append(spread(layer, rate=0.05, leave=0.02, external=1e-4, days=30, seed=6))
    assert 5_000 < runs[0].adopted[-1] < 29_000
    for other in runs[1:]:
        assert np.array_equal(other.adopted, runs[0].adopted)
        assert np.array_equal(other.adopted_at, runs[0].adopted_at)
        assert other.pushes == runs[0].pushes


@pytest.mark.parametrize("kernels", [clear_kernels, fastest_kernels])
def test_batches_change_nothing(
    kernels: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = random_case(22, form="saturating", sizes=SIZES)
    usual = history(case, ties=True, ticks=4, kernels=kernels())
    for module, name, value in (
        (scan, "BATCH", 1),
        (tied, "BATCH", 3),
        (population, "STRETCH", 1),
        (population, "GRAIN", 10),
        (exposure, "GRAIN", 1),
        (exposure, "BATCH_TIES", 100),
    ):
        monkeypatch.setattr(module, name, value)
    same(history(case, ties=True, ticks=4, kernels=kernels()), usual)


def states_by_owner(
    sizes: list[int], owners: list[str], hazard: np.ndarray[Any, Any], moves: Transitions
) -> dict[str, Any]:
    """Everybody's state after ten ticks, by owner; hazards (T,) alike for all."""
    names = tuple(f"{owner} {c}" for c, owner in enumerate(owners))
    people = np.zeros((len(moves.states), len(sizes)), np.int64)
    people[0] = sizes
    agents = AgentPopulation(
        moves, people, seed=8, purpose="owners", class_names=names, owners=tuple(owners)
    )
    table = RateTable(moves, np.repeat(hazard[:, None], len(sizes), axis=1))
    for tick in range(10):
        agents.advance(table, 1.0, tick)
    ends = np.cumsum(sizes)
    return {
        owner: np.concatenate(
            [
                agents.state[end - size : end]
                for end, size, other in zip(ends, sizes, owners, strict=True)
                if other == owner
            ]
        )
        for owner in dict.fromkeys(owners)
    }


def test_other_people_and_split_classes_change_nobody() -> None:
    """One owner more, before, between or behind, or a class split by ranks, and everybody's state
    after ten ticks is as it was."""
    random = np.random.default_rng(1)
    moves = random_transitions(random, 5)
    hazard = random_hazards(random, moves, 1)[:, 0] * 0.1
    plain = states_by_owner([5000, 4100], ["a", "b"], hazard, moves)
    assert len(np.unique(plain["a"])) > 2
    assert not np.array_equal(plain["a"][:4100], plain["b"])
    for sizes, owners in (
        ([7, 5000, 4100], ["new", "a", "b"]),
        ([5000, 4097, 4100, 1], ["a", "new", "b", "other"]),
        ([4100, 5000], ["b", "a"]),
        ([17, 4083, 900, 0, 4099, 1], ["a", "a", "a", "a", "b", "b"]),
    ):
        found = states_by_owner(sizes, owners, hazard, moves)
        assert np.array_equal(found["a"], plain["a"])
        assert np.array_equal(found["b"], plain["b"])
    # Who joins the same owner stands behind those who were there.
    more = states_by_owner([6000, 4100], ["a", "b"], hazard, moves)
    assert np.array_equal(more["a"][:5000], plain["a"])


def test_chunks_never_share_a_block_of_draws() -> None:
    """Every person's (owner, slot) is its own, and a chunk has room for all its people."""
    sizes = np.array([5000, 12, 0, 9000, 1, 4096, 1], np.int64)
    chunks = make_chunks(sizes, ("a", "a", "a", "b", "b", "c", "d"))
    seen = set()
    for start, size, slot, owner in zip(*chunks, strict=True):
        assert slot % scan.CHUNK == 0
        assert 0 < size <= scan.CHUNK
        for i in range(size):
            seen.add((int(owner), int(slot + i)))
        assert start <= sizes.sum()
    assert len(seen) == sizes.sum()
    assert len(set(chunks.owner.tolist())) == 4


def test_an_added_state_that_nobody_enters_changes_nobody() -> None:
    """A transition of hazard none, in front of the others, and a state more."""
    moves = Transitions(("a", "b", "c"), np.array([0, 0, 1]), np.array([1, 2, 0]))
    wider = Transitions(("a", "x", "b", "c"), np.array([0, 0, 0, 1, 2]), np.array([1, 2, 3, 3, 0]))
    hazard = np.array([0.03, 0.05, 0.4])
    more = np.array([0.0, 0.03, 0.05, 0.7, 0.4])
    a = states_by_owner([9000], ["a"], hazard, moves)["a"]
    b = states_by_owner([9000], ["a"], more, wider)["a"]
    assert np.array_equal(np.array([0, 2, 3])[a], b)


def test_seed_purpose_and_tick_key_every_draw() -> None:
    moves = Transitions(("a", "b"), np.array([0]), np.array([1]))
    table = RateTable(moves, np.array([[0.7]]))
    found = []
    for seed, purpose, tick in (
        (1, "x", 0),
        (2, "x", 0),
        (1 + 2**32, "x", 0),
        (1, "y", 0),
        (1, "x", 1),
    ):
        agents = AgentPopulation(
            moves, np.array([[20_000], [0]]), seed=seed, purpose=purpose, class_names=("all",)
        )
        agents.advance(table, 1.0, tick)
        found.append(agents.state.astype(bool))
    p = 1.0 - np.exp(-0.7)
    agreement = p**2 + (1.0 - p) ** 2
    for i in range(len(found)):
        for j in range(i):
            share = (found[i] == found[j]).mean()
            assert abs(share - agreement) < 4.5 * np.sqrt(agreement * (1 - agreement) / 20_000)
