"""The rollout as it went: the share reached by feature, platform and segment, and what held it up.

Places that went the same way share a row, so that a rollout of four platforms and five segments is
as many rows as it had courses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, Span, caption, date_axis, fitted, headline, text_width, x_of
from sim.figures.happenings import KINDS
from sim.figures.labels import Page, room_for
from sim.figures.lines import dot
from sim.figures.rows import row_axis, row_end, row_name
from sim.figures.style import INK, NOTE_SIZE, SMALLER, Look, looks, mix
from sim.figures.words import listing, percent, when
from sim.record.record import ALL, Record
from sim.record.tables import Series

Values = npt.NDArray[np.float64]

_MOST_ROWS = 12
_BAR = 0.46  # height of a full bar, in rows
_TRACK = "#f0f0f0"
_HATCH = "#a8a8a8"
_HELD = {1.0: "paused", 2.0: "delayed"}
_HATCHES = {1.0: "////", 2.0: "-----"}


@dataclass
class Row:
    """One course of a rollout, and the places (platform, segment) that took it."""

    feature: str
    places: list[tuple[str, str]]
    day: Values
    share: Values
    held: Values
    people: float


def rollout(ax: Axes, record: Record) -> None:
    """A row for each course that a rollout took: bars as high as the share, hatched while held.

    Raises NoFigure when no feature is rolled out in waves.
    """
    rows = _rows(record)
    if not rows:
        raise NoFigure("no feature is rolled out in waves")
    headline(
        ax,
        record,
        _title(record, rows),
        "Share reached, 0 to 100\N{NO-BREAK SPACE}% from the foot of a bar to its top; "
        "places that went the same way share a row",
    )
    ends = [_percent(row.share[-1]) + " at the end" for row in rows]
    span = date_axis(ax, record, label_room=room_for(ax, ends))
    row_axis(ax, max(len(rows), 3) - 0.45)
    page = Page(ax)
    look = looks(record)
    for place, (row, end) in enumerate(zip(rows, ends, strict=True)):
        _draw(page, record, place, row, look[row.feature], span)
        row_end(ax, span, place, end, look[row.feature].text)
    _stops(ax, record, rows)
    caption(ax, "Feature and place")


def _rows(record: Record) -> list[Row]:
    """Courses in the order of features, platforms and segments."""
    rows: list[Row] = []
    for feature in record.features:
        found: dict[tuple[bytes, bytes], Row] = {}
        for platform in record.platforms:
            for segment in record.segments:
                entity = f"{feature}@{platform}@{segment}"
                share, held = record.market("rollout", entity), record.market("held", entity)
                people = record.adoption("people", ALL, platform, segment)
                size = people.last if len(people) else 1.0
                if not len(share) or size <= 0:
                    continue
                held_ = held.value if len(held) == len(share) else np.zeros(len(share))
                row = found.setdefault(
                    (share.value.tobytes(), held_.tobytes()),
                    Row(feature, [], share.day, share.value, held_, 0.0),
                )
                row.places.append((platform, segment))
                row.people += size
        rows += found.values()
    return rows if len(rows) <= _MOST_ROWS else _joined(rows)


def _joined(rows: list[Row]) -> list[Row]:
    """One row a feature: the mean over people of its places, held while any of them is."""
    joined = []
    for feature in dict.fromkeys(row.feature for row in rows):
        own = [row for row in rows if row.feature == feature]
        people = sum(row.people for row in own)
        joined.append(
            Row(
                feature,
                [place for row in own for place in row.places],
                own[0].day,
                np.asarray(sum(row.share * row.people for row in own) / people),
                np.max([row.held for row in own], axis=0),
                people,
            )
        )
    return joined


def _draw(page: Page, record: Record, place: int, row: Row, look: Look, span: Span) -> None:
    ax = page.ax
    base = place + _BAR / 2
    x = x_of(record, row.day)
    ax.fill_between([span.first, span.last], base - _BAR, base, facecolor=_TRACK, linewidth=0)
    held = _spells(row.held)
    for first, last, share in _spells(row.share):
        left, wide = _extent(x, first, last)
        ax.barh(
            base,
            wide,
            -_BAR * share,
            left=left,
            align="edge",
            color=mix(look.colour, "#ffffff", 0.25),
            linewidth=0,
            zorder=2,
        )
    for state, hatch in _HATCHES.items():
        ax.broken_barh(
            [_extent(x, first, last) for first, last, of in held if of == state],
            (base - _BAR, _BAR),
            facecolor="none",
            edgecolor=_HATCH,
            hatch=hatch,
            linewidth=0,
            zorder=1.5,
        )
    together = row.share + 2.0 * row.held  # a spell ends where either changes
    edges = np.r_[0, np.flatnonzero(np.diff(together) != 0) + 1, len(together)]
    for first, past in pairwise(edges.tolist()):
        begin, end = float(x[first]), float(x[min(past, len(x) - 1)])
        _inside(page, row.share[first], row.held[first], begin, end, base)
    room = float(page.place(span.last, 0)[0, 0] - page.place(span.first, 0)[0, 0]) / 72.0
    name = f"{record.title(row.feature)}: {_where(record, row.places)}"
    text = fitted(name, NOTE_SIZE + 0.5, room, bold=True)
    row_name(ax, span, place - _BAR / 2, text, look.text, off=3)


def _inside(page: Page, share: float, held: float, begin: float, end: float, base: float) -> None:
    """The share reached and what holds it, in the bar or above a low one, where it fits."""
    (left, low), (right, _) = page.place([begin, end], [base, base])
    top = float(page.place(begin, base - _BAR * share)[0, 1])
    word = _HELD.get(float(held), "")
    for text in (f"{word} at {_percent(share)}" if word else _percent(share), _percent(share)):
        if 72.0 * text_width(text, SMALLER) + 6.0 > right - left:
            continue
        fits = top - low > 1.4 * SMALLER
        page.ax.annotate(
            text,
            (begin, base),
            (0.5 * (right - left), 0.5 * (top - low) if fits else top - low + 0.6 * SMALLER),
            textcoords="offset points",
            fontsize=SMALLER,
            color=INK,
            ha="center",
            va="center_baseline",
            zorder=5,
            path_effects=None if fits else [withStroke(linewidth=2.6, foreground=_TRACK)],
        )
        return


def _extent(x: Values, first: int, last: int) -> tuple[float, float]:
    """Left end and width of what begins on one recorded day and holds through another."""
    left = float(x[first])
    return left, float(x[min(last + 1, len(x) - 1)]) - left


def _spells(values: Values) -> list[tuple[int, int, float]]:
    """Runs of one value other than 0: first and last index, and the value."""
    if not len(values):
        return []
    edges = np.flatnonzero(np.diff(values) != 0) + 1
    begins, ends = np.r_[0, edges], np.r_[edges, len(values)] - 1
    return [
        (int(a), int(b), float(values[a]))
        for a, b in zip(begins, ends, strict=True)
        if values[a] != 0
    ]


def _where(record: Record, places: Sequence[tuple[str, str]]) -> str:
    """Places in words: `WhatsApp, everywhere`, `Facebook (Europe); Instagram (not Europe)`."""
    of: dict[str, tuple[str, ...]] = {}
    for platform, segment in places:
        of[platform] = (*of.get(platform, ()), segment)
    alike: dict[str, list[str]] = {}
    for platform, segments in of.items():
        alike.setdefault(_segments(record, platform, segments), []).append(platform)
    return "; ".join(
        f"{listing([record.title(p) for p in platforms])}{where}"
        for where, platforms in alike.items()
    )


def _segments(record: Record, platform: str, chosen: Sequence[str]) -> str:
    """Segments of one platform in words that follow its name."""
    there = [s for s in record.segments if record.adoption("people", ALL, platform, s).last != 0]
    missing = [s for s in there if s not in chosen]
    if not missing:
        return "" if len(there) == 1 else ", everywhere"
    if len(chosen) <= len(missing):
        return f" ({', '.join(record.title(s) for s in chosen)})"
    return f" (not {', '.join(record.title(s) for s in missing)})"


def _stops(ax: Axes, record: Record, rows: list[Row]) -> None:
    """A dot where a stop rule acted, on the feature's rows, and what dots and hatches mean."""
    stops = [e for e in record.events if e.kind == "stop" and 0 <= e.time <= record.days]
    reasons = []
    for place, row in enumerate(rows):
        for event in stops:
            if row.feature != event.feature:
                continue
            reasons.append(event.reason or "")
            dot(
                ax,
                x_of(record, event.time),
                place - _BAR / 2,
                marker=KINDS["stop"][0],
                size=8.5,
                colour=INK,
                zorder=6,
            )
    handles: list[Line2D | Patch] = [
        Patch(facecolor=_TRACK, edgecolor=_HATCH, hatch=_HATCHES[state], linewidth=0, label=word)
        for state, word in _HELD.items()
        if any((row.held == state).any() for row in rows)
    ]
    if reasons:
        different = list(dict.fromkeys(reasons))
        text = f"stop rule: {', '.join(different[:2])}" + (", …" if len(different) > 2 else "")
        marker = KINDS["stop"][0]
        handles.append(Line2D([], [], linestyle="none", marker=marker, color=INK, label=text))
    if not handles:
        return
    ax.legend(
        handles=handles,
        ncols=len(handles),
        loc="lower right",
        bbox_to_anchor=(1.0, 1.006),
        frameon=False,
        fontsize=NOTE_SIZE,
        labelcolor=INK,
        handletextpad=0.5,
        columnspacing=1.2,
        handlelength=1.4,
        borderpad=0.0,
        borderaxespad=0.2,
    )


