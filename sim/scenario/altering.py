"""What was altered on top of a file, by `--set`, `--with` and the like: told, and given a source.

A number that is set on the command line is an assumption of whoever sets it. It must neither pass
for the file's own nor stand there as if it came from nowhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sim.scenario.nodes import Node, Path, dotted, lookup, to_plain
from sim.scenario.quantity import NO_SOURCE, Quantity
from sim.scenario.walk import leaves

if TYPE_CHECKING:
    from sim.scenario.model import Scenario

__all__ = ["sourced", "told"]

_LONGEST = 60


def told(
    set: Sequence[str] | Mapping[str, Any],
    with_: Sequence[str] = (),
    people: float | str | None = None,
    until: date | str | None = None,
    at: date | str | None = None,
) -> tuple[str, ...]:
    """Each alteration as the command line has it. Seed and engine are told wherever a run is."""
    pairs = [f"{p}={v}" for p, v in set.items()] if isinstance(set, Mapping) else set
    settings = [pairs] if isinstance(pairs, str) else pairs
    before = "" if at is None else f"--at {at} "
    found = [f"--with {name}" for name in with_]
    found += [f"{before}--set {setting}" for setting in settings]
    found += [] if people is None else [f"--people {people}"]
    found += [] if until is None else [f"--until {until}"]
    return tuple(_shown(text) for text in found)


def _shown(text: str) -> str:
    """One short line without control characters: it comes into files, figures and terminals."""
    clean = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in text
    )
    return clean if len(clean) <= _LONGEST else f"{clean[: _LONGEST - 1]}…"


def sourced(scenario: "Scenario", altered: Sequence[str], with_: Sequence[str] = ()) -> "Scenario":
    """The scenario that remembers its alterations; numbers that they set without a source have them
    for one."""
    origin = scenario._origin
    if origin is None or not altered:
        return scenario
    tree = origin.tree
    brought = dict(_paths(origin.overrides, with_))
    for path, value, _ in leaves(scenario):
        if isinstance(value, Quantity) and value.source == NO_SOURCE:
            node, found = lookup(tree, path)
            if found != path:
                continue
            by = "--set" if node.place.file.startswith("--set") else _by(dotted(path), brought)
            if by:
                about = node.mapping or {"value": node}
                label = about.get("label", Node(str(value.label), node.place, node.place))
                source = Node(f"set by {by}", node.place, node.place)
                tree = _put(
                    tree, path, node.with_value({**about, "label": label, "source": source})
                )
    made = scenario
    if tree is not origin.tree:
        made = type(scenario).model_validate(to_plain(tree))
    made._origin = replace(origin, tree=tree, altered=(*origin.altered, *altered))
    return made


def _paths(overrides: Node | None, with_: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every dotted path that an override sets, and how it was asked for."""
    for name in with_:
        node = None if overrides is None else overrides.child(name)
        for path in () if node is None else node.mapping:
            yield path, f"--with {name}"


def _by(path: str, brought: Mapping[str, str]) -> str:
    return next((by for p, by in brought.items() if path == p or path.startswith(f"{p}.")), "")


def _put(node: Node, path: Path, value: Node) -> Node:
    if not path:
        return value
    child = node.child(path[0])
    assert child is not None  # the path was looked up
    return node.with_child(path[0], _put(child, path[1:], value))
