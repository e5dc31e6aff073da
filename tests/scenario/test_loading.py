"""What a good file becomes: values, units, evidence, extends, overrides, settings."""

import copy
import pickle
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sim.parameters import GLOBALS, PARAMETERS
from sim.scenario import Problem, Quantity, Scenario, load

Write = Callable[..., Path]
Problems = Callable[..., list[Problem]]


@pytest.fixture
def base(write: Write) -> Scenario:
    return load(write("base.yaml"))


def test_quantities_are_plain_numbers_in_the_unit_of_the_registry(base: Scenario) -> None:
    assert base.start == date(2026, 5, 1)
    assert base.days == 182.625
    assert base.end == date(2026, 10, 30)
    assert base.segments["north"].people == 1.2e9
    assert base.platforms["chat"].users == {"north": 1e9, "south": 1.5e9}
    assert base.platforms["feed"].visits == 0.7
    assert base.platforms["chat"].visits is None
    placed = base.features["helper"].placements["feed"]
    assert (placed.surface, placed.strength) == ("menu", 0.001)
    standalone = base.features["chatter"].standalone
    assert standalone is not None
    assert standalone.pull == pytest.approx(0.05 / 365.25, rel=1e-15)
    assert base.labs["meta"].models["large"].releases[1].every == 3 * 30.4375
    assert base.overlaps[0].platforms == ("chat", "feed")
    assert base.overlaps[1].share == 0.6


def test_a_quantity_calculates_like_a_number_and_keeps_its_evidence(base: Scenario) -> None:
    people = base.segments["north"].people
    assert isinstance(people, Quantity)
    assert people * 2 == 2.4e9
    assert f"{people:.1e}" == "1.2e+09"
    assert str(base.parameters["omega"]) == "0.01"
    assert base.parameters["omega"].text == "0.01 per day"
    assert repr(people) == "Quantity(1.2 B, segment.people, A)"
    with pytest.raises(AttributeError):
        people.label = "S"
    assert copy.deepcopy(people) is people
    again = pickle.loads(pickle.dumps(people))
    assert (again, again.label, again.source) == (people, people.label, people.source)


def test_every_global_parameter_is_there_with_its_default(base: Scenario) -> None:
    assert tuple(base.parameters) == tuple(GLOBALS)
    changed = {"omega", "level.weights.access"}
    for name, parameter in GLOBALS.items():
        if name not in changed:
            value = base.parameters[name]
            assert (value, value.label, value.source) == (
                parameter.default, parameter.label, parameter.source
            )  # fmt: skip
    assert load({**base.plain(), "parameters": {"b_network": 0}}).parameters["b_network"] == 0.0


def test_evidence_of_a_default_is_the_registrys_and_of_another_number_an_assumption(
    base: Scenario,
) -> None:
    omega, access = base.parameters["omega"], base.parameters["level.weights.access"]
    assert (omega.label, omega.source) == ("S", "a study of 2020")
    assert (access.label, access.source) == ("A", "no source given")
    same = load({**base.plain(), "parameters": {"sigma": 0.5, "chi": 0.4}}).parameters
    assert same["sigma"].label == "S"
    assert same["sigma"].source == PARAMETERS["sigma"].source
    assert same["chi"].source == "no source given"


def test_evidence_rows_say_where_a_value_was_set(base: Scenario) -> None:
    rows = {row.path: row for row in base.evidence()}
    omega = rows["parameters.omega"]
    assert omega.where == "base.yaml:58"
    assert (omega.value, omega.unit, omega.low, omega.high) == (0.01, "per day", 0.001, 0.03)
    assert (omega.label, omega.source) == ("S", "a study of 2020")
    assert rows["parameters.sigma"].where == "default"
    assert rows["platforms.chat.users.south"].where == "base.yaml:10"
    assert rows["platforms.chat.users.south"].parameter == "platform.users"
    assert rows["labs.meta.growth"].where == "default"
    assert len([row for row in rows if row.startswith("parameters.")]) == len(GLOBALS)


def test_a_scenario_cannot_be_changed(base: Scenario) -> None:
    with pytest.raises(ValueError, match="frozen"):
        base.seed = 3
    with pytest.raises(TypeError, match="cannot be changed"):
        base.segments["west"] = base.segments["north"]
    with pytest.raises(TypeError, match="cannot be changed"):
        base.parameters.pop("omega")


def test_the_resolved_yaml_loads_back_to_the_same_scenario(base: Scenario, write: Write) -> None:
    again = load(write("again.yaml", text=base.to_yaml()))
    assert again == base
    assert again.digest == base.digest
    assert again.to_yaml() == base.to_yaml()
    assert again.parameters["omega"].source == "a study of 2020"
    assert load(base.plain()) == base
    assert load(base) == base
    assert pickle.loads(pickle.dumps(base)) == base


