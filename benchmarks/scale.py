"""What the agents cost, from ten thousand people to a billion, on this machine.

    python benchmarks/scale.py --json scale.json --figure scale.png [--most 1e9]

Runs the `hybrid` scenario (all features, churn, switching) well mixed, with stored and with
computed ties of mean degree 10 on all three platforms, each size in a process of its own, and reads
the memory's speed in the same go. Prints a Markdown table; progress goes to stderr.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

DAYS = 365
#: Days of the largest populations with ties, whose pace is steady long before a year is over.
SHORT = 60
NETWORK = ("whatsapp", "facebook", "instagram")


def settings(kind: str) -> list[str]:
    """What makes `hybrid` a scenario with ties."""
    if kind == "mixed":
        return []
    network = {"stored": "random", "computed": "computed"}[kind]
    made = []
    for name in NETWORK:
        at = f"platforms.{name}.ties"
        made += [f"{at}.network={network}", f"{at}.mean_degree=10", f"{at}.clustering=0"]
        made.append(f"{at}.distribution=poisson")
    return made


def measure(kind: str, people: float, days: int) -> dict[str, Any]:
    """One run in this process."""
    from sim.record.machine import peak_mb
    from sim.running.simulation import Simulation
    from sim.scenario import load

    start = load("hybrid").start
    until = str(start + timedelta(days=days))
    options: dict[str, Any] = {"engine": "agents", "set": settings(kind), "until": until}
    load_small = load("hybrid", people=2e5, **options)
    warm = Simulation(load_small)  # kernels are compiled or read here
    warm.run()
    before = peak_mb() or 0.0
    began = time.perf_counter()
    simulation = Simulation(load("hybrid", people=people, **options))
    setup = time.perf_counter() - began
    began, busy = time.perf_counter(), time.process_time()
    outcome = simulation.run()
    wall, processor = time.perf_counter() - began, time.process_time() - busy
    inner: Any = getattr(simulation.consumers, "inner", simulation.consumers)
    steps = outcome.people * outcome.ticks
    pushes = 0 if inner.exposure is None else inner.exposure.pushes
    return {
        "kind": kind,
        "people": outcome.people,
        "days": outcome.ticks,
        "setup_s": setup,
        "run_s": wall,
        "processor_s": processor,
        "ns": wall / steps * 1e9,
        "pushes": pushes,
        "pushes_per_s": pushes / wall,
        "bytes_per_person": outcome.bytes_per_person,
        "peak_mb": peak_mb(),
        "before_mb": before,
    }


def bandwidth() -> float:
    """Bytes a second that all threads together read from memory in order."""
    import numpy as np

    from sim.threads import parallel, slabs

    size = 1 << 30
    held = np.ones(size // 8, np.uint64)
    best = 0.0
    for _ in range(5):
        began = time.perf_counter()
        parallel(lambda part: held[part[0] : part[1]].max(), slabs(held.size, grain=1 << 16))
        best = max(best, size / (time.perf_counter() - began))
    return best


def in_a_process(*words: str) -> dict[str, Any]:
    """`measure` or `bandwidth` in a process of its own; a failure is a row with its reason."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"failure": done.stderr.strip().splitlines()[-1][:200] if done.stderr else "killed"}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(rows: list[dict[str, Any]], speed: float) -> str:
    """Markdown."""
    heads = (
        "ties | people | days | laying out s | run s | ns a person and day | pushes M/s | "
        "bytes a person | peak MB | share of memory's speed"
    )
    lines = [f"| {heads} |", "|" + " --- |" * len(heads.split("|"))]
    for row in rows:
        if "failure" in row:
            lines.append(f"| {row['kind']} | {row['people']:.0e} | {row['failure']} |")
            continue
        pushed = f"{row['pushes_per_s'] / 1e6:.1f}" if row["pushes"] else "-"
        lines.append(
            f"| {row['kind']} | {row['people']:,} | {row['days']} | {row['setup_s']:.1f} | "
            f"{row['run_s']:.2f} | {row['ns']:.3f} | {pushed} | {row['bytes_per_person']:.1f} | "
            f"{row['peak_mb']:,.0f} | {share(row, speed):.1%} |"
        )
    return "\n".join(lines)


