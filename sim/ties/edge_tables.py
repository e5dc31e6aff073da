"""Ties from Parquet files and data frames: two columns of whole numbers or of text."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from sim.ties.declared import find_type, type_direction
from sim.ties.edge_columns import Ends, choose_columns
from sim.ties.problems import Findings, Locate, Words
from sim.ties.read_options import ReadOptions
from sim.ties.text_layout import NOTHING
from sim.ties.whole_ids import EXACT, looks_whole, to_whole, whole_column

__all__ = ["read_frame", "read_parquet"]


def read_parquet(
    path: Path, options: ReadOptions, found: Findings, *, want: str, ids: str = ""
) -> Ends | None:
    """Both ends of every tie of a Parquet file; None, with problems in `found`, where it has none.

    `want` is "numbers", "words" or "" for what the file has; `ids` says which numbers. Raises
    OSError, ArrowException or UnicodeDecodeError for a broken file.
    """
    with parquet.ParquetFile(path) as file:
        # pandas keeps the labels of its rows in columns of this name
        names = [n for n in file.schema_arrow.names if not n.startswith("__index_level_")]
        pair = choose_columns(names, options.columns, found)
        if pair is None:
            return None
        chosen = [names[k] for k in pair]
        if any(names.count(name) > 1 for name in chosen):
            found.add(f"columns of the same name among `{'`, `'.join(names)}`", "different names")
            return None
        types: list[Any] = []
        if (at := find_type(names)) is not None and names.count(names[at]) == 1:
            types = file.read(columns=[names[at]]).column(0).unique().to_pylist()
        table = file.read(columns=chosen)
    pieces = [table.column(name) for name in chosen]
    return _ends(pieces, chosen, types, options, found, want, ids)


def read_frame(
    frame: "pd.DataFrame", options: ReadOptions, found: Findings, *, want: str, ids: str = ""
) -> Ends | None:
    """Both ends of every tie of a data frame; see `read_parquet`."""
    names = [str(label) for label in frame.columns]
    pair = choose_columns(names, options.columns, found)
    if pair is None:
        return None
    at = find_type(names)
    types = [] if at is None else list(frame.iloc[:, at].unique())
    pieces = [_series(frame.iloc[:, k]) for k in pair]
    chosen = [names[k] for k in pair]
    return _ends(pieces, chosen, types, options, found, want, ids)


def _series(series: "pd.Series[Any]") -> Any:
    try:
        column = pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers among words, or other objects
        texts = [
            None if missing else str(value)
            for value, missing in zip(series, series.isna(), strict=True)
        ]
        column = pa.array(texts, pa.string())
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _ends(
    pieces: list[Any],
    names: list[str],
    types: list[Any],
    options: ReadOptions,
    found: Findings,
    want: str,
    ids: str,
) -> Ends | None:
    """Both ends from two columns, with the direction that the different `types` of ties say."""
    directed = bool(type_direction(set(map(str, types)), options.directed, found))
    columns = [_column(piece, name, found) for piece, name in zip(pieces, names, strict=True)]
    if any(column is None for column in columns):
        return None
    odd = np.zeros(len(columns[0]), bool)
    for column, name in zip(columns, names, strict=True):
        missing = _missing(column)
        words = f"nothing in column `{name}`", "a person", ""
        found.add_rows(np.flatnonzero(missing), int, partial(_same, words))
        odd |= missing
    kinds = ["numbers" if pa.types.is_integer(column.type) else "words" for column in columns]
    if want == "numbers":
        for k, name in enumerate(names):
            if kinds[k] == "words":
                columns[k], wrong = _to_numbers(columns[k], odd, name, found, ids)
                odd |= wrong
    else:
        columns = _alike(columns, kinds, odd, want)
    if odd.any():
        kept = np.flatnonzero(~odd)
        columns = [column.take(pa.array(kept)) for column in columns]
        return _pair(columns, directed, lambda row: int(kept[row]))
    return _pair(columns, directed, int)


def _alike(columns: list[Any], kinds: list[str], odd: Any, want: str) -> list[Any]:
    """Both columns as numbers, where all that they hold are some, or both as text."""
    there = pa.array(~odd)
    if want == "" and "words" in kinds:
        numbers = [
            whole_column(pc.if_else(there, column, None)) if kind == "words" else column
            for column, kind in zip(columns, kinds, strict=True)
        ]
        if all(column is not None for column in numbers):
            return numbers
    if want == "words" or "words" in kinds:
        return [column.cast(pa.string()) for column in columns]
    return columns


def _same(words: Words, _: int) -> Words:
    return words


def _pair(columns: list[Any], directed: bool, locate: Locate) -> Ends:
    if pa.types.is_integer(columns[0].type):
        ends = [column.to_numpy() for column in columns]
        return Ends(ends[0], ends[1], None, locate, directed=directed)
    both = pa.chunked_array(
        [*columns[0].chunks, *columns[1].chunks], pa.string()
    ).dictionary_encode()
    both = both.unify_dictionaries().combine_chunks()
    codes = both.indices.to_numpy()
    count = len(columns[0])
    words = both.dictionary.to_pylist()
    return Ends(codes[:count], codes[count:], words, locate, directed=directed)


def _column(piece: Any, name: str, found: Findings) -> Any:
    """The column as whole numbers or text; None, with a problem, for anything else."""
    if pa.types.is_dictionary(piece.type):
        piece = piece.cast(piece.type.value_type)
    type_ = piece.type
    if pa.types.is_integer(type_):
        try:
            return piece.cast(pa.int64())
        except pa.ArrowInvalid:  # beyond 64 bits with a sign
            return piece.cast(pa.string())
    if pa.types.is_floating(type_):
        # pandas turns whole numbers into these as soon as one cell of the column is missing
        piece = pc.if_else(pc.is_nan(piece), None, piece)
        most = EXACT[type_.bit_width]
        if pc.any(pc.greater(pc.abs(piece.cast(pa.float64())), float(most))).as_py():
            found.add(
                f"column `{name}` holds floats beyond {most}, which are not sure of their numbers",
                "whole numbers or text",
            )
            return None
        try:
            return piece.cast(pa.int64())
        except pa.ArrowInvalid:
            found.add(f"column `{name}` holds fractions", "whole numbers or text")
            return None
    if pa.types.is_null(type_) or pa.types.is_string(type_):
        return piece.cast(pa.string())
    if pa.types.is_large_string(type_) or str(type_) == "string_view":
        return piece.cast(pa.string())
    found.add(f"column `{name}` holds `{type_}`", "whole numbers or text")
    return None


def _missing(column: Any) -> Any:
    missing = column.is_null()
    if pa.types.is_string(column.type):
        empty = pc.is_in(pc.utf8_trim_whitespace(column), value_set=pa.array(NOTHING))
        missing = pc.or_(missing, empty)
    return np.asarray(missing.to_numpy())


def _to_numbers(column: Any, odd: Any, name: str, found: Findings, ids: str) -> tuple[Any, Any]:
    """A column of text as whole numbers, and where it has none."""
    wrong = ~odd & (looks_whole(column).to_numpy() != np.True_)
    rows = np.flatnonzero(wrong)
    found.add_rows(
        rows,
        int,
        lambda k: (f"`{str(column[int(rows[k])])[:40]}` in column `{name}` is no id", ids, ""),
    )
    return to_whole(pc.if_else(pa.array(wrong | odd), None, column)), wrong
