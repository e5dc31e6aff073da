"""How long the `hybrid` market of two years takes, and how much memory.

`python -m pytest benchmarks` runs them. They are not tests, since times depend on the machine; the
goals beside the medians are for two cores.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from sim.running.simulation import simulate
from sim.scenario import Scenario, load

Report = Callable[[str, float, float, str], None]

SCENARIO = "hybrid"
ROUNDS = 5
GOALS = {"cohorts": 3.0, "expected": 2.0}  # seconds in the process, imports done
COMMAND = (sys.executable, "-m", "sim.cli")


@pytest.mark.parametrize("engine", ["cohorts", "expected"])
def test_hybrid_two_years(benchmark: Any, report: Report, engine: str) -> None:
    """From the file to the outcome in memory, imports and compiled kernels warm."""

    def whole() -> None:
        simulate(load(SCENARIO, engine=engine))

    benchmark.pedantic(whole, rounds=ROUNDS, warmup_rounds=1)
    report(f"hybrid, {engine}", benchmark.stats.stats.median, GOALS[engine], "s")


@pytest.mark.parametrize("engine", ["cohorts", "expected"])
def test_ten_times_the_people_cost_the_same(benchmark: Any, report: Report, engine: str) -> None:
    """The market as it is against the same market with a tenth of everybody, turn by turn."""
    full = load(SCENARIO, engine=engine)
    tenth = with_a_tenth_of_the_people(full, engine)
    simulate(tenth)
    times: dict[str, list[float]] = {"full": [], "tenth": []}

    def both() -> None:
        for name, scenario in (("full", full), ("tenth", tenth)):
            began = time.perf_counter()
            simulate(scenario)
            times[name].append(time.perf_counter() - began)

    benchmark.pedantic(both, rounds=ROUNDS)
    ratio = median(times["full"]) / median(times["tenth"])
    benchmark.extra_info["ratio"] = ratio
    report(f"time for 10x the people, {engine}", ratio, 1.2, "x")


def test_help(benchmark: Any, report: Report) -> None:
    """Wall time of `uptake --help` in a new process."""
    benchmark.pedantic(
        lambda: subprocess.run([*COMMAND, "--help"], check=True, capture_output=True),
        rounds=2 * ROUNDS,
        warmup_rounds=1,
    )
    report("uptake --help", benchmark.stats.stats.median, 0.4, "s")


def test_memory_of_a_whole_run(benchmark: Any, report: Report, tmp_path: Path) -> None:
    """Peak resident memory of `uptake run hybrid` with its figures, as its manifest states it."""
    folders = iter(tmp_path / str(number) for number in range(3))

    def whole() -> None:
        command = [*COMMAND, "run", SCENARIO, "--out", str(next(folders))]
        subprocess.run(command, check=True, capture_output=True)

    benchmark.pedantic(whole, rounds=3)
    manifests = [json.loads(file.read_text()) for file in tmp_path.glob("*/manifest.json")]
    report("uptake run hybrid, process", benchmark.stats.stats.median, 20, "s")
    report("peak memory", median(manifest["peak_mb"] for manifest in manifests), 400, "MB")


def with_a_tenth_of_the_people(scenario: Scenario, engine: str) -> Scenario:
    """The same scenario with every number of people that it states divided by ten."""
    changes = {
        row.path: row.value / 10
        for row in scenario.evidence()
        if row.unit == "people" and row.where != "default"
    }
    return load(SCENARIO, engine=engine, set=changes)
