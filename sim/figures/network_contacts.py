"""Uptake by number of contacts: do those who know many people take it up sooner?"""

import math

import numpy as np
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, Span, headline, share_axis, x_bare
from sim.figures.labels import Note, Page, notes
from sim.figures.network_reading import ByContacts, Values, read_by_contacts
from sim.figures.panels import heading, panel
from sim.figures.style import FAINT, NOTE_SIZE, SOFT, Look, looks
from sim.figures.words import by_end, percent
from sim.record.record import ALL, Record

_ABREAST = 4
_GAP = 0.05  # between panels, of the width
_FEWEST = 100  # simulated people in a class: the share of fewer is mostly chance
_ANY = Look("#0072b2", (), "o")  # use of anything, as a feature's own look would be drawn


def contacts(ax: Axes, record: Record, *, feature: str | None = None) -> None:
    """A panel a platform: the share who use a feature (any, without one) by number of contacts, at
    the start in grey and at the end.

    Raises NoFigure where nobody's contacts are known, and for features that the run does not have.
    """
    if feature is not None and feature not in record.features:
        raise NoFigure(f"the run has no feature {feature}")
    found = read_by_contacts(record, feature or ALL)
    found = {platform: kept for platform, of in found.items() if (kept := _enough(of)).mean.size}
    if not found:
        raise NoFigure("no platform has ties between people")
    what = record.title(feature) if feature else "any feature"
    headline(ax, record, f"Use of {what} by number of contacts", _subtitle(record))
    rows = math.ceil(len(found) / _ABREAST)
    across = math.ceil(len(found) / rows)
    width = (1.0 - _GAP * (across - 1)) / across
    height = (1.0 - 0.16 * (rows - 1) - 0.05) / rows
    top = max(float(max(of.start.max(), of.end.max())) for of in found.values())
    look = looks(record)[feature] if feature else _ANY
    for i, (platform, of) in enumerate(found.items()):
        row, column = divmod(i, across)
        left, bottom = column * (width + _GAP), 0.05 + (rows - 1 - row) * (height + 0.16)
        inner = panel(ax, left, bottom, width, height)
        _panel(inner, record.title(platform), of, look, top, first=not column, named=not i)


def _enough(of: ByContacts) -> ByContacts:
    kept = of.simulated >= _FEWEST
    values = (of.mean, of.people, of.simulated, of.start, of.end)
    return ByContacts(*(value[kept] for value in values))


def _panel(
    ax: Axes, title: str, of: ByContacts, look: Look, top: float, *, first: bool, named: bool
) -> None:
    span, x = _contacts_axis(ax, of)
    share_axis(ax, top, span, "")
    heading(ax, title, off=9)
    if not first:
        ax.tick_params(axis="y", labelleft=False)
    page = Page(ax)
    lines = ((of.start, FAINT, SOFT, "start"), (of.end, look.colour, look.text, "end"))
    for share, colour, _, _ in lines:
        low, high = wilson(share, of.simulated)
        ax.vlines(x, low, np.minimum(high, ax.get_ylim()[1]), colors=colour, linewidth=1.2)
        ax.plot(
            x, share, color=colour, marker="o", markersize=6.0, markeredgecolor="white",
            linewidth=2.0, zorder=4, clip_on=False,
        )  # fmt: skip
        page.add_line(x, share)
        for at, a, b in zip(x, low, high, strict=True):
            page.add_line([at, at], [a, b])
    if named:
        middle = len(x) // 2
        wanted = [
            Note(f"at the {word} {percent(float(share[middle]))}", x[middle], share[middle], text)
            for share, _, text, word in lines
        ]
        notes(page, wanted, most=2, span=span, bold=True)


def wilson(share: Values, people: Values) -> tuple[Values, Values]:
    """Range of the shares for which so many draws would give this one in 95 of 100 cases.

    It is the luck of a sample, not what is uncertain about the model. Source: Wilson 1927, Journal
    of the American Statistical Association 22.
    """
    z = 1.96**2 / people
    middle = (share + z / 2.0) / (1.0 + z)
    off = np.sqrt(np.clip(z * share * (1.0 - share) + z * z / 4.0, 0.0, None)) / (1.0 + z)
    return np.clip(middle - off, 0.0, 1.0), np.clip(middle + off, 0.0, 1.0)


def _contacts_axis(ax: Axes, of: ByContacts) -> tuple[Span, Values]:
    """Contacts on a logarithmic axis; who has none stands apart at its left."""
    tied = of.mean > 0.0
    known = np.log10(of.mean[tied]) if tied.any() else np.zeros(1)
    low, high = float(known.min()), float(known.max())
    if high - low < 0.4:
        low, high = max(low - 0.3, 0.0), high + 0.3
    room = 0.06 * (high - low)
    first = low - room - (4 * room if not tied.all() else 0.0)
    x = np.where(tied, np.log10(np.where(tied, of.mean, 1.0)), low - 4 * room)
    ax.set_xlim(first, high + room)
    steps = [m * 10.0**p for p in range(-1, 7) for m in (1, 2, 5)]
    inside = [s for s in steps if s >= 1 and low - room <= math.log10(s) <= high + room]
    if len(inside) > 5:
        inside = [s for s in inside if f"{s:.0e}".startswith("1")]
    ticks = [(math.log10(s), f"{s:,.0f}") for s in inside]
    if not tied.all():
        ticks.append((low - 4 * room, "none"))
    ax.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
    x_bare(ax)
    ax.set_xlabel("contacts", fontsize=NOTE_SIZE, color=SOFT, loc="right", labelpad=2)
    return Span(first, high + room), x


def _subtitle(record: Record) -> str:
    return (
        "Share of a platform's people who use it, by contacts there, at the start (grey) and "
        f"{by_end(record)}; upright lines: 95\N{NO-BREAK SPACE}% range of chance in the sample"
    )


FIGURE = Figure(
    "contacts",
    "Who uses a feature, or any, by number of contacts: a panel for each platform with ties, "
    "within the returned Axes.",
    contacts,
)
