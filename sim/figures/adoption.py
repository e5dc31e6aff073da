"""Adoption by feature: monthly users over time, with the events that moved them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from sim.figures.frame import NoFigure, Span, date_axis, headline, people_axis, x_of
from sim.figures.happenings import KINDS, by_weight, happenings
from sim.figures.labels import EndLabel, Note, Page, end_labels, notes, room_for
from sim.figures.style import INK, NOTE_SIZE, SOFT, Look, looks
from sim.figures.words import growth_sentence, people
from sim.record.record import Record
from sim.record.tables import Series

MOST_NOTES = 12  # more words than these make a picture nobody reads
# Points from an event to its words: farther away they seem to belong elsewhere. Releases are many
# and named only where there is room beside them.
_REACH = 62.0
_ROUTINE_REACH = 16.0


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
    people_axis(ax, top, span, "Monthly users")
    page = Page(ax)
    ends = []
    for feature, series in lines.items():
        shown = _since_first_user(series)
        x = x_of(record, shown.day)
        ax.plot(
            x,
            shown.value,
            color=look[feature].colour,
            linestyle=look[feature].linestyle,
            linewidth=2.4,
            solid_capstyle="round",
            zorder=3,
            clip_on=False,
        )
        page.add_line(x, shown.value)
        ends.append(EndLabel(texts[feature], series.last, look[feature].text))
    end_labels(page, ends, span)
    if events and top > 0:
        _mark(page, record, lines, look, span)


def _since_first_user(series: Series) -> Series:
    """The series from the last empty day before its first user: a line along zero says nothing."""
    used = np.flatnonzero(series.value > 0)
    first = max(int(used[0]) - 1, 0) if used.size else 0
    return Series(series.day[first:], series.value[first:])


def _mark(
    page: Page,
    record: Record,
    lines: dict[str, Series],
    look: dict[str, Look],
    span: Span,
) -> None:
    ax = page.ax
    acting = [h for h in happenings(record) if h.feature in lines and 0 <= h.time <= record.days]
    wanted = []
    for happening in acting:
        series = lines[happening.feature]
        x = float(x_of(record, happening.time))
        y = float(np.interp(happening.time, series.day, series.value))
        ax.plot(
            [x],
            [y],
            marker=KINDS[happening.kind][0],
            markersize=10.0 if happening.kind == "launch" else 7.0,
            markerfacecolor=look[happening.feature].colour,
            markeredgecolor="white",
            markeredgewidth=0.9,
            linestyle="none",
            zorder=5,
            clip_on=False,
        )
        page.add_line([x], [y])
        wanted.append((happening, Note(happening.text, x, y, look[happening.feature].text)))
    place = {happening: note for happening, note in wanted}
    width = page.place(ax.get_xlim()[1], 0)[0, 0] - page.place(ax.get_xlim()[0], 0)[0, 0]
    most = min(MOST_NOTES, int(width / 45))
    ranked = by_weight(acting)
    telling = [place[h] for h in ranked if h.kind != "release"]
    routine = [place[h] for h in ranked if h.kind == "release"]
    set_down = notes(page, telling, most=most, span=span, reach=_REACH)
    notes(page, routine, most=most - set_down, span=span, reach=_ROUTINE_REACH)
    _key(ax, [kind for kind in KINDS if any(h.kind == kind for h in acting)])


def _key(ax: Axes, kinds: list[str]) -> None:
    """Which marker stands for which kind of event, in one line at the top right."""
    if not kinds:
        return
    marks = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=KINDS[kind][0],
            markersize=8.0 if kind == "launch" else 6.0,
            markerfacecolor=SOFT,
            markeredgecolor="none",
            label=KINDS[kind][1],
        )
        for kind in kinds
    ]
    ax.legend(
        handles=marks,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.006),
        ncols=len(marks),
        frameon=False,
        fontsize=NOTE_SIZE,
        labelcolor=INK,
        handletextpad=0.1,
        columnspacing=1.0,
        borderpad=0.0,
        borderaxespad=0.2,
    )
