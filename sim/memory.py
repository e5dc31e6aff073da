"""Giving memory back to the system between the steps of a run, each of which needs a lot of it."""

import ctypes
import gc
import sys

__all__ = ["give_back"]


def give_back() -> None:
    """Return what is free to the system, as far as the platform allows.

    Garbage in circles is collected, Arrow's pool emptied, and on glibc the heap trimmed: it keeps
    the holes that thousands of small arrays leave, and the next step would come on top of them.
    """
    gc.collect()
    if "pyarrow" in sys.modules:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:  # musl has none
            trim(0)