def test_the_digest_sees_every_value_and_every_source_and_no_formatting(
    base: Scenario, write: Write
) -> None:
    assert len(base.digest) == 64
    other = load(write("other.yaml", ("people: 1.2 B", "people: 1200000 k")))
    assert other.digest == base.digest
    assert load(base, set={"seed": 2}).digest != base.digest
    assert load(base, set={"parameters.omega": "0.01 per day"}).digest != base.digest


@pytest.mark.parametrize("text", ["no", "off", "1e6", "010", "~", "null", "0x1f", "2026-05-01",
                                  "a: b", "- a", "# a", "'", '"', "a\nb", "ü ☃", " ", "yes ", "!x",
                                  "&a", "*a", "{", "%", "@", "a  b", "x" * 300, "1.", ".inf", "<<",
                                  "a\u2028b", "\U0001f600", "a # b"])  # fmt: skip
def test_any_title_survives_the_way_through_yaml(base: Scenario, write: Write, text: str) -> None:
    titled = load(base, set={"title": text})
    assert titled.title == text.strip()
    assert load(write("again.yaml", text=titled.to_yaml())) == titled


def test_scalars_mean_what_yaml_1_2_says(write: Write) -> None:
    change = ("  north: {people: 1.2 B}", "  north: {people: 1.2e9, regime: no}")
    plain = load(write("base.yaml", change, ("name: base", "name: base\nseed: 010")))
    assert plain.segments["north"].people == 1.2e9
    assert plain.segments["north"].regime == "no"
    assert plain.seed == 10


def test_extends_merges_key_by_key_and_replaces_the_rest(write: Write, tmp_path: Path) -> None:
    write("base.yaml")
    child = """\
name: child
extends: base
title: A child
platforms:
  chat:
    users: {north: 0.9 B}
  feed: {visits: null}
labs:
  meta:
    policy: null
    models:
      large:
        releases: [{date: 2026-09-01, level: closed}]
parameters:
  omega: 0.02 per day
"""
    scenario = load(write("child.yaml", text=child))
    assert scenario.name == "child"
    assert scenario.platforms["chat"].users == {"north": 0.9e9, "south": 1.5e9}
    assert scenario.platforms["feed"].visits is None
    assert scenario.platforms["feed"].users == 2e9
    assert scenario.labs["meta"].policy is None
    assert scenario.labs["meta"].models["large"].level == "api"
    assert [r.level for r in scenario.labs["meta"].models["large"].releases] == ["closed"]
    assert scenario.overrides == ("all-open", "slow")
    # The source of the base's number does not speak for the child's.
    assert scenario.parameters["omega"].source == "no source given"
    where = {row.path: row.where for row in scenario.evidence()}
    assert where["platforms.chat.users.north"] == "child.yaml:6"
    assert where["platforms.chat.users.south"] == "base.yaml:10"


def test_problems_in_what_is_inherited_name_the_file_they_stand_in(
    write: Write, problems: Problems
) -> None:
    write("base.yaml", ("    visits: 70 %", "    visits: 700 %"))
    text = "name: child\nextends: base\nplatforms:\n  chat:\n    vists: 3\n  pcs: null\n"
    found = problems(write("child.yaml", text=text))
    assert [(p.file, p.line, p.column, p.path) for p in found] == [
        ("child.yaml", 5, 5, "platforms.chat.vists"),
        ("child.yaml", 6, 8, "platforms.pcs"),
        ("base.yaml", 14, 13, "platforms.feed.visits"),
    ]
    # A size that only the child makes impossible is reported where the child says it.
    write("base.yaml")
    text = "name: child\nextends: base\nsegments: {north: {people: 0.5 B}}\n"
    found = problems(write("child.yaml", text=text))
    assert (found[0].file, found[0].line, found[0].path) == (
        "base.yaml", 10, "platforms.chat.users.north"
    )  # fmt: skip


def test_a_cycle_of_extends_is_refused_with_its_chain(write: Write, problems: Problems) -> None:
    for name, base in (("a", "b"), ("b", "c"), ("c", "a")):
        write(f"{name}.yaml", text=f"name: {name}\nextends: {base}\n")
    found = problems("a.yaml")
    assert [str(p) for p in found] == [
        "c.yaml:2:10: extends: a cycle: a extends b extends c extends a"
    ]


