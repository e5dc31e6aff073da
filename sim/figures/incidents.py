"""What incidents did: trust, leaving and monthly users of the features they hit."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import (
    NoFigure,
    Span,
    date_axis,
    headline,
    nice_step,
    people_ticks,
    value_axis,
    x_of,
)
from sim.figures.happenings import severity
from sim.figures.labels import Note, Page, end_labels, notes, room_for
from sim.figures.lines import dot, draw_lines
from sim.figures.panels import panel
from sim.figures.style import FAINT, INK, LABEL_SIZE, SOFT, looks
from sim.figures.words import people, percent, short_date
from sim.market.happening import Happening
from sim.record.record import Record
from sim.record.tables import Series

Values = npt.NDArray[np.float64]
Shown = Callable[[float], str]

_MOST_FEATURES = 4
_MOST_NAMED = 6
_MOST_GRAVE = 8
_BEFORE, _AFTER = 28.0, 21.0  # days that tell the usual rate of leaving, and that hold the peak


@dataclass(frozen=True)
class Known:
    """An incident that became known: the day it did, its severity, the features it hit."""

    day: float
    severity: float
    features: tuple[str, ...]


def incidents(ax: Axes, record: Record) -> None:
    """Three panels over time, of the features that incidents hit, with the days they became known.

    Raises NoFigure when no incident became known or none hit a feature.
    """
    known = _known(record)
    hit = _features(record, known)
    if not hit:
        raise NoFigure("no incident that hit a feature became known")
    grave = _gravest(known, hit)
    headline(
        ax,
        record,
        _title(record, known, hit),
        _subtitle(known, grave),
    )
    trust = {f: record.market("trust", f) for f in hit}
    leaving = {f: _leaving(record, f) for f in hit}
    users = {f: record.adoption("mau", f) for f in hit}
    panels: tuple[tuple[dict[str, Series], str, Shown, float, float], ...] = (
        (trust, "Trust in the feature", lambda v: f"{v:.2f}", 0.70, 0.28),
        (leaving, "Share of its monthly users who leave on a day", _hundredths, 0.365, 0.235),
        (users, "Monthly users", people, 0.0, 0.265),
    )
    texts = [
        f"{record.title(f)} {shown(lines[f].last)}"
        for lines, _, shown, _, _ in panels
        for f in hit
        if len(lines[f])
    ]
    for place, (lines, name, shown, bottom, height) in enumerate(panels):
        inner = panel(ax, 0.0, bottom, 1.0, height)
        span = date_axis(inner, record, label_room=room_for(inner, texts, LABEL_SIZE - 0.5))
        if place < 2:
            inner.tick_params(axis="x", labelbottom=False)
        values = [s.value for s in lines.values() if len(s)]
        if not values:
            continue
        _zoomed(inner, values, span, name, place)
        _lines(inner, record, lines, shown, span, grave if place == 0 else [])
        if place == 0:
            _rug(inner, record, [k for k in known if k not in grave])
        for event in grave:
            inner.axvline(
                float(x_of(record, event.day)),
                color=FAINT,
                linewidth=0.6 + 0.8 * event.severity,
                dashes=(3.0, 2.0),
                zorder=1,
            )


def _known(record: Record) -> list[Known]:
    return [
        Known(event.time, severity(event), _hit(record, event))
        for event in record.events
        if event.kind == "detection" and 0 <= event.time <= record.days
    ]


def _hit(record: Record, event: Happening) -> tuple[str, ...]:
    """The features that an incident hit: those of its lab, or the one that it is about."""
    if event.feature is not None:
        return (event.feature,)
    entries = record.manifest.entities.features
    return tuple(f for f, entry in entries.items() if entry.lab == event.lab)


def _features(record: Record, known: list[Known]) -> list[str]:
    """The features hit that have users, those with the most to lose first, a few at most."""
    weight = {f: 0.0 for f in record.features}
    for event in known:
        for feature in event.features:
            mau = record.adoption("mau", feature)
            users = float(mau.value.max()) if len(mau) else 0.0
            weight[feature] += event.severity * users
    used = [f for f in weight if weight[f] > 0 and len(record.market("trust", f))]
    return sorted(used, key=lambda f: -weight[f])[:_MOST_FEATURES]


def _gravest(known: list[Known], hit: list[str]) -> list[Known]:
    """The incidents that are worth a line through the panels."""
    own = [k for k in known if any(f in hit for f in k.features)]
    most = max(k.severity for k in own)
    ranked = sorted(own, key=lambda k: (-k.severity, k.day))
    return [k for k in ranked[:_MOST_GRAVE] if k.severity >= 0.3 * most]


def _subtitle(known: list[Known], grave: list[Known]) -> str:
    text = "Dashed: the day an incident became known"
    if len(grave) < len(known):
        text = f"Dashed: the {len(grave)} gravest of {len(known)} incidents, others as ticks"
    return f"{text}. One run: what would have been without them takes a pair of runs"


def _rug(ax: Axes, record: Record, known: list[Known]) -> None:
    """A short tick at the foot of a panel for each incident."""
    ax.plot(
        x_of(record, [k.day for k in known]),
        [0.045] * len(known),
        transform=ax.get_xaxis_transform(),
        marker="|",
        markersize=6.0,
        markeredgecolor=FAINT,
        markeredgewidth=0.8,
        linestyle="none",
        zorder=2,
    )


def _leaving(record: Record, feature: str) -> Series:
    """Share of the monthly users who leave on a day."""
    mau, lapsed = record.adoption("mau", feature), record.adoption("lapsed", feature)
    if not len(mau) or not len(lapsed):
        return Series(np.empty(0), np.empty(0))
    users = np.interp(lapsed.day, mau.day, mau.value)
    enough = users > max(1e-3 * float(mau.value.max()), 1.0)
    return Series(lapsed.day[enough], lapsed.value[enough] / users[enough])


def _zoomed(ax: Axes, values: list[Values], span: Span, name: str, place: int) -> None:
    """A value axis around the values: what incidents move is small beside what there is."""
    low, high = (float(f([f(v) for v in values])) for f in (np.min, np.max))
    if place == 1 or low < 0.35 * high:
        low = 0.0
    step = nice_step(max(high - low, 1e-4 if place < 2 else 1.0)) * 1.0
    step *= 2.0 if (high - low) / step > 3.5 else 1.0
    ticks = [i * step for i in range(math.floor(low / step + 1e-9), math.ceil(high / step) + 1)]
    if len(ticks) == 1:
        ticks.append(ticks[0] + step)
    if place == 2:
        texts = people_ticks(ticks)
    elif place == 1:
        texts = [f"{100 * t:.4g}\N{NO-BREAK SPACE}%" for t in ticks]
    else:
        texts = [f"{t:.3g}" for t in ticks]
    value_axis(ax, ticks, texts, span, name)


def _lines(
    ax: Axes,
    record: Record,
    lines: dict[str, Series],
    shown: Shown,
    span: Span,
    named: list[Known],
) -> None:
    look = looks(record)
    page = Page(ax)
    there = {feature: series for feature, series in lines.items() if len(series)}
    texts = {f: f"{record.title(f)} {shown(series.last)}" for f, series in there.items()}
    ends = draw_lines(page, record, there, texts, look, width=2.0)
    end_labels(page, ends, span, size=LABEL_SIZE - 0.5)
    wanted = []
    for event in sorted(named, key=lambda k: (-k.severity, k.day)):
        hit = next((f for f in event.features if f in there), None)
        if hit is None:
            continue
        y = float(np.interp(event.day, there[hit].day, there[hit].value))
        text = f"severity {event.severity:.2f}"
        wanted.append(Note(text, float(x_of(record, event.day)), y, SOFT))
        dot(ax, wanted[-1].x, y, marker="X", size=7.0, colour=INK)
    notes(page, wanted, most=_MOST_NAMED, span=span, reach=45.0)


def _title(record: Record, known: list[Known], hit: list[str]) -> str:
    users = {f: record.adoption("mau", f).last for f in hit}
    gravest, feature = max(
        ((k, f) for k in known for f in k.features if f in hit),
        key=lambda pair: (pair[0].severity * users[pair[1]], -pair[0].day),
    )
    date = short_date(record.date(gravest.day), with_day=True)
    text = f"After the incident of {date} "
    times = _times(_leaving(record, feature), gravest.day)
    fall = _fall(record.market("trust", feature), gravest.day)
    name = record.title(feature)
    if not math.isnan(times) and times >= 1.05:
        text += f"people leave {name} up to {times:.1f} times as fast as before"
        return f"{text} and trust it {percent(fall)} less" if fall > 0.005 else text
    if fall > 0.005:
        return f"{text}trust in {name} is {percent(fall)} lower"
    return f"{text}{name} goes on as before"


def _hundredths(share: float) -> str:
    return f"{100 * share:.2f}\N{NO-BREAK SPACE}%"


def _times(leaving: Series, day: float) -> float:
    """The fastest leaving after a day over the usual one before; nan where there is none."""
    before = leaving.value[(leaving.day >= day - _BEFORE) & (leaving.day < day)]
    after = leaving.value[(leaving.day >= day) & (leaving.day <= day + _AFTER)]
    if not len(before) or not len(after) or np.median(before) <= 0:
        return math.nan
    return float(after.max() / np.median(before))


def _fall(trust: Series, day: float) -> float:
    """By which share trust falls around a day."""
    before = trust.value[(trust.day < day) & (trust.day >= day - 3.0)]
    after = trust.value[(trust.day >= day) & (trust.day <= day + 3.0)]
    if not len(before) or not len(after) or before[-1] <= 0:
        return 0.0
    return float(1.0 - after.min() / before[-1])


FIGURE = Figure(
    "incidents",
    "Trust, leaving and monthly users around incidents, three panels within the returned Axes.",
    incidents,
)
