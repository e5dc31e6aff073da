"""The manifest: what a run folder holds, what made it, and what it cost.

It also carries the names that figures need (titles of features, labs and platforms) and how many of
the inputs are assumptions, so that a folder can be opened and drawn without its scenario file.
"""

import contextlib
import hashlib
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

FORMAT: Final = 1

# Those whose version can change a number or a picture.
_PACKAGES = (
    "uptake",
    "numpy",
    "scipy",
    "numba",
    "pandas",
    "pyarrow",
    "simpy",
    "matplotlib",
    "pydantic",
    "PyYAML",
)


class _Feature(Protocol):
    @property
    def title(self) -> str | None: ...
    @property
    def lab(self) -> str: ...
    @property
    def placements(self) -> Mapping[str, Any]: ...


class _Titled(Protocol):
    @property
    def title(self) -> str | None: ...


class ScenarioLike(Protocol):
    """What the record needs of a scenario."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def seed(self) -> int: ...
    @property
    def engine(self) -> str: ...
    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...
    @property
    def digest(self) -> str: ...
    @property
    def features(self) -> Mapping[str, _Feature]: ...
    @property
    def labs(self) -> Mapping[str, _Titled]: ...
    @property
    def platforms(self) -> Mapping[str, _Titled]: ...
    @property
    def segments(self) -> Mapping[str, _Titled]: ...
    @property
    def files(self) -> Mapping[tuple[str | int, ...], Path]: ...
    @property
    def extra(self) -> Mapping[str, Any]: ...
    def plain(self) -> dict[str, Any]: ...
    def to_yaml(self, folder: Path | None = None) -> str: ...
    def evidence(self) -> Iterable[Any]: ...


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class FeatureEntry(_Record):
    """A feature's title, its lab and the platforms it is placed in."""

    title: str
    lab: str
    platforms: tuple[str, ...] = ()


class Entities(_Record):
    """Titles by id, in the order of the scenario."""

    features: dict[str, FeatureEntry] = {}
    labs: dict[str, str] = {}
    platforms: dict[str, str] = {}
    segments: dict[str, str] = {}


class Evidence(_Record):
    """How many inputs the scenario has and how many of them are assumptions."""

    inputs: int = 0
    assumed: int = 0
    calibrated: bool = False


class FileEntry(_Record):
    """Size in bytes and SHA-256 of one file."""

    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @classmethod
    def of(cls, file: Path) -> "FileEntry":
        """The entry of a file as it is now. Raises OSError where it cannot be read."""
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return cls(bytes=file.stat().st_size, sha256=digest)


class ScenarioEntry(_Record):
    """Which scenario was run; `digest` is that of its resolved content."""

    name: str
    title: str | None = None
    digest: str


class ParentEntry(_Record):
    """The run that a fork parts from, what was set and from which date on."""

    folder: str | None
    digest: str
    at: date
    set: dict[str, str]


class FiguresEntry(_Record):
    """Which figures were drawn, and why others were not."""

    made: tuple[str, ...] = ()
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}


class Manifest(_Record):
    """The content of `manifest.json`.

    `started` is UTC, `wall_s` the seconds from then to the finished folder, `engine_s` those of the
    simulation loop alone. `people` are those simulated (each may stand for many),
    `ns_per_person_tick` the loop's time over people and ticks in nanoseconds, `bytes_per_person`
    what the arrays of people, of ties and of who brought whom take where people are simulated one
    by one. `peak_mb` is the
    largest resident memory of the process in 1e6 bytes (None where the system does not tell),
    `revision` the commit of the checkout the package ran from (`+changes` when files differed from
    it), None for an installed package. `plan` is what was recorded where that was not everything,
    `parent` the run that a fork parts from, by folder and digest of its scenario.
    `mechanisms` are those passed in Python, by name, with their values.
    `inputs` are the files that the scenario names, by the
    setting that does and as they were at the end of the run; `files` are those of the folder.
    """

    format: Literal[1] = FORMAT
    status: Literal["complete", "in memory"]
    scenario: ScenarioEntry
    seed: int
    engine: str
    start: date
    end: date
    people: int = 0
    ticks: int
    ns_per_person_tick: float | None = None
    bytes_per_person: float | None = None
    started: datetime
    wall_s: float
    engine_s: float
    peak_mb: float | None = None
    python: str
    machine: str
    revision: str | None = None
    packages: dict[str, str] = {}
    entities: Entities = Entities()
    evidence: Evidence = Evidence()
    plan: dict[str, Any] = {}
    parent: ParentEntry | None = None
    mechanisms: dict[str, dict[str, Any]] = {}
    figures: FiguresEntry = FiguresEntry()
    inputs: dict[str, FileEntry] = {}
    files: dict[str, FileEntry] = {}

    def to_json(self) -> str:
        """The manifest as JSON text; equal manifests give equal text."""
        return self.model_dump_json(indent=2) + "\n"


