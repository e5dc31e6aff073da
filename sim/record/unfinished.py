"""A run that is not finished yet but has a folder already: its scenario, its settings, checkpoints.

    unfinished.json    what is run and how, and since when
    scenario.yaml      the scenario, as the finished run will have it
    checkpoints/       the newest checkpoint, or all that were kept

When the run is finished its tables, figures and manifest are put beside them, the manifest last,
and `unfinished.json` goes: a folder has a manifest, or it is unfinished. While a process works on
one it holds a lock on it.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.record import folder as folders
from sim.record.folder import MARK, RunFolder, RunFolderError
from sim.record.manifest import FileEntry, Manifest, ParentEntry
from sim.record.partial import (
    locked,
    make_parents,
    partial_folder,
    rename,
    rename_to_next,
    sweep,
    sync,
)
from sim.record.plan import Plan
from sim.record.sealing import sealed, unsealed

_SCENARIO = "scenario_file"

__all__ = ["Settings", "Unfinished"]


class Settings(BaseModel):
    """How a run is carried out. None of it changes a number of it."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    name: str
    started: datetime
    every: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    """Days between two checkpoints."""
    keep: bool = False
    """Are all of them kept?"""
    figures: bool = True
    plan: dict[str, Any]
    mechanisms: tuple[str, ...] = ()
    """Those passed in Python, by name."""
    altered: tuple[str, ...] = ()
    """What was set on top of the scenario's file."""
    parent: ParentEntry | None = None
    """The run that a fork parts from."""

    def recorded(self) -> Plan:
        """What is recorded."""
        return Plan.of(self.plan)


class Unfinished:
    """The folder of a run under way. Make it with `begin` or `open`; `working` is held while a
    process works on it."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path, self.settings = path, settings

    @property
    def checkpoints(self) -> Path:
        """Where its checkpoints are."""
        return self.path / folders.CHECKPOINTS

    @property
    def scenario(self) -> Path:
        """The file of its scenario."""
        return self.path / folders.SCENARIO

    @classmethod
    def begin(
        cls, settings: Settings, scenario_yaml: Callable[[Path], str], folder: Path | None
    ) -> "Unfinished":
        """Make the folder of a run that begins: `folder`, which must not exist, or the next free
        `runs/<scenario>-<n>`. `scenario_yaml` gives the scenario's text for the folder it will
        stand in. Raises RunFolderError, and leaves nothing behind."""
        target = None if folder is None else folders.require_free(folder)
        stem = folders.stem_of(settings.name, settings.parent) if target is None else target.name
        parent = folders.RUNS if target is None else target.parent
        try:
            born = make_parents(parent)
            sweep(parent)
            with partial_folder(parent, stem, born) as partial:
                text = scenario_yaml(parent / stem)
                (partial / folders.SCENARIO).write_text(text, encoding="utf-8")
                entry = FileEntry.of(partial / folders.SCENARIO)
                content = json.loads(settings.model_dump_json()) | {_SCENARIO: entry.model_dump()}
                (partial / MARK).write_text(sealed(content), encoding="utf-8")
                (partial / folders.CHECKPOINTS).mkdir()
                for file in partial.iterdir():
                    sync(file)
                if target is None:
                    path = rename_to_next(partial, parent, stem)
                else:
                    path = rename(partial, target)
        except OSError as error:
            raise RunFolderError(folders.refusal(parent / stem, error)) from error
        return cls(path, settings)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Unfinished":
        """The unfinished run in a folder. Raises RunFolderError for a finished one and for none."""
        path = Path(folder)
        if not path.exists():
            raise RunFolderError(f"{path}: no such folder")
        if not (path / MARK).is_file():
            if (path / folders.MANIFEST).is_file():
                raise RunFolderError(f"{path}: is finished; there is nothing to resume")
            raise RunFolderError(f"{path}: is not a run that can be resumed; it has no {MARK}")
        try:
            content, whole = unsealed((path / MARK).read_bytes())
            entry = FileEntry.model_validate(content.pop(_SCENARIO, None))
            settings = Settings.model_validate_json(json.dumps(content))
            settings.recorded()
        except ValidationError as error:
            found = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in found["loc"]) or _SCENARIO
            raise RunFolderError(f"{path / MARK}: is damaged; `{where}`: {found['msg']}") from error
        except (OSError, ValueError, TypeError) as error:
            first = str(error).splitlines()[0]
            raise RunFolderError(f"{path / MARK}: is damaged ({first})") from error
        if not whole:
            raise RunFolderError(f"{path / MARK}: was edited: its own digest differs")
        scenario = path / folders.SCENARIO
        try:
            if not scenario.is_file():
                raise RunFolderError(f"{scenario}: is missing; begin the run anew")
            if FileEntry.of(scenario) != entry:
                raise RunFolderError(f"{scenario}: was changed since the run began; begin it anew")
        except OSError as error:
            raise RunFolderError(f"{scenario}: cannot be read ({error.strerror})") from error
        return cls(path, settings)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Hold the lock. Raises RunFolderError where another process has it."""
        with locked(self.path) as ours:
            if not ours:
                raise RunFolderError(f"{self.path}: another process is at work on this run")
            if not (self.path / MARK).is_file():
                raise RunFolderError(f"{self.path}: another process has just finished this run")
            yield

    def finish(
        self,
        manifest: Manifest,
        tables: Mapping[str, Any],
        figures: folders.Draw | None,
    ) -> RunFolder:
        """Put what the run gave into the folder. Raises RunFolderError; the checkpoints then still
        stand, and the run can be resumed. What goes wrong with the figures costs no run."""
        stem = f"{self.path.name}-results"
        try:
            text = self.scenario.read_text(encoding="utf-8")
            with partial_folder(self.path.parent, stem) as partial:
                whole = folders.fill(partial, manifest, tables, text, figures is not None)
                # What an earlier attempt left is no finished run while the rest is replaced.
                (self.path / folders.MANIFEST).unlink(missing_ok=True)
                for entry in sorted(partial.iterdir()):
                    if entry.name != folders.MANIFEST:
                        self._take(entry)
                self._take(partial / folders.MANIFEST)
                (self.path / MARK).unlink()
                if not self.settings.keep:
                    shutil.rmtree(self.checkpoints, ignore_errors=True)
                sync(self.path)
                partial.rmdir()
        except OSError as error:
            where = self.path
            raise RunFolderError(
                f"{where}: {folders.reason(error)}; `uptake resume {where}` goes on with it"
            ) from error
        run = RunFolder(self.path, whole)
        return run if figures is None else folders.illustrate(run, figures)

    def _take(self, entry: Path) -> None:
        """Move a finished file or folder in, in place of what an earlier attempt left."""
        home = self.path / entry.name
        if home.is_dir():
            shutil.rmtree(home)
        os.replace(entry, home)
