"""What can be wrong with a scenario, and where."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Misfit", "Problem", "ScenarioError"]

# A file with thousands of mistakes is a wrong file: print the first ones and count the others.
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, what it is, and what was expected there.

    `line` and `column` count from 1 and are None where there is no file (a mapping, `--set`).
    `path` is the dotted path inside the scenario. `nearest` is the nearest known word, or "".
    """

    file: str
    line: int | None
    column: int | None
    path: str
    message: str
    expected: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        text = ": ".join(part for part in (where, self.path, self.message) if part)
        if self.expected:
            text += f"; expected {self.expected}"
        if self.nearest:
            text += f"; did you mean `{self.nearest}`?"
        return text


class Misfit(ValueError):
    """Something that cannot hold, found where only a part of a scenario is known.

    `path` leads to it from that part. Whoever knows where the part stands says so with `below`, and
    who knows the scenario turns it into a ScenarioError (`Scenario.place`).
    """

    def __init__(
        self, path: tuple[str | int, ...], message: str, expected: str = "", nearest: str = ""
    ) -> None:
        super().__init__(path, message, expected, nearest)
        self.path, self.message = path, message
        self.expected, self.nearest = expected, nearest

    def below(self, *path: str | int) -> "Misfit":
        """The same, seen from further up: the part stands at `path`."""
        return Misfit((*path, *self.path), self.message, self.expected, self.nearest)

    def __str__(self) -> str:
        return str(Problem("", None, None, ".".join(map(str, self.path)), *self.args[1:]))


class ScenarioError(ValueError):
    """A scenario that cannot be used. `problems` holds all that is wrong, in the order of the file.

    `str()` is the full text to print: one line for each problem.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        if (more := len(self.problems) - _SHOWN) > 0:
            lines.append(f"... and {more} more")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[type["ScenarioError"], tuple[tuple[Problem, ...]]]:
        return ScenarioError, (self.problems,)
