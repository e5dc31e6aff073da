"""A mechanism from outside, passed in Python, runs like a built-in one; what it does wrong is said.

The mechanism is that of `docs/mechanisms.md`, whose code is run as it is printed.
"""

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim.figures import Figure
from sim.market.mechanisms import sections_of
from sim.parameters import metrics
from sim.running.checkpoint import CheckpointError, open_checkpoint, write_checkpoint
from sim.running.plain import poured, written
from sim.running.play import Stages, play_kept, resume
from sim.running.simulation import Simulation
from sim.scenario import Scenario, load
from tests.market.race import policy, race, rule

GUIDE = Path(__file__).parents[2] / "docs" / "mechanisms.md"
DEFINED, RUN = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def notebook() -> Iterator[Any]:
    """What a notebook holds after the first cell of the guide."""
    made = types.ModuleType("notebook_of_the_guide")
    sys.modules[made.__name__] = made
    exec(compile(DEFINED, str(GUIDE), "exec"), made.__dict__)
    yield made
    del sys.modules[made.__name__]
    metrics._metrics.pop("commission_revenue")  # other tests look at every metric there is


def market(days: str = "60 d", **more: Any) -> dict[str, Any]:
    """The small market, in which the app `chatter` costs 5 USD a month and the price counts."""
    features = {"chatter": {"at_start": {"mau": "200 k", "dau_mau": "25 %"}}}
    return race(features=features, duration=days, **more)


def series(run: Any, entity: str, metric: str) -> Any:
    frame = run.market
    chosen = frame[(frame.entity == entity) & (frame.metric == metric)]
    return chosen.sort_values("day").value.to_numpy()


def loaded(document: Any, *mechanisms: sim.Mechanism, **more: Any) -> Scenario:
    return load(document, sections=sections_of(mechanisms), **more)


# --- it runs like a built-in one


def test_the_guide_runs_as_it_is_printed(notebook: Any) -> None:
    names = dict(vars(notebook))
    exec(compile(RUN, str(GUIDE), "exec"), names)
    run = names["run"]
    assert run.manifest.mechanisms == {
        "app_store_tax": {
            "commission": "30 %",
            "passed_on": {"value": "80 %", "label": "A", "source": "set by --set"},
            "paying": "5 %",
            "changes": [{"date": "2026-07-01", "commission": "15 %"}],
        }
    }
    assert series(run, "chatgpt", "price")[[0, 121, 122]] == pytest.approx(
        [8 / (1 - 0.8 * 0.3), 8 / (1 - 0.8 * 0.3), 8 / (1 - 0.8 * 0.15)]
    )
    (event,) = (e for e in run.record.events if e.kind == "commission")
    assert (event.time, event.entity, event.number) == (122.0, "store", 0.15)


def test_the_price_that_people_meet_is_the_base_over_what_is_passed_on(notebook: Any) -> None:
    """5 USD / (1 - 0.5 x 0.3) = 5.882; a placed feature and the base are left alone."""
    run = sim.run(market(), mechanisms=[notebook.AppStoreTax()])
    assert series(run, "chatter", "price") == pytest.approx([5.0 / 0.85] * 61)
    assert series(run, "helper", "price").tolist() == [0.0] * 61
    dearer = run.adoption
    plain = sim.run(market()).adoption
    chosen = "feature == 'chatter' and metric == 'mau' and platform == 'all' and segment == 'all'"
    assert dearer.query(chosen).value.iloc[-1] < plain.query(chosen).value.iloc[-1]


def test_the_store_earns_its_commission_on_what_people_pay(notebook: Any) -> None:
    """On the first day 200,000 x 5 % x 5.882 USD x 12 x 30 %."""
    run = sim.run(market(), mechanisms=[notebook.AppStoreTax()])
    earned = series(run, "store", "commission_revenue")
    assert earned[0] == pytest.approx(200_000 * 0.05 * 5.0 / 0.85 * 12 * 0.3, rel=1e-3)
    mau = run.adoption.query(
        "feature == 'chatter' and metric == 'mau' and platform == 'all' and segment == 'all'"
    ).value.to_numpy()
    assert earned == pytest.approx(mau * 0.05 * 5.0 / 0.85 * 12 * 0.3)


