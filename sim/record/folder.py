"""The run folder: written under a temporary name, renamed when whole, checked when opened.

A folder either stands under its final name with all tables in it, or it does not stand there at
all; `sim.record.partial` sees to that. Figures come after, and nothing that befalls them costs a
run.
"""

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sim.memory import give_back
from sim.record import partial
from sim.record.machine import peak_mb
from sim.record.manifest import FiguresEntry, FileEntry, Manifest, ParentEntry
from sim.record.partial import (
    TakenError,
    is_ours,
    make_parents,
    partial_folder,
    rename,
    rename_to_next,
    sweep,
    sync,
)
from sim.record.tables import (
    OPTIONAL,
    TableError,
    conform,
    empty,
    encoded,
    present,
)

RUNS = Path("runs")
MANIFEST = "manifest.json"
SCENARIO = "scenario.yaml"
FIGURES = "figures"
#: What the folder of a run has until it is finished, see `sim.record.unfinished`.
MARK = "unfinished.json"
CHECKPOINTS = "checkpoints"
#: Under which name the manifest tells why none of the figures was drawn.
ALL_FIGURES = "all"
_NOT_YET = "the run was stopped before they were drawn"

#: Draws into the folder that it is handed.
Draw = Callable[[Path], FiguresEntry]


class RunFolderError(Exception):
    """A run folder cannot be written or cannot be read; the text says which and why."""


@dataclass(frozen=True)
class RunFolder:
    """A whole run folder whose manifest has been read and whose data has been checked."""

    path: Path
    manifest: Manifest

    def table(self, name: str) -> Any:
        """The table `name` as a pyarrow Table; empty when the run has none of that optional
        name."""
        file = self.path / f"{name}.parquet"
        if name in OPTIONAL and file.name not in self.manifest.files:
            return empty(name)
        try:
            # Without the names, texts would be spelt out row by row before they are encoded again.
            return conform(name, pq.read_table(file, read_dictionary=encoded(name)))
        except (OSError, pa.ArrowException, TableError) as e:
            raise RunFolderError(f"{file}: cannot be read as the table `{name}` ({e})") from e

    @property
    def scenario_yaml(self) -> str:
        """The resolved scenario as YAML text."""
        try:
            return (self.path / SCENARIO).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as e:
            raise RunFolderError(f"{self.path / SCENARIO}: cannot be read ({e})") from e


def require_free(folder: str | os.PathLike[str]) -> Path:
    """`folder` as a path. Raises RunFolderError when something stands there already, and for a name
    that is swept up as unfinished.

    For asking before a long run; `write` asks again.
    """
    path = Path(folder)
    for part in path.parts:
        if is_ours(part):
            raise RunFolderError(
                f"{path}: `{part}` is a name of what is unfinished and would be swept up; choose "
                "another"
            )
    if path.exists() or path.is_symlink():
        raise RunFolderError(f"{path}: exists already; a run never overwrites, choose another name")
    return path


