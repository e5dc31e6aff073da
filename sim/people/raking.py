"""Iterative proportional fitting: the distribution nearest to a start that meets given totals.

Scaling each group in turn to its total converges to the table of least Kullback-Leibler divergence
from the start, the maximum-entropy one for a flat start, whenever any table meets the totals
(Deming & Stephan 1940; Csiszar 1975). Used for who is on which platforms and for who already uses
what.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

#: Largest relative miss of a total that counts as met.
TOLERANCE = 1e-9
MOST_ROUNDS = 20_000
#: Tables that are kept for whoever asks for the same again; they are small.
KEPT = 64


@dataclass(frozen=True)
class Total:
    """`cells` (boolean, one per cell) must sum to `value`; `name` is used in messages."""

    name: str
    cells: NDArray[np.bool_]
    value: float


class InfeasibleTotals(ValueError):
    """No table meets the totals: `misses` holds (name, wanted, reached) for each that is off."""

    def __init__(self, misses: tuple[tuple[str, float, float], ...]) -> None:
        self.misses = misses
        super().__init__(
            "; ".join(
                f"{name}: wanted {want:,.6g}, reached {got:,.6g}" for name, want, got in misses
            )
        )


def rake(start: F64, totals: list[Total], *, tolerance: float = TOLERANCE) -> F64:
    """Cells (n,) that meet every total within the relative `tolerance`.

    Cells that are zero in `start` stay zero. Raises InfeasibleTotals, with what could be reached,
    when the totals contradict each other or need a zero cell.
    """
    # The runs of a study mostly have the same platforms and overlaps.
    parts = tuple((t.name, t.cells.tobytes(), float(t.value)) for t in totals)
    return _raked(np.asarray(start, np.float64).tobytes(), parts, tolerance).copy()


@lru_cache(maxsize=KEPT)
def _raked(start: bytes, parts: tuple[tuple[str, bytes, float], ...], tolerance: float) -> F64:
    totals = [Total(name, np.frombuffer(cells, np.bool_), value) for name, cells, value in parts]
    cells = np.frombuffer(start, np.float64).copy()
    _empty_what_must_be(cells, totals)
    scale = max((abs(t.value) for t in totals), default=1.0)
    groups = [(np.flatnonzero(t.cells), t.value) for t in totals]
    checked = 1
    for round_ in range(1, MOST_ROUNDS + 1):
        for group, value in groups:
            part = cells[group]
            reached = np.add.reduce(part)
            if reached > 0.0:
                part *= value / reached
                cells[group] = part
        if round_ == checked:
            if all(abs(cells[g].sum() - value) <= tolerance * scale for g, value in groups):
                return cells
            checked = max(round_ + 1, int(round_ * 1.5))
    misses = tuple(
        (t.name, t.value, float(cells[t.cells].sum()))
        for t in totals
        if abs(cells[t.cells].sum() - t.value) > 1e-4 * scale
    )
    if misses:
        raise InfeasibleTotals(misses)
    return cells


def _empty_what_must_be(cells: F64, totals: list[Total]) -> None:
    """Set to zero what a larger group with the same total leaves no room for.

    Fitting would approach such zeros only as one over the number of rounds.
    """
    for part in totals:
        for whole in totals:
            if (
                part is not whole
                and part.value >= whole.value
                and not (part.cells & ~whole.cells).any()
            ):
                cells[whole.cells & ~part.cells] = 0.0


def round_to_total(values: F64, total: int) -> NDArray[np.int64]:
    """Whole numbers near `values` that sum to `total`: largest remainders, ties by position."""
    if values.size == 0:
        return np.zeros(0, np.int64)
    mass = values.sum()
    exact = values * (total / mass) if mass > 0.0 else np.full(values.shape, total / values.size)
    whole = np.floor(exact).astype(np.int64)
    short = total - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:short]] += 1
    return np.asarray(whole, np.int64)
