"""Agents in whole scenarios: networks, common random numbers, and what is refused."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sim.engines.agents.population import AgentPopulation
from sim.engines.scaled import ScaledPopulation
from sim.people.layers import runs_of_members
from sim.running.simulation import Simulation, simulate
from sim.scenario import ScenarioError, load
from sim.threads import VARIABLE
from tests.agents.test_tied_law import recounted
from tests.model.small import PLAIN, pool, reading, series

NETWORKS = {
    "platforms.whatsapp.ties.network": "groups",
    "platforms.facebook.ties.network": "groups",
    "platforms.instagram.ties.network": "configuration",
}
COMPUTED = {"platforms.instagram.ties.network": "computed"}


@cache
def tables(name: str, people: int, until: str, ties: bool) -> dict[str, Any]:
    settings = NETWORKS if ties else {}
    scenario = load(name, engine="agents", people=people, until=until, set=settings)
    return {key: table.to_pandas() for key, table in simulate(scenario).tables.items()}


def agents_of(simulation: Simulation) -> AgentPopulation:
    held = simulation.consumers
    inner = held.inner if isinstance(held, ScaledPopulation) else held
    assert isinstance(inner, AgentPopulation)
    return inner


# --- same numbers ---


@pytest.mark.parametrize(("people", "ties"), [(100_000, False), (20_000, True)])
def test_a_month_of_the_hybrid_market_is_the_same_with_one_thread_and_two(
    people: int, ties: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    for threads in ("1", "2"):
        monkeypatch.setenv(VARIABLE, threads)
        settings = NETWORKS if ties else {}
        simulation = Simulation(
            load("hybrid", engine="agents", people=people, until="2026-03-31", set=settings)
        )
        runs.append((simulation.run().tables, agents_of(simulation).state))
    (one, state), (two, again) = runs
    assert state.size == people
    assert np.array_equal(state, again)
    for name, table in one.items():
        assert table.equals(two[name])


def first_difference(a: dict[str, Any], b: dict[str, Any]) -> float | None:
    days = []
    for key in ("adoption", "market"):
        assert len(a[key]) == len(b[key])
        differ = a[key].value.to_numpy() != b[key].value.to_numpy()
        if differ.any():
            days.append(a[key].day.to_numpy()[differ].min())
    return min(days, default=None)


@pytest.mark.parametrize("ties", [False, True])
def test_policies_are_identical_until_the_first_release_that_differs(ties: bool) -> None:
    """`open` and `hybrid` part on 2026-05-15, day 75."""
    names = ("open", "closed", "hybrid")
    settings = load("hybrid")
    entries = {
        name: {
            (tier, (r.date - settings.start).days, r.level, r.new_version)
            for tier, model in load(name).labs["meta"].models.items()
            for r in model.releases
        }
        for name in names
    }
    found = {name: tables(name, 4000, "2026-05-20", ties) for name in names}
    for a, b in (("open", "closed"), ("open", "hybrid"), ("closed", "hybrid")):
        day = min(day for _, day, _, _ in entries[a] ^ entries[b])
        assert first_difference(found[a], found[b]) == (day if day <= 80 else None)


def brand(*names: str, ties: str = "none", **more: Any) -> Any:
    """One feature that people take up, and perhaps one that nobody can have."""
    features: dict[str, dict[str, Any]] = {
        "real": {"standalone": {"pull": "0.2 per year"}},
        "aside": {"acceptance": None},
    }
    settings = {
        "platforms.contacts.ties.network": ties,
        "platforms.contacts.ties.mean_degree": 8,
    }
    churn = {"churn_trial": "0.01 per day", "rho1": 1, "mu": 0.1, "omega": "0.01 per day"}
    scenario = pool(
        {name: features[name] for name in names},
        visibility="0.02 per day",
        people="20 k",
        duration="1 year",
        tick="7 d",
        engine="agents",
        parameters=churn | more.pop("parameters", {}),
        **more,
    )
    return load(scenario, set=settings)


@pytest.mark.parametrize("ties", ["none", "regular", "computed"])
def test_a_feature_that_nobody_can_have_changes_no_bit(ties: str) -> None:
    metrics = ("mau", "new", "lapsed", "trial", "ever")
    alone = simulate(brand("real", ties=ties), plan=reading(*metrics))
    for names in (("real", "aside"), ("aside", "real")):
        beside = simulate(brand(*names, ties=ties), plan=reading(*metrics))
        for metric in metrics:
            mine, theirs = (series(outcome, metric, "real")[1] for outcome in (alone, beside))
            assert np.array_equal(mine, theirs)
    assert series(alone, "lapsed", "real")[1].sum() > 100


def test_ties_make_a_difference() -> None:
    """What the tests above would not see if networks were left out."""
    users = [series(simulate(brand("real", ties=t)), "mau", "real")[1] for t in ("none", "regular")]
    assert (users[0] != users[1]).mean() > 0.9


def test_clear_kernels_give_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.engines.agents import population
    from sim.engines.agents.kernels import clear_kernels

    settings = {**NETWORKS, **COMPUTED}
    scenario = load("hybrid", engine="agents", people=3000, until="2026-03-12", set=settings)
    fast = simulate(scenario).tables["adoption"]
    monkeypatch.setattr(population, "fastest_kernels", clear_kernels)
    assert fast.equals(simulate(scenario).tables["adoption"])


@pytest.mark.parametrize("form", ["linear", "saturating", "hill", "threshold"])
def test_the_number_of_contacts_is_their_share_where_all_have_as_many(form: str) -> None:
    """On a regular network of the platform's mean degree both ask for the same quotient."""
    forms = {"form": form}
    share, number = (
        simulate(brand("real", ties="regular", influence=forms | {"of": of}))
        for of in ("share", "number")
    )
    assert share.tables["adoption"].equals(number.tables["adoption"])
    assert series(share, "ever", "real")[1][-1] > 5000


