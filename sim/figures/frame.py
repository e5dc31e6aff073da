"""What surrounds the data: date axis, value axis with units, title, subtitle and stamp."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font

from sim.figures.style import (
    FAINT,
    GRID,
    INK,
    LABEL_SIZE,
    SMALL_TITLE_SIZE,
    SOFT,
    STAMP_SIZE,
    SUBTITLE_SIZE,
    TITLE_SIZE,
    make_room,
)
from sim.figures.words import MONTHS
from sim.record.record import Record

_EPOCH = date(1970, 1, 1)
_LINE = 1.3  # height of a line of text in font sizes


def x_of(record: Record, day: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Days since the start as matplotlib's date numbers (days since 1970)."""
    start = (record.manifest.start - _EPOCH).days
    return np.asarray(np.asarray(day, dtype=np.float64) + start)


@dataclass(frozen=True)
class Span:
    """The part of the date axis that holds data, in date numbers."""

    first: float
    last: float


def date_axis(ax: Axes, record: Record, *, label_room: float) -> Span:
    """Dates from the first to the last day of the run, and blank room for labels at the right.

    `label_room` is the share of the axes' width that labels at the line ends need.
    """
    first = float(x_of(record, 0.0))
    last = float(x_of(record, max(record.days, 1.0)))
    ax.set_xlim(first, first + (last - first) / (1.0 - label_room))
    ticks = date_ticks(first, last, room=width_inches(ax) * (1.0 - label_room))
    ax.set_xticks([x for x, _ in ticks], [text for _, text in ticks])
    ax.spines["bottom"].set_bounds(first, last)
    x_bare(ax)
    return Span(first, last)


def date_ticks(first: float, last: float, *, room: float = 8.0) -> list[tuple[float, str]]:
    """Positions and labels of dates between two date numbers, for an axis `room` inches long.

    The year stands under the first label and under each January.
    """
    most = max(3, int(room / 0.58))  # labels an inch holds: months and years are short
    begin, end = _EPOCH + timedelta(math.ceil(first)), _EPOCH + timedelta(math.floor(last))
    days = (end - begin).days
    if days < 45:
        step = next((n for n in (1, 2, 5, 7, 10, 14, 20) if days / n + 1 <= 0.85 * most), 20)
        dates = [begin + timedelta(i) for i in range(0, days + 1, step)]
        return _labelled(dates, lambda d: f"{d.day} {MONTHS[d.month - 1]}", with_year=True)
    count = (end.year - begin.year) * 12 + end.month - begin.month + 1
    for step in (1, 2, 3, 6):
        if count / step <= most:
            months = [
                date(begin.year + i // 12, i % 12 + 1, 1)
                for i in range(begin.month - 1, begin.month - 1 + count + 1)
                if i % step == 0
            ]
            inside = [d for d in months if begin <= d <= end]
            return _labelled(inside, lambda d: MONTHS[d.month - 1], with_year=True)
    spread = end.year - begin.year + 1
    step = next((n for n in (1, 2, 5, 10, 20, 50) if spread / n <= most), 100)
    years = [date(y, 1, 1) for y in range(begin.year, end.year + 1) if y % step == 0]
    inside = [d for d in years if begin <= d <= end]
    return _labelled(inside, lambda d: str(d.year), with_year=False)


def _labelled(
    dates: list[date], text: Callable[[date], str], *, with_year: bool
) -> list[tuple[float, str]]:
    ticks = []
    year = 0
    for moment in dates:
        label = text(moment)
        if with_year and moment.year != year:
            label += f"\n{moment.year}"
            year = moment.year
        ticks.append((float((moment - _EPOCH).days), label))
    return ticks


def people_axis(ax: Axes, top: float, span: Span, name: str) -> None:
    """A value axis in people from zero to above `top`, all ticks in one unit."""
    step = nice_step(top) if top >= 1.0 else 1.0
    ticks = [i * step for i in range(math.ceil(max(top * 1.04, step) / step) + 1)]
    value_axis(ax, ticks, people_ticks(ticks), span, name)


def people_ticks(ticks: list[float]) -> list[str]:
    """Tick labels in people, all with the same letter."""
    size = next((s for s in (1e9, 1e6, 1e3) if ticks[-1] >= s), 1.0)
    letter = {1e9: "B", 1e6: "M", 1e3: "k", 1.0: ""}[size]
    return ["0" if t == 0 else f"{t / size:.6g}\N{NO-BREAK SPACE}{letter}".strip() for t in ticks]


def share_axis(ax: Axes, top: float, span: Span, name: str) -> None:
    """A value axis in per cent from zero to above `top`, at most 100 %."""
    top = min(max(top, 1e-4), 1.0)
    step = nice_step(top)
    ticks = [
        i * step for i in range(math.ceil(round(top * 1.02 / step, 9)) + 1) if i * step < 1.001
    ]
    value_axis(ax, ticks, [f"{100 * t:.4g}\N{NO-BREAK SPACE}%" for t in ticks], span, name)


def number_axis(ax: Axes, low: float, high: float, span: Span, name: str) -> None:
    """A value axis in plain numbers; it starts at zero unless that would flatten everything."""
    if not high > low:
        high = low + 1.0
    base = low if low > 0.35 * high else min(low, 0.0)
    step = nice_step(high - base)
    start = math.floor(base / step)
    ticks = [i * step for i in range(start, math.ceil(high * 1.001 / step) + 1)]
    value_axis(ax, ticks, [f"{t:.6g}" for t in ticks], span, name)


def value_axis(ax: Axes, ticks: list[float], texts: list[str], span: Span, name: str) -> None:
    """Put ticks and grid lines at `ticks`; the axis's name stands above it, not along it."""
    ax.set_ylim(ticks[0], ticks[-1])
    ax.set_yticks(ticks, texts)
    ax.tick_params(axis="y", labelsize=LABEL_SIZE, length=0, labelcolor=SOFT, pad=6)
    ax.hlines(ticks[1:], span.first, span.last, colors=GRID, linewidth=0.8, zorder=0.5)
    caption(ax, name)
    _bare(ax)


def caption(ax: Axes, text: str) -> None:
    """A quiet name above the left end of axes."""
    ax.annotate(
        text,
        (0, 1),
        (0, 7),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=STAMP_SIZE + 0.5,
        color=SOFT,
        ha="left",
        va="bottom",
        annotation_clip=False,
    )


def nice_step(top: float) -> float:
    """A round step that divides zero to `top` into about four to six parts."""
    rough = top / 5.0
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= rough * 0.9))


