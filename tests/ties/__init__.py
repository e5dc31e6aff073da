import pytest

from sim.kernels import VARIABLE, compiler
from sim.ties import building


def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where numba is not installed: the clear kernels run."""
    monkeypatch.setenv(VARIABLE, "0")


def in_pieces(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Lay rows of ties in pieces of `size` edges."""
    monkeypatch.setattr(building, "PIECE", size)
    if compiler():
        from sim.ties import building_compiled

        monkeypatch.setattr(building_compiled, "PIECE", size)
