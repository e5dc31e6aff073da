"""A finished run as people see it: the summary in words, and as a table in a notebook."""

import html
import math
from collections.abc import Sequence

from sim.record.manifest import Manifest
from sim.record.record import ALL
from sim.record.summary import SummaryRow
from sim.units import human

__all__ = ["as_html", "shown"]

_HEADS = (
    "monthly users",
    "DAU/MAU",
    "share",
    "days to 100 M",
    "days to 1 B",
    "developer share",
    "HHI",
)


def shown(row: SummaryRow) -> tuple[str, ...]:
    """A row of the summary in words: title first, then one text for each column of the table."""

    def percent(value: float) -> str:
        return "" if math.isnan(value) else f"{100 * value:.1f} %"

    def days(value: float) -> str:
        return "never" if math.isnan(value) else f"{value:,.0f}"

    return (
        row.title,
        human(row.mau, "people"),
        percent(row.dau_mau),
        percent(row.share) if row.feature != ALL else "",
        days(row.days_to_100m),
        days(row.days_to_1b),
        percent(row.developer_share),
        "" if math.isnan(row.hhi) else f"{row.hhi:,.0f}",
    )


def as_html(manifest: Manifest, rows: Sequence[SummaryRow]) -> str:
    """The run in a notebook: what it is, and its summary."""
    m = manifest
    title = html.escape(m.scenario.title or m.scenario.name)
    altered = f" ({', '.join(m.scenario.altered)})" if m.scenario.altered else ""
    head = (
        f"scenario {m.scenario.name}{altered} · {m.start} to {m.end} · {m.engine} · seed {m.seed}"
    )
    if not m.evidence.calibrated:
        head += f" · uncalibrated, {m.evidence.assumed} of {m.evidence.inputs} inputs assumed"
    heads = ("", *_HEADS)
    cells = ["".join(f"<th style='text-align:right'>{html.escape(h)}</th>" for h in heads)]
    for row in rows:
        first, *rest = (html.escape(text) for text in shown(row))
        numbers = "".join(f"<td style='text-align:right'>{text}</td>" for text in rest)
        cells.append(f"<th style='text-align:left'>{first}</th>{numbers}")
    body = "".join(f"<tr>{cell}</tr>" for cell in cells)
    said = f"<strong>{title}</strong><br><small>{html.escape(head)}</small>"
    return f"<div>{said}<table>{body}</table></div>"
