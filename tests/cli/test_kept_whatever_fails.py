"""A finished run is kept whatever the streams and the fonts of its process are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from tests.cli.conftest import Call

UPTAKE = (sys.executable, "-m", "sim.cli")
#: What is started elsewhere runs this checkout, and no package that is installed.
HERE = {
    **os.environ,
    "PYTHONPATH": str(Path(sim.__file__).parents[1]),
    "UPTAKE_COMPILED": "0",  # a short run is over before a compiler is imported
}


def whole(folder: Path, *, figures: int) -> None:
    run = sim.open(folder)
    assert len(run.adoption) > 0
    assert len(run.manifest.figures.made) == figures


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    ("streams", "said"),
    [
        (">/dev/full", "the run is in mine, but standard output cannot be written: No space left"),
        (">&- 2>&- <&-", ""),
    ],
)
def test_streams_that_cannot_be_written_cost_no_run(here: Path, streams: str, said: str) -> None:
    line = f"{' '.join(UPTAKE)} run village.yaml --until 2026-01-05 --no-figures --out mine"
    done = subprocess.run(
        f"exec {line} {streams}",
        shell=True,
        stderr=subprocess.PIPE,
        text=True,
        env=HERE,
        timeout=120,
    )
    assert (done.returncode, done.stderr.count("\n")) == (0, 1 if said else 0)
    assert said in done.stderr
    whole(here / "mine", figures=0)


def test_bad_input_is_bad_input_when_nobody_can_be_told(here: Path) -> None:
    done = subprocess.run(
        f"exec {' '.join(UPTAKE)} run nowhere.yaml >&- 2>&-", shell=True, env=HERE, timeout=120
    )
    assert done.returncode == 2


#: As `uptake run`, with two figures only.
TWO = """
import sim.cli, sys
import sim.running.drawing as drawing
drawing.load_matplotlib()
import sim.figures
sim.figures.FIGURES = tuple(f for f in sim.figures.FIGURES if f.name in ("adoption", "quality"))
sim.cli.main(sys.argv[1:])
"""


def drawn(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", TWO, "run", "village.yaml", "--out", "mine"],
        env=HERE | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_backend_that_is_not_installed_has_no_say(here: Path) -> None:
    """Nor has a stream that can show ASCII only."""
    ended = drawn(MPLBACKEND="nonsense", PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, "")
    whole(here / "mine", figures=4)


def test_figures_that_fail_alike_are_told_in_one_line(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_fonts(*_: object) -> None:
        raise RuntimeError("no font is there")

    monkeypatch.setattr("sim.figures.save", no_fonts)
    ended = uptake("run", "village.yaml", "--until", "2026-01-05", "--out", "mine")
    assert ended.code == 0
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("Warning: the figures `adoption`, ")
    assert ended.err.endswith("could not be drawn: RuntimeError: no font is there\n")
    whole(here / "mine", figures=0)


def test_importing_the_figures_leaves_the_settings_of_matplotlib_alone() -> None:
    code = """
import matplotlib
before = dict(matplotlib.rcParams)
import sim.figures, sim.figures.network_drawing
assert dict(matplotlib.rcParams) == before
"""
    subprocess.run([sys.executable, "-c", code], check=True, env=HERE, timeout=60)


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
        env=HERE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for options in ((), ("--checkpoint", "10d")):
            ended = uptake("run", "village.yaml", "--out", "mine", *options)
            assert ended.code == 2, ended.err
            assert "mine: another process is about to write it" in ended.err
        process.communicate(b"")
    assert sorted(entry.name for entry in here.iterdir()) == ["village.yaml"]
