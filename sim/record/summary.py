"""The numbers that matter at the end of a run: one row a feature, one for all of them together."""

import math
from typing import NamedTuple

from sim.record.record import ALL, Record
from sim.record.tables import Series


class SummaryRow(NamedTuple):
    """A feature at the end of the run, or the whole market in the row `all`.

    People in `mau`, shares of 1 elsewhere, `hhi` 0 to 10,000. `days_to_100m` and `days_to_1b` count
    from the start to the first recorded day with that many monthly users, 0 when the run began with
    them; nan when it never came. nan also stands where a number has no meaning.
    """

    feature: str
    title: str
    mau: float
    dau_mau: float
    share: float
    days_to_100m: float
    days_to_1b: float
    developer_share: float
    hhi: float


def summarise(record: Record) -> tuple[SummaryRow, ...]:
    """One row a feature in the order of the scenario, and the row `all` last."""
    mau = {feature: record.adoption("mau", feature) for feature in (*record.features, ALL)}
    summed = sum(_or_zero(mau[feature].last) for feature in record.features)
    rows = []
    for feature in record.features:
        share = record.market("share", feature).last
        if math.isnan(share) and summed > 0:
            share = _or_zero(mau[feature].last) / summed
        lab = record.manifest.entities.features[feature].lab
        rows.append(
            SummaryRow(
                feature,
                record.title(feature),
                _or_zero(mau[feature].last),
                _stickiness(record, feature, mau[feature]),
                share,
                _days(mau[feature], 1e8),
                _days(mau[feature], 1e9),
                record.market("developer_share", lab).last,
                math.nan,
            )
        )
    rows.append(
        SummaryRow(
            ALL,
            "Any feature",
            _or_zero(mau[ALL].last),
            _stickiness(record, ALL, mau[ALL]),
            1.0 if summed > 0 else math.nan,
            _days(mau[ALL], 1e8),
            _days(mau[ALL], 1e9),
            math.nan,
            record.market("hhi", "market").last,
        )
    )
    return tuple(rows)


def _stickiness(record: Record, feature: str, mau: Series) -> float:
    dau = record.adoption("dau", feature).last
    return dau / mau.last if mau.last > 0 else math.nan


def _days(mau: Series, level: float) -> float:
    day = mau.first_day_at(level)
    return math.nan if day is None else day


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value
