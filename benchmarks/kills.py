"""Commands that are killed at random moments: what stands afterwards is whole, or says it is not.

    python benchmarks/kills.py [--kills 30] [--seed 1]

Kills `uptake run`, `plot`, `resume` and `fork` (with checkpoints and without) so many times each,
with SIGKILL, SIGTERM or SIGHUP, half of the times while they write. After each kill:

- every folder under a final name opens with the tables that the command gives when left alone, or
  is one that `uptake resume` finishes to those tables;
- what stood before the command still opens with its own tables;
- the command, given again, comes to its end: a killed one holds no name;
- what was left under temporary names is swept up by it once it is a minute old.

Prints Markdown, and ends with 1 if a promise was broken.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from sim.record.folder import MARK
from sim.running.run import Run, RunFolderError

MARKET = """\
name: bazaar
start: 2026-01-01
duration: 90 d
engine: cohorts
segments:
  here: {people: 1 M}
platforms:
  chat: {kind: messaging, users: 600 k}
labs:
  acme: {quality: 30 frontier-months, models: {large: {level: api}}}
features:
  helper: {lab: acme, tier: large, placements: {chat: {surface: search-bar}}}
"""
UPTAKE = (sys.executable, "-m", "sim.cli")
#: Commands run this checkout, wherever they are given.
HERE = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
FORK = ("--at", "2026-02-15", "--set", "parameters.omega=0.02 per day")
CHECKPOINT = ("--checkpoint", "5d")
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Kind:
    """One command: how it is prepared and given in a folder, and which run is its reference."""

    name: str
    arguments: tuple[str, ...]
    result: str
    reference: str
    prepare: Callable[[Path], None] = lambda home: None
    kills: int = 0
    whole: int = 0
    unfinished: int = 0
    absent: int = 0
    writing: int = 0
    broken: list[str] = field(default_factory=list)


def uptake(home: Path, *arguments: str) -> None:
    subprocess.run(
        [*UPTAKE, *arguments], cwd=home, env=HERE, check=True, capture_output=True, text=True
    )


def tables(folder: Path) -> dict[str, object]:
    run = Run.open(folder)
    assert run.folder is not None
    return {file.name: pq.read_table(file) for file in sorted(run.folder.glob("*.parquet"))}


def begun(home: Path) -> None:
    """An unfinished run that has its first checkpoints."""
    arguments = ("run", "market.yaml", *CHECKPOINT, "--out", "mine")
    with subprocess.Popen(
        [*UPTAKE, *arguments],
        cwd=home,
        env=HERE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        while running.poll() is None and not any((home / "mine").glob("checkpoints/day-*")):
            time.sleep(0.001)
        running.send_signal(signal.SIGKILL)


def with_base(home: Path) -> None:
    shutil.copytree(home.parent / "base", home / "base")


def with_mine(home: Path) -> None:
    shutil.copytree(home.parent / "plain", home / "mine")


def kinds() -> list[Kind]:
    out = ("--out", "mine")
    fork = ("fork", "base", *FORK)
    return [
        Kind("run", ("run", "market.yaml", *out), "mine", "plain"),
        Kind("run --checkpoint", ("run", "market.yaml", *CHECKPOINT, *out), "mine", "plain"),
        Kind("plot", ("plot", "mine"), "mine", "plain", with_mine),
        Kind("resume", ("resume", "mine"), "mine", "plain", begun),
        Kind("fork", (*fork, *out), "mine", "fork", with_base),
        Kind("fork --checkpoint", (*fork, *CHECKPOINT, *out), "mine", "fork", with_base),
    ]


def under_way(home: Path) -> bool:
    """Is something being written?"""
    found = (*home.glob("*.partial"), *home.glob("*/*.partial"), *home.glob("*/*/*.partial"))
    return bool(found)


def killed(kind: Kind, home: Path, chance: random.Random, span: float) -> bool:
    """Start the command and kill it; false where it came to its end before."""
    stop = chance.choice(SIGNALS)
    with subprocess.Popen(
        [*UPTAKE, *kind.arguments],
        cwd=home,
        env=HERE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as running:
        if chance.random() < 0.5:
            time.sleep(chance.uniform(0.0, span))
        else:
            while running.poll() is None and not under_way(home):
                time.sleep(0.0005)
            time.sleep(chance.choice((0.0, 0.005, 0.05, 0.5, 2.0)) * chance.random())
        ended = running.poll()
        if ended is None:
            kind.writing += under_way(home)
            running.send_signal(stop)
        said = running.communicate()[1].decode()
    if "Traceback" in said or "internal fault" in said:
        kind.broken.append(f"{stop.name}: {said}")
    if ended is None and running.returncode not in (-stop, 128 + stop, 0):
        kind.broken.append(f"{stop.name}: ended with {running.returncode}: {said}")
    return ended is None


def looked_at(kind: Kind, home: Path, reference: dict[str, object]) -> bool:
    """Does what stands keep the promises? Returns whether the command's run is finished."""
    folder = home / kind.result
    finished = False
    if not folder.exists():
        kind.absent += 1
    elif (folder / MARK).is_file():
        kind.unfinished += 1
    else:
        try:
            finished = tables(folder) == reference
            if not finished:
                kind.broken.append(f"{folder.name} opens with other tables")
        except RunFolderError as error:
            kind.broken.append(f"{folder.name} looks whole and is not: {error}")
        kind.whole += 1
    for entry in home.iterdir():
        if entry.name not in {"market.yaml", "base", kind.result} and not entry.name.endswith(
            (".partial", ".reserved")
        ):
            kind.broken.append(f"{entry.name} was left")
    return finished


