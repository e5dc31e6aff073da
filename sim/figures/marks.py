"""Events drawn on lines: a marker for each, words for the most telling, and what markers mean."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from sim.figures.frame import Span, text_width, x_of
from sim.figures.happenings import KINDS, Mark, by_weight
from sim.figures.labels import Note, Page, notes
from sim.figures.lines import dot
from sim.figures.style import INK, NOTE_SIZE, SOFT, STAMP_SIZE, Look
from sim.record.record import Record
from sim.record.tables import Series

MOST_NOTES = 12  # more words than these make a picture nobody reads
# Points from an event to its words: farther away they seem to belong elsewhere. Releases are many
# and named only where there is room beside them.
_REACH = 62.0
_ROUTINE_REACH = 16.0
_MARKER = 1.1  # of a key's entry, in font sizes: the marker and what is between it and its name
_APART, _CLOSE = 1.0, 0.6  # between two entries of the key, in font sizes


def mark(
    page: Page,
    record: Record,
    found: Sequence[Mark],
    lines: Mapping[str, Series],
    look: Mapping[str, Look],
    span: Span,
    *,
    axis_name: str,
) -> None:
    """Draw what happened on the lines it acted on, and the key at the top right.

    `axis_name` is what stands at the top left, beside which the key must fit.
    """
    ax = page.ax
    acting = [h for h in found if h.on in lines and 0 <= h.time <= record.days]
    place = {}
    for happening in acting:
        series = lines[happening.on]
        x = float(x_of(record, happening.time))
        y = float(np.interp(happening.time, series.day, series.value))
        dot(
            ax,
            x,
            y,
            marker=KINDS[happening.kind][0],
            size=10.0 if happening.kind == "launch" else 7.5,
            colour=look[happening.on].colour,
            edge_width=0.9,
        )
        page.add_line([x], [y])
        place[happening] = Note(happening.text, x, y, look[happening.on].text)
    width = page.place(ax.get_xlim()[1], 0)[0, 0] - page.place(ax.get_xlim()[0], 0)[0, 0]
    most = min(MOST_NOTES, int(width / 45))
    ranked = by_weight(acting)
    telling = [place[h] for h in ranked if h.kind != "release"]
    routine = [place[h] for h in ranked if h.kind == "release"]
    set_down = notes(page, telling, most=most, span=span, reach=_REACH)
    notes(page, routine, most=most - set_down, span=span, reach=_ROUTINE_REACH)
    kinds = [kind for kind in KINDS if any(h.kind == kind for h in acting)]
    _key(ax, kinds, room=width / 72.0 - text_width(axis_name, STAMP_SIZE + 0.5) - 0.2)


def _key(ax: Axes, kinds: Sequence[str], room: float) -> None:
    """Which marker stands for which kind of event, in one line of at most `room` inches."""
    if not kinds:
        return
    names, gap = [KINDS[kind][1] for kind in kinds], _APART
    if _line_width(names, gap) > room:
        names, gap = [KINDS[kind][2] for kind in kinds], _CLOSE
    while _line_width(names, gap) > room and len(names) > 1:
        names.pop()
    marks = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=KINDS[kind][0],
            markersize=8.0 if kind == "launch" else 6.0,
            markerfacecolor=SOFT,
            markeredgecolor="none",
            label=name,
        )
        for kind, name in zip(kinds, names, strict=False)
    ]
    ax.legend(
        handles=marks,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.006),
        ncols=len(marks),
        frameon=False,
        fontsize=NOTE_SIZE,
        labelcolor=INK,
        handlelength=1.0,
        handletextpad=0.1,
        columnspacing=gap,
        borderpad=0.0,
        borderaxespad=0.2,
    )


def _line_width(names: Sequence[str], gap: float) -> float:
    """Inches that a key of these names takes."""
    words = sum(text_width(name, NOTE_SIZE) for name in names)
    return words + len(names) * (_MARKER + gap) * NOTE_SIZE / 72.0
