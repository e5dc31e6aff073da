"""The rows of the comparison, the goals, and how they are printed."""

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from benchmarks.comparison.laws import BOUND, REPEATS, Expected, Outcome, outcome_of
from benchmarks.comparison.measuring import Measured, version_of
from benchmarks.comparison.simulators import OURS, Simulator

# Times as fast as the peer, run against run at the same size.
GOALS = {
    ("spreading", "epiworldpy"): 100,
    ("spreading", "starsim"): 100,
    ("spreading", "ndlib"): 1000,
    ("cascade", "cynetdiff"): 3,
}


@dataclass
class Row:
    """One simulator on one kind of work; `ratio` is our speed over its own at the same size."""

    kind: str
    package: str
    version: str
    use: str
    law: str
    people: int
    asked: int
    days: int
    measured: Measured
    found: Outcome | None = None
    expected: Expected | None = None
    ratio: float | None = None

    @property
    def ran(self) -> bool:
        return bool(self.measured.running)

    @property
    def scaled(self) -> bool:
        return self.people < self.asked

    @property
    def seconds(self) -> float:
        return median(self.measured.running)

    @property
    def speed(self) -> float:
        """Agent-days a second; of cascades, whose size varies a lot, people reached a second."""
        return speed(self.kind, self.measured, self.days)

    @property
    def differences(self) -> list[str]:
        return self.expected.differences(self.found) if self.expected and self.found else []

    def as_dict(self) -> dict[str, Any]:
        facts = {name: getattr(self, name) for name in ("kind", "package", "version", "use", "law")}
        facts |= {"people": self.people, "people_asked": self.asked, **vars(self.measured)}
        if not self.ran:
            return facts
        assert self.found
        assert self.expected
        return facts | {
            "loading_median_s": median(self.measured.loading),
            "run_median_s": self.seconds,
            "per_second": self.speed,
            "ratio_to_ours": self.ratio,
            "scaled": self.scaled,
            "found": numbers(self.found),
            "expected": {
                "midday": self.expected.midday,
                "mean": numbers(self.expected.mean),
                "bound": numbers(self.expected.bound),
            },
            "differences": self.differences,
        }


def numbers(outcome: Outcome) -> dict[str, float | None]:
    """For JSON, which has no nan."""
    return {name: None if np.isnan(value) else value for name, value in vars(outcome).items()}


def speed(kind: str, measured: Measured, days: int) -> float:
    """The median over repeats; see `Row.speed`."""
    whole = float(measured.people * days)
    done = [curve[-1] if kind == "cascade" else whole for curve in measured.curves]
    return median(one / seconds for one, seconds in zip(done, measured.running, strict=True))


def make_row(
    kind: str,
    simulator: Simulator,
    asked: int,
    days: int,
    measured: Measured,
    expected: Expected | None,
) -> Row:
    """The row of what was measured; `expected` is None where nothing was."""
    row = Row(
        kind,
        simulator.package,
        version_of(simulator.package),
        simulator.use,
        simulator.law,
        measured.people,
        asked,
        days,
        measured,
        expected=expected,
    )
    if expected:
        midday = expected.midday
        found = [outcome_of(np.array(one), row.people, midday) for one in measured.curves]
        names = ("final", "half_day", "midway")
        row.found = Outcome(*(median(getattr(one, name) for one in found) for name in names))
    return row


def markdown(rows: Sequence[Row], facts: dict[str, Any]) -> str:
    """The tables, the goals and the machine."""
    lines = [
        "# Side by side on the same work",
        "",
        "Same ties, same first adopters, same hazard for everybody; each is measured in a process "
        "of its own after a warm-up. Times are medians. How much faster ours is compares runs at "
        "the same size, without loading.",
    ]
    for kind, title, unit in (
        ("spreading", "Spreading: susceptible to adopted", "agent-days/s"),
        ("cascade", "Independent cascade", "people reached/s"),
    ):
        chosen = [row for row in rows if row.kind == kind]
        if chosen:
            lines += ["", f"## {title}", "", facts[kind], "", *table(chosen, unit)]
            lines += ["", *goals(chosen)]
    lines += ["", "## How each was used", ""]
    lines += [f"- {row.package} {row.version} ({row.kind}): {row.use}." for row in rows]
    lines += ["", "## Machine", "", machine_line(facts["machine"]), ""]
    return "\n".join(lines)


