"""Rank and size of lines of derivatives: how few base models the rest is built on."""

import math

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, Span, headline, people_ticks, value_axis, x_bare
from sim.figures.labels import Note, Page, notes
from sim.figures.style import GRID, INK, LABEL_SIZE, NOTE_SIZE, SOFT, looks
from sim.figures.words import people, percent
from sim.record.record import Record

Values = npt.NDArray[np.float64]

_POINTS = 160  # so many of a family's ranks are drawn, evenly on the logarithmic axis
_FEWEST = 20  # lines of derivatives below which ranks say nothing


def derivatives(ax: Axes, record: Record) -> None:
    """Size against rank of each family's lines of derivatives, and the law they should follow.

    The law is that of Simon (1955) at equal fitness, with the largest family's own share of new
    lines. Raises NoFigure when no family has enough lines.
    """
    sizes = _sizes(record)
    if not sizes:
        raise NoFigure("no family has enough derivatives to rank")
    sizes = dict(sorted(sizes.items(), key=lambda item: -float(item[1].sum())))
    lead = next(iter(sizes))
    headline(
        ax,
        record,
        _title(record, lead, sizes[lead]),
        "A line is a base model and all that was built on it; the largest line of a family has "
        "rank 1",
    )
    span = _axes(ax, sizes)
    look = looks(record)
    page = Page(ax)
    for family, values in sizes.items():
        rank = _ranks(values.size)
        x, y = np.log10(rank), np.log10(values[rank - 1])
        ax.plot(
            x,
            y,
            color=look[family].colour,
            linestyle=look[family].linestyle,
            linewidth=2.2,
            drawstyle="steps-post",
            zorder=3,
            label=f"{record.title(family)}: {people(values.sum())} in {people(values.size)} lines",
        )
        page.add_line(x, y)
    _law(page, record, lead, sizes[lead], span)
    # The lines run together, so their names stand apart, in the order of size.
    ax.legend(
        loc="upper right",
        frameon=False,
        fontsize=LABEL_SIZE - 0.5,
        labelcolor=[look[family].text for family in sizes],
        handlelength=2.6,
        borderaxespad=0.2,
    )


def _sizes(record: Record) -> dict[str, Values]:
    """Sizes of lines by family, largest first."""
    table = record.table("derivatives")
    column = table.column("family").unify_dictionaries().combine_chunks()
    if not table.num_rows:
        return {}
    names = column.dictionary.to_pylist()
    codes = column.indices.to_numpy(zero_copy_only=False)
    size = np.asarray(table.column("size").to_numpy(), dtype=np.float64)
    found = {name: np.sort(size[codes == i])[::-1] for i, name in enumerate(names)}
    return {lab: found[lab] for lab in record.labs if found.get(lab, np.empty(0)).size >= _FEWEST}


def _ranks(count: int) -> npt.NDArray[np.int64]:
    """Ranks from 1 to `count`, evenly on a logarithmic axis."""
    return np.unique(np.geomspace(1, count, _POINTS).round().astype(np.int64))


def _axes(ax: Axes, sizes: dict[str, Values]) -> Span:
    """Logarithms of rank and size on plain axes, with powers of ten as ticks."""
    wide = math.ceil(math.log10(max(v.size for v in sizes.values())) * 10 + 1) / 10
    high = math.ceil(math.log10(max(float(v[0]) for v in sizes.values())) + 0.02)
    powers = list(range(math.floor(wide) + 1))
    ax.set_xlim(0.0, wide)
    ax.set_xticks(powers, [people(10.0**p) for p in powers])
    x_bare(ax)
    ax.vlines(powers[1:], 0.0, high, colors=GRID, linewidth=0.8, zorder=0.4)
    span = Span(0.0, wide)
    ticks = [float(p) for p in range(high + 1)]
    texts = [people_ticks([0.0, 10.0**t])[1] for t in ticks]
    value_axis(ax, ticks, texts, span, "Derivatives in the line")
    ax.set_xlabel("Rank of the line within its family", fontsize=LABEL_SIZE - 1, color=SOFT)
    ax.xaxis.set_label_coords(1.0, -0.085)
    ax.xaxis.label.set_horizontalalignment("right")
    return span


def _law(page: Page, record: Record, family: str, values: Values, span: Span) -> None:
    """Where ranks and sizes lie by the Yule-Simon law of a family's share of new lines.

    With rho = 1 / (1 - alpha) the share of lines of size k or more is
    gamma(k) gamma(1 + rho) / gamma(k + rho), for large k a straight line of slope -(1 - alpha).
    """
    alpha = values.size / float(values.sum())
    if alpha >= 0.99:
        return
    rho = 1.0 / (1.0 - alpha)
    size = np.geomspace(1.0, float(values[0]), 60)
    known = np.array([math.lgamma(k) - math.lgamma(k + rho) for k in size]) + math.lgamma(1.0 + rho)
    x = (math.log(values.size) + known) / math.log(10.0)
    y = np.log10(size)
    inside = x >= 0.0
    x, y = x[inside], y[inside]
    page.ax.plot(x, y, color=INK, linewidth=1.3, dashes=(3.0, 2.0), zorder=4)
    page.add_line(x, y)
    text = (
        f"Simon-Yule law for {record.title(family)} at equal fitness,\n"
        f"{percent(alpha)} new lines: slope \N{MINUS SIGN}{1.0 - alpha:.2f}"
    )
    at = len(x) // 2
    note = Note(text, float(x[at]), float(y[at]), INK)
    notes(page, [note], most=1, span=span, size=NOTE_SIZE)


def _title(record: Record, family: str, values: Values) -> str:
    top = max(int(values.size * 0.01), 1)
    part = percent(float(values[:top].sum() / values.sum()))
    alone = percent(float(np.mean(values == 1)))
    name = record.title(family)
    whose = f"{name}'s"
    return (
        f"The largest 1\N{NO-BREAK SPACE}% of {whose} lines hold {part} of its derivatives; "
        f"nobody has built on {alone} of the lines"
    )


FIGURE = Figure(
    "derivatives",
    "Rank and size of each family's lines of derivatives, beside the law they should follow.",
    derivatives,
)