def test_a_second_price_under_the_commission_moves_the_base_and_the_commission_still_applies(
    notebook: Any,
) -> None:
    """5, then 8 on day 9, then 2 on day 40; the commission falls from 30 to 10 % on day 20."""
    document = market()
    document["features"]["chatter"]["prices"] = [
        {"date": "2026-01-10", "price": "8 USD per month"},
        {"date": "2026-02-10", "price": "2 USD per month"},
    ]
    cut = {"date": "2026-01-21", "commission": "10 %"}
    tax = notebook.AppStoreTax(passed_on=1, changes=[cut])
    scenario = loaded(document, tax)
    simulation = Simulation(scenario, mechanisms=[tax])
    seen: dict[float, Any] = {}
    for day in (8.0, 9.0, 19.0, 20.0, 39.0, 40.0, 60.0):
        simulation.play(day)
        base, met = simulation.market.base.price[1], simulation.market.fields.price[1]
        seen[day] = (float(base), pytest.approx(float(met)))
    assert seen == {
        8.0: (5.0, 5.0 / 0.7),
        9.0: (8.0, 8.0 / 0.7),
        19.0: (8.0, 8.0 / 0.7),
        20.0: (8.0, 8.0 / 0.9),
        39.0: (8.0, 8.0 / 0.9),
        40.0: (2.0, 2.0 / 0.9),
        60.0: (2.0, 2.0 / 0.9),
    }


@pytest.mark.parametrize("engine", ["expected", "cohorts"])
def test_without_a_commission_everything_else_is_equal_bit_for_bit(
    notebook: Any, engine: str
) -> None:
    settings: dict[str, Any] = {"until": "2026-05-01", "engine": engine}
    plain = sim.run("hybrid", **settings)
    free = sim.run("hybrid", **settings, mechanisms=[notebook.AppStoreTax(commission=0)])
    assert free.adoption.equals(plain.adoption)
    assert free.events.equals(plain.events)
    assert free.retention.equals(plain.retention)
    its_own = free.market.entity == "store"
    assert set(free.market[its_own].value) == {0.0}
    others = free.market[~its_own].reset_index(drop=True)
    for column in plain.market:
        assert (others[column].astype(object) == plain.market[column].astype(object)).all()


def test_a_rule_looks_at_what_the_mechanism_measures(notebook: Any) -> None:
    """The rival gives its app away at the first review at which the store earns too much."""
    when = {"metric": "commission_revenue", "op": ">", "value": "100 k USD per year"}
    free = rule(when, {"feature": "chatter", "price": "0 USD per month"})
    document = market() | {"app_store_tax": {}}
    document["labs"]["rival"] |= policy(free)
    run = sim.run(document, mechanisms=[notebook.AppStoreTax()])
    price = series(run, "chatter", "price")
    assert price[9] == pytest.approx(5.0 / 0.85)
    assert price[10:].tolist() == [0.0] * 51
    with pytest.raises(sim.ScenarioError, match="no section `app_store_tax`"):
        load(document | {"app_store_tax": None}, sections={"app_store_tax": notebook.Section})


def test_its_state_is_written_down_and_put_back(notebook: Any, tmp_path: Path) -> None:
    cut = {"date": "2026-01-21", "commission": "10 %"}
    tax = notebook.AppStoreTax(changes=[cut, cut | {"date": "2026-02-10", "commission": "20 %"}])
    scenario = loaded(market(engine="cohorts"), tax)
    whole = Simulation(scenario, mechanisms=[tax])
    whole.play(30.0)
    actor = whole.market.mechanism("app_store_tax")
    assert isinstance(actor, notebook.Store)
    plain, arrays = written(actor.state)
    assert (plain, arrays) == ({"commission": 0.1}, {})
    again = notebook.State(0.3)
    poured(again, plain, arrays)
    assert again == notebook.State(0.1)

    write_checkpoint(whole, tmp_path)
    (folder,) = tmp_path.iterdir()
    resumed = Simulation(scenario, mechanisms=[tax])
    open_checkpoint(folder).restore(resumed)
    one, two = whole.run().tables, resumed.run().tables
    assert all(two[name].equals(one[name]) for name in ("adoption", "market", "events"))


# --- what a run folder says, and what it needs


