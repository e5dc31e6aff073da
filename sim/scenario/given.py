"""Values of a section from outside that are given in Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sim.scenario.explaining import explain
from sim.scenario.merging import merge
from sim.scenario.nodes import Node, Place, from_plain, to_plain
from sim.scenario.problems import Problem, ScenarioError
from sim.scenario.section import Section

__all__ = ["Brought", "Given", "classes", "on_top"]


@dataclass(frozen=True)
class Given:
    """A section from outside with some of its values, which lie on top of those of a file.

    `by` names who gives them, for what is wrong with them. Raises ScenarioError for a value that
    the section cannot have; one that it lacks may stand in the file.
    """

    section: type[Section]
    values: Mapping[str, Any]
    by: str

    def __post_init__(self) -> None:
        tree = self._tree()
        try:
            self.section.model_validate(to_plain(tree))
        except ValidationError as error:
            found = explain(error.errors(include_url=False), tree, self.section)
            lacking = [f for f in found if f.type == "missing" and len(f.path) == 1]
            problems = [f.problem for f in found if f.problem and f not in lacking]
            if problems:
                raise ScenarioError(problems) from None

    def on_top(self, tree: Node, name: str) -> Node:
        """The tree of a scenario with these values in its section `name`, which is made where there
        is none."""
        there, own = tree.child(name), self._tree()
        if there is not None:
            own = Node(merge(there, own).value, there.place, there.key)
        return tree.with_child(name, own)

    def _tree(self) -> Node:
        place = Place(self.by)
        try:
            return from_plain(self.values, place)
        except (TypeError, ValueError) as error:
            raise ScenarioError([Problem(self.by, None, None, "", str(error))]) from None


#: Sections from outside by name, with values or without.
Brought = Mapping[str, type[Section] | Given]


def classes(brought: Brought) -> dict[str, type[Section]]:
    """The sections by name, without values."""
    return {name: own.section if isinstance(own, Given) else own for name, own in brought.items()}


def on_top(tree: Node, brought: Brought) -> Node:
    """The tree of a scenario with all values that are brought."""
    for name, own in brought.items():
        if isinstance(own, Given):
            tree = own.on_top(tree, name)
    return tree
