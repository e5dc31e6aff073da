"""Quality and lag: how capable each lab's models are, and how far behind the frontier."""

from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, date_axis, headline, number_axis
from sim.figures.happenings import happenings_by_lab
from sim.figures.labels import Page, end_labels, room_for
from sim.figures.lines import draw_lines
from sim.figures.marks import mark
from sim.figures.panels import panel
from sim.figures.style import LABEL_SIZE, looks
from sim.figures.words import months, when
from sim.record.record import Record
from sim.record.tables import Series


def quality(ax: Axes, record: Record) -> None:
    """Two panels within `ax`: quality at the left, lag at the right, a line for each lab.

    Raises NoFigure when the run has no labs.
    """
    levels = _of(record, "quality")
    lags = _of(record, "lag")
    if not levels or not lags:
        raise NoFigure("the run records no quality of labs")
    headline(
        ax,
        record,
        _title(record, levels, lags),
        "A frontier-month is a month of progress at today's pace of the frontier",
    )
    left, right = panel(ax, 0.0, 0.0, 0.47, 1.0), panel(ax, 0.53, 0.0, 0.47, 1.0)
    _panel(left, record, levels, "Quality, frontier-months")
    _panel(right, record, lags, "Lag behind the frontier, frontier-months")


def _of(record: Record, metric: str) -> dict[str, Series]:
    found = {lab: record.market(metric, lab) for lab in record.labs}
    return {lab: series for lab, series in found.items() if len(series)}


def _panel(ax: Axes, record: Record, lines: dict[str, Series], name: str) -> None:
    texts = {lab: f"{record.title(lab)} {months(series.last)}" for lab, series in lines.items()}
    span = date_axis(ax, record, label_room=room_for(ax, list(texts.values())))
    low = min(float(series.value.min()) for series in lines.values())
    high = max(float(series.value.max()) for series in lines.values())
    number_axis(ax, low, high, span, name)
    look = looks(record)
    page = Page(ax)
    ends = draw_lines(page, record, lines, texts, look, width=2.2)
    end_labels(page, ends, span, size=LABEL_SIZE - 0.5)
    bets = happenings_by_lab(record, ("research",))
    mark(page, record, bets, lines, look, span, axis_name=name)


def _title(record: Record, levels: dict[str, Series], lags: dict[str, Series]) -> str:
    lead = max(levels, key=lambda lab: levels[lab].last)
    last = max(lags, key=lambda lab: lags[lab].last)
    level = f"{months(levels[lead].last)} frontier-months"
    if len(levels) == 1:
        return f"{record.title(lead)} stands at {level} {when(record, record.days)}"
    text = f"{record.title(lead)} leads {when(record, record.days)} at {level}"
    if last == lead or lags[last].last < 0.05:
        return text
    return f"{text}; {record.title(last)} trails by {months(lags[last].last)}"


FIGURE = Figure(
    "quality",
    "Quality and lag of the labs, two panels within the returned Axes.",
    quality,
)
