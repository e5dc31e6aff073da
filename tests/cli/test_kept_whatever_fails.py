"""A finished run is kept whatever the streams and the fonts of its process are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from tests.cli.conftest import Call

UPTAKE = (sys.executable, "-m", "sim.cli")


def whole(folder: Path, *, figures: int) -> None:
    run = sim.open(folder)
    assert len(run.adoption) > 0
    assert len(run.manifest.figures.made) == figures


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    ("streams", "said"),
    [
        (">/dev/full", "the run is in mine, but standard output cannot be written: No space left"),
        (">/dev/full 2>/dev/full", ""),
        (">&-", ""),
        (">&- 2>&- <&-", ""),
    ],
)
def test_streams_that_cannot_be_written_cost_no_run(here: Path, streams: str, said: str) -> None:
    line = f"{' '.join(UPTAKE)} run village.yaml --until 2026-01-05 --no-figures --out mine"
    done = subprocess.run(
        f"exec {line} {streams}", shell=True, stderr=subprocess.PIPE, text=True, timeout=120
    )
    assert (done.returncode, done.stderr.count("\n")) == (0, 1 if said else 0)
    assert said in done.stderr
    whole(here / "mine", figures=0)


def test_bad_input_is_bad_input_when_nobody_can_be_told(here: Path) -> None:
    done = subprocess.run(
        f"exec {' '.join(UPTAKE)} run nowhere.yaml >&- 2>&-", shell=True, timeout=120
    )
    assert done.returncode == 2


#: As `uptake run`, with two figures only.
TWO = """
import sim.cli, sys
import sim.running.drawing as drawing
drawing.load_matplotlib()
import sim.figures
sim.figures.FIGURES = tuple(f for f in sim.figures.FIGURES if f.name in ("adoption", "quality"))
{more}
sim.cli.main(sys.argv[1:])
"""


def drawn(more: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", TWO.format(more=more), "run", "village.yaml", "--out", "mine"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("backend", ["nonsense", "module://not_installed.backend"])
def test_a_backend_that_is_not_installed_has_no_say(here: Path, backend: str) -> None:
    ended = drawn(MPLBACKEND=backend, PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, "")
    whole(here / "mine", figures=4)


def test_without_fonts_there_are_tables_and_one_line(here: Path) -> None:
    ended = drawn("import matplotlib.font_manager as f\nf.fontManager.ttflist.clear()")
    assert ended.returncode == 0
    assert ended.stderr.count("could not be drawn") == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    whole(here / "mine", figures=0)


def test_importing_the_figures_leaves_the_settings_of_matplotlib_alone() -> None:
    code = """
import matplotlib
before = dict(matplotlib.rcParams)
import sim.figures, sim.figures.network_drawing
assert dict(matplotlib.rcParams) == before
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_file_that_ends_too_soon_is_a_fault_and_no_interruption(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_: object, **__: object) -> None:
        raise EOFError("Ran out of input")

    monkeypatch.setattr("sim.running.play.simulate", short)
    ended = uptake("run", "village.yaml")
    assert ended.code == 1
    assert "Interrupted" not in ended.err
    assert "EOFError: Ran out of input" in ended.err


def test_a_folder_that_is_being_written_is_bad_input_before_the_work(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def simulate(*_: object, **__: object) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr("sim.running.play.simulate", simulate)
    holder = "import sys, sim.record.folder as f\nwith f.reserved('mine'): print(1, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", holder + "; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for options in ((), ("--checkpoint", "10d")):
            ended = uptake("run", "village.yaml", "--out", "mine", *options)
            assert ended.code == 2, ended.err
            assert "mine: another process is about to write it" in ended.err
        process.communicate(b"")
    assert sorted(entry.name for entry in here.iterdir()) == ["village.yaml"]
