"""What `uptake run` writes, prints and refuses."""

import errno
import json
import re
from pathlib import Path
from typing import Any, NoReturn

import pyarrow.parquet as pq
import pytest
import yaml

from tests.cli.conftest import Call


def manifest(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def values(folder: Path, metric: str) -> list[float]:
    """A metric of all features, platforms and segments, day by day."""
    table = pq.read_table(folder / "adoption.parquet").to_pylist()
    return [
        row["value"]
        for row in table
        if row["metric"] == metric
        and {row[k] for k in ("feature", "platform", "segment")} == {"all"}
    ]


def test_run_leaves_a_whole_folder_and_prints_the_closing_table(here: Path, uptake: Call) -> None:
    ended = uptake("run", "village.yaml", "--no-figures")
    folder = here / "runs" / "village-1"
    assert (ended.code, ended.err) == (0, "")
    assert {file.name for file in folder.iterdir()} == {
        "manifest.json",
        "scenario.yaml",
        "adoption.parquet",
        "market.parquet",
        "events.parquet",
        "retention.parquet",
    }
    assert manifest(folder)["status"] == "complete"
    for word in ("MAU", "DAU/MAU", "share", "days to 100 M", "days to 1 B", "developers", "HHI"):
        assert word in ended.out
    assert "Helper" in ended.out
    assert "never" in ended.out
    assert str(Path("runs/village-1")) in ended.out
    assert re.search(r"^time +[0-9.]+ s, engine [0-9.]+ s$", ended.out, re.MULTILINE)


def test_the_closing_table_repeats_the_tables(here: Path, uptake: Call) -> None:
    ended = uptake("run", "village.yaml", "--no-figures", "--engine", "expected")
    last = values(here / "runs" / "village-1", "mau")[-1]
    row = next(line for line in ended.out.splitlines() if line.startswith("Helper"))
    assert f"{last / 1e3:.3g} k" in row


def test_a_second_run_takes_the_next_number_and_leaves_the_first_alone(
    here: Path, uptake: Call
) -> None:
    uptake("run", "village.yaml", "--no-figures")
    first = (here / "runs" / "village-1" / "manifest.json").read_bytes()
    assert uptake("run", "village.yaml", "--no-figures").code == 0
    assert {folder.name for folder in (here / "runs").iterdir()} == {"village-1", "village-2"}
    assert (here / "runs" / "village-1" / "manifest.json").read_bytes() == first


def test_an_existing_folder_is_refused_before_the_work_begins(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "taken").mkdir()
    (here / "taken" / "notes.txt").write_text("mine", encoding="utf-8")
    monkeypatch.setattr("sim.running.play.simulate", _must_not_be_called)
    ended = uptake("run", "village.yaml", "--out", "taken")
    assert ended.code == 2
    assert "taken: exists already" in ended.err
    assert [file.name for file in (here / "taken").iterdir()] == ["notes.txt"]


def test_out_names_the_folder(here: Path, uptake: Call) -> None:
    assert uptake("run", "village.yaml", "--no-figures", "--out", "deep/er/mine").code == 0
    assert manifest(here / "deep" / "er" / "mine")["scenario"]["name"] == "village"
    assert not (here / "runs").exists()


def test_until_ends_the_run_on_that_day(here: Path, uptake: Call) -> None:
    assert uptake("run", "village.yaml", "--no-figures", "--until", "2026-01-11").code == 0
    assert manifest(here / "runs" / "village-1")["end"] == "2026-01-11"
    days = pq.read_table(here / "runs" / "village-1" / "adoption.parquet")["day"].to_pylist()
    assert max(days) == 10


def test_equal_seeds_give_equal_tables_and_other_seeds_other_ones(here: Path, uptake: Call) -> None:
    for out, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        assert uptake("run", "village.yaml", "--no-figures", "--seed", seed, "--out", out).code == 0
    tables = [(here / name / "adoption.parquet").read_bytes() for name in "abc"]
    assert tables[0] == tables[1]
    assert tables[0] != tables[2]
    assert manifest(here / "c")["seed"] == 6


def test_the_expected_engine_does_not_depend_on_the_seed(here: Path, uptake: Call) -> None:
    for out, seed in (("a", "1"), ("b", "2")):
        arguments = ("--engine", "expected", "--seed", seed, "--out", out)
        assert uptake("run", "village.yaml", "--no-figures", *arguments).code == 0
    assert values(here / "a", "mau") == values(here / "b", "mau")
    assert manifest(here / "a")["engine"] == "expected"


def test_set_and_with_change_the_scenario_and_the_outcome(here: Path, uptake: Call) -> None:
    common = ("run", "village.yaml", "--no-figures", "--engine", "expected", "--out")
    assert uptake(*common, "plain").code == 0
    assert uptake(*common, "hidden", "--with", "hidden").code == 0
    assert uptake(*common, "set", "--set", "features.helper.placements.chat.surface=menu").code == 0
    resolved = yaml.safe_load((here / "set" / "scenario.yaml").read_text(encoding="utf-8"))
    assert resolved["features"]["helper"]["placements"]["chat"]["surface"] == "menu"
    # A menu entry is 20 times weaker than a place in the search bar.
    assert values(here / "set", "ever")[-1] < values(here / "plain", "ever")[-1] / 10
    assert values(here / "set", "ever") == values(here / "hidden", "ever")


def test_a_set_path_that_nobody_knows_is_refused_with_the_nearest(here: Path, uptake: Call) -> None:
    ended = uptake("run", "village.yaml", "--set", "features.helper.latencie=2 s")
    assert ended.code == 2
    assert "--set" in ended.err
    assert "latency" in ended.err
    assert not (here / "runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--seed", "-1"),
        ("--seed", "one"),
        ("--engine", "quick"),
        ("--until", "soon"),
        ("--until", "2020-01-01"),
        ("--with", "nothing"),
        ("--set", "features"),
        ("--colour",),
    ],
)
def test_a_bad_option_is_refused(here: Path, uptake: Call, arguments: tuple[str, ...]) -> None:
    ended = uptake("run", "village.yaml", *arguments)
    assert ended.code == 2
    assert ended.err.strip()
    assert not (here / "runs").exists()


def test_a_full_disk_is_one_line_and_leaves_nothing(
    here: Path, uptake: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sim.record.folder._write_table", full)
    ended = uptake("run", "village.yaml", "--no-figures")
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert "no space left" in ended.err
    assert ended.out == ""
    assert not (here / "runs").exists()


def test_a_place_that_is_no_folder_is_refused(here: Path, uptake: Call) -> None:
    (here / "file").write_text("", encoding="utf-8")
    ended = uptake("run", "village.yaml", "--out", "file/run")
    assert ended.code == 2
    assert "file: is not a folder" in ended.err


def _must_not_be_called(*_: object, **__: object) -> NoReturn:
    raise AssertionError("the simulation was started")