def test_a_chain_of_extends_is_bounded(write: Write, problems: Problems) -> None:
    for i in range(40):
        write(f"s{i}.yaml", text=f"name: s{i}\nextends: s{i + 1}\n")
    assert "more than 16 scenarios on top of each other" in str(problems("s0.yaml")[0])


def test_extends_finds_the_same_folder_first_then_what_is_shipped(write: Write) -> None:
    shipped = load("baseline-2026")
    child = load(write("mine.yaml", text="name: mine\nextends: baseline-2026\n"))
    assert child.segments == shipped.segments
    write("baseline-2026.yaml")
    child = load(write("mine.yaml", text="name: mine\nextends: baseline-2026\n"))
    assert set(child.segments) == {"north", "south"}


def test_overrides_apply_by_name_in_the_order_asked_for(base: Scenario, write: Write) -> None:
    assert base.overrides == ("all-open", "slow")
    opened = load("base.yaml", with_=["all-open"])
    assert opened.labs["meta"].models["large"].releases[0].level == "open"
    assert opened.labs["meta"].policy is None
    assert opened.parameters["omega"] == 0.01
    both = load("base.yaml", with_=("all-open", "slow"))
    assert both.parameters["omega"] == 0.002
    assert both.labs["meta"].policy is None
    assert {r.path: r.where for r in both.evidence()}["parameters.omega"] == "base.yaml:65"
    assert load(base, with_=["slow"]) == load("base.yaml", with_="slow")


def test_an_unknown_override_is_named_with_the_nearest(base: Scenario, problems: Problems) -> None:
    found = problems(base, with_=["al-open"])
    assert str(found[0]) == (
        "--with al-open: unknown override; expected one of all-open, slow; did you mean `all-open`?"
    )


def test_settings_reach_every_kind_of_place(base: Scenario) -> None:
    changed = load(
        base,
        set=[
            "labs.meta.models.large.releases.0.level=open",
            "labs.meta.models.large.releases.2={date: 2026-10-01, level: api}",
            "labs.meta.growth=1.2 frontier-months per month",
            "labs.meta.policy.rules.0.when.value=25 %",
            "parameters.level.weights.access=80 %",
            "parameters.chi={value: 0.5, label: S, source: 'a, b'}",
            "segments.south.title=South: a=b",
            "platforms.chat.users=2 B",
            "platforms.feed.ties.mean_degree=12",
            "features.chatter.at_start.mau=1 M",
            "features.chatter.at_start.dau_mau=0.4",
            "developers=",
            "seed=7",
        ],
    )
    releases = changed.labs["meta"].models["large"].releases
    assert [release.level for release in releases] == ["open", "open", "api"]
    assert changed.labs["meta"].growth == 1.2
    assert changed.labs["meta"].policy is not None
    when = changed.labs["meta"].policy.rules[0].when
    assert not isinstance(when, tuple)
    assert when.value == 0.25
    assert changed.parameters["level.weights.access"] == 0.8
    assert changed.parameters["chi"].source == "a, b"
    assert changed.segments["south"].title == "South: a=b"
    assert changed.platforms["chat"].users == 2e9
    assert changed.platforms["feed"].ties.mean_degree == 12.0
    assert changed.features["chatter"].at_start is not None
    assert changed.developers is None
    assert changed.seed == 7
    where = {row.path: row.where for row in changed.evidence()}
    assert where["parameters.level.weights.access"] == (
        "--set parameters.level.weights.access=80 %"
    )


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("labs.meta.models.larg.level=open",
         "labs.meta.models.larg: unknown key; expected one of large; did you mean `large`?"),
        ("lab.meta.growth=1", "lab: unknown key; expected one of name, "),
        ("labs.meta.grwth=1 frontier-month per month", "labs.meta.grwth: unknown key; expected one "
         "of title, quality, growth, uses_open, models, policy, investment, research, "
         "distillation; did you mean `growth`?"),
        ("labs.meta.models.large.releases.0.level=wieghts", "did you mean `weights`?"),
        ("labs.meta.models.large.releases.5.level=open",
         "labs.meta.models.large.releases.5: there are 2 items in "
         "`labs.meta.models.large.releases`; expected 0 to 2, where 2 adds one"),
        ("labs.meta.models.large.releases.first.level=open", "is no place in a list"),
        ("labs.meta.quality.x=1", "labs.meta.quality: holds a single value"),
        ("labs.meta.growth=5", "`5` has no unit"),
        ("parameters.omga=1 per day", "did you mean `omega`?"),
        ("segments.nrth=", "segments.nrth: unknown key; expected one of north, south; did you "
         "mean `north`?"),
        ("seed", "not a setting; expected `dotted.path=value`"),
        ("=3", "not a setting"),
        ("seed=[1", "not YAML"),
        ("seed=!!int 3", "`!!int 3` is no such number"),
        ("seed=[!!int 3]", "tag `tag:yaml.org,2002:int`"),
        ("extends=bass", "cannot change what the scenario extends"),
        ("..=3", "unknown key"),
    ],
)  # fmt: skip
def test_a_setting_that_leads_nowhere_says_so_at_set(
    base: Scenario, problems: Problems, setting: str, said: str
) -> None:
    found = problems(base, set=[setting])
    assert len(found) == 1
    assert found[0].file.startswith("--set ")
    assert said in str(found[0])


