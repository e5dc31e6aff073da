"""Prints, after the benchmarks, each median beside its goal on two cores."""

from collections.abc import Callable
from typing import Any

import pytest

Measured = list[tuple[str, float, float, str]]
_measured: Measured = []


@pytest.fixture
def report() -> Callable[[str, float, float, str], None]:
    """Take down what was measured: name, value, goal (at most), unit."""

    def take(name: str, value: float, goal: float, unit: str) -> None:
        _measured.append((name, value, goal, unit))

    return take


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The closing table. Goals are stated for two cores; a miss is shown and fails nothing."""
    if not _measured:
        return
    terminalreporter.section("medians and goals")
    for name, value, goal, unit in _measured:
        verdict = "" if value <= goal else "   MISSED"
        terminalreporter.line(f"{name:44} {value:9.2f} {unit:3} at most {goal:g} {unit}{verdict}")
