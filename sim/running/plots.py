"""The figures of a run as methods, for notebooks: `run.plot.adoption()`."""

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sim.record.record import Record
from sim.running.drawing import load_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.figures.figure import Draw, Figure

__all__ = ["Plots"]


class Plots:
    """The figures of a run. Each method draws on `ax`, or on a new figure, and returns the Axes.

    The methods are the figures of `sim.figures.FIGURES` and those that the run brings. A new figure
    is pyplot's, so that a notebook shows it; files are written by `Run.figures`. Each raises
    `sim.figures.NoFigure`, a ValueError, when the run has no data for it.
    """

    def __init__(self, record: Record, more: "Sequence[Figure]" = ()) -> None:
        self._record = record
        self._more = tuple(more)

    def draw(self, figure: "Figure | Draw", ax: "Axes | None" = None, **options: Any) -> "Axes":
        """Draw one's own figure, or with one's own function of axes and record, in our style."""
        load_matplotlib()
        from sim.figures import draw, in_pyplot

        if ax is not None:
            return draw(figure, self._record, ax, **options)
        return in_pyplot(figure, self._record, **options)

    def __getattr__(self, name: str) -> "Callable[..., Axes]":
        found = None if name.startswith("_") else self._figures().get(name)
        if found is None:
            raise AttributeError(f"there is no figure {name!r}", name=name, obj=self)
        return self._method(found)

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._figures()]

    def _figures(self) -> "dict[str, Figure]":
        load_matplotlib()
        from sim.figures import with_those_of_a_run

        return {figure.name: figure for figure in with_those_of_a_run(self._more)}

    def _method(self, figure: "Figure") -> "Callable[..., Axes]":
        """A figure as a function of `ax` and of the figure's own options."""

        def method(ax: "Axes | None" = None, **options: Any) -> "Axes":
            return self.draw(figure, ax, **options)

        own, *_ = inspect.signature(method).parameters.values()
        method.__name__ = figure.name
        method.__qualname__ = f"{type(self).__name__}.{figure.name}"
        method.__doc__ = figure.shows
        method.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [own, *figure.options], return_annotation="Axes"
        )
        return method
