"""The kernels of the agents: compiled where numba is installed, else the clear ones. Same
numbers."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple


class Kernels(NamedTuple):
    """See `sim.engines.agents.scan` and `sim.engines.agents.tied`."""

    leave_mixed: Callable[..., Any]
    sift: Callable[..., Any]
    count_uses: Callable[..., Any]
    add_peer: Callable[..., Any]
    decide: Callable[..., Any]
    move: Callable[..., Any]
    push: Callable[..., Any]


def clear_kernels() -> Kernels:
    """In numpy."""
    from sim.engines.agents import scan, tied

    return Kernels(
        scan.leave_mixed,
        tied.sift,
        tied.count_uses,
        tied.add_peer,
        tied.decide,
        tied.move,
        tied.push,
    )


@cache
def fastest_kernels() -> Kernels:
    """Compiled, or clear where numba is missing."""
    try:
        from sim.engines.agents import compiled, tied_compiled
    except ImportError:
        return clear_kernels()
    return Kernels(
        compiled.leave_mixed,
        tied_compiled.sift,
        tied_compiled.count_uses,
        tied_compiled.add_peer,
        tied_compiled.decide,
        tied_compiled.move,
        tied_compiled.push,
    )
