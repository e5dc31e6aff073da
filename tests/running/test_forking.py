"""A fork is its parent up to a date, and the scenario with that change of parameters from then."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sim.cli.exits import BAD_INPUT
from sim.clock import Event, Priority
from sim.market.safety.actor import Safety
from sim.parameters import GLOBALS
from sim.record.plan import Plan
from sim.running.checkpoint import write_checkpoint
from sim.running.play import play, play_kept
from sim.running.run import Run
from sim.running.simulation import Simulation
from sim.scenario import Scenario, ScenarioError, load
from tests.cli.conftest import Call
from tests.running.test_checkpoints import village
from tests.running.whole import in_words

AT = date(2026, 4, 1)
SET = {"parameters.omega": "0.02 per day", "parameters.chi": 1}
TABLES = ("adoption", "market", "events", "retention", "derivatives", "network", "cascades")


def hybrid(**more: Any) -> Scenario:
    return load("hybrid", until="2026-05-01", **more)


def bits(run: Run, before: date | None = None, since: date | None = None) -> dict[str, pa.Table]:
    """A run's tables, or those with dates, before or since one, words in full."""
    found = {}
    for name in TABLES:
        table = in_words(run.record.table(name))
        for moment, test in ((before, pc.less), (since, pc.greater_equal)):
            if moment is not None and "date" in table.column_names and name != "retention":
                table = table.filter(test(table["date"], moment))
        if (before is None and since is None) or name in ("adoption", "market", "events"):
            found[name] = table
    return found


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("kept") / "base"
    play_kept(hybrid(), folder, every=20.0, keep=True, figures=False)
    return Run.open(folder)


@pytest.fixture(scope="module")
def fork(parent: Run) -> Run:
    return parent.fork(AT, SET)


def test_before_the_date_it_is_its_parent_bit_for_bit_and_differs_after(
    parent: Run, fork: Run
) -> None:
    assert bits(fork, before=AT) == bits(parent, before=AT)
    after, of_parent = bits(fork, since=AT), bits(parent, since=AT)
    assert all(after[name] != of_parent[name] for name in ("adoption", "market", "events"))
    first = fork.events[fork.events["kind"] == "change"]
    assert list(first["what"]) == ["chi", "omega"]
    assert set(first["date"].dt.date) == {AT}


def test_gone_on_from_a_checkpoint_begun_anew_and_written_in_the_file_it_is_the_same(
    parent: Run, fork: Run, tmp_path: Path
) -> None:
    anew = play(hybrid()).fork(AT, SET)
    given = "label: A, source: set by --set"
    values = {"omega": "0.02 per day", "chi": "1"}
    changes = ", ".join(f"parameters.{n}: {{value: {v}, {given}}}" for n, v in values.items())
    entry = f"{{date: 2026-04-01, set: {{{changes}}}}}"
    text = parent.scenario_yaml.replace("\nchanges: []\n", f"\nchanges:\n  - {entry}\n")
    (tmp_path / "changed.yaml").write_text(text, encoding="utf-8")
    written = play(load(tmp_path / "changed.yaml"))
    assert bits(fork) == bits(anew) == bits(written)
    assert fork.manifest.scenario.digest == written.manifest.scenario.digest


