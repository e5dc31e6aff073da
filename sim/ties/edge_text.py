"""Ties from text: one tie a line, in any of the usual dialects.

The text is read by blocks of whole lines. A clean block goes through Arrow's reader; a block in
which anything is odd is read once more line by line, which finds every odd line of it. So a clean
file of any size is read fast, and a broken one still tells all that is wrong and where.
"""

import bisect
import csv
import gzip
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from sim.regular_files import open_regular
from sim.ties.edge_columns import Ends, known_pair
from sim.ties.problems import Findings, Locate
from sim.ties.text_layout import NOTHING, Layout, is_nothing, split, split_softly
from sim.ties.whole_ids import (
    EXACT,
    as_whole,
    beyond_floats,
    has_odd_zeros,
    is_whole,
    plain_words,
    whole_column,
)

__all__ = ["NotWhole", "blank_comments", "read_blocks", "read_ends", "read_values", "unpacked"]

BLOCK = 1 << 23  # large enough to keep Arrow's threads busy, small against the result
_COMMENT = re.compile(rb"(?m)^[ \t]*[#%].*$")
_NAMES = pa.dictionary(pa.int32(), pa.string())


class NotWhole(Exception):
    """A cell that is no whole number, in a file that was taken for one of whole numbers."""


class _Piece(NamedTuple):
    """Ties of one block. `lines` is None where every line from `first_line` on is a tie."""

    seen: Any
    sees: Any
    first_line: int
    lines: list[int] | None


def read_blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Blocks of whole lines, each with the number of its first line. Raises OSError, EOFError or
    zlib.error for a broken file."""
    line, rest = 1, b""
    with open_regular(path) as raw, unpacked(raw, path) as file:
        while True:
            new = file.read(BLOCK)
            text = rest + new
            end = text.rfind(b"\n") + 1 if new else len(text)
            block, rest = text[:end], text[end:]
            if block:
                block = _plain(block.removeprefix(b"\xef\xbb\xbf") if line == 1 else block)
                yield line, block
                line += block.count(b"\n")
            if not new:
                return


def unpacked(raw: BinaryIO, path: Path) -> BinaryIO:
    """What is in an open file, without the packing that its name tells of."""
    if path.suffix.lower() != ".gz":
        return raw
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="rb"))


def _plain(block: bytes) -> bytes:
    """The block with one kind of line end."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return block if block.endswith(b"\n") else block + b"\n"


def blank_comments(block: bytes, comment: str | None) -> bytes:
    """The block with its comments blank, so that the lines keep their numbers. A comment begins
    with `comment`; with # or % where that is None; "" for a file without comments."""
    if comment is None:
        return _COMMENT.sub(b"", block) if b"#" in block or b"%" in block else block
    mark = comment.encode()
    if not mark or mark not in block:
        return block
    return re.sub(rb"(?m)^[ \t]*" + re.escape(mark) + rb".*$", b"", block)


def _find_doubtful(block: bytes, line: int, layout: Layout, found: Findings) -> None:
    """Lines that are comments as well as ties of people whose names begin with # or %: they have
    the cells of a tie, and no space after the mark."""
    at = 0
    for match in _COMMENT.finditer(block):
        text = match[0].strip()
        if text[1:2] in (b"", b" ", b"\t", b"#", b"%"):
            continue
        cells = split_softly(text.decode(errors="replace"), layout.delimiter)
        names = [cells[0][1:], *cells[1:]] if cells else []
        if len(cells) != layout.width or known_pair(names) is not None:
            continue
        line, at = line + block.count(b"\n", at, match.start()), match.start()
        mark = chr(text[0])
        found.add(
            f"`{text.decode(errors='replace')[:40]}` is a comment as well as a tie",
            f"a space after the {mark} of a comment, or quotes around a name that begins so",
            line=line,
            option=f'comment="{mark}" or comment=""',
        )


