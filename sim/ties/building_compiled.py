"""Compiled twins of `sim.ties.building`, for numba.

Threads share one layer without a lock: each has blocks of people, or rows, of its own.
"""

import numpy as np

from sim.kernels import compile_kernel
from sim.ties.layer import I32, I64

#: Rows up to this length are sorted by insertion, which beats the general sort on short ones.
SHORT_ROW = 48
VACANT = np.int32(2**31 - 1)


@compile_kernel
def sort_into_blocks(
    source: I32, target: I32, both: bool, shift: int, start: I64, person: I32, other: I32
) -> None:
    """Order ties by the block of their person, person >> shift; those of block b stand between
    start[b] and start[b + 1] (blocks + 2, zeros at first)."""
    for e in range(source.size):
        start[(source[e] >> shift) + 2] += 1
    if both:
        for e in range(target.size):
            start[(target[e] >> shift) + 2] += 1
    for b in range(2, start.size):
        start[b] += start[b - 1]
    for e in range(source.size):
        a, b = source[e], target[e]
        block = (a >> shift) + 1
        to = start[block]
        start[block] = to + 1
        person[to] = a
        other[to] = b
        if both:
            block = (b >> shift) + 1
            to = start[block]
            start[block] = to + 1
            person[to] = b
            other[to] = a


@compile_kernel
def count_ties(person: I32, cursor: I64) -> None:
    """Count the ties of each person two places behind it, where the sums make a cursor of it."""
    for e in range(person.size):
        cursor[person[e] + 2] += 1


@compile_kernel
def fill_ties(person: I32, other: I32, cursor: I64, contact: I32) -> None:
    """Write each tie to the next free place in its person's row."""
    for e in range(person.size):
        at = person[e] + 1
        to = cursor[at]
        contact[to] = other[e]
        cursor[at] = to + 1


@compile_kernel
def sort_ties(first: I64, contact: I32, low: int, high: int) -> int:
    """Sort each row; self-ties and repeats become vacant places at its end. Counts those."""
    vacant = 0
    for person in range(low, high):
        start, end = first[person], first[person + 1]
        if end - start <= SHORT_ROW:
            for i in range(start + 1, end):
                value = contact[i]
                j = i - 1
                while j >= start and contact[j] > value:
                    contact[j + 1] = contact[j]
                    j -= 1
                contact[j + 1] = value
        else:
            contact[start:end].sort()
        kept = start
        for i in range(start, end):
            value = contact[i]
            if value != person and (kept == start or value != contact[kept - 1]):
                contact[kept] = value
                kept += 1
        for i in range(kept, end):
            contact[i] = VACANT
        vacant += end - kept
    return vacant


@compile_kernel
def close_rows(first: I64, contact: I32) -> int:
    """Move the ties together over the vacant places; `first` follows. Counts the ties."""
    to = 0
    at = 0
    for person in range(first.size - 1):
        end = first[person + 1]
        while at < end and contact[at] != VACANT:
            contact[to] = contact[at]
            to += 1
            at += 1
        at = end
        first[person + 1] = to
    return to
