"""Ours and other simulators, side by side on the same work.

    pip install -e ".[peers]"
    python benchmarks/peers.py --people 1e6 --json peers.json > peers.md

Prints Markdown tables and says for each goal whether it is met; progress goes to stderr. Whoever
is not installed or fails is a row with the reason. A peer whose run would take longer than
`--budget` seconds is measured at the largest size that fits, marked as scaled, and compared with
ours at that size. `comparison/work.py` states the process, `comparison/laws.py` how agreement is
judged.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.comparison.laws import Expected, expect
from benchmarks.comparison.measuring import (
    FIRST_SIZE,
    KINDS,
    Measured,
    measure,
    measure_here,
    next_size,
    version_of,
)
from benchmarks.comparison.report import Row, machine, make_row, markdown, speed
from benchmarks.comparison.simulators import OURS, Simulator
from benchmarks.comparison.work import SEED_SHARE, Work, load_work, make_work


class Comparison:
    """Works and expectations by size, made when first asked for, and the rows so far."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self.given, self.folder = arguments, folder
        self.rows: list[Row] = []
        self._work: Work | None = None
        self._expected: dict[tuple[str, int], Expected] = {}
        self._ours: dict[tuple[str, int], Measured] = {}

    def compare(self, kind: str, simulator: Simulator) -> None:
        """Measure one simulator and add its row."""
        measured = self.measure_within_budget(kind, simulator)
        ran = bool(measured.running)
        expected = self.expected(simulator.law, measured.people) if ran else None
        given = self.given
        row = make_row(kind, simulator, given.people, given.days, measured, expected)
        if row.ran:
            ours = self.ours(kind, measured.people)
            row.ratio = speed(kind, ours, given.days) / row.speed if ours.running else None
        self.rows.append(row)

    def measure_within_budget(self, kind: str, simulator: Simulator) -> Measured:
        """At the full size, or at the largest that fits; probes grow up to tenfold at a time."""
        if simulator.package == OURS:
            return self.ours(kind, self.given.people)
        if version_of(simulator.package) == "not installed":
            return Measured(self.given.people, failure="not installed")
        best, size = None, min(FIRST_SIZE, self.given.people)
        while True:
            whole = size == self.given.people
            found = self.measured(kind, simulator.package, size, self.given.repeats if whole else 1)
            if found.failure:
                break
            best = found
            wanted = next_size(found, self.given.people, self.given.budget)
            if wanted <= size:
                break
            size = wanted
        if best is None:
            return found
        # A probe is one run; repeats, where at least two fit into the budget.
        if best.people < self.given.people and 2 * best.seconds <= self.given.budget:
            more = self.measured(kind, simulator.package, best.people, self.given.repeats)
            best = best if more.failure else more
        tried = f"{found.people:,} people: {found.failure}" if found.failure else "more did not fit"
        best.failure = "" if best.people == self.given.people else tried
        return best

    def ours(self, kind: str, people: int) -> Measured:
        """Ours at a size that a peer is compared at."""
        if (kind, people) not in self._ours:
            self._ours[kind, people] = self.measured(kind, OURS, people, self.given.repeats)
        return self._ours[kind, people]

    def measured(self, kind: str, package: str, people: int, repeats: int) -> Measured:
        self.work(people)
        file = self.folder / f"{people}.npz"
        say(f"{kind}: {package}, {people:,} people, up to {repeats} repeats ...")
        found = measure(kind, package, file, repeats, self.given.budget)
        if found.running:
            say(f"    {median(found.running):.3g} s a run, {median(found.loading):.3g} s loading")
        if found.failure:
            say(f"    {found.failure}")
        return found

    def work(self, people: int) -> Work:
        if self._work is None or self._work.people != people:
            file = self.folder / f"{people}.npz"
            if not file.exists():
                given = self.given
                process = (given.mean_degree, given.rate, given.days, given.transmission)
                make_work(people, *process, given.seed).save(file)
            self._work = load_work(file)
        return self._work

    def expected(self, law: str, people: int) -> Expected:
        if (law, people) not in self._expected:
            say(f"what the law says: {law}, {people:,} people ...")
            self._expected[law, people] = expect(law, self.work(people), self.given.seed)
        return self._expected[law, people]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--people", type=lambda text: int(float(text)), default=1_000_000)
    parser.add_argument("--mean-degree", type=float, default=10.0, help="contacts a person")
    parser.add_argument("--rate", type=float, default=0.02, help="per active contact and day")
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--transmission", type=float, default=0.1, help="of the cascade, per tie")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--budget", type=float, default=300.0, help="seconds a peer may take")
    parser.add_argument("--seed", type=int, default=1, help="of ties and first adopters")
    parser.add_argument("--only", nargs="+", metavar="PEER", help="these peers, and ours")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--json", type=Path, help="file for everything that was measured")
    asked = parser.parse_args(given)
    peers = {one.package.lower(): one.package for kind in KINDS.values() for one in kind}
    unknown = [name for name in asked.only or () if name.lower() not in peers]
    if unknown:
        parser.error(f"no peer {', '.join(unknown)}; there are {', '.join(peers.values())}")
    return asked


def main(given: Sequence[str]) -> None:
    if given[:1] == ["--measure"]:
        kind, package, file, repeats, budget = given[1:]
        measure_here(kind, package, Path(file), int(repeats), float(budget))
        return
    asked = arguments(given)
    facts: dict[str, Any] = {"machine": machine()}
    only = {name.lower() for name in asked.only or ()}
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(asked, Path(folder))
        for kind in asked.kinds:
            for simulator in KINDS[kind]:
                if not only or simulator.package.lower() in only | {OURS}:
                    comparison.compare(kind, simulator)
    who = (
        f"{asked.people:,} people, mean degree {asked.mean_degree:g}, {SEED_SHARE:.1%} at the start"
    )
    facts["spreading"] = (
        f"{who}; hazard {asked.rate:g} per active contact and day, {asked.days} daily steps: each "
        f"tie and day has the chance 1 - exp(-{asked.rate:g})."
    )
    facts["cascade"] = f"{who}; one chance of {asked.transmission:g} at each contact."
    print(markdown(comparison.rows, facts))
    if asked.json:
        settings = {name: value for name, value in vars(asked).items() if name != "json"}
        rows = [row.as_dict() for row in comparison.rows]
        everything = {"settings": settings, **facts, "rows": rows}
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(everything, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
