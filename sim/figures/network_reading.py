"""The tables of ties as figures read them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.record.record import ALL, Record

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ByContacts:
    """People on one platform by class of contacts, arrays (classes,); `mean` contacts in each."""

    mean: Values
    people: Values
    simulated: Values
    start: Values
    """Share who use anything, or the feature asked for, on the first day."""
    end: Values


def read_by_contacts(record: Record, feature: str = ALL) -> dict[str, ByContacts]:
    """What the table `network` says of each platform, in the scenario's order."""
    found: dict[tuple[str, float], dict[tuple[str, float], float]] = {}
    table = record.table("network")
    names = ("what", "platform", "feature", "metric", "day", "low", "value")
    columns = (table.column(name).to_pylist() for name in names)
    days = set()
    for what, platform, whose, metric, day, low, value in zip(*columns, strict=True):
        if what != "degree" or (metric == "users" and whose != feature):
            continue
        days.add(float(day))
        found.setdefault((platform, low), {})[metric, float(day)] = value
    read = {}
    for platform in record.platforms:
        rows = [found[key] for key in sorted(found) if key[0] == platform]
        if not rows:
            continue
        first, last = min(days), max(days)

        def column(metric: str, day: float, rows: list[dict[tuple[str, float], float]]) -> Values:
            return np.array([row.get((metric, day), 0.0) for row in rows])

        people = column("people", first, rows)
        read[platform] = ByContacts(
            mean=column("contacts", first, rows),
            people=people,
            simulated=column("simulated", first, rows),
            start=column("users", first, rows) / people,
            end=column("users", last, rows) / people,
        )
    return read


@dataclass(frozen=True)
class Trees:
    """What the table `cascades` says, in people: `generations` (depth + 1,) uptakes, `brought`
    (most + 1,) people who brought about so many."""

    start: float
    generations: Values
    brought: Values

    @property
    def by_peers(self) -> float:
        """The share of uptakes that peers caused."""
        return float(self.generations[1:].sum() / self.generations.sum())


def read_trees(record: Record) -> Trees | None:
    """The trees of uptake of a run; None where nobody took anything up."""
    table = record.table("cascades")
    found: dict[str, dict[int, float]] = {"start": {}, "generation": {}, "transmissions": {}}
    columns = (table.column(name).to_pylist() for name in ("what", "feature", "number", "value"))
    for what, feature, number, value in zip(*columns, strict=True):
        if feature == ALL:
            found[what][number] = value
    if not found["generation"]:
        return None
    return Trees(
        found["start"].get(0, 0.0), _dense(found["generation"]), _dense(found["transmissions"])
    )


def _dense(values: dict[int, float]) -> Values:
    dense = np.zeros(max(values, default=-1) + 1)
    for number, value in values.items():
        dense[number] = value
    return dense
