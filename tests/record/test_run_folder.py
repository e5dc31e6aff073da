"""Run folders: whole or absent, never overwritten, and checked when opened."""

import contextlib
import errno
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sim.record import folder as folders
from sim.record import partial
from sim.record.folder import RunFolder, RunFolderError, require_free, write
from sim.record.machine import peak_mb, revision
from sim.record.manifest import Manifest
from sim.record.opening import open_run
from sim.record.partial import sweep
from sim.record.sealing import sealed
from sim.running.run import Run
from tests.record.synthetic import outcome

FILES = {"manifest.json", "scenario.yaml", "adoption.parquet", "market.parquet", "events.parquet"}


@pytest.fixture(scope="module")
def run() -> Run:
    return Run.of(outcome(days=30, features=2))


def put(run: Run, folder: Path | None = None, **options: Any) -> RunFolder:
    tables = {name: run.record.table(name) for name in ("adoption", "market", "events")}
    return write(run.manifest, tables, run.scenario_yaml, folder, **options)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_a_whole_folder_opens_with_what_was_written(run: Run, tmp_path: Path) -> None:
    written = put(run, tmp_path / "a")
    assert names(tmp_path) == {"a"}
    assert names(written.path) == FILES
    opened = open_run(written.path)
    assert opened.manifest == written.manifest
    assert opened.manifest.status == "complete"
    assert opened.scenario_yaml == run.scenario_yaml
    for name in ("adoption", "market", "events"):
        assert opened.table(name).equals(run.record.table(name))


def test_the_manifest_says_what_made_the_run_and_what_it_cost(run: Run, tmp_path: Path) -> None:
    raw = json.loads((put(run, tmp_path / "a").path / "manifest.json").read_text())
    assert raw["format"] == 1
    assert raw["scenario"] == {
        "name": "hybrid",
        "title": "Small models open, the largest closed",
        "digest": "ab" * 32,
        "altered": [],
    }
    assert (raw["seed"], raw["engine"], raw["ticks"]) == (1, "cohorts", 30)
    assert raw["started"].endswith("Z")
    assert raw["wall_s"] >= raw["engine_s"] == 1.5
    assert set(raw["packages"]) >= {"numpy", "pandas", "pyarrow"}
    assert raw["evidence"] == {"inputs": 84, "assumed": 63, "calibrated": False}
    assert set(raw["files"]) == FILES - {"manifest.json"}


def test_peak_memory_is_that_of_this_process_in_units_of_a_million_bytes() -> None:
    resource = pytest.importorskip("resource")
    peak = peak_mb()
    assert peak is not None
    # the system's own count is in 1024 bytes here, and includes what a parent had
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.platform != "darwin":
        assert 10.0 < peak <= most * 1.024e-3 * 1.02


def test_columns_have_explicit_types_and_strings_are_dictionaries(run: Run, tmp_path: Path) -> None:
    schema = pq.read_schema(put(run, tmp_path / "a").path / "adoption.parquet")
    assert [(f.name, str(f.type)) for f in schema] == [
        ("day", "int32"),
        ("date", "date32[day]"),
        *(
            (name, "dictionary<values=string, indices=int32, ordered=0>")
            for name in ("feature", "platform", "segment", "metric")
        ),
        ("value", "double"),
    ]
    codec = pq.ParquetFile(tmp_path / "a" / "market.parquet").metadata.row_group(0).column(0)
    assert codec.compression == "ZSTD"


def test_days_that_are_not_whole_stay_fractions(tmp_path: Path) -> None:
    run = Run.of(outcome(days=10, features=1, tick=0.5))
    assert str(run.record.table("adoption").schema.field("day").type) == "double"
    assert run.record.adoption("mau").day[1] == 0.5


def test_folders_are_numbered_after_the_highest_in_use(run: Run, tmp_path: Path) -> None:
    assert put(run, runs=tmp_path).path.name == "hybrid-1"
    (tmp_path / "hybrid-7").mkdir()
    (tmp_path / "hybrid-x").mkdir()
    (tmp_path / "hybrid").mkdir()
    assert put(run, runs=tmp_path).path.name == "hybrid-8"


def _many(folder: str, count: int) -> None:
    run = Run.of(outcome(days=5, features=1, events=False))
    for _ in range(count):
        put(run, runs=Path(folder))


