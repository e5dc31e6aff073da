"""Work on slabs of people by several threads, for kernels that let go of the interpreter's lock.

Slabs are disjoint and every number is keyed, so the number of threads changes how long a tick takes
and nothing else.
"""

import os
import threading
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from queue import SimpleQueue
from typing import Any, TypeVar

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

    The k-th of n threads takes parts k, k + n, ... and the calling thread is the first of them: so
    work that is cut up alike again and again finds its people in the cache of the same processor.
    Work that asks for threads itself gets none: all of them might be waiting for one another.
    """
    threads = min(thread_count(), len(parts))
    if threads <= 1 or getattr(_inside, "work", False):
        return [work(part) for part in parts]
    results: list[Any] = [None] * len(parts)
    failed = threading.Event()

    def take(thread: int) -> None:
        _inside.work = True
        try:
            for place in range(thread, len(parts), threads):
                if failed.is_set():
                    break
                results[place] = work(parts[place])
        except BaseException:
            failed.set()
            raise
        finally:
            _inside.work = False

    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for k in range(1, threads):
        _helper(k, os.getpid()).put((take, k, done))
    try:
        take(0)
    finally:
        errors = [done.get() for _ in range(1, threads)]
    for error in errors:
        if error is not None:
            raise error
    return results


#: Of each thread: is it within the work of a part?
_inside = threading.local()
#: What a thread is to do, as which of the threads, and who waits for the end or the error.
Order = tuple[Callable[[int], None], int, "SimpleQueue[BaseException | None]"]


@cache
def _helper(thread: int, process: int) -> "SimpleQueue[Order]":
    """Orders of a thread that waits for them for as long as this process runs; a forked one has
    none of its parent's.

    An executor of the standard library would do, at twice the delay: of a tick of a million people
    that was a tenth.
    """
    orders: SimpleQueue[Order] = SimpleQueue()

    def obey() -> None:
        while True:
            work, number, done = orders.get()
            try:
                work(number)
                done.put(None)
            except BaseException as error:
                done.put(error)
            # Nothing is held on to while waiting.
            del work, done

    threading.Thread(target=obey, name=f"uptake-{thread}", daemon=True).start()
    return orders
