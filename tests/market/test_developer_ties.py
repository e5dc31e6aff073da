"""Developers who follow developers: the well-mixed law in the dense limit, and what sparse ties
change."""

import gzip
from math import comb, exp, sqrt
from pathlib import Path

import numpy as np
import pytest

from sim.engines.agents.population import AgentPopulation
from sim.engines.scaled import ScaledPopulation
from sim.market.developers.ties import make_developers
from sim.rates.developers import DeveloperHazards, DeveloperStates
from sim.running.simulation import Simulation, simulate
from sim.scenario import ScenarioError, load
from sim.units import DAYS_PER_YEAR
from tests.market.race import race

GITHUB = (
    Path(__file__).parents[3] / "shared" / "data" / "networks" / "github_followers_edges.csv.gz"
)
FAMILIES = ("meta", "rival")
APPEAL = np.array([1.0, 3.0])
STATES = DeveloperStates(FAMILIES)
#: Entry alone, by peers alone: nobody starts by itself, changes or leaves.
PEERS = {
    "dev_p": "0 per year",
    "dev_q": "1.2 per year",
    "dev_reconsider": "0 per day",
    "dev_multi_home": "0 per year",
    "dev_drop": "0 per year",
    "dev_leave": "0 per year",
}


def scenario(ties=None, *, people="20 k", engine="agents", building=0.1, seed=1, **more):
    """The small market with developers; `more` are parameters."""
    developers = {
        "people": people,
        "at_start": {"building": building, "families": {"meta": 0.5, "rival": 0.5}},
        "ties": ties,
    }
    return load(race(developers=developers, parameters=more, engine=engine, seed=seed))


def start(s):
    """Developers by state at the start, (states,)."""
    total, share = float(s.developers.people), float(s.developers.at_start.building)
    counts = np.rint(STATES.start({"meta": 0.5, "rival": 0.5}, 0.3, share * total))
    counts[0] = total - counts[1:].sum()
    return counts


def developers(s, people):
    """The developers of a scenario, by state (states,), on its engine."""
    file = s.files.get(("developers", "ties", "file"))
    ties = s.developers.ties
    return make_developers(ties, STATES, people, engine=s.engine, seed=s.seed, file=file)


def advance(s, ticks, dt, *, place=None, people=None):
    """Builders after each tick under constant attractiveness, (ticks + 1,), and the population."""
    population = developers(s, start(s) if people is None else people)
    if place is not None:
        population.place(*place)
    tied = not (s.engine != "agents" or s.developers.ties is None)
    hazards = DeveloperHazards(STATES, {name: float(v) for name, v in s.parameters.items()})
    builders = [population.people[1:].sum()]
    for tick in range(ticks):
        population.advance(hazards.table(APPEAL, population.people, tied=tied), dt, tick)
        builders.append(population.people[1:].sum())
    return np.array(builders, float), population


def test_developers_made_again_go_on_where_they_were():
    s = scenario({"mean_degree": 8, "simulated": "5 k"}, building=0.1)
    hazards = DeveloperHazards(STATES, {name: float(v) for name, v in s.parameters.items()})

    def go_on(population, begin, end):
        flows = []
        for tick in range(begin, end):
            table = hazards.table(APPEAL, population.people, tied=True)
            flows.append(population.advance(table, 7.0, tick))
        return np.array(flows)

    whole, again = developers(s, start(s)), developers(s, start(s))
    assert isinstance(whole, ScaledPopulation)
    go_on(whole, 0, 6)
    again.resume({name: array.copy() for name, array in whole.moving().items()})
    assert np.array_equal(again.people, whole.people)
    after = go_on(whole, 6, 12)
    assert after.sum() > 0
    assert np.array_equal(go_on(again, 6, 12), after)


# --- the law


def test_a_developer_who_sees_the_share_of_all_has_the_well_mixed_hazard():
    hazards = DeveloperHazards(STATES, {n: float(v) for n, v in scenario().parameters.items()})
    people = np.array([[700], [100], [120], [80]])
    mixed = hazards.table(APPEAL, people)
    tied = hazards.table(APPEAL, people, tied=True)
    assert mixed.contagion is None
    heard = tied.contagion.channel == 0
    assert [STATES.steps[t][2] for t in np.flatnonzero(heard)] == ["enter", "enter"]
    seen = tied.hazard + tied.contagion.slope * tied.contagion.weight[0] * 0.3
    np.testing.assert_allclose(seen, mixed.hazard, rtol=1e-14)
    assert STATES.seen.tolist() == [[False, True, True, True]]


