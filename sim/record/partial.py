"""Folders under a temporary name: made, locked, renamed when whole, swept up when abandoned.

A folder that is being written is called `<name>.<random>.partial` and stands beside its final
place, so that one rename finishes it. The writer holds a lock on it: a later run can tell a folder
that a killed process left behind from one that is still growing, and removes the former. A name may
be held before there is anything to write, see `reserved`.
"""

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import sys
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

_PARTIAL = re.compile(r".+\.[0-9a-f]{12}\.partial", re.DOTALL)
_RESERVED = re.compile(r".+\.[0-9a-f]{12}\.reserved", re.DOTALL)
#: Of what is to be written, in bytes: a name may have 255 of them with what we put behind it.
_STEM = 200

#: The names that this process holds.
_held: set[Path] = set()


class TakenError(OSError):
    """Another process is about to write what would be written."""


def is_partial(folder: Path) -> bool:
    """Whether `folder` has the name of an unfinished one."""
    return _PARTIAL.fullmatch(folder.name) is not None


def is_ours(name: str) -> bool:
    """Whether a name is one of those that are swept up: nothing that lasts may have it."""
    return bool(_PARTIAL.fullmatch(name) or _RESERVED.fullmatch(name))


def sweep(parent: str | os.PathLike[str]) -> list[Path]:
    """Remove the unfinished folders in `parent` that no living process writes, and the names that
    none holds; return them."""
    swept = []
    for entry in sorted(Path(parent).iterdir()):
        if not is_ours(entry.name) or entry.is_symlink():
            continue
        with contextlib.suppress(OSError):  # another process sweeps, or it is not ours to remove
            # One from the future is old too: a clock was set back, or the disk is of another one.
            if abs(time.time() - entry.stat().st_mtime) <= _PATIENCE_S:
                continue
            if is_partial(entry) and entry.is_dir() and _abandoned(entry):
                shutil.rmtree(entry)
                swept.append(entry)
            elif not is_partial(entry) and entry.is_file() and _abandoned(entry):
                entry.unlink()
                swept.append(entry)
    return swept


@contextlib.contextmanager
def reserved(target: Path) -> Iterator[None]:
    """Hold the name of what is to be written: who else asks for it meanwhile gets a TakenError.

    It is a locked file beside it, so that a process that is killed holds nothing any longer. Within
    one process a name may be held twice. Raises OSError where nothing can be written. If the block
    fails, the parents that had to be made are removed again.
    """
    key = Path(os.path.abspath(target))
    if key in _held:
        yield
        return
    if fcntl is None:
        yield
        return
    born = make_parents(target.parent)
    digest = hashlib.sha256(os.fsencode(target.name)).hexdigest()
    file = target.parent / f"{_cut(target.name)}.{digest[:12]}.reserved"
    try:
        handle = _locked_file(file)
        _held.add(key)
        try:
            yield
        finally:
            _held.discard(key)
            with contextlib.suppress(OSError):
                file.unlink()  # while it is locked: nobody has it
            os.close(handle)
    except BaseException:
        if born is not None:
            _remove_empty(target.parent, born)
        raise


def _locked_file(file: Path) -> int:
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise TakenError(errno.EEXIST, "another process is about to write it") from error
        except OSError:  # a file system without locks: nobody is kept out
            return handle
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(handle), os.stat(file)):
                return handle
        os.close(handle)  # whoever held it took it away between our opening and locking it


def _cut(stem: str) -> str:
    return os.fsencode(stem)[:_STEM].decode(sys.getfilesystemencoding(), "ignore")


@contextlib.contextmanager
def partial_folder(parent: Path, stem: str, born: Path | None = None) -> Iterator[Path]:
    """A new, locked folder under a temporary name.

    If the block fails it is removed, and so are the parents up to `born` that have become empty.
    """
    folder = parent / f"{_cut(stem)}.{secrets.token_hex(6)}.partial"
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
