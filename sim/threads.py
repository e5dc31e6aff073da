"""Work on slabs of people by several threads, for kernels that let go of the interpreter's lock.

Slabs are disjoint and every number is keyed, so the number of threads changes how long a tick takes
and nothing else.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")

#: Environment variable that sets how many threads work, in place of one for each processor.
VARIABLE = "UPTAKE_THREADS"
_PREFIX = "uptake-slab"


def thread_count() -> int:
    """Threads that work side by side: `UPTAKE_THREADS`, or the processors this process may use."""
    given = os.environ.get(VARIABLE, "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def slabs(length: int, *, grain: int, most: int | None = None) -> list[tuple[int, int]]:
    """Cut [0, length) into one slab for each thread, at multiples of `grain`; a short range stays
    whole."""
    count = max(1, min(most or thread_count(), length // max(grain, 1)))
    edges = [round(i * length / count / grain) * grain for i in range(count)] + [length]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def parallel(work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """`work` on every part, results in the parts' order; what a part raises is raised here.

    Work that asks for threads itself gets none: all of them might be waiting for one another.
    """
    if len(parts) <= 1 or threading.current_thread().name.startswith(_PREFIX):
        return [work(part) for part in parts]
    return list(_pool(thread_count()).map(work, parts))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix=_PREFIX)
