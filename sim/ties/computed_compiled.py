"""Compiled twins of `sim.ties.computed`.

Stubs are worked out in blocks: the permutations are vector loops over arrays, and a block's arrays
stay in the second cache.
"""

import numpy as np

from sim.draws.permutation_compiled import permute_all, unpermute_all
from sim.kernels import compile_kernel
from sim.ties.plan import Plan, Steps
from sim.ties.rows import I32, I64

BLOCK = 4096


@compile_kernel
def find_stubs(ids: I64, plan: Plan, first: I64, degree: I64) -> None:
    """See `sim.ties.computed`."""
    rank = np.empty(min(BLOCK, ids.size), np.int64)
    for start in range(0, ids.size, BLOCK):
        count = min(BLOCK, ids.size - start)
        for i in range(count):
            rank[i] = 0
            degree[start + i] = 0
            run = _step_of(ids[start + i], plan.id_steps)
            if run >= 0:
                beyond = ids[start + i] - plan.id_steps.first[run]
                if beyond < plan.length[run]:
                    rank[i] = plan.position_steps.first[run] + beyond
                    degree[start + i] = 1
        if plan.ranked:
            unpermute_all(rank[:count], plan.ranks, rank[:count])
        for i in range(count):
            first[start + i] = 0
            if degree[start + i] > 0:
                step = _step_of(rank[i], plan.rank_steps)
                degree[start + i] = plan.degree[step]
                beyond = rank[i] - plan.rank_steps.first[step]
                first[start + i] = plan.stub_steps.first[step] + beyond * plan.degree[step]


@compile_kernel
def find_partners(first: I64, offsets: I64, plan: Plan, contacts: I32) -> None:
    """See `sim.ties.computed`."""
    work = np.empty(min(BLOCK, contacts.size), np.int64)
    person = 0
    for start in range(0, contacts.size, BLOCK):
        count = min(BLOCK, contacts.size - start)
        at = offsets[0] + start
        end = at + count
        filled = 0
        while at < end:
            # The stubs of a person, or what of them falls into this block.
            while offsets[person + 1] <= at:
                person += 1
            stop = min(offsets[person + 1], end)
            stub = first[person] + (at - offsets[person])
            for step in range(stop - at):
                work[filled + step] = stub + step
            filled += stop - at
            at = stop
        block = work[:count]
        permute_all(block, plan.matching, block)
        for i in range(count):
            block[i] ^= 1
        unpermute_all(block, plan.matching, block)
        _owners(block, plan)
        if plan.ranked:
            permute_all(block, plan.ranks, block)
        _people(block, plan, contacts[start : start + count])


@compile_kernel
def _owners(block: I64, plan: Plan) -> None:
    """The rank of every stub's owner, in place of the stub."""
    for i in range(block.size):
        step = _step_of(block[i], plan.stub_steps)
        beyond = np.uint64(block[i] - plan.stub_steps.first[step])
        within = np.int64(beyond // np.uint64(plan.degree[step]))
        block[i] = plan.rank_steps.first[step] + within


@compile_kernel
def _people(block: I64, plan: Plan, contacts: I32) -> None:
    """The id of the member at every position."""
    if plan.length.size == 1:
        for i in range(block.size):
            contacts[i] = np.int32(plan.id_steps.first[0] + block[i])
        return
    for i in range(block.size):
        run = _step_of(block[i], plan.position_steps)
        beyond = block[i] - plan.position_steps.first[run]
        contacts[i] = np.int32(plan.id_steps.first[run] + beyond)


@compile_kernel
def _step_of(x: int, steps: Steps) -> np.int64:
    """The last step that begins at or before x, or -1."""
    low: np.int64 = steps.guide[x >> steps.shift]
    high: np.int64 = steps.guide[(x >> steps.shift) + 1]
    while low < high:
        middle = (low + high + 1) >> 1
        if steps.first[middle] <= x:
            low = middle
        else:
            high = middle - 1
    return low
