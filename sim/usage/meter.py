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

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.rates.consumer_states import CASUAL, HABITUAL, TRIAL, ConsumerStates
from sim.usage.groups import Groups

F64 = NDArray[np.float64]

#: Measures of each feature (and of all together), the first axis of a reading.
MEASURES = (
    "mau",
    "wau",
    "dau",
    "new",
    "lapsed",
    "ever",
    "trial",
    "casual",
    "habitual",
    "secondary",
)
#: Counts of people that only the row `all` has.
PEOPLE_COUNTS = ("never", "lapsed_now", "opted_out", "people")


class Users(NamedTuple):
    """Users of each feature over everybody, people counted once, all (J,): monthly, weekly, daily,
    and those who left in the latest tick, a day."""

    mau: F64
    wau: F64
    dau: F64
    lapsed: F64


@dataclass(frozen=True)
class Reading:
    """features: (measures, J + 1, groups), the last row being all features together, people counted
    once; people: (PEOPLE_COUNTS, groups)."""

    features: F64
    people: F64


@dataclass(frozen=True)
class _SumRows:
    """Sums over chosen transitions. A transition counts in few of the rows, so the chosen ones are
    gathered and added up; a dense product would do 20 times the work."""

    chosen: NDArray[np.int64]
    starts: NDArray[np.int64]
    filled: NDArray[np.int64]
    rows: int

    @classmethod
    def of(cls, masks: list[NDArray[np.bool_]]) -> "_SumRows":
        found = [np.flatnonzero(mask) for mask in masks]
        filled = np.array([i for i, members in enumerate(found) if members.size], np.int64)
        sizes = [found[i].size for i in filled]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64) if sizes else filled
        chosen = np.concatenate([found[i] for i in filled]) if sizes else filled
        return cls(chosen, starts, filled, len(masks))

    def sum(self, flows: NDArray[Any]) -> F64:
        """(transitions, classes) -> (rows, classes)."""
        total = np.zeros((self.rows, flows.shape[1]))
        if self.filled.size:
            gathered = np.take(flows, self.chosen, axis=0)
            total[self.filled] = np.add.reduceat(gathered, self.starts, axis=0)
        return total


