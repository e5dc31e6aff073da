"""The scenario: everything a run needs to know, checked and frozen."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, Field, PrivateAttr

from sim.parameters import GLOBALS, PARAMETERS
from sim.scenario.base import Date, Id, Part, Title
from sim.scenario.changes import Change
from sim.scenario.enterprise import Enterprise, Revenue
from sim.scenario.features import Feature
from sim.scenario.frozen import FrozenDict
from sim.scenario.labs import Developers, Lab
from sim.scenario.named import ByParameter
from sim.scenario.nodes import Node, Path, lookup
from sim.scenario.people import Influence, Overlap, PersonType, Platform, Segment
from sim.scenario.problems import Problem, ScenarioError
from sim.scenario.quantity import Quantity, Spec, default
from sim.scenario.regulation import Regulation
from sim.scenario.safety import Safety
from sim.scenario.sampling import EVERYBODY, People, Sampling
from sim.scenario.writing import seen_from, to_yaml

__all__ = ["Evidence", "Origin", "Scenario"]


def _with_defaults(given: Mapping[str, Quantity]) -> FrozenDict[str, Quantity]:
    return FrozenDict({name: given[name] if name in given else default(name) for name in GLOBALS})


class Evidence(NamedTuple):
    """One value of a scenario with what it rests on.

    `where` is `file:line`, or `default`. `value`, `low` and `high` are in `unit`. `since` is the
    date from which on it holds, for one that `changes` sets.
    """

    path: str
    parameter: str
    value: float
    unit: str
    low: float
    high: float
    label: str
    source: str
    where: str
    since: date | None = None


@dataclass(frozen=True)
class Origin:
    """Where a scenario came from: its merged tree, its named overrides, and the working folder
    from which files are named."""

    tree: Node
    overrides: Node | None
    home: FilePath


class Scenario(Part):
    """A checked scenario. Made by `load`; frozen."""

    name: Id
    title: Title | None = None
    question: Title | None = None
    start: Date
    duration: Annotated[Quantity, Spec("scenario.duration")]
    tick: Annotated[Quantity, Spec("scenario.tick")] = default("scenario.tick")
    seed: int = Field(1, strict=True, ge=0, lt=2**64)
    engine: Literal["expected", "cohorts", "agents"] = "cohorts"
    people: People = Field(
        EVERYBODY,
        description="Who is simulated: all, sample 1 : 1000, or a number of people. Each simulated "
        "person stands for as many as it takes to make up its class.",
    )
    segments: FrozenDict[Id, Segment]
    types: FrozenDict[Id, PersonType] = Field(
        default_factory=lambda: FrozenDict(everyone=PersonType.model_validate({"share": 1}))
    )
    platforms: FrozenDict[Id, Platform] = FrozenDict()
    overlaps: tuple[Overlap, ...] = ()
    influence: Influence = Influence()
    features: FrozenDict[Id, Feature]
    labs: FrozenDict[Id, Lab]
    developers: Developers | None = None
    enterprise: Enterprise | None = None
    revenue: Revenue | None = None
    safety: Safety | None = None
    regulation: Regulation | None = None
    parameters: Annotated[
        FrozenDict[str, Quantity], ByParameter(), AfterValidator(_with_defaults)
    ] = Field(
        default_factory=lambda: _with_defaults({}),
        description="Global parameters of the model, where they differ from the defaults.",
    )
    changes: tuple[Change, ...] = Field(
        (), description="Dated changes of global parameters that may move during a run."
    )

    _origin: Origin | None = PrivateAttr(None)

    @property
    def days(self) -> float:
        """The simulated time in days."""
        return float(self.duration)

    @property
    def end(self) -> date:
        """The date on which the simulated time ends (the last whole day reached)."""
        return self.start + timedelta(days=self.days)

    @property
    def overrides(self) -> tuple[str, ...]:
        """Names of the overrides that the scenario's file offers."""
        node = self._origin.overrides if self._origin else None
        return tuple(node.value) if node and isinstance(node.value, dict) else ()

    def plain(self) -> dict[str, Any]:
        """The resolved scenario as plain dicts, lists, texts and numbers; `load` reads it back."""
        resolved: dict[str, Any] = _plain(self)
        return resolved

    def to_yaml(self, folder: FilePath | None = None) -> str:
        """The resolved scenario as YAML: all defaults filled in, nothing extended.

        `load` makes an equal scenario of it. With `folder`, where the text is to stand, the files
        that the scenario names are named as seen from there.
        """
        plain = self.plain()
        if folder is not None:
            for path, file in self.files.items():
                holder: Any = plain
                for key in path[:-1]:
                    holder = holder[key]
                holder[path[-1]] = seen_from(folder, holder[path[-1]], file)
        return to_yaml(plain)

    @property
    def files(self) -> dict[Path, FilePath]:
        """The files that the scenario names, each by the path of the setting that names it: beside
        the scenario file, or below the working folder where no file does."""
        named: dict[Path, str | None] = {
            ("platforms", name, "ties", "file"): platform.ties.file
            for name, platform in self.platforms.items()
        }
        if self.developers is not None and self.developers.ties is not None:
            named["developers", "ties", "file"] = self.developers.ties.file
        return {path: self._beside(path) / file for path, file in named.items() if file is not None}

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the resolved scenario as canonical JSON. Equal scenarios share it."""
        text = json.dumps(self.plain(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def evidence(self) -> list[Evidence]:
        """Every quantity of the scenario: its value, range, evidence, and where it was set."""
        return [self._evidence(path, quantity) for path, quantity in _quantities(self)]

    def _evidence(self, path: Path, quantity: Quantity) -> Evidence:
        parameter = PARAMETERS[quantity.parameter]
        shown = ".".join(str(part) for part in path)
        return Evidence(
            shown, parameter.name, float(quantity), parameter.unit, parameter.low, parameter.high,
            quantity.label, quantity.source, self._where(path), self._since(path),
        )  # fmt: skip

    def _since(self, path: Path) -> date | None:
        return self.changes[int(path[1])].date if path[0] == "changes" else None

    def _where(self, path: Path) -> str:
        if self._origin is None:
            return "default"
        node, found = lookup(self._origin.tree, path)
        if found != path:
            return "default"
        place = node.place
        return place.file if place.line is None else f"{place.file}:{place.line}"

    def refusal(self, path: Path, message: str, *, expected: str = "") -> ScenarioError:
        """The error that says, at its file, line and column, why what stands at `path` cannot hold.

        For what only shows when the scenario is put to work. The place is that of the deepest part
        of the path that the file gives.
        """
        shown = ".".join(str(part) for part in path)
        if self._origin is None:
            return ScenarioError([Problem(self.name, None, None, shown, message, expected)])
        place = lookup(self._origin.tree, path)[0].place
        return ScenarioError(
            [Problem(place.file, place.line, place.column, shown, message, expected)]
        )

    def _beside(self, path: Path) -> FilePath:
        """The folder of the file that sets `path`; the working folder where no file does."""
        if self._origin is None:
            return FilePath()
        # Errors name files as the user does, but from another folder that would be another file.
        home = self._origin.home
        home = FilePath() if home == FilePath.cwd() else home
        file = home / lookup(self._origin.tree, path)[0].place.file
        return file.parent if file.is_file() else home

    def __repr__(self) -> str:
        return (
            f"<Scenario {self.name}: {self.start} to {self.end}, {self.engine}, seed {self.seed}>"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scenario):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


def _plain(value: Any) -> Any:
    if isinstance(value, Quantity):
        return value.plain
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {
            field.alias or name: _plain(child)
            for name, field in fields.items()
            if (child := getattr(value, name)) is not None
        }
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, tuple):
        return [_plain(child) for child in value]
    if isinstance(value, Sampling):
        return value.text
    return value.isoformat() if isinstance(value, date) else value


def _quantities(value: Any, path: Path = ()) -> Iterator[tuple[Path, Quantity]]:
    if isinstance(value, Quantity):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _quantities(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _quantities(child, (*path, key))
    elif isinstance(value, tuple):
        for index, child in enumerate(value):
            yield from _quantities(child, (*path, index))