def test_dense_followers_tend_to_the_well_mixed_law():
    def run(ties=None, **more):
        s = scenario(ties, people="10 k", dev_q="1.2 per year", **more)
        builders, population = advance(s, 30, 28.0)
        return np.concatenate([builders, population.people[1:, 0]])[[5, 10, 20, 30, -3, -2, -1]]

    dense, few = {"mean_degree": 250, "exponent": 3.5}, {"mean_degree": 2, "exponent": 3.5}
    law = run(engine="expected")
    assert 1500 < law[0] < law[1] < law[2] < law[3] < 9000
    counted = np.array([run(engine="cohorts", seed=seed) for seed in range(20)])
    error = counted.std(axis=0, ddof=1) / sqrt(6)
    # Builders on days 140 to 840, and by family at the end: entry goes by the logit of all.
    followed = np.array([run(dense, seed=seed) for seed in range(6)])
    assert np.abs((followed.mean(axis=0) - law) / error).max() < 4
    # Who follows two others, or nobody, starts later: the test would see it.
    sparse = np.array([run(few, seed=seed) for seed in range(3)])
    assert ((sparse.mean(axis=0) - law) / error)[:3].max() < -8


def test_entry_follows_the_share_of_those_one_follows():
    # k followed is Poisson with mean 2, and each of them builds with chance 1/2.
    ties = {"mean_degree": 2, "exponent": 6}
    s = scenario(ties, people="300 k", building=0.5, **PEERS)
    builders, population = advance(s, 1, 60.0)
    rate = 1.2 / DAYS_PER_YEAR * 60.0
    chance = sum(
        exp(-2) * 2**k / float(np.prod(np.arange(1, k + 1), initial=1.0))
        * sum(comb(k, n) / 2**k * (1 - exp(-rate * n / k)) for n in range(k + 1))
        for k in range(1, 30)
    )  # fmt: skip
    new, idle = builders[1] - builders[0], 150_000
    # Followers of one person see the same: the variance is that of followers too, at most doubled.
    z = (new - idle * chance) / sqrt(2 * idle * chance * (1 - chance))
    assert abs(z) < 4
    # By the logit of all, not by what the followed build on: both families begin alike.
    chosen = population.latest.way[np.isin(population.latest.way, [0, 1])]
    rival = (chosen == 1).mean()
    assert rival == pytest.approx(0.75, abs=4 * sqrt(0.75 * 0.25 / chosen.size))


def test_popular_builders_start_others_sooner_than_random_ones():
    def new_builders(seed, popular):
        s = scenario({"mean_degree": 5, "exponent": 2.1}, seed=seed, building=0, **PEERS)
        nobody = np.array([20_000.0, 0, 0, 0])
        population = developers(s, nobody)
        followers = population.exposure.layers[0].reverse.degrees()
        some = np.random.default_rng(seed).choice(20_000, 50, replace=False)
        first = np.argsort(-followers)[:50] if popular else some
        builders, _ = advance(s, 12, 15.0, place=(first, 1), people=nobody)
        return builders[-1] - 50

    popular = np.array([new_builders(seed, True) for seed in range(6)])
    random = np.array([new_builders(seed, False) for seed in range(6)])
    error = sqrt((popular.var(ddof=1) + random.var(ddof=1)) / 6)
    z = (popular.mean() - random.mean()) / error
    assert z > 8
    assert popular.mean() > 5 * random.mean()


# --- in a market


def test_nobody_gets_lost():
    s = scenario({"simulated": "5 k"}, people="1234567")
    simulation = Simulation(s)
    population = simulation.market.ecosystem.population
    assert isinstance(population, ScaledPopulation)
    agents = population.inner
    assert isinstance(agents, AgentPopulation)
    assert agents.people.sum() == agents.state.size == 5000
    simulation.run()
    assert population.people.sum() == pytest.approx(1_234_567, rel=1e-12)
    states = np.bincount(agents.state, minlength=len(agents.transitions.states))
    assert np.array_equal(states, agents.people[:, 0])
    assert simulation.market.ecosystem.building() == pytest.approx(
        (agents.state > 0).mean() * 1_234_567
    )
    assert agents.exposure.layers[0].mean_degree == pytest.approx(15, rel=0.02)


def market(outcome):
    return outcome.tables["market"].column("value").to_numpy()


def test_seeds_differ_and_threads_do_not_show(monkeypatch):
    ties = {"mean_degree": 20}
    monkeypatch.setenv("UPTAKE_THREADS", "1")
    alone = market(simulate(scenario(ties)))
    monkeypatch.setenv("UPTAKE_THREADS", "3")
    assert np.array_equal(alone, market(simulate(scenario(ties))))
    assert not np.array_equal(alone, market(simulate(scenario(ties, seed=2))))


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
def test_other_engines_mix_well(engine):
    without = simulate(scenario(engine=engine))
    followed = simulate(scenario({"mean_degree": 20}, engine=engine))
    assert np.array_equal(market(without), market(followed))