def _title(record: Record, rows: list[Row]) -> str:
    feature = max(
        dict.fromkeys(row.feature for row in rows),
        key=lambda f: sum(row.people for row in rows if row.feature == f),
    )
    own = [row for row in rows if row.feature == feature]
    people = sum(row.people for row in own)
    mean = Series(own[0].day, np.asarray(sum(row.share * row.people for row in own) / people))
    name, first = record.title(feature), float(mean.value[0])
    full = mean.first_day_at(0.9995)
    if full is not None and mean.last > 0.9995:
        goal, at = "everybody", when(record, full)
    else:
        goal, at = percent(mean.last), when(record, record.days)
    if first > mean.last:
        text = f"{name} is cut back from {percent(first)} to {goal} {at}"
    else:
        start = f"from {percent(first)} " if 0 < first < mean.last else ""
        text = f"{name} is rolled out {start}to {goal} {at}"
    steps = {float(row.day[i]) for row in own for i in np.flatnonzero(np.diff(row.share)) + 1}
    if steps:
        text += f" in {len(steps)} step{'s' if len(steps) != 1 else ''}"
    held = np.max([row.held for row in own], axis=0) > 0
    if held.any():
        step = float(own[0].day[1] - own[0].day[0]) if len(own[0].day) > 1 else 1.0
        text += f"; held up for {held.sum() * step:,.0f} days in places"
    return text


def _percent(share: float) -> str:
    return percent(float(share))


FIGURE = Figure(
    "rollout",
    "The share that rollouts reached, by feature and place, with what held them up.",
    rollout,
)