def headline(ax: Axes, record: Record, title: str, subtitle: str) -> None:
    """Title and subtitle above the axes, the stamp of assumptions below, all wrapped to fit.

    Call it first: it may lower the axes.
    """
    # They begin left of the axes, over the tick labels.
    width = width_inches(ax) + 34.0 / 72.0
    title_size = TITLE_SIZE
    if width < text_width(title, TITLE_SIZE, bold=True) <= width * TITLE_SIZE / SMALL_TITLE_SIZE:
        title_size = SMALL_TITLE_SIZE  # rather a little smaller than one word on a second line
    lines = wrap(title, title_size, width, bold=True)
    under = wrap(subtitle, SUBTITLE_SIZE, width)
    blocks = (
        ("\n".join(under), SUBTITLE_SIZE, SOFT, "normal"),
        ("\n".join(lines), title_size, INK, "bold"),
    )
    height = 27.0
    for text, size, colour, weight in blocks:
        ax.annotate(
            text,
            (0, 1),
            (-34, height),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=size,
            color=colour,
            fontweight=weight,
            ha="left",
            va="bottom",
            linespacing=1.15,
            annotation_clip=False,
        )
        height += (text.count("\n") + 1) * size * _LINE + 1.0
    make_room(ax, height + 6.0)
    ax.annotate(
        stamp(record),
        (0, 0),
        (-34, -42),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=STAMP_SIZE,
        color=SOFT,
        ha="left",
        va="top",
        annotation_clip=False,
    )


def stamp(record: Record) -> str:
    """What the numbers rest on: calibration, assumptions, scenario, seed and engine."""
    manifest = record.manifest
    run = f"scenario {scenario_words(record)} · seed {manifest.seed} · {manifest.engine}"
    evidence = manifest.evidence
    if evidence.calibrated:
        return run
    if not evidence.inputs:
        return f"Illustrative: uncalibrated · {run}"
    assumed = f"{evidence.assumed} of {evidence.inputs} inputs assumed"
    return f"Illustrative: uncalibrated, {assumed} · {run}"


def scenario_words(record: Record) -> str:
    """The name of the scenario, and that it is not quite that one."""
    scenario = record.manifest.scenario
    changes = len(scenario.altered)
    return f"{scenario.name}, {changes} change{'s'[: changes > 1]}" if changes else scenario.name


def wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """`text` in as few lines of at most `width` inches as it takes, of about equal length."""
    lines = _filled(text, size, width, bold)
    if len(lines) > 1:
        # The narrowest width that needs no further line makes the lines even.
        for part in range(50, 100, 5):
            even = _filled(text, size, width * part / 100.0, bold)
            if len(even) == len(lines):
                return even
    return lines


def _filled(text: str, size: float, width: float, bold: bool) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line of text in inches, at a font size in points."""
    return _unit_width(text, bold) * size / 72.0


def fitted(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """`text` in one line of at most `width` inches, cut where it is longer."""
    if text_width(text, size, bold=bold) <= width:
        return text
    while len(text) > 3 and text_width(f"{text}…", size, bold=bold) > width:
        text = text[:-1].rstrip(" ,;:")
    return f"{text}…"


@lru_cache(maxsize=4096)
def _unit_width(text: str, bold: bool) -> float:
    """Width of a line of text in units of its font size."""
    weight = "bold" if bold else "normal"
    font = get_font(findfont(FontProperties(family=["DejaVu Sans"], weight=weight)))
    font.set_size(100.0, 72.0)
    font.set_text(text, 0.0)
    return float(font.get_width_height()[0]) / 64.0 / 100.0


def width_inches(ax: Axes) -> float:
    """The width of the axes on the page."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes that are drawn on belong to a figure
    return float(ax.get_window_extent().width / figure.dpi)


def x_bare(ax: Axes) -> None:
    """The look of the horizontal axis."""
    ax.tick_params(axis="x", labelsize=LABEL_SIZE, length=4, color=FAINT, labelcolor=SOFT, pad=4)
    _bare(ax)


def _bare(ax: Axes) -> None:
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(FAINT)


class NoFigure(ValueError):
    """The run holds nothing that this figure could show; the text says what is missing."""
