"""Several panels within one figure, placed at once so that labels can be measured against them."""

from typing import Any

from matplotlib.axes import Axes

from sim.figures.frame import fitted, width_inches
from sim.figures.style import INK, LABEL_SIZE


def panel(ax: Axes, left: float, bottom: float, width: float, height: float) -> Axes:
    """An axes within `ax`, in shares of its width and height; `ax` itself shows nothing.

    Call it after the headline, which may lower the axes.
    """
    ax.set_axis_off()
    inner = ax.inset_axes((left, bottom, width, height))
    # Only drawing puts an inset into its place, and labels are placed before that.
    locator: Any = inner.get_axes_locator()
    inner.apply_aspect(locator(inner, None))
    return inner


def heading(ax: Axes, text: str, colour: str = INK, *, off: float) -> None:
    """The name of a panel above its left end, `off` points up; cut where it is too long."""
    ax.annotate(
        fitted(text, LABEL_SIZE, width_inches(ax), bold=True),
        (0, 1),
        (0, off),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=LABEL_SIZE,
        fontweight="bold",
        color=colour,
        va="bottom",
        annotation_clip=False,
    )


def bare(ax: Axes) -> None:
    """No spines, no ticks: what is drawn stands for itself."""
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
