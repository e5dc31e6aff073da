"""Warm start: spread people over states so that measured use meets the given figures on the start
date.

For each feature with figures: monthly users (in all or by segment, and by platform where known),
DAU/MAU, and the share of multi-homing over all. The unknowns are users by class and how many of
them are habitual. Two nested steps, repeated until the meter reads what was asked:

1. users by class: raked to the targets from a start in proportion to people, exposure and the
type's appeal
   and stickiness; nobody can be asked for twice, so a crowded class passes demand on to others;
2. stages: the share of habitual users that gives the DAU/MAU; pairs of features in proportion to
the product
   of their users in the class.

The month before the start is taken to have looked like the first day, so those who left within the
window are part of the MAU from the beginning.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.people.raking import InfeasibleTotals, Total, rake, round_to_total
from sim.people.world import World
from sim.rates.consumer_states import CASUAL, HABITUAL, TRIAL, ConsumerStates
from sim.scenario import Scenario, ScenarioError
from sim.usage.groups import ALL
from sim.usage.meter import UsageMeter

F64 = NDArray[np.float64]

#: The meter must read the targets this closely (relative).
CLOSE = 1e-4
MOST_ROUNDS = 60
SETTLED = 20
#: Share of a class that may use something at the start: hazards need somebody left to act on.
FULL = 0.97


@dataclass
class _Target:
    """One figure to meet: monthly users of a feature in a group of classes."""

    feature: int
    name: str
    group: int
    cells: NDArray[np.bool_]
    mau: float
    scale: float
    """What the raking is asked for, moved until the meter reads `mau`."""


def warm_start(
    scenario: Scenario,
    world: World,
    states: ConsumerStates,
    meter: UsageMeter,
    weight: F64,
    expected_flows: Callable[[F64], F64],
) -> F64:
    """People by state and class, (states, classes), whole numbers as floats.

    `weight` (J, C) says how users of a feature spread over classes before the targets;
    `expected_flows` gives a day's flows (transitions, classes) for people. Raises ScenarioError, at
    its place in the file, for figures that cannot hold.
    """
    targets = _targets(scenario, world, meter)
    habitual = np.full(len(states.features), 0.2)
    people = _assemble(scenario, world, states, np.zeros_like(weight), habitual)
    if targets:
        people = _meet(scenario, world, states, meter, weight, expected_flows, targets, habitual)
    people = _whole(people, world)
    meter.begin(people, expected_flows(people) if targets else None)
    return people


def _meet(
    scenario: Scenario,
    world: World,
    states: ConsumerStates,
    meter: UsageMeter,
    weight: F64,
    expected_flows: Callable[[F64], F64],
    targets: list[_Target],
    habitual: F64,
) -> F64:
    wanted = {
        j: float(f.at_start.dau_mau)
        for j, f in enumerate(scenario.features.values())
        if f.at_start is not None
    }
    worst = np.inf
    for round_ in range(MOST_ROUNDS):
        users = _users_by_class(scenario, world, states, weight, targets)
        people = _assemble(scenario, world, states, users, habitual)
        meter.begin(people, expected_flows(people))
        reading = meter.read(people, ("mau", "dau"))
        worst = 0.0
        for target in targets:
            got = reading["mau"][target.feature, target.group]
            ratio = target.mau / got if got > 0.0 else 1.0
            target.scale *= ratio
            worst = max(worst, abs(ratio - 1.0))
        refusals = []
        for j, share in wanted.items():
            mau, dau = reading["mau"][j, 0], reading["dau"][j, 0]
            if mau <= 0.0:
                continue
            if habitual[j] in (0.0, 1.0) and abs(dau / mau - share) > 0.005 * share:
                got = float(dau / mau)
                refusals.append(_activity_refusal(scenario, states, j, share, got, habitual[j]))
            worst = max(worst, abs(dau / mau / share - 1.0))
            # Moving a user from low to habitual use adds about half a daily user.
            habitual[j] = np.clip(habitual[j] + (share - dau / mau) * 1.5, 0.0, 1.0)
        # Late enough for every impossible figure to have run into its bound, so that all are named.
        if refusals and round_ >= SETTLED:
            raise ScenarioError([problem for error in refusals for problem in error.problems])
        if worst < CLOSE:
            return people
    if worst > 0.01:
        missed = [
            (t, float(reading["mau"][t.feature, t.group]))
            for t in targets
            if abs(reading["mau"][t.feature, t.group] / t.mau - 1.0) > 0.005
        ]
        raise scenario.refusal(
            ("features", states.features[missed[0][0].feature] if missed else "", "at_start"),
            "the start cannot meet all figures: "
            + "; ".join(f"{t.name}: wanted {t.mau:,.0f}, reached {got:,.0f}" for t, got in missed),
        )
    return people


def _activity_refusal(
    scenario: Scenario, states: ConsumerStates, j: int, share: float, got: float, habitual: float
) -> ScenarioError:
    side = "lowest" if habitual == 0.0 else "highest"
    return scenario.refusal(
        ("features", states.features[j], "at_start", "dau_mau"),
        f"{share:.3f} cannot be met: the {side} that the stages' daily activity allows is "
        f"{got:.4f}",
        expected="another value, or other activity_trial, activity_casual, activity_habitual",
    )


def _targets(scenario: Scenario, world: World, meter: UsageMeter) -> list[_Target]:
    names = list(meter.groups.names)
    targets = []
    for j, (name, feature) in enumerate(scenario.features.items()):
        if feature.at_start is None:
            continue
        mau = feature.at_start.mau
        given = (
            {(ALL, s): float(n) for s, n in mau.items()}
            if isinstance(mau, dict)
            else {(ALL, ALL): float(mau)}
        )
        for platform, people in (feature.at_start.platforms or {}).items():
            given[(platform, ALL)] = float(people)
        for (platform, segment), count in given.items():
            if count <= 0.0:
                continue
            group = names.index((platform, segment))
            where = (
                ""
                if (platform, segment) == (ALL, ALL)
                else f" in {segment if platform == ALL else platform}"
            )
            cells = meter.groups.members[group] > 0.0
            targets.append(_Target(j, f"MAU of {name}{where}", group, cells, count, count))
    return targets


def _users_by_class(
    scenario: Scenario, world: World, states: ConsumerStates, weight: F64, targets: list[_Target]
) -> F64:
    """Users of each feature by class (J, C), meeting the scaled targets within the people there
    are."""
    room = world.people * FULL
    several = float(scenario.parameters["multi_home_share"])
    users = np.zeros_like(weight)
    crowd = np.ones(weight.shape[1])
    for _ in range(200):
        for j in {t.feature for t in targets}:
            start = weight[j] * crowd
            for t in targets:
                if t.feature == j and not np.any(start[t.cells] > 0.0):
                    raise scenario.refusal(
                        ("features", states.features[j], "at_start", "mau"),
                        f"{t.name}: nobody there can have it on the start date",
                    )
            totals = [Total(t.name, t.cells, t.scale) for t in targets if t.feature == j]
            try:
                users[j] = rake(start, totals, tolerance=1e-7)
            except InfeasibleTotals as error:
                raise scenario.refusal(
                    ("features", states.features[j], "at_start"),
                    f"the start cannot meet all figures: {error}",
                ) from error
        # Who uses two features stands in both counts, so a class holds more uses than people.
        full = users.sum(axis=0) / (1.0 + several) / np.maximum(room, 1.0)
        if full.max() <= 1.0 + 1e-6:
            return users
        crowd /= np.maximum(full, 1.0)
    worst = int(np.argmax(full))
    raise scenario.refusal(
        ("features",),
        f"the start asks for {users[:, worst].sum():,.0f} users among the "
        f"{world.people[worst]:,} people of {world.class_names[worst]}: the MAU figures are too "
        "large together",
    )


def _assemble(
    scenario: Scenario, world: World, states: ConsumerStates, users: F64, habitual: F64
) -> F64:
    """People by state and class from users by class and the share of habitual users."""
    features, classes = users.shape
    people = np.zeros((len(states), classes))
    pairs = _pairs(scenario, users)
    trial = float(scenario.parameters["warm_trial_share"])
    for j in range(features):
        stages = {
            TRIAL: (1.0 - habitual[j]) * trial,
            CASUAL: (1.0 - habitual[j]) * (1.0 - trial),
            HABITUAL: habitual[j],
        }
        alone = users[j] - pairs[j].sum(axis=0)
        for stage, share in stages.items():
            people[states.using(j, stage)] = alone * share
            for k in range(features):
                if k != j:
                    people[states.using(j, stage, k)] = 0.5 * pairs[j, k] * share
        at_start = scenario.features[states.features[j]].at_start
        if at_start is not None and at_start.ever is not None:
            gone = max(float(at_start.ever) - users[j].sum(), 0.0)
            people[states.lapsed(j)] = gone * users[j] / max(users[j].sum(), 1.0)
    never = world.people - people.sum(axis=0)
    if never.min(initial=0.0) < -1.0:
        # Those who lapsed need room too; they are the least certain figure, so they give way.
        lapsed = [states.lapsed(j) for j in range(features)]
        gone = people[lapsed].sum(axis=0)
        keep = np.clip(
            1.0 + np.divide(never, gone, out=np.zeros_like(gone), where=gone > 0.0), 0.0, 1.0
        )
        people[lapsed] *= np.where(never < 0.0, keep, 1.0)
        never = world.people - people.sum(axis=0)
    people[states.never] = np.maximum(never, 0.0)
    return people


def _pairs(scenario: Scenario, users: F64) -> F64:
    """People who use both j and k, (J, J, C), symmetric: the share of multi-homers over all
    users."""
    share = float(scenario.parameters["multi_home_share"])
    total = users.sum(axis=0)
    product: F64 = users[:, None] * users[None] / np.maximum(total, 1.0)
    for j in range(users.shape[0]):
        product[j, j] = 0.0
    possible = product.sum() / 2.0
    if possible <= 0.0:
        return product
    wanted = total.sum() * share / (1.0 + share)
    scale = wanted / possible
    if scale > 1.0:
        raise scenario.refusal(
            ("parameters", "multi_home_share"),
            f"{share:.0%} cannot be met: the features' users overlap by at most "
            f"{possible / max(total.sum() - possible, 1.0):.0%}",
        )
    pairs: F64 = product * scale
    return pairs


def _whole(people: F64, world: World) -> F64:
    """Whole persons by state in every class."""
    columns = [round_to_total(people[:, c], int(world.people[c])) for c in range(world.people.size)]
    whole: F64 = np.array(columns, float).T
    return whole
