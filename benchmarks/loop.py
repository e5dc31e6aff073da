"""Processor seconds of the loop of a run: two years of `hybrid`, one core, one thread.

    python benchmarks/loop.py [--rounds 5] [--engines cohorts,expected] [--beside OTHER_CHECKOUT]

prints medians over rounds for each engine and recording plan: the loop, and setting up a second run
in the same process. With `--beside` another checkout is measured too, in turn and round by round,
so that both meet the same machine; one from before there were plans records everything.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent.parent
PLANS = ("full", "weekly")

#: What one process measures, in the checkout it is started in. The first run is short: it loads
#: kernels and everything else that is made once.
WORK = """
import json, sys, time
from sim.scenario import load
engine, plan = sys.argv[1:]
try:
    from sim.running.simulation import Simulation
    from sim.record.plan import named_plan
    settings = {"plan": named_plan(plan)}
except ImportError:
    from sim.simulation import Simulation
    settings = {}
Simulation(load("hybrid", engine=engine, until="2026-06-01"), **settings).run()
scenario = load("hybrid", engine=engine)
began = time.process_time()
one = Simulation(scenario, **settings)
set_up = time.process_time() - began
began = time.process_time()
one.clock.run(until=scenario.days)
loop = time.process_time() - began
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
except ImportError:
    peak = float("nan")
print(json.dumps({"loop": loop, "set-up": set_up, "peak": peak, "plans": bool(settings)}))
"""


def measure(checkout: Path, engine: str, plan: str) -> dict[str, Any]:
    """Seconds of one run in a process of its own."""
    command = [sys.executable, "-c", WORK, engine, plan]
    environment = os.environ | {"UPTAKE_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = str(checkout)
    done = subprocess.run(
        command, cwd=checkout, env=environment, check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def on_one_core() -> None:
    """Keep to one processor, and the processes that are started too."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main() -> None:
    """Measure in turn and print the medians."""
    parser = argparse.ArgumentParser(description="Processor seconds of the loop of a run.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engines", default="cohorts,expected")
    parser.add_argument("--beside", type=Path, help="another checkout, measured in turn")
    chosen = parser.parse_args()
    on_one_core()
    for engine in chosen.engines.split(","):
        cases = [("here", HERE, plan) for plan in PLANS]
        if chosen.beside:
            cases = [("beside", chosen.beside.resolve(), "full"), *cases]
        rounds: list[list[dict[str, Any]]] = [[] for _ in cases]
        for _ in range(chosen.rounds):
            for (_, checkout, plan), found in zip(cases, rounds, strict=True):
                found.append(measure(checkout, engine, plan))
        base = median(each["loop"] for each in rounds[0])
        for (name, _, plan), found in zip(cases, rounds, strict=True):
            loop, set_up, peak = (
                median(each[key] for each in found) for key in ("loop", "set-up", "peak")
            )
            spread = f"{min(f['loop'] for f in found):.2f} to {max(f['loop'] for f in found):.2f}"
            print(
                f"{engine:9s} {name:7s} {plan:7s} loop {loop:5.2f} s ({spread}), "
                f"{base / loop:4.2f} of the first; set-up {1e3 * set_up:4.0f} ms; "
                f"peak {peak:4.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
