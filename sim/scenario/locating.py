"""Finding scenario files: by path, or by name among those that come with the program."""

import os
from pathlib import Path as FilePath
from typing import NamedTuple

from sim import units
from sim.scenario.nodes import Place
from sim.scenario.problems import Problem, ScenarioError

__all__ = ["Available", "available", "find", "find_base", "shown_path"]

SUFFIXES = (".yaml", ".yml")
_PACKAGE = FilePath(__file__).resolve().parent.parent


class Available(NamedTuple):
    """A scenario that comes with the program."""

    name: str
    title: str | None
    question: str | None
    path: FilePath


def shipped_folder() -> FilePath | None:
    """The folder of shipped scenarios: inside an installed package, or beside it in a checkout."""
    for folder in (_PACKAGE / "_scenarios", _PACKAGE.parent / "scenarios"):
        if folder.is_dir():
            return folder
    return None


def shipped() -> dict[str, FilePath]:
    """The shipped files by name."""
    folder = shipped_folder()
    if folder is None:
        return {}
    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    return {path.stem: path for path in files}


def available() -> list[Available]:
    """Name, title, question and path of every shipped scenario."""
    from sim.scenario.reading import read_file

    rows = []
    for name, path in shipped().items():
        try:
            head = read_file(path, shown_path(path))[0].mapping
        except ScenarioError:
            head = {}
        words = [head[key].value if key in head else None for key in ("title", "question")]
        title, question = (word if isinstance(word, str) else None for word in words)
        rows.append(Available(name, title, question, path))
    return rows


def shown_path(path: FilePath) -> str:
    """A path as errors print it: relative where the file lies below the working folder."""
    try:
        return str(path.resolve().relative_to(FilePath.cwd().resolve()))
    except (OSError, ValueError, RuntimeError):
        return str(path)


def find(name: str | os.PathLike[str]) -> FilePath:
    """The file of a scenario given by path or by name. Raises ScenarioError when there is none."""
    text = os.fspath(name)
    if "\0" in text or not text:
        raise ScenarioError([Problem(repr(text), None, None, "", "is no name of a scenario")])
    path = FilePath(text)
    if path.suffix or path.is_file():
        return path
    # Without a suffix it is a name: of a file beside the user, or else of one of ours.
    for suffix in SUFFIXES:
        candidate = path.with_name(f"{path.name}{suffix}") if path.name else path
        if candidate.is_file():
            return candidate
    if path.name != text:
        return path
    known = shipped()
    if text in known:
        return known[text]
    raise ScenarioError(
        [
            Problem(
                text, None, None, "", "there is no such scenario or file",
                f"a file, or one of {', '.join(known)}" if known else "a scenario file",
                units.nearest(text, known),
            )
        ]
    )  # fmt: skip


def find_base(name: object, folder: FilePath | None, at: Place) -> FilePath:
    """The file that `extends: name` means: in the same folder, or shipped.

    A name is a name: a path, which could lead anywhere, is refused. Raises ScenarioError at `at`.
    """

    def wrong(message: str, expected: str = "", near: str = "") -> ScenarioError:
        problem = Problem(at.file, at.line, at.column, "extends", message, expected, near)
        return ScenarioError([problem])

    if not isinstance(name, str) or not name.strip():
        raise wrong("no name of a scenario", "a name, e.g. `baseline-2026`")
    stem = next((name.removesuffix(s) for s in SUFFIXES if name.endswith(s)), name)
    if any(mark in name for mark in ("/", "\\", "\0", ":")) or name.startswith((".", "~")):
        raise wrong(
            f"`{name[:60]}` is a path; only scenarios of the same folder and shipped ones can be "
            "extended",
            "a name, e.g. `baseline-2026`",
        )
    beside: dict[str, FilePath] = {}
    if folder is not None:
        for suffix in SUFFIXES:
            path = folder / f"{stem}{suffix}"
            if path.is_file():
                if path.resolve().parent != folder.resolve():
                    raise wrong(f"`{path.name}` is a link out of the scenario's folder")
                return path
            beside.update({p.stem: p for p in sorted(folder.glob(f"*{suffix}"))[:200]})
    ours = shipped()
    if stem in ours:
        return ours[stem]
    near = units.nearest(stem, [*beside, *ours])
    raise wrong(f"there is no scenario `{stem[:60]}` here", "", near)