def test_a_run_folder_says_what_made_it_and_runs_again_with_it_alone(
    notebook: Any, tmp_path: Path
) -> None:
    run = sim.run(market("5 d"), mechanisms=[notebook.AppStoreTax(commission=0.2)])
    folder = run.save(tmp_path / "run", figures=False)
    opened = sim.open(folder)
    assert opened.manifest.mechanisms["app_store_tax"]["commission"] == "20 %"
    assert opened.market.equals(run.market)
    file = folder / "scenario.yaml"
    with pytest.raises(sim.ScenarioError, match=r"app_store_tax: unknown key.*mechanisms=\[") as e:
        sim.run(file)
    assert e.value.problems[0].line is not None
    again = sim.run(file, mechanisms=[notebook.AppStoreTax()])
    assert again.market.equals(run.market)
    assert again.manifest.scenario.digest == run.manifest.scenario.digest
    fork = opened.fork(
        "2026-01-03", {"parameters.omega": "0.01 per day"}, mechanisms=[notebook.AppStoreTax()]
    )
    assert (
        series(fork, "store", "commission_revenue")[0]
        == series(run, "store", "commission_revenue")[0]
    )


def test_an_unfinished_run_goes_on_with_its_mechanism(notebook: Any, tmp_path: Path) -> None:
    cut = {"date": "2026-01-08", "commission": "10 %"}
    tax = notebook.AppStoreTax(commission=0.2, changes=[cut])
    scenario, folder = loaded(market("20 d"), tax), tmp_path / "run"

    def broken(day: float, days: float) -> None:
        if day == 13.0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play_kept(scenario, folder, every=5.0, figures=False, mechanisms=[tax],
                  stages=Stages(broken))  # fmt: skip
    with pytest.raises(sim.ScenarioError, match="app_store_tax: unknown key"):
        resume(folder)
    with pytest.raises(CheckpointError, match="is of another scenario"):
        resume(folder, mechanisms=[notebook.AppStoreTax(commission=0.4)])
    resumed = resume(folder, mechanisms=[notebook.AppStoreTax()])
    assert resumed.market.equals(sim.run(scenario, mechanisms=[tax]).market)


def test_values_lie_on_top_of_the_file_and_settings_on_top_of_both(notebook: Any) -> None:
    document = market("2 d") | {"app_store_tax": {"commission": "25 %", "passed_on": "20 %"}}

    def values(*settings: str, **given: Any) -> tuple[float, float]:
        run = sim.run(document, set=settings, mechanisms=[notebook.AppStoreTax(**given)])
        section: Any = run.scenario.extra["app_store_tax"]
        return float(section.commission), float(section.passed_on)

    assert values() == (0.25, 0.2)
    assert values(commission="40 %") == (0.4, 0.2)
    assert values("app_store_tax.commission=0.15", commission="40 %") == (0.15, 0.2)


def test_a_value_that_cannot_be_is_refused_where_it_is_given(notebook: Any) -> None:
    for given, said in (
        ({"comission": 0.3}, "comission: unknown key.*did you mean `commission`"),
        ({"commission": 2}, "commission: .* out of range; expected 0 to 90 %"),
        ({"commission": "3 USD"}, "has the wrong unit"),
        ({"commission": object()}, "a object has no place in a scenario"),
        ({"changes": [{"commission": 0.1}]}, "changes.0.date: missing key"),
    ):
        with pytest.raises(sim.ScenarioError, match=rf"AppStoreTax\(\.\.\.\): .*{said}|{said}"):
            notebook.AppStoreTax(**given)
    early = notebook.AppStoreTax(changes=[{"date": "2020-01-01", "commission": 0.1}])
    with pytest.raises(sim.ScenarioError, match="2020-01-01 is before the start"):
        sim.run(market(), mechanisms=[early])


def test_its_figures_are_drawn_with_those_of_the_run(notebook: Any, tmp_path: Path) -> None:
    def earned(ax: Any, record: Any) -> None:
        """What the store earns."""
        found = record.market("commission_revenue", "store")
        ax.plot(found.day, found.value)

    class Drawn(notebook.AppStoreTax):  # type: ignore[misc]
        figures = (Figure("store_earnings", "What the store earns.", earned),)

    run = sim.run(market("20 d"), mechanisms=[Drawn()])
    assert len(run.plot.store_earnings().lines) == 1


def test_two_mechanisms_know_each_other_by_name(notebook: Any) -> None:
    seen = []

    class Watcher(sim.Actor):
        def __init__(self, market: Any) -> None:
            self.market = market

        def watch(self, day: float) -> None:
            seen.append(self.market.mechanism("app_store_tax").state.commission)

    class Watch(sim.Mechanism):
        name = "watch"

        def open(self, market: Any, section: Any) -> sim.Actor:
            return Watcher(market)

    run = sim.run(market("3 d"), mechanisms=[notebook.AppStoreTax(), Watch()])
    assert seen == [0.3] * 3
    assert list(run.manifest.mechanisms) == ["app_store_tax", "watch"]
    assert run.manifest.mechanisms["watch"] == {}
    with pytest.raises(sim.ScenarioError, match="watch: unknown key"):
        sim.run(run.scenario.plain(), mechanisms=[notebook.AppStoreTax()])