def describe(
    scenario: ScenarioLike,
    *,
    ticks: int,
    engine_s: float,
    started: datetime,
    wall_s: float,
    people: int = 0,
    bytes_per_person: float | None = None,
    plan: Mapping[str, Any] | None = None,
) -> Manifest:
    """The manifest of a run that is still in memory only."""
    steps = people * ticks
    return Manifest(
        status="in memory",
        scenario=ScenarioEntry(name=scenario.name, title=scenario.title, digest=scenario.digest),
        seed=scenario.seed,
        engine=str(scenario.engine),
        start=scenario.start,
        end=scenario.end,
        people=people,
        ticks=ticks,
        ns_per_person_tick=round(engine_s / steps * 1e9, 4) if steps else None,
        bytes_per_person=None if bytes_per_person is None else round(bytes_per_person, 3),
        started=started.astimezone(UTC).replace(microsecond=0),
        wall_s=round(wall_s, 3),
        engine_s=round(engine_s, 3),
        peak_mb=peak_mb(),
        python=platform.python_version(),
        machine=f"{platform.machine()} {platform.system()}".strip(),
        revision=revision(),
        packages=package_versions(),
        entities=_entities(scenario),
        evidence=_evidence(scenario.evidence()),
        plan=dict(plan or {}),
        mechanisms=_mechanisms(scenario),
        inputs=_inputs(scenario),
    )


def _mechanisms(scenario: ScenarioLike) -> dict[str, dict[str, Any]]:
    """What the scenario says of mechanisms passed in Python."""
    if not scenario.extra:
        return {}
    resolved = scenario.plain()
    return {name: resolved[name] for name in scenario.extra}


def _inputs(scenario: ScenarioLike) -> dict[str, FileEntry]:
    """The files that a scenario names; one that is gone by now must not cost the run."""
    entries = {}
    for path, file in scenario.files.items():
        with contextlib.suppress(OSError):
            entries[".".join(map(str, path))] = FileEntry.of(file)
    return entries


def _entities(scenario: ScenarioLike) -> Entities:
    def titles(named: Mapping[str, _Titled]) -> dict[str, str]:
        return {key: item.title or key for key, item in named.items()}

    return Entities(
        features={
            key: FeatureEntry(
                title=feature.title or key, lab=feature.lab, platforms=tuple(feature.placements)
            )
            for key, feature in scenario.features.items()
        },
        labs=titles(scenario.labs),
        platforms=titles(scenario.platforms),
        segments=titles(scenario.segments),
    )


def _evidence(rows: Iterable[Any]) -> Evidence:
    labels = [str(row.label) for row in rows]
    return Evidence(inputs=len(labels), assumed=labels.count("A"))


def package_versions() -> dict[str, str]:
    """Versions of the packages that can change a result; those not installed are left out."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def peak_mb() -> float | None:
    """The largest resident memory this process has had, in 1e6 bytes; None where unknown."""
    try:
        # On Linux a child starts with its parent's ru_maxrss; VmHWM is the process's own.
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) * 1024 / 1e6, 1)
    except (OSError, ValueError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    # kibibytes on Linux and BSD, bytes on macOS
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


def revision(root: Path | None = None) -> str | None:
    """The git commit of the checkout at `root` (default: around this package), or None."""
    root = Path(__file__).resolve().parents[2] if root is None else root
    # Only a checkout of this very package counts, not a repository that happens to hold its
    # environment.
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "--verify", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if changed else commit


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "--no-optional-locks", "-C", str(root), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout.strip()