def test_two_processes_at_once_take_different_numbers(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_many, args=(str(tmp_path), 8)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert names(tmp_path) == {f"hybrid-{n}" for n in range(1, 17)}
    for folder in tmp_path.iterdir():
        open_run(folder)


@pytest.mark.parametrize("kind", ["full", "empty", "file", "dangling link"])
def test_nothing_that_stands_there_is_overwritten(run: Run, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "mine"
    if kind == "file":
        target.write_text("kept")
    elif kind == "dangling link":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.mkdir()
        if kind == "full":
            (target / "kept").write_text("kept")
    with pytest.raises(RunFolderError, match="exists already"):
        require_free(target)
    with pytest.raises(RunFolderError, match="exists already"):
        put(run, target)
    assert names(tmp_path) == {"mine"}


def test_a_folder_that_appears_while_writing_is_not_overwritten(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_: Any) -> Any:
        (tmp_path / "mine").mkdir()
        return run.manifest

    monkeypatch.setattr(folders, "fill", meanwhile)
    with pytest.raises(RunFolderError, match="exists already"):
        put(run, tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []
    assert names(tmp_path) == {"mine"}


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("may not mount here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small file system")
def test_on_a_full_disk_nothing_is_left(tmp_path: Path) -> None:
    run = Run.of(outcome(days=60))
    with small_disk(tmp_path, "64k"):
        with pytest.raises(RunFolderError, match="no space left on the disk"):
            put(run, tmp_path / "new" / "mine")
        assert names(tmp_path) == set()


def test_a_disk_that_fills_up_at_any_step_leaves_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    real = os.fsync
    for allowed in range(6):
        left = iter(range(allowed))

        def fsync(handle: int, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise full
            real(handle)

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(RunFolderError, match="no space left on the disk; nothing was kept"):
            put(run, tmp_path / "runs" / "mine")
        assert names(tmp_path) == set()


def test_an_interrupt_leaves_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(folders, "_write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(run, tmp_path / "mine")
    assert names(tmp_path) == set()


def test_a_place_that_may_not_be_written_is_an_error_with_its_name(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match=r"file.mine"):
        put(run, tmp_path / "file" / "mine")


KILLED = """
import os, sys
from pathlib import Path
from sim.record.partial import partial_folder
with partial_folder(Path(sys.argv[1]), "hybrid") as folder:
    (folder / "adoption.parquet").write_text("half")
    print(folder, flush=True)
    if sys.argv[2] == "die":
        os.kill(os.getpid(), 9)
    sys.stdin.read()
"""


def _writer(parent: Path, fate: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, str(parent), fate],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(partial.__file__).parents[2],
    )


@pytest.mark.skipif(os.name == "nt", reason="needs file locks")
def test_what_a_killed_process_left_is_swept_up_and_what_a_living_one_writes_is_not(
    run: Run, tmp_path: Path
) -> None:
    dead, alive = _writer(tmp_path, "die"), _writer(tmp_path, "wait")
    folders_left = []
    for process in (dead, alive):
        assert process.stdout is not None
        folders_left.append(Path(process.stdout.readline().strip()))
    dead.communicate()
    long_ago = time.time() - 3600
    for folder in folders_left:
        assert folder.name.startswith("hybrid.")
        assert folder.name.endswith(".partial")
        with pytest.raises(RunFolderError, match="unfinished"):
            open_run(folder)
    try:
        assert sweep(tmp_path) == []  # too young to tell
        for folder in folders_left:
            os.utime(folder, (long_ago, long_ago))
        (tmp_path / "notes.partial").mkdir()  # not one of ours
        os.utime(tmp_path / "notes.partial", (long_ago, long_ago))
        put(run, tmp_path / "mine")
        assert names(tmp_path) == {"mine", "notes.partial", folders_left[1].name}
    finally:
        alive.communicate("")


def test_what_cannot_be_opened_says_why(run: Run, tmp_path: Path) -> None:
    def message(folder: Path) -> str:
        with pytest.raises(RunFolderError) as caught:
            open_run(folder)
        return str(caught.value)

    whole = put(run, tmp_path / "whole").path

    def broken(name: str) -> Path:
        return Path(shutil.copytree(whole, tmp_path / name))

    def edit(folder: Path, **changes: Any) -> Path:
        file = folder / "manifest.json"
        content = json.loads(file.read_text()) | changes
        content.pop("digest")
        file.write_text(sealed(content))
        return folder

    assert message(tmp_path / "none").endswith("none: no such folder")
    (tmp_path / "file").write_text("")
    assert "is a file" in message(tmp_path / "file")
    (tmp_path / "other").mkdir()
    assert "not a run folder" in message(tmp_path / "other")
    assert "format 2" in message(edit(broken("newer"), format=2))
    assert "`seed`" in message(edit(broken("seed"), seed="many"))
    assert "incomplete" in message(edit(broken("status"), status="in memory"))
    assert "does not list" in message(edit(broken("unlisted"), files={}))
    assert "damaged" in message(edit(broken("old"), format=0))

    folder = broken("missing")
    (folder / "market.parquet").unlink()
    assert "market.parquet: is missing" in message(folder)

    folder = broken("changed")
    with (folder / "adoption.parquet").open("r+b") as stream:
        stream.seek(100)
        stream.write(b"\0\0\0\0")
    assert "adoption.parquet: is not what the run wrote" in message(folder)

    for number, text in enumerate(["", "{", "[]", '{"format": true}', "[" * 100_000]):
        folder = broken(f"json-{number}")
        (folder / "manifest.json").write_text(text)
        assert "damaged" in message(folder)


def test_equal_manifests_give_equal_text_and_read_back(run: Run) -> None:
    text = run.manifest.to_json()
    again = Manifest.of_json(text)
    assert again == run.manifest
    assert again.to_json() == text


def test_scenario_names_cannot_lead_out_of_the_runs_folder(tmp_path: Path) -> None:
    run = Run.of(outcome(days=5, features=1, name="../../etc/x"))
    path = put(run, runs=tmp_path / "runs").path
    assert path.parent == tmp_path / "runs"
    assert path.name == "etc-x-1"


def test_the_revision_is_the_commit_of_the_checkout(tmp_path: Path) -> None:
    assert revision(tmp_path) is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    try:
        subprocess.run([*git, "init", "-q"], check=True)
    except FileNotFoundError:
        pytest.skip("no git here")
    assert revision(tmp_path) is None  # nothing committed
    (tmp_path / "a").write_text("1")
    subprocess.run([*git, "add", "a"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    commit = revision(tmp_path)
    assert commit is not None
    assert len(commit) == 40
    (tmp_path / "a").write_text("2")
    assert revision(tmp_path) == f"{commit}+changes"


def test_folders_are_named_in_one_place() -> None:
    assert Path("runs") == folders.RUNS
