"""Checkpoints: a run written down between two instants, as plain data, and gone on from.

A checkpoint is a folder of three files: `checkpoint.json` says what it is of, with the digests of
the other two; `state.json` holds all that moves but arrays; `arrays.npz` holds those. Opening one
executes nothing. What follows from the scenario (the world, classes, ties, parameters of the start)
is not written but made again, and the scenario must be the same one, network files included.

A run that goes on from a checkpoint takes the same course, bit for bit, as one that was never
interrupted: in another process, with any number of threads.
"""

import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from sim.clock import Event
from sim.record.machine import package_versions
from sim.record.manifest import FileEntry
from sim.record.partial import is_partial, partial_folder, rename, sync
from sim.record.sealing import sealed, unsealed
from sim.running.fingerprint import fingerprint
from sim.running.plain import Misfit, layout, poured, written
from sim.running.simulation import Simulation
from sim.scenario import Scenario

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "checkpoints",
    "open_checkpoint",
    "sweep_unfinished",
    "write_checkpoint",
]

#: Of the files and what they mean; `layout` tells apart what programs of one format hold.
FORMAT: Final = 1
HEADER, STATE, ARRAYS = "checkpoint.json", "state.json", "arrays.npz"
#: What reading files can raise that are not what was written, though their digests say so.
_DAMAGE: Final = (
    OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile,
)  # fmt: skip


class CheckpointError(Exception):
    """A checkpoint cannot be read, or is not one of this run; the text says which and why."""


class Header(BaseModel):
    """What a checkpoint is of: the day that has been played, of which scenario by what program."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = FORMAT
    program: str
    layout: str
    scenario: str
    fingerprint: str
    engine: str
    seed: int
    start: date
    day: float
    plan: str
    mechanisms: tuple[str, ...]
    files: dict[str, FileEntry]


@dataclass
class ClockState:
    """The day of the clock and what is still to happen."""

    day: float = 0.0
    pending: list[Event] = field(default_factory=list)


@dataclass
class Moving:
    """Arrays that are too large to be held twice."""

    arrays: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose header has been read; its content is read by `restore`."""

    folder: Path
    header: Header

    @property
    def day(self) -> float:
        """Every event up to and including this day has been played."""
        return self.header.day

    @property
    def date(self) -> date:
        """The date of that day."""
        return self.header.start + timedelta(days=int(self.day + 1e-9))

    def remove(self) -> None:
        """Take it away: first its header, without which it is none. Raises OSError."""
        (self.folder / HEADER).unlink()
        shutil.rmtree(self.folder)

    def restore(
        self, simulation: Simulation, *, scenario: Scenario | None = None, new: Iterable[Event] = ()
    ) -> None:
        """Put a simulation that has just been set up where this one was.

        `scenario` is the one that the checkpoint must be of, where the simulation's own differs
        from it only in events later than the checkpoint's day: those, `new`, come on top of what
        was pending. Raises CheckpointError.
        """
        self._require_same(simulation, simulation.scenario if scenario is None else scenario)
        for name, entry in self.header.files.items():
            if _entry(self.folder / name) != entry:
                raise CheckpointError(f"{self.folder / name}: is not what was written; its digest "
                                      "differs")  # fmt: skip
        try:
            with (self.folder / STATE).open(encoding="utf-8") as stream:
                plain = json.load(stream)
            with np.load(self.folder / ARRAYS, allow_pickle=False) as arrays:
                self._pour(simulation, plain, arrays, new)
        except _DAMAGE as error:
            said = f"{type(error).__name__}: {error}"
            raise CheckpointError(f"{self.folder}: is damaged ({said})") from error

    def _require_same(self, simulation: Simulation, scenario: Scenario) -> None:
        header, where = self.header, self.folder
        if header.program != _program():
            raise CheckpointError(
                f"{where}: was written by {header.program}, this is {_program()}; go on with it "
                "there, or run the scenario anew"
            )
        wanted = _fingerprint(simulation, scenario)
        if header.fingerprint != wanted:
            raise CheckpointError(
                f"{where}: is of another scenario; it was written for `{header.scenario}` "
                f"({header.fingerprint[:12]}), this is `{scenario.name}` "
                f"({wanted[:12]})"
            )
        if header.mechanisms != (present := _mechanisms(simulation)):
            odd = ", ".join(sorted(set(header.mechanisms) ^ set(present))) or "their order"
            raise CheckpointError(f"{where}: is of a run with other mechanisms: {odd}")
        if header.plan != repr(simulation.plan):
            raise CheckpointError(f"{where}: records something else than is asked for now")
        if header.layout != _layout(simulation):
            raise CheckpointError(
                f"{where}: holds states of another form than {_program()} has here; run the "
                "scenario anew"
            )

    def _pour(
        self,
        simulation: Simulation,
        plain: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
        new: Iterable[Event],
    ) -> None:
        states = _states(simulation)
        for name, state in states.items():
            try:
                poured(state, plain["states"][name], _Prefixed(arrays, f"{name}/"))
            except Misfit as misfit:
                raise CheckpointError(f"{self.folder}: {name} is damaged: {misfit}") from misfit
        for name, part in _in_arrays(simulation).items():
            found = {key: arrays[f"{name}/{key}"] for key in plain["moving"][name]}
            part.resume(found)
        clock: ClockState = states["clock"]
        simulation.clock.resume(clock.day, (*clock.pending, *new))


