"""A run folder's scenario runs again where it is, also when it names network files."""

import hashlib
import os
from pathlib import Path

import pytest
import yaml

import sim

LINES = "".join(f"p{i},p{(7 * i + 3) % 100}\n" for i in range(100) if i != (7 * i + 3) % 100)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, the working one, with a scenario that names networks of people and developers in a
    folder of their own."""
    folder = tmp_path / "study"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "friends.csv").write_text("source,target\n" + LINES)
    (folder / "data" / "follows.csv").write_text("followed,follower\n" + LINES)
    scenario = {
        "name": "tied",
        "start": "2000-01-01",
        "duration": "20 d",
        "tick": "1 d",
        "engine": "agents",
        "segments": {"everybody": {"people": 200}},
        "platforms": {
            "contacts": {
                "kind": "social",
                "users": 150,
                "visits": 1,
                "visibility": "2 per year",
                "ties": {
                    "network": "file",
                    "file": "data/friends.csv",
                    "duplicates": "drop",
                },
            }
        },
        "labs": {
            "maker": {"quality": "0 frontier-months", "models": {"product": {"level": "hosted"}}}
        },
        "developers": {"people": 120, "ties": {"network": "file", "file": "data/follows.csv"}},
        "features": {
            "product": {
                "lab": "maker",
                "tier": "product",
                "acceptance": 1,
                "standalone": {"pull": "2 per year"},
            }
        },
    }
    (folder / "tied.yaml").write_text(yaml.safe_dump(scenario, sort_keys=False))
    monkeypatch.chdir(folder)
    return folder


def named(scenario: Path) -> tuple[str, str]:
    """The files that a saved scenario names: of people and of developers."""
    found = yaml.safe_load(scenario.read_text())
    people = found["platforms"]["contacts"]["ties"]["file"]
    return people, found["developers"]["ties"]["file"]


def same(one: sim.Run, other: sim.Run) -> bool:
    return all(
        getattr(one, table).equals(getattr(other, table))
        for table in ("adoption", "market", "events", "network", "cascades")
    )


def test_a_saved_scenario_runs_again_from_anywhere(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sim.run("tied.yaml")
    assert run.network["value"].size
    folder = run.save(figures=False)
    assert folder == Path("runs/tied-1")
    assert named(folder / "scenario.yaml") == ("../../data/friends.csv", "../../data/follows.csv")
    assert run.scenario_yaml == sim.open(folder).scenario_yaml
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = sim.run(study / folder / "scenario.yaml")
    assert same(run, again)
    # Saved two folders deeper, it still finds them; and so does a copy of the run in a third place.
    deep = again.save("a/b/c/run", figures=False)
    assert named(deep / "scenario.yaml")[0] == "../../../../../study/data/friends.csv"
    third = sim.open(deep).save(tmp_path / "third", figures=False)
    assert named(third / "scenario.yaml")[0] == "../study/data/friends.csv"
    assert same(run, sim.run(third / "scenario.yaml"))


def test_a_run_folder_behind_a_link_finds_the_files(study: Path, tmp_path: Path) -> None:
    """`..` leads out of where the link leads to, and not back to where it stands."""
    (tmp_path / "disk" / "deep").mkdir(parents=True)
    os.symlink(tmp_path / "disk" / "deep", study / "runs", target_is_directory=True)
    folder = sim.run("tied.yaml").save(figures=False)
    assert named(folder / "scenario.yaml")[0] == "../../../study/data/friends.csv"
    sim.run(folder / "scenario.yaml", until="2000-01-03")


def test_a_file_named_from_the_root_keeps_its_name(study: Path) -> None:
    file = str(study / "data" / "friends.csv")
    run = sim.run("tied.yaml", set={"platforms.contacts.ties.file": file}, until="2000-01-03")
    folder = run.save(figures=False)
    assert named(folder / "scenario.yaml") == (file, "../../data/follows.csv")


def test_a_loaded_scenario_keeps_its_files_when_the_working_folder_changes(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = sim.load("tied.yaml", until="2000-01-03")
    monkeypatch.chdir(tmp_path)
    run = sim.run(scenario)
    monkeypatch.chdir(study / "data")
    folder = run.save(tmp_path / "kept", figures=False)
    assert named(folder / "scenario.yaml")[0] == "../study/data/friends.csv"


def test_the_manifest_hashes_the_files_that_were_read(study: Path) -> None:
    manifest = sim.run("tied.yaml", until="2000-01-03").manifest
    assert list(manifest.inputs) == ["platforms.contacts.ties.file", "developers.ties.file"]
    content = (study / "data" / "friends.csv").read_bytes()
    entry = manifest.inputs["platforms.contacts.ties.file"]
    assert (entry.bytes, entry.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert sim.run("bass", until="2000-01-03", engine="expected").manifest.inputs == {}
