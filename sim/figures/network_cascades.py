"""How far uptake went from person to person, and how much of it few people brought about."""

import math

import numpy as np
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, Span, headline, people_ticks, value_axis, x_bare
from sim.figures.network_reading import Trees, Values, read_trees
from sim.figures.panels import panel
from sim.figures.style import (
    FAINT,
    GRID,
    INK,
    LABEL_SIZE,
    NOTE_SIZE,
    SMALLER,
    SOFT,
)
from sim.figures.words import people, percent
from sim.record.record import Record

_BLUE = "#0072b2"
_WIDTH, _GAP = 0.46, 0.08
_NAMED = 12  # generations that are named one by one


def cascades(ax: Axes, record: Record) -> None:
    """Uptakes by generation, and how many people brought about at least so many of them, two
    panels.

    Raises NoFigure where nobody's contacts are known or nobody took anything up.
    """
    trees = read_trees(record)
    if trees is None or not trees.generations.sum() > 0.0:
        raise NoFigure("no platform has ties between people along which anything was taken up")
    headline(ax, record, "Uptake from person to person", _subtitle(trees))
    left = panel(ax, 0.0, 0.04, _WIDTH, 0.96)
    right = panel(ax, _WIDTH + _GAP, 0.04, 1.0 - _WIDTH - _GAP, 0.96)
    _generations(left, trees)
    _brought(right, trees)


def _subtitle(trees: Trees) -> str:
    return (
        f"Contacts brought about {percent(trees.by_peers)} of the uptakes: who is brought by one "
        "of generation n is of generation n + 1; generation 0 came from outside"
    )


def _generations(ax: Axes, trees: Trees) -> None:
    counts = trees.generations
    last = counts.size - 1
    base, top = _decades(counts[counts > 0.0])
    span = Span(-0.6, last + 0.6)
    ax.set_xlim(span.first, span.last)
    every = 1 if last < _NAMED else 10 ** math.floor(math.log10(last)) // 2 or 1
    ax.set_xticks(list(range(0, last + 1, every)), [f"{n}" for n in range(0, last + 1, every)])
    x_bare(ax)
    _people_axis(ax, base, top, span, "Uptakes (log)")
    some = np.flatnonzero(counts)
    height = np.log10(counts[some])
    colours = [FAINT if n == 0 else _BLUE for n in some]
    ax.bar(some, height - base, bottom=base, color=colours, width=0.78, zorder=2)
    if last < _NAMED:
        for n, y in zip(some.tolist(), height.tolist(), strict=True):
            ax.annotate(
                people(float(counts[n])),
                (n, y),
                (0, 3),
                textcoords="offset points",
                fontsize=NOTE_SIZE if last < 7 else SMALLER - 1.0,
                color=INK,
                ha="center",
                va="bottom",
                annotation_clip=False,
            )
    ax.set_xlabel("generation", fontsize=LABEL_SIZE - 1, color=SOFT, loc="right")


def _brought(ax: Axes, trees: Trees) -> None:
    """How many people brought about at least k uptakes, on logarithmic axes."""
    brought = trees.brought
    reached = np.cumsum(brought[::-1])[::-1]
    k = np.arange(1, brought.size)
    if not k.size:
        ax.set_axis_off()
        ax.annotate(
            "Nobody brought anybody.", (0.5, 0.5), xycoords="axes fraction", ha="center", color=SOFT
        )
        return
    base, top = _decades(reached[1:])
    wide = max(math.log10(float(k[-1])) * 1.08, 0.35)
    span = Span(-0.06 * wide, wide)
    ax.set_xlim(span.first, span.last)
    _people_axis(ax, base, top, span, "People who brought at least so many (log)")
    steps = [m * 10**p for p in range(7) for m in (1, 2, 5)]
    inside = [s for s in steps if math.log10(s) <= wide]
    if len(inside) > 7:
        inside = [s for s in inside if str(s).startswith("1")]
    ax.set_xticks([math.log10(s) for s in inside], [f"{s:,}" for s in inside])
    x_bare(ax)
    ax.plot(
        np.log10(k),
        np.log10(reached[1:]),
        color=_BLUE,
        linewidth=2.0,
        marker="o" if k.size <= 60 else None,
        markersize=5.0,
        markeredgecolor="white",
        zorder=3,
        clip_on=False,
    )
    ax.annotate(
        f"{people(float(reached[1]))} brought anybody;\nthe most that one brought: {int(k[-1]):,}",
        (1, 1),
        (-2, -4),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=NOTE_SIZE,
        color=INK,
        ha="right",
        va="top",
    )
    ax.set_xlabel("uptakes brought about", fontsize=LABEL_SIZE - 1, color=SOFT, loc="right")


def _decades(counts: Values) -> tuple[int, int]:
    """Powers of ten around positive counts."""
    low, high = math.floor(math.log10(float(counts.min()))), math.log10(float(counts.max()))
    return low, max(math.ceil(high + 0.15), low + 1)


def _people_axis(ax: Axes, base: int, top: int, span: Span, name: str) -> None:
    step = max(1, math.ceil((top - base) / 7))
    ticks = [float(t) for t in range(base, top + 1, step)]
    value_axis(ax, ticks, [people_ticks([0.0, 10.0**t])[1] for t in ticks], span, name)
    ax.set_ylim(base, top)
    ax.hlines([base], span.first, span.last, colors=GRID, linewidth=0.8)


FIGURE = Figure(
    "cascades",
    "Uptake from person to person: how far it went and how many each brought, two panels "
    "within the returned Axes.",
    cascades,
)
