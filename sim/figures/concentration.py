"""Concentration: how use divides among features, and the Herfindahl index of it."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, Span, date_axis, headline, share_axis, value_axis, x_of
from sim.figures.happenings import KINDS, orders
from sim.figures.labels import EndLabel, Note, Page, end_labels, notes, room_for
from sim.figures.lines import dot
from sim.figures.panels import panel
from sim.figures.style import FAINT, INK, NOTE_SIZE, SOFT, looks
from sim.figures.words import by_end, percent
from sim.record.record import Record
from sim.record.tables import Series

Values = npt.NDArray[np.float64]

# Lines that the US merger guidelines of 2023 and of 2010 draw: highly concentrated above them.
MARKS = (1800.0, 2500.0)
_LEAST = 0.003  # a layer that never gets thicker has no label


def concentration(ax: Axes, record: Record) -> None:
    """Shares of use as a stream over time, and the index of concentration under it.

    Raises NoFigure when nothing is used.
    """
    shares = {f: record.market("share", f) for f in record.features}
    shares = {f: s for f, s in shares.items() if len(s)}
    index = record.market("hhi", "market")
    if not shares or not len(index) or sum(float(s.value.max()) for s in shares.values()) <= 0:
        raise NoFigure("no feature has users whose shares could be compared")
    headline(
        ax,
        record,
        _title(record, shares, index),
        "Shares of the features' summed monthly users; "
        "the Herfindahl index adds up their squares, from 0 to 10,000",
    )
    texts = {f: f"{record.title(f)} {percent(s.last)}" for f, s in shares.items()}
    hhi = f"HHI {index.last:,.0f}"
    upper, lower = panel(ax, 0.0, 0.40, 1.0, 0.60), panel(ax, 0.0, 0.0, 1.0, 0.27)
    room = room_for(upper, [*texts.values(), hhi])
    _stream(upper, record, shares, texts, room)
    _index(lower, record, index, hhi, room)


def _stream(
    ax: Axes, record: Record, shares: dict[str, Series], texts: dict[str, str], room: float
) -> None:
    span = date_axis(ax, record, label_room=room)
    ax.tick_params(axis="x", labelbottom=False)
    share_axis(ax, 1.0, span, "Share of use")
    look = looks(record)
    base: Values = np.zeros(len(next(iter(shares.values()))))
    ends = []
    # The first feature of the scenario lies at the bottom, where change is easiest to read.
    for feature, series in shares.items():
        top = base + series.value
        ax.fill_between(
            x_of(record, series.day),
            base,
            top,
            facecolor=look[feature].colour,
            edgecolor="white",
            linewidth=0.8,
            zorder=2,
        )
        if series.value.max() > _LEAST:
            middle = float(base[-1] + series.value[-1] / 2)
            ends.append(EndLabel(texts[feature], middle, look[feature].text))
        base = top
    end_labels(Page(ax), ends, span)


def _index(ax: Axes, record: Record, index: Series, text: str, room: float) -> None:
    span = date_axis(ax, record, label_room=room)
    ticks = [0.0, 2_500.0, 5_000.0]
    if index.value.max() > 5_000.0:
        ticks = [0.0, 5_000.0, 10_000.0]
    value_axis(ax, ticks, [f"{t:,.0f}" for t in ticks], span, "Herfindahl index (HHI)")
    for mark in MARKS:
        ends = [span.first, span.last]
        ax.plot(ends, [mark, mark], color=FAINT, linewidth=0.8, dashes=(2.0, 2.0), zorder=1)
    x = x_of(record, index.day)
    ax.plot(x, index.value, color=INK, linewidth=2.4, zorder=3, clip_on=False)
    page = Page(ax)
    page.add_line(x, index.value)
    for mark in MARKS:
        page.add_line([span.first, span.last], [mark, mark])
    end_labels(page, [EndLabel(text, index.last, INK)], span)
    above = float(index.value.mean()) > sum(MARKS) / 2
    ax.annotate(
        "highly concentrated above 1,800 (US guidelines of 2023) or 2,500 (of 2010)",
        (span.first, MARKS[0] if above else MARKS[1]),
        (4, -3 if above else 3),
        textcoords="offset points",
        fontsize=NOTE_SIZE - 0.5,
        color=SOFT,
        va="top" if above else "bottom",
        annotation_clip=False,
    )
    _orders(page, record, index, span)


def _orders(page: Page, record: Record, index: Series, span: Span) -> None:
    """What regulators ordered, on the line of the index."""
    wanted = []
    for time, text in orders(record):
        x = float(x_of(record, time))
        y = float(np.interp(time, index.day, index.value))
        dot(page.ax, x, y, marker=KINDS["regulator"][0], size=7.5, colour=INK)
        wanted.append(Note(text, x, y, SOFT))
    notes(page, wanted, most=6, span=span, reach=50.0)


def _title(record: Record, shares: dict[str, Series], index: Series) -> str:
    lead = max(shares, key=lambda f: shares[f].last)
    first, last = float(index.value[0]), index.last
    moved = "rises" if last > first + 50 else "falls" if last < first - 50 else "stays"
    change = (
        f"{moved} from {first:,.0f} to {last:,.0f}" if moved != "stays" else f"stays at {last:,.0f}"
    )
    text = f"Concentration {change} {by_end(record)}"
    if len(shares) == 1:
        return f"{record.title(lead)} is alone in this run"
    return f"{text}; {record.title(lead)} has {percent(shares[lead].last)} of use"


FIGURE = Figure(
    "concentration",
    "Shares of use over time and the Herfindahl index, two panels within the returned Axes.",
    concentration,
)
