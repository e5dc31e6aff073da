"""A small complete scenario, and ways to load a changed copy of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.scenario import Problem, ScenarioError, load

BASE = """\
name: base
start: 2026-05-01
duration: 6 months
segments:
  north: {people: 1.2 B}
  south: {people: 2 B, receptivity: 1.1}
platforms:
  chat:
    kind: messaging
    users: {north: 1 B, south: 1.5 B}
  feed:
    kind: social
    users: 2 B
    visits: 70 %
  pics:
    kind: photo
    users: 1.5 B
overlaps:
  - {platforms: [chat, feed], people: 1.6 B}
  - {of: pics, also: feed, share: 60 %}
labs:
  meta:
    quality: 30 frontier-months
    models:
      large:
        level: api
        releases:
          - {date: 2026-07-01, level: weights}
          - {date: 2026-08-01, level: open, every: 3 months}
    policy:
      review: {every: 1 month}
      rules:
        - when: {metric: share, op: "<", value: 30 %}
          then: {tier: large, level: open}
  rival:
    quality: 32 frontier-months
    models: {pro: {level: api}}
features:
  helper:
    title: "Helper: with a colon"
    lab: meta
    tier: large
    placements:
      chat: {surface: search-bar}
      feed: {surface: menu, strength: 0.1 %}
    rollout:
      - {date: 2026-06-01, share: 10 %}
      - {date: 2026-07-01, platforms: [chat]}
    at_start: {mau: 500 M, dau_mau: 0.2, rollout: 5 %}
  chatter:
    lab: rival
    tier: pro
    standalone: {pull: 0.05 per year}
developers:
  people: 30 M
  at_start: {building: 10 %, families: {meta: 0.5, rival: 0.5}}
parameters:
  omega: {value: 0.01 per day, label: S, source: "a study of 2020"}
  level.weights.access: 95 %
overrides:
  all-open:
    labs.meta.models.large.releases.0.level: open
    labs.meta.policy: null
  slow:
    parameters.omega: 0.002 per day
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in messages are relative to the working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a scenario file; with `(old, new)` pairs, a changed copy of the complete scenario."""

    def write_file(name: str, *changes: tuple[str, str], text: str | None = None) -> Path:
        content = BASE if text is None else text
        for old, new in changes:
            assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times"
            content = content.replace(old, new)
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def problems() -> Callable[..., list[Problem]]:
    """The problems that loading raises."""

    def of(*args: object, **kwargs: object) -> list[Problem]:
        with pytest.raises(ScenarioError) as caught:
            load(*args, **kwargs)  # type: ignore[arg-type]
        assert str(caught.value)
        return list(caught.value.problems)

    return of
