"""What every test of the folder shares."""

import gc

import pytest


@pytest.fixture(scope="module", autouse=True)
def _short_collections() -> None:
    """Every run ends with a full collection of garbage. What modules and pytest hold all along is
    set aside from it: looking through that takes longer than a small run does."""
    gc.collect()
    gc.freeze()