def gone_on_with(kind: Kind, home: Path, finished: bool) -> None:
    """Give the command again, or go on with what it left, a minute later."""
    old = time.time() - 90.0
    for entry in (*home.rglob("*.partial"), *home.rglob("*.reserved")):
        os.utime(entry, (old, old))
    if (home / kind.result / MARK).is_file():
        uptake(home, "resume", kind.result)
    elif kind.name == "plot" or not finished:
        uptake(home, *kind.arguments)


def tried(kind: Kind, kills: int, chance: random.Random, where: Path) -> None:
    reference = tables(where / kind.reference)
    span = 0.0
    while kind.kills < kills:
        home = where / f"{kind.name.replace(' ', '')}-{kind.kills}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (home / "market.yaml").write_text(MARKET)
        kind.prepare(home)
        if not span:
            began = time.monotonic()
            uptake(home, *kind.arguments)
            span = time.monotonic() - began
            continue
        if not killed(kind, home, chance, span):
            continue
        kind.kills += 1
        finished = looked_at(kind, home, reference)
        try:
            gone_on_with(kind, home, finished)
        except subprocess.CalledProcessError as error:
            kind.broken.append(f"given again: {error.stderr}")
            continue
        try:
            if tables(home / kind.result) != reference:
                kind.broken.append("in the end it opens with other tables")
        except RunFolderError as error:
            kind.broken.append(f"in the end: {error}")
        if not finished:
            left = [e.name for e in home.iterdir() if e.name.endswith((".partial", ".reserved"))]
            kind.broken.extend(f"{name} was not swept up" for name in left)
        shutil.rmtree(home)


def show(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30, help="of each command")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    broken = 0
    with tempfile.TemporaryDirectory() as place:
        where = Path(place)
        (where / "market.yaml").write_text(MARKET)
        uptake(where, "run", "market.yaml", "--out", "plain")
        kept = ("--checkpoint", "20d", "--keep-checkpoints", "--no-figures")
        uptake(where, "run", "market.yaml", *kept, "--out", "base")
        uptake(where, "fork", "base", *FORK, "--no-figures", "--out", "fork")
        show("command", "kills", "while writing", "whole after it", "to be resumed", "nothing",
             "broken promises")  # fmt: skip
        show(*["---"] * 7)
        for kind in kinds():
            tried(kind, chosen.kills, chance, where)
            show(f"`{kind.name}`", kind.kills, kind.writing, kind.whole, kind.unfinished,
                 kind.absent, len(kind.broken))  # fmt: skip
            for said in kind.broken:
                print(f"  {said}", file=sys.stderr, flush=True)
            broken += len(kind.broken)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
