"""Work on slabs of people by several threads, for kernels that let go of the interpreter's lock.

Slabs are disjoint and every number is keyed, so the number of threads changes how long a tick takes
and nothing else.
"""

import itertools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from itertools import pairwise
from typing import TypeVar, cast

Part = TypeVar("Part")
Result = TypeVar("Result")

#: Environment variable that sets how many threads work, in place of one for each processor.
VARIABLE = "UPTAKE_THREADS"


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

    The calling thread takes parts like the others: one handing over less, which short work notices.
    Work that asks for threads itself gets none: all of them might be waiting for one another.
    """
    threads = min(thread_count(), len(parts))
    if threads <= 1 or getattr(_inside, "work", False):
        return [work(part) for part in parts]
    results: list[Result | None] = [None] * len(parts)
    places, failed = itertools.count(), threading.Event()

    def take() -> None:
        _inside.work = True
        try:
            while (place := next(places)) < len(parts) and not failed.is_set():
                results[place] = work(parts[place])
        except BaseException:
            failed.set()
            raise
        finally:
            _inside.work = False

    helpers = [_pool(thread_count()).submit(take) for _ in range(threads - 1)]
    try:
        take()
    finally:
        # Who has not begun by now would find nothing to do.
        begun = [helper for helper in helpers if not helper.cancel()]
        wait(begun)
    for helper in begun:
        helper.result()
    return cast(list[Result], results)


#: Of each thread: is it within the work of a part?
_inside = threading.local()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="uptake-slab")
