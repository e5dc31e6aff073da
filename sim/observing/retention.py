"""Retention by cohort: of those who took a feature up in a month, how many use it k days later.

A cohort is everybody who took the feature up for the first time within a calendar month. Day 0 is
the day on which a person is first counted among `new`; day k comes k days later for everyone,
whenever in the month they began. Two shares are told apart:

    active   use the feature on day k (the field's D1, D7, D30, D90): state times daily activity
    kept     are still users on day k, whether or not they come that very day

Nobody in the population remembers when they began, so a cohort is followed as an expected part of
it. Those who begin are counted by feature, type and state, and from then on move as the people of
the same feature, type and position moved in each tick, averaged over the classes of the type: on to
the next stage, to another feature, to using this one second, into a lapse and back. The positions
are

    trial, casual, habitual    with the feature first, alone or with a second one beside it
    secondary                  with the feature second
    lapsed                     from this feature
    elsewhere                  with another feature, or lapsed from another

Types stay apart, because curves of different types add up to one that flattens. What is lost:
within a type and position a cohort is taken to be spread over segments, platforms and other
features like everybody there. Who begins for the first time is the meter's estimate of `ever`:
exact from never and after a lapse from the same feature, else an average.

A month whose last beginners have not reached an age by the end of the run has no row for that age.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.observing.observer import Observer, Tick, View
from sim.people.world import World
from sim.rates.consumer_states import STAGES, ConsumerStates
from sim.record.plan import Plan

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

#: Days after taking up at which the field measures retention.
AGES = (1.0, 7.0, 30.0, 90.0)
METRICS = ("active", "kept")
#: Beginners of a cohort, given at age 0.
STARTERS = "starters"

SECONDARY, LAPSED, ELSEWHERE = 3, 4, 5
POSITIONS = 6
_GONE = -1


@dataclass
class Cohorts:
    """What moves: cohorts of a period's beginners by where they are now, and counts by month."""

    people: F64
    """(types, features, positions, slots): a ring of periods."""
    starters: F64
    """(months, features)"""
    retained: F64
    """(months, ages, features, metrics)"""
    begun: I64
    """(months,) periods that began in each month."""
    seen: I64
    """(months, ages) and those that have reached an age."""
    months: list[int] = field(default_factory=list)
    """The month of each period so far."""
    tick: int = 0


