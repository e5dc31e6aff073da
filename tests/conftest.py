"""What every test of the folder shares."""

import gc
import sys

import pytest

_seen: tuple[object, int] = (None, 0)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Set aside from garbage collection what modules and pytest hold all along.

    Every run and every figure ends with a full collection, and looking through all of that takes
    longer than a small run does. Done anew for each module of tests, and once packages were loaded.
    """
    global _seen
    now = (item.parent, len(sys.modules))
    if now != _seen:
        gc.collect()
        gc.freeze()
        _seen = now


@pytest.fixture
def two_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all figures only two: for tests of what is done with figures, not of what they show."""
    import sim.figures

    two = tuple(f for f in sim.figures.FIGURES if f.name in ("adoption", "quality"))
    monkeypatch.setattr(sim.figures, "FIGURES", two)