def read_ends(
    path: Path,
    layout: Layout,
    found: Findings,
    *,
    whole: bool,
    ids: str = "",
    comment: str | None = None,
) -> Ends:
    """Both ends of every tie of a text file; odd lines go to `found`.

    `comment` as in `blank_comments`. `whole`: the cells are whole numbers. `ids` says what is
    expected where one is not; if it is "", NotWhole is raised instead. Raises what `read_blocks`
    raises.
    """
    pieces: list[_Piece] = []
    for line, raw in read_blocks(path):
        if comment is None and (b"#" in raw or b"%" in raw):
            _find_doubtful(raw, line, layout, found)
        text = layout.tidy(blank_comments(raw, comment), line)
        clean = _read_clean(text, line, layout, whole)
        pieces.append(clean or _read_odd(text, line, layout, found, whole, ids))
    locate = _locator(pieces)
    columns = [piece.seen for piece in pieces] + [piece.sees for piece in pieces]
    del pieces
    if whole:
        half = len(columns) // 2
        return Ends(np.concatenate(columns[:half]), np.concatenate(columns[half:]), None, locate)
    coded = pa.chunked_array(columns, _NAMES).unify_dictionaries()
    codes = [chunk.indices.to_numpy() for chunk in coded.chunks]
    seen, sees = (
        np.concatenate(part) for part in (codes[: len(codes) // 2], codes[len(codes) // 2 :])
    )
    # Spaces around a name are no part of it; names that differ in nothing else are one person.
    words = [word.strip() for word in coded.chunk(0).dictionary.to_pylist()]
    if any(word.endswith(".0") for word in words):  # a column of floats beside one of words
        seen, of_seen = _worded(seen, words)
        sees, of_sees = _worded(sees, words)
        sees, words = sees + np.int32(len(of_seen)), of_seen + of_sees
    distinct = {word: k for k, word in enumerate(dict.fromkeys(words))}
    if len(distinct) < len(words):
        same = np.array([distinct[word] for word in words], np.int32)
        seen, sees = same[seen], same[sees]
    return Ends(seen, sees, list(distinct), locate)


def read_values(path: Path, layout: Layout, at: int, comment: str | None) -> set[str]:
    """The different cells of one column of a text file, which was read before."""
    values: set[str] = set()
    for line, raw in read_blocks(path):
        for text in layout.tidy(blank_comments(raw, comment), line).split(b"\n"):
            cells = split_softly(text.decode(errors="replace"), layout.delimiter)
            if at < len(cells):
                values.add(cells[at])
    return values


def _worded(end: NDArray[np.integer], words: list[str]) -> tuple[NDArray[np.integer], list[str]]:
    """One column as positions among the names that it holds."""
    there = np.zeros(len(words), bool)
    there[end] = True
    place = np.cumsum(there, dtype=np.int32) - 1
    return place[end], plain_words([words[k] for k in np.flatnonzero(there)])


def _locator(pieces: list[_Piece]) -> Locate:
    starts = list(itertools.accumulate((len(piece.seen) for piece in pieces), initial=0))
    lines = [(piece.first_line, piece.lines) for piece in pieces]

    def locate(row: int) -> int:
        k = bisect.bisect_right(starts, row) - 1
        first_line, named = lines[k]
        return first_line + row - starts[k] if named is None else named[row - starts[k]]

    return locate


def _read_clean(block: bytes, line: int, layout: Layout, whole: bool) -> _Piece | None:
    """A block by Arrow's reader; None where anything is odd about it."""
    if whole and (b"0x" in block or b"0X" in block):
        return None  # Arrow reads hexadecimal numbers, which are names here
    as_text = whole and (b".0" in block or has_odd_zeros(block))
    if b'"' in block and not _plain_quotes(block, layout.delimiter):
        return None  # Arrow lets pass what strict rules for quotes do not
    names = [str(k) for k in range(layout.width)]
    chosen = [names[layout.seen], names[layout.sees]]
    type_ = pa.string() if as_text else pa.int64() if whole else _NAMES
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(block),
            read_options=arrow_csv.ReadOptions(column_names=names),
            parse_options=arrow_csv.ParseOptions(delimiter=layout.delimiter),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=chosen, column_types=dict.fromkeys(chosen, type_)
            ),
        )
    except pa.ArrowInvalid:
        return None
    lines: list[int] | None = None
    if b"\n\n" in block or block.startswith(b"\n"):
        breaks = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
        lines = (np.flatnonzero(np.diff(breaks, prepend=-1) > 1) + line).tolist()
    # A quote that is not closed on its line swallows the next ones: then the rows do not add up.
    if table.num_rows != (block.count(b"\n") if lines is None else len(lines)):
        return None
    if whole:
        ends = [whole_column(column) if as_text else column for column in table.columns]
        if any(column is None or column.null_count for column in ends):
            return None
        seen, sees = (_narrow(column.to_numpy()) for column in ends)
        return _Piece(seen, sees, line, lines)
    columns = [column.unify_dictionaries().combine_chunks() for column in table.columns]
    for column in columns:
        words = pc.utf8_trim_whitespace(column.dictionary)
        if pc.any(pc.is_in(words, value_set=pa.array(NOTHING))).as_py():
            return None
    return _Piece(columns[0], columns[1], line, lines)


