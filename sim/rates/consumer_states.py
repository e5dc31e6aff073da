"""States of a consumer, and the moves between them.

With J features: `never`; a primary feature in one of three stages, alone or with a secondary
feature beside it; `lapsed` from a feature; `opted out`. That is 1 + 3J + 3J(J - 1) + J + 1 states:
82 at J = 5, 202 at J = 8, so a state fits one byte.

The rules the formulas leave open, chosen here: who lapses from the primary but has a secondary goes
on with the secondary (casual); who has a secondary reconsiders only between the two, and a switch
swaps them; opting out is final.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.rates.table import Transitions

STAGES = ("trial", "casual", "habitual")
TRIAL, CASUAL, HABITUAL = range(3)
#: More features would need more than one byte a state.
MOST_FEATURES = 8


class Move(IntEnum):
    """What a transition is; `j` is the feature left or kept, `k` the one taken up."""

    UPTAKE = 0
    RETURN = 1
    PROGRESS = 2
    DECAY = 3
    LAPSE = 4
    SWITCH = 5
    ADD = 6
    DROP = 7
    OPT_OUT = 8


@dataclass(frozen=True)
class State:
    """One state. Indices are -1 where they do not apply."""

    name: str
    primary: int = -1
    stage: int = -1
    secondary: int = -1
    lapsed_from: int = -1
    opted_out: bool = False


@dataclass(frozen=True)
class Step:
    """One transition between states by index."""

    source: int
    target: int
    move: Move
    j: int
    k: int
    stage: int


class ConsumerStates:
    """The state space of `features` (ids, in the scenario's order). Raises ValueError above 8
    features."""

    def __init__(self, features: tuple[str, ...]) -> None:
        if len(features) > MOST_FEATURES:
            raise ValueError(f"{len(features)} features; a state has room for {MOST_FEATURES}")
        self.features = features
        self.states = _states(features)
        self._index = {
            (s.primary, s.stage, s.secondary, s.lapsed_from, s.opted_out): i
            for i, s in enumerate(self.states)
        }
        self.steps = tuple(sorted(self._steps(), key=lambda step: step.source))
        self.transitions = Transitions(
            states=tuple(state.name for state in self.states),
            source=np.array([step.source for step in self.steps], np.int64),
            target=np.array([step.target for step in self.steps], np.int64),
        )

    def __len__(self) -> int:
        return len(self.states)

    @property
    def never(self) -> int:
        return 0

    @property
    def opted_out(self) -> int:
        return len(self.states) - 1

    def using(self, j: int, stage: int, secondary: int = -1) -> int:
        return self._index[(j, stage, secondary, -1, False)]

    def lapsed(self, j: int) -> int:
        return self._index[(-1, -1, -1, j, False)]

    @cached_property
    def uses(self) -> NDArray[np.bool_]:
        """(features, states): does a person in this state use the feature, as primary or
        secondary?"""
        return np.array(
            [
                [j in (s.primary, s.secondary) for s in self.states]
                for j in range(len(self.features))
            ]
        ).reshape(len(self.features), len(self.states))

    def _steps(self) -> list[Step]:
        features = range(len(self.features))
        steps = [
            *(Step(0, self.using(k, TRIAL), Move.UPTAKE, -1, k, -1) for k in features),
            Step(0, self.opted_out, Move.OPT_OUT, -1, -1, -1),
        ]
        for i, s in enumerate(self.states):
            if s.lapsed_from >= 0:
                j = s.lapsed_from
                steps += [Step(i, self.using(k, TRIAL), Move.RETURN, j, k, -1) for k in features]
                steps.append(Step(i, self.opted_out, Move.OPT_OUT, -1, -1, -1))
            elif s.primary >= 0:
                steps += self._out_of_use(i, s)
        return steps

    def _out_of_use(self, i: int, s: State) -> list[Step]:
        j, stage, k = s.primary, s.stage, s.secondary
        steps = []
        if stage != HABITUAL:
            steps.append(Step(i, self.using(j, stage + 1, k), Move.PROGRESS, j, -1, stage))
        else:
            steps.append(Step(i, self.using(j, CASUAL, k), Move.DECAY, j, -1, stage))
        others = [other for other in range(len(self.features)) if other != j]
        if k < 0:
            steps.append(Step(i, self.lapsed(j), Move.LAPSE, j, -1, stage))
            steps += [Step(i, self.using(o, CASUAL), Move.SWITCH, j, o, stage) for o in others]
            steps += [Step(i, self.using(j, stage, o), Move.ADD, j, o, stage) for o in others]
        else:
            steps.append(Step(i, self.using(k, CASUAL), Move.LAPSE, j, k, stage))
            steps.append(Step(i, self.using(k, CASUAL, j), Move.SWITCH, j, k, stage))
            steps.append(Step(i, self.using(j, stage), Move.DROP, j, k, stage))
        steps.append(Step(i, self.opted_out, Move.OPT_OUT, j, -1, stage))
        return steps


def _states(features: tuple[str, ...]) -> tuple[State, ...]:
    numbers = range(len(features))
    alone = [
        State(f"{features[j]}/{STAGES[stage]}", primary=j, stage=stage)
        for j in numbers
        for stage in range(len(STAGES))
    ]
    both = [
        State(f"{features[j]}/{STAGES[stage]}+{features[k]}", primary=j, stage=stage, secondary=k)
        for j in numbers
        for stage in range(len(STAGES))
        for k in numbers
        if k != j
    ]
    lapsed = [State(f"lapsed/{features[j]}", lapsed_from=j) for j in numbers]
    return (State("never"), *alone, *both, *lapsed, State("opted-out", opted_out=True))
