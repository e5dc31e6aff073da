"""What cannot be taken back: the best weights that are out, beside the frontier."""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import (
    NoFigure,
    Span,
    date_axis,
    headline,
    nice_step,
    value_axis,
    x_of,
)
from sim.figures.labels import EndLabel, Page, end_labels, room_for
from sim.figures.lines import draw_lines
from sim.figures.style import NOTE_SIZE, SOFT, TOTAL, looks
from sim.figures.words import months, when
from sim.record.record import Record
from sim.record.tables import Series

_METRIC = "irrevocable_capability"


def irrevocable(ax: Axes, record: Record) -> None:
    """The frontier, and in steps the best released weights of each lab, which only ever rise.

    Raises NoFigure when no weights are out.
    """
    steps = {lab: record.market(_METRIC, lab) for lab in record.labs}
    steps = {lab: s for lab, s in steps.items() if len(s)}
    levels = [record.market("quality", lab) for lab in record.labs]
    levels = [s for s in levels if len(s)]
    if not steps or not levels:
        raise NoFigure("no lab has released weights")
    frontier = Series(levels[0].day, np.max([s.value for s in levels], axis=0))
    headline(
        ax,
        record,
        _title(record, steps, frontier),
        "Best quality whose weights are out: whatever is decided later, it stays out",
    )
    texts = {lab: f"{record.title(lab)} {months(s.last)}" for lab, s in steps.items()}
    top = f"Frontier {months(frontier.last)}"
    span = date_axis(ax, record, label_room=room_for(ax, [*texts.values(), top]))
    low = min(float(s.value.min()) for s in (*steps.values(), frontier))
    _months_axis(ax, low, float(frontier.value.max()), span)
    look = looks(record)
    page = Page(ax)
    x = x_of(record, frontier.day)
    ax.plot(x, frontier.value, color=TOTAL.colour, linewidth=2.8, zorder=4, clip_on=False)
    page.add_line(x, frontier.value)
    ends = [EndLabel(top, frontier.last, TOTAL.text)]
    ends += draw_lines(page, record, steps, texts, look, width=2.2, steps=True)
    end_labels(page, ends, span)
    _behind(page, record, steps, frontier)


def _months_axis(ax: Axes, low: float, high: float, span: Span) -> None:
    """Frontier-months between two values: their zero is a convention."""
    step = nice_step(max(high - low, 1.0))
    ticks = [i * step for i in range(math.floor(low / step), math.ceil(high * 1.001 / step) + 1)]
    value_axis(ax, ticks, [f"{t:.6g}" for t in ticks], span, "Quality, frontier-months")


def _behind(page: Page, record: Record, steps: Mapping[str, Series], frontier: Series) -> None:
    """How far the best weights are behind the frontier, at a few dates."""
    for share in (0.25, 0.5, 0.75):
        day = float(frontier.day[0] + share * (frontier.day[-1] - frontier.day[0]))
        top = float(np.interp(day, frontier.day, frontier.value))
        best = max((v for s in steps.values() if (v := _on(s, day)) is not None), default=top)
        x = float(x_of(record, day))
        (_, low), (_, high) = page.place([x, x], [best, top])
        if high - low < 2.0 * NOTE_SIZE:
            continue
        page.ax.plot([x, x], [best, top], color=SOFT, linewidth=1.0, dashes=(1.5, 1.5), zorder=2)
        page.ax.annotate(
            f"{months(top - best)} behind",
            (x, top),
            (3, 5),
            textcoords="offset points",
            fontsize=NOTE_SIZE,
            color=SOFT,
            ha="right",
            va="bottom",
            annotation_clip=False,
        )


def _on(series: Series, day: float) -> float | None:
    """The value in force on a day, None before the first."""
    i = int(np.searchsorted(series.day, day, side="right")) - 1
    return None if i < 0 else float(series.value[i])


def _title(record: Record, steps: Mapping[str, Series], frontier: Series) -> str:
    best = max(steps, key=lambda lab: steps[lab].last)
    behind = max(frontier.last - steps[best].last, 0.0)
    return (
        f"{record.title(best)}'s are the best open weights {when(record, record.days)}, "
        f"{months(behind)} frontier-months behind the frontier"
    )


FIGURE = Figure(
    "irrevocable",
    "The best weights that each lab has out, beside the frontier.",
    irrevocable,
)
