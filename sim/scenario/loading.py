"""Loading a scenario: read, extend, override, set, check."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from sim import units
from sim.scenario.altering import sourced, told
from sim.scenario.checks import check
from sim.scenario.explaining import explain
from sim.scenario.given import Brought, classes, on_top
from sim.scenario.locating import find, find_base, shown_path
from sim.scenario.merging import Unsettable, assign, merge
from sim.scenario.model import Origin, Outside, Scenario, scenario_with, sections_of
from sim.scenario.nodes import Node, Place, from_plain, to_plain
from sim.scenario.problems import Problem, ScenarioError
from sim.scenario.quantity import UNKNOWN
from sim.scenario.reading import Builder, read_file
from sim.scenario.repairing import repair
from sim.scenario.scalars import resolve

__all__ = ["changed", "load"]

_MAX_CHAIN = 16  # scenarios on top of each other


def load(
    name_or_path: str | os.PathLike[str] | Mapping[str, Any] | Scenario,
    *,
    set: Sequence[str] | Mapping[str, Any] = (),
    with_: Sequence[str] = (),
    seed: int | None = None,
    engine: str | None = None,
    people: float | str | None = None,
    until: date | str | None = None,
    sections: Brought | None = None,
) -> Scenario:
    """The scenario of a file, a shipped name, a mapping, or another scenario with changes.

    In this order: what it `extends`, the values that `sections` bring, the named overrides `with_`,
    the single settings `set` (`"labs.meta.growth=1.2 frontier-months per month"` or a mapping of
    paths to values), `seed`, `engine`, `people` (how many are simulated) and `until`, the date on
    which the simulated time ends. `sections` are those of mechanisms of one's own, by the key that
    they have at the top of a file, with values or without; a file alone never brings any. Raises
    ScenarioError with all problems, each at its file, line and column.
    """
    source = _source(name_or_path, classes(sections or {}))
    model = source.model
    problems, overrides = source.problems, source.overrides
    tree = on_top(source.tree, sections or {})
    wanted = (with_,) if isinstance(with_, str) else tuple(dict.fromkeys(with_))
    if not isinstance(name_or_path, Scenario):  # of a loaded scenario they were tried before
        problems.extend(_tried(tree, overrides, wanted, model))
    tree = _with_overrides(tree, overrides, wanted, problems, model)
    tree = _with_settings(tree, set, problems, model)
    tree = _with_options(tree, seed, engine, people, until, problems)
    return sourced(_checked(tree, problems, source), told(set, wanted, people, until), wanted)


def changed(
    scenario: Scenario,
    at: date | str,
    set: Sequence[str] | Mapping[str, Any],
) -> Scenario:
    """The scenario with one more entry of `changes`: what `set` sets, from the date `at` on.

    `set` is as in `load`. Raises ScenarioError with all problems, those of the new entry at `--at`
    and `--set`.
    """
    source = _source(scenario, {})
    problems = source.problems
    place = Place("--at")
    entries: dict[str, Node] = {}
    for path, node, where in _settings(set, problems):
        if path in entries:
            problems.append(_problem(where, path, "is set twice", "one value for each date"))
        entries[path] = node
    day = Node(at.isoformat() if isinstance(at, date) else at, place, place)
    there = source.tree.child("changes")
    items = list(there.value) if there is not None and isinstance(there.value, list) else []
    given: object = entries or (UNKNOWN if problems else {})
    entry = {"date": day, "set": Node(given, Place("--set"), Place("--set"))}
    items.append(Node(entry, place, None, len(items)))
    changes = Node(items, place, place) if there is None else there.with_value(items)
    tree = source.tree.with_value({**source.tree.mapping, "changes": changes})
    return sourced(_checked(tree, problems, source), told(set, at=at))


class _Source:
    """A merged tree before any setting, its overrides, the files in the order they were met, and
    the class of scenarios to make of it."""

    def __init__(
        self, tree: Node, problems: list[Problem], files: list[str], model: type[Scenario]
    ) -> None:
        self.problems, self.files, self.model = problems, files, model
        self.home, self.altered = FilePath.cwd(), tuple[str, ...]()
        assert isinstance(tree.value, dict)
        children = dict(tree.value)
        self.overrides = children.pop("overrides", None)
        self.tree = tree.with_value(children)


def _source(
    given: str | os.PathLike[str] | Mapping[str, Any] | Scenario, sections: Outside
) -> _Source:
    if isinstance(given, Scenario):
        origin, sections = given._origin, {**sections_of(type(given)), **sections}
        if origin is None:
            return _source(given.plain(), sections)
        source = _Source(origin.tree, [], [], scenario_with(sections))
        source.overrides, source.home = origin.overrides, origin.home
        source.altered = origin.altered
        return source
    model = scenario_with(sections)
    problems: list[Problem] = []
    files: list[str] = []
    if isinstance(given, Mapping):
        place = Place("scenario")
        try:
            tree = from_plain(given, place)
        except (TypeError, ValueError) as error:
            raise ScenarioError([_problem(place, "", str(error))]) from None
        return _Source(_extended(tree, None, [], problems, files), problems, files, model)
    if not isinstance(given, str | os.PathLike):
        raise TypeError("a scenario is given by a name, a path, a mapping or a Scenario")
    path = find(given)
    return _Source(_read(path, [], problems, files), problems, files, model)


def _read(
    path: FilePath, chain: list[tuple[FilePath, str]], problems: list[Problem], files: list[str]
) -> Node:
    shown = shown_path(path)
    files.append(shown)
    tree, found = read_file(path, shown)
    problems.extend(found)
    return _extended(tree, path, chain, problems, files)


def _extended(
    tree: Node,
    path: FilePath | None,
    chain: list[tuple[FilePath, str]],
    problems: list[Problem],
    files: list[str],
) -> Node:
    """The tree on top of the one it extends."""
    assert isinstance(tree.value, dict)
    if "extends" not in tree.value:
        return tree
    children = dict(tree.value)
    extends = children.pop("extends")
    tree = tree.with_value(children)
    folder = None if path is None else path.parent
    try:
        base_path = find_base(extends.value, folder, extends.place)
    except ScenarioError as error:
        raise ScenarioError([*problems, *error.problems]) from None
    here = chain if path is None else [*chain, (path.resolve(), path.stem)]
    if base_path.resolve() in [file for file, _ in here]:
        names = [*(name for _, name in here), base_path.stem]
        message = f"a cycle: {' extends '.join(names)}"
        raise ScenarioError([*problems, _problem(extends.place, "extends", message)])
    if len(here) >= _MAX_CHAIN:
        message = f"more than {_MAX_CHAIN} scenarios on top of each other"
        raise ScenarioError([*problems, _problem(extends.place, "extends", message)])
    base = _read(base_path, here, problems, files)
    return _merged(base, tree)


def _merged(base: Node, over: Node) -> Node:
    below, above = base.child("overrides"), over.child("overrides")
    merged = merge(base, over)
    if below is None or above is None:
        return merged
    # In an override, null is a value ("take this key away") and must survive the merge.
    return merged.with_value({**merged.mapping, "overrides": _joined_overrides(below, above)})


def _joined_overrides(below: Node, above: Node) -> Node:
    if not isinstance(below.value, dict) or not isinstance(above.value, dict):
        return above
    joined = dict(below.value)
    for name, node in above.value.items():
        old = joined.get(name)
        if old and isinstance(old.value, dict) and isinstance(node.value, dict):
            joined[name] = node.with_value({**old.value, **node.value})
        else:
            joined[name] = node
    return above.with_value({name: node for name, node in joined.items() if node.value is not None})


def _tried(
    tree: Node, overrides: Node | None, wanted: Sequence[str], model: type[Scenario]
) -> list[Problem]:
    """Problems of the overrides that are not wanted: each is tried alone, on the bare scenario.

    Whoever writes a file learns at once what is wrong in it, not on the day an override is used.
    """
    if overrides is None or overrides.value is None:
        return []
    if not isinstance(overrides.value, dict):
        expected = "names, each with `dotted.path: value`"
        return [_problem(overrides.place, "overrides", "not a mapping", expected)]
    problems: list[Problem] = []
    without: set[Problem] | None = None
    for name, node in overrides.value.items():
        if not isinstance(node.value, dict):
            expected = "`dotted.path: value`"
            problems.append(_problem(node.place, f"overrides.{name}", "not a mapping", expected))
        elif name not in wanted:
            changed = _assign_all(tree, node.value, problems, model)
            if without is None:
                without = set(_validated(tree, model)[1])
            own = set(_lines(node))
            for problem in _validated(changed, model)[1]:
                if problem in without:
                    continue
                if (problem.file, problem.line) not in own:  # what stands there is right by itself
                    said = f"{problem.message}, with the override `{name}`"
                    problem = replace(problem, message=said)
                problems.append(problem)
    return problems


def _lines(node: Node) -> Iterator[tuple[str, int | None]]:
    """File and line of everything in a part of a tree."""
    yield node.place.file, node.place.line
    if node.key is not None:
        yield node.key.file, node.key.line
    children = node.children
    for child in children.values() if isinstance(children, dict) else children:
        yield from _lines(child)


def _with_overrides(
    tree: Node,
    overrides: Node | None,
    wanted: Sequence[str],
    problems: list[Problem],
    model: type[Scenario],
) -> Node:
    """The tree with the wanted overrides applied, in the order in which they are wanted."""
    known: dict[str, Node] = {}
    if overrides is not None and isinstance(overrides.value, dict):
        known = overrides.value
    for name in wanted:
        node = known.get(name)
        if node is None:
            expected = f"one of {', '.join(known)}" if known else ""
            message = "unknown override" if known else "the scenario offers no overrides"
            near = units.nearest(name, known)
            file = f"--with {name[:60]}"
            problems.append(Problem(file, None, None, "", message, expected, near))
        elif isinstance(node.value, dict):
            tree = _assign_all(tree, node.value, problems, model)
    return tree


def _assign_all(
    tree: Node, settings: dict[str, Node], problems: list[Problem], model: type[Scenario]
) -> Node:
    for path, value in settings.items():
        try:
            tree = assign(tree, path, value, value.key or value.place, model)
        except Unsettable as error:
            problems.append(error.problem)
    return tree


def _with_settings(
    tree: Node,
    settings: Sequence[str] | Mapping[str, Any],
    problems: list[Problem],
    model: type[Scenario],
) -> Node:
    for path, node, place in _settings(settings, problems):
        if path.partition(".")[0] in {"extends", "overrides"}:
            said = "a setting cannot change what the scenario extends or offers"
            problems.append(_problem(place, "", said))
            continue
        try:
            tree = assign(tree, path, node, place, model)
        except Unsettable as error:
            problems.append(error.problem)
    return tree


def _settings(
    settings: Sequence[str] | Mapping[str, Any], problems: list[Problem]
) -> Iterator[tuple[str, Node, Place]]:
    """Path, value and place of every setting that can be read; the others are problems."""
    if isinstance(settings, Mapping):
        pairs = [(str(path), value, False) for path, value in settings.items()]
    else:
        pairs = []
        for text in (settings,) if isinstance(settings, str) else settings:
            path, equals, value = text.partition("=")
            if not equals or not path.strip():
                place = Place(f"--set {text[:80]}")
                problems.append(_problem(place, "", "not a setting", "`dotted.path=value`"))
                continue
            pairs.append((path.strip(), value, True))
    for path, value, is_text in pairs:
        place = Place(f"--set {path[:80]}" + (f"={value[:40]}" if is_text else ""))
        try:
            node = _setting(value, place) if is_text else from_plain(value, place)
            if "\0" in path:
                raise ValueError("a NUL character in a path")
        except ScenarioError as error:
            problems.extend(error.problems)
        except (TypeError, ValueError) as error:
            problems.append(_problem(place, "", str(error)))
        else:
            yield path, node, place


def _setting(text: str, place: Place) -> Node:
    """The value of one setting: YAML where it opens a list, a mapping or a quote, else one word.

    So `title=North: a=b` is a text, as whoever types it means.
    """
    if text.lstrip()[:1] not in {"[", "{", '"', "'"}:
        return Node(resolve(text.strip()), place, place)
    builder = Builder(place.file, lines=False)
    node = builder.build(text)
    if builder.problems:
        raise ScenarioError(builder.problems)
    return node or Node(None, place, place)


def _with_options(
    tree: Node,
    seed: int | None,
    engine: str | None,
    people: float | str | None,
    until: date | str | None,
    problems: list[Problem],
) -> Node:
    children = dict(tree.mapping)
    for key, value in (("seed", seed), ("engine", engine), ("people", people)):
        if value is not None:
            place = Place(f"--{key}")
            children[key] = from_plain(value, place)
    if until is not None:
        place = Place("--until")
        try:
            end = units.parse_date(until)
            start = units.parse_date(children["start"].value if "start" in children else None)
        except units.UnitError as error:
            if "end" not in locals():
                problems.append(_problem(place, "", error.message, error.expected))
        else:
            if end > start:
                children["duration"] = Node(f"{(end - start).days} d", place, place)
            else:
                message = f"{end} is not after the start, {start}"
                problems.append(_problem(place, "", message, f"a date after {start}"))
    return tree.with_value(children)


def _validated(tree: Node, model: type[Scenario]) -> tuple[Scenario | None, list[Problem]]:
    """The scenario of a tree and all problems found in it; no scenario when its types are wrong."""
    try:
        scenario = model.model_validate(to_plain(tree))
    except ValidationError as error:
        findings = explain(error.errors(include_url=False), tree, model)
        problems = [found.problem for found in findings if found.problem]
        return None, problems + repair(tree, findings, model)
    return scenario, check(scenario, tree)


def _checked(tree: Node, problems: list[Problem], source: _Source) -> Scenario:
    """The scenario of a tree. Raises ScenarioError with `problems` and all that is found here."""
    scenario, found = _validated(tree, source.model)
    problems.extend(found)
    if problems or scenario is None:
        raise ScenarioError(_in_order(problems, source.files))
    scenario._origin = Origin(tree, source.overrides, source.home, source.altered)
    return scenario


def _in_order(problems: list[Problem], files: list[str]) -> list[Problem]:
    """By file as they were met, then by line; what stands in no file comes last. No repeats."""
    rank = {file: i for i, file in reversed(list(enumerate(files)))}

    def place(problem: Problem) -> tuple[int, int, int]:
        return rank.get(problem.file, len(rank)), problem.line or 0, problem.column or 0

    return sorted(dict.fromkeys(problems), key=place)


def _problem(place: Place, path: str, message: str, expected: str = "") -> Problem:
    return Problem(place.file, place.line, place.column, path, message, expected)
