"""The three tables of a run: their columns, and quick look-up of one series in them.

`adoption` and `market` are long: one number a row, named by the columns before it. A figure wants a
few of their thousands of series, so `LongTable` sorts the rows by name once and then finds a series
by bisection, without pandas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

NAMES = ("adoption", "market", "events")

_TEXT = pa.dictionary(pa.int32(), pa.string())

# Columns in order. `day` is whole in a run with daily or weekly ticks and is then stored as int32.
SCHEMAS: Mapping[str, Any] = {
    "adoption": pa.schema(
        [
            ("day", pa.float64()),
            ("date", pa.date32()),
            ("feature", _TEXT),
            ("platform", _TEXT),
            ("segment", _TEXT),
            ("metric", _TEXT),
            ("value", pa.float64()),
        ]
    ),
    "market": pa.schema(
        [
            ("day", pa.float64()),
            ("date", pa.date32()),
            ("entity", _TEXT),
            ("metric", _TEXT),
            ("value", pa.float64()),
        ]
    ),
    "events": pa.schema(
        [
            ("time", pa.float64()),
            ("date", pa.date32()),
            ("kind", _TEXT),
            ("entity", _TEXT),
            ("detail", pa.string()),
        ]
    ),
}


class TableError(ValueError):
    """A table does not have the columns it must have."""


def conform(name: str, table: Any) -> Any:
    """`table` with the columns, order and types that a run's table `name` has.

    Further columns are dropped. Raises TableError when a column is missing or cannot be converted.
    """
    schema = SCHEMAS[name]
    missing = [column for column in schema.names if column not in table.column_names]
    if missing:
        raise TableError(f"table `{name}` lacks the column {', '.join(missing)}")
    fields = []
    columns = []
    for field in schema:
        column = table.column(field.name)
        try:
            kind = _day_type(column) if field.name == "day" else field.type
            if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(column.type):
                column = column.cast(pa.string()).dictionary_encode()
            column = column.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as e:
            raise TableError(f"table `{name}`, column `{field.name}`: {e}") from e
        fields.append(pa.field(field.name, kind))
        columns.append(column)
    plain: Any = pa.table(columns, schema=pa.schema(fields))
    return plain.unify_dictionaries().combine_chunks()


def _day_type(day: Any) -> Any:
    if pa.types.is_integer(day.type):
        return pa.int32()
    whole = pc.all(pc.equal(pc.floor(day), day)).as_py()
    return pa.int32() if whole in (True, None) else pa.float64()


@dataclass(frozen=True)
class Series:
    """One named number over time.

    `day` is float64 days since the start of the run, rising; `value` is float64 and as long.
    """

    day: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.day)

    @property
    def last(self) -> float:
        """The last value; nan when there is none."""
        return float(self.value[-1]) if len(self.value) else float("nan")

    def first_day_at(self, level: float) -> float | None:
        """The first recorded day on which the value is at least `level`, None when it never is."""
        reached = np.flatnonzero(self.value >= level)
        return float(self.day[reached[0]]) if reached.size else None


EMPTY = Series(np.empty(0), np.empty(0))


class LongTable:
    """A long table, with each of its series found by name."""

    def __init__(self, table: Any, keys: tuple[str, ...]) -> None:
        self._keys = keys
        self._codes: list[dict[str, int]] = []
        rows = table.num_rows
        name = np.zeros(rows, dtype=np.int64)
        for key in keys:
            column = table.column(key)
            if not pa.types.is_dictionary(column.type):
                column = column.dictionary_encode()
            one = pa.chunked_array(column, type=column.type).unify_dictionaries().combine_chunks()
            if isinstance(one, pa.ChunkedArray):
                one = one.chunk(0) if one.num_chunks else pa.array([], column.type)
            words = one.dictionary.to_pylist()
            self._codes.append({word: i for i, word in enumerate(words)})
            name = name * max(len(words), 1) + one.indices.to_numpy(zero_copy_only=False)
        day = np.asarray(table.column("day").to_numpy(), dtype=np.float64)
        value = np.asarray(table.column("value").to_numpy(), dtype=np.float64)
        order = np.lexsort((day, name))
        self._name = name[order]
        self._day = day[order]
        self._value = value[order]

    def series(self, *names: str) -> Series:
        """The series with these names, one for each key column; empty when there is none."""
        wanted = 0
        for codes, name in zip(self._codes, names, strict=True):
            if name not in codes:
                return EMPTY
            wanted = wanted * max(len(codes), 1) + codes[name]
        first, past = np.searchsorted(self._name, [wanted, wanted + 1])
        return Series(self._day[first:past], self._value[first:past])

    def words(self, key: str) -> tuple[str, ...]:
        """The words that stand in the key column `key`."""
        return tuple(self._codes[self._keys.index(key)])
