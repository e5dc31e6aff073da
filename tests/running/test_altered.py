"""What was altered on top of a file is told by the run, whichever way it comes to its end; a fork
takes checkpoints of its own."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import sim
from sim.figures.frame import stamp
from sim.record.manifest import FileEntry
from sim.running.keeping import Paused
from sim.running.play import Stages, fork_kept, play, play_kept, resume
from sim.running.run import Run
from sim.scenario import Scenario, load
from tests.cli.conftest import Call
from tests.running.test_checkpoints import village
from tests.running.whole import digests

SET = {"parameters.chi": "0.5"}
FORKED = "--at 2026-02-01 --set parameters.chi=0.5"


def altered() -> Scenario:
    return load(village(), set=["parameters.omega=0.02 per day"], until="2026-02-20")


TOLD = ("--set parameters.omega=0.02 per day", "--until 2026-02-20")


def stopping(day: float) -> Stages:
    done: list[float] = []

    def reached(now: float, _: float) -> None:
        if now >= day and not done:
            done.append(now)
            signal.raise_signal(signal.SIGTERM)

    return Stages(reached)


def bits(run: Run) -> dict[str, str]:
    return digests({name: run.record.table(name) for name in ("adoption", "market", "events")})


def test_a_scenario_tells_what_was_altered_and_gives_it_a_source() -> None:
    scenario = altered()
    assert scenario.altered == TOLD
    text = scenario.to_yaml(Path("runs"))
    assert text.splitlines()[:2] == [f"# changed by {told}" for told in TOLD]
    assert "value: 0.02 per day\n    label: A\n    source: set by --set\n" in text
    again = load({**village().plain(), "overrides": {"dear": {"parameters.omega": "0.03 per day"}}})
    by_name = load(again, with_=["dear"])
    assert by_name.altered == ("--with dear",)
    assert by_name.parameters["omega"].source == "set by --with dear"


def test_a_source_that_is_given_stays() -> None:
    value = "{value: 0.02 per day, label: D, source: a survey}"
    omega = load(village(), set=[f"parameters.omega={value}"]).parameters["omega"]
    assert (omega.label, omega.source) == ("D", "a survey")


def test_what_is_told_is_one_short_line() -> None:
    told = load(village(), set={"title": "a\n\x1b[31mb\u202e" + "x" * 90}).altered
    assert told[0].startswith("--set title=a\\n\\x1b[31mb\\u202exx")
    assert len(told[0]) == 60
    assert load(village(), seed=3).altered == ()


def test_the_run_says_it_on_its_face(tmp_path: Path) -> None:
    run = play(altered())
    assert "scenario village, 2 changes · seed 1" in stamp(run.record)
    assert TOLD[0] in run._repr_html_()
    again = sim.open(run.save(tmp_path / "mine", figures=False))
    assert again.manifest.scenario.altered == TOLD
    assert "scenario village · seed 1" in stamp(play(village()).record)


def test_the_command_line_ends_with_it(here: Path, uptake: Call) -> None:
    ended = uptake("run", "village.yaml", "--with", "hidden", "--no-figures", "--out", "mine")
    assert "\nchanges --with hidden\n" in ended.out
    forked = uptake("fork", "mine", *FORKED.split(), "--no-figures", "--checkpoint", "10d")
    assert forked.code == 0, forked.err
    assert f"\nchanges --with hidden, {FORKED}\n" in forked.out
    assert "folder  runs/mine-fork-1\n" in forked.out


def test_a_stopped_run_that_is_gone_on_with_remembers(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    with pytest.raises(Paused):
        play_kept(altered(), folder, every=10.0, figures=False, stages=stopping(15.0))
    run = resume(folder)
    assert run.manifest.scenario.altered == TOLD
    assert bits(run) == bits(play(altered()))


def test_a_fork_that_is_stopped_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    base, folder = tmp_path / "base", tmp_path / "fork"
    parent = play_kept(altered(), base, every=10.0, keep=True, figures=False)
    whole = parent.fork("2026-02-01", SET)
    assert whole.manifest.scenario.altered == (*TOLD, FORKED)
    for stop in (33.0, 41.0):  # right after it parted, and between two checkpoints
        with pytest.raises(Paused):
            fork_kept(
                Run.open(base), "2026-02-01", SET, folder,
                every=10.0, figures=False, stages=stopping(stop),
            )  # fmt: skip
        run = resume(folder)
        assert bits(run) == bits(whole)
        assert run.manifest.parent == whole.manifest.parent
        assert run.manifest.parent is not None
        assert run.manifest.scenario.altered == (*TOLD, FORKED)
        folder = tmp_path / "again"


def test_a_fork_begins_with_a_checkpoint(tmp_path: Path) -> None:
    parent = play_kept(altered(), tmp_path / "base", every=10.0, keep=True, figures=False)
    fork = fork_kept(
        parent, "2026-02-01", SET, tmp_path / "fork", every=15.0, keep=True, figures=False
    )
    assert fork.checkpoints is not None
    days = sorted(folder.name for folder in fork.checkpoints.iterdir())
    assert days == ["day-00030-00", "day-00045-00"]


def test_the_files_of_a_scenario_are_hashed_once_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ties.csv").write_text("0,1\n1,2\n")
    seen: list[Path] = []
    real: Callable[[Path], FileEntry] = FileEntry.of

    def of(file: Path) -> FileEntry:
        seen.append(file)
        return real(file)

    scenario = village(
        segments={"here": {"people": "3"}},
        platforms={
            "chat": {
                "kind": "messaging",
                "users": "3",
                "ties": {"network": "file", "file": str(tmp_path / "ties.csv")},
            }
        },
    )
    scenario = load(scenario, engine="agents")
    monkeypatch.setattr(FileEntry, "of", of)
    play_kept(scenario, tmp_path / "mine", every=5.0, figures=False)
    # For the checkpoints, and for the manifest, which tells the file as it is at the end.
    assert seen.count(tmp_path / "ties.csv") == 2
