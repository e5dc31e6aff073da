"""Series out of long tables, and the summary made of them."""

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sim.record.record import Record
from sim.record.summary import summarise
from sim.record.tables import LongTable, Series, TableError, conform
from sim.running.run import Run
from tests.record.synthetic import outcome


def test_a_series_is_what_pandas_finds_in_the_table() -> None:
    run = Run.of(outcome(days=40, features=3, by_segment=True))
    frame = run.adoption
    for feature, platform, segment in (
        ("meta-ai", "all", "all"),
        ("gemini", "facebook", "all"),
        ("chatgpt", "all", "asia"),
    ):
        rows = frame[
            (frame.feature == feature)
            & (frame.platform == platform)
            & (frame.segment == segment)
            & (frame.metric == "wau")
        ].sort_values("day")
        series = run.record.adoption("wau", feature, platform, segment)
        assert len(series) == 41
        np.testing.assert_array_equal(series.day, rows.day)
        np.testing.assert_array_equal(series.value, rows.value)


def test_a_series_is_in_order_of_time_whatever_the_order_of_the_rows() -> None:
    table = pa.table(
        {
            "day": [2, 0, 1, 0],
            "entity": ["a", "a", "a", "b"],
            "metric": ["m"] * 4,
            "value": [20.0, 0.0, 10.0, 5.0],
        }
    )
    series = LongTable(table, ("entity", "metric")).series("a", "m")
    assert series.day.tolist() == [0.0, 1.0, 2.0]
    assert series.value.tolist() == [0.0, 10.0, 20.0]


def test_a_series_that_was_not_recorded_is_empty() -> None:
    record = Run.of(outcome(days=5, features=1)).record
    for series in (record.adoption("mau", "nobody"), record.market("share", "nobody")):
        assert len(series) == 0
        assert math.isnan(series.last)
        assert series.first_day_at(1.0) is None


def test_tables_in_chunks_with_their_own_dictionaries_are_one_table() -> None:
    parts = [
        pa.table(
            {
                "day": [float(day)],
                "date": pa.array([day], pa.int32()).cast(pa.date32()),
                "entity": pa.array([entity]).dictionary_encode(),
                "metric": pa.array(["m"]).dictionary_encode(),
                "value": [1.0 * day],
            }
        )
        for day, entity in enumerate(["a", "b", "a"])
    ]
    table = conform("market", pa.concat_tables(parts))
    assert LongTable(table, ("entity", "metric")).series("a", "m").value.tolist() == [0.0, 2.0]


def test_a_table_without_a_column_is_refused_by_name() -> None:
    with pytest.raises(TableError, match="`market` lacks the column metric, value"):
        conform("market", pa.table({"day": [0], "date": [0], "entity": ["a"]}))


def test_an_empty_table_keeps_its_columns() -> None:
    run = Run.of(outcome(days=5, features=1, events=False))
    assert list(run.events.columns)[:5] == ["time", "date", "kind", "entity", "detail"]
    assert run.record.events == ()


def _record(mau: list[float]) -> Record:
    made = Run.of(outcome(days=len(mau) - 1, features=1))
    frame = made.adoption
    wanted = (frame.feature == "meta-ai") & (frame.platform == "all") & (frame.metric == "mau")
    frame = frame.astype({"date": "object"})
    frame.loc[wanted, "value"] = mau
    frame["date"] = pd.to_datetime(made.adoption.date).dt.date
    tables = {"adoption": conform("adoption", pa.Table.from_pandas(frame, preserve_index=False))}
    tables |= {name: made.record.table(name) for name in ("market", "events")}
    return Record(made.manifest, tables.__getitem__)


def test_days_to_a_level_count_from_the_start_to_the_first_day_with_it() -> None:
    row = summarise(_record([9e7, 9.99e7, 1e8, 1.2e8, 9e7]))[0]
    assert row.days_to_100m == 2.0
    assert math.isnan(row.days_to_1b)
    assert row.mau == 9e7
    assert summarise(_record([2e9, 1e9]))[0].days_to_1b == 0.0


def test_the_summary_has_a_row_a_feature_and_one_for_all() -> None:
    frame = Run.of(outcome()).summary()
    assert list(frame.index) == ["meta-ai", "chatgpt", "gemini", "claude", "deepseek", "all"]
    meta = frame.loc["meta-ai"]
    assert meta["title"] == "Meta AI"
    assert meta["mau"] == pytest.approx(1.62e9)
    assert meta["dau_mau"] == pytest.approx(0.21)
    assert meta["share"] == pytest.approx(0.2)
    assert meta["developer_share"] == pytest.approx(0.46)
    assert frame["hhi"].isna().tolist() == [True] * 5 + [False]
    everyone = frame.loc["all"]
    assert everyone["hhi"] == pytest.approx(2700 - 2 * 730 / 30.4375)
    assert everyone["mau"] < frame["mau"][:-1].sum()  # each person once


def test_a_run_without_users_has_a_summary() -> None:
    rows = summarise(Run.of(outcome(users=0.0)).record)
    assert all(row.mau == 0 and math.isnan(row.dau_mau) for row in rows)


def test_first_day_at_is_none_for_an_empty_series() -> None:
    assert Series(np.empty(0), np.empty(0)).first_day_at(0.0) is None