class _Prefixed(Mapping[str, NDArray[Any]]):
    """The arrays of one part of a file, read when asked for."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], prefix: str) -> None:
        self._arrays, self._prefix = arrays, prefix

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[self._prefix + name]

    def __iter__(self) -> Any:
        return (n.removeprefix(self._prefix) for n in self._arrays if n.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def write_checkpoint(simulation: Simulation, parent: Path) -> Checkpoint:
    """Write where a simulation is as `parent/day-<n>` and return it; under a temporary name first,
    so that what stands there is whole. One of that day that stands there stays. Raises OSError."""
    stem = f"day-{simulation.clock.now:08.2f}".replace(".", "-")
    home = parent / stem
    if (home / HEADER).is_file():
        return open_checkpoint(home)
    states = _states(simulation)
    states["clock"].day = simulation.clock.now
    states["clock"].pending[:] = simulation.clock.pending()
    plain: dict[str, Any] = {"states": {}, "moving": {}}
    arrays: dict[str, NDArray[Any]] = {}
    for name, state in states.items():
        plain["states"][name], found = written(state)
        arrays |= {f"{name}/{key}": array for key, array in found.items()}
    for name, part in _in_arrays(simulation).items():
        moving = part.moving()
        plain["moving"][name] = list(moving)
        arrays |= {f"{name}/{key}": array for key, array in moving.items()}
    scenario = simulation.scenario
    parent.mkdir(parents=True, exist_ok=True)
    with partial_folder(parent, stem) as partial:
        with (partial / ARRAYS).open("xb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
        (partial / STATE).write_text(json.dumps(plain), encoding="utf-8")
        header = Header(
            program=_program(),
            layout=_layout(simulation),
            scenario=scenario.name,
            fingerprint=_fingerprint(simulation, scenario),
            engine=scenario.engine,
            seed=scenario.seed,
            start=scenario.start,
            day=simulation.clock.now,
            plan=repr(simulation.plan),
            mechanisms=_mechanisms(simulation),
            files={name: FileEntry.of(partial / name) for name in (STATE, ARRAYS)},
        )
        text = sealed(json.loads(header.model_dump_json()))
        (partial / HEADER).write_text(text, encoding="utf-8")
        for file in (partial / ARRAYS, partial / STATE, partial / HEADER, partial):
            sync(file)
        rename(partial, home)
        sync(parent)
    return Checkpoint(home, header)


def open_checkpoint(folder: str | os.PathLike[str]) -> Checkpoint:
    """The checkpoint in a folder. Raises CheckpointError for none, a damaged one and one of a newer
    format."""
    path = Path(folder)
    try:
        content, whole = unsealed((path / HEADER).read_bytes())
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: is not a checkpoint; it has no {HEADER}") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path / HEADER}: cannot be read ({error})") from error
    version = content.get("format")
    if version != FORMAT:
        raise CheckpointError(
            f"{path}: has format {version}, this version of uptake reads {FORMAT}"
        )
    try:
        header = Header.model_validate_json(json.dumps(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CheckpointError(f"{path / HEADER}: is damaged; `{where}`: {first['msg']}") from error
    if not whole:
        raise CheckpointError(f"{path / HEADER}: was edited: its own digest differs")
    if set(header.files) != {STATE, ARRAYS}:
        raise CheckpointError(f"{path / HEADER}: is damaged; it must have the digests of "
                              f"{STATE} and {ARRAYS}")  # fmt: skip
    return Checkpoint(path, header)


def checkpoints(parent: Path) -> list[Checkpoint]:
    """Those in a folder that are whole enough to have a header, the earliest first."""
    if not parent.is_dir():
        return []
    found = [
        open_checkpoint(folder)
        for folder in parent.iterdir()
        if (folder / HEADER).is_file() and not is_partial(folder)
    ]
    return sorted(found, key=lambda each: each.day)


def sweep_unfinished(parent: Path) -> None:
    """Remove what a killed process left in a folder of checkpoints: those that it had not finished
    writing, or not finished removing. Only for whoever holds the lock on the run."""
    if not parent.is_dir():
        return
    for folder in parent.iterdir():
        if folder.is_dir() and (is_partial(folder) or not (folder / HEADER).is_file()):
            shutil.rmtree(folder, ignore_errors=True)


def _states(simulation: Simulation) -> dict[str, Any]:
    """Every dataclass of moving plain data, by a name of its own."""
    parts: dict[str, Any] = {
        "clock": ClockState(),
        "progress": simulation.progress,
        "market": simulation.market.state,
        "meter": simulation.meter.state,
        "record": simulation.recorder.state,
    }
    parts |= {f"mechanism {a.name}": a.state for a in simulation.market.actors}
    parts |= {f"observer {o.name}": o.state for o in simulation.observers}
    return {name: state for name, state in parts.items() if state is not None}


def _in_arrays(simulation: Simulation) -> dict[str, Any]:
    """What tells its moving arrays by itself, since they may be as many as people."""
    parts: dict[str, Any] = {"consumers": simulation.consumers}
    ecosystem = simulation.market.ecosystem
    if ecosystem is not None:
        parts["developers"] = ecosystem.population
    return parts | {f"observer {o.name}": o for o in simulation.observers}


def _mechanisms(simulation: Simulation) -> tuple[str, ...]:
    return tuple(actor.name for actor in simulation.market.actors)


def _fingerprint(simulation: Simulation, scenario: Scenario) -> str:
    """That of a scenario; the simulation's own is worked out once, since its files may be large."""
    try:
        return simulation.fingerprint if scenario is simulation.scenario else fingerprint(scenario)
    except OSError as error:
        raise CheckpointError(f"{error.filename}: cannot be read ({error.strerror})") from error


def _layout(simulation: Simulation) -> str:
    return layout(type(state) for state in _states(simulation).values())


@cache
def _program() -> str:
    return f"uptake {package_versions().get('uptake', 'of an unknown version')}"


def _entry(file: Path) -> FileEntry:
    try:
        return FileEntry.of(file)
    except OSError as error:
        raise CheckpointError(f"{file}: cannot be read ({error.strerror or error})") from error
