"""Figures of rows: a name above each at the left, what it came to at the right, days below."""

from matplotlib.axes import Axes

from sim.figures.frame import Span
from sim.figures.style import LABEL_SIZE, NOTE_SIZE


def row_axis(ax: Axes, foot: float) -> None:
    """Rows 0, 1, 2 ... from the top down to `foot`; nothing but days to read along an axis."""
    ax.set_ylim(foot, -0.62)
    ax.set_yticks([])
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)


def row_name(ax: Axes, span: Span, y: float, text: str, colour: str, *, off: float) -> None:
    """The name of a row, `off` points above y."""
    ax.annotate(
        text,
        (span.first, y),
        (0, off),
        textcoords="offset points",
        fontsize=NOTE_SIZE + 0.5,
        fontweight="bold",
        color=colour,
        va="bottom",
        annotation_clip=False,
    )


def row_end(ax: Axes, span: Span, row: float, text: str, colour: str) -> None:
    """What a row came to, at its right end."""
    ax.annotate(
        text,
        (span.last, row),
        (8, 0),
        textcoords="offset points",
        fontsize=LABEL_SIZE,
        fontweight="bold",
        color=colour,
        va="center_baseline",
        annotation_clip=False,
    )