# --- layers ---


@pytest.mark.parametrize("settings", [NETWORKS, NETWORKS | COMPUTED])
def test_counters_after_a_run_are_those_counted_from_nothing(settings: dict[str, str]) -> None:
    simulation = Simulation(
        load("hybrid", engine="agents", people=15_000, until="2026-03-20", set=settings)
    )
    simulation.run()
    population = agents_of(simulation)
    assert population.exposure is not None
    assert len(population.exposure.layers) == 3
    for counts, expected in zip(
        population.exposure.counts, recounted(population, simulation.states.uses), strict=True
    ):
        assert np.array_equal(counts, expected)
        assert counts.any()


def test_only_members_of_a_platform_have_ties_there() -> None:
    simulation = Simulation(
        load("hybrid", engine="agents", people=15_000, until="2026-03-02", set=NETWORKS | COMPUTED)
    )
    population, world = agents_of(simulation), simulation.world
    assert population.exposure is not None
    for p, layer in enumerate(population.exposure.layers):
        member = world.member[p][population.klass]
        inside = np.zeros(member.size, bool)
        sizes = np.bincount(population.klass, minlength=world.people.size)
        for a, b in runs_of_members(world, simulation.sample, p):
            inside[a:b] = True
        assert np.array_equal(inside, member)
        assert sizes.sum() == layer.people
        degrees = layer.degrees()
        assert not degrees[~member].any()
        assert degrees[member].mean() == pytest.approx(float(world.degree[p]), rel=0.1)
        rows = layer.contacts(np.flatnonzero(member)[:200])
        assert member[rows.contacts].all()


# --- refusals ---


