"""Lines with their names at the ends: one for each lab or feature, in its own look."""

from collections.abc import Mapping

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
) -> list[EndLabel]:
    """Draw the lines on the page's axes, `width` points wide; return the labels for their ends."""
    ends = []
    for name, series in lines.items():
        page.ax.plot(
            x_of(record, series.day),
            series.value,
            color=look[name].colour,
            linestyle=look[name].linestyle,
            linewidth=width,
            solid_capstyle="round",
            zorder=3,
            clip_on=False,
        )
        ends.append(EndLabel(texts[name], series.last, look[name].text))
        page.add_line(x_of(record, series.day), series.value)
    return ends
