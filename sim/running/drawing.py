"""Drawing the figures of a run into files, whatever the machine has for showing any."""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.record.manifest import FiguresEntry
from sim.record.record import Record

if TYPE_CHECKING:
    from sim.figures.figure import Figure

__all__ = ["draw_into", "load_matplotlib"]

_VARIABLE = "MPLBACKEND"


def draw_into(folder: Path, record: Record, more: "Sequence[Figure]" = ()) -> FiguresEntry:
    """All figures that the run has data for, and those that it brings, as files in `folder`."""
    load_matplotlib()
    from sim.figures import with_those_of_a_run, write

    return write(record, folder, with_those_of_a_run(more))


def load_matplotlib() -> None:
    """Import matplotlib, also where the environment names a backend that it does not know.

    Files are drawn on canvases of our own, so the user's backend has no say in them: Jupyter names
    one to every process that it starts. Where matplotlib knows the backend it is the user's again.
    """
    if "matplotlib" in sys.modules:
        return
    named = os.environ.pop(_VARIABLE, None)
    try:
        import matplotlib
    finally:
        if named is not None:
            os.environ[_VARIABLE] = named
    if named:
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = named
