"""Where people stand: never tried, trial, casual, habitual, lapsed, opted out, as shares of all."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, date_axis, headline, share_axis, x_of
from sim.figures.labels import EndLabel, Page, end_labels, room_for
from sim.figures.style import STAGES, mix
from sim.figures.words import by_end, percent, when
from sim.record.record import ALL, Record
from sim.record.tables import Series

Values = npt.NDArray[np.float64]

_LEAST = 1e-3  # a layer that never gets thicker has no label

_NAMES = {
    "habitual": "Habitual",
    "casual": "Casual",
    "trial": "Trial",
    "lapsed": "Lapsed",
    "opted_out": "Opted out",
    "never": "Never tried",
}


def stages(ax: Axes, record: Record, *, segment: str = ALL) -> None:
    """Everybody by the stage of their main feature, as a stack of shares.

    `segment` narrows it to one segment. Raises NoFigure when the run recorded no stages for it.
    """
    day, counts = _counts(record, segment)
    total = np.sum(list(counts.values()), axis=0)
    if not total.size or total.max() <= 0:
        who = "this run" if segment == ALL else f"segment `{segment}`"
        raise NoFigure(f"no people by stage in {who}")
    shares = {
        s: np.divide(c, total, out=np.zeros_like(c), where=total > 0) for s, c in counts.items()
    }
    where = "" if segment == ALL else f" in {record.title(segment)}"
    headline(
        ax, record, _title(record, shares, where), f"People{where} by stage of their main feature"
    )

    texts = {s: f"{_NAMES[s]} {percent(float(v[-1]))}" for s, v in shares.items()}
    span = date_axis(ax, record, label_room=room_for(ax, list(texts.values())))
    share_axis(ax, 1.0, span, "Share of all people" if segment == ALL else "Share of its people")
    x = x_of(record, day)
    base = np.zeros(len(day))
    ends = []
    for stage, values in shares.items():
        upper = base + values
        ax.fill_between(
            x, base, upper, facecolor=STAGES[stage], edgecolor="white", linewidth=0.8, zorder=2
        )
        if values.max() > _LEAST:
            colour = mix(STAGES[stage], "#000000", 0.0 if stage == "habitual" else 0.45)
            middle = float(base[-1] + values[-1] / 2)
            ends.append(EndLabel(texts[stage], middle, "#404040" if stage == "never" else colour))
        base = upper
    end_labels(Page(ax), ends, span)


def _counts(record: Record, segment: str) -> tuple[Values, dict[str, Values]]:
    """Days, and people by stage on each, in the order of the stack."""

    def one(metric: str) -> Series:
        whole = record.adoption(metric, ALL, ALL, segment)
        if len(whole):
            return whole
        # A person has one main feature, so its stages add up over features.
        parts = [record.adoption(metric, f, ALL, segment) for f in record.features]
        parts = [p for p in parts if len(p)]
        if not parts:
            return whole
        return Series(parts[0].day, np.sum([p.value for p in parts], axis=0))

    found = {stage: one("lapsed_now" if stage == "lapsed" else stage) for stage in STAGES}
    day = next((series.day for series in found.values() if len(series)), np.empty(0))
    counts = {
        stage: series.value if len(series) == len(day) else np.zeros(len(day))
        for stage, series in found.items()
    }
    return day, counts


def _title(record: Record, shares: dict[str, Values], where: str) -> str:
    habitual, never = shares["habitual"], shares["never"]
    end = by_end(record)
    if habitual[-1] > habitual[0] + 0.005:
        return (
            f"{percent(float(habitual[-1]))} of people{where} use a feature habitually {end}, "
            f"up from {percent(float(habitual[0]))}"
        )
    if never[-1] < never[0] - 0.005:
        half = np.flatnonzero(never <= 0.5)
        if never[0] > 0.5 and half.size:
            day = float(record.adoption("never").day[half[0]]) if not where else None
            if day is not None:
                return f"Half of all people have tried a feature {when(record, day)}"
        return (
            f"{percent(float(never[-1]))} of people{where} have never tried a feature {end}, "
            f"down from {percent(float(never[0]))}"
        )
    return f"{percent(float(never[-1]))} of people{where} have never tried a feature {end}"


FIGURE = Figure(
    "stages",
    "People by stage as a stack of shares.",
    stages,
)
