"""Runs that are killed and gone on with, beside one that is left alone, on this machine.

    python benchmarks/resume.py [--kills 20] [--large 1e8]

Starts `uptake run --checkpoint 5d`, kills it at a random moment with a signal that no program can
answer, goes on with `uptake resume`, kills that, and so on; then compares all tables bit by bit
with those of an uninterrupted run. Does so for every engine and scenario of `CASES`, and measures
one checkpoint of each in mid-run, or one of many people with `--large`. Prints Markdown.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

EVERY = "5d"
#: Scenario, last day, further options; each with every engine that it can be run with.
CASES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("hybrid", "2026-10-01", (), ("expected", "cohorts", "agents")),
    ("enterprise-only", "2026-10-01", (), ("expected", "cohorts", "agents")),
    ("incident-mid-rollout", "2026-12-15", (), ("expected", "cohorts", "agents")),
    ("hybrid", "2026-08-01", ("--with", "networks"), ("agents",)),
)
PEOPLE = {"agents": ("--people", "20000")}
UPTAKE = (sys.executable, "-m", "sim.cli")


def options(case: tuple[str, str, tuple[str, ...], tuple[str, ...]], engine: str) -> list[str]:
    name, until, more, _ = case
    return [name, "--until", until, *more, "--engine", engine, *PEOPLE.get(engine, ())]


def quietly(*arguments: str) -> None:
    subprocess.run([*UPTAKE, *arguments], check=True, stdout=subprocess.DEVNULL)


def newest(folder: Path) -> str:
    kept = folder / "checkpoints"
    names = [each.name for each in kept.iterdir()] if kept.is_dir() else []
    return max((name for name in names if not name.endswith(".partial")), default="")


def killed(arguments: list[str], folder: Path, chance: random.Random) -> bool:
    """Start a command and kill it; false where it had come to its end before."""
    before = newest(folder)
    with subprocess.Popen([*UPTAKE, *arguments], stdout=subprocess.DEVNULL) as running:
        if chance.random() < 0.2:  # while it is set up, or begins
            moment = time.monotonic() + chance.uniform(0.2, 3.0)
            while running.poll() is None and time.monotonic() < moment:
                time.sleep(0.01)
        else:
            while running.poll() is None and newest(folder) == before:
                time.sleep(0.002)
            time.sleep(chance.uniform(0.0, 0.3))
        ended = running.poll()
        if ended is None:
            running.send_signal(signal.SIGKILL)
    if ended not in (None, 0):
        raise RuntimeError(f"{arguments} ended with {ended}")
    return ended is None


def tried(arguments: list[str], folder: Path, kills: int, chance: random.Random) -> tuple[int, int]:
    """How often a run was killed until it was whole, and how often while it wrote a checkpoint."""
    count = writing = 0
    while count < kills:
        begun = (folder / "unfinished.json").is_file()
        if folder.exists() and not begun:
            break  # whole: it was killed after its last table, or came to its end before
        made = ["run", *arguments, "--checkpoint", EVERY, "--no-figures", "--out", str(folder)]
        if not killed(["resume", str(folder)] if begun else made, folder, chance):
            break
        count += 1
        kept = folder / "checkpoints"
        writing += any(each.name.endswith(".partial") for each in kept.glob("*"))
    if (folder / "unfinished.json").is_file():
        quietly("resume", str(folder))
    return count, writing


def same(a: Path, b: Path) -> bool:
    names = {file.name for file in a.glob("*.parquet")}
    return names == {file.name for file in b.glob("*.parquet")} and all(
        pq.read_table(a / name).equals(pq.read_table(b / name)) for name in names
    )


def measured(settings: dict[str, Any], days: float) -> tuple[float, float, float]:
    """Bytes of a checkpoint in mid-run, and seconds to write it and to put it back."""
    from sim.running.checkpoint import write_checkpoint
    from sim.running.simulation import Simulation
    from sim.scenario import load

    scenario = load(settings.pop("scenario"), **settings)
    simulation = Simulation(scenario)
    simulation.play(min(days, scenario.days / 2))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        checkpoint = write_checkpoint(simulation, Path(folder))
        written = time.perf_counter() - began
        size = sum(file.stat().st_size for file in checkpoint.folder.iterdir())
        del simulation
        again = Simulation(scenario)
        began = time.perf_counter()
        checkpoint.restore(again)
        return size, written, time.perf_counter() - began


def show(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def large(people: float) -> None:
    """What a checkpoint of so many people costs."""
    settings = {"scenario": "hybrid", "engine": "agents", "people": people, "until": "2026-03-05"}
    size, written, back = measured(settings, 2.0)
    print(f"\n{people:.0e} people: {size / 1e6:.1f} MB, written in {written:.2f} s, "
          f"put back in {back:.2f} s")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="of each run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", type=float, help="so many people, and no kills")
    chosen = parser.parse_args()
    if chosen.large:
        large(chosen.large)
        return
    chance = random.Random(chosen.seed)
    show("scenario", "engine", "until", "kills", "while writing", "bits", "MB", "write s", "read s")
    show(*["---"] * 9)
    for case in CASES:
        name, until, more, engines = case
        for engine in engines:
            with tempfile.TemporaryDirectory() as home:
                whole, folder = Path(home, "whole"), Path(home, "killed")
                quietly("run", *options(case, engine), "--no-figures", "--out", str(whole))
                count = writing = 0
                bits = "the same"
                while count < chosen.kills:  # a run that comes to its end early is begun anew
                    more_kills, more_writing = tried(
                        options(case, engine), folder, chosen.kills - count, chance
                    )
                    count, writing = count + more_kills, writing + more_writing
                    bits = bits if same(whole, folder) else "DIFFERENT"
                    shutil.rmtree(folder)
            settings: dict[str, Any] = {"scenario": name, "until": until, "engine": engine}
            settings |= {"people": 20_000} if engine == "agents" else {}
            size, written, back = measured(settings | {"with_": more[1:]}, 1e9)
            label = " ".join((name, *more))
            show(label, engine, until, count, writing, bits, f"{size / 1e6:.2f}",
                 f"{written:.2f}", f"{back:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
