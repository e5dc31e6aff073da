"""`uptake run --checkpoint`, stopped and gone on with."""

import signal
from pathlib import Path

import pytest

from sim.cli.progress import RunProgress
from sim.record.sealing import sealed, unsealed
from tests.cli.conftest import Call


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["kill", "ctrl-c"]
)
def test_asked_to_stop_it_says_in_one_sentence_how_to_go_on(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    def reached(_: RunProgress, day: float, __: float) -> None:
        if day == 33.0:
            signal.raise_signal(signal.Signals(number))

    with monkeypatch.context() as patch:
        patch.setattr(RunProgress, "reached", reached)
        stopped = uptake("run", "village.yaml", "--checkpoint", "10d", "--no-figures")
    said = "runs/village-1: stopped at 2026-02-03; `uptake resume runs/village-1` goes on with it\n"
    assert (stopped.code, stopped.out, stopped.err) == (code, "", said)
    for command in ("plot", "fork --at 2026-02-01 --set parameters.chi=1"):
        first, *rest = command.split()
        refused = uptake(first, "runs/village-1", *rest)
        assert (refused.code, refused.out) == (2, "")
        assert "is unfinished; `uptake resume runs/village-1` goes on with it" in refused.err
    ended = uptake("resume", "runs/village-1")
    assert (ended.code, ended.err) == (0, "")
    assert "runs/village-1" in ended.out
    again = uptake("resume", "runs/village-1")
    assert (again.code, again.out) == (2, "")
    assert "is finished; there is nothing to resume" in again.err


def test_interrupted_twice_it_tells_from_when_it_goes_on(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(_: RunProgress, day: float, __: float) -> None:
        if day == 33.0:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(RunProgress, "reached", reached)
    stopped = uptake("run", "village.yaml", "--checkpoint", "10d", "--out", "long")
    assert (stopped.code, stopped.out) == (130, "")
    said = "long: interrupted; `uptake resume long` goes on from 2026-01-31"
    assert stopped.err.strip() == said


def test_a_checkpoint_that_does_not_fit_is_bad_input(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(_: RunProgress, day: float, __: float) -> None:
        if day == 33.0:
            signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(RunProgress, "reached", reached)
        uptake("run", "village.yaml", "--checkpoint", "10d", "--out", "long")
    (header,) = (here / "long" / "checkpoints").glob("*/checkpoint.json")
    told, _ = unsealed(header.read_bytes())
    header.write_text(sealed({**told, "program": "uptake 0.0.9"}), encoding="utf-8")
    refused = uptake("resume", "long")
    assert (refused.code, refused.out) == (2, "")
    assert "was written by uptake 0.0.9" in refused.err
    assert (here / "long" / "unfinished.json").is_file()


def test_completion_offers_runs_and_tells_unfinished_ones(here: Path, process: Call) -> None:
    for name, mark in (("a", "manifest.json"), ("b", "unfinished.json"), ("c", "notes.txt")):
        (here / "runs" / name).mkdir(parents=True)
        (here / "runs" / name / mark).touch()
    offered = process(
        env={
            "_UPTAKE_COMPLETE": "zsh_complete",
            "COMP_WORDS": "uptake resume ru",
            "COMP_CWORD": "2",
        }
    )
    lines = offered.out.split("\n")
    assert lines[:6] == ["plain", "runs/a", "_", "plain", "runs/b", "unfinished"]
    assert "runs/c" not in offered.out
