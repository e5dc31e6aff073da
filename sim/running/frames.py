"""Numbers of a run as data frames that no table holds as they are."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.record.record import ALL, Record
from sim.usage.passage import first_passages

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["first_passage", "surplus"]


#: Metrics of the market table that measure consumer surplus.
SURPLUS = ("surplus", "surplus_robust")


def first_passage(record: Record, thresholds: Sequence[float]) -> "pd.DataFrame":
    """The first recorded day on which each feature, and `all`, has so many monthly users."""
    import pandas as pd

    rows = []
    for feature in (*record.features, ALL):
        mau = record.adoption("mau", feature)
        for level, day in zip(
            thresholds, first_passages(mau.day, mau.value, thresholds), strict=True
        ):
            when = pd.NaT if day is None else pd.Timestamp(record.date(day))
            rows.append((feature, level, math.nan if day is None else day, when))
    frame = pd.DataFrame(rows, columns=["feature", "threshold", "day", "date"])
    return frame.astype({"day": float, "date": "datetime64[s]"})


def surplus(market: "pd.DataFrame") -> "pd.DataFrame":
    """Consumer surplus of the market table, by segment and for the whole market, with changes."""
    import pandas as pd

    found = market[market["metric"].isin(SURPLUS)]
    frame = (
        found.astype({"entity": str, "metric": str})
        .pivot(index=["entity", "day", "date"], columns="metric", values="value")
        .reindex(columns=list(SURPLUS))
        .rename_axis(columns=None)
    )
    for metric in SURPLUS:
        frame[f"{metric}_change"] = frame[metric] - frame.groupby("entity")[metric].transform(
            "first"
        )
    order = ["day", "date", "entity"]
    columns = [*order, *SURPLUS, *(f"{metric}_change" for metric in SURPLUS)]
    return pd.DataFrame(frame.reset_index())[columns]
