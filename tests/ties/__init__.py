import sys

import pytest


def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where numba is not installed: the compiled twins cannot be imported."""
    import sim.draws
    import sim.ties

    for package, name in (
        (sim.ties, "building_compiled"),
        (sim.ties, "endpoints_compiled"),
        (sim.draws, "permutation_compiled"),
    ):
        monkeypatch.setitem(sys.modules, f"{package.__name__}.{name}", None)
        monkeypatch.delattr(package, name, raising=False)
