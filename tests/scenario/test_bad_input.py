"""Every kind of wrong file: one clear message with file, line, column and what was expected."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.parameters import GLOBALS
from sim.scenario import Problem, load

Write = Callable[..., Path]
Problems = Callable[..., list[Problem]]


def test_the_complete_scenario_of_these_tests_has_no_problem(write: Write) -> None:
    assert load(write("base.yaml")).name == "base"


# old text, new text with » where the problem stands, and what must be said there
ONE_MISTAKE = [
    (
        "    visits: 70 %",
        "    »vists: 70 %",
        "platforms.feed.vists: unknown key; expected one of title, kind, users, visits, "
        "visibility, ties; did you mean `visits`?",
    ),
    (
        "duration: 6 months",
        "»duraton: 6 months",
        "duraton: unknown key; expected one of name, title, question, extends, overrides, start, "
        "duration, tick, seed, engine, people, segments, types, platforms, overlaps, "
        "influence, features, labs, developers, enterprise, revenue, safety, regulation, "
        "parameters, changes; did you mean `duration`?",
    ),
    (
        "  feed:\n    kind: social\n",
        "  »feed:\n",
        "platforms.feed.kind: missing key",
    ),
    (
        "    users: 2 B",
        "    users: »[1, 2]",
        "platforms.feed.users: a list where a quantity belongs; expected a number of people, "
        "e.g. `250 k` (0 to 100 B)",
    ),
    (
        "    quality: 30 frontier-months",
        "    quality: »30",
        "labs.meta.quality: `30` has no unit; expected a quality in frontier-months: write e.g. "
        "`30 frontier-months` (0 to 1200 frontier-months)",
    ),
    (
        "pull: 0.05 per year",
        "pull: »5 %",
        "features.chatter.standalone.pull: `5 %` has the wrong unit; expected a rate, e.g. "
        "`0.005 per day` (0 to 1 per day)",
    ),
    (
        "    visits: 70 %",
        "    visits: »170 %",
        "platforms.feed.visits: 170 % is out of range; expected 0 to 100 %",
    ),
    (
        "value: 0.01 per day",
        "value: »0.0001 per day",
        "parameters.omega.value: 0.0001 per day is out of range; expected 0 or 0.001 to 0.03 per "
        "day",
    ),
    (
        ", label: S",
        ", label: »X",
        "parameters.omega.label: `X` is not a label; expected label S (published), D (derived), "
        "A (assumption)",
    ),
    (
        ", label: S, source: \"a study of 2020\"",
        ", label: »S",
        "parameters.omega.label: label S without a source; expected a `source` beside it: where "
        "the number was read or how it was derived",
    ),
    (
        "  level.weights.access: 95 %",
        "  »level.wieghts.access: 95 %",
        "parameters.level.wieghts.access: unknown parameter; expected one of the "
        f"{len(GLOBALS)} parameters "
        "that `uptake explain` lists; did you mean `level.weights.access`?",
    ),
    (
        "also: feed",
        "also: »fed",
        "overlaps.1.also: unknown platform `fed`; expected one of chat, feed, pics; did you mean "
        "`feed`?",
    ),
    (
        "users: {north: 1 B,",
        "users: {»nort: 1 B,",
        "platforms.chat.users.nort: unknown segment `nort`; expected one of north, south; did "
        "you mean `north`?",
    ),
    (
        "    lab: meta",
        "    lab: »mtea",
        "features.helper.lab: unknown lab `mtea`; expected one of meta, rival; did you mean "
        "`meta`?",
    ),
    (
        "    tier: pro",
        "    tier: »prp",
        "features.chatter.tier: unknown tier of rival `prp`; expected one of pro; did you mean "
        "`pro`?",
    ),
    (
        "then: {tier: large",
        "then: {tier: »lrge",
        "labs.meta.policy.rules.0.then.tier: unknown tier of meta `lrge`; expected one of large; "
        "did you mean `large`?",
    ),
    (
        "2026-07-01, level: weights",
        "2026-07-01, level: »wieghts",
        "labs.meta.models.large.releases.0.level: `wieghts` is not known here; expected one of "
        "closed, staged, hosted, api, finetune-api, weights, open; did you mean `weights`?",
    ),
    (
        "2026-07-01, level: weights",
        "»2025-07-01, level: weights",
        "labs.meta.models.large.releases.0.date: 2025-07-01 is before the start, 2026-05-01; "
        "expected a later date; the level at the start is the tier's `level`",
    ),
    (
        "2026-06-01, share: 10 %",
        "»2026-04-30, share: 10 %",
        "features.helper.rollout.0.date: 2026-04-30 is before the start, 2026-05-01; expected a "
        "later date; what was rolled out by the start goes in `at_start: {rollout: ...}`",
    ),
    (
        "start: 2026-05-01",
        "start: »2026-02-30",
        "start: `2026-02-30` is not in the calendar; expected a date, e.g. `2026-05-01`",
    ),
    (
        "start: 2026-05-01",
        "start: »1 May",
        "start: `1 May` is not a date; expected a date, e.g. `2026-05-01`",
    ),
    (
        "[chat, feed], people: 1.6 B",
        "[chat, feed], people: »2.1 B",
        "overlaps.0.people: 2.1 B people on both `chat` (2.5 B) and `feed` (2 B); expected at "
        "most 2 B",
    ),
    (
        "[chat, feed], people: 1.6 B",
        "[chat, feed], people: »1.2 B",
        "overlaps.0.people: 1.2 B people on both `chat` (2.5 B) and `feed` (2 B) among 3.2 B; "
        "expected at least 1.3 B",
    ),
    (
        "users: {north: 1 B,",
        "users: {north: »1.3 B,",
        "platforms.chat.users.north: 1.3 B users in `north`, which has 1.2 B people; expected at "
        "most 1.2 B",
    ),
    (
        "{of: pics, also: feed, share: 60 %",
        "»{of: pics, also: feed",
        "overlaps.1: an overlap of of, also; expected `platforms` and `people`, or `of`, `also` "
        "and `share`",
    ),
    (
        "  - {of: pics, also: feed",
        "  - »{of: feed, also: chat",
        "overlaps.1: the overlap of `feed` and `chat` stands twice; expected each pair once",
    ),
    (
        "{date: 2026-07-01, platforms: [chat]}",
        "{date: 2026-07-01, action: »resume}",
        "features.helper.rollout.1.action: a resume without a pause before it; expected `pause` "
        "first",
    ),
    (
        "platforms: [chat]}",
        "platforms: [»pics]}",
        "features.helper.rollout.1.platforms.0: `helper` is not placed on `pics`; expected a "
        "platform among chat, feed",
    ),
    (
        "platforms: [chat]}",
        "platforms: »chat}",
        "features.helper.rollout.1.platforms: `chat` where a list belongs; expected `all` or a "
        "list, e.g. `[one, two]`",
    ),
    (
        "value: 30 %",
        "value: »30 frontier-months",
        "labs.meta.policy.rules.0.when.value: `30 frontier-months` has the wrong unit; expected "
        "a share, e.g. `5 %` (0 to 100 %)",
    ),
    (
        "families: {meta: 0.5,",
        "»families: {meta: 0.6,",
        "developers.at_start.families: the shares add up to 110 %; expected 100 %",
    ),
    (
        "mau: 500 M",
        "mau: »5 B",
        "features.helper.at_start.mau: 5 B monthly users, but there are 3.2 B people; expected "
        "at most 3.2 B",
    ),
    (
        "kind: photo",
        "kind: »phto",
        "platforms.pics.kind: kind `phto` has no defaults, and visits, visibility, "
        "ties.mean_degree not given; expected one of messaging, social, photo, or a platform "
        "that gives all of visits, visibility, ties.mean_degree; did you mean `photo`?",
    ),
    (
        "name: base",
        "name: »2026",
        "name: `2026` where a text belongs; expected a text (put it in quotes)",
    ),
    (
        "name: base",
        "name: base\nseed: »-1",
        "seed: `-1` is no such number; expected a whole number from 0 to 2^64 - 1",
    ),
    (
        "name: base",
        "name: base\nengine: »cohort",
        "engine: `cohort` is not known here; expected one of expected, cohorts, agents; did you "
        "mean `cohorts`?",
    ),
    (
        "name: base",
        "name: base\n»types: {a: {share: 50 %}, b: {share: 40 %}}",
        "types: the shares of the types add up to 90 %; expected 100 %",
    ),
    (
        "name: base",
        "name: base\nextends: »../secret",
        "extends: `../secret` is a path; only scenarios of the same folder and shipped ones can "
        "be extended; expected a name, e.g. `baseline-2026`",
    ),
    (
        "name: base",
        "name: base\nextends: »/etc/passwd",
        "extends: `/etc/passwd` is a path; only scenarios of the same folder and shipped ones "
        "can be extended; expected a name, e.g. `baseline-2026`",
    ),
    (
        "name: base",
        "name: base\nextends: »hybird",
        "extends: there is no scenario `hybird` here; did you mean `hybrid`?",
    ),
    (
        "name: base",
        "name: base\nextends: »base",
        "extends: a cycle: base extends base",
    ),
    (
        "name: base",
        "name: base\n»name: other",
        "name: duplicate key `name` (first on line 1)",
    ),
    (
        "south: {people: 2 B,",
        "south: {people: 2 B, »people: 3 B,",
        "segments.south.people: duplicate key `people` (first on line 6)",
    ),
    (
        "users: 2 B",
        "users: »!!float 2e9",
        "platforms.feed.users: tag `tag:yaml.org,2002:float`; expected a plain value: tags are "
        "not supported",
    ),
    (
        "users: 2 B",
        "users: »!!python/object/apply:os.system [id]",
        "platforms.feed.users: tag `tag:yaml.org,2002:python/object/apply:os.system`; expected "
        "a plain value: tags are not supported",
    ),
    (
        "  south: {people: 2 B, receptivity: 1.1}",
        "  south: »*n",
        "segments.south: alias `*n`; expected the value written out, or `extends`",
    ),
    (
        "name: base",
        "name: base\n»platforms.chat.users: 3",
        "platforms.chat.users: unknown key; expected one of name, title, question, extends, "
        "overrides, start, duration, tick, seed, engine, people, segments, types, platforms, "
        "overlaps, "
        "influence, features, labs, developers, enterprise, revenue, safety, regulation, "
        "parameters, changes; did you mean `platforms`?",
    ),
    (
        "overrides:\n  all-open:\n",
        "overrides:\n  all-open:\n    »labs.mta.growth: 0\n",
        "labs.mta: unknown key; expected one of meta, rival; did you mean `meta`?",
    ),
    (
        "labs.meta.models.large.releases.0.level: open",
        "»labs.meta.models.large.releases.0.levle: open",
        "labs.meta.models.large.releases.0.levle: unknown key; expected one of date, level, path, "
        "every, until, new_version, opens_previous; did you mean `level`?",
    ),
    (
        "parameters.omega: 0.002 per day",
        "parameters.omega: »7 per day",
        "parameters.omega: 7 per day is out of range; expected 0 or 0.001 to 0.03 per day",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), ONE_MISTAKE, ids=[case[1] for case in ONE_MISTAKE])
def test_one_mistake_gives_one_line(
    write: Write, problems: Problems, old: str, new: str, said: str
) -> None:
    path = write("base.yaml", (old, new))
    before, mark, after = path.read_text(encoding="utf-8").partition("»")
    assert mark
    path.write_text(before + after, encoding="utf-8")
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    assert [str(problem) for problem in problems(path)] == [f"base.yaml:{line}:{column}: {said}"]


def test_an_anchor_alone_does_no_harm(write: Write) -> None:
    assert "pics" in load(write("base.yaml", ("  pics:\n", "  pics: &p\n"))).platforms


def test_a_platform_nobody_defined_is_named_wherever_it_stands(
    write: Write, problems: Problems
) -> None:
    found = problems(write("base.yaml", ("  pics:\n", "  photos:\n")))
    assert [(p.path, p.line, p.column) for p in found] == [("overlaps.1.of", 20, 10)]
    found = problems(write("base.yaml", ("  feed:\n    kind", "  fed:\n    kind")))
    assert [(p.path, p.line, p.column, p.nearest) for p in found] == [
        ("overlaps.0.platforms.1", 19, 24, "fed"),
        ("overlaps.1.also", 20, 22, "fed"),
        ("features.helper.placements.feed", 45, 7, "fed"),
    ]


def test_users_above_all_people_are_refused_with_the_numbers(
    write: Write, problems: Problems
) -> None:
    found = problems(write("base.yaml", ("    users: 1.5 B", "    users: 4 B")))
    assert "4 B users, but all segments have 3.2 B people" in str(found[0])


def test_an_id_is_made_of_lower_case_letters_digits_and_hyphens(
    write: Write, problems: Problems
) -> None:
    found = problems(write("base.yaml", ("  pics:\n", "  My Pics:\n")))
    assert (found[0].line, found[0].column, found[0].nearest) == (15, 3, "my-pics")
    assert found[0].message == "`My Pics` is not an id"
    found = problems(write("base.yaml", ("  pics:\n", "  all:\n")))
    assert found[0].message == "`all` is reserved"


def test_three_overlaps_that_cannot_hold_together_are_refused(
    write: Write, problems: Problems
) -> None:
    # a 10, ab 7, ac 7, so bc >= 4; the pair bounds alone would allow bc = 0.
    text = """\
