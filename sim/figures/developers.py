"""Developer share by family: which lab's models developers build on."""

from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, date_axis, headline, share_axis
from sim.figures.happenings import happenings_by_lab
from sim.figures.labels import Page, end_labels, room_for
from sim.figures.lines import draw_lines
from sim.figures.marks import mark
from sim.figures.style import looks
from sim.figures.words import by_end, people, percent
from sim.record.record import Record
from sim.record.tables import Series

_AXIS = "Share of developers"


def developers(ax: Axes, record: Record) -> None:
    """Share of developers by the model family they build on.

    Raises NoFigure when the run has no developers.
    """
    lines = {lab: record.market("developer_share", lab) for lab in record.labs}
    lines = {lab: s for lab, s in lines.items() if len(s) and s.value.max() > 0}
    if not lines:
        raise NoFigure("the run has no developers")
    subtitle = "Developers by the family of models they build on"
    lead = max(lines, key=lambda lab: lines[lab].last)
    count = record.market("developers", lead).last
    if count > 0 and lines[lead].last > 0:
        subtitle += f"; {people(count / lines[lead].last)} build at the end"
    if sum(series.last for series in lines.values()) > 1.005:
        subtitle += "; who uses two families counts for both"
    headline(ax, record, _title(record, lines), subtitle)

    texts = {lab: f"{record.title(lab)} {percent(s.last)}" for lab, s in lines.items()}
    span = date_axis(ax, record, label_room=room_for(ax, list(texts.values())))
    share_axis(ax, max(float(s.value.max()) for s in lines.values()), span, _AXIS)
    look = looks(record)
    page = Page(ax)
    ends = draw_lines(page, record, lines, texts, look, width=2.4)
    end_labels(page, ends, span)
    moves = happenings_by_lab(record, ("level", "regulator"))
    mark(page, record, moves, lines, look, span, axis_name=_AXIS)


def _title(record: Record, lines: dict[str, Series]) -> str:
    lead = max(lines, key=lambda lab: lines[lab].last)
    first, last = float(lines[lead].value[0]), lines[lead].last
    text = f"{percent(last)} of developers build on {record.title(lead)}'s models {by_end(record)}"
    if last > first + 0.005:
        return f"{text}, up from {percent(first)}"
    if last < first - 0.005:
        return f"{text}, down from {percent(first)}"
    return text


FIGURE = Figure(
    "developers",
    "Share of developers by family of models.",
    developers,
)
