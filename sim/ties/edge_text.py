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
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from sim.ties.edge_columns import Ends
from sim.ties.problems import Findings, Locate
from sim.ties.text_layout import NOTHING, Layout, is_nothing, is_whole, split

__all__ = ["NotWhole", "read_blocks", "read_ends"]

BLOCK = 1 << 23  # large enough to keep Arrow's threads busy, small against the result
_COMMENT = re.compile(rb"(?m)^[ \t]*#.*$")
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
    """Blocks of whole lines, each with the number of its first line. Comments are blanked, so that
    the lines keep their numbers. Raises OSError, EOFError or zlib.error for a broken file."""
    opening = gzip.open if path.suffix.lower() == ".gz" else open
    line, rest = 1, b""
    with opening(path, "rb") as file:
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


def _plain(block: bytes) -> bytes:
    """The block with one kind of line end, its comments blank."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"#" in block:
        block = _COMMENT.sub(b"", block)
    return block if block.endswith(b"\n") else block + b"\n"


def read_ends(path: Path, layout: Layout, found: Findings, *, whole: bool, ids: str = "") -> Ends:
    """Both ends of every tie of a text file; odd lines go to `found`.

    `whole`: the cells are whole numbers. `ids` says what is expected where one is not; if it is "",
    NotWhole is raised instead. Raises what `read_blocks` raises.
    """
    pieces: list[_Piece] = []
    for line, block in read_blocks(path):
        text = layout.tidy(block, line)
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
    distinct = {word: k for k, word in enumerate(dict.fromkeys(words))}
    if len(distinct) < len(words):
        same = np.array([distinct[word] for word in words], np.int32)
        seen, sees = same[seen], same[sees]
    return Ends(seen, sees, list(distinct), locate)


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
    if b'"' in block and not _plain_quotes(block, layout.delimiter):
        return None  # Arrow lets pass what strict rules for quotes do not
    names = [str(k) for k in range(layout.width)]
    chosen = [names[layout.seen], names[layout.sees]]
    type_ = pa.int64() if whole else _NAMES
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
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
        lines = (np.flatnonzero(np.diff(ends, prepend=-1) > 1) + line).tolist()
    # A quote that is not closed on its line swallows the next ones: then the rows do not add up.
    if table.num_rows != (block.count(b"\n") if lines is None else len(lines)):
        return None
    if whole:
        if any(column.null_count for column in table.columns):
            return None
        seen, sees = (_narrow(column.to_numpy()) for column in table.columns)
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
            else:
                continue
            odd = True
        if not odd:
            for column, cell in zip(cells, pair, strict=True):
                column.append(cell)
            lines.append(number)
    if whole:
        seen, sees = (np.array([int(cell) for cell in column], np.int64) for column in cells)
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
