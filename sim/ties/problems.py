"""What can be wrong with a list of ties, and where."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["Findings", "Locate", "Problem", "TiesError"]

# A file with thousands of mistakes is a wrong file: print the first ones and count the others.
_SHOWN = 20

#: From the position of a tie among those looked at to its place: a line, or its row in the source.
Locate = Callable[[int], int]
Words = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, what it is, and what was expected there.

    `line` counts from 1; it is None where there are no lines, and `row` says then which tie it is
    (`row 7` of a Parquet file or `tie 7` of a graph, both from 1, or `index 7` of a data frame).
    `nearest` is the nearest valid name, or "". `option` is what the caller of `read_ties` may say
    instead of mending the source, in Python, or "".
    """

    file: str
    line: int | None
    row: str
    message: str
    expected: str = ""
    nearest: str = ""
    option: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        text = ": ".join(part for part in (where, self.row, self.message) if part)
        if expected := ", or ".join(part for part in (self.expected, self.option) if part):
            text += f"; expected {expected}"
        if self.nearest:
            text += f"; did you mean `{self.nearest}`?"
        return text


class TiesError(ValueError):
    """Ties that cannot be used. `problems` holds the first 20 in the file's order, `more` counts
    the others.

    `str()` is the full text to print: one line for each problem.
    """

    def __init__(self, problems: Iterable[Problem], more: int = 0) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.more = more
        super().__init__(self.problems, more)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        if self.more:
            lines.append(f"... and {self.more:,} more")
        return "\n".join(lines)

    def with_options(self, spelling: Mapping[str, str]) -> "TiesError":
        """The same for a reader who does not write Python: options as `spelling` says them, and
        those that it does not have left out."""
        problems = (replace(one, option=spelling.get(one.option, "")) for one in self.problems)
        return TiesError(problems, self.more)


class Findings:
    """Problems of one file, collected until all of it was looked at."""

    def __init__(self, file: str, row: Callable[[int], str] | None = None) -> None:
        """`row` puts a place into words (`row 7`) where a place is no line."""
        self.file, self._row = file, row
        self._found: list[tuple[int, Problem]] = []
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def add(
        self,
        message: str,
        expected: str = "",
        nearest: str = "",
        *,
        line: int | None = None,
        option: str = "",
    ) -> None:
        """A problem of the file as a whole, or of one line."""
        self._count += 1
        # The first ones by line stay: lines come in rising order, so later ones are only counted.
        if self._count <= _SHOWN:
            problem = Problem(self.file, line, "", message, expected, nearest, option)
            self._found.append((line or 0, problem))

    def add_rows(
        self,
        rows: NDArray[np.int64],
        locate: Locate,
        words: Callable[[int], Words],
        *,
        option: str = "",
    ) -> None:
        """One problem for each of `rows`, positions in rising order, with the same `option`.

        `words` gives the message, what was expected and the nearest valid name for the k-th of
        them; only those that can be among the first of the file are asked for.
        """
        self._count += rows.size
        for k, row in enumerate(rows[:_SHOWN].tolist()):
            place = locate(row)
            line, name = (place, "") if self._row is None else (None, self._row(place))
            problem = Problem(self.file, line, name, *words(k), option=option)
            self._found.append((place, problem))

    def where(self, place: int) -> str:
        """A place in words: `line 7`."""
        return f"line {place}" if self._row is None else self._row(place)

    def raise_all(self) -> None:
        """Raise TiesError if there is anything to report."""
        if self._count:
            raise self.error()

    def error(self) -> TiesError:
        first = [problem for _, problem in sorted(self._found, key=lambda found: found[0])[:_SHOWN]]
        return TiesError(first, self._count - len(first))