def document(tmp_path: Path, **ties: Any) -> Path:
    """A scenario file of two hundred people on one platform with such ties."""
    platform = {"kind": "social", "users": "200", "visits": 1, "visibility": "0.4 per year"}
    scenario = {
        "name": "tied",
        "start": "2000-01-01",
        "duration": "30 d",
        "tick": "1 d",
        "engine": "agents",
        "segments": {"everybody": {"people": "200"}},
        "platforms": {"contacts": platform | {"ties": {"mean_degree": 4} | ties}},
        "labs": {
            "maker": {"quality": "0 frontier-months", "models": {"product": {"level": "hosted"}}}
        },
        "features": {"product": {"lab": "maker", "tier": "product", "acceptance": 1}},
        "parameters": PLAIN,
    }
    path = tmp_path / "tied.yaml"
    path.write_text(yaml.safe_dump(scenario, sort_keys=False))
    return path


def place(path: Path, key: str) -> str:
    """`file:line:column` of the value of `ties.<key>`."""
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if text.strip().startswith(f"{key}:"):
            return f"{path}:{number}:{text.index(':') + 3}"
    raise AssertionError(key)


FILE = "`network: file` and `file: PATH` together"


@pytest.mark.parametrize(
    ("ties", "key", "message"),
    [
        ({"network": "file"}, "network", f"no `file` for network: file; expected {FILE}"),
        (
            {"network": "random", "file": "edges.csv"},
            "file",
            f"an edge list nobody reads; expected {FILE}",
        ),
        (
            {"network": "random", "clustering": "20 %"},
            "network",
            "`random` ties have no clustering, and 20 % are asked for; expected groups or "
            "small-world, or `clustering: 0`",
        ),
        (
            {"network": "groups", "distribution": "lognormal"},
            "network",
            "the number of contacts in `groups` ties is not lognormal; expected configuration or "
            "computed, or `distribution: poisson`",
        ),
    ],
)
def test_ties_that_cannot_be_are_refused_at_their_place(
    ties: dict[str, Any], key: str, message: str, tmp_path: Path
) -> None:
    path = document(tmp_path, **ties)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    expected = f"{place(path, key)}: platforms.contacts.ties.{key}: {message}"
    assert str(caught.value) == expected


def refusal(path: Path, **more: Any) -> str:
    scenario = load(path, **more)
    with pytest.raises(ScenarioError) as caught:
        Simulation(scenario)
    return str(caught.value)


def test_a_wrong_line_of_a_network_file_is_named(tmp_path: Path) -> None:
    path = document(tmp_path, network="file", file="edges.csv")
    at = f"{place(path, 'file')}: platforms.contacts.ties.file: "
    edges = tmp_path / "edges.csv"
    assert refusal(path) == f"{at}{edges}: no such file; expected a file with ties"
    edges.write_text("source,target\na,b\nb,c\nc,c\n")
    assert refusal(path) == (
        f"{at}{edges}:4: `c` is tied to itself; expected two different people, or `self_ties: drop`"
    )
    edges.write_text("source,target\na,b\nb,a\n")
    assert refusal(path) == (
        f"{at}{edges}:3: the tie `b`, `a` again (a tie without direction is the same both ways), "
        "first seen at line 2; expected each tie once, or `duplicates: drop`"
    )
    # What only `read_ties` can be told is not advised to whoever writes a scenario.
    edges.write_text("person,friend,since\na,b,1\nb,c,2\n")
    assert refusal(path) == (
        f"{at}{edges}:1: not clear which two of `person`, `friend`, `since` are the people of a "
        "tie; expected columns named source and target"
    )
    edges.write_text("a,b\nb,c\n")
    assert refusal(path) == (
        f"{at}{edges}:1: not clear whether `a,b` is a header or a tie; expected a header like "
        "`source,target`"
    )
    edges.write_text("source,target\na,b\nb\n")
    assert refusal(path) == f"{at}{edges}:3: 1 field; expected 2: `source,target`"


