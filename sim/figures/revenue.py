"""Revenue by channel: what each lab lives on at the end of the run, and what it lived on before."""

from matplotlib.axes import Axes

from sim.figures.bars import Block, Column, bar_table
from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, headline
from sim.figures.style import INK, looks, mix
from sim.figures.words import when
from sim.record.record import Record
from sim.units import human

_CHANNELS = {
    "engagement": "advertising,\nengagement",
    "subscription": "subscriptions",
    "api": "API",
    "contracts": "contracts",
}


def revenue(ax: Axes, record: Record) -> None:
    """A table of bars: USD a year by lab and channel at the end, and in all at the start.

    Raises NoFigure when the run measures no revenue.
    """
    channels = [c for c in _CHANNELS if any(_ends(record, c, lab)[1] > 0 for lab in record.labs)]
    if not channels:
        raise NoFigure("the run measures no revenue")
    last = {lab: {c: _ends(record, c, lab)[1] for c in channels} for lab in record.labs}
    first = {lab: sum(_ends(record, c, lab)[0] for c in channels) for lab in record.labs}
    total = {lab: sum(last[lab].values()) for lab in record.labs}
    order = sorted(record.labs, key=lambda lab: -total[lab])
    headline(
        ax,
        record,
        _title(record, order, last, total),
        "US dollars a year at the rate of the last day; columns under one name share a scale",
    )
    look = looks(record)
    by_channel = [
        Column(
            _CHANNELS[c],
            [last[lab][c] for lab in order],
            [_usd(last[lab][c]) for lab in order],
            [look[lab].colour for lab in order],
        )
        for c in channels
    ]
    whole = [
        Column(
            head,
            [values[lab] for lab in order],
            [_usd(values[lab]) for lab in order],
            [mix(INK, "#ffffff", shade)] * len(order),
        )
        for head, values, shade in (("end", total, 0.25), ("start", first, 0.7))
    ]
    names = [record.title(lab) for lab in order]
    blocks = [Block("By channel", by_channel), Block("In all", whole)]
    bar_table(ax, names, [look[lab].text for lab in order], blocks)


def _ends(record: Record, channel: str, lab: str) -> tuple[float, float]:
    """USD a year through a channel at the start and at the end."""
    series = record.market(f"revenue_{channel}", lab)
    return (float(series.value[0]), series.last) if len(series) else (0.0, 0.0)


def _usd(value: float) -> str:
    return human(value, "people", 3).replace(" ", "\N{NO-BREAK SPACE}")


def _title(
    record: Record, order: list[str], last: dict[str, dict[str, float]], total: dict[str, float]
) -> str:
    lead = order[0]
    channel = max(last[lead], key=lambda c: last[lead][c])
    share = last[lead][channel] / total[lead] if total[lead] > 0 else 0.0
    name = _CHANNELS[channel].replace("\n", " ")
    return (
        f"{record.title(lead)} earns {_usd(total[lead])} USD a year {when(record, record.days)}, "
        f"{100 * share:.0f}\N{NO-BREAK SPACE}% of it from {name}"
    )


FIGURE = Figure(
    "revenue",
    "Revenue by lab and channel.",
    revenue,
)
