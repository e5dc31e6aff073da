"""Tables of bars: a row for each entity, columns of bars that share a scale, the number beside."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from sim.figures.frame import text_width
from sim.figures.panels import bare, panel
from sim.figures.style import GRID, INK, LABEL_SIZE, NOTE_SIZE, SOFT

_BAR = 0.42  # height of a bar, in rows
_GAP = 0.14  # inches between columns
_ROWS = 4  # with fewer the bars would be thick
_NUMBER = LABEL_SIZE - 2.0


@dataclass(frozen=True)
class Column:
    """A column: its head, and for each row the value, its text and its colour."""

    head: str
    values: Sequence[float]
    texts: Sequence[str]
    colours: Sequence[str]


@dataclass(frozen=True)
class Block:
    """Columns that share a scale, under a name of their own."""

    name: str
    columns: Sequence[Column]

    @property
    def most(self) -> float:
        """The value of a bar of full length."""
        return max((v for column in self.columns for v in column.values), default=0.0)


def bar_table(
    ax: Axes, names: Sequence[str], colours: Sequence[str], blocks: Sequence[Block]
) -> None:
    """Draw the table within `ax`: names at the left, then the blocks, all columns equally wide."""
    body = panel(ax, 0.0, 0.0, 1.0, 0.90)
    bare(body)
    figure = body.get_figure(root=True)
    assert figure is not None  # axes that are drawn on belong to a figure
    inches = float(body.get_window_extent().width / figure.dpi)
    body.set_xlim(0.0, inches)
    body.set_ylim(max(len(names), _ROWS) - 0.5, -0.5)
    first = max(text_width(name, LABEL_SIZE, bold=True) for name in names) + 0.25
    width = (inches - first) / sum(len(block.columns) for block in blocks)
    for row, (name, colour) in enumerate(zip(names, colours, strict=True)):
        _write(body, name, 0.0, row, LABEL_SIZE, colour, bold=True)
        if row:
            body.plot([0.0, inches], [row - 0.5, row - 0.5], color=GRID, linewidth=0.8)
    left = first
    for block in blocks:
        _write(body, block.name, left, -0.5, NOTE_SIZE, INK, rise=34.0, bold=True)
        for column in block.columns:
            _column(body, column, left, width, block.most)
            left += width


def _column(ax: Axes, column: Column, left: float, width: float, most: float) -> None:
    _write(ax, column.head, left, -0.5, NOTE_SIZE, SOFT, rise=5.0)
    number = max(text_width(text, _NUMBER) for text in column.texts) + 0.06
    full = max(width - number - _GAP, 0.1 * width)
    for row, (value, text, colour) in enumerate(
        zip(column.values, column.texts, column.colours, strict=True)
    ):
        length = full * value / most if most > 0 else 0.0
        if length > 0:
            ax.barh(row, length, _BAR, left=left, color=colour, linewidth=0, zorder=2)
        place = left + length + (0.05 if length > 0 else 0.0)
        _write(ax, text, place, row, _NUMBER, INK if value > 0 else SOFT)


def _write(
    ax: Axes,
    text: str,
    x: float,
    y: float,
    size: float,
    colour: str,
    *,
    rise: float = 0.0,
    bold: bool = False,
) -> None:
    ax.annotate(
        text,
        (x, y),
        (0.0, rise),
        textcoords="offset points",
        fontsize=size,
        fontweight="bold" if bold else "normal",
        color=colour,
        ha="left",
        va="bottom" if rise else "center_baseline",
        linespacing=1.1,
        annotation_clip=False,
    )
