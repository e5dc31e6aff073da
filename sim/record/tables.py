"""The tables of a run: their columns, and quick look-up of one series in them.

`adoption` and `market` are long: one number a row, named by the columns before it. A figure wants a
few of their thousands of series, so `LongTable` notes once where each series stands and then finds
it without pandas.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sim.usage.passage import first_passages

#: Tables that every run has.
NAMES = ("adoption", "market", "events")
#: Tables that a run has where there is something to say.
OPTIONAL = ("derivatives", "retention", "network", "cascades")

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
            # The same as data, null where it does not apply: see `sim.market.event_kinds`.
            ("lab", _TEXT),
            ("tier", _TEXT),
            ("feature", _TEXT),
            ("platform", _TEXT),
            ("segment", _TEXT),
            ("number", pa.float64()),
            ("what", _TEXT),
            ("reason", pa.string()),
            ("features", pa.list_(pa.string())),
        ]
    ),
    # Lines of derivatives at the end of the run, by size within each family of models.
    "derivatives": pa.schema([("family", _TEXT), ("rank", pa.int32()), ("size", pa.int64())]),
    # Cohorts of beginners, `age` days later: `starters` in people, then shares of them.
    "retention": pa.schema(
        [
            ("cohort", pa.date32()),
            ("feature", _TEXT),
            ("age", pa.float64()),
            ("metric", _TEXT),
            ("value", pa.float64()),
        ]
    ),
    # Use among people with ties, and its trees: see `sim.observing.network`.
    "network": pa.schema(
        [
            ("day", pa.float64()),
            ("date", pa.date32()),
            ("platform", _TEXT),
            ("what", _TEXT),
            ("low", pa.float64()),
            ("high", pa.float64()),
            ("feature", _TEXT),
            ("metric", _TEXT),
            ("value", pa.float64()),
        ]
    ),
    "cascades": pa.schema(
        [("what", _TEXT), ("feature", _TEXT), ("number", pa.int64()), ("value", pa.float64())]
    ),
}

#: Columns of the events that say what happened to whom.
SAID = tuple(name for name in SCHEMAS["events"].names if name not in ("time", "date"))
#: Columns that runs of earlier versions do not have; they read as null.
_LATER: Mapping[str, tuple[str, ...]] = {"events": SAID[SAID.index("detail") + 1 :]}


def present(tables: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the tables that a run with these has: the optional ones only with rows."""
    return NAMES + tuple(name for name in OPTIONAL if name in tables and tables[name].num_rows)


def empty(name: str) -> Any:
    """The table `name` of a run that has nothing to say in it."""
    return SCHEMAS[name].empty_table()


def encoded(name: str) -> list[str]:
    """The columns of the table `name` that hold words."""
    return [column.name for column in SCHEMAS[name] if pa.types.is_dictionary(column.type)]


class TableError(ValueError):
    """A table does not have the columns it must have."""


def conform(name: str, table: Any) -> Any:
    """`table` with the columns, order and types that a run's table `name` has.

    Further columns are dropped; those that came later are null where a table is older. Raises
    TableError when another column is missing or one cannot be converted.
    """
    schema = SCHEMAS[name]
    for later in _LATER.get(name, ()):
        if later not in table.column_names:
            nulls = pa.nulls(table.num_rows, schema.field(later).type)
            table = table.append_column(later, nulls)
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
            if column.type != kind:
                column = column.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as e:
            raise TableError(f"table `{name}`, column `{field.name}`: {e}") from e
        fields.append(pa.field(field.name, kind))
        columns.append(column)
    plain: Any = pa.table(columns, schema=pa.schema(fields))
    if all(column.num_chunks <= 1 for column in plain.columns):
        return plain  # joining one chunk would copy it
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
        return first_passages(self.day, self.value, (level,))[0]


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
        self._day = table.column("day").to_numpy()
        self._value = table.column("value").to_numpy()
        # A run is written series by series with days in order; only a foreign table needs sorting,
        # which costs as much memory as the table.
        step = np.diff(name)
        if not (np.all(step >= 0) and np.all((step > 0) | (np.diff(self._day) > 0))):
            order = np.lexsort((self._day, name))
            name, self._day, self._value = name[order], self._day[order], self._value[order]
            step = np.diff(name)
        starts = np.concatenate([[0], np.flatnonzero(step) + 1]) if rows else np.zeros(0, int)
        self._span = {
            int(name[first]): (int(first), int(past))
            for first, past in zip(starts, [*starts[1:], rows], strict=True)
        }

    def series(self, *names: str) -> Series:
        """The series with these names, one for each key column; empty when there is none."""
        wanted = 0
        for codes, name in zip(self._codes, names, strict=True):
            if name not in codes:
                return EMPTY
            wanted = wanted * max(len(codes), 1) + codes[name]
        first, past = self._span.get(wanted, (0, 0))
        day = np.asarray(self._day[first:past], np.float64)
        return Series(day, np.asarray(self._value[first:past], np.float64))

    def words(self, key: str) -> tuple[str, ...]:
        """The words that stand in the key column `key`."""
        return tuple(self._codes[self._keys.index(key)])