def test_a_scenario_may_leave_out_self_ties_and_duplicates(tmp_path: Path) -> None:
    lines = [f"p{i},p{i + 1}" for i in range(100)]
    (tmp_path / "clean.csv").write_text("\n".join(["source,target", *lines]))
    (tmp_path / "edges.csv").write_text("\n".join(["source,target", *lines, "p1,p0", "p7,p7"]))
    drop = {"self_ties": "drop", "duplicates": "drop"}
    clean, dirty = (
        agents_of(Simulation(load(document(tmp_path, network="file", **ties)))).exposure
        for ties in ({"file": "clean.csv"}, {"file": "edges.csv"} | drop)
    )
    assert clean is not None
    assert dirty is not None
    everybody = np.arange(200)
    there, here = (exposure.layers[0].contacts(everybody) for exposure in (clean, dirty))
    assert np.array_equal(there.offsets, here.offsets)
    assert np.array_equal(there.contacts, here.contacts)


def test_a_market_that_extends_a_shipped_one_may_have_a_network_file(tmp_path: Path) -> None:
    """Its base offers other networks as an override, which must take the file away."""
    path = tmp_path / "mine.yaml"
    ties = "{network: file, file: edges.csv, duplicates: drop}"
    path.write_text(f"extends: hybrid\nname: mine\nplatforms: {{whatsapp: {{ties: {ties}}}}}\n")
    assert load(path).platforms["whatsapp"].ties.file == "edges.csv"
    changed = load(path, with_=("networks",)).platforms["whatsapp"].ties
    assert (changed.network, changed.file) == ("groups", None)


def test_a_line_that_is_wrong_under_an_override_only_names_it(tmp_path: Path) -> None:
    path = document(tmp_path, network="file", file="edges.csv")
    with path.open("a") as file:
        file.write("overrides: {mixed: {platforms.contacts.ties.network: random}}\n")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{place(path, 'file')}: platforms.contacts.ties.file: an edge list nobody reads, with the "
        f"override `mixed`; expected {FILE}"
    )


def test_a_network_file_needs_as_many_people_on_its_platform(tmp_path: Path) -> None:
    path = document(tmp_path, network="file", file="edges.csv")
    lines = "".join(f"p{i},p{i + 1}\n" for i in range(100))
    (tmp_path / "edges.csv").write_text("source,target\n" + lines)
    simulation = Simulation(load(path))
    assert agents_of(simulation).exposure is not None
    # What does not fit is said where the network is asked for.
    at = f"{place(path, 'network')}: platforms.contacts.ties.network: "
    assert refusal(path, people=60) == (
        f"{at}edges.csv has 101 people, but only 60 people on contacts are simulated; expected "
        "fewer contacts or more than 60 people simulated"
    )


def test_people_with_ties_are_as_many_as_ids_can_tell_apart() -> None:
    """Ids in ties have 31 bits; without ties, and in other engines, there is no such end."""
    assert load("hybrid", engine="agents", people="3 B").people.size(6e9) == 3e9
    assert load("hybrid", people="6 B", set=NETWORKS).people.size(6e9) == 6e9
    for people, said in (("3 B", "3 B"), ("all", "6 B")):
        with pytest.raises(ScenarioError) as caught:
            load("hybrid", engine="agents", people=people, set=NETWORKS)
        assert str(caught.value) == (
            f"--people: people: {said} people one by one, with ties; expected at most "
            "2,147,483,647 people where a platform has a `network`"
        )


@pytest.mark.parametrize("people", ["0", "0.5", "1.5", "-3"])
def test_nobody_simulates_parts_of_people(people: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load("hybrid", people=people)
    assert str(caught.value) == (
        f"--people: people: `{people}` people cannot be simulated; expected a whole number, at "
        "least 1"
    )


def test_networks_that_few_people_cannot_form(tmp_path: Path) -> None:
    for network, said in (
        ("random", "mean_degree must be at least 0 and below 99 among 100 people; it is 150"),
        ("regular", "degree must be 0 to 99 among 100 people, not 150"),
    ):
        path = document(tmp_path, network=network, mean_degree=150)
        at = f"{place(path, 'network')}: platforms.contacts.ties.network: "
        expected = "; expected fewer contacts or more than 100 people simulated"
        assert refusal(path, people=100) == at + said + expected
