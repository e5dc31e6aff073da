"""The manifest: what a run folder holds, what made it, and what it cost.

It also carries the names that figures need (titles of features, labs and platforms) and how many of
the inputs are assumptions, so that a folder can be opened and drawn without its scenario file.
"""

import contextlib
import errno
import hashlib
import json
import platform
import stat
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from sim.record.machine import package_versions, peak_mb, revision
from sim.record.plan import Plan
from sim.record.sealing import sealed, unsealed

FORMAT: Final = 1

Engine = Literal["cohorts", "expected", "agents"]


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
    def engine(self) -> Engine: ...
    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...
    @property
    def digest(self) -> str: ...
    @property
    def altered(self) -> tuple[str, ...]: ...
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


class ManifestError(ValueError):
    """A manifest is not one that a run wrote; the text says what is wrong."""


Count = Annotated[int, Field(ge=0, lt=2**63)]
Amount = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
#: A file in a folder, whose name leads nowhere else.
FileName = Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f]+$", max_length=255)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


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

    inputs: Count = 0
    assumed: Count = 0
    calibrated: bool = False

    @model_validator(mode="after")
    def _a_part(self) -> Self:
        if self.assumed > self.inputs:
            raise ValueError(f"{self.assumed} of {self.inputs} inputs cannot be assumed")
        return self


class FileEntry(_Record):
    """Size in bytes and SHA-256 of one file."""

    bytes: Count
    sha256: Digest

    @classmethod
    def of(cls, file: Path) -> "FileEntry":
        """The entry of a file as it is now. Raises OSError where it cannot be read, and for what is
        no file: a pipe would never end."""
        if not stat.S_ISREG(file.stat().st_mode):
            raise OSError(errno.EINVAL, "it is not a file", str(file))
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return cls(bytes=file.stat().st_size, sha256=digest)


class ScenarioEntry(_Record):
    """Which scenario was run; `digest` is that of its resolved content, `altered` what was set on
    top of the file of that name."""

    name: str
    title: str | None = None
    digest: Digest
    altered: tuple[str, ...] = ()


class ParentEntry(_Record):
    """The run that a fork parts from, what was set and from which date on."""

    folder: str | None
    digest: Digest
    at: date
    set: dict[str, str]


class FiguresEntry(_Record):
    """Which figures were drawn, and why others were not."""

    made: tuple[FileName, ...] = ()
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
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    engine: Engine
    start: date
    end: date
    people: Count = 0
    ticks: Count
    ns_per_person_tick: Amount | None = None
    bytes_per_person: Amount | None = None
    started: AwareDatetime
    wall_s: Amount
    engine_s: Amount
    peak_mb: Amount | None = None
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

    @field_validator("plan")
    @classmethod
    def _can_be_followed(cls, plan: dict[str, Any]) -> dict[str, Any]:
        try:
            Plan.of(plan)
        except TypeError as e:
            raise ValueError(str(e)) from e
        return plan

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"the run cannot end on {self.end}, before {self.start}")
        return self

    def to_json(self) -> str:
        """The manifest as JSON text with a digest of its own; equal manifests give equal text."""
        return sealed(json.loads(self.model_dump_json()))

    @classmethod
    def of_json(cls, text: bytes | str) -> "Manifest":
        """The manifest that `to_json` wrote. Raises ManifestError for any other text."""
        try:
            content, whole = unsealed(text)
        except ValueError as e:
            raise ManifestError(f"is damaged; {e}") from e
        version = content.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise ManifestError(
                f"has format {version}, this version reads up to {FORMAT}; update uptake"
            )
        try:
            manifest = cls.model_validate_json(json.dumps(content))
        except ValidationError as e:
            first = e.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "top"
            raise ManifestError(f"is damaged; `{where}`: {first['msg']}") from e
        if not whole:
            raise ManifestError("is not what the run wrote; it was edited: its own digest differs")
        return manifest


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
    altered: tuple[str, ...] | None = None,
    parent: ParentEntry | None = None,
) -> Manifest:
    """The manifest of a run that is still in memory only. `altered` is what the scenario forgets
    that is read from a run folder."""
    steps = people * ticks
    return Manifest(
        status="in memory",
        scenario=ScenarioEntry(
            name=scenario.name,
            title=scenario.title,
            digest=scenario.digest,
            altered=scenario.altered if altered is None else altered,
        ),
        seed=scenario.seed,
        engine=scenario.engine,
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
        parent=parent,
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
