"""The developers' work: apps and derivatives of each family of models over time."""

from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, date_axis, headline, people_axis
from sim.figures.labels import Page, end_labels, room_for
from sim.figures.lines import draw_lines
from sim.figures.panels import panel
from sim.figures.style import LABEL_SIZE, looks
from sim.figures.words import by_end, people
from sim.record.record import Record
from sim.record.tables import Series


def ecosystem(ax: Axes, record: Record) -> None:
    """Two panels: apps at the left, derivatives of released weights at the right, a line a family.

    Raises NoFigure when nobody makes either.
    """
    apps, derivatives = _of(record, "apps"), _of(record, "derivatives")
    if not apps and not derivatives:
        raise NoFigure("developers make no apps and no derivatives")
    headline(
        ax,
        record,
        _title(record, apps, derivatives),
        "What developers have made, by the family of models they built it on",
    )
    panels = [
        (lines, name)
        for lines, name in (
            (apps, "Apps"),
            (derivatives, "Models derived from released weights"),
        )
        if lines
    ]
    width = 0.47 if len(panels) == 2 else 1.0
    for place, (lines, name) in enumerate(panels):
        _panel(panel(ax, 0.53 * place, 0.0, width, 1.0), record, lines, name)


def _of(record: Record, metric: str) -> dict[str, Series]:
    found = {lab: record.market(metric, lab) for lab in record.labs}
    return {lab: s for lab, s in found.items() if len(s) and s.value.max() >= 1.0}


def _panel(ax: Axes, record: Record, lines: dict[str, Series], name: str) -> None:
    texts = {lab: f"{record.title(lab)} {people(s.last)}" for lab, s in lines.items()}
    size = LABEL_SIZE - 0.5
    span = date_axis(ax, record, label_room=room_for(ax, list(texts.values()), size))
    people_axis(ax, max(float(s.value.max()) for s in lines.values()), span, name)
    look = looks(record)
    page = Page(ax)
    ends = draw_lines(page, record, lines, texts, look, width=2.2)
    end_labels(page, ends, span, size=size)


def _title(record: Record, apps: dict[str, Series], derivatives: dict[str, Series]) -> str:
    def most(lines: dict[str, Series]) -> tuple[str, str]:
        lead = max(lines, key=lambda lab: lines[lab].last)
        return record.title(lead), people(lines[lead].last)

    first, what = (apps, "apps") if apps else (derivatives, "derived models")
    lead, count = most(first)
    text = f"{lead} has the most {what} {by_end(record)}, {count}"
    if not apps or not derivatives:
        return text
    other, number = most(derivatives)
    if other == lead:
        return f"{text}, and the most derived models, {number}"
    return f"{text}; {other} the most derived models, {number}"


FIGURE = Figure(
    "ecosystem",
    "Apps and derived models by family, two panels within the returned Axes.",
    ecosystem,
)