def test_settings_from_python_take_python_values(base: Scenario, problems: Problems) -> None:
    import numpy as np

    changed = load(
        base,
        set={
            "segments.north.receptivity": 1.5,
            "start": date(2026, 4, 1),
            "platforms.feed.users": np.float64(1.9e9),
            "developers": None,
            "features.helper.rollout.1.platforms": ("chat", "feed"),
            "parameters.omega": base.parameters["omega"],
        },
    )
    assert changed.segments["north"].receptivity == 1.5
    assert changed.start == date(2026, 4, 1)
    assert changed.platforms["feed"].users == 1.9e9
    assert changed.developers is None
    assert changed.parameters["omega"].source == "a study of 2020"
    assert "has no place in a scenario" in str(problems(base, set={"title": object()})[0])
    loop: list[object] = []
    loop.append(loop)
    assert "nested more than" in str(problems(base, set={"title": loop})[0])


def test_seed_engine_and_until_are_settings_of_their_own(
    base: Scenario, problems: Problems
) -> None:
    changed = load(base, seed=9, engine="expected", until="2027-05-01")
    assert (changed.seed, changed.engine, changed.days) == (9, "expected", 365.0)
    assert changed.end == date(2027, 5, 1)
    assert load(base, until=date(2026, 5, 2)).days == 1.0
    assert str(problems(base, until="2026-05-01")[0]) == (
        "--until: 2026-05-01 is not after the start, 2026-05-01; expected a date after 2026-05-01"
    )
    assert str(problems(base, until="soon")[0]).startswith("--until: `soon` is not a date")
    assert str(problems(base, engine="agent")[0]).startswith("--engine: engine: `agent` is not")
    assert str(problems(base, seed=-1)[0]).startswith("--seed: seed: `-1`")


def test_a_mapping_is_a_scenario_too(base: Scenario, problems: Problems) -> None:
    plain = base.plain()
    plain["name"] = "mapped"
    assert load(plain).name == "mapped"
    del plain["labs"]["meta"]["quality"]
    found = problems(plain)
    assert [(p.file, p.line, p.path, p.message) for p in found] == [
        ("scenario", None, "labs.meta.quality", "missing key")
    ]
    child = load({"name": "child", "extends": "baseline-2026", "seed": 5})
    assert (child.name, child.seed) == ("child", 5)
    with pytest.raises(TypeError, match="a name, a path"):
        load(3)  # type: ignore[arg-type]


def test_a_name_means_a_file_beside_the_user_before_a_shipped_one(write: Write) -> None:
    assert load("bass").name == "bass"
    write("bass.yaml")
    assert load("bass").name == "base"
    assert load(Path("bass.yaml")).name == "base"
    assert load("./bass.yaml").name == "base"


def test_installed_scenarios_are_found_inside_the_package_first(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.scenario import locating

    inside = tmp_path / "sim" / "_scenarios"
    inside.mkdir(parents=True)
    write("base.yaml").rename(inside / "ours.yaml")
    monkeypatch.setattr(locating, "_PACKAGE", tmp_path / "sim")
    assert [row.name for row in locating.available()] == ["ours"]
    assert load("ours").name == "base"
    child = load(write("child.yaml", text="name: child\nextends: ours\n"))
    assert set(child.segments) == {"north", "south"}
    assert load("sim/_scenarios/ours").name == "base"


def test_what_no_kind_of_platform_says_can_be_given(write: Write) -> None:
    given = (
        "kind: video\n    visits: 40 %\n    visibility: 0.001 per day\n    ties: {mean_degree: 9}"
    )
    scenario = load(write("base.yaml", ("kind: photo", given)))
    assert scenario.platforms["pics"].kind == "video"


def test_the_levels_and_surfaces_of_the_schema_are_those_of_the_registry() -> None:
    from typing import get_args

    from sim.parameters.market import LEVELS, SURFACES
    from sim.scenario.features import Surface
    from sim.scenario.labs import Level

    assert get_args(Level) == LEVELS
    assert get_args(Surface) == SURFACES