@contextlib.contextmanager
def reserved(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the name of a run that is about to be worked out, so that no other takes it meanwhile.

    Raises RunFolderError where something stands there or another process holds it, and OSError
    where nothing may be written.
    """
    path = require_free(folder)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(partial.reserved(path))
        except TakenError as e:
            raise RunFolderError(f"{path}: {e.strerror}; choose another name") from e
        require_free(path)  # who held it a moment ago may have finished
        yield


def write(
    manifest: Manifest,
    tables: Mapping[str, Any],
    scenario_yaml: str,
    folder: str | os.PathLike[str] | None = None,
    *,
    figures: Draw | None = None,
    runs: str | os.PathLike[str] = RUNS,
) -> RunFolder:
    """Write a run folder and return it as it stands.

    `folder` must not exist; without it the next free `<runs>/<scenario>-<n>` is taken, also when
    several processes ask at once. `figures`, when given, draws into the folder it is handed, once
    the run stands: what goes wrong then is told in the manifest and costs no run. Raises
    RunFolderError, and leaves nothing behind, when the disk or the file system refuses.
    """
    target = None if folder is None else require_free(folder)
    stem = stem_of(manifest.scenario.name, manifest.parent) if target is None else target.name
    if not stem:
        raise RunFolderError(f"{folder}: is not a name for a new folder")
    parent = Path(runs) if target is None else target.parent
    try:
        with contextlib.nullcontext() if target is None else reserved(target):
            born = make_parents(parent)
            sweep(parent)
            with partial_folder(parent, stem, born) as unfinished:
                whole = fill(unfinished, manifest, tables, scenario_yaml, figures is not None)
                if target is None:
                    path = rename_to_next(unfinished, parent, stem)
                else:
                    path = rename(unfinished, target)
        # The run stands; what follows only makes its name survive a power cut.
        with contextlib.suppress(OSError):
            sync(parent)
    except OSError as e:
        raise RunFolderError(refusal(parent / stem, e)) from e
    run = RunFolder(path, whole)
    return run if figures is None else illustrate(run, figures)


def fill(
    folder: Path,
    manifest: Manifest,
    tables: Mapping[str, Any],
    scenario_yaml: str,
    figures: bool,
) -> Manifest:
    """Write all of a run but its figures into an empty folder, the manifest last; the manifest as
    it was written. `figures` says that they are still to be drawn. Raises OSError."""
    began = time.perf_counter()
    for name in present(tables):
        _write_table(folder / f"{name}.parquet", conform(name, tables[name]))
    _write_bytes(folder / SCENARIO, scenario_yaml.encode())
    whole = manifest.model_copy(
        update={
            "status": "complete",
            "wall_s": round(manifest.wall_s + time.perf_counter() - began, 3),
            "peak_mb": peak_mb(),
            "figures": FiguresEntry(failed={ALL_FIGURES: _NOT_YET}) if figures else FiguresEntry(),
            "files": _entries(folder),
        }
    )
    _write_bytes(folder / MANIFEST, whole.to_json().encode())
    sync(folder)
    return whole


def illustrate(run: RunFolder, figures: Draw) -> RunFolder:
    """Draw the figures of a run that stands. What goes wrong is told in its manifest, where that
    can still be written, and costs nothing that the run gave."""
    try:
        return redraw(run, figures)
    except KeyboardInterrupt:
        said = f"interrupted; the tables are whole, `uptake plot {run.path}` draws the figures"
        raise KeyboardInterrupt(f"{run.path}: {said}") from None
    except Exception as e:
        cause = e.__cause__ if isinstance(e, RunFolderError) and e.__cause__ else e
        said = reason(cause) if isinstance(cause, OSError) else f"{type(cause).__name__}: {cause}"
        entry = FiguresEntry(failed={ALL_FIGURES: said})
        manifest = run.manifest.model_copy(update={"figures": entry})
        with contextlib.suppress(OSError):
            _replace_manifest(run.path, manifest)
        return RunFolder(run.path, manifest)


def redraw(run: RunFolder, figures: Draw) -> RunFolder:
    """Draw the figures of a finished run anew, into its own folder.

    The old ones stay until the new ones are whole. Raises RunFolderError as `write` does.
    """
    home = run.path / FIGURES
    began = time.perf_counter()
    try:
        sweep(run.path)
        with partial_folder(run.path, FIGURES) as unfinished:
            drawn = figures(unfinished)
            for file in _files(unfinished):
                sync(file)
            sync(unfinished)
            with _set_aside(home):
                rename(unfinished, home)
        spent = time.perf_counter() - began if ALL_FIGURES in run.manifest.figures.failed else 0.0
        manifest = run.manifest.model_copy(
            update={
                "figures": drawn,
                "files": _tables_of(run.manifest) | _entries(home, f"{FIGURES}/"),
                "wall_s": round(run.manifest.wall_s + spent, 3),
                "peak_mb": max(run.manifest.peak_mb or 0.0, peak_mb() or 0.0) or None,
            }
        )
        _replace_manifest(run.path, manifest)
    except OSError as e:
        raise RunFolderError(f"{home}: {reason(e)}; the tables are as they were") from e
    return RunFolder(run.path, manifest)


@contextlib.contextmanager
def _set_aside(home: Path) -> Iterator[None]:
    """Take a folder out of the way within, and put it back if that fails."""
    if not home.exists():
        yield
        return
    aside = home.with_name(f"{home.name}.{secrets.token_hex(6)}.partial")
    os.rename(home, aside)
    try:
        yield
    except BaseException:
        os.rename(aside, home)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _replace_manifest(folder: Path, manifest: Manifest) -> None:
    draft = folder / f"{MANIFEST}.{secrets.token_hex(6)}.partial"
    try:
        _write_bytes(draft, manifest.to_json().encode())
        os.replace(draft, folder / MANIFEST)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync(folder)


def _tables_of(manifest: Manifest) -> dict[str, FileEntry]:
    """What a manifest lists but figures."""
    return {n: e for n, e in manifest.files.items() if not n.startswith(f"{FIGURES}/")}


def stem_of(scenario: str, parent: ParentEntry | None) -> str:
    """What a run's folder is called where nobody said, but for the number: a fork after its
    parent."""
    if parent is None:
        return file_name(scenario)
    return file_name(f"{Path(parent.folder or scenario).name}-fork")


def file_name(scenario: str) -> str:
    """A scenario's name as that of a folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", scenario).strip(".-") or "run"


def refusal(path: Path, error: OSError) -> str:
    """What to say when the system refuses to write a run."""
    return f"{path}: {reason(error)}; nothing was kept"


def reason(error: OSError) -> str:
    """Why the system refuses to write, in a few words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no space left on the disk"
    if error.errno == errno.EEXIST:
        return "exists already; a run never overwrites, choose another name"
    return error.strerror or str(error)


def _write_table(file: Path, table: Any) -> None:
    # Through a Python file, so that a full disk shows as an OSError with its number.
    with file.open("xb") as stream:
        # Small row groups: the writer holds one in memory at a time.
        pq.write_table(
            table, stream, compression="zstd", write_statistics=True, row_group_size=131_072
        )
        stream.flush()
        os.fsync(stream.fileno())
    give_back()  # the writer's buffers are as large as the table


def _write_bytes(file: Path, content: bytes) -> None:
    with file.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _entries(folder: Path, prefix: str = "") -> dict[str, FileEntry]:
    return {
        prefix + file.relative_to(folder).as_posix(): FileEntry.of(file) for file in _files(folder)
    }
