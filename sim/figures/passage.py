"""First passage: on which day each feature's monthly users pass round marks."""

import numpy as np
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, Span, caption, date_axis, headline, text_width, x_of
from sim.figures.labels import Page, room_for
from sim.figures.lines import dot
from sim.figures.rows import row_axis, row_end, row_name
from sim.figures.style import (
    GRID,
    INK,
    NOTE_SIZE,
    SMALLER,
    SOFT,
    TOTAL,
    Look,
    looks,
)
from sim.figures.words import listing, people, short_date
from sim.record.record import ALL, Record
from sim.record.tables import Series
from sim.usage.passage import THRESHOLDS, first_passages

_MOST_IN_TITLE = 3
_WIDEST = "100 M: 30 Sep 2026"
_LISTED = 130.0  # points of height that hold a line for each mark
_DATED = 42.0  # points of height below which a row has no room for dates under the marks


def passage(ax: Axes, record: Record) -> None:
    """A row for each feature, a dot on each day on which its monthly users first pass a mark.

    The marks are those of `sim.usage.passage`. Raises NoFigure when none is passed after the start.
    """
    lines = {f: record.adoption("mau", f) for f in record.features}
    lines = {f: s for f, s in lines.items() if len(s) and s.value.max() >= THRESHOLDS[0]}
    lines = dict(sorted(lines.items(), key=lambda item: -item[1].last))
    everyone = record.adoption("mau", ALL)
    if len(lines) > 1 and len(everyone):
        lines = {ALL: everyone, **lines}
    passed = {f: _passed(series) for f, series in lines.items()}
    if not any(passed.values()):
        raise NoFigure("no feature passes a mark between 1 M and 2 B monthly users after the start")
    headline(
        ax,
        record,
        _title(record, {f: p for f, p in passed.items() if f != ALL or len(lines) == 1}),
        "The first day with that many monthly users, in this run",
    )
    ends = {f: _ends(series) for f, series in lines.items()}
    span = date_axis(ax, record, label_room=room_for(ax, list(ends.values())))
    row_axis(ax, len(lines) - 0.4)
    page = Page(ax)
    look = {**looks(record), ALL: TOTAL}
    for row, (feature, series) in enumerate(lines.items()):
        name = "Any feature" if feature == ALL else record.title(feature)
        _row(page, record, row, name, series, passed[feature], look[feature], span)
        _end(ax, row, series, ends[feature], look[feature], span)
    caption(ax, "Monthly users passed, by feature")


def _passed(series: Series) -> dict[float, float]:
    """The day on which each mark is first passed, of those not passed at the start."""
    days = first_passages(series.day, series.value, THRESHOLDS)
    return {
        mark: day
        for mark, day in zip(THRESHOLDS, days, strict=True)
        if day is not None and day > series.day[0]
    }


def _ends(series: Series) -> str:
    return f"{people(series.last)} at the end"


def _row(
    page: Page,
    record: Record,
    row: int,
    name: str,
    series: Series,
    passed: dict[float, float],
    look: Look,
    span: Span,
) -> None:
    ax = page.ax
    ax.plot([span.first, span.last], [row, row], color=GRID, linewidth=1.2, zorder=1)
    height = float(page.place(span.first, row)[0, 1] - page.place(span.first, row + 1)[0, 1])
    first = float(series.value[0])
    start = f", {people(first)} at the start" if first >= 1 else ""
    row_name(ax, span, row, f"{name}{start}", look.text, off=7 if height >= _DATED else 5)
    _at_start(ax, row, first, look, span)
    for mark, day in passed.items():
        dot(ax, x_of(record, day), row, size=_size(mark), colour=look.colour, zorder=4)
    _names(page, record, row, passed, span, height=height)


def _end(ax: Axes, row: int, series: Series, text: str, look: Look, span: Span) -> None:
    """Users at the end, and the mark that has not been passed by then."""
    row_end(ax, span, row, text, look.text)
    ahead = [mark for mark in THRESHOLDS if mark > series.value.max()]
    if ahead:
        ax.annotate(
            f"{people(ahead[0])} not reached",
            (span.last, row),
            (8, -8),
            textcoords="offset points",
            fontsize=SMALLER,
            color=SOFT,
            va="top",
            annotation_clip=False,
        )


def _at_start(ax: Axes, row: int, first: float, look: Look, span: Span) -> None:
    """A hollow dot for the highest mark that lies behind a feature as the run begins."""
    behind = [mark for mark in THRESHOLDS if mark <= first]
    if behind:
        dot(
            ax,
            span.first,
            row,
            size=_size(behind[-1]),
            colour="white",
            edge=look.colour,
            edge_width=1.4,
            zorder=3,
        )


