"""One measurement: a process of its own, so that memory, crashes and time-outs are its own too.

In the process the same simulator first does the work for a thousand people, so that imports and
compilers count for nobody. Loading and running are timed apart.
"""

import gc
import json
import os
import subprocess
import sys
import time
import traceback
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.comparison.simulators import CASCADES, SPREADING, Simulator
from benchmarks.comparison.work import load_work, make_work

KINDS = {"spreading": SPREADING, "cascade": CASCADES}
WARM_UP = 1_000  # people
SAFETY = 1.5  # time grows faster than people once caches overflow
KILL_AFTER = 2.0  # budgets
FIRST_SIZE = 10_000  # people of the first probe
MEMORY_SHARE = 0.8  # of the machine's, for one measurement


@dataclass
class Measured:
    """Times in seconds, a value a repeat, `processor` those of the run summed over cores.

    `curves` (repeats, days + 1) of adopters.
    """

    people: int
    loading: list[float] = field(default_factory=list)
    running: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    curves: list[list[float]] = field(default_factory=list)
    peak_mb: float = 0.0
    failure: str = ""

    @property
    def seconds(self) -> float:
        """Of one repeat, loading included."""
        return median(self.loading) + median(self.running)


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def measure(kind: str, package: str, file: Path, repeats: int, budget: float) -> Measured:
    """In a new process; what goes wrong there is told in `failure`."""
    entry = Path(sys.argv[0]).resolve()
    inside = ["--measure", kind, package, str(file), str(repeats), str(budget)]
    with np.load(file) as stored:
        people = int(stored["people"])
    try:
        done = subprocess.run(
            [sys.executable, str(entry), *inside],
            capture_output=True,
            text=True,
            timeout=KILL_AFTER * budget + 60,
            env=os.environ | {"STARSIM_INSTALL_FONTS": "0", "PYTHONHASHSEED": "0"},
        )
    except subprocess.TimeoutExpired:
        return Measured(people, failure=f"stopped after {KILL_AFTER:g} budgets of {budget:g} s")
    try:
        return Measured(**json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        return Measured(people, failure=f"process ended with {done.returncode}: {last[:200]}")


def measure_here(kind: str, package: str, file: Path, repeats: int, budget: float) -> None:
    """The inside of `measure`: prints what was measured as the last line of its output."""
    limit_memory()
    work = load_work(file)
    measured = Measured(work.people)
    simulator = named(kind, package)
    degree = 2 * work.source.size / work.people
    small = make_work(WARM_UP, degree, work.rate, work.days, work.transmission, seed=1)
    try:
        simulator.load(small, 1)()
        while len(measured.running) < repeats:
            began = time.perf_counter()
            run = simulator.load(work, 1 + len(measured.running))
            used, loaded = time.process_time(), time.perf_counter()
            curve = run()
            ended = time.perf_counter()
            measured.processor.append(time.process_time() - used)
            measured.loading.append(loaded - began)
            measured.running.append(ended - loaded)
            measured.curves.append([float(value) for value in curve])
            del run
            gc.collect()
            spent = sum(measured.loading) + sum(measured.running)
            if spent + measured.seconds > budget:
                break
    except Exception as error:  # a peer's failure is a row of the table
        traceback.print_exc()
        if not measured.running:
            measured.failure = f"{type(error).__name__}: {error}"[:300]
    measured.peak_mb = peak_mb()
    print("\n" + json.dumps(asdict(measured)))


def named(kind: str, package: str) -> Simulator:
    return next(one for one in KINDS[kind] if one.package == package)


def limit_memory() -> None:
    """Rather a failure of this process than one of its neighbours."""
    if sys.platform == "linux":
        import resource

        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        resource.setrlimit(resource.RLIMIT_DATA, (int(MEMORY_SHARE * whole),) * 2)


def peak_mb() -> float:
    """Peak resident memory of this process; nan where the system does not tell it as Linux does.

    From /proc, since getrusage still counts the parent from before this program was started.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def sizes(people: int) -> list[int]:
    """What a peer may be measured at: 1, 2, 5 times powers of ten below `people`, and that."""
    steps = [step * 10**power for power in range(4, 10) for step in (1, 2, 5)]
    return [size for size in steps if FIRST_SIZE <= size < people] + [people]


def next_size(measured: Measured, people: int, budget: float) -> int:
    """The largest size that fits into the budget by what was measured; at most ten times that."""
    per_person = SAFETY * measured.seconds / measured.people
    fitting = [
        size
        for size in sizes(people)
        if size <= 10 * measured.people and size * per_person <= budget
    ]
    return max(fitting, default=measured.people)
