"""The figures of a run: pictures in one style, each with a sentence above it.

`draw` puts one of them on axes; `write` saves all that the run has data for.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from sim.figures.adoption import adoption
from sim.figures.concentration import concentration
from sim.figures.derivatives import derivatives
from sim.figures.developers import developers
from sim.figures.ecosystem import ecosystem
from sim.figures.frame import NoFigure
from sim.figures.funnel import funnel
from sim.figures.incidents import incidents
from sim.figures.irrevocable import irrevocable
from sim.figures.network_cascades import cascades
from sim.figures.network_contacts import contacts
from sim.figures.passage import passage
from sim.figures.platforms import platforms
from sim.figures.quality import quality
from sim.figures.retention import retention
from sim.figures.revenue import revenue
from sim.figures.rollout import rollout
from sim.figures.stages import stages
from sim.figures.stickiness import stickiness
from sim.figures.style import DPI, HEIGHT, WIDTH, new_figure, save, standard_axes, style
from sim.figures.surplus import surplus
from sim.memory import give_back
from sim.record.manifest import FiguresEntry
from sim.record.record import Record

__all__ = ["FIGURES", "NoFigure", "draw", "in_pyplot", "write"]

FIGURES: Mapping[str, Callable[..., None]] = {
    "adoption": adoption,
    "platforms": platforms,
    "stages": stages,
    "stickiness": stickiness,
    "passage": passage,
    "retention": retention,
    "rollout": rollout,
    "incidents": incidents,
    "developers": developers,
    "ecosystem": ecosystem,
    "derivatives": derivatives,
    "quality": quality,
    "irrevocable": irrevocable,
    "funnel": funnel,
    "revenue": revenue,
    "concentration": concentration,
    "surplus": surplus,
    "contacts": contacts,
    "cascades": cascades,
}


def draw(name: str, record: Record, ax: Axes, **options: Any) -> Axes:
    """Draw the figure `name` on `ax` and return `ax`.

    Raises NoFigure when the run has no data for it, KeyError for an unknown name.
    """
    with style():
        FIGURES[name](ax, record, **options)
    return ax


def write(record: Record, folder: Path) -> FiguresEntry:
    """Save every figure that the run has data for as PNG and SVG in `folder`, which must exist.

    A figure that cannot be drawn because of a fault does not keep the others from being drawn; it
    is named in the answer under `failed`. Errors of the file system are raised.
    """
    made: list[str] = []
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    for name, function in FIGURES.items():
        with style():
            figure, ax = new_figure()
            try:
                function(ax, record)
                files = save(figure, folder / name)
            except NoFigure as e:
                skipped[name] = str(e)
            except OSError:
                raise
            except Exception as e:
                failed[name] = f"{type(e).__name__}: {e}"
            else:
                made.extend(file.name for file in files)
        del figure, ax
        give_back()  # a figure is a thicket of references to itself, several MB each
    return FiguresEntry(made=tuple(made), skipped=skipped, failed=failed)


def in_pyplot(name: str, record: Record, **options: Any) -> Axes:
    """Draw the figure `name` on a new pyplot figure, for showing, and return its Axes.

    The figure is closed again when it cannot be drawn.
    """
    from matplotlib import pyplot as plt

    with style():
        figure = plt.figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
        try:
            return draw(name, record, standard_axes(figure), **options)
        except BaseException:
            plt.close(figure)
            raise