def _names(
    page: Page,
    record: Record,
    row: int,
    passed: dict[float, float],
    span: Span,
    *,
    height: float,
) -> None:
    """The marks' names and dates below their dots; `height` of the row in points.

    Marks too close together for that stand in lines below each other, or share one name.
    """
    dated, listed = height >= _DATED, height >= _LISTED
    left, right = (float(page.place(x, row)[0, 0]) for x in (span.first, span.last))
    for cluster in _clusters(page, record, row, passed, dated=dated, listed=listed):
        marks = [mark for mark, _ in cluster]
        point, at = float(x_of(record, passed[marks[0]])), cluster[0][1]
        if len(marks) > 1 and listed:
            text = "\n".join(f"{people(m)}: {_date(record, passed[m])}" for m in marks)
            _below(page.ax, text, point, row, 0.0, -9.0, NOTE_SIZE, INK, "left")
            continue
        width = _width(marks, dated=dated)
        middle = 0.5 * (cluster[0][1] + cluster[-1][1])
        shift = float(np.clip(middle, left + width / 2, right - width / 2 + 20)) - at
        drop = -9.0 if dated else -6.5
        _below(page.ax, _marks(marks), point, row, shift, drop, NOTE_SIZE, INK, "center")
        if dated:
            dates = [_date(record, passed[m]) for m in (marks[0], marks[-1])]
            text = dates[0] if dates[0] == dates[1] else f"from {dates[0]}"
            drop = -10.0 - NOTE_SIZE * 1.25
            _below(page.ax, text, point, row, shift, drop, SMALLER, SOFT, "center")


def _clusters(
    page: Page, record: Record, row: int, passed: dict[float, float], *, dated: bool, listed: bool
) -> list[list[tuple[float, float]]]:
    """Marks and their places in points, those together whose names would touch."""
    clusters: list[list[tuple[float, float]]] = []
    for mark, day in passed.items():
        at = float(page.place(x_of(record, day), row)[0, 0])
        if clusters:
            before = [m for m, _ in clusters[-1]]
            apart = 0.5 * (_width(before, dated=dated) + _width([mark], dated=dated)) + 6.0
            gap = at - 0.5 * (clusters[-1][0][1] + clusters[-1][-1][1])
            if listed and len(before) > 1:  # the lines begin at the first dot
                gap = at - clusters[-1][0][1]
                apart = 72.0 * text_width(_WIDEST, NOTE_SIZE) + 0.5 * _width([mark], dated=dated)
            if gap < apart:
                clusters[-1].append((mark, at))
                continue
        clusters.append([(mark, at)])
    return clusters


def _below(
    ax: Axes,
    text: str,
    x: float,
    row: int,
    shift: float,
    drop: float,
    size: float,
    colour: str,
    side: str,
) -> None:
    ax.annotate(
        text,
        (x, row),
        (shift, drop),
        textcoords="offset points",
        fontsize=size,
        fontweight="bold" if colour == INK and side == "center" else "normal",
        color=colour,
        ha=side,
        va="top",
        linespacing=1.25,
        annotation_clip=False,
    )


def _width(marks: list[float], *, dated: bool) -> float:
    """Points that the name of these marks takes."""
    width = text_width(_marks(marks), NOTE_SIZE, bold=True)
    if dated:
        width = max(width, text_width("30 Sep 2026", SMALLER))
    return 72.0 * width


def _marks(marks: list[float]) -> str:
    first = people(marks[0])
    return first if len(marks) == 1 else f"{first} to {people(marks[-1])}"


def _date(record: Record, day: float) -> str:
    return short_date(record.date(day), with_day=True)


def _size(mark: float) -> float:
    """Diameter of a dot in points: four at 1 M, eleven at 1 B."""
    return float(np.interp(np.log10(mark), [6.0, 9.0], [4.5, 11.0]))


def _title(record: Record, passed: dict[str, dict[float, float]]) -> str:
    marks = [mark for days in passed.values() for mark in days]
    if not marks:
        return "No feature passes a round number of monthly users; all of them together do"
    # 100 M and 1 B are what everybody asks for.
    mark = max(marks, key=lambda m: (m in (1e8, 1e9), m))
    by_day = sorted((days[mark], f) for f, days in passed.items() if mark in days)
    first_day, first = by_day[0]
    after = [f"{record.title(f)} after {day:,.0f}" for day, f in by_day[1:_MOST_IN_TITLE]]
    start = (
        f"{'Any feature' if first == ALL else record.title(first)} passes {people(mark)} "
        f"monthly users after {first_day:,.0f} days"
    )
    return listing([start, *after]) if len(after) > 1 else ", ".join([start, *after])


FIGURE = Figure(
    "passage",
    "The days on which features pass round numbers of monthly users.",
    passage,
)
