"""Structural diversity: unconnected groups among a person's active contacts.

Ugander, Backstrom, Marlow & Kleinberg 2012, "Structural diversity in social contagion" (PNAS 109):
people join when invited from several circles that do not know one another; contacts within one
circle add little. So what counts is not the active contacts but the connected components that they
form by their own ties. Looking from contact to contact costs their degrees squared, hence for small
networks only.
"""

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

#: Largest population for which groups are counted.
MOST_PEOPLE = 100_000


def count_groups(
    state: NDArray[np.uint8],
    active: NDArray[np.uint8],
    start: I64,
    stop: I64,
    contacts: I32,
    first: I64,
    n: I64,
) -> None:
    """Connected groups among the contacts active in each channel, into n (m, K).

    Arguments as in `sim.engines.agents.tied.count_uses`; `first` (people + 1,) and `contacts` are
    the rows of the layer, each sorted. Plain loops, which are compiled as they stand.
    """
    for m in range(n.shape[0]):
        size = stop[m] - start[m]
        circle = np.empty(size, np.int64)
        leader = np.empty(size, np.int64)
        for k in range(n.shape[1]):
            found = 0
            for i in range(start[m], stop[m]):
                if (active[state[contacts[i]]] >> k) & 1:
                    circle[found] = contacts[i]
                    leader[found] = found
                    found += 1
            groups = found
            for a in range(found):
                row = contacts[first[circle[a]] : first[circle[a] + 1]]
                for b in range(a + 1, found):
                    at = np.searchsorted(row, circle[b])
                    if at < row.size and row[at] == circle[b]:
                        x, y = a, b
                        while leader[x] != x:
                            x = leader[x]
                        while leader[y] != y:
                            y = leader[y]
                        if x != y:
                            leader[y] = x
                            groups -= 1
            n[m, k] = groups