def _plain_quotes(block: bytes, delimiter: str) -> bool:
    """Whether every quote begins or ends a cell, in turn."""
    text = np.frombuffer(b"\n" + block, np.uint8)
    quotes = np.flatnonzero(text == ord('"'))
    if quotes.size % 2:
        return False
    outside = np.concatenate((text[quotes[::2] - 1], text[quotes[1::2] + 1]))
    return bool(np.all((outside == ord(delimiter)) | (outside == ord("\n"))))


def _narrow(numbers: NDArray[np.int64]) -> NDArray[np.integer]:
    """The numbers in half the memory where they fit."""
    small = numbers.astype(np.int32)
    return small if np.array_equal(small, numbers) else numbers


def _read_odd(
    block: bytes, line: int, layout: Layout, found: Findings, whole: bool, ids: str
) -> _Piece:
    """The same line by line: what is odd goes to `found`, the rest is returned."""
    cells: tuple[list[Any], list[Any]] = ([], [])
    lines: list[int] = []
    for number, raw in enumerate(block.split(b"\n"), line):
        if not raw.strip():
            continue
        fields = _fields(raw, number, layout, found)
        if fields is None:
            continue
        pair = fields[layout.seen].strip(), fields[layout.sees].strip()
        odd = False
        for cell, at in zip(pair, (layout.seen, layout.sees), strict=True):
            if is_nothing(cell, whole=whole):
                found.add(f"nothing in {layout.column(at)}", "a person", line=number)
            elif whole and not is_whole(cell):
                if not ids:
                    raise NotWhole
                found.add(f"`{cell[:40]}` in {layout.column(at)} is no id", ids, line=number)
            elif whole and beyond_floats(cell):
                found.add(
                    f"`{cell[:40]}` in {layout.column(at)} is a float, which beyond {EXACT[64]} "
                    "is not sure of its number",
                    "a whole number without `.0`",
                    line=number,
                )
            else:
                continue
            odd = True
        if not odd:
            for column, cell in zip(cells, pair, strict=True):
                column.append(cell)
            lines.append(number)
    if whole:
        seen, sees = (np.array([as_whole(cell) for cell in column], np.int64) for column in cells)
        return _Piece(seen, sees, line, lines)
    coded = [pa.array(column, pa.string()).dictionary_encode() for column in cells]
    return _Piece(coded[0], coded[1], line, lines)


def _fields(raw: bytes, line: int, layout: Layout, found: Findings) -> list[str] | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError as e:
        byte = raw[e.start]
        found.add(f"byte {byte:#04x} is no text", "text in UTF-8", line=line)
        return None
    try:
        fields = split(text, layout.delimiter)
    except csv.Error:
        found.add("a quote that is not closed", 'quotes in pairs, e.g. `"a ""b"" c"`', line=line)
        return None
    if len(fields) != layout.width:
        count = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
        found.add(count, f"{layout.width}: {layout.example}", line=line)
        return None
    return fields
