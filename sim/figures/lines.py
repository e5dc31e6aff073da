"""Lines with their names at the ends, and dots on them: one look for each lab or feature."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from sim.figures.frame import x_of
from sim.figures.labels import EndLabel, Page
from sim.figures.style import Look
from sim.record.record import Record
from sim.record.tables import Series


def draw_lines(
    page: Page,
    record: Record,
    lines: Mapping[str, Series],
    texts: Mapping[str, str],
    look: Mapping[str, Look],
    *,
    width: float,
    steps: bool = False,
) -> list[EndLabel]:
    """Draw the lines on the page's axes, `width` points wide; return the labels for their ends.

    With `steps` a value holds until the next.
    """
    ends = []
    for name, series in lines.items():
        page.ax.plot(
            x_of(record, series.day),
            series.value,
            color=look[name].colour,
            linestyle=look[name].linestyle,
            linewidth=width,
            drawstyle="steps-post" if steps else "default",
            solid_capstyle="round",
            zorder=3,
            clip_on=False,
        )
        ends.append(EndLabel(texts[name], series.last, look[name].text))
        page.add_line(x_of(record, series.day), series.value)
    return ends


def dot(
    ax: Axes,
    x: Any,
    y: float,
    *,
    colour: str,
    size: float,
    marker: Any = "o",
    edge: str = "white",
    edge_width: float = 1.0,
    zorder: float = 5,
) -> None:
    """One marker, whole also where it stands on the edge of the axes."""
    ax.plot(
        [x],
        [y],
        marker=marker,
        markersize=size,
        markerfacecolor=colour,
        markeredgecolor=edge,
        markeredgewidth=edge_width,
        linestyle="none",
        zorder=zorder,
        clip_on=False,
    )
