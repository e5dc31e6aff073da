"""The table of facts is complete, and the shipped baseline says what the facts say."""

import copy
import datetime as dt
import re
from functools import cache
from typing import Any

import pytest

import sim.scenario
from sim.facts import Fact, fact, facts
from sim.scenario import Scenario

TAKEN = re.compile(r"^fact ([a-z0-9-]+)$")
DERIVED = re.compile(r"^from fact ([a-z0-9-]+)$")

POLICIES = ("open", "closed", "hybrid")


@cache
def scenario(name: str) -> Scenario:
    return sim.scenario.load(name)


# --- the table


def test_ids_are_unique_and_readable() -> None:
    ids = [row.id for row in facts()]
    assert len(set(ids)) == len(ids) >= 60
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id) for id in ids)


@pytest.mark.parametrize("row", facts(), ids=lambda row: row.id)
def test_every_fact_is_complete(row: Fact) -> None:
    assert all((row.publisher, row.title, row.subject, row.quantity, row.unit))
    assert row.label in ("S", "D", "A")
    assert dt.date(2010, 1, 1) < row.date < dt.date(2026, 12, 31)
    assert re.fullmatch(r"(\d{4}(-\d\d(-\d\d)?)?)?", row.published)
    assert row.url == "" or row.url.startswith(("https://", "http://"))
    assert row.value >= 0
    if row.unit == "share":
        assert row.value <= 1
    if row.unit == "people" and row.value:
        assert 1e6 <= row.value < 1e10, "people are counted in whole people, not millions"


def test_a_recalled_number_is_never_labelled_as_published() -> None:
    recalled = [row for row in facts() if "recalled" in row.note.split(";")[0]]
    assert recalled
    assert {row.label for row in recalled} <= {"A"}


def test_an_unknown_fact_names_the_nearest_one() -> None:
    with pytest.raises(KeyError, match="whatsapp-mau-2025"):
        fact("whatsapp-mau-2026")


def test_facebook_by_region_adds_up_to_the_published_total() -> None:
    regions = ("us-canada", "europe", "asia-pacific", "rest")
    total = sum(fact(f"facebook-mau-{region}-2023").value for region in regions)
    assert total == pytest.approx(fact("facebook-mau-2023").value, rel=1e-3)


# --- the baseline


def _cited(pattern: re.Pattern[str]) -> list[tuple[str, float, str, Fact]]:
    """(path, value, label, fact) of every number of the baseline that cites a fact that way."""
    found = []
    for row in scenario("baseline-2026").evidence():
        match = pattern.match(row.source)
        if match:
            found.append((row.path, float(row.value), row.label, fact(match[1])))
    return found


def test_a_number_that_cites_a_fact_equals_it() -> None:
    taken = _cited(TAKEN)
    assert len(taken) >= 8
    for path, value, label, cited in taken:
        assert value == pytest.approx(cited.value, rel=1e-9), path
        assert label == cited.label, path


def test_a_number_derived_from_a_fact_names_one_that_exists() -> None:
    derived = _cited(DERIVED)
    assert len(derived) >= 30
    assert not [path for path, _, label, cited in derived if label == "S" and cited.label != "S"]


def test_every_fact_named_in_a_shipped_file_exists() -> None:
    for name, _, _, path in sim.scenario.available():
        text = re.sub(r"\n\s*# ", " ", path.read_text(encoding="utf-8"))
        for cited in re.findall(r"\bfacts? ([a-z0-9]+(?:-[a-z0-9]+)+)(?![-*a-z0-9])", text):
            assert fact(cited).id == cited, name


@pytest.mark.parametrize(
    ("platform", "id"),
    [
        ("whatsapp", "whatsapp-mau-2025"),
        ("facebook", "facebook-mau-2023"),
        ("instagram", "instagram-mau-2025"),
    ],
)
def test_platforms_have_their_published_size(platform: str, id: str) -> None:
    users = scenario("baseline-2026").platforms[platform].users
    assert isinstance(users, dict)
    assert sum(users.values()) == pytest.approx(fact(id).value, rel=0.005)


@pytest.mark.parametrize(
    ("feature", "id"),
    [
        ("meta-ai", "meta-ai-mau-2025-05"),
        ("chatgpt", "chatgpt-mau-2026-02"),
        ("gemini", "gemini-mau-2026-02"),
    ],
)
def test_assistants_start_at_their_published_size(feature: str, id: str) -> None:
    start = scenario("baseline-2026").features[feature].at_start
    assert start is not None
    assert isinstance(start.mau, dict)
    assert sum(start.mau.values()) == pytest.approx(fact(id).value, rel=1e-9)


def test_the_online_people_of_the_world_are_all_there() -> None:
    people = sum(segment.people for segment in scenario("baseline-2026").segments.values())
    assert people == pytest.approx(fact("internet-users-2025").value, rel=0.01)


@pytest.mark.parametrize("name", POLICIES)
def test_the_policy_scenarios_differ_from_the_baseline_in_metas_releases_only(name: str) -> None:
    def without_releases(scenario: Scenario) -> dict[str, Any]:
        tree = copy.deepcopy(scenario.plain())
        for tier in tree["labs"]["meta"]["models"].values():
            tier.pop("releases")
        return {key: tree[key] for key in tree if key not in ("name", "title", "question")}

    assert without_releases(scenario(name)) == without_releases(scenario("baseline-2026"))
    assert scenario(name) != scenario("baseline-2026")


def test_the_policies_agree_before_their_first_differing_date() -> None:
    def levels(name: str) -> set[tuple[str, dt.date, str | None]]:
        models = scenario(name).labs["meta"].models
        return {
            (tier, release.date, release.level)
            for tier, model in models.items()
            for release in model.releases
        }

    opened, closed, staged = (levels(name) for name in POLICIES)
    differing = (opened | closed | staged) - (opened & closed & staged)
    assert min(date for _, date, _ in differing) == dt.date(2026, 5, 15)
