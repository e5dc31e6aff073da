"""Writing a layer as a list of its ties, each once."""

import contextlib
import gzip
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from sim.ties.layer import Layer, StoredLayer
from sim.ties.rows import I32

__all__ = ["write_ties"]

_PEOPLE = 1 << 16  # people whose ties are in memory at a time


def write_ties(
    layer: Layer, path: str | os.PathLike[str], names: Sequence[Any] | NDArray[Any] | None = None
) -> Path:
    """Write the ties to a file .csv, .csv.gz, .tsv, .tsv.gz or .parquet, and return its path.

    Columns are `source` and `target`, or `followed` and `follower` where ties have a direction.
    `names` (people,) stand for the ids if given. Who has no ties is not in the file, so that
    `read_ties(path, people=layer.people)`, or `people=names`, gives the layer back.

    The file appears at once when all of it is written, in place of an older one. Raises ValueError
    for names that do not fit or that the format cannot hold.
    """
    path = Path(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if zipped else suffixes)[-1:]
    if kind not in ([".csv"], [".tsv"], [".parquet"]) or (zipped and kind == [".parquet"]):
        raise ValueError(f"{path}: expected .csv, .csv.gz, .tsv, .tsv.gz or .parquet")
    is_text = kind != [".parquet"]
    words = None if names is None else _checked(names, layer.people, is_text)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            if zipped:
                # without name and time, so that the same ties are the same bytes
                with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                    _write_text(layer, cast(BinaryIO, packed), kind[0], words)
            elif is_text:
                _write_text(layer, file, kind[0], words)
            else:
                _write_parquet(layer, file, words)
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
    return path


def _write_text(layer: Layer, file: BinaryIO, kind: str, words: Any) -> None:
    delimiter = "," if kind == ".csv" else "\t"
    file.write((delimiter.join(_columns(layer)) + "\n").encode())
    # A name in quotes is never taken for a comment.
    hash_ = words is not None and pc.any(pc.starts_with(words, "#")).as_py()
    options = arrow_csv.WriteOptions(
        include_header=False,
        delimiter=delimiter,
        quoting_style="all_valid" if hash_ else "needed",
    )
    with arrow_csv.CSVWriter(file, _schema(layer, words), write_options=options) as writer:
        for table in _tables(layer, words):
            writer.write_table(table)


def _write_parquet(layer: Layer, file: BinaryIO, words: Any) -> None:
    with parquet.ParquetWriter(file, _schema(layer, words)) as writer:
        for table in _tables(layer, words):
            writer.write_table(table)


def _tables(layer: Layer, words: Any) -> Iterator[Any]:
    for seen, sees in _ties(layer):
        columns = [pa.array(seen), pa.array(sees)]
        if words is not None:
            columns = [words.take(column) for column in columns]
        yield pa.table(columns, schema=_schema(layer, words))


def _ties(layer: Layer) -> Iterator[tuple[I32, I32]]:
    """Who is seen and who sees, by pieces; a tie without direction once, the lower id first."""
    for start in range(0, layer.people, _PEOPLE):
        ids = np.arange(start, min(start + _PEOPLE, layer.people), dtype=np.int32)
        rows = layer.contacts(ids)
        sees = np.repeat(ids, np.diff(rows.offsets))
        if _has_direction(layer):
            yield rows.contacts, sees
        else:
            once = sees < rows.contacts
            yield sees[once], rows.contacts[once]


def _has_direction(layer: Layer) -> bool:
    return isinstance(layer, StoredLayer) and layer.reverse is not None


def _columns(layer: Layer) -> tuple[str, str]:
    return ("followed", "follower") if _has_direction(layer) else ("source", "target")


def _schema(layer: Layer, words: Any) -> Any:
    type_ = pa.int32() if words is None else words.type
    return pa.schema([(name, type_) for name in _columns(layer)])


def _checked(names: Sequence[Any] | NDArray[Any], people: int, is_text: bool) -> Any:
    """The names as a column. Raises ValueError for names that could not be read back."""
    words = pa.array(list(names))
    if pa.types.is_large_string(words.type):
        words = words.cast(pa.string())
    if len(words) != people:
        raise ValueError(f"{len(words)} names for {people} people")
    if not (pa.types.is_integer(words.type) or pa.types.is_string(words.type)):
        raise ValueError("names of people are whole numbers or texts, all of one kind")
    if words.null_count or len(pc.unique(words)) < len(words):
        raise ValueError("everybody needs a name, and a different one")
    if pa.types.is_string(words.type):
        _refuse(words, pc.equal(pc.utf8_trim_whitespace(words), ""), "an empty name")
        _refuse(words, pc.is_in(words, value_set=pa.array(["NaN", "nan"])), "a missing value")
        if is_text:
            odd = pc.match_substring_regex(words, r"[\r\n\x00]")
            _refuse(words, odd, "more than a line; a Parquet file can hold it")
            odd = pc.not_equal(pc.utf8_trim_whitespace(words), words)
            _refuse(words, odd, "a name in spaces; a Parquet file can hold it")
    return words


def _refuse(words: Any, odd: Any, why: str) -> None:
    if pc.any(odd).as_py():
        first = words.filter(odd)[0].as_py()
        raise ValueError(f"name {first!r} would be read as {why}")