name: three
start: 2026-01-01
duration: 1 year
segments: {all-people: {people: 30}}
platforms:
  a: {kind: social, users: 10}
  b: {kind: social, users: 10}
  c: {kind: social, users: 10}
overlaps:
  - {platforms: [a, b], people: 7}
  - {platforms: [a, c], people: 7}
  - {platforms: [b, c], people: 3}
labs: {lab: {quality: 1 frontier-month, models: {m: {}}}}
features: {f: {lab: lab, tier: m}}
"""
    found = problems(write("three.yaml", text=text))
    assert [(p.line, p.column) for p in found] == [(12, 33)]
    assert "of the 10 on `a`, 7 are on `b` and 7 on `c`, so at least 4" in found[0].message
    load(write("three.yaml", text=text.replace("people: 3}", "people: 4}")))

    # Each pair shares 1 of 10 and 10, so at least 30 - 3 = 27 people are on some platform.
    apart = text.replace("people: 7", "people: 1").replace("people: 3}", "people: 1}")
    load(write("three.yaml", text=apart.replace("{people: 30}", "{people: 27}")))
    found = problems(write("three.yaml", text=apart.replace("{people: 30}", "{people: 26}")))
    assert "at least 27 people would be on `a`, `b`, `c`, but there are 26" in found[0].message
    assert len(found) == 1


def test_an_alias_bomb_is_refused_at_its_first_alias(write: Write, problems: Problems) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    found = problems(write("bomb.yaml", text="\n".join(lines)))
    first = next(problem for problem in found if "alias" in problem.message)
    assert (first.line, first.column) == (2, 10)


def test_merge_keys_are_refused_with_a_hint_to_extends(write: Write, problems: Problems) -> None:
    found = problems(write("base.yaml", ("name: base", "name: base\n<<: {seed: 3}")))
    assert "`extends`" in str(found[0])


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", None, None, "the file is empty"),
        ("# nothing\n", None, None, "the file is empty"),
        ("- a\n- b\n", 1, 1, "the file is no mapping"),
        ("just words", 1, 1, "the file is no mapping"),
        ("name: [a, b\n", 2, 1, "not YAML"),
        ("name: a\n bad: b\n", 2, 5, "not YAML"),
        ("name: 'open\n", 2, 1, "not YAML"),
        ("name: a\n\tb: c\n", 2, 1, "not YAML"),
        ("name: a\n---\nname: b\n", 2, 1, "a second document"),
        ("[a, b]: c\n", 1, 1, "as a key"),
        ("name: a\x07b\n", 1, 8, "control character"),
        ("a: " + "[" * 40 + "]" * 40, 1, 35, "nested more than 32 deep"),
        ("a: " + "[" * 500_000, 1, 35, "nested more than 32 deep"),
        ("a: " + "{b: " * 100_000, 1, 128, "nested more than 32 deep"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_scenario_at_all_is_one_problem_at_its_place(
    write: Write, problems: Problems, text: str, line: int | None, column: int | None, said: str
) -> None:
    found = problems(write("bad.yaml", text=text))
    assert len(found) == 1
    assert found[0].file == "bad.yaml"
    assert (found[0].line, found[0].column) == (line, column)
    assert said in found[0].message


def test_a_missing_file_and_an_unknown_name_are_told_apart(
    tmp_path: Path, problems: Problems
) -> None:
    assert str(problems("gone.yaml")[0]) == "gone.yaml: there is no such file"
    found = problems("hybird")[0]
    assert found.message == "there is no such scenario or file"
    assert found.nearest == "hybrid"
    (tmp_path / "folder.yaml").mkdir()
    assert "this is a folder" in str(problems("folder.yaml")[0])
    assert "no name" in str(problems("a\0b")[0])
    assert "no name" in str(problems("")[0])


def test_an_unreadable_file_is_a_clean_problem(
    write: Write, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("base.yaml")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert str(problems(path)[0]) == "base.yaml: the file cannot be read: Permission denied"


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path, problems: Problems) -> None:
    (tmp_path / "latin.yaml").write_bytes("name: a\ntitle: Z\xfcrich\n".encode("latin-1"))
    found = problems("latin.yaml")[0]
    assert (found.line, found.column, found.message) == (2, 9, "the file is not UTF-8 text")
    (tmp_path / "wide.yaml").write_bytes("name: a".encode("utf-16"))
    assert problems("wide.yaml")[0].message == "the file is not UTF-8 text"


def test_a_byte_order_mark_is_no_part_of_the_first_key(write: Write) -> None:
    path = write("base.yaml")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(path).name == "base"


def test_a_file_above_a_megabyte_is_refused_unread(tmp_path: Path, problems: Problems) -> None:
    (tmp_path / "large.yaml").write_text("# x\n" * 300_000, encoding="utf-8")
    assert str(problems("large.yaml")[0]) == (
        "large.yaml: the file is too large; expected at most 1000 kB"
    )


def test_a_link_out_of_the_folder_is_not_followed_by_extends(
    tmp_path: Path, write: Write, problems: Problems
) -> None:
    write("base.yaml")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "linked.yaml").symlink_to(tmp_path / "base.yaml")
    (inner / "child.yaml").write_text("name: child\nextends: linked\n", encoding="utf-8")
    found = problems(inner / "child.yaml")
    assert str(found[0]) == (
        "inner/child.yaml:2:10: extends: `linked.yaml` is a link out of the scenario's folder"
    )


def test_all_problems_of_a_file_come_at_once_in_the_order_of_the_file(
    write: Write, problems: Problems
) -> None:
    path = write(
        "base.yaml",
        ("name: base", "name: base\nname: again"),
        ("people: 1.2 B", "people: -5"),
        ("    visits: 70 %", "    vists: 70 %"),
        ("also: feed, share: 60 %", "also: fed, share: 160 %"),
        ("quality: 30 frontier-months", "quality: 30"),
        ("2026-07-01, level: weights", "2026-07-01, level: wieghts"),
        ("2026-08-01, level: open", "2025-08-01, level: open"),
        ("    lab: rival", "    lab: rvial"),
        ("share: 10 %}", "shar: 10 %}"),
        ("  people: 30 M", "  people: !!int 30"),
        ("  level.weights.access: 95 %", "  level.weights.access: 950 %"),
    )
    found = problems(path)
    assert [(p.line, p.path) for p in found] == [
        (2, "name"),
        (6, "segments.north.people"),
        (15, "platforms.feed.vists"),
        (21, "overlaps.1.also"),
        (21, "overlaps.1.share"),
        (24, "labs.meta.quality"),
        (29, "labs.meta.models.large.releases.0.level"),
        (30, "labs.meta.models.large.releases.1.date"),
        (48, "features.helper.rollout.0.shar"),
        (52, "features.chatter.lab"),
        (56, "developers.people"),
        (60, "parameters.level.weights.access"),
    ]


def test_a_wrong_part_does_not_make_what_refers_to_it_unknown(
    write: Write, problems: Problems
) -> None:
    path = write("base.yaml", ("    kind: social\n", ""), ("models: {pro: {level: api}}", "models: {pro: 3}"))  # noqa: E501  # fmt: skip
    assert [p.path for p in problems(path)] == ["platforms.feed.kind", "labs.rival.models.pro"]


def test_a_misspelt_required_key_is_one_mistake(write: Write, problems: Problems) -> None:
    found = problems(write("base.yaml", ("kind: social", "knd: social")))
    assert [(p.path, p.nearest) for p in found] == [("platforms.feed.knd", "kind")]


def test_an_empty_value_is_named_as_such(write: Write, problems: Problems) -> None:
    path = write(
        "base.yaml", ("    users: 2 B", "    users:"), ("  rival:\n", "  other:\n  rival:\n")
    )
    said = [f"{p.path}: {p.message}" for p in problems(path)]
    assert said == [
        "platforms.feed.users: nothing where a quantity belongs",
        "labs.other: nothing where a mapping belongs",
    ]


def test_too_many_features_do_not_fit_a_state_byte(write: Write, problems: Problems) -> None:
    more = "".join(f"  f{i}: {{lab: rival, tier: pro}}\n" for i in range(7))
    found = problems(write("base.yaml", ("features:\n", f"features:\n{more}")))
    assert [(p.path, p.message, p.expected) for p in found] == [
        ("features", "9 features", "at most 8")
    ]


def test_hundreds_of_problems_are_cut_with_their_number(write: Write) -> None:
    from sim.scenario import ScenarioError

    text = "".join(f"k{i}: 1\n" for i in range(80))
    with pytest.raises(ScenarioError) as caught:
        load(write("many.yaml", text=text))
    assert len(caught.value.problems) == 86  # six required keys are missing too
    assert str(caught.value).splitlines()[-1] == "... and 36 more"
