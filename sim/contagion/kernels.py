"""The kernels of cascades: compiled where there is a compiler, else the clear ones."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sim.contagion import clear
from sim.kernels import compiler
from sim.ties.rows import I64


class Kernels(NamedTuple):
    """One generation, a whole cascade and many of them; one generation of linear thresholds."""

    spread: Callable[..., Any]
    cascade: Callable[..., I64]
    cascades: Callable[..., None]
    push: Callable[..., Any]


def clear_kernels() -> Kernels:
    """In numpy."""
    return Kernels(clear.spread, clear.cascade, clear.cascades, clear.push)


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.contagion import compiled

    return Kernels(compiled.spread, compiled.cascade, compiled.cascades, compiled.push)
