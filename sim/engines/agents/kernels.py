"""The kernels of the agents: compiled where there is a compiler, else the clear ones. Same
numbers."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sim.kernels import compiler


class Kernels(NamedTuple):
    """See `sim.engines.agents.scan`, `sim.engines.agents.tied` and
    `sim.engines.agents.diversity`."""

    leave_mixed: Callable[..., Any]
    sift: Callable[..., Any]
    count_uses: Callable[..., Any]
    add_peer: Callable[..., Any]
    decide: Callable[..., Any]
    move: Callable[..., Any]
    push: Callable[..., Any]
    count_groups: Callable[..., Any]


def clear_kernels() -> Kernels:
    """In numpy."""
    from sim.engines.agents import diversity, scan, tied

    return Kernels(
        scan.leave_mixed,
        tied.sift,
        tied.count_uses,
        tied.add_peer,
        tied.decide,
        tied.move,
        tied.push,
        diversity.count_groups,
    )


def fastest_kernels() -> Kernels:
    """Compiled where there is a compiler."""
    if not compiler():
        return clear_kernels()
    from sim.engines.agents import compiled, tied_compiled

    return Kernels(
        compiled.leave_mixed,
        tied_compiled.sift,
        tied_compiled.count_uses,
        tied_compiled.add_peer,
        tied_compiled.decide,
        tied_compiled.move,
        tied_compiled.push,
        tied_compiled.count_groups,
    )
