"""Imports among the files of the scenario run one way, those for type checking alone included."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("sim/parameters", "sim/scenario")


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, known: set[str]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            of_folder = {f"{node.module}.{alias.name}" for alias in node.names} & known
            found |= of_folder or ({node.module} & known)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & known
    return found - {_name(path)}


def test_no_file_imports_in_a_circle() -> None:
    files = {_name(path): path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")}
    assert len(files) > 40
    graph = {name: _imports(path, set(files)) for name, path in files.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AssertionError(" imports ".join(error.args[1])) from None
    assert order.index("sim.scenario.checker") < order.index("sim.scenario.safety")


def test_a_mechanism_joins_by_one_file_of_its_own_and_one_list() -> None:
    """Besides the list of sections nothing names a mechanism's file; the market's floor aside."""
    files = {_name(path): path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")}
    naming = {
        noun: [
            name
            for name, path in files.items()
            if f"sim.scenario.{noun}" in _imports(path, set(files))
        ]
        for noun in ("enterprise", "regulation", "revenue", "safety", "developers")
    }
    assert all(names == ["sim.scenario.sections"] for names in naming.values()), naming
