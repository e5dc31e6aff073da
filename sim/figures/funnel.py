"""The sales funnel: how far deals with enterprises and governments get with each lab, and at which
gate a lab may not even bid."""

from matplotlib.axes import Axes

from sim.figures.bars import Block, Column, bar_table
from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, headline
from sim.figures.style import FAINT, looks, mix
from sim.figures.words import by_end
from sim.record.record import Record

_GATES = {
    "authorised_cloud": "authorised\ncloud",
    "audit_logs": "audit\nlogs",
    "indemnity": "indemnity",
    "residency": "data\nresidency",
    "air_gap": "air gap",
}


_STAGES = ("a bid", "security\nreview", "procure-\nment", "a contract")


def funnel(ax: Axes, record: Record) -> None:
    """A table of bars: per lab the deals that reach each stage, and those that gates keep it from.

    Raises NoFigure when the run has no accounts that buy.
    """
    labs = [lab for lab in record.labs if _last(record, "deals_opened", lab) is not None]
    stages = {lab: _stages(record, lab) for lab in labs}
    shut = {lab: [_last(record, f"shut_out_{g}", lab) or 0.0 for g in _GATES] for lab in labs}
    if not any(sum(v) for v in (*stages.values(), *shut.values())):
        raise NoFigure("no enterprise or government has opened a deal")
    order = sorted(labs, key=lambda lab: -stages[lab][3])
    headline(
        ax,
        record,
        _title(record, order, stages, shut),
        "Deals with enterprises and governments since the start of the run, by lab",
    )
    look = looks(record)
    shades = {lab: look[lab].colour for lab in order}
    reached = [
        Column(
            head,
            [stages[lab][i] for lab in order],
            [_count(stages[lab][i]) for lab in order],
            [mix(shades[lab], "#ffffff", 0.45 - 0.15 * i) for lab in order],
        )
        for i, head in enumerate(_STAGES)
    ]
    barred = [
        Column(
            head,
            [shut[lab][i] for lab in order],
            [_count(shut[lab][i]) for lab in order],
            [mix(FAINT, "#ffffff", 0.3)] * len(order),
        )
        for i, head in enumerate(_GATES.values())
        if any(shut[lab][i] > 0 for lab in order)
    ]
    blocks = [Block("Deals that reached", reached)]
    if barred:
        blocks.append(Block("No bid: gate not passed", barred))
    names = [record.title(lab) for lab in order]
    bar_table(ax, names, [look[lab].text for lab in order], blocks)


def _last(record: Record, metric: str, entity: str) -> float | None:
    series = record.market(metric, entity)
    return series.last if len(series) else None


def _stages(record: Record, lab: str) -> list[float]:
    """Deals so far: opened, come to the review, come to procurement, won."""

    def of(what: str) -> float:
        return _last(record, f"deals_{what}", lab) or 0.0

    opened = of("opened")
    reviewed = opened - of("in_qualification")
    procured = reviewed - of("in_review") - of("failed_review")
    return [opened, reviewed, procured, of("won")]


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _title(
    record: Record, order: list[str], stages: dict[str, list[float]], shut: dict[str, list[float]]
) -> str:
    lead = order[0]
    text = (
        f"{record.title(lead)} wins {_count(stages[lead][3])} of {_count(stages[lead][0])} deals "
        f"{by_end(record)}"
    )
    barred = max(order, key=lambda lab: max(shut[lab]))
    if max(shut[barred]) <= 0:
        return text
    gate = list(_GATES.values())[shut[barred].index(max(shut[barred]))].replace("\n", " ")
    count = _count(max(shut[barred]))
    return f"{text}; {record.title(barred)} cannot bid for {count} for want of {gate}"


FIGURE = Figure(
    "funnel",
    "Deals with accounts by lab and stage, and those that gates kept a lab from.",
    funnel,
)
