"""Adoption by feature: monthly users over time, with the events that moved them."""

import numpy as np
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, date_axis, headline, people_axis
from sim.figures.happenings import happenings
from sim.figures.labels import Page, end_labels, room_for
from sim.figures.lines import draw_lines
from sim.figures.marks import mark
from sim.figures.style import looks
from sim.figures.words import growth_sentence, people
from sim.record.record import Record
from sim.record.tables import Series

_AXIS = "Monthly users"


def adoption(ax: Axes, record: Record, *, events: bool = True) -> None:
    """Monthly users of each feature, each person counted once a feature.

    With `events`, what happened to a feature stands on its line. Raises NoFigure without features.
    """
    lines = {f: record.adoption("mau", f) for f in record.features}
    lines = {f: series for f, series in lines.items() if len(series)}
    if not lines:
        raise NoFigure("the run has no features")
    look = looks(record)
    largest = max(lines, key=lambda f: lines[f].last)
    top = max(float(series.value.max()) for series in lines.values())
    if top > 0:
        title = growth_sentence(record, record.title(largest), lines[largest])
    else:
        title = "No feature has a user in this run"
    headline(
        ax,
        record,
        title,
        "Monthly users by feature (active within 28 days, each person counted once)",
    )

    texts = {f: f"{record.title(f)} {people(series.last)}" for f, series in lines.items()}
    span = date_axis(ax, record, label_room=room_for(ax, list(texts.values())))
    people_axis(ax, top, span, _AXIS)
    page = Page(ax)
    shown = {feature: _since_first_user(series) for feature, series in lines.items()}
    ends = draw_lines(page, record, shown, texts, look, width=2.4)
    end_labels(page, ends, span)
    if events and top > 0:
        mark(page, record, happenings(record), lines, look, span, axis_name=_AXIS)


def _since_first_user(series: Series) -> Series:
    """The series from the last empty day before its first user: a line along zero says nothing."""
    used = np.flatnonzero(series.value > 0)
    first = max(int(used[0]) - 1, 0) if used.size else 0
    return Series(series.day[first:], series.value[first:])


FIGURE = Figure(
    "adoption",
    "Monthly users by feature over time, with what happened to them.",
    adoption,
)
