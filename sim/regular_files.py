"""Opening a file that was named by a user: a regular one, or a reason in words.

A pipe would block until somebody writes to it, and a device may never end. So what stands at a path
is looked at first, and once more after it was opened, without ever waiting.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

__all__ = ["Unreadable", "open_regular", "why_unreadable"]

#: Bytes of a single name that common file systems take.
_LONGEST = 255
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Unreadable(OSError):
    """No regular file can be read at a path; `str()` says what is there instead, `missing` whether
    that is nothing."""

    def __init__(self, what: str, *, missing: bool = False) -> None:
        super().__init__(what)
        self.missing = missing


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """The bytes of a regular file. Never blocks. Raises Unreadable for anything else."""
    try:
        _refuse(os.stat(path).st_mode)
        # Somebody may have put a pipe there since: opened this way it does not wait for a writer.
        return open(path, "rb", opener=_open)
    except Unreadable:
        raise
    except (OSError, ValueError, MemoryError) as error:
        missing = isinstance(error, FileNotFoundError)
        raise Unreadable(why_unreadable(error, path), missing=missing) from error


def why_unreadable(error: BaseException, path: str | os.PathLike[str] = "") -> str:
    """What is wrong, in words, where opening or reading `path` raised `error`."""
    if isinstance(error, Unreadable):
        return str(error)
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if isinstance(error, UnicodeError):
        return "the name is not Unicode text"
    if isinstance(error, ValueError):
        return "the name holds a zero byte"
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENAMETOOLONG:
        longest = max((len(os.fsencode(part)) for part in Path(path).parts), default=0)
        if longest > _LONGEST:
            return f"a name of {longest} bytes, and a file system takes {_LONGEST}"
        return f"a path of {len(os.fsencode(path))} bytes, more than the system takes"
    if code == errno.ELOOP:
        return "a link that leads to itself"
    if code == errno.ENOTDIR:
        return "a path through something that is no folder"
    if code == errno.ENOENT:
        return "a link to nothing" if os.path.islink(path) else "no such file"
    if code == errno.ENOMEM:
        return "needs more memory than there is"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"cannot be opened ({reason})"


def _open(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    try:
        _refuse(os.fstat(handle).st_mode)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _refuse(mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = next((name for is_it, name in _KINDS if is_it(mode)), "no regular file")
        raise Unreadable(f"{what}, not a file")