def test_without_a_network_agents_count_developers_as_cohorts_do():
    without, none = scenario(), scenario({"network": "none"})
    assert np.array_equal(market(simulate(without)), market(simulate(none)))
    counted, _ = advance(scenario(engine="cohorts"), 20, 7.0)
    assert np.array_equal(advance(without, 20, 7.0)[0], counted)


def test_the_resolved_scenario_reads_back():
    s = scenario({"mean_degree": 20, "simulated": "5 k"})
    assert load(s.plain()) == s


# --- files


@pytest.mark.skipif(not GITHUB.exists(), reason="the networks are not beside this checkout")
def test_developers_on_github_follow_each_other():
    ties = {"network": "file", "file": str(GITHUB), "mutual": True}
    simulation = Simulation(scenario(ties, people="30 M", building=0.6))
    ecosystem = simulation.market.ecosystem
    agents = ecosystem.population.inner
    assert agents.state.size == 37_700
    assert agents.exposure.layers[0].ties == 2 * 289_003
    assert ecosystem.building() == pytest.approx(18e6, rel=1e-3)
    simulation.run()
    assert ecosystem.population.people.sum() == pytest.approx(30e6, rel=1e-12)
    assert ecosystem.building() > 18.5e6


def test_a_list_says_who_follows_whom(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"follower,followed\nfan,star\nx,star\n"))
    ties = {"network": "file", "file": str(tmp_path / "t.csv.gz")}
    population = developers(scenario(ties, people="30"), np.array([30.0, 0, 0, 0]))
    layer = population.inner.exposure.layers[0]
    fan, star, x = 0, 1, 2
    assert layer.contacts(np.array([fan])).contacts.tolist() == [star]
    assert layer.audience(np.array([star])).contacts.tolist() == [fan, x]
    assert population.people.sum() == 30


def refused(tmp_path, ties, edges=None, people="30 M"):
    """What is said, with places, when developers have `ties` beside a file of edges."""
    import yaml

    document = race(engine="agents", developers={"people": people, "ties": ties})
    text = yaml.safe_dump(document, sort_keys=False)
    (tmp_path / "m.yaml").write_text(text)
    if edges is not None:
        (tmp_path / "edges.csv").write_text(edges)
    with pytest.raises(ScenarioError) as caught:
        Simulation(load(tmp_path / "m.yaml"))
    (problem,) = caught.value.problems
    line = text.splitlines()[problem.line - 1].strip()
    assert problem.file == str(tmp_path / "m.yaml")
    return problem, line


READ = {"network": "file", "file": "edges.csv"}


def test_a_bad_list_is_refused_at_the_line_that_names_it(tmp_path):
    problem, line = refused(tmp_path, READ, "follower,followed\na,b\nb,b\n")
    assert line == "file: edges.csv"
    assert problem.path == "developers.ties.file"
    assert f"{tmp_path / 'edges.csv'}:3: " in problem.message

    problem, _ = refused(tmp_path, READ, "source,target\na,b\n")
    assert "edges.csv:1: no column `followed`" in problem.message

    problem, _ = refused(tmp_path, {**READ, "file": "edge.csv"})
    assert "edge.csv: no such file" in problem.message

    problem, _ = refused(tmp_path, READ, "follower,followed\na,b\nb,c\n", people="2")
    assert problem.message == "edges.csv has 3 people, but there are 2 developers"


@pytest.mark.parametrize(
    ("ties", "at", "message"),
    [
        ({"network": "file"}, "network: file", "no `file` for network: file"),
        ({"file": "x.csv"}, "file: x.csv", "an edge list nobody reads"),
        ({"mutual": True}, "mutual: true", "`followers` ties are not mutual"),
        (
            {"mean_degree": 20, "simulated": "20"},
            "mean_degree: 20",
            "a developer follows 20 of 19 others",
        ),
        (
            {"mean_degree": 30, "largest_degree": 10},
            "mean_degree: 30",
            "mean_degree cannot be above the most followers that anybody has, 10; it is 30",
        ),
        ({"network": "friends"}, "network: friends", "`friends`"),
    ],
)
def test_ties_that_cannot_be_are_refused_at_their_line(tmp_path, ties, at, message):
    problem, line = refused(tmp_path, ties)
    assert line == at
    assert message in problem.message