def table(rows: Sequence[Row], unit: str) -> list[str]:
    """One Markdown row a simulator; failures as rows with their reason."""
    heads = ["peer", "version", "people", "loading s", "run s", "processor s", "repeats", unit]
    heads += ["ours is faster", "final uptake", "half by day", "agrees", "peak MB"]
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for row in rows:
        cells = [row.package, row.version, f"{row.people:,}{' (scaled)' if row.scaled else ''}"]
        if not row.ran:
            cells += ["-"] * 8 + [f"not measured: {row.measured.failure}", "-"]
            lines.append(f"| {' | '.join(cells)} |")
            continue
        assert row.found
        half = "-" if np.isnan(row.found.half_day) else f"{row.found.half_day:.2f}"
        own = "" if row.law in ("daily", "cascade") else f", {row.law}"
        cells += [f"{median(row.measured.loading):.3g}", f"{row.seconds:.3g}"]
        cells += [f"{median(row.measured.processor):.3g}"]
        cells += [f"{len(row.measured.running)}", f"{row.speed:.3g}"]
        cells += [
            "-" if row.ratio is None else f"{row.ratio:.3g} x",
            f"{row.found.final:.5f}",
            half,
        ]
        cells += ["; ".join(row.differences) or f"ok{own}", f"{row.measured.peak_mb:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    known = dict.fromkeys(statement(row.expected, row.people) for row in rows if row.expected)
    missed = [f"- {row.package}, {row.measured.failure}" for row in rows if row.scaled]
    about = f"within {BOUND:g} standard deviations of {REPEATS} runs of its own law by other code"
    return [*lines, "", f"Agrees: {about}.", "", *(f"- {text}" for text in known), *missed]


def statement(expected: Expected, people: int) -> str:
    """What a law gives, with the bounds for one run."""
    mean, bound = expected.mean, expected.bound
    text = f"{people:,} people, {expected.law}: final {mean.final:.5f} ± {bound.final:.1g}"
    if np.isnan(mean.half_day):
        return text
    return (
        f"{text}, half by day {mean.half_day:.2f} ± {bound.half_day:.2g}, "
        f"share on day {expected.midday} {mean.midway:.4f} ± {bound.midway:.2g}"
    )


def goals(rows: Sequence[Row]) -> list[str]:
    """Whether each goal is met."""
    lines = []
    for row in rows:
        goal = GOALS.get((row.kind, row.package))
        if goal is None or row.package == OURS:
            continue
        if row.ratio is None:
            verdict = "not known, one of the two was not measured"
        else:
            scaled = ", the most that fits into its budget" if row.scaled else ""
            at = f"{row.ratio:,.3g} times at {row.people:,} people{scaled}"
            verdict = f"{at}: {'met' if row.ratio >= goal else 'MISSED'}"
        lines.append(f"- Goal, {goal:,} times as fast as {row.package}: {verdict}.")
    return lines


def machine() -> dict[str, Any]:
    """What the times depend on, and how busy it was."""
    model = platform.processor() or platform.machine()
    memory = float("nan")
    if sys.platform == "linux":
        with open("/proc/cpuinfo") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        model = names[0] if names else model
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ("uptake", "numpy", "scipy", "numba", "networkx")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gb": round(memory, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version_of(name) for name in packages},
        "load_at_start": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def machine_line(facts: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    return (
        f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_gb']} GB; {facts['system']}; "
        f"Python {facts['python']}; {packages}. Load when it began: {facts['load_at_start']}; "
        "where the processor seconds of a run are far below its seconds, it had to share the cores."
    )
