"""A population that is made again and told what moved goes on as if it had never stopped."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engines.agents import exposure
from sim.engines.agents import population as module
from sim.engines.agents.population import AgentPopulation
from sim.engines.cohorts import CohortPopulation
from sim.engines.expected import ExpectedPopulation
from sim.engines.population import Counts, Population
from sim.engines.scaled import ScaledPopulation
from sim.rates.contagion import Contagion
from sim.rates.table import RateTable
from sim.threads import VARIABLE
from sim.ties.computed import computed_ties
from sim.ties.followers import follower_ties
from sim.ties.small_world import small_world_ties
from tests.agents.populations import Case, random_case

SIZES = [900, 1, 16, 2_011, 409]
NAMES = ("north|young", "north|old", "south|young", "south|old", "west")
OWNERS = ("north", "north", "south", "south", "west")
PEOPLE = sum(SIZES)


def made(case: Case, **more: Any) -> AgentPopulation:
    return AgentPopulation(
        case.transitions,
        case.people.copy(),
        seed=3,
        purpose="resuming",
        class_names=NAMES,
        owners=OWNERS,
        **more,
    )


def tied(layers: tuple[Any, ...], **more: Any) -> tuple[Callable[[], Population], RateTable]:
    """People with two channels and these layers, all of one weight."""
    case = random_case(21, form="linear", sizes=SIZES)
    found = case.table.contagion
    assert found is not None
    weight = np.repeat(found.weight[:, :1], len(layers), axis=1)
    contagion = Contagion(found.channel, found.slope, weight, found.chi, found.response)
    table = RateTable(case.transitions, case.table.hazard, contagion)
    return lambda: made(case, layers=layers, active=case.active, **more), table


def stored() -> tuple[Callable[[], Population], RateTable]:
    """An undirected layer and one with a direction."""
    return tied(random_case(21, form="linear", sizes=SIZES).layers)


def mixed() -> tuple[Callable[[], Population], RateTable]:
    case = random_case(21, form="linear", sizes=SIZES)
    return lambda: made(case), RateTable(case.transitions, case.table.hazard)


def computed() -> tuple[Callable[[], Population], RateTable]:
    return tied((computed_ties(PEOPLE, 5.0, seed=2),))


def by_number() -> tuple[Callable[[], Population], RateTable]:
    return tied((computed_ties(PEOPLE, 5.0, seed=2),), divisor=np.array([5.0]))


def groups() -> tuple[Callable[[], Population], RateTable]:
    return tied((small_world_ties(PEOPLE, 8, 0.1, seed=1),), groups=True)


def followers() -> tuple[Callable[[], Population], RateTable]:
    return tied((follower_ties(PEOPLE, 6.0, exponent=2.5, seed=1),))


def sampled() -> tuple[Callable[[], Population], RateTable]:
    make, table = stored()
    return lambda: ScaledPopulation(make(), np.linspace(1.5, 90.0, len(SIZES))), table


def counted() -> tuple[Callable[[], Population], RateTable]:
    case = random_case(21, form="linear", sizes=SIZES)

    def make() -> Population:
        return CohortPopulation(
            case.transitions, case.people.copy(), seed=3, purpose="resuming", class_names=NAMES
        )

    return make, RateTable(case.transitions, case.table.hazard)


def expected() -> tuple[Callable[[], Population], RateTable]:
    case = random_case(21, form="linear", sizes=SIZES)
    return (
        lambda: ExpectedPopulation(case.transitions, case.people.astype(float)),
        RateTable(case.transitions, case.table.hazard),
    )


KINDS = {
    kind.__name__: kind
    for kind in (
        mixed, stored, computed, by_number, groups, followers, sampled, counted, expected,
    )
}  # fmt: skip
each = pytest.mark.parametrize("kind", list(KINDS))


def advance(people: Population, table: RateTable, begin: int, end: int) -> list[Any]:
    """What can be seen of ticks `begin` to `end`: flows, counts, states, exposure, pushes."""
    seen: list[Any] = []
    for tick in range(begin, end):
        seen += [people.advance(table, 1.0, tick), people.people.copy()]
        inner = people.inner if isinstance(people, ScaledPopulation) else people
        if isinstance(inner, AgentPopulation):
            seen.append(inner.state.copy())
            if inner.exposure is not None:
                assert inner.latest is not None
                seen += [inner.exposure.counts.copy(), inner.exposure.pushes, *inner.latest]
    return seen


def same(a: list[Any], b: list[Any]) -> None:
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype
        assert np.array_equal(x, y)


def copied(moving: dict[str, Counts]) -> dict[str, Counts]:
    return {name: array.copy() for name, array in moving.items()}


@each
def test_a_resumed_population_goes_on_bit_for_bit_with_any_threads(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, table = KINDS[kind]()
    monkeypatch.setattr(module, "FEW", 1)
    monkeypatch.setattr(module, "PEOPLE", 1000)
    monkeypatch.setattr(exposure, "LEAST_TIES", 1)
    monkeypatch.setenv(VARIABLE, "1")
    whole = make()
    advance(whole, table, 0, 5)
    moving = copied(whole.moving())
    after = advance(whole, table, 5, 12)
    assert after[0].sum() > 0
    for threads in ("1", "3"):
        monkeypatch.setenv(VARIABLE, threads)
        again = make()
        again.resume(moving)
        same(advance(again, table, 5, 12), after)
        # One that has gone another way may be put back too.
        again.resume(moving)
        same(advance(again, table, 5, 12), after)


RESUME = """
import sys
import numpy as np
from tests.agents.test_resuming import KINDS, advance
make, table = KINDS[sys.argv[1]]()
people = make()
people.resume(np.load(sys.argv[2]))
seen = advance(people, table, 5, 12)
np.savez(sys.argv[3], *(np.asarray(part) for part in seen))
"""


def test_in_another_process_too(tmp_path: Path) -> None:
    make, table = sampled()
    whole = make()
    advance(whole, table, 0, 5)
    moving: dict[str, Any] = dict(whole.moving())
    np.savez(tmp_path / "moving.npz", **moving)
    after = advance(whole, table, 5, 12)
    files = str(tmp_path / "moving.npz"), str(tmp_path / "seen.npz")
    subprocess.run([sys.executable, "-c", RESUME, "sampled", *files], check=True)
    with np.load(files[1]) as found:
        same([found[f"arr_{i}"] for i in range(len(found.files))], after)


@each
def test_what_moves_is_plain_and_no_more_than_it_must_be(kind: str) -> None:
    make, _ = KINDS[kind]()
    people = make()
    moving = people.moving()
    assert all(type(array) is np.ndarray and array.dtype != object for array in moving.values())
    inner = people.inner if isinstance(people, ScaledPopulation) else people
    if isinstance(inner, AgentPopulation):
        assert sum(array.nbytes for array in moving.values()) <= inner.state.size + 8


@each
def test_what_another_population_told_is_refused(kind: str) -> None:
    make, _ = KINDS[kind]()
    people = make()
    name, array = next(iter(people.moving().items()))
    rest = copied(people.moving())
    with pytest.raises(ValueError, match=f"{name} must be told"):
        people.resume({k: v for k, v in rest.items() if k != name})
    with pytest.raises(ValueError, match=f"{name} of another population"):
        people.resume(rest | {name: array[:-1]})
    with pytest.raises(ValueError, match=f"{name} of another population"):
        people.resume(rest | {name: array.astype(np.int16)})
    if name == "state":
        with pytest.raises(ValueError, match="states of another population: 9 is none"):
            people.resume(rest | {name: np.full_like(array, 9)})
