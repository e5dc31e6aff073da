"""Do those who come stay: the share of beginners who are there days later, by monthly cohort."""

import math
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke

from sim.figures.figure import Figure
from sim.figures.frame import (
    NoFigure,
    Span,
    headline,
    share_axis,
    x_bare,
)
from sim.figures.panels import heading, panel
from sim.figures.style import NOTE_SIZE, SMALLER, Look, looks, mix
from sim.figures.words import percent
from sim.record.record import Record

Curve = list[tuple[float, float]]

_ABREAST = 5
_CLOSE = 0.1  # of the axis
_GAP = 0.035  # between panels, of the width
_FEWEST = 1e-3  # of the beginners of the most taken-up feature: fewer make no curve


@dataclass
class Cohorts:
    """The cohorts of one feature: beginners of each, and shares by (metric, age)."""

    starters: dict[date, float] = field(default_factory=dict)
    shares: dict[tuple[str, float], dict[date, float]] = field(default_factory=dict)

    def curve(self, metric: str, cohort: date) -> Curve:
        """(age, share) of one cohort, the youngest age first."""
        ages = sorted(age for name, age in self.shares if name == metric)
        found = [(age, self.shares[metric, age]) for age in ages]
        return [(age, by[cohort]) for age, by in found if cohort in by]

    def mean(self, metric: str) -> Curve:
        """(age, share) over the cohorts that reached every age, each person counting the same;
        over those that reached an age where none reached all."""
        ages = sorted(age for name, age in self.shares if name == metric)
        whole = [c for c in self.starters if all(c in self.shares[metric, a] for a in ages)]
        curve = []
        for age in ages:
            by = self.shares[metric, age]
            counted = whole or list(by)
            people = sum(self.starters[c] for c in counted)
            if people > 0:
                curve.append((age, sum(by[c] * self.starters[c] for c in counted) / people))
        return curve


def retention(ax: Axes, record: Record) -> None:
    """A panel a feature: who are still users, and who came that day, so long after their first.

    Raises NoFigure when nobody began, or no cohort grew old enough.
    """
    cohorts = _read(record)
    if not cohorts:
        raise NoFigure("no cohort of new users has been followed long enough")
    months = sorted({c for of in cohorts.values() for c in of.starters})
    headline(ax, record, _title(record, cohorts), _subtitle(months))
    rows = 1 if len(cohorts) <= _ABREAST else 2
    across = math.ceil(len(cohorts) / rows)
    width = (1.0 - _GAP * (across - 1)) / across
    ages = sorted({age for of in cohorts.values() for _, age in of.shares})
    top = max(
        share for of in cohorts.values() for c in of.starters for _, share in of.curve("kept", c)
    )
    look = looks(record)
    for i, (feature, of) in enumerate(cohorts.items()):
        row, column = divmod(i, across)
        inner = panel(
            ax,
            column * (width + _GAP),
            0.0 if rows == 1 or row else 0.58,
            width,
            1.0 if rows == 1 else 0.42,
        )
        _panel(inner, record.title(feature), of, look[feature], ages, top, months, first=not column)


def _subtitle(months: list[date]) -> str:
    text = (
        "Share of beginners who are users so many days later; "
        "broken line: those who come on that very day"
    )
    if len(months) < 2:
        return text
    return f"{text}; thin lines: by the month in which they began, the later the darker"


def _read(record: Record) -> dict[str, Cohorts]:
    table = record.table("retention")
    columns = (
        table.column(name).to_pylist() for name in ("cohort", "feature", "age", "metric", "value")
    )
    found: dict[str, Cohorts] = {}
    for cohort, feature, age, metric, value in zip(*columns, strict=True):
        of = found.setdefault(feature, Cohorts())
        if metric == "starters":
            of.starters[cohort] = value
        else:
            of.shares.setdefault((metric, age), {})[cohort] = value
    order = [f for f in record.features if f in found and found[f].mean("kept")]
    most = max((sum(found[f].starters.values()) for f in order), default=0.0)
    return {f: found[f] for f in order if sum(found[f].starters.values()) > _FEWEST * most}


def _panel(
    ax: Axes,
    title: str,
    of: Cohorts,
    look: Look,
    ages: list[float],
    top: float,
    months: list[date],
    *,
    first: bool,
) -> None:
    span = _age_axis(ax, ages)
    share_axis(ax, top, span, "")
    if not first:
        ax.tick_params(axis="y", labelleft=False)
    heading(ax, title, look.text, off=7)
    thin, shades = [], []
    for cohort in of.starters:
        curve = of.curve("kept", cohort)
        if len(curve) > 1:
            late = months.index(cohort) / max(len(months) - 1, 1)
            thin.append(_points(curve))
            shades.append(mix(look.colour, "#ffffff", 0.85 - 0.5 * late))
    ax.add_collection(LineCollection(thin, colors=shades, linewidths=0.9, zorder=2))
    ends = [curve[-1][1] for metric in ("kept", "active") if (curve := of.mean(metric))]
    close = max(ends) - min(ends) < _CLOSE * top  # no room for two numbers
    for metric, dashes, width in (("kept", "-", 2.8), ("active", (0, (3.0, 1.4)), 2.0)):
        curve = of.mean(metric)
        points = np.array(_points(curve))
        if not len(points):
            continue
        ax.plot(
            points[:, 0],
            points[:, 1],
            color=look.colour,
            linestyle=dashes,
            linewidth=width,
            marker="o" if metric == "kept" else None,
            markersize=6.0,
            markeredgecolor="white",
            zorder=4,
            clip_on=False,
        )
        for i, (x, y) in enumerate(points):
            last = i == len(points) - 1
            if metric == "active" and (not last or close):
                continue
            # The last two ages lie close together: one above its line, one below.
            under = i == len(points) - 2 and i > 0
            ax.annotate(
                percent(y),
                (x, y),
                (0, -8 if under else 8),
                textcoords="offset points",
                fontsize=NOTE_SIZE if last else SMALLER,
                fontweight="bold" if last else "normal",
                color=look.text,
                ha="left" if i == 0 else "right" if last or under else "center",
                va="top" if under else "bottom",
                annotation_clip=False,
                zorder=6,
                path_effects=[withStroke(linewidth=2.6, foreground="white")],
            )


def _age_axis(ax: Axes, ages: list[float]) -> Span:
    """Ages, as far apart as their logarithms, each with its number of days."""
    places = [math.log10(age) for age in ages]
    first, last = places[0], max(places[-1], places[0] + 0.1)
    ax.set_xlim(first, last)
    ax.set_xticks(places, [f"{age:g}" for age in ages])
    x_bare(ax)
    return Span(first, last)


def _points(curve: Curve) -> list[tuple[float, float]]:
    return [(math.log10(age), share) for age, share in curve]


def _title(record: Record, cohorts: dict[str, Cohorts]) -> str:
    curves = {f: of.mean("kept") for f, of in cohorts.items()}
    age = max(curve[-1][0] for curve in curves.values())
    last = {f: curve[-1][1] for f, curve in curves.items() if curve[-1][0] == age}
    best, worst = max(last, key=lambda f: last[f]), min(last, key=lambda f: last[f])
    days = f"{age:g} day{'s' if age != 1 else ''}"
    text = (
        f"{percent(last[best])} of those who begin with {record.title(best)} "
        f"are still users after {days}"
    )
    if len(last) == 1:
        return text
    return f"{text}, {percent(last[worst])} with {record.title(worst)}"


FIGURE = Figure(
    "retention",
    "Who stays, days after beginning: a panel for each feature, within the returned Axes.",
    retention,
)
