"""How much memory a run needs, before it starts, and whether the machine has it.

Counts and rates of classes fit everywhere; what grows is people one by one and their ties. The
figures are those of the arrays (`sim.engines.agents`, `sim.ties`, `sim.observing.transmissions`): a
state byte and a class byte a person, or two of the latter; for each layer a counter of uses, a
degree, 8 bytes for where a person's ties begin and 4 a stored tie at each of its ends, and what its
kind of network holds besides, always and while it is made; with ties, who brought whom.
"""

from dataclasses import dataclass
from pathlib import Path

from sim.people.ranks import rank_cells
from sim.people.world import platform_users
from sim.scenario import Scenario
from sim.scenario.problems import Misfit
from sim.ties.networks import kind_of
from sim.units import human

#: The program, its libraries, tables and rates: measured on the shipped scenarios.
PROGRAM = 450e6
#: Bytes a person that a tick holds for a moment: those sifted, with their uniforms (about 1 in 50).
MOMENT = 0.6
#: Bytes a person where there are ties: the generation of the latest uptake, and how many uptakes a
#: person brought about, in 4 bytes once somebody has brought about 65,536.
TRACE = 6.0
#: Bytes a member that shuffles and lists of members take while a layer is made.
MEMBER = 12.0
#: Share of the free memory that a run may plan with.
MARGIN = 0.95


@dataclass(frozen=True)
class Footprint:
    """people simulated one by one, and bytes: in all, and of them those that grow with people."""

    people: int
    bytes: float
    growing: float

    @property
    def per_person(self) -> float:
        """Bytes a person."""
        return self.growing / max(self.people, 1)

    def fitting(self, free: float) -> int:
        """How many people would fit into `free` bytes, to two digits, rounded down."""
        room = max(free * MARGIN - (self.bytes - self.growing), 0.0)
        people = int(room / max(self.per_person, 1e-9))
        step = 10 ** max(len(str(people)) - 2, 0)
        return int(people // step * step)


def footprint(scenario: Scenario) -> Footprint:
    """The memory of a run of `scenario`."""
    if scenario.engine != "agents":
        return Footprint(0, PROGRAM, 0.0)
    everybody = sum(float(segment.people) for segment in scenario.segments.values())
    people = round(scenario.people.size(everybody))
    each = (2.0 if _most_classes(scenario) <= 256 else 3.0) + MOMENT
    building, tied = 0.0, False
    for platform in scenario.platforms.values():
        ties = platform.ties
        if ties.network == "none":
            continue
        share = min(platform_users(platform) / everybody, 1.0)
        default = scenario.parameters.get(f"ties.{platform.kind}.mean_degree", 0.0)
        mean = float(ties.mean_degree if ties.mean_degree is not None else default)
        wide = 2.0 if mean > 60.0 or ties.distribution in ("power-law", "lognormal") else 1.0
        each += wide + (wide if scenario.influence.of == "share" else 0.0)
        ends = share * mean
        kind = kind_of(ties.network)
        each += kind.more(mean, ties)
        tied = True
        if kind.stored:
            each += 8.0 + 4.0 * ends
            building = max(building, kind.building * ends + MEMBER * share)
    if tied:
        each += TRACE + building
    return Footprint(people, PROGRAM + people * each, people * each)


def _most_classes(scenario: Scenario) -> int:
    """Classes of people, those included that turn out to be empty."""
    names = list(scenario.platforms)
    held = [
        [name for k, name in enumerate(names) if subset >> k & 1]
        for subset in range(1 << len(names))
    ]
    cells = sum(
        len(rank_cells(scenario.features, segment, some))
        for segment in scenario.segments
        for some in held
    )
    return cells * len(scenario.types)


def require_memory(needed: Footprint) -> None:
    """Raise Misfit where a run cannot fit, with what it needs and what would fit. Where the system
    does not tell how much is free, nothing is refused."""
    free = free_memory()
    if free is None or needed.people == 0 or needed.bytes <= free * MARGIN:
        return
    fits = needed.fitting(free)
    raise Misfit(
        ("people",),
        f"{human(needed.people, 'people')} people one by one need about {size_text(needed.bytes)} "
        f"({needed.per_person:.3g} bytes each), and {size_text(free)} are free",
        expected=f"at most {human(fits, 'people')} people, e.g. `--people {human(fits, 'people')}`"
        if fits
        else "a machine with more memory",
    )


def size_text(size: float) -> str:
    """Bytes in human form."""
    return f"{size / 1e9:.3g} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def free_memory() -> float | None:
    """Bytes that this process may still take; None where the system does not tell."""
    found = [limit for limit in (_system_free(), _container_free()) if limit is not None]
    return min(found, default=None)


def _system_free() -> float | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024.0
    except (OSError, ValueError, IndexError):
        pass
    return None


def _container_free() -> float | None:
    """What the control group leaves, where there is one with a limit."""
    root = Path("/sys/fs/cgroup")
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            most, taken = (float((root / name).read_text()) for name in (limit, used))
        except (OSError, ValueError):  # absent, or `max`
            continue
        return most - taken if most < 1e15 else None
    return None
