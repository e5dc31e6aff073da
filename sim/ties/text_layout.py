"""The dialect of a text file: what parts its cells, whether it has a header, and the columns."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sim.ties.edge_columns import Columns, choose_columns, known_pair
from sim.ties.problems import Findings

__all__ = [
    "NOTHING",
    "Layout",
    "find_layout",
    "is_nothing",
    "matrix_layout",
    "split",
    "split_softly",
]

_DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", " ": "space"}
_SAMPLE = 100  # lines looked at; a header shows against far fewer
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_SPACES = re.compile(rb" +")
_OUTER_SPACES = re.compile(rb"(?m)^ | $")
#: Cells of numbers that say that nothing is there: those that Arrow knows, and None.
_NO_NUMBER = frozenset(("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan"))
_NO_NUMBER |= {"1.#IND", "1.#QNAN", "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"}
_NO_NUMBER |= {"None", "<NA>"}
#: The same among names, where only NaN is meant so: people are called Null and Na.
NOTHING = ("", "NaN", "nan")


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read the lines of a text file. `seen` and `sees` are positions of columns."""

    delimiter: str
    width: int
    seen: int
    sees: int
    header: tuple[str, ...] | None
    header_line: int

    def column(self, at: int) -> str:
        """A column as people call it."""
        return f"column `{self.header[at]}`" if self.header else f"column {at + 1}"

    @property
    def example(self) -> str:
        """What a line looks like, in words."""
        if self.header:
            return f"`{self.delimiter.join(self.header)}`"
        return f"as in the other lines, with a {_DELIMITERS[self.delimiter]} between them"

    def tidy(self, block: bytes, line: int) -> bytes:
        """The block without its header, and with single spaces where these part the cells."""
        if self.header and line <= self.header_line < line + block.count(b"\n"):
            lines = block.split(b"\n", self.header_line - line + 1)
            lines[self.header_line - line] = b""
            block = b"\n".join(lines)
        odd = (b"  ", b" \n", b"\n ")
        if self.delimiter == " " and (block[:1] == b" " or any(part in block for part in odd)):
            block = _OUTER_SPACES.sub(b"", _SPACES.sub(b" ", block))
        return block


def find_layout(
    block: bytes,
    first_line: int,
    columns: Columns | None,
    header: bool | None,
    is_person: Callable[[str], bool] | None,
    found: Findings,
) -> Layout | None:
    """The layout of a file from its first block with ties, which begins at `first_line` and in
    which comments are blank.

    `is_person` tells a person's name from another word, where the people are known. None, with a
    problem in `found`, where the layout is not clear.
    """
    sample = _sample(block, first_line)
    if not sample:
        found.add("no ties in this file", "one tie a line, e.g. `source,target`")
        return None
    delimiter, width = _delimiter([text for _, text in sample])
    if not delimiter:
        expected = "two cells, with a comma, tab, semicolon or space between them"
        found.add("one column", expected, line=sample[0][0])
        return None
    line, rows = sample[0][0], [split_softly(text, delimiter) for _, text in sample]
    first, below = [cell.strip() for cell in rows[0]], rows[1:]
    named = _has_header(first, below, columns, header, is_person)
    if named is None:
        found.add(
            f"not clear whether `{delimiter.join(first)}` is a header or a tie",
            "a header like `source,target`",
            line=line,
            option="header=True or header=False",
        )
        return None
    names = first if named else [str(k) for k in range(width)]
    pair = choose_columns(names, columns, found, line=line, named=named)
    if pair is None:
        return None
    return Layout(delimiter, len(names), *pair, tuple(names) if named else None, line)


def matrix_layout(block: bytes, line: int, size_line: int, found: Findings) -> Layout | None:
    """The layout of a Matrix Market file, whose entries follow the line of sizes."""
    skipped = block.split(b"\n", size_line - line + 1)
    skipped[size_line - line] = b""
    entries = b"\n".join(skipped)
    layout = find_layout(entries, line, (0, 1), False, None, found)
    if layout is None:
        return None
    header = ("row", "column", "value", "imaginary")[: layout.width]
    return replace(layout, header=header, header_line=size_line)


def split(text: str, delimiter: str) -> list[str]:
    """The cells of one line. Raises csv.Error for a quote that is not closed."""
    if '"' not in text:
        return text.split(delimiter)
    # `"ann", "ben"`: a space before a quote is no part of the cell.
    spaced = delimiter in ",;"
    return next(csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=spaced))


def is_nothing(cell: str, *, whole: bool) -> bool:
    """Whether a cell, without spaces around it, says that nothing is there."""
    return cell in (_NO_NUMBER if whole else NOTHING)


def _sample(block: bytes, first_line: int) -> list[tuple[int, str]]:
    """The first lines that are not blank, with their numbers."""
    found: list[tuple[int, str]] = []
    at, line = 0, first_line - 1
    while at < len(block) and len(found) < _SAMPLE:
        end = block.find(b"\n", at)
        line += 1
        if text := block[at:end].decode(errors="replace").strip(" "):
            found.append((line, text))
        at = end + 1
    return found


def _delimiter(lines: Sequence[str]) -> tuple[str, int]:
    """What parts the cells of most lines into the same number, two or more; ("", 1) if nothing."""
    best, most, width = "", 0, 1
    for delimiter in _DELIMITERS:
        first = split_softly(lines[0], delimiter)
        if known_pair(first) is not None:
            return delimiter, len(first)
        cells = (len(split_softly(line, delimiter)) for line in lines)
        counts = Counter(count for count in cells if count > 1)
        if counts and (hit := counts.most_common(1)[0])[1] > most:
            best, width, most = delimiter, *hit
    return best, width


def split_softly(text: str, delimiter: str) -> list[str]:
    """The cells of one line; none where its quotes do not pair."""
    try:
        cells = split(text, delimiter)
    except csv.Error:
        return []
    return [cell for cell in cells if cell] if delimiter == " " else cells


def _has_header(
    first: Sequence[str],
    below: Sequence[Sequence[str]],
    columns: Columns | None,
    header: bool | None,
    is_person: Callable[[str], bool] | None,
) -> bool | None:
    """Whether the first line is a header; None where it could be one as well as a tie."""
    if header is not None:
        return header
    if columns is not None and isinstance(columns[0], str):
        return True
    if any(_NUMBER.fullmatch(cell) for cell in first):
        return False
    if known_pair(first) is not None:
        return True
    if is_person is not None:
        return not any(is_person(cell) for cell in first)
    if not below:
        return False  # the only line: a tie, since a header alone says nothing
    for k in range(len(first)):
        numbers = sum(k < len(row) and bool(_NUMBER.fullmatch(row[k].strip())) for row in below)
        if 2 * numbers > len(below):  # most, since a cell may be wrong
            return True
    return None
