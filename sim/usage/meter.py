"""Measured use: daily, weekly and monthly users, flows, and who ever tried.

From counts by state and class, with the daily activity a of each stage:

    DAU = sum of people * a
    WAU, MAU = sum of people * (1 - (1 - a)^w), w = 7 and 28 days,
               + those who left k days ago * (1 - (1 - a)^(w - k)), their days inside the window

Whoever left and came back inside one window is counted twice, a small excess (their number is of
the order of the return hazard times the window). `ever` is exact for the row `all`; for one feature
it is an estimate, since a state does not remember everything tried before: takers who come from
another feature are taken to have tried this one before with the frequency of all people in their
position.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.rates.consumer_states import ConsumerStates
from sim.rates.sums import Sums
from sim.usage.groups import Groups
from sim.usage.metrics import METRICS
from sim.usage.metrics.metric import Followed, Look, Space, Weights
from sim.usage.metrics.users import DAU, MAU, WAU

F64 = NDArray[np.float64]

BY_NAME = {metric.name: metric for metric in METRICS}
#: Everybody is the first of the groups, which is all that the market looks at.
EVERYBODY = slice(0, 1)


class Users(NamedTuple):
    """Users of each feature, everybody counted once, (J,); `lapsed` a day, within the latest tick,
    and NaN before the first."""

    mau: F64
    wau: F64
    dau: F64
    lapsed: F64
    anything: tuple[float, float] = 0.0, 0.0
    """People who use any feature, in a month and on a day."""


@dataclass(frozen=True)
class Reading:
    """Metrics by name: (J + 1, groups), the last row being all features together, people counted
    once; counts of people have that row alone, (groups,)."""

    values: Mapping[str, F64]

    def __getitem__(self, name: str) -> F64:
        return self.values[name]


@dataclass
class MeterState:
    """All of a meter that moves."""

    left: F64
    """(ticks of the longest window, levels, groups) who left in each tick, by activity: a ring."""
    at: int
    """Where the next tick is written in the ring."""
    kept: int
    """Ticks in the ring."""
    lapsed: F64
    """(J + 1, groups) who left in the latest tick, a day."""
    days: float
    """Days since the last reading, and since then, (J + 1, groups):"""
    new: F64
    gone: F64
    ever: F64
    """(J + 1, classes) who ever used a feature."""
    first: F64
    """(J + 1, classes) who took each feature up for the first time in the latest tick, by the
    estimate that makes up `ever`."""
    opted_never: F64
    """(classes,) who opted out without having used anything."""


class UsageMeter:
    """Reads use off a population: `observe` the flows of every tick, and look when there is need.

    `metrics` are those that will be read, all unless given; with `first` the meter keeps who takes
    a feature up for the first time (`state.first`). What neither needs is not followed, and reading
    it is an error.
    """

    def __init__(
        self,
        states: ConsumerStates,
        groups: Groups,
        parameters: Mapping[str, float],
        dt: float,
        *,
        metrics: Collection[str] | None = None,
        first: bool = True,
    ) -> None:
        self.states, self.groups = states, groups
        self._dt = dt
        self._members = groups.members.T
        self._space = Space(
            states,
            _activity(states, parameters),
            month=float(parameters["month_window"]),
            week=float(parameters["week_window"]),
        )
        wanted = METRICS if metrics is None else [BY_NAME[name] for name in metrics]
        self._follows: set[Followed] = {part for metric in wanted for part in metric.follows}
        if first:
            self._follows.add("ever")
        self._uses = np.vstack([states.uses, states.uses.any(axis=0)])
        #: (J + 1, S) who uses a feature or lapsed from it.
        self._tried = self._uses + self._space.each([s.lapsed_from for s in states.states])
        self._leaves, self._level_row, self._level = self._leave_sums()
        self._starts = self._start_sums()
        self._stack, self._rows = self._stacked()
        #: People last looked at, and their product with all weights: several look at one instant.
        self._seen: tuple[NDArray[Any], F64] | None = None
        self._flat_row: dict[int, NDArray[np.int64]] = {}
        self._stayed: dict[tuple[float, int], F64] = {}
        self.state = self._blank()

    def _blank(self) -> MeterState:
        rows, (many, classes) = len(self._uses), self.groups.members.shape
        longest = int(np.ceil(self._space.month / self._dt))
        return MeterState(
            left=np.zeros((longest, self._level.size, many)),
            at=0,
            kept=0,
            lapsed=np.full((rows, many), np.nan),
            days=0.0,
            new=np.zeros((rows, many)),
            gone=np.zeros((rows, many)),
            ever=np.zeros((rows, classes)),
            first=np.zeros((rows, classes)),
            opted_never=np.zeros(classes),
        )

    def _leave_sums(self) -> tuple[Sums, NDArray[np.int64], F64]:
        """Sums of leavers by feature row and activity: (levels,) feature row and activity of
        each."""
        source, target = self.states.transitions.source, self.states.transitions.target
        rows: list[int] = []
        levels: list[float] = []
        masks: list[NDArray[np.bool_]] = []
        for f, (uses, activity) in enumerate(zip(self._uses, self._space.activity, strict=True)):
            leaves = uses[source] & ~uses[target]
            for level in np.unique(activity[source[leaves]]):
                rows.append(f)
                levels.append(float(level))
                masks.append(leaves & (activity[source] == level))
        return Sums.of(masks), np.array(rows, np.int64), np.array(levels)

    def _start_sums(self) -> Sums:
        """Sums of starters of each feature row by where they come from: never, a lapse from the
        same feature, elsewhere; and last those who opt out and never used anything."""
        source, target = self.states.transitions.source, self.states.transitions.target
        never = source == self.states.never
        masks: list[NDArray[np.bool_]] = []
        lapsed_from = np.array([s.lapsed_from for s in self.states.states])[source]
        for f, uses in enumerate(self._uses):
            starts = ~uses[source] & uses[target]
            own = (lapsed_from == f) & starts
            masks += [starts & never, own, starts & ~never & ~own]
        masks.append(never & (target == self.states.opted_out))
        return Sums.of(masks)

    def _stacked(self) -> tuple[F64, dict[Weights, slice]]:
        """The weights of all metrics in one matrix (rows, S), and where each stand."""
        blocks: dict[Weights, F64] = {}
        for metric in METRICS:
            for weights in metric.weighs:
                blocks.pop(weights, None)  # where it is asked for last: people after users
                blocks[weights] = weights(self._space)
        ends = np.cumsum([0, *(len(block) for block in blocks.values())]).tolist()
        spans = zip(blocks, ends[:-1], ends[1:], strict=True)
        return np.vstack(list(blocks.values())), {w: slice(a, b) for w, a, b in spans}

    # --- life of a run

    def begin(self, people: F64, hazard_flows: F64 | None) -> None:
        """Start from people (states, classes). With `hazard_flows` (transitions, classes), a day's
        expected flows at the start, the window before the start is filled as if they had always
        been so; without, nobody left before."""
        self.state = state = self._blank()
        state.ever = self._tried @ people.astype(float)
        if hazard_flows is not None:
            sums: F64 = self._leaves(hazard_flows) * self._dt
            state.left[:] = sums @ self._members
            state.kept = len(state.left)

    def observe(self, people_before: NDArray[Any], flows: NDArray[Any]) -> None:
        """Take in one tick's flows (transitions, classes); `people_before` as the tick began."""
        state = self.state
        left = self._leaves(flows) @ self._members
        state.left[state.at] = left
        state.at = (state.at + 1) % len(state.left)
        state.kept = min(state.kept + 1, len(state.left))
        gone = np.zeros_like(state.gone)
        self._add_by_row(gone, left)
        state.gone += gone
        state.lapsed = gone / self._dt
        state.days += self._dt
        if self._follows:
            sums = self._starts(flows)
            starts = sums[:-1].reshape(-1, 3, sums.shape[1])
            if "starters" in self._follows:
                state.new += starts.sum(axis=1) @ self._members
            if "ever" in self._follows:
                self._update_ever(people_before, starts, sums[-1])

    def _add_by_row(self, rows: F64, levels: F64) -> None:
        """Add (levels, columns) to their feature rows, (J + 1, columns), in order."""
        columns = levels.shape[1]
        if columns not in self._flat_row:
            at = self._level_row[:, None] * columns + np.arange(columns)
            self._flat_row[columns] = at.ravel()
        # Flat, since numpy is ten times as fast at it.
        np.add.at(rows.reshape(-1), self._flat_row[columns], levels.reshape(-1))

    def _update_ever(self, people: NDArray[Any], starts: F64, opted_never: F64) -> None:
        state = self.state
        here = self._tried @ people
        tried_elsewhere = people.sum(axis=0) - people[self.states.never] - state.opted_never - here
        before = np.divide(
            state.ever - here, tried_elsewhere, out=np.zeros_like(here), where=tried_elsewhere > 0.0
        )
        before = np.minimum(np.maximum(before, 0.0), 1.0)
        first = starts[:, 0] + starts[:, 2] * (1.0 - before)
        first[-1] = starts[-1, 0]
        state.ever += first
        state.first = first
        state.opted_never += opted_never

    # --- looking

    def users(self, people: NDArray[Any]) -> Users:
        """Users among people (states, classes) now: what the market looks at. Nothing moves."""
        look = self._look(people, EVERYBODY)
        mau, wau, dau = (metric.measure(look)[:, 0] for metric in (MAU, WAU, DAU))
        anything = float(mau[-1]), float(dau[-1])
        return Users(mau[:-1], wau[:-1], dau[:-1], self.state.lapsed[:-1, 0].copy(), anything)

    def read(self, people: NDArray[Any], metrics: Collection[str] | None = None) -> Reading:
        """Metrics of people (states, classes) now, all unless named; flows are a day's mean since
        the last reading (NaN when no time has passed)."""
        asked = METRICS if metrics is None else [BY_NAME[name] for name in metrics]
        for metric in asked:
            if not metric.follows <= self._follows:
                raise ValueError(f"`{metric.name}` was not followed")
        look = self._look(people, slice(None))
        values = {metric.name: metric.measure(look) for metric in asked}
        state = self.state
        state.new[:] = state.gone[:] = 0.0
        state.days = 0.0
        return Reading(values)

    def _look(self, people: NDArray[Any], chosen: slice) -> Look:
        # People by group first: sums of whole numbers, exact in any order and so on any number of
        # threads. All weights and groups are multiplied, whichever are asked for, since the last
        # bit of a product may depend on its shape.
        if self._seen is None or not np.array_equal(self._seen[0], people):
            self._seen = people.copy(), self._stack @ (people @ self._members)
        weighed = self._seen[1][:, chosen]
        state = self.state
        return Look(
            self._space,
            weigh=lambda weights: weighed[self._rows[weights]],
            add_leavers=lambda users, window: self._with_leavers(users, window, chosen),
            new=lambda: self._a_day(state.new[:, chosen]),
            lapsed=lambda: self._a_day(state.gone[:, chosen]),
            ever=lambda: (state.ever @ self._members)[:, chosen],
        )

    def _a_day(self, flow: F64) -> F64:
        days = self.state.days
        return flow / days if days > 0.0 else np.full(flow.shape, np.nan)

    def _with_leavers(self, users: F64, window: float, chosen: slice) -> F64:
        """With those who left within the window and were there for its first days."""
        state = self.state
        recent = min(state.kept, int(np.ceil(window / self._dt)))
        with_them = np.array(users, order="C")
        if recent == 0:
            return with_them
        ring, since = state.left[:, :, chosen], state.at - recent
        # Oldest first; from before the ring's beginning means from its end.
        left = (
            ring[since : state.at]
            if since >= 0
            else np.concatenate([ring[since:], ring[: state.at]])
        )
        stayed = np.multiply(self._stay(window, recent)[:, :, None], left, order="C")
        seen = np.add.reduce(stayed, axis=0)
        self._add_by_row(with_them, seen)
        return with_them

    def _stay(self, window: float, recent: int) -> F64:
        """(recent, levels) chance of use on the days of the window before each tick, oldest
        first."""
        if (window, recent) not in self._stayed:
            age = np.arange(recent, 0, -1) * self._dt
            days = np.maximum(window - age, 0.0)
            self._stayed[window, recent] = 1.0 - (1.0 - self._level) ** days[:, None]
        return self._stayed[window, recent]


def _activity(states: ConsumerStates, parameters: Mapping[str, float]) -> F64:
    """(J + 1, states): chance that a person in the state uses the feature on a day; last row: any
    feature."""
    stages = [float(parameters[f"activity_{name}"]) for name in ("trial", "casual", "habitual")]
    second = float(parameters["activity_secondary"])
    activity = np.zeros((len(states.features) + 1, len(states)))
    for i, s in enumerate(states.states):
        if s.primary >= 0:
            activity[s.primary, i] = stages[s.stage]
            activity[-1, i] = stages[s.stage]
        if s.secondary >= 0:
            activity[s.secondary, i] = second
            activity[-1, i] = 1.0 - (1.0 - stages[s.stage]) * (1.0 - second)
    return activity
