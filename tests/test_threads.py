"""Work in parts by several threads."""

import threading
import time

import pytest

from sim.threads import VARIABLE, parallel, slabs


@pytest.fixture(params=["1", "2", "5"])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv(VARIABLE, request.param)
    return int(request.param)


def test_results_come_in_the_order_of_the_parts(threads: int) -> None:
    def work(part: int) -> int:
        time.sleep(0.002 * (part % 3))
        return part * part

    assert parallel(work, range(17)) == [part * part for part in range(17)]
    assert parallel(work, []) == []


def test_no_more_threads_work_than_asked_for_and_the_caller_is_one(threads: int) -> None:
    seen = set()

    def work(part: int) -> None:
        seen.add(threading.current_thread().name)
        time.sleep(0.01)

    parallel(work, range(3 * threads))
    assert len(seen) == threads
    assert threading.current_thread().name in seen


def test_what_a_part_raises_is_raised_and_the_rest_is_not_begun(threads: int) -> None:
    done = []

    def work(part: int) -> None:
        if part == 1:
            raise ZeroDivisionError("part 1")
        time.sleep(0.01)
        done.append(part)

    with pytest.raises(ZeroDivisionError, match="part 1"):
        parallel(work, range(100))
    assert len(done) <= 2 * threads
    assert parallel(abs, [-1, 2, -3]) == [1, 2, 3]


def test_work_within_work_stays_in_its_thread(threads: int) -> None:
    def inner(part: int) -> str:
        return threading.current_thread().name

    def outer(part: int) -> bool:
        return set(parallel(inner, range(4))) == {threading.current_thread().name}

    assert all(parallel(outer, range(8)))


def test_slabs_cover_a_range_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for threads in ("1", "3", "8"):
        monkeypatch.setenv(VARIABLE, threads)
        for length in (0, 1, 63, 64, 65, 1000, 4097):
            for grain in (1, 64):
                parts = slabs(length, grain=grain)
                covered = [i for a, b in parts for i in range(a, b)]
                assert covered == list(range(length))
                assert all(a % grain == 0 for a, _ in parts)