# --- what it does wrong is said


class Odd(sim.Mechanism):
    """A mechanism made of one hook."""

    name = "odd"

    def __init__(self, named: str = "odd", **hooks: Any) -> None:
        super().__init__()
        self.name, self.hooks = named, hooks  # type: ignore[misc]

    def open(self, market: Any, section: Any) -> Any:
        hooks = {
            name: hook if name in ("kinds", "state", "name") else self._hook(hook, market)
            for name, hook in self.hooks.items()
        }
        return type("OddActor", (sim.Actor,), hooks)()

    @staticmethod
    def _hook(hook: Any, market: Any) -> Any:
        return lambda _, *given: hook(market, *given)


def raised(*mechanisms: Any, document: Any = None) -> str:
    with pytest.raises(sim.MechanismError) as error:
        sim.run(market("9 d") if document is None else document, mechanisms=mechanisms)
    return str(error.value)


def on_day(day: float, good: Any, bad: Any) -> Any:
    return lambda market, now, *_: bad if now >= day else good


def test_what_it_raises_is_said_with_its_name_and_day() -> None:
    said = raised(Odd(advance=lambda market, day, dt, tick: 1 / (3 - tick)))
    assert said == "mechanism `odd`, `advance` on day 3: ZeroDivisionError: division by zero"


def test_names_that_are_taken_are_refused(notebook: Any) -> None:
    tax = notebook.AppStoreTax()
    assert "two of this name" in raised(tax, notebook.AppStoreTax())
    assert raised(Odd("pricing")) == "mechanism `pricing`: uptake has one of this name"
    assert raised(Odd("safety")) == "mechanism `safety`: uptake has one of this name"
    assert "a scenario has `platforms` already" in raised(Odd("platforms"))
    assert "`App Store` is no key" in raised(Odd("App Store"))
    assert "is a class; pass AppStoreTax(...)" in raised(notebook.AppStoreTax)
    assert "a Store is not a sim.Mechanism" in raised(object.__new__(notebook.Store))
    assert "its actor calls itself `even`" in raised(Odd(name="even"))
    kinds = {"price": sim.EventKind("another")}
    assert "`pricing` has events of kind `price` already" in raised(Odd(kinds=kinds))
    measures = {"price": lambda of: 1.0}
    assert "`price` is measured already" in raised(Odd(measures=lambda market: measures))
    handled = Odd(attach=lambda market, clock: clock.on("price", lambda event: ()))
    assert "events of kind 'price' already have a handler" in raised(handled)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ([("a", "x", 1.0)], [("a", "x", np.inf)], "is not (entity, metric, value); nan stands for"),
        ([("a", "x", 1.0)], [("a", "x", "1")], "is not (entity, metric, value)"),
        ([("a", "x", 1.0)], [("a", "x")], "is not (entity, metric, value)"),
        ([("a", "x", 1.0)], [("a", "y", 1.0)], "given sometimes: a, x; a, y"),
        ([("a", "x", 1.0)], [], "given sometimes: a, x"),
        ([("a", "x", 1.0), ("b", "x", 1.0)], [("b", "x", 1.0), ("a", "x", 1.0)], "another order"),
    ],
)
def test_rows_that_make_no_series_are_refused(good: Any, bad: Any, said: str) -> None:
    told = raised(Odd(rows=on_day(4.0, good, bad)))
    assert told.startswith("mechanism `odd`, `rows` on day 4: ")
    assert said in told


def test_a_row_has_one_owner() -> None:
    twice = [("a", "x", 1.0), ("a", "x", 2.0)]
    assert "gives twice: a, x" in raised(Odd(rows=lambda market, day: twice))
    ours = Odd(rows=lambda market, day: [("chatter", "price", 1.0)])
    assert "chatter, price is a row of `uptake`" in raised(ours)
    one, two = (Odd(name, rows=lambda market, day: twice[:1]) for name in ("one", "two"))
    assert raised(one, two) == "mechanism `two`, `rows` on day 0: a, x is a row of `one`"


def test_what_was_not_measured_is_nan_and_gives_no_row() -> None:
    rows = on_day(4.0, [("a", "x", np.nan)], [("a", "x", 1.0)])
    run = sim.run(market("9 d"), mechanisms=[Odd(rows=rows)])
    assert run.market.query("entity == 'a'").day.tolist() == [4, 5, 6, 7, 8, 9]


