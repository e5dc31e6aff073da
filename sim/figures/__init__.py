"""The figures of a run: pictures in one style, each with a sentence above it.

A figure is a module here with its record `FIGURE`, and a line of the tuple below. `draw` puts one
of them on axes; `write` saves all that the run has data for.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from sim.figures.figure import Draw, Figure
from sim.figures.frame import NoFigure
from sim.figures.style import DPI, HEIGHT, WIDTH, new_figure, pyplot, save, standard_axes, style
from sim.memory import give_back
from sim.record.manifest import FiguresEntry
from sim.record.record import Record

__all__ = ["FIGURES", "Figure", "NoFigure", "draw", "in_pyplot", "with_those_of_a_run", "write"]


def _figure(module: str) -> Figure:
    found = import_module(f"{__name__}.{module}").FIGURE
    assert isinstance(found, Figure)
    return found


#: In the order in which they are drawn and listed; each by the name of its module.
FIGURES: tuple[Figure, ...] = tuple(
    _figure(module)
    for module in (
        "adoption",
        "platforms",
        "stages",
        "stickiness",
        "passage",
        "retention",
        "rollout",
        "incidents",
        "developers",
        "ecosystem",
        "derivatives",
        "quality",
        "irrevocable",
        "funnel",
        "revenue",
        "concentration",
        "surplus",
        "network_contacts",
        "network_cascades",
    )
)


def with_those_of_a_run(more: Sequence[Figure]) -> tuple[Figure, ...]:
    """All figures and those that one run brings. Raises ValueError for a name that is taken."""
    names = [figure.name for figure in (*FIGURES, *more)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"there is a figure of this name already: {', '.join(twice)}")
    return (*FIGURES, *more)


def draw(figure: Figure | Draw, record: Record, ax: Axes, **options: Any) -> Axes:
    """Draw a figure, or with a function of axes and record, on `ax` in our style; return `ax`.

    Raises NoFigure when the run has no data for it.
    """
    function = figure.draw if isinstance(figure, Figure) else figure
    with style():
        function(ax, record, **options)
    return ax


def write(record: Record, folder: Path, figures: Sequence[Figure] = FIGURES) -> FiguresEntry:
    """Save every figure that the run has data for as PNG and SVG in `folder`, which must exist.

    A figure that cannot be drawn because of a fault does not keep the others from being drawn; it
    is named in the answer under `failed`. Errors of the file system are raised.
    """
    made: list[str] = []
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    for figure in figures:
        with style():
            page, ax = new_figure()
            try:
                figure.draw(ax, record)
                files = save(page, folder / figure.name)
            except NoFigure as e:
                # What looks like nothing may be something that was not recorded.
                kept = "only a part was recorded; in it, " if record.manifest.plan else ""
                skipped[figure.name] = f"{kept}{e}"
            except OSError:
                raise
            except Exception as e:
                failed[figure.name] = f"{type(e).__name__}: {e}"
            else:
                made.extend(file.name for file in files)
        del page, ax
        give_back()  # a figure is a thicket of references to itself, several MB each
    return FiguresEntry(made=tuple(made), skipped=skipped, failed=failed)


def in_pyplot(figure: Figure | Draw, record: Record, **options: Any) -> Axes:
    """Draw a figure on a new pyplot figure, for showing, and return its Axes.

    The pyplot figure is closed again when it cannot be drawn.
    """
    plt = pyplot()
    with style():
        page = plt.figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
        try:
            return draw(figure, record, standard_axes(page), **options)
        except BaseException:
            plt.close(page)
            raise
