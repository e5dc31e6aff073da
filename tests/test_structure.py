"""How `sim/` hangs together: modules of a readable size, no circles, imports one way.

An import counts wherever it stands: at the top of a module, within a function, or for a type
checker alone. Somebody who reads the one module needs the other, whenever that is loaded.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES = 400

Graph = Mapping[str, Mapping[str, int]]
"""Module -> the modules it imports -> the line of the first import."""


@cache
def modules() -> dict[str, Path]:
    """Name -> file, relative to the root. A package is its `__init__.py`."""
    found = {}
    for file in sorted((ROOT / "sim").rglob("*.py")):
        path = file.relative_to(ROOT)
        parts = path.with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(tree: ast.Module, known: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Modules that are imported anywhere in a file, and the lines; absolute imports are all we use.
    `from a import b` is the module `a.b` if there is one, and `a` otherwise."""
    known = set(known)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            both = [(f"{node.module}.{alias.name}", str(node.module)) for alias in node.names]
            names = [longer if longer in known else shorter for longer, shorter in both]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name in known)


@cache
def imports() -> Graph:
    graph: dict[str, dict[str, int]] = {}
    for name, path in modules().items():
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        graph[name] = {}
        for other, line in sorted(imported(tree, modules()), key=lambda found: found[1]):
            if other != name:
                graph[name].setdefault(other, line)
    return graph


def circles(graph: Graph) -> list[set[str]]:
    """Sets of modules from each of which a chain of imports leads to every other one."""
    reach = {name: reachable(name, graph) for name in graph}
    found: list[set[str]] = []
    for name in graph:
        circle = {other for other in reach[name] if name in reach[other]}
        if circle and circle not in found:
            found.append(circle)
    return found


def reachable(start: str, graph: Graph) -> set[str]:
    """What `start` imports, and what that imports, and so on."""
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


def shown(circle: set[str]) -> str:
    """The imports of a circle, one a line."""
    return "\n".join(
        f"  {modules()[name]}:{line} imports {other}"
        for name in sorted(circle)
        for other, line in imports()[name].items()
        if other in circle
    )


@cache
def layout() -> tuple[tuple[str, ...], ...]:
    """The rows of the README's table of folders, those of `sim/`, from the ground up."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.split("\n## Layout\n")[1].split("\n## ")[0]
    rows = [re.findall(r"`(sim/[\w./]*)`", line.split("|")[1]) for line in table.splitlines()
            if line.startswith("|")]  # fmt: skip
    return tuple(tuple(row) for row in rows if row)


def floor(module: str) -> int | None:
    """The row of the layout that holds a module. `sim` itself only hands on what the rest has."""
    path = modules()[module].as_posix()
    if path == "sim/__init__.py":
        return len(layout())
    for number, row in enumerate(layout()):
        if any(path == place or (place[-1] == "/" and path.startswith(place)) for place in row):
            return number
    return None


def test_no_module_is_longer_than_can_be_read_at_once() -> None:
    lengths = {
        str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in modules().values()
    }
    assert {path: n for path, n in lengths.items() if n > MOST_LINES} == {}


def test_no_modules_import_each_other() -> None:
    found = circles(imports())
    assert not found, "circles of imports:\n" + "\n\n".join(map(shown, found))


def test_every_module_has_its_place_in_the_layout() -> None:
    assert [str(path) for name, path in modules().items() if floor(name) is None] == []


def test_imports_go_one_way_down_the_layout() -> None:
    """A module imports what its own row of the README's table holds, or a row above that."""
    upwards = []
    for name, others in imports().items():
        for other, line in others.items():
            own, its = floor(name), floor(other)
            if own is not None and its is not None and its > own:
                upwards.append(f"{modules()[name]}:{line} imports {other}")
    assert not upwards, "against the order of the layout:\n" + "\n".join(upwards)


def test_circles_are_found_through_any_number_of_modules() -> None:
    graph = {"a": {"b": 1}, "b": {"c": 1}, "c": {"a": 1, "d": 2}, "d": {"e": 1}, "e": {}}
    assert circles(graph) == [{"a", "b", "c"}]
    late = "def f():\n    from sim.a import b\nif TYPE_CHECKING:\n    import sim.c\nimport sim.a.b"
    found = list(imported(ast.parse(late), ["sim.a", "sim.a.b", "sim.c"]))
    assert sorted(found) == [("sim.a.b", 2), ("sim.a.b", 5), ("sim.c", 4)]
