"""Folders under a temporary name: made, locked, renamed when whole, swept up when abandoned.

A folder that is being written is called `<name>.<random>.partial` and stands beside its final
place, so that one rename finishes it. The writer holds a lock on it: a later run can tell a folder
that a killed process left behind from one that is still growing, and removes the former.
"""

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl

    # A folder is born a moment before its lock is taken.
    _PATIENCE_S = 60.0
except ImportError:  # Windows: without locks age has to do, longer than any run
    fcntl = None  # type: ignore[assignment]
    _PATIENCE_S = 7 * 86400.0

_PARTIAL = re.compile(r".+\.[0-9a-f]{12}\.partial")


def is_partial(folder: Path) -> bool:
    """Whether `folder` has the name of an unfinished one."""
    return _PARTIAL.fullmatch(folder.name) is not None


def sweep(parent: str | os.PathLike[str]) -> list[Path]:
    """Remove the unfinished folders in `parent` that no living process writes; return them."""
    swept = []
    for folder in sorted(Path(parent).glob("*.partial")):
        if not is_partial(folder) or folder.is_symlink() or not folder.is_dir():
            continue
        with contextlib.suppress(OSError):  # another process sweeps, or it is not ours to remove
            age = time.time() - folder.stat().st_mtime
            if age > _PATIENCE_S and _abandoned(folder):
                shutil.rmtree(folder)
                swept.append(folder)
    return swept


@contextlib.contextmanager
def partial_folder(parent: Path, stem: str, born: Path | None = None) -> Iterator[Path]:
    """A new, locked folder under a temporary name.

    If the block fails it is removed, and so are the parents up to `born` that have become empty.
    """
    folder = parent / f"{stem}.{secrets.token_hex(6)}.partial"
    try:
        folder.mkdir()
        with locked(folder):
            yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if born is not None:
            _remove_empty(parent, born)
        raise


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold a lock on a folder; false where another process holds it. Without locks in the system
    nobody is kept out."""
    if fcntl is None:
        yield True
        return
    handle = os.open(folder, os.O_RDONLY)
    ours = True
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            ours = False
        except OSError:  # a file system without locks: age decides
            pass
        yield ours
    finally:
        os.close(handle)


def _abandoned(folder: Path) -> bool:
    if fcntl is None:
        return True
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def make_parents(parent: Path) -> Path | None:
    """Make `parent`; return the uppermost folder that had to be made, None if it stood already."""
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    parent.mkdir(parents=True, exist_ok=True)
    return missing[-1] if missing else None


def _remove_empty(parent: Path, top: Path) -> None:
    for folder in (parent, *parent.parents):
        with contextlib.suppress(OSError):
            folder.rmdir()
        if folder == top:
            return


def rename_to_next(partial: Path, parent: Path, stem: str) -> Path:
    """Rename to `<stem>-<n>`, n one above the highest number in use."""
    while True:
        numbers = [
            int(match[1])
            for entry in os.listdir(parent)
            if (match := re.fullmatch(re.escape(stem) + r"-([1-9][0-9]{0,8})", entry))
        ]
        with contextlib.suppress(FileExistsError):  # another process took it just now
            return rename(partial, parent / f"{stem}-{max(numbers, default=0) + 1}")


def rename(partial: Path, target: Path) -> Path:
    """Rename to `target`. Raises FileExistsError when something stands there."""
    # The system call would replace an empty folder; it refuses a file and a folder with content.
    if target.exists() or target.is_symlink():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    try:
        os.rename(partial, target)
    except OSError as e:
        if e.errno in (errno.ENOTEMPTY, errno.ENOTDIR, errno.EEXIST):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from e
        raise
    return target


def sync(path: Path) -> None:
    """Force a file or the entries of a folder to the disk."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as e:
        if e.errno != errno.EINVAL:  # some file systems cannot sync a folder
            raise
    finally:
        os.close(handle)