def share(row: dict[str, Any], speed: float) -> float:
    """Of the memory's speed: a state byte a person and day, the counters of those with ties, and a
    line of 64 bytes for each push."""
    counters = 0.0 if row["kind"] == "mixed" else 3.0
    moved = row["people"] * row["days"] * (1.0 + counters) + 64.0 * row["pushes"]
    return float(moved / row["run_s"] / speed)


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Seconds a simulated year against people, both logarithmic."""
    import numpy as np

    from sim.figures.style import GRID, LABEL_SIZE, SOFT, SUBTITLE_SIZE, new_figure, style
    from sim.units import human

    colours = {"mixed": "#0b5fa5", "stored": "#b3500f", "computed": "#4d7358"}
    names = {"mixed": "well mixed", "stored": "stored ties", "computed": "computed ties"}
    below = {"mixed": -4.0, "stored": -13.0, "computed": 5.0}
    with style():
        figure, ax = new_figure()
        ax.set_xscale("log")
        ax.set_yscale("log")
        for kind, colour in colours.items():
            of = [r for r in rows if r["kind"] == kind and "failure" not in r]
            if not of:
                continue
            x = [r["people"] for r in of]
            y = [r["run_s"] / r["days"] * 365.0 for r in of]
            ax.plot(x, y, color=colour, marker="o", linewidth=2.0)
            ax.annotate(
                names[kind],
                (x[-1], y[-1]),
                (9.0, below[kind]),
                textcoords="offset points",
                color=colour,
            )
        most = max(r["people"] for r in rows if "failure" not in r)
        sizes = [10.0**p for p in range(4, int(np.ceil(np.log10(most))) + 1)]
        ax.set_xticks(sizes, [human(size, "people") for size in sizes])
        ax.set_xlim(7e3, most * 6.0)
        ticks = [0.1, 1.0, 10.0, 60.0, 600.0, 3600.0]
        ax.set_yticks(ticks, ["0.1 s", "1 s", "10 s", "1 min", "10 min", "1 h"])
        ax.minorticks_off()
        ax.grid(axis="y", color=GRID, linewidth=0.8)
        ax.tick_params(labelsize=LABEL_SIZE, length=0)
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
        ax.set_xlabel("people simulated one by one")
        left = ax.get_position().x0
        figure.text(
            left,
            0.945,
            "Time that a simulated year takes, in daily ticks",
            fontsize=16.0,
            weight="bold",
        )
        text = "Scenario hybrid; ties: 10 contacts on each of three platforms (100 M: from 60 days)"
        figure.text(left, 0.9, text, fontsize=SUBTITLE_SIZE, color=SOFT)
        figure.savefig(path, metadata={"Software": None}, facecolor="white")


def processor() -> str:
    """The processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=float, default=1e9)
    parser.add_argument("--most-tied", type=float, default=1e8)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--one", nargs=3)
    given = parser.parse_args()
    if given.one:
        kind, people, days = given.one
        found = (
            {"bytes_per_s": bandwidth()}
            if kind == "bandwidth"
            else measure(kind, float(people), int(days))
        )
        print(json.dumps(found))
        return
    rows: list[dict[str, Any]] = []
    speed = in_a_process("bandwidth", "0", "0")["bytes_per_s"]
    for kind, most in (
        ("mixed", given.most), ("stored", given.most_tied), ("computed", given.most_tied)
    ):  # fmt: skip
        people = 1e4
        while people <= most:
            days = SHORT if kind != "mixed" and people > 1e7 else DAYS
            print(f"{kind}, {people:.0e} people", file=sys.stderr, flush=True)
            found = in_a_process(kind, str(people), str(days))
            rows.append({"kind": kind, "people": people, **found})
            people *= 10.0
    what = f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"Machine: {what}. Memory read in order by all cores: {speed / 1e9:.1f} GB/s.\n")
    print(table(rows, speed))
    if given.json is not None:
        result = {"machine": what, "bytes_per_s": speed, "rows": rows}
        given.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if given.figure is not None:
        draw(rows, given.figure)


if __name__ == "__main__":
    main()
