"""Exposure: for everybody and every layer, how many uses its contacts make.

The counters are pushed along ties when somebody starts or stops using a feature and not touched
otherwise, so a run costs its changes times their ties, not its days times all ties.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engines.agents.kernels import Kernels
from sim.engines.agents.tied import Exposures
from sim.threads import parallel, slabs, thread_count
from sim.ties.layer import Layer
from sim.ties.rows import Spans

I64 = NDArray[np.int64]
#: Ties that are pushed or looked at in one go: working memory against overhead.
BATCH_TIES = 1 << 24
#: Rows that one thread takes at least.
GRAIN = 1 << 12
#: Fewer ties are pushed by one thread: it is done before others have begun.
LEAST_TIES = 1 << 16


class Exposure:
    """Counters of all layers, kept up to date by `push`.

    `uses` (S,) is how many channels a person in each state is active in. Without `divisor` the
    share among a person's own contacts counts; with it (L,) their number over the divisor, the same
    for everybody.
    """

    def __init__(
        self,
        layers: tuple[Layer, ...],
        uses: NDArray[np.int8],
        state: NDArray[np.uint8],
        kernels: Kernels,
        *,
        divisor: NDArray[np.float64] | None = None,
    ) -> None:
        self.layers, self._uses, self._kernels = layers, uses, kernels
        people, most = state.size, int(uses.max(initial=0))
        widest = max(layer.largest_degree for layer in layers)
        own_degree = divisor is None
        self._divisor = np.ones(len(layers)) if divisor is None else np.asarray(divisor, float)
        self.counts = np.zeros((len(layers), people), _unsigned(widest * most))
        self._degree = np.zeros((len(layers), people if own_degree else 0), _unsigned(widest))
        if own_degree:
            for row, layer in zip(self._degree, layers, strict=True):
                for a, b in _stretches(people):
                    row[a:b] = layer.degrees(np.arange(a, b))
        #: Ties along which a change has been passed on.
        self.pushes = 0
        for a, b in _stretches(people):
            using = a + np.flatnonzero(uses[state[a:b]])
            self.push(using, uses[state[using]])

    @property
    def seen(self) -> Exposures:
        return Exposures(self.counts, self._degree, self._divisor)

    @property
    def divisor(self) -> NDArray[np.float64] | None:
        """(L,) what stands for everybody's degree, None where it is one's own."""
        return None if self._degree.shape[1] else self._divisor

    @property
    def most(self) -> NDArray[np.float64]:
        """(L,) the largest N_l / d_l that anybody can have."""
        most = float(self._uses.max(initial=0))
        if self._degree.shape[1]:
            return np.full(len(self.layers), most)
        widest = np.array([layer.largest_degree for layer in self.layers], float)
        return most * widest / self._divisor

    @property
    def bytes(self) -> int:
        return self.counts.nbytes + self._degree.nbytes + sum(layer.bytes for layer in self.layers)

    def degree(self, layer: int, person: I64) -> NDArray[np.float64]:
        """d_l of people."""
        if self._degree.shape[1] == 0:
            return np.full(person.size, self._divisor[layer])
        degree: NDArray[np.float64] = self._degree[layer, person].astype(np.float64)
        return degree

    def push(self, person: I64, change: NDArray[np.int8]) -> None:
        """Tell the audience of `person` that their number of uses has changed by `change`."""
        for counts, layer in zip(self.counts, self.layers, strict=True):
            for a, b in batches(layer, person.size):
                spans = layer.audience_spans(person[a:b])
                self.pushes += self._push(counts, spans, change[a:b])

    def _push(self, counts: NDArray[Any], spans: Spans, change: NDArray[np.int8]) -> int:
        """Push to one layer's counters; returns along how many ties."""
        ties = int((spans.stop - spans.start).sum())
        # Every thread reads all ties and writes to the people it owns: nobody is written to by two,
        # and a thread's counters are more likely to fit its cache.
        threads = 1 if ties < LEAST_TIES else thread_count()

        def work(owned: tuple[int, int]) -> None:
            self._kernels.push(*spans, change, *owned, counts)

        parallel(work, slabs(counts.size, grain=64, most=threads))
        return ties


def batches(layer: Layer, people: int) -> list[tuple[int, int]]:
    """Cut a number of people so that the ties of a part fit `BATCH_TIES` as a rule."""
    per_person = max(layer.mean_degree, 1.0)
    step = max(int(BATCH_TIES / per_person), 1)
    return [(a, min(a + step, people)) for a in range(0, people, step)]


def _stretches(people: int, step: int = 1 << 20) -> list[tuple[int, int]]:
    return [(a, min(a + step, people)) for a in range(0, people, step)]


def _unsigned(largest: int) -> type[np.unsignedinteger[Any]]:
    for kind in (np.uint8, np.uint16):
        if largest <= np.iinfo(kind).max:
            return kind
    return np.uint32
