"""Opening a run folder: everything that it holds is checked before any of it is believed."""

import os
from pathlib import Path

from sim.record.folder import MANIFEST, MARK, SCENARIO, RunFolder, RunFolderError
from sim.record.manifest import FileEntry, Manifest, ManifestError
from sim.record.partial import is_partial
from sim.record.tables import NAMES, OPTIONAL

__all__ = ["open_run"]

_TABLE = ".parquet"


def open_run(folder: str | os.PathLike[str], *, verify: bool = True) -> RunFolder:
    """The run in `folder`.

    With `verify` every data file is hashed against the manifest; figures are not, since they can be
    drawn anew. Raises RunFolderError when the folder is missing, unfinished, damaged, edited, or
    written by a newer version.
    """
    path = Path(folder)
    if not path.exists():
        raise RunFolderError(f"{path}: no such folder")
    if not path.is_dir():
        raise RunFolderError(f"{path}: is a file; a run is a folder with a {MANIFEST}")
    if is_partial(path):
        raise RunFolderError(f"{path}: is unfinished; the run that wrote it was stopped")
    manifest = _read_manifest(path / MANIFEST)
    tables = [name.removesuffix(_TABLE) for name in manifest.files if name.endswith(_TABLE)]
    for name in (SCENARIO, *(f"{name}{_TABLE}" for name in NAMES)):
        if name not in manifest.files:
            raise RunFolderError(f"{path / MANIFEST}: does not list {name}; the run is incomplete")
    for name in tables:
        if name not in NAMES + OPTIONAL:
            raise RunFolderError(
                f"{path / MANIFEST}: lists {name}{_TABLE}, which is no table of a run"
            )
    for name in (SCENARIO, *(f"{name}{_TABLE}" for name in tables)):
        file = path / name
        if not file.is_file():
            said = "is not a file" if file.exists() else "is missing"
            raise RunFolderError(f"{file}: {said}; the run is incomplete")
        if verify and _entry(file) != manifest.files[name]:
            raise RunFolderError(
                f"{file}: is not what the run wrote; its hash differs from the manifest's"
            )
    return RunFolder(path, manifest)


def _read_manifest(file: Path) -> Manifest:
    if not file.is_file():
        if file.exists() or file.is_symlink():
            raise RunFolderError(f"{file}: is not a file")
        if (file.parent / MARK).is_file():
            said = f"is unfinished; `uptake resume {file.parent}` goes on with it"
            raise RunFolderError(f"{file.parent}: {said}")
        raise RunFolderError(f"{file.parent}: is not a run folder; it has no {MANIFEST}")
    try:
        manifest = Manifest.of_json(file.read_bytes())
    except OSError as e:
        raise RunFolderError(f"{file}: cannot be read ({e.strerror})") from e
    except ManifestError as e:
        raise RunFolderError(f"{file}: {e}") from e
    if manifest.status != "complete":
        raise RunFolderError(f"{file}: has the status `{manifest.status}`; the run is incomplete")
    return manifest


def _entry(file: Path) -> FileEntry:
    try:
        return FileEntry.of(file)
    except OSError as e:
        raise RunFolderError(f"{file}: cannot be read ({e.strerror})") from e
