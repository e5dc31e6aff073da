"""One place decides between compiled and clear kernels."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from sim.contagion.kernels import fastest_kernels as cascades_kernels
from sim.draws import keyed, permutation
from sim.engines import moving
from sim.engines.agents import kernels as agents
from sim.kernels import VARIABLE, compiler
from sim.observing import contact_classes, group_shares
from sim.ties import building, computed, endpoints, rows

#: Who chooses, and the compiled modules that are chosen from.
CHOICES: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "uniforms": (keyed._fastest_pairs, ("sim.draws.compiled",)),
    "counts": (moving.fastest_kernels, ("sim.engines.moving_compiled",)),
    "permutation": (permutation.fastest_kernels, ("sim.draws.permutation_compiled",)),
    "rows": (rows.fastest_kernels, ("sim.ties.rows_compiled",)),
    "building": (building.fastest_kernels, ("sim.ties.building_compiled",)),
    "endpoints": (endpoints.fastest_kernels, ("sim.ties.endpoints_compiled",)),
    "computed": (computed.fastest_kernels, ("sim.ties.computed_compiled",)),
    "cascades": (cascades_kernels, ("sim.contagion.compiled",)),
    "agents": (
        agents.fastest_kernels,
        ("sim.engines.agents.compiled", "sim.engines.agents.tied_compiled"),
    ),
    "group shares": (group_shares.fastest_kernels, ("sim.observing.network_compiled",)),
    "contact classes": (contact_classes.fastest_kernels, ("sim.observing.network_compiled",)),
}
each = pytest.mark.parametrize(("choose", "modules"), list(CHOICES.values()), ids=list(CHOICES))


def broken(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """From now on the module fails to import, as where something in it is wrong."""
    package, _, last = name.rpartition(".")
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delattr(import_module(package), last, raising=False)


@each
def test_a_compiled_module_that_fails_to_import_is_an_error(
    choose: Callable[[], Any], modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody goes on with clear kernels, a hundred times slower, without a word."""
    pytest.importorskip("numba")
    for name in modules:
        with monkeypatch.context() as patch:
            broken(patch, name)
            with pytest.raises(ImportError, match=name.rpartition(".")[2]):
                choose()


@each
def test_without_a_compiler_no_compiled_module_is_touched(
    choose: Callable[[], Any], modules: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.kernels._installed", lambda: False)
    for name in modules:
        broken(monkeypatch, name)
    assert choose() is not None


def test_the_variable_switches_compiled_kernels_off(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    assert compiler()
    compiled = permutation.fastest_kernels()
    monkeypatch.setenv(VARIABLE, "0")
    assert not compiler()
    assert permutation.fastest_kernels() == permutation.clear_kernels() != compiled
    monkeypatch.delenv(VARIABLE)
    assert permutation.fastest_kernels() == compiled
