"""What a figure is: a name, what it shows, and the function that draws it."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

#: Draws on axes what a record says: `draw(ax, record, **options)`. Raises NoFigure without data.
Draw = Callable[..., None]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Figure:
    """One picture of a run. `name` is also that of its files; `shows` is one sentence.

    Options are the keywords of `draw` after the axes and the record. Raises ValueError for a name
    that is none.
    """

    name: str
    shows: str
    draw: Draw

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not a name: lower case letters, digits and _ only")

    @property
    def options(self) -> tuple[inspect.Parameter, ...]:
        """The keywords that `draw` takes, with their defaults."""
        return tuple(inspect.signature(self.draw).parameters.values())[2:]