class UsageMeter:
    """Reads use off a population, tick by tick: `observe` the flows, then `read`."""

    def __init__(
        self, states: ConsumerStates, groups: Groups, parameters: Mapping[str, float], dt: float
    ) -> None:
        self.states, self.groups = states, groups
        self._dt = dt
        self._windows = (float(parameters["month_window"]), float(parameters["week_window"]))
        activity = _activity(states, parameters)
        self._uses = np.vstack([states.uses, states.uses.any(axis=0)])
        self._state_weights = self._stack_state_weights(activity)
        self._left_levels, self._flow_rows = self._stack_flow_rows(activity)
        longest = int(np.ceil(self._windows[0] / dt))
        self._left: deque[F64] = deque(maxlen=longest)
        self._flows = np.zeros((3, len(states.features) + 1, groups.members.shape[0]))
        self._days = 0.0
        self._ever: F64 | None = None
        self._opted_never = np.zeros(groups.members.shape[1])
        self.first: F64 = np.zeros((self._uses.shape[0], groups.members.shape[1]))
        """(J + 1, classes) who took each feature up for the first time in the latest tick, by the
        estimate that makes up `ever`."""

    # --- weights

    def _stack_state_weights(self, activity: F64) -> F64:
        """(rows, states): mau, wau, dau and stages of every feature row, then the people counts."""
        states, rows = self.states.states, self._uses.shape[0]
        month, week = self._windows
        stage = np.array([s.stage for s in states])
        primary = np.array([s.primary for s in states])
        secondary = np.array([s.secondary for s in states])
        blocks = [1.0 - (1.0 - activity) ** month, 1.0 - (1.0 - activity) ** week, activity]
        for wanted in (TRIAL, CASUAL, HABITUAL):
            blocks.append(
                np.array(
                    [(stage == wanted) & ((primary == j) | (j == rows - 1)) for j in range(rows)],
                    float,
                )
            )
        blocks.append(
            np.array(
                [(secondary >= 0) & ((secondary == j) | (j == rows - 1)) for j in range(rows)],
                float,
            )
        )
        counts = np.zeros((len(PEOPLE_COUNTS), len(states)))
        counts[0, self.states.never] = 1.0
        counts[1, [s.lapsed_from >= 0 for s in states]] = 1.0
        counts[2, self.states.opted_out] = 1.0
        counts[3] = 1.0
        return np.vstack([*blocks, counts])

    def _stack_flow_rows(self, activity: F64) -> tuple[tuple[tuple[int, float], ...], "_SumRows"]:
        """Sums over transitions: leavers by (feature row, activity level), then starters by
        origin."""
        moves, rows = self.states.transitions, self._uses.shape[0]
        source, target = moves.source, moves.target
        levels: list[tuple[int, float]] = []
        weights: list[NDArray[np.bool_]] = []
        for f in range(rows):
            leaves = self._uses[f, source] & ~self._uses[f, target]
            for level in np.unique(activity[f, source[leaves]]):
                levels.append((f, float(level)))
                weights.append(leaves & (activity[f, source] == level))
        lapsed_from = np.array([s.lapsed_from for s in self.states.states])[source]
        never = source == self.states.never
        for f in range(rows):
            starts = ~self._uses[f, source] & self._uses[f, target]
            own = (lapsed_from == f) & starts
            weights += [starts & never, own, starts & ~never & ~own]
        weights.append(never & (target == self.states.opted_out))
        return tuple(levels), _SumRows.of(weights)

    # --- life of a run

    def begin(self, people: F64, hazard_flows: F64 | None) -> None:
        """Start from people (states, classes). With `hazard_flows` (transitions, classes), a day's
        expected flows at the start, the window before the start is filled as if they had always
        been so; without, nobody left before."""
        lapsed = np.array(
            [[s.lapsed_from == f or (f == self._uses.shape[0] - 1 and s.lapsed_from >= 0) for s in
              self.states.states] for f in range(self._uses.shape[0])], float
        )  # fmt: skip
        self._lapsed = lapsed
        self._ever = (self._uses + lapsed) @ people.astype(float)
        self._left.clear()
        if hazard_flows is not None:
            left = self._leavers(self._flow_rows.sum(hazard_flows) * self._dt)
            for _ in range(self._left.maxlen or 0):
                self._left.append(left)

    def observe(self, people_before: NDArray[Any], flows: NDArray[Any]) -> None:
        """Take in one tick's flows (transitions, classes); `people_before` as the tick began."""
        assert self._ever is not None, "begin comes first"
        rows = self._flow_rows.sum(flows)
        self._left.append(self._leavers(rows))
        left_rows = len(self._left_levels)
        starts = rows[left_rows:-1].reshape(-1, 3, rows.shape[1])
        self._update_ever(people_before, starts, rows[-1])
        members = self.groups.members.T
        left = np.zeros((self._uses.shape[0], members.shape[1]))
        for (f, _), row in zip(self._left_levels, self._left[-1], strict=True):
            left[f] += row
        self._flows[0] += starts.sum(axis=1) @ members
        self._flows[1] += left
        self._days += self._dt

    def _leavers(self, rows: F64) -> F64:
        left: F64 = rows[: len(self._left_levels)] @ self.groups.members.T
        return left

    def _update_ever(self, people: NDArray[Any], starts: F64, opted_never: F64) -> None:
        assert self._ever is not None
        here = (self._uses + self._lapsed) @ people
        tried_elsewhere = people.sum(axis=0) - people[self.states.never] - self._opted_never - here
        before = np.divide(
            self._ever - here, tried_elsewhere, out=np.zeros_like(here), where=tried_elsewhere > 0.0
        )
        first = starts[:, 0] + starts[:, 2] * (1.0 - np.clip(before, 0.0, 1.0))
        first[-1] = starts[-1, 0]
        self._ever += first
        self.first = first
        self._opted_never += opted_never

    def read(self, people: NDArray[Any]) -> Reading:
        """Measures of people (states, classes) now; flows are a day's mean since the last reading
        (NaN when no time has passed)."""
        assert self._ever is not None, "begin comes first"
        rows = self._uses.shape[0]
        members = self.groups.members.T
        # People by group first: sums of whole numbers, exact in any order and so on any number of
        # threads.
        linear = self._state_weights @ (people @ members)
        features = np.zeros((len(MEASURES), rows, members.shape[1]))
        features[:3] = linear[: 3 * rows].reshape(3, rows, -1)
        features[6:10] = linear[3 * rows : 7 * rows].reshape(4, rows, -1)
        counts = linear[7 * rows :]
        for i, window in enumerate(self._windows):
            self._add_leavers(features[i], window)
            np.minimum(features[i], counts[3], out=features[i])
        features[3:5] = self._flows[:2] / self._days if self._days > 0.0 else np.nan
        features[5] = self._ever @ members
        self._flows[:] = 0.0
        self._days = 0.0
        return Reading(features, counts)

    def users(self, people: NDArray[Any]) -> Users:
        """Users now, over everybody."""
        flows, days = self._flows.copy(), self._days
        reading = self.read(people).features
        self._flows[:], self._days = flows, days
        left = np.full(reading.shape[1] - 1, np.nan)
        if self._days > 0.0:
            left = np.zeros(reading.shape[1])
            for (f, _), row in zip(self._left_levels, self._left[-1], strict=True):
                left[f] += row[0]
            left = left[:-1] / self._dt
        return Users(reading[0, :-1, 0], reading[1, :-1, 0], reading[2, :-1, 0], left)

    def everybody(self, people: NDArray[Any]) -> tuple[float, float]:
        """People who use anything in a month, and on a day."""
        flows, days = self._flows.copy(), self._days
        reading = self.read(people).features
        self._flows[:], self._days = flows, days
        return float(reading[0, -1, 0]), float(reading[2, -1, 0])

    def _add_leavers(self, users: F64, window: float) -> None:
        """Add those who left within the window and were there for its first days."""
        recent = min(len(self._left), int(np.ceil(window / self._dt)))
        if recent == 0:
            return
        age = np.arange(recent, 0, -1) * self._dt
        days = np.maximum(window - age, 0.0)
        activity = np.array([level for _, level in self._left_levels])
        weight = 1.0 - (1.0 - activity[:, None]) ** days  # (levels, recent)
        left = np.array([self._left[i] for i in range(len(self._left) - recent, len(self._left))])
        seen = np.einsum("lr,rlg->lg", weight, left)
        for (f, _), row in zip(self._left_levels, seen, strict=True):
            users[f] += row


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
