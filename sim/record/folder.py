"""The run folder: written under a temporary name, renamed when whole, checked when opened.

A folder either stands under its final name with everything in it, or it does not stand there at
all; `sim.record.partial` sees to that.
"""

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from sim.memory import give_back
from sim.record.manifest import FORMAT, FiguresEntry, FileEntry, Manifest, peak_mb
from sim.record.partial import (
    is_partial,
    make_parents,
    partial_folder,
    rename,
    rename_to_next,
    sweep,
    sync,
)
from sim.record.tables import (
    NAMES,
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
    """`folder` as a path. Raises RunFolderError when something stands there already.

    For asking before a long run; `write` asks again.
    """
    path = Path(folder)
    if path.exists() or path.is_symlink():
        raise RunFolderError(f"{path}: exists already; a run never overwrites, choose another name")
    return path


def write(
    manifest: Manifest,
    tables: Mapping[str, Any],
    scenario_yaml: str,
    folder: str | os.PathLike[str] | None = None,
    *,
    figures: Callable[[Path], FiguresEntry] | None = None,
    runs: str | os.PathLike[str] = RUNS,
) -> RunFolder:
    """Write a run folder and return it as it stands.

    `folder` must not exist; without it the next free `<runs>/<scenario>-<n>` is taken, also when
    several processes ask at once. `figures`, when given, draws into the folder it is handed.
    Raises RunFolderError, and leaves nothing behind, when the disk or the file system refuses.
    """
    target = None if folder is None else require_free(folder)
    stem = _stem(manifest) if target is None else target.name
    if not stem:
        raise RunFolderError(f"{folder}: is not a name for a new folder")
    parent = Path(runs) if target is None else target.parent
    try:
        born = make_parents(parent)
        sweep(parent)
        with partial_folder(parent, stem, born) as partial:
            whole = fill(partial, manifest, tables, scenario_yaml, figures)
            if target is None:
                path = rename_to_next(partial, parent, stem)
            else:
                path = rename(partial, target)
        # The run stands; what follows only makes its name survive a power cut.
        with contextlib.suppress(OSError):
            sync(parent)
    except OSError as e:
        raise RunFolderError(refusal(parent / stem, e)) from e
    return RunFolder(path, whole)


def fill(
    partial: Path,
    manifest: Manifest,
    tables: Mapping[str, Any],
    scenario_yaml: str,
    figures: Callable[[Path], FiguresEntry] | None,
) -> Manifest:
    """Write all of a run into an empty folder, the manifest last; the manifest as it was written.
    Raises OSError."""
    began = time.perf_counter()
    for name in present(tables):
        _write_table(partial / f"{name}.parquet", conform(name, tables[name]))
    _write_bytes(partial / SCENARIO, scenario_yaml.encode())
    drawn = FiguresEntry()
    if figures is not None:
        (partial / FIGURES).mkdir()
        drawn = figures(partial / FIGURES)
        for file in _files(partial / FIGURES):
            sync(file)
        sync(partial / FIGURES)
    whole = manifest.model_copy(
        update={
            "status": "complete",
            "wall_s": round(manifest.wall_s + time.perf_counter() - began, 3),
            "peak_mb": peak_mb(),
            "figures": drawn,
            "files": _entries(partial),
        }
    )
    _write_bytes(partial / MANIFEST, whole.to_json().encode())
    sync(partial)
    return whole


def open_run(folder: str | os.PathLike[str], *, verify: bool = True) -> RunFolder:
    """The run in `folder`.

    With `verify` every data file is hashed against the manifest; figures are not, since they can be
    drawn anew. Raises RunFolderError when the folder is missing, unfinished, damaged, or written
    by a newer version.
    """
    path = Path(folder)
    if not path.exists():
        raise RunFolderError(f"{path}: no such folder")
    if not path.is_dir():
        raise RunFolderError(f"{path}: is a file; a run is a folder with a {MANIFEST}")
    if is_partial(path):
        raise RunFolderError(f"{path}: is unfinished; the run that wrote it was stopped")
    manifest = _read_manifest(path / MANIFEST)
    optional = (f"{name}.parquet" for name in OPTIONAL)
    needed = [*(f"{name}.parquet" for name in NAMES), SCENARIO]
    needed += [name for name in optional if name in manifest.files]
    for name in needed:
        if name not in manifest.files:
            raise RunFolderError(f"{path / MANIFEST}: does not list {name}; the run is incomplete")
        if not (path / name).is_file():
            raise RunFolderError(f"{path / name}: is missing; the run is incomplete")
        if verify and _entry(path / name) != manifest.files[name]:
            raise RunFolderError(
                f"{path / name}: is not what the run wrote; its hash differs from the manifest's"
            )
    return RunFolder(path, manifest)


def redraw(run: RunFolder, figures: Callable[[Path], FiguresEntry]) -> RunFolder:
    """Draw the figures of a finished run anew, into its own folder.

    The old ones stay until the new ones are whole. Raises RunFolderError as `write` does.
    """
    home = run.path / FIGURES
    try:
        with partial_folder(run.path, FIGURES) as partial:
            drawn = figures(partial)
            for file in _files(partial):
                sync(file)
            sync(partial)
            if home.exists():
                shutil.rmtree(home)
            rename(partial, home)
        manifest = run.manifest.model_copy(
            update={"figures": drawn, "files": _entries(run.path, leave_out=MANIFEST)}
        )
        draft = run.path / f"{MANIFEST}.{secrets.token_hex(6)}.partial"
        try:
            _write_bytes(draft, manifest.to_json().encode())
            os.replace(draft, run.path / MANIFEST)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        sync(run.path)
    except OSError as e:
        raise RunFolderError(refusal(home, e)) from e
    return RunFolder(run.path, manifest)


def _stem(manifest: Manifest) -> str:
    """What a run's folder is called where nobody said, but for the number: a fork after its
    parent."""
    parent = manifest.parent
    if parent is None:
        return file_name(manifest.scenario.name)
    return file_name(f"{Path(parent.folder or manifest.scenario.name).name}-fork")


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


def _read_manifest(file: Path) -> Manifest:
    try:
        text = file.read_bytes()
    except FileNotFoundError as e:
        if (file.parent / MARK).is_file():
            said = f"is unfinished; `uptake resume {file.parent}` goes on with it"
            raise RunFolderError(f"{file.parent}: {said}") from e
        raise RunFolderError(f"{file.parent}: is not a run folder; it has no {MANIFEST}") from e
    except OSError as e:
        raise RunFolderError(f"{file}: cannot be read ({e.strerror})") from e
    import json

    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise RunFolderError(f"{file}: is damaged; it is not JSON ({e})") from e
    version = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise RunFolderError(
            f"{file}: has format {version}, this version reads up to {FORMAT}; update uptake"
        )
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "top"
        raise RunFolderError(f"{file}: is damaged; `{where}`: {first['msg']}") from e
    if manifest.status != "complete":
        raise RunFolderError(f"{file}: has the status `{manifest.status}`; the run is incomplete")
    return manifest


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


def _entries(folder: Path, leave_out: str | None = None) -> dict[str, FileEntry]:
    return {
        file.relative_to(folder).as_posix(): _entry(file)
        for file in _files(folder)
        if file.name != leave_out
    }


def _entry(file: Path) -> FileEntry:
    try:
        return FileEntry.of(file)
    except OSError as e:
        raise RunFolderError(f"{file}: cannot be read ({e.strerror})") from e
