"""Consumer surplus by segment: who gains from the features that they could have."""

from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, date_axis, headline, number_axis
from sim.figures.labels import Page, end_labels, room_for
from sim.figures.lines import draw_lines
from sim.figures.panels import panel
from sim.figures.style import LABEL_SIZE, segment_looks
from sim.figures.words import by_end
from sim.record.record import ALL, Record
from sim.record.tables import Series

_EVERYBODY = "market"


def surplus(ax: Axes, record: Record) -> None:
    """Dollars a month and person by segment: with a ceiling on what people would pay, and without.

    Raises NoFigure when the run measures no surplus.
    """
    robust, plain = _of(record, "surplus_robust"), _of(record, "surplus")
    if not robust or not plain:
        raise NoFigure("the run measures no consumer surplus")
    headline(
        ax,
        record,
        _title(record, robust),
        "What people would pay over the price for the features they could have, "
        "a proxy: compare segments, dates and scenarios, not dollars",
    )
    _panel(
        panel(ax, 0.0, 0.0, 0.47, 1.0), record, robust, "USD a month per person, up to a ceiling"
    )
    _panel(panel(ax, 0.53, 0.0, 0.47, 1.0), record, plain, "the same without a ceiling")


def _of(record: Record, metric: str) -> dict[str, Series]:
    """Dollars per month and person, by segment."""
    found = {}
    for segment in record.segments:
        total, people = record.market(metric, segment), record.adoption("people", ALL, ALL, segment)
        if len(total) and len(people) and people.last > 0:
            found[segment] = Series(total.day, total.value / people.last)
    return found


def _panel(ax: Axes, record: Record, lines: dict[str, Series], name: str) -> None:
    texts = {s: f"{_short(record.title(s))} {_usd(series.last)}" for s, series in lines.items()}
    span = date_axis(ax, record, label_room=room_for(ax, list(texts.values()), LABEL_SIZE - 0.5))
    high = max(float(series.value.max()) for series in lines.values())
    low = min(float(series.value.min()) for series in lines.values())
    number_axis(ax, low, high, span, name)
    look = segment_looks(record)
    page = Page(ax)
    ends = draw_lines(page, record, lines, texts, look, width=2.2)
    end_labels(page, ends, span, size=LABEL_SIZE - 0.5)


def _short(title: str) -> str:
    """The words of a title that tell it from others: `Asia-Pacific`, without `without China`."""
    return title.split(" without ")[0] if len(title) > 18 else title


def _usd(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _title(record: Record, lines: dict[str, Series]) -> str:
    gain = {segment: series.last - float(series.value[0]) for segment, series in lines.items()}
    most, least = max(gain, key=lambda s: gain[s]), min(gain, key=lambda s: gain[s])
    end, first, other = by_end(record), _short(record.title(most)), _short(record.title(least))
    if gain[most] <= 0:
        return f"{other} loses {_usd(-gain[least])} USD a month per person {end}"
    text = f"{first} gains {_usd(gain[most])} USD a month per person {end}"
    if len(gain) == 1:
        return text
    if gain[most] - gain[least] < 0.005:
        return f"Every segment gains {_usd(gain[most])} USD a month per person {end}"
    if gain[least] < 0:
        return f"{text}, {other} loses {_usd(-gain[least])}"
    return f"{text}, {other} {_usd(gain[least])}"


FIGURE = Figure(
    "surplus",
    "Consumer surplus per person by segment, two panels within the returned Axes.",
    surplus,
)
