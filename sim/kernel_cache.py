"""Machine code of kernels on disk: a file for each kernel, signature and processor, with a digest.

A file that is not what was written (empty, half, of another program) is no file: the kernel is
compiled and written anew. Nothing is unpickled or handed to the processor before its digest has
been checked. A folder that cannot be written costs the next process a compilation, and no run.
Two processes may write one file at once: each writes it whole under a name of its own and renames.
"""

import contextlib
import hashlib
import os
import pickle
import secrets
import signal
import threading
from collections.abc import Iterator
from importlib import import_module
from typing import Any, ClassVar

import llvmlite
import numba

__all__ = ["KernelCache", "told_of_compiling"]

# numba says of some of these what types they have, and of others not, by version.
_FunctionCache: Any = import_module("numba.core.caching").FunctionCache
_dumps: Any = import_module("numba.core.serialize").dumps
_event: Any = import_module("numba.core.event")

_VERSIONS = (numba.__version__, llvmlite.__version__)
_SEAL = hashlib.sha256().digest_size


class KernelCache(_FunctionCache):  # type: ignore[misc]
    """What numba asks for the machine code of one kernel. It never raises: it has it, or not."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        impl = self._impl
        stem = os.path.join(self._cache_path, impl.filename_base)
        self._cache_file = _SealedFiles(stem, impl.locator.get_source_stamp())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled kernel for a signature, or None."""
        with undisturbed():
            try:
                return super().load_overload(sig, target_context)
            except Exception:  # of whatever kind: what cannot be loaded is compiled
                return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Write the compiled kernel down where that is possible."""
        with undisturbed(), contextlib.suppress(Exception):
            super().save_overload(sig, data)


class _SealedFiles:
    """The files of one kernel."""

    def __init__(self, stem: str, stamp: Any) -> None:
        self._stem, self._stamp = stem, stamp

    def load(self, key: Any) -> Any:
        """What was saved under a key, or None. Raises OSError."""
        try:
            with open(self._path(key), "rb") as stream:
                content = stream.read()
        except FileNotFoundError:
            return None
        seal, body = content[:_SEAL], content[_SEAL:]
        if hashlib.sha256(body).digest() != seal:
            return None
        versions, stamp, its_key, data = pickle.loads(body)
        # Names of files are cut from digests, and sources change: only the whole key tells.
        same = (versions, stamp, its_key) == (_VERSIONS, self._stamp, key)
        return data if same else None

    def save(self, key: Any, data: Any) -> None:
        """Write data under a key. Raises OSError, and leaves nothing behind."""
        body: bytes = _dumps((_VERSIONS, self._stamp, key, data))
        path = self._path(key)
        draft = f"{path}.{secrets.token_hex(6)}.tmp"
        try:
            with open(draft, "xb") as stream:
                stream.write(hashlib.sha256(body).digest() + body)
            os.replace(draft, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise

    def flush(self) -> None:
        """Files are replaced one by one, and never all at once."""

    def _path(self, key: Any) -> str:
        # Signature and processor; the code's own digest, the last part, is compared in `load`.
        name = hashlib.sha256(repr((_VERSIONS, key[:-1])).encode()).hexdigest()[:16]
        return f"{self._stem}.{name}.nbk"


_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)
)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Keep signals until the block has ended: an exception out of a signal's handler in the midst
    of the compiler would leave it in a state that nobody foresaw, and read as a fault of ours."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept: list[int] = []
    # Those that are ignored stay so, and one of C's cannot be put back from here.
    before = {n: handler for n in _SIGNALS if callable(handler := signal.getsignal(n))}
    for number in before:
        signal.signal(number, lambda number, _: kept.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in kept:
            signal.raise_signal(number)


class _Compiling(_event.Listener):  # type: ignore[misc]
    """Hears of every compilation of numba, and cares for those of our kernels."""

    told: ClassVar[list[Any]] = []

    def __init__(self) -> None:
        self._open: list[contextlib.ExitStack] = []

    def on_start(self, event: Any) -> None:
        """A compilation begins; kernels that it calls may be compiled within it."""
        if not _ours(event):
            return
        stack = contextlib.ExitStack()
        if not self._open:
            for tell in self.told:
                tell()
            stack.enter_context(undisturbed())
        self._open.append(stack)

    def on_end(self, event: Any) -> None:
        """It has ended; signals that came meanwhile are heard now."""
        if _ours(event) and self._open:
            self._open.pop().close()


def _ours(event: Any) -> bool:
    function = getattr((event.data or {}).get("dispatcher"), "py_func", None)
    return str(getattr(function, "__module__", "")).partition(".")[0] == "sim"


_event.register("numba:compile", _Compiling())


def told_of_compiling() -> list[Any]:
    """Functions that are called when a kernel is about to be compiled, which takes seconds."""
    return _Compiling.told