def test_fields_are_shaped_and_never_written_elsewhere() -> None:
    def write(where: str, hook: str) -> str:
        def writing(market: Any, *given: Any) -> Any:
            getattr(market, where).price[:] = 3.0
            return ()

        hooks: dict[str, Any] = {hook: writing}
        return raised(Odd(**hooks))

    for where, hook in (
        ("fields", "watch"), ("fields", "advance"), ("met", "rows"), ("base", "shape"),
        ("base", "watch"),
    ):  # fmt: skip
        said = write(where, hook)
        assert said.startswith(f"mechanism `odd`, `{hook}` on day 0: ValueError: ")
        assert "put an effect into the fields that `shape` is given" in said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("price", np.nan, "makes `price` not a number"),
        ("rollout", 1.5, "makes `rollout`, a share, 1.5 to 1.5"),
        ("pull", -1.0, "makes `pull` negative: -1"),
        ("quality", None, "makes `quality` NoneType where it is (2,)"),
    ],
)
def test_a_shape_that_no_market_has_is_refused(name: str, value: Any, said: str) -> None:
    def shape(market: Any, fields: Any, day: float) -> None:
        if value is None:
            setattr(fields, name, None)
        elif day >= 2.0:
            getattr(fields, name)[:] = value

    told = raised(Odd(shape=shape))
    assert said in told
    assert told.startswith("mechanism `odd`, `shape` on day ")


def test_events_are_declared_plain_and_handled() -> None:
    def noting(market: Any, *given: Any) -> None:
        market.note(given[0], "surprise", "store", "something")

    assert "writes an event of kind `surprise`, which no mechanism declares" in raised(
        Odd(watch=noting)
    )
    kinds = {"surprise": sim.EventKind("a surprise", ("lab",))}
    assert "kind `surprise` lacks lab" in raised(Odd(watch=noting, kinds=kinds))

    def event(day: float, kind: str = "own", **data: Any) -> sim.Event:
        return sim.Event(day, sim.Priority.PRICE, "odd:0", kind, "odd", data)

    def planned(*events: Any) -> str:
        def attach(market: Any, clock: sim.Clock) -> None:
            clock.on("own", lambda event: None)  # type: ignore[arg-type,return-value]

        return raised(Odd(attach=attach, agenda=lambda market: events))

    assert "nobody handles events of kind `none`" in planned(event(1.0, "none"))
    assert "the event odd:0 on day -1 lies before day 0" in planned(event(-1.0))
    assert "holds more than numbers, text" in planned(event(1.0, when=pd.Timestamp(0)))
    assert "'x' is not an Event" in planned("x")
    assert planned(event(1.0)).startswith("mechanism `odd`, `event own`: gives None where events")


def test_a_state_is_a_dataclass_and_a_run_has_no_further_tables(notebook: Any) -> None:
    assert "`state` is not a dataclass" in raised(Odd(state={"a": 1}))
    assert "a run has no further tables" in raised(Odd(tables=lambda market: {"mine": 1}))
    assert "`open` gave a State, not an Actor or None" in raised(
        type("Opens", (sim.Mechanism,), {"name": "opens", "open": lambda *_: notebook.State(0)})()
    )


def test_a_declared_metric_is_measured(notebook: Any) -> None:
    class Silent(sim.Mechanism):
        name = "app_store_tax"

        def open(self, market: Any, section: Any) -> sim.Actor:
            return sim.Actor()

    assert "nobody measures its metric commission_revenue" in raised(Silent())


def test_a_scenario_and_its_mechanisms_go_together(notebook: Any) -> None:
    tax = notebook.AppStoreTax()
    with pytest.raises(sim.MechanismError, match="has the section `app_store_tax`, but the mech"):
        sim.run(loaded(market(), tax))
    with pytest.raises(sim.MechanismError, match="the scenario was loaded without it"):
        Simulation(load(market()), mechanisms=[tax])
    assert sim.run(load(market("2 d")), mechanisms=[tax]).manifest.mechanisms


def test_a_mechanism_with_nothing_to_do_opens_none() -> None:
    run = sim.run(market("3 d"), mechanisms=[type("Idle", (sim.Mechanism,), {
        "name": "idle", "open": lambda self, market, section: None})()])  # fmt: skip
    assert run.market.equals(sim.run(market("3 d")).market)
