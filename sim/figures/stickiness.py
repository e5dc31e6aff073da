"""Do users stay: monthly users against the share of them who come on a given day, as a path."""

from datetime import date

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, Span, headline, nice_step, people_ticks, share_axis, x_bare
from sim.figures.labels import Note, Page, notes
from sim.figures.style import LABEL_SIZE, SOFT, looks, mix
from sim.figures.words import people, percent, short_date
from sim.record.record import Record
from sim.units import DAYS_PER_MONTH

Values = npt.NDArray[np.float64]

_LOG_FROM = 25.0  # features whose sizes differ by more than this need a logarithmic axis
_SMALLEST = 1e-3  # of the largest feature: below it the ratio says nothing


def stickiness(ax: Axes, record: Record) -> None:
    """A path for each feature, from its first use to the end of the run, with dates on it.

    Raises NoFigure when no feature has users.
    """
    paths = _paths(record)
    if not paths:
        raise NoFigure("no feature has daily and monthly users")
    headline(
        ax,
        record,
        _title(record, paths),
        "Each path runs from the start of the run to its end: right is more users, up is more use",
    )
    _axes(ax, paths)
    look = looks(record)
    page = Page(ax)
    dated: list[Note] = []
    for feature, (day, mau, ratio) in paths.items():
        colour = look[feature].colour
        ax.plot(
            mau, ratio, color=colour, linestyle=look[feature].linestyle, linewidth=2.2, zorder=3
        )
        page.add_line(mau, ratio)
        for i in _stops(record, day):
            last = i == len(day) - 1
            ax.plot(
                [mau[i]],
                [ratio[i]],
                marker=look[feature].marker if last else "o",
                markersize=9.5 if last else 5.0,
                markerfacecolor=colour if last or i else "white",
                markeredgecolor="white" if last or i else colour,
                markeredgewidth=1.0 if last or i else 1.4,
                linestyle="none",
                zorder=5,
                clip_on=False,
            )
            if not last:
                text = short_date(record.date(day[i]), with_day=record.days < 92)
                dated.append(
                    Note(text, float(mau[i]), float(ratio[i]), mix(colour, "#000000", 0.35))
                )
    names = [
        Note(
            f"{record.title(f)}\n{people(float(mau[-1]))}, {percent(float(ratio[-1]))}",
            float(mau[-1]),
            float(ratio[-1]),
            look[f].text,
        )
        for f, (_, mau, ratio) in paths.items()
    ]
    left, right = ax.get_xlim()
    notes(page, names, most=len(names), span=Span(left, right), size=LABEL_SIZE, bold=True)
    notes(page, dated, most=4 * len(paths), span=Span(left, right), reach=22.0)


def _paths(record: Record) -> dict[str, tuple[Values, Values, Values]]:
    """Day, monthly users and DAU/MAU of each feature, where there are enough users to divide by."""
    found = {}
    for feature in record.features:
        mau, dau = record.adoption("mau", feature), record.adoption("dau", feature)
        if len(mau) and len(mau) == len(dau):
            found[feature] = (mau.day, mau.value, dau.value)
    most = max((float(mau.max()) for _, mau, _ in found.values()), default=0.0)
    paths = {}
    for feature, (day, mau_, dau_) in found.items():
        enough = mau_ > max(_SMALLEST * most, 1.0)
        if enough.any():
            paths[feature] = (day[enough], mau_[enough], dau_[enough] / mau_[enough])
    return paths


def _axes(ax: Axes, paths: dict[str, tuple[Values, Values, Values]]) -> None:
    top = max(float(mau.max()) for _, mau, _ in paths.values())
    low = min(float(mau.min()) for _, mau, _ in paths.values())
    if top / low > _LOG_FROM:
        ax.set_xscale("log")
        left, right = low / 1.6, top * 2.2
        ticks = [
            m * 10.0**p
            for p in range(int(np.floor(np.log10(left))), int(np.ceil(np.log10(right))) + 1)
            for m in ((1.0,) if right / left > 3e3 else (1.0, 3.0))
            if left <= m * 10.0**p <= right
        ]
    else:
        left, right = 0.0, top * 1.16
        step = nice_step(right)
        ticks = [i * step for i in range(int(right / step) + 1)]
    ax.set_xlim(left, right)
    ax.set_xticks(ticks, people_ticks(ticks) if left == 0 else [people(t) for t in ticks])
    ax.minorticks_off()
    x_bare(ax)
    for tick in ticks:
        if tick > left:
            ax.axvline(tick, color="#f0f0f0", linewidth=0.8, zorder=0.4)
    ax.set_xlabel("Monthly users (active within 28 days)", fontsize=LABEL_SIZE - 1, color=SOFT)
    ax.xaxis.set_label_coords(1.0, -0.085)
    ax.xaxis.label.set_horizontalalignment("right")
    highest = max(float(ratio.max()) for _, _, ratio in paths.values())
    share_axis(
        ax, highest * 1.06, Span(left, right), "DAU/MAU: share of monthly users active on a day"
    )


def _stops(record: Record, day: Values) -> list[int]:
    """Which points carry a date: the first, the last, and firsts of months between."""
    length = float(day[-1] - day[0])
    if length <= 60:
        wanted = [float(d) for d in np.arange(day[0], day[-1] - 3.0, 14.0 if length > 21 else 7.0)]
    else:
        every = next(n for n in (1, 3, 6, 12, 24, 60, 1200) if length / (n * DAYS_PER_MONTH) <= 6)
        begin = record.date(float(day[0]))
        months = [begin.month - 1 + every * k for k in range(1, 7)]
        dates = [date(begin.year + m // 12, m % 12 + 1, 1) for m in months]
        wanted = [float(day[0]), *(float((d - record.manifest.start).days) for d in dates)]
        wanted = [d for d in wanted if d <= day[-1] - every * 12]
    return sorted({int(np.searchsorted(day, d)) for d in wanted} | {len(day) - 1})


def _title(record: Record, paths: dict[str, tuple[Values, Values, Values]]) -> str:
    largest = max(paths, key=lambda f: paths[f][1][-1])
    stickiest = max(paths, key=lambda f: paths[f][2][-1])
    share = percent(float(paths[largest][2][-1]))
    if len(paths) == 1:
        return f"{share} of {record.title(largest)}'s monthly users come on a given day"
    if stickiest == largest:
        return (
            f"{record.title(largest)} is the largest, and {share} of its users come on a given day"
        )
    return (
        f"{share} of {record.title(largest)}'s monthly users come on a given day, "
        f"{percent(float(paths[stickiest][2][-1]))} of {record.title(stickiest)}'s"
    )


FIGURE = Figure(
    "stickiness",
    "Monthly users against DAU/MAU, a path for each feature.",
    stickiness,
)
