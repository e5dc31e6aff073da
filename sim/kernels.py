"""Compiled or clear: the one place that decides, and how a compiled twin is compiled.

Every kernel exists twice: a clear one in numpy, which is the oracle, and a compiled one for numba,
equal bit for bit. What belongs together is a named tuple of kernels with two functions:
`clear_kernels()`, and `fastest_kernels()`, which asks `compiler()` and nothing else. Where numba is
missing the clear ones run; an import that fails for any other reason is an error and is raised.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

#: Environment variable; `0` runs the clear kernels where numba is installed too.
VARIABLE = "UPTAKE_COMPILED"


def compiler() -> bool:
    """Is there a compiler for kernels: is numba installed, and not switched off?"""
    return os.environ.get(VARIABLE, "") != "0" and _installed()


@cache
def _installed() -> bool:
    return find_spec("numba") is not None


def compile_kernel(function: F) -> F:
    """Compile on first use and keep the machine code beside the source, or in the user's cache
    where the installation is read only; without either, compile in memory."""
    from numba import njit

    from sim.kernel_cache import KernelCache

    made: Any = njit(nogil=True, error_model="numpy")(function)
    with suppress(OSError, RuntimeError):  # there is no place for it
        made._cache = KernelCache(function)
    return cast(F, made)


@contextmanager
def telling_of_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Within, `tell()` is called when a kernel is about to be compiled: on the first run after an
    installation that takes longer than most runs."""
    if not compiler():
        yield
        return
    from sim.kernel_cache import told_of_compiling

    told = told_of_compiling()
    told.append(tell)
    try:
        yield
    finally:
        told.remove(tell)


def inline_kernel(function: F) -> F:
    """For small functions within a kernel's innermost loop: copied into it before it is compiled,
    so that the loop can be vectorized."""
    from numba import njit

    return cast(F, njit(inline="always", nogil=True, error_model="numpy")(function))