class Retention:
    """Follows cohorts of beginners: `observe` every tick, `table` at the end.

    With ticks shorter than a day the beginners of a day are followed together. An age is rounded to
    whole ticks, and one that rounds to none is left out; `age` in the table is what was measured.
    """

    def __init__(
        self,
        world: World,
        states: ConsumerStates,
        parameters: Mapping[str, float],
        *,
        start: date,
        days: float,
        dt: float,
    ) -> None:
        self._features, self._start, self._dt = states.features, start, dt
        self._of_type = (world.type_of[:, None] == np.arange(len(world.types))).astype(float)
        self._steps = max(1, round(1.0 / dt))
        period = self._steps * dt
        self._ages = sorted({a for a in (round(k / period) for k in AGES) if a > 0})
        self.ages = tuple(float(a) * period for a in self._ages)
        """Days at which retention is measured."""
        self._stack(states)
        features, types = len(states.features), len(world.types)
        activity = [float(parameters[f"activity_{name}"]) for name in STAGES]
        self._weights = np.zeros((len(METRICS), POSITIONS))
        self._weights[0, :LAPSED] = [*activity, float(parameters["activity_secondary"])]
        self._weights[1, :LAPSED] = 1.0
        months = self._month(days) + 1
        slots = max(self._ages, default=0) + 1
        self._moves = np.zeros((types, features, POSITIONS, POSITIONS))
        self.state = Cohorts(
            people=np.zeros((types, features, POSITIONS, slots)),
            starters=np.zeros((months, features)),
            retained=np.zeros((months, len(self._ages), features, len(METRICS))),
            begun=np.zeros(months, int),
            seen=np.zeros((months, len(self._ages)), int),
        )

    def _stack(self, states: ConsumerStates) -> None:
        """Which states are a feature's positions, and which transitions lead from one to another.

        Sums are rows of one matrix over transitions: all that leaves each position, the moves from
        one to another, beginners who come from never, and those who come from elsewhere.
        """
        position = np.array(
            [_positions(states, f) for f in range(len(states.features))], int
        ).reshape(-1, len(states))
        self._held = (position[:, None, :] == np.arange(POSITIONS)[:, None]).astype(float)
        self._held = self._held.reshape(-1, len(states))
        source, target = states.transitions.source, states.transitions.target
        never = source == states.never
        leaving, between, from_never, from_elsewhere = [], [], [], []
        entry, left = [], []
        for f, where in enumerate(position):
            a, b = where[source], where[target]
            for p in range(POSITIONS):
                leaving.append((a == p) & (b != p))
                for q in range(POSITIONS):
                    moves = (a == p) & (b == q) & (p != q)
                    if moves.any():
                        between.append(moves)
                        entry.append((f * POSITIONS + q) * POSITIONS + p)
                        left.append(f * POSITIONS + p)
            for q in range(LAPSED):
                from_never.append(never & (b == q))
                from_elsewhere.append((a == ELSEWHERE) & (b == q))
        rows = np.array(leaving + between + from_never + from_elsewhere, float)
        self._rows = rows.reshape(-1, len(states.transitions)).T.copy()
        # Where each sum of moves belongs in the matrices, and whom it is a share of.
        self._entry, self._left = np.array(entry, int), np.array(left, int)
        ends = np.cumsum([len(leaving), len(between), len(from_never)]).tolist()
        self._parts = [slice(a, b) for a, b in zip([0, *ends], [*ends, None], strict=True)]

    # --- life of a run

    def observe(self, people: NDArray[Any], flows: NDArray[Any], first: F64) -> None:
        """Take in one tick: people (states, classes) as it began, flows (transitions, classes), and
        those who took up each feature for the first time, (features, classes)."""
        types, features = self.state.people.shape[:2]
        moved = (flows @ self._of_type).T @ self._rows  # (types, rows)
        leaving, between, from_never, from_elsewhere = (moved[:, part] for part in self._parts)
        held = (self._held @ (people @ self._of_type)).T
        per_person = np.divide(1.0, held, out=np.zeros_like(held), where=held > 0.0)
        # Views of the moves, taken anew since a copy of the whole would part them.
        self._moves.reshape(types, -1)[:, self._entry] = between * per_person[:, self._left]
        stay = np.einsum("tfpp->tfp", self._moves)
        stay[...] = 1.0 - (leaving * per_person).reshape(stay.shape)
        self.state.people = self._moves @ self.state.people

        newcomers = from_never.reshape(types, features, LAPSED)
        others = from_elsewhere.reshape(types, features, LAPSED)
        expected = (first @ self._of_type).T - newcomers.sum(axis=2)
        total = others.sum(axis=2)
        share = np.divide(expected, total, out=np.zeros_like(total), where=total > 0.0)
        self._begin(newcomers + share[:, :, None] * others)
        self.state.tick += 1
        if self.state.tick % self._steps == 0:
            self._measure()

    def _begin(self, starters: F64) -> None:
        """Beginners by (type, feature, position) join the cohort of the present period."""
        n, slots = self.state.tick // self._steps, self.state.people.shape[3]
        if n == len(self.state.months):
            month = self._month((self.state.tick + 1) * self._dt)
            self.state.months.append(month)
            self.state.begun[month] += 1
            self.state.people[..., n % slots] = 0.0
        self.state.people[:, :, :LAPSED, n % slots] += starters
        self.state.starters[self.state.months[n]] += starters.sum(axis=(0, 2))

    def _measure(self) -> None:
        """Count the cohorts that have just reached one of the ages."""
        state, latest = self.state, len(self.state.months) - 1
        began = [latest - age for age in self._ages if age <= latest]  # ages rise
        if not began:
            return
        slots = state.people.shape[3]
        there = state.people[..., [n % slots for n in began]].sum(axis=0)
        counts = self._weights @ there  # (features, metrics, ages)
        for i, n in enumerate(began):
            month = state.months[n]
            state.retained[month, i] += counts[..., i]
            state.seen[month, i] += 1

    def _month(self, day: float) -> int:
        """Calendar months from that of the start to that of a day."""
        then = self._start + timedelta(days=int(day + 1e-9))
        return 12 * (then.year - self._start.year) + then.month - self._start.month

    def table(self) -> Any:
        """The table `retention` (pyarrow): cohort (first day of the month), feature, age in days,
        metric, value. `starters` are people, at age 0; the others are shares of them."""
        cohort, feature, age, metric, value = [], [], [], [], []

        def add(month: int, f: int, days: float, name: str, number: float) -> None:
            cohort.append(self._first_day(month))
            feature.append(self._features[f])
            age.append(days)
            metric.append(name)
            value.append(number)

        for f in range(len(self._features)):
            for month in np.flatnonzero(self.state.starters[:, f] > 0.0).tolist():
                starters = float(self.state.starters[month, f])
                add(month, f, 0.0, STARTERS, starters)
                for i, days in enumerate(self.ages):
                    if self.state.seen[month, i] < self.state.begun[month]:
                        continue
                    for m, name in enumerate(METRICS):
                        add(
                            month,
                            f,
                            days,
                            name,
                            float(self.state.retained[month, i, f, m]) / starters,
                        )
        return pa.table(
            {
                "cohort": pa.array(cohort, pa.date32()),
                "feature": pa.array(feature, pa.string()),
                "age": pa.array(age, pa.float64()),
                "metric": pa.array(metric, pa.string()),
                "value": pa.array(value, pa.float64()),
            }
        )

    def _first_day(self, month: int) -> date:
        years, rest = divmod(self._start.month - 1 + month, 12)
        return date(self._start.year + years, rest + 1, 1)


def _positions(states: ConsumerStates, feature: int) -> list[int]:
    """Each state as a position with respect to a feature; never and opted out are none."""
    found = []
    for s in states.states:
        if s.primary == feature:
            found.append(s.stage)
        elif s.secondary == feature:
            found.append(SECONDARY)
        elif s.lapsed_from == feature:
            found.append(LAPSED)
        elif s.primary >= 0 or s.lapsed_from >= 0:
            found.append(ELSEWHERE)
        else:
            found.append(_GONE)
    return found


class RetentionTable(Observer):
    """Cohorts of beginners."""

    name = "retention"

    def __init__(self, view: View) -> None:
        self._meter = view.meter
        self._retention = Retention(
            view.world,
            view.states,
            view.parameters,
            start=view.scenario.start,
            days=view.scenario.days,
            dt=view.dt,
        )
        self.state = self._retention.state

    @classmethod
    def of(cls, view: View, plan: Plan) -> "RetentionTable | None":
        return cls(view) if plan.wants_table("retention") else None

    def follow(self, tick: Tick) -> None:
        self._retention.observe(tick.before, tick.flows, self._meter.state.first[:-1])

    def tables(self) -> Mapping[str, Any]:
        return {"retention": self._retention.table()}
