"""A run that is kept as it goes can be gone on with, whatever stops it."""

import errno
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from sim.record import folder as folders
from sim.record import unfinished as unfinished_module
from sim.record.folder import RunFolderError
from sim.record.manifest import FileEntry
from sim.record.partial import locked
from sim.running import checkpoint as checkpoint_module
from sim.running.keeping import Paused
from sim.running.play import Stages, play_kept, resume
from sim.running.run import Run
from sim.running.simulation import simulate
from tests.running.test_checkpoints import village
from tests.running.whole import digests

NOBODY = Stages()
WHOLE: dict[str, str] = {}


def whole() -> dict[str, str]:
    """What the run gives that nobody stops."""
    if not WHOLE:
        WHOLE.update(digests(simulate(village()).tables))
    return WHOLE


def kept(folder: Path, *, stages: Stages = NOBODY, every: float = 10.0, **more: Any) -> Run:
    return play_kept(village(), folder, every=every, figures=False, stages=stages, **more)


def at(day: float, act: Callable[[], object]) -> Stages:
    """Do something when that day is reached, once."""
    done: list[float] = []

    def reached(now: float, _: float) -> None:
        if now >= day and not done:
            done.append(now)
            act()

    return Stages(reached)


def days(folder: Path) -> list[float]:
    return [each.day for each in checkpoint_module.checkpoints(folder / "checkpoints")]


def gives_the_whole(run: Run) -> None:
    assert digests({n: run.record.table(n) for n in whole()}) == whole()
    assert run.folder is not None
    assert sorted(file.name for file in run.folder.iterdir()) == [
        "adoption.parquet", "events.parquet", "manifest.json", "market.parquet",
        "retention.parquet", "scenario.yaml",
    ]  # fmt: skip
    Run.open(run.folder)
    assert [entry.name for entry in run.folder.parent.iterdir()] == [run.folder.name]


class Killed(BaseException):
    """As near to kill -9 as a test comes: nobody catches it."""


def killed() -> NoReturn:
    raise Killed


def stop(number: int) -> Callable[[], object]:
    return lambda: signal.raise_signal(signal.Signals(number))


def test_a_run_that_nobody_stops(tmp_path: Path) -> None:
    gives_the_whole(kept(tmp_path / "run"))


def test_all_checkpoints_are_kept_where_asked_for(tmp_path: Path) -> None:
    kept(tmp_path / "run", keep=True)
    assert days(tmp_path / "run") == [10.0, 20.0, 30.0, 40.0, 50.0]


@pytest.mark.parametrize("every", [7.5, 25.0, 59.5, 1000.0])
def test_any_time_between_two(tmp_path: Path, every: float) -> None:
    with pytest.raises(Killed):
        kept(tmp_path / "run", every=every, stages=at(33.0, killed))
    last = {7.5: 30.0, 25.0: 25.0}.get(every)
    assert days(tmp_path / "run") == ([] if last is None else [last])
    gives_the_whole(resume(tmp_path / "run"))


