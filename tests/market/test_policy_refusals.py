"""Policies that cannot be meant are refused where they stand; what can be meant survives."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.parameters.metrics import METRICS
from sim.running.simulation import Simulation
from sim.scenario import ScenarioError, json_schema, load
from tests.market.race import DEAR, OPEN, RACE, policy, race, rule

TEXT = RACE.replace(
    "      small: {level: hosted}\n",
    """\
      small: {level: hosted, releases: [{date: 2026-03-01, level: api}]}
    investment: {quality: 80 %, usability: 15 %, latency: 5 %}
    distillation: {of: [rival]}
    research:
      - {share: 20 %, duration: {median: 1 year}, success: 30 %, size: {median: 6 frontier-months}}
    policy:
      review: {every: 1 month}
      rules:
        - when: {metric: share, op: "<", value: 20 %}
          then: {tier: large, level: weights}
        - when: {metric: share, op: ">=", value: 40 %}
          then: {tier: large, level: api}
""",
)

FIRST = 'when: {metric: share, op: "<", value: 20 %}'
SECOND = '        - when: {metric: share, op: ">=", value: 40 %}\n'
THIRD = "          then: {tier: large, level: api}\n"

# old text, new text with » where the problem stands, what must be said there
REFUSED = [
    pytest.param("metric: share, op: \"<\"", "metric: »shar, op: \"<\"",
     "`shar` is not known here; expected one of lag, quality, mau,", id="unknown metric"),
    pytest.param("metric: share, op: \"<\"", "metric: »incidents, op: \"<\"",
     "`incidents` cannot be measured: the scenario has no section `safety`", id="no section"),
    pytest.param(FIRST, 'when: {metric: share, op: "<", value: »3 frontier-months}',
     "`3 frontier-months` has the wrong unit; expected a share", id="wrong unit"),
    pytest.param(FIRST, 'when: {metric: share, of: »rivl, op: "<", value: 20 %}',
     "unknown lab `rivl`; expected one of meta, rival; did you mean `rival`?", id="unknown lab"),
    pytest.param(FIRST, 'when: {metric: price, of: »helpr, op: "<", value: 2 USD per month}',
     "unknown feature `helpr`; expected one of helper, chatter", id="unknown feature"),
    pytest.param(FIRST, 'when: »{metric: price, op: "<", value: 2 USD per month}',
     "`price` of which feature?; expected `of:` one of helper, chatter", id="of nothing"),
    pytest.param(FIRST, 'when: {metric: level, tier: large, op: "<", value: »wieghts}',
     "`wieghts` is not a level; expected one of closed, staged,", id="unknown level"),
    pytest.param(FIRST, 'when: {metric: level, tier: »lrge, op: "<", value: weights}',
     "unknown tier of meta `lrge`; expected one of large, small", id="unknown tier looked at"),
    pytest.param(FIRST, 'when: {metric: hhi, of: »rival, op: "<", value: 2000}',
     "`hhi` is of the market as a whole", id="of what is the market's"),
    pytest.param(FIRST, 'when: {metric: share, for: »60, op: "<", value: 20 %}',
     "`60` has no unit; expected a duration", id="a time without unit"),
    pytest.param("then: {tier: large, level: weights}", "then: »{tier: large}",
     "an action of tier; expected one of `{tier, level}`,", id="half an action"),
    pytest.param("then: {tier: large, level: weights}",
     "then: »{tier: large, level: weights, feature: helper, rollout: pause}",
     "an action of feature, level, rollout, tier", id="two actions"),
    pytest.param("then: {tier: large, level: weights}", "then: {feature: »chatter, rollout: pause}",
     "`chatter` is a feature of rival; expected a feature of meta: helper", id="another's"),
    pytest.param(SECOND, '        - »when: {metric: share, op: ">=", value: 19 %}\n',
     "contradicts rule 1 (line 21): `large` goes to weights when share < 20 %, but `large` goes to "
     "api when share >= 19 %, and both can hold at one review", id="overlapping thresholds"),
    pytest.param(SECOND, '        - »when: {metric: lag, op: ">=", value: 4 frontier-months}\n',
     "contradicts rule 1 (line 21): ", id="different metrics can hold together"),
    pytest.param(SECOND,
     '        - »when: {metric: level, tier: large, op: ">=", value: weights}\n',
     "rules that undo each other without end within one review: rule 1 (line 21) `large` goes to "
     "weights when share < 20 %; rule 2 (line 23) `large` goes to api when level of large >= "
     "weights", id="closes what the other opened"),
    pytest.param("level: api}]", "»path: {levels: [api, weights]}, level: api}]",
     "a level and a path; expected one of the two", id="level and path"),
    pytest.param("{date: 2026-03-01, level: api}", "»{date: 2026-03-01}",
     "missing key; expected one of closed, staged,", id="neither level nor path"),
    pytest.param("level: api}]", "path: {levels: [api, »staged]}}]",
     "`staged` is not more open than `api` before it", id="a path that closes"),
    pytest.param("level: api}]", "path: {levels: »[api]}}]",
     "a path of 1 levels; expected two levels or more", id="a path to nowhere"),
    pytest.param("level: api}]", "path: {levels: [api, open], lags: »[1 d, 2 d]}}]",
     "2 lags between 2 levels; expected 1, one between each two", id="lags"),
    pytest.param("level: api}]", "level: api, new_version: false, »opens_previous: weights}]",
     "`opens_previous` where no new version comes out", id="no version before"),
    pytest.param("    investment: {quality: 80 %", "    »investment: {quality: 70 %",
     "the shares of the investment add up to 90 %; expected 100 %", id="shares of investment"),
    pytest.param("of: [rival]", "of: [rival, »meta]",
     "`meta` cannot distil its own models", id="own models"),
    pytest.param("{share: 20 %, duration", "{share: 20 %, start: »2025-12-31, duration",
     "2025-12-31 is before the start, 2026-01-01", id="a bet before the start"),
    pytest.param("    research:\n", "    »research:\n      - {share: 90 %, duration: {median: 9 d},"
     " success: 0, size: {median: 6 frontier-months}}\n",
     "the bets take 110 % of own growth together", id="more than all growth"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    text = TEXT
    assert text.count(old) == 1, old
    before, _, after = text.replace(old, new).partition("»")
    Path("race.yaml").write_text(before + after, encoding="utf-8")
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    with pytest.raises(ScenarioError) as caught:
        load("race.yaml")
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"race.yaml:{line}:{column}: labs.meta.")
    assert said in str(problem)


def accepted(*rules: dict[str, Any]) -> bool:
    """Does a scenario with these rules load?"""
    try:
        load(race(policy(*rules)))
    except ScenarioError:
        return False
    return True


def level(op: str, value: str, tier: str = "large") -> dict[str, Any]:
    return {"metric": "level", "tier": tier, "op": op, "value": value}


def share(op: str, value: str) -> dict[str, Any]:
    return {"metric": "share", "op": op, "value": value}


API = {"tier": "large", "level": "api"}
SMALL = {"tier": "small", "level": "api"}


def test_rules_contradict_only_where_both_can_hold() -> None:
    assert accepted(rule(share("<", "20 %"), OPEN), rule(share(">=", "20 %"), API))
    assert not accepted(rule(share("<=", "20 %"), OPEN), rule(share(">=", "20 %"), API))
    assert accepted(rule(share("<", "30 %"), OPEN), rule(share("<", "20 %"), OPEN))  # agree
    assert accepted(rule(share("<", "30 %"), OPEN), rule(share("<", "20 %"), SMALL))  # other tier
    assert accepted(rule(share("<", "0 %"), OPEN), rule(DEAR, API))  # a share is never below 0
    assert not accepted(rule(DEAR, OPEN), rule(share("<", "20 %"), API))
    assert accepted(
        rule([DEAR, share(">=", "20 %")], OPEN), rule(share("<", "20 %"), API)
    )  # told apart by a second condition
    new = {**API, "versions": "new"}
    assert accepted(rule(DEAR, OPEN), rule(DEAR, new))  # other versions
    assert not accepted(rule(DEAR, OPEN), rule(DEAR, {**API, "versions": "all"}))
    # Nothing lies between two levels.
    assert accepted(rule(level(">", "api"), API), rule(level("<", "finetune-api"), OPEN)) is False
    pause = {"feature": "helper", "rollout": "pause"}
    assert not accepted(rule(DEAR, pause), rule(share("<", "20 %"), {**pause, "rollout": "resume"}))


def test_rules_loop_only_where_they_can_undo_each_other_within_a_review() -> None:
    opens = rule(level("<", "weights"), OPEN)
    closes = rule(level(">=", "weights"), API)
    assert not accepted(opens, closes)
    # What must last cannot come to hold within a review: not one of the two, both must last.
    lasts = rule({**level(">=", "weights"), "for": "90 d"}, API)
    assert not accepted(opens, lasts)
    assert accepted(rule({**level("<", "weights"), "for": "90 d"}, OPEN), lasts)
    # A circle that settles: small follows large and large follows small, to one level each.
    follows = rule(level(">=", "weights"), {"tier": "small", "level": "weights"})
    leads = rule(level(">=", "weights", "small"), OPEN)
    assert accepted(follows, leads)
    # Over a third tier's level and a price: opening makes it cheap, cheap closes, closed opens.
    cheap = rule(level(">=", "weights"), {"feature": "helper", "price": 0})
    shuts = rule(
        [{"metric": "price", "of": "helper", "op": "<", "value": "1 USD per month"},
         level(">", "api")], API,
    )  # fmt: skip
    assert accepted(cheap, shuts)
    assert not accepted(cheap, shuts, rule(level("<=", "api"), OPEN))


def test_a_policy_has_at_most_50_rules() -> None:
    rules = [rule(share("<", "20 %"), OPEN)] * 51
    with pytest.raises(ScenarioError, match="51 rules; expected at most 50"):
        load(race(policy(*rules)))


def test_accepted_rules_come_to_rest_within_a_review() -> None:
    """300 random policies on levels and prices: of those that are accepted, running all rules as
    often as they like, one after the other, ends."""
    draw = np.random.default_rng(11)
    names = ["closed", "staged", "hosted", "api", "finetune-api", "weights", "open"]
    checked = refused = 0
    for _ in range(300):
        rules = []
        for _ in range(int(draw.integers(2, 5))):
            tier, other = (["large", "small"][i] for i in draw.integers(2, size=2))
            when = level([">", ">=", "<", "<="][draw.integers(4)], names[draw.integers(7)], tier)
            rules.append(rule(when, {"tier": other, "level": names[draw.integers(7)]}))
        if not accepted(*rules):
            refused += 1
            continue
        checked += 1
        for start in [(a, b) for a in range(7) for b in range(7)]:
            assert _rests(rules, dict(zip(("large", "small"), start, strict=True)), names)
    assert checked > 20
    assert refused > 20


def _rests(rules: list[dict[str, Any]], state: dict[str, int], names: list[str]) -> bool:
    compare: dict[str, Callable[[int, int], bool]] = {
        ">": int.__gt__, ">=": int.__ge__, "<": int.__lt__, "<=": int.__le__
    }  # fmt: skip
    for _ in range(100):
        for each in rules:
            when, then = each["when"], each["then"]
            holds = compare[when["op"]](state[when["tier"]], names.index(when["value"]))
            if holds and state[then["tier"]] != names.index(then["level"]):
                state[then["tier"]] = names.index(then["level"])
                break
        else:
            return True
    return False


# ------------------------------------------------------------------------------------------ schema


def test_everything_a_policy_can_say_survives_being_written_and_read(tmp_path: Path) -> None:
    path = {"levels": ["staged", "api", "weights"], "lags": ["2 months", "3 months"]}
    large = {
        "releases": [{"date": "2026-02-01", "path": path, "opens_previous": "open"}],
        "turn": {"date": "2026-05-01", "level": "api"},
        "substitution": {"api": "9 months"},
    }
    bet = {"share": "20 %", "duration": {"median": "18 months"}, "success": 0.3,
           "size": {"median": "6 frontier-months"}}  # fmt: skip
    meta = {
        "models": {"large": large, "small": {"level": "api"}},
        "investment": {"quality": "70 %", "usability": "20 %", "latency": "10 %"},
        "research": [bet, {**bet, "start": "2026-03-01"}],
        "distillation": {"of": ["rival"], "rate": "0.1 per month"},
    }
    rules = policy(
        rule([{**DEAR, "for": "60 d"}, level(">", "staged")], {**OPEN, "versions": "all"}),
        rule(DEAR, {"feature": "helper", "price": "1 USD per month"}, once=False),
        rule(DEAR, {"feature": "helper", "rollout": "pause"}),
    )
    scenario = load(race(meta | rules, rival={"research": bet}))
    written = tmp_path / "written.yaml"
    written.write_text(scenario.to_yaml(), encoding="utf-8")
    assert load(written) == scenario


def test_every_metric_is_declared_once_with_its_unit() -> None:
    assert all(metric.parameter.name == f"rule.{name}" for name, metric in METRICS.items())
    defined = json_schema()["$defs"]["When"]["properties"]
    assert {"metric", "of", "tier", "op", "value", "for"} == set(defined)
    named = next(kind["enum"] for kind in defined["metric"]["anyOf"] if "enum" in kind)
    assert set(METRICS) == set(named)
    assert len(named) == len(METRICS)


def test_every_metric_can_be_looked_at_where_its_section_is() -> None:
    """A rule on each of them, in a scenario with all sections: loads, runs, and finds a number."""
    named = {"feature": {"of": "helper"}, "tier": {"tier": "large"}, "regime": {"of": "eu"}}
    rules = []
    for name, metric in METRICS.items():
        least = 0 if metric.parameter.unit == "number" else f"0 {metric.parameter.unit}"
        when = {"metric": name, "op": ">=", "value": least, "for": "2 d"}
        rules.append(rule(when | named.get(metric.of, {}), OPEN))
    sections: dict[str, Any] = {
        "segments": {"everybody": {"people": "1 M", "regime": "eu"}},
        "developers": {"people": "10 k", "at_start": {"building": "10 %",
                                                      "families": {"meta": "100 %"}}},
        "safety": {}, "revenue": {}, "regulation": {},
        "enterprise": {"accounts": {"large": {"count": 50, "contract": "1 M USD per year"}}},
    }  # fmt: skip
    document = race(policy(*rules), duration="12 d", **sections)
    simulation = Simulation(load(document))
    simulation.run()
    assert np.isfinite(simulation.market.measure("usability", "helper"))
    for section in ("safety", "revenue", "regulation", "enterprise", "developers"):
        expected = sum(metric.section == section for metric in METRICS.values())
        without = {key: value for key, value in document.items() if key != section}
        with pytest.raises(ScenarioError) as caught:
            load(without)
        messages = [problem.message for problem in caught.value.problems]
        assert sum(f"no section `{section}`" in message for message in messages) == expected > 0
