"""A run that stands is kept whatever befalls its figures, and its name is held while it is made."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.record import partial
from sim.record.folder import RunFolder, RunFolderError, redraw, require_free, reserved, write
from sim.record.manifest import FiguresEntry
from sim.record.opening import open_run
from sim.record.partial import sweep
from sim.running.run import Run
from tests.record.synthetic import outcome

TABLES = {"manifest.json", "scenario.yaml", "adoption.parquet", "market.parquet", "events.parquet"}


@pytest.fixture(scope="module")
def run() -> Run:
    return Run.of(outcome(days=10, features=1))


def put(run: Run, folder: Path, figures: Any = None) -> RunFolder:
    tables = {name: run.record.table(name) for name in ("adoption", "market", "events")}
    return write(run.manifest, tables, run.scenario_yaml, folder, figures=figures)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def failing(error: BaseException) -> Callable[[Path], FiguresEntry]:
    def draw(folder: Path) -> FiguresEntry:
        (folder / "half.png").write_text("half")
        raise error

    return draw


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on the disk"),
        (ModuleNotFoundError("No module named 'matplotlib'"), "ModuleNotFoundError: No module"),
        (FileNotFoundError(errno.ENOENT, "No such file", "DejaVuSans.ttf"), "No such file"),
        (MemoryError(), "MemoryError"),
    ],
    ids=["full disk", "no matplotlib", "no fonts", "memory"],
)
def test_a_run_whose_figures_fail_is_whole_and_says_why(
    run: Run, tmp_path: Path, error: Exception, said: str
) -> None:
    kept = put(run, tmp_path / "mine", failing(error))
    assert said in kept.manifest.figures.failed["all"]
    assert names(kept.path) == TABLES
    assert open_run(kept.path).manifest == kept.manifest


def test_the_tables_stand_before_the_first_figure_is_drawn(run: Run, tmp_path: Path) -> None:
    seen: list[FiguresEntry] = []

    def draw(folder: Path) -> FiguresEntry:
        seen.append(open_run(tmp_path / "mine").manifest.figures)
        (folder / "a.png").write_text("whole")
        return FiguresEntry(made=("a.png",))

    kept = put(run, tmp_path / "mine", draw)
    assert seen == [FiguresEntry(failed={"all": "the run was stopped before they were drawn"})]
    assert open_run(kept.path).manifest.figures.made == ("a.png",)
    assert names(kept.path) == TABLES | {"figures"}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_stopped_at_its_figures_a_run_is_whole(
    run: Run, tmp_path: Path, stop: type[BaseException]
) -> None:
    with pytest.raises(stop) as caught:
        put(run, tmp_path / "mine", failing(stop()))
    assert names(tmp_path / "mine") == TABLES
    assert "stopped before" in open_run(tmp_path / "mine").manifest.figures.failed["all"]
    if stop is KeyboardInterrupt:
        assert "`uptake plot" in str(caught.value)


def test_figures_that_cannot_be_drawn_again_leave_the_old_ones(run: Run, tmp_path: Path) -> None:
    def draw(folder: Path) -> FiguresEntry:
        (folder / "a.png").write_text("whole")
        return FiguresEntry(made=("a.png",))

    kept = put(run, tmp_path / "mine", draw)
    with pytest.raises(RunFolderError, match="no space left on the disk; the tables are as they"):
        redraw(kept, failing(OSError(errno.ENOSPC, "full")))
    assert names(kept.path / "figures") == {"a.png"}
    assert open_run(kept.path).manifest == kept.manifest


@pytest.mark.parametrize("name", ["x.0123456789ab.partial", "x.0123456789ab.reserved"])
def test_names_that_are_swept_up_are_refused(run: Run, tmp_path: Path, name: str) -> None:
    for path in (tmp_path / name, tmp_path / name / "run"):
        with pytest.raises(RunFolderError, match="would be swept up"):
            require_free(path)
        with pytest.raises(RunFolderError, match="would be swept up"):
            put(run, path)
    assert names(tmp_path) == set()


@pytest.mark.parametrize("years", [-1, 1], ids=["old", "from the future"])
def test_what_nobody_writes_is_swept_up_whatever_its_date(tmp_path: Path, years: int) -> None:
    left, held = tmp_path / "a.0123456789ab.partial", tmp_path / "b.0123456789ab.reserved"
    left.mkdir()
    held.touch()
    when = time.time() + years * 31_536_000
    for entry in (left, held):
        os.utime(entry, (when, when))
    assert sweep(tmp_path) == [left, held]


HOLDER = """
import sys
from pathlib import Path
from sim.record.folder import reserved
with reserved(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="needs file locks")
def test_a_name_is_held_until_its_holder_ends_or_is_killed(run: Run, tmp_path: Path) -> None:
    for killed in (True, False):
        with subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path / "mine")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(partial.__file__).parents[2],
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(RunFolderError, match="another process is about to write it"):
                put(run, tmp_path / "mine")
            with reserved(tmp_path / "other"):
                pass
            if killed:
                holder.kill()
            else:
                holder.communicate(b"")
    put(run, tmp_path / "mine")
    assert names(tmp_path) == {"mine"}


def test_a_name_may_be_as_long_as_the_system_allows(run: Run, tmp_path: Path) -> None:
    longest = "é" * 120 + "x" * 15
    with reserved(tmp_path / longest):
        put(run, tmp_path / longest)
    assert names(tmp_path) == {longest}


def test_a_place_that_was_made_to_hold_a_name_goes_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), reserved(tmp_path / "new" / "deep" / "mine"):
        raise ZeroDivisionError
    assert names(tmp_path) == set()


def test_an_edited_manifest_is_refused_with_what_is_wrong(run: Run, tmp_path: Path) -> None:
    whole = put(run, tmp_path / "whole").path

    def refused(**changes: Any) -> str:
        folder = tmp_path / "edited"
        shutil.copytree(whole, folder)
        file = folder / "manifest.json"
        content = json.loads(file.read_text())
        for path, value in changes.items():
            *above, last = path.split("__")
            part = content
            for key in above:
                part = part[key]
            part[last] = value
        file.write_text(json.dumps(content))
        with pytest.raises(RunFolderError) as caught:
            open_run(folder)
        shutil.rmtree(folder)
        said = str(caught.value)
        assert said.startswith(f"{folder / 'manifest.json'}: ")
        return said

    none = "0" * 64
    for field, value in {
        "seed": -1,
        "ticks": "30",
        "people": 2**63,
        "engine": "magic",
        "end": "1999-01-01",
        "started": "yesterday",
        "wall_s": -0.5,
        "peak_mb": "much",
        "scenario__digest": "abc",
        "evidence__assumed": 1e9,
        "figures__made": ["../../etc/passwd"],
        "more": 1,
    }.items():
        where = "top" if field == "end" else field.replace("__", ".")
        assert f"is damaged; `{where}" in refused(**{field: value}), field
    assert "is damaged; `plan`" in refused(plan={"every": -1})
    assert "was edited: its own digest differs" in refused(seed=2)
    assert "was edited: its own digest differs" in refused(scenario__title="Another")
    assert "was edited: its own digest differs" in refused(digest=none)
    assert "was edited: its own digest differs" in refused(
        files__notes={"bytes": 1, "sha256": none}
    )
