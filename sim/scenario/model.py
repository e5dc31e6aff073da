"""The scenario: everything a run needs to know, checked and frozen."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path as FilePath
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import AfterValidator, Field, PrivateAttr, create_model

from sim.scenario.changes import Change
from sim.scenario.frozen import FrozenDict
from sim.scenario.named import ByParameter
from sim.scenario.nodes import Node, Path, Place, dotted, lookup
from sim.scenario.problems import Misfit, Problem, ScenarioError
from sim.scenario.quantity import Quantity, default
from sim.scenario.section import Section
from sim.scenario.sections import GLOBALS, PARAMETERS, Sections
from sim.scenario.shape import LOADER_KEYS
from sim.scenario.walk import leaves, plain
from sim.scenario.writing import seen_from, to_yaml

__all__ = ["Evidence", "Origin", "Outside", "Scenario", "scenario_with", "sections_of"]


_DEFAULTS = {name: default(name) for name in GLOBALS}


def _with_defaults(given: Mapping[str, Quantity]) -> FrozenDict[str, Quantity]:
    return FrozenDict({**_DEFAULTS, **given})


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
    """Where a scenario came from: its merged tree, its named overrides, the working folder from
    which files are named, and what was altered on top of the file."""

    tree: Node
    overrides: Node | None
    home: FilePath
    altered: tuple[str, ...] = ()


class Scenario(Sections):
    """A checked scenario. Made by `load`; frozen."""

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
    def sections(self) -> dict[str, Section]:
        """The sections that the scenario has, by name."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in given.items() if isinstance(value, Section)}

    @property
    def extra(self) -> dict[str, Section]:
        """Those of them that belong to mechanisms passed in Python."""
        own = Scenario.model_fields
        return {name: section for name, section in self.sections.items() if name not in own}

    @property
    def overrides(self) -> tuple[str, ...]:
        """Names of the overrides that the scenario's file offers."""
        node = self._origin.overrides if self._origin else None
        return tuple(node.value) if node and isinstance(node.value, dict) else ()

    @property
    def altered(self) -> tuple[str, ...]:
        """What was set on top of the file, as the command line has it: `--set`, `--with`,
        `--people`, `--until`."""
        return self._origin.altered if self._origin else ()

    def plain(self) -> dict[str, Any]:
        """The resolved scenario as plain dicts, lists, texts and numbers; `load` reads it back."""
        resolved: dict[str, Any] = plain(self)
        return resolved

    def to_yaml(self, folder: FilePath | None = None) -> str:
        """The resolved scenario as YAML: all defaults filled in, nothing extended.

        `load` makes an equal scenario of it. With `folder`, where the text is to stand, the files
        that the scenario names are named as seen from there, and what was altered is told.
        """
        resolved = self.plain()
        if folder is not None:
            for path, file in self.files.items():
                holder: Any = resolved
                for key in path[:-1]:
                    holder = holder[key]
                holder[path[-1]] = seen_from(folder, holder[path[-1]], file)
        told = () if folder is None else self.altered
        return "".join(f"# changed by {text}\n" for text in told) + to_yaml(resolved)

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
        return [
            self._evidence(path, value)
            for path, value, _ in leaves(self)
            if isinstance(value, Quantity)
        ]

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

    def place(self, *misfits: Misfit) -> ScenarioError:
        """The error that says, at file, line and column, why what stands there cannot hold.

        For what only shows when the scenario is put to work. The place is that of the deepest part
        of the path that the file gives.
        """
        return ScenarioError([self._placed(misfit) for misfit in misfits])

    @contextmanager
    def placing(self, *at: str | int) -> Iterator[None]:
        """Misfits raised within, by who was given the part at `at`, come out as errors at their
        places."""
        try:
            yield
        except Misfit as misfit:
            raise self.place(misfit.below(*at)) from misfit

    def refusal(self, path: Path, message: str, *, expected: str = "") -> ScenarioError:
        """The error for one misfit at a path, as `place`."""
        return self.place(Misfit(path, message, expected))

    def _placed(self, misfit: Misfit) -> Problem:
        place = Place(self.name)
        if self._origin is not None:
            place = lookup(self._origin.tree, misfit.path)[0].place
        return Problem(
            place.file, place.line, place.column, dotted(misfit.path),
            misfit.message, misfit.expected, misfit.nearest,
        )  # fmt: skip

    def _beside(self, path: Path) -> FilePath:
        """The folder of the file that sets `path`; the working folder where no file does."""
        if self._origin is None:
            return FilePath()
        # Errors name files as the user does, but from another folder that would be another file.
        home = self._origin.home
        home = FilePath() if home == FilePath.cwd() else home
        file = home / lookup(self._origin.tree, path)[0].place.file
        return file.parent if file.is_file() else home

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (sections_of(type(self)), self.__getstate__())

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


_KEY = re.compile("[a-z][a-z0-9_]*")

#: Sections from outside, by name.
Outside = Mapping[str, type[Section]]

_made: dict[tuple[tuple[str, type[Section]], ...], type[Scenario]] = {}


def scenario_with(sections: Outside) -> type[Scenario]:
    """The class of scenarios that may have some sections from outside besides those built in.

    Raises ValueError for a name that is no key or is taken, and TypeError for what is no section.
    """
    if not sections:
        return Scenario
    key = tuple(sorted(sections.items(), key=lambda pair: pair[0]))
    if key not in _made:
        for name, section in key:
            if not _is_section(section):
                raise TypeError(f"sections: `{name}` is no class of a section")
            if not _KEY.fullmatch(name):
                raise ValueError(f"sections: `{name}` is no key, e.g. `app_store_tax`")
            if name in {*Scenario.model_fields, *LOADER_KEYS} or hasattr(Scenario, name):
                raise ValueError(f"sections: a scenario has `{name}` already")
        fields: dict[str, Any] = {name: (section | None, None) for name, section in key}
        _made[key] = create_model("Scenario", __base__=Scenario, **fields)
    return _made[key]


def _is_section(given: object) -> bool:
    return isinstance(given, type) and issubclass(given, Section)


def sections_of(model: type[Scenario]) -> dict[str, type[Section]]:
    """The sections from outside that scenarios of a class may have."""
    own = Scenario.model_fields
    outside = {name: field for name, field in model.model_fields.items() if name not in own}
    return {name: get_args(field.annotation)[0] for name, field in outside.items()}


def _restored(sections: Outside, state: dict[Any, Any]) -> Scenario:
    model = scenario_with(sections)
    scenario = model.__new__(model)
    scenario.__setstate__(state)
    return scenario
