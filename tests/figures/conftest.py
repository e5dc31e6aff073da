"""Runs whose figures were written once, for the tests that look at what came out."""

from pathlib import Path
from typing import NamedTuple

import matplotlib
import pytest

from sim.figures import write
from sim.record.manifest import FiguresEntry
from sim.record.record import Record
from sim.running.run import Run
from tests.record.synthetic import outcome


class Written(NamedTuple):
    """A run, the folder its figures were written into, and what `write` said."""

    record: Record
    folder: Path
    entry: FiguresEntry


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Two features, no mechanism beyond the usual ones, no ties; drawn by a user who likes letters
    large, whose settings stay."""
    run = Run.of(outcome(features=2, tick=10.0)).record
    folder = tmp_path_factory.mktemp("plain")
    matplotlib.rcParams["font.size"] = 23.0
    try:
        before = dict(matplotlib.rcParams)
        entry = write(run, folder)
        assert dict(matplotlib.rcParams) == before
    finally:
        matplotlib.rcParams["font.size"] = matplotlib.rcParamsDefault["font.size"]
    return Written(run, folder, entry)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Nobody uses anything and nobody builds."""
    run = Run.of(outcome(users=0.0, developers=False, days=40)).record
    folder = tmp_path_factory.mktemp("empty")
    return Written(run, folder, write(run, folder))