def test_more_often_than_there_are_ticks(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        kept(tmp_path / "run", every=0.3, keep=True, stages=at(5.0, killed))
    assert days(tmp_path / "run") == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_stopped_again_and_again(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        kept(tmp_path / "run", stages=at(15.0, killed))
    for day in (3.0, 25.0, 36.0):
        with pytest.raises(Killed):
            resume(tmp_path / "run", stages=at(day, killed))
    gives_the_whole(resume(tmp_path / "run"))


@pytest.mark.parametrize(
    ("number", "day"), [(signal.SIGTERM, 0.0), (signal.SIGTERM, 33.0), (signal.SIGINT, 10.0)]
)
def test_asked_to_stop_it_writes_where_it_is(tmp_path: Path, number: int, day: float) -> None:
    folder = tmp_path / "run"
    before = signal.getsignal(number)
    with pytest.raises(Paused, match=f"stopped at 2026-.*; `uptake resume {folder}`") as caught:
        kept(folder, stages=at(day, stop(number)))
    assert signal.getsignal(number) == before
    assert (caught.value.signal_number, days(folder)) == (number, [day])
    gives_the_whole(resume(folder))


def test_asked_twice_it_ends_at_once_and_says_from_when_it_can_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def twice() -> None:
        stop(signal.SIGINT)()
        stop(signal.SIGINT)()

    with pytest.raises(KeyboardInterrupt, match=r"interrupted; `uptake resume .* from 2026-01-31"):
        kept(folder, stages=at(33.0, twice))
    assert days(folder) == [30.0]
    gives_the_whole(resume(folder))


def full(*_: Any, **__: Any) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def cut_off(stream: Any, **_: Any) -> NoReturn:
    stream.write(b"PK")
    full()


@pytest.mark.parametrize(
    ("where", "name", "fault"),
    [
        (np, "savez", cut_off),
        (Path, "write_text", full),
        (FileEntry, "of", full),
        (checkpoint_module, "sync", full),
        (checkpoint_module, "rename", full),
        (checkpoint_module, "partial_folder", full),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_full_disk_leaves_the_checkpoint_before(
    tmp_path: Path, where: Any, name: str, fault: Any
) -> None:
    folder = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        fill = at(13.0, lambda: patch.setattr(where, name, fault))
        with pytest.raises(RunFolderError) as caught:
            kept(folder, stages=fill)
    said = f"no space left on the disk; `uptake resume {folder}` goes on from 2026-01-11"
    assert str(caught.value) == f"{folder / 'checkpoints'}: {said}"
    assert [each.name for each in (folder / "checkpoints").iterdir()] == ["day-00010-00"]
    gives_the_whole(resume(folder))


def test_a_checkpoint_that_was_being_written_or_removed_when_killed_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(Killed):
        kept(folder, stages=at(33.0, killed))
    (whole_one,) = (folder / "checkpoints").iterdir()
    shutil.copytree(whole_one, folder / "checkpoints" / "day-00040-00.0123456789ab.partial")
    shutil.copytree(whole_one, folder / "checkpoints" / "day-00020-00")
    (folder / "checkpoints" / "day-00020-00" / "checkpoint.json").unlink()
    with pytest.raises(Killed):
        resume(folder, stages=at(36.0, killed))
    assert [each.name for each in (folder / "checkpoints").iterdir()] == ["day-00030-00"]
    gives_the_whole(resume(folder))


@pytest.mark.parametrize("moved", [0, 3, 5])
def test_a_run_that_was_killed_while_its_results_were_moved_in(tmp_path: Path, moved: int) -> None:
    folder, count = tmp_path / "run", list[Path]()
    take = unfinished_module.Unfinished._take

    def counted(self: Any, entry: Path) -> None:
        if len(count) == moved:
            raise Killed
        count.append(entry)
        take(self, entry)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unfinished_module.Unfinished, "_take", counted)
        with pytest.raises(Killed):
            kept(folder)
    with pytest.raises(RunFolderError, match="is unfinished; `uptake resume"):
        Run.open(folder)
    gives_the_whole(resume(folder))


def test_results_that_find_no_room_can_be_written_later(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "fill", full)
        said = f"{folder}: no space left on the disk; `uptake resume {folder}` goes on with it"
        with pytest.raises(RunFolderError) as caught:
            kept(folder)
    assert str(caught.value) == said
    gives_the_whole(resume(folder))


@pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")
def test_a_run_that_another_process_is_at_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(Killed):
        kept(folder, stages=at(33.0, killed))
    with locked(folder), pytest.raises(RunFolderError, match="another process is at work on this"):
        resume(folder)
    gives_the_whole(resume(folder))


def test_what_cannot_be_resumed_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(RunFolderError, match="run: no such folder"):
        resume(folder)
    kept(folder)
    with pytest.raises(RunFolderError, match="run: is finished; there is nothing to resume"):
        resume(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunFolderError, match="is not a run that can be resumed"):
        resume(tmp_path / "empty")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format": 2}', "\xff"], ids=["empty", "{}", "[]", "format", "odd"]
)
def test_a_mark_that_is_damaged_is_named(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "run"
    with pytest.raises(Killed):
        kept(folder, stages=at(33.0, killed))
    (folder / "unfinished.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(RunFolderError, match=r"unfinished.json: is damaged \("):
        resume(folder)


def test_another_scenario_in_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(Killed):
        kept(folder, stages=at(33.0, killed))
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    (folder / "scenario.yaml").write_text(text.replace("0.01", "0.02"), encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"scenario.yaml: was changed since the run began"):
        resume(folder)


def test_nothing_is_left_of_a_run_that_cannot_begin(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(RunFolderError, match="taken: exists already"):
        kept(tmp_path / "taken")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_the_mark_tells_how_the_run_is_carried_out(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        kept(tmp_path / "run", stages=at(3.0, killed), plan="weekly", keep=True)
    mark = json.loads((tmp_path / "run" / "unfinished.json").read_text(encoding="utf-8"))
    assert (mark["every"], mark["keep"], mark["plan"]["every"]) == (10.0, True, 7.0)
    assert resume(tmp_path / "run").manifest.plan["every"] == 7.0