def test_it_goes_on_from_the_latest_checkpoint_before_the_date(
    parent: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks: list[float] = []
    parent.fork(AT, SET, progress=lambda day, _: ticks.append(day))
    assert (ticks[0], ticks[-1]) == (21.0, 61.0)  # AT is day 31; day 20 and before were played
    ticks.clear()
    parent.fork(date(2026, 3, 21), SET, progress=lambda day, _: ticks.append(day))
    assert ticks[0] == 0.0  # a checkpoint of that very day comes too late


def test_a_fork_may_be_forked(parent: Run, fork: Run) -> None:
    later = {"parameters.omega": "0.001 per day"}
    twice = fork.fork("2026-04-20", later)
    assert bits(twice, before=date(2026, 4, 20)) == bits(fork, before=date(2026, 4, 20))
    entries = [{"date": AT, "set": SET}, {"date": "2026-04-20", "set": later}]
    assert bits(twice) == bits(play(hybrid(set={"changes": entries})))
    # Forked back into the past, the change of the first fork still comes.
    back = fork.fork("2026-03-11", {"parameters.mu": 0.3})
    assert bits(back, before=date(2026, 3, 11)) == bits(parent, before=date(2026, 3, 11))
    assert list(back.events[back.events["kind"] == "change"]["what"]) == ["mu", "chi", "omega"]


def test_its_manifest_and_the_name_of_its_folder_tell_its_parent(
    parent: Run, fork: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert fork.save(figures=False) == Path("runs/base-fork-1")
    told = Run.open("runs/base-fork-1").manifest.parent
    assert told is not None
    assert (told.folder, told.at) == (str(parent.folder), AT)
    assert told.digest == parent.manifest.scenario.digest
    assert told.set == {"parameters.omega": "0.02 per day", "parameters.chi": "1"}
    assert parent.manifest.parent is None


def test_on_the_first_day_everything_may_change_but_the_people_it_begins_with() -> None:
    whole = play(village())
    early = whole.fork("2026-01-01", {"parameters.omega": "0.03 per day", "parameters.mu": 0.5,
                                      "parameters.rho0": "0.005 per day"})  # fmt: skip
    frames = [run.adoption[run.adoption["metric"] == "mau"] for run in (whole, early)]
    first, other = (frame[frame["day"] == 0.0]["value"].tolist() for frame in frames)
    assert first == other


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2025-12-31", "2025-12-31 is before the start, 2026-01-01; expected a later date"),
        ("2026-03-03", "--at: 2026-03-03 is after the end, 2026-03-02; nothing would change"),
        ("soon", "--at"),
    ],
)
def test_a_date_outside_of_the_run_is_refused(at: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        play(village()).fork(at, SET)
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1


def test_on_the_command_line(here: Path, uptake: Call) -> None:
    made = uptake("run", "village.yaml", "--no-figures", "--checkpoint", "10d",
                  "--keep-checkpoints", "--out", "base")  # fmt: skip
    assert made.code == 0
    ended = uptake("fork", "base", "--at", "2026-02-01", "--set", "parameters.chi=1",
                   "--no-figures")  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    assert "runs/base-fork-1" in ended.out
    for bad, said in (
        (("--at", "2026-02-01"), "Missing option '--set'"),
        (("--at", "2026-02-01", "--set", "parameters.omga=1"), "did you mean `parameters.omega`"),
        (("--at", "2027-02-01", "--set", "parameters.chi=1"), "is after the end, 2026-03-02"),
    ):
        refused = uptake("fork", "base", *bad)
        assert (refused.code, refused.out) == (BAD_INPUT, "")
        assert said in refused.err
    assert [entry.name for entry in (here / "runs").iterdir()] == ["base-fork-1"]


#: All that a parameter could act on, in one scenario that need not make sense.
EVERYTHING = {
    "revenue": {},
    "safety": {
        "incidents": "keyed",
        "detection": {"own": "1 d", "wild": "1 d"},
        # A feature that is taken away: people withdraw.
        "scripted": [{"date": "2026-04-01", "feature": "meta-ai", "severity": 2}],
        "stop": [{"features": ["meta-ai"], "then": "kill",
                  "when": {"metric": "severity", "op": ">=", "value": 2, "within": "1 d"}}],
    },
    "regulation": {
        "actions": [{"date": "2026-03-30", "regime": "eu", "action": "choice-screen"}],
        "regulators": {"eu": {"responses": [{"action": "delay",
                                                                 "for": "30 d"}]}},
    },
    "features.meta-ai.placements.facebook.surface": "default",
    "features.meta-ai.standalone": None,
    "labs.meta.investment": {"quality": "40 %", "usability": "40 %", "latency": "20 %"},
    # A new version, whose weights are out: people come back to look, guards decay.
    "labs.meta.models.small.releases.0.date": "2026-03-30",
    # So many tokens that a machine of one's own is cheaper.
    "parameters.dev_tokens": "1000 million tokens",
    # Incidents in numbers, of weights that are out too, the worst of them cut off.
    "parameters.incident_rate": "40 per year",
    "parameters.incident_developers": "200 k people",
    "parameters.level.weights.monitor": "100 %",
    "parameters.guard": "95 %",
    "parameters.severity_median": 0.1,
    "parameters.severity_most": 0.15,
}  # fmt: skip
SMALL = Plan(platforms=("all",), segments=("all",), tables=())


def test_every_parameter_that_may_move_moves_something_at_once(tmp_path: Path) -> None:
    simulation = Simulation(
        load("hybrid", engine="expected", until="2026-04-04", set=EVERYTHING), plan=SMALL
    )
    simulation.play(27.0)
    safety = simulation.market.mechanism("safety")
    assert isinstance(safety, Safety)
    kept = write_checkpoint(simulation, tmp_path)

    def played(*new: Event) -> list[Any]:
        kept.restore(simulation, new=new)
        tables = simulation.run().tables
        hazard = safety.exposure.hazard(simulation.clock.now)
        return [tables["adoption"], tables["market"], hazard.tolist()]

    unmoved = played()
    assert played() == unmoved
    idle = []
    for name, known in GLOBALS.items():
        if known.fixed is None:
            today = float(simulation.scenario.parameters[name])
            value = known.high if today < 0.9 * known.high else known.low
            data = {"parameter": name, "value": float(value), "text": f"{value:g}"}
            event = Event(28.0, Priority.CHANGE, f"change:{name}:0000", "change", "market", data)
            if played(event) == unmoved:
                idle.append(name)
    assert not idle
