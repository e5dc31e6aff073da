"""What is no checkpoint of this run is refused in one clear sentence; nothing of it is ever run."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sim.record.sealing import sealed, unsealed
from sim.running.checkpoint import CheckpointError, open_checkpoint, write_checkpoint
from sim.running.simulation import Simulation
from sim.scenario import Scenario, load
from tests.cli.conftest import VILLAGE


def village(**more: Any) -> Scenario:
    return load({**yaml.safe_load(VILLAGE), **more}, engine="expected")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    simulation = Simulation(village())
    simulation.play(20.0)
    return write_checkpoint(simulation, tmp_path_factory.mktemp("kept")).folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / original.name)


def refusal(folder: Path, scenario: Scenario | None = None) -> str:
    """What is said when it is restored: one sentence that begins with its place."""
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(folder).restore(Simulation(village() if scenario is None else scenario))
    said = str(caught.value)
    assert said.startswith(str(folder))
    assert "\n" not in said
    return said


def edited(folder: Path, **changes: Any) -> None:
    file = folder / "checkpoint.json"
    header, _ = unsealed(file.read_bytes())
    file.write_text(sealed({**header, **changes}), encoding="utf-8")


def signed(folder: Path) -> None:
    """Make the header's digests those of the files, as somebody would who means harm."""
    files = {
        name: {
            "bytes": (folder / name).stat().st_size,
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }
        for name in ("state.json", "arrays.npz")
    }
    edited(folder, files=files)


def test_it_says_what_it_is_of(original: Path) -> None:
    found = open_checkpoint(original)
    assert (found.day, str(found.date), found.header.scenario) == (20.0, "2026-01-21", "village")
    assert {file.name for file in original.iterdir()} == {
        "checkpoint.json", "state.json", "arrays.npz",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"name": "hamlet"}, "`hamlet`"),
        ({"seed": 2}, "`village`"),
        ({"parameters": {"omega": "0.02 per day"}}, "`village`"),
        ({"duration": "61 d"}, "`village`"),
    ],
)
def test_of_another_scenario(folder: Path, other: dict[str, Any], named: str) -> None:
    said = refusal(folder, village(**other))
    assert "is of another scenario; it was written for `village`" in said
    assert f"this is {named}" in said


def test_of_another_version(folder: Path) -> None:
    edited(folder, program="uptake 0.0.9")
    assert "was written by uptake 0.0.9, this is uptake " in refusal(folder)


@pytest.mark.parametrize("version", [2, 0, None, "1", [1]])
def test_of_another_format(folder: Path, version: Any) -> None:
    edited(folder, format=version)
    assert f"has format {version}, this version of uptake reads 1" in refusal(folder)


def test_of_another_layout(folder: Path) -> None:
    edited(folder, layout="0" * 16)
    assert "holds states of another form" in refusal(folder)


def test_of_other_mechanisms(folder: Path) -> None:
    names = json.loads((folder / "checkpoint.json").read_text(encoding="utf-8"))["mechanisms"]
    edited(folder, mechanisms=[*names, "app_store_tax"])
    assert "is of a run with other mechanisms: app_store_tax" in refusal(folder)


def test_of_another_plan(folder: Path) -> None:
    from sim.record.plan import WEEKLY

    with pytest.raises(CheckpointError, match="records something else than is asked for now"):
        open_checkpoint(folder).restore(Simulation(village(), plan=WEEKLY))


@pytest.mark.parametrize("name", ["state.json", "arrays.npz"])
@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-9]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:50] + b"7" + file.read_bytes()[51:]),
    ],
    ids=["cut off", "empty", "one byte"],
)
def test_damaged(folder: Path, name: str, harm: Callable[[Path], None]) -> None:
    before = (folder / name).read_bytes()
    harm(folder / name)
    if (folder / name).read_bytes() == before:
        (folder / name).write_bytes(before.replace(b"7", b"8", 1))
    assert f"{name}: is not what was written; its digest differs" in refusal(folder)


@pytest.mark.parametrize("name", ["state.json", "arrays.npz"])
def test_a_file_is_missing(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name}: cannot be read (No such file or directory)" in refusal(folder)


@pytest.mark.parametrize(
    "text", ["", "no JSON", "{", "[" * 100_000, "\x00"], ids=["empty", "words", "cut", "deep", "0"]
)
def test_a_header_that_is_no_json(folder: Path, text: str) -> None:
    (folder / "checkpoint.json").write_text(text, encoding="utf-8")
    assert "checkpoint.json: cannot be read (" in refusal(folder)


def test_a_header_that_is_something_else(folder: Path) -> None:
    (folder / "checkpoint.json").write_text("[1, 2]", encoding="utf-8")
    assert "checkpoint.json: cannot be read (it is not a JSON object)" in refusal(folder)


def test_a_header_that_leaves_a_digest_out(folder: Path) -> None:
    header = json.loads((folder / "checkpoint.json").read_text(encoding="utf-8"))
    del header["files"]["arrays.npz"]
    edited(folder, files=header["files"])
    assert "it must have the digests of state.json and arrays.npz" in refusal(folder)
    edited(folder, files=3)
    assert "checkpoint.json: is damaged; `files`" in refusal(folder)


def test_a_folder_without_a_header_is_none(folder: Path) -> None:
    (folder / "checkpoint.json").unlink()
    assert "is not a checkpoint; it has no checkpoint.json" in refusal(folder)
    assert "is not a checkpoint" in refusal(folder / "nowhere")


class Trap:
    """Gives itself away when it is loaded from a pickle."""

    loaded = False

    def __setstate__(self, state: Any) -> None:
        Trap.loaded = True

    def __getstate__(self) -> dict[str, int]:
        return {"a": 1}


def test_a_pickle_among_the_arrays_is_never_loaded(folder: Path) -> None:
    with np.load(folder / "arrays.npz") as arrays:
        found = dict(arrays)
    for name in list(found)[::9]:
        np.savez(folder / "arrays.npz", **(found | {name: np.array([Trap()])}))
        signed(folder)
        assert "allow_pickle=False" in refusal(folder)
    assert not Trap.loaded


@pytest.mark.parametrize(
    "forged",
    [
        b"[]", b"null", b"{}", b'{"states": [], "moving": {}}', b'{"states": {}, "moving": {}}',
        b"[" * 50_000,
    ],
    ids=["list", "nothing", "empty", "lists", "no states", "deep"],
)  # fmt: skip
def test_a_state_that_was_forged_with_its_digest(folder: Path, forged: bytes) -> None:
    (folder / "state.json").write_bytes(forged)
    signed(folder)
    assert "is damaged (" in refusal(folder)


def test_each_part_of_a_forged_state_is_looked_at(folder: Path) -> None:
    text = (folder / "state.json").read_text(encoding="utf-8")
    for name in json.loads(text)["states"]:
        forged = json.loads(text)
        forged["states"][name] = {"day": "tomorrow"}
        (folder / "state.json").write_text(json.dumps(forged), encoding="utf-8")
        signed(folder)
        assert "damaged" in refusal(folder)


def test_two_of_different_days_stand_side_by_side(tmp_path: Path) -> None:
    from sim.running.checkpoint import checkpoints

    simulation = Simulation(village())
    for day in (30.0, 40.0):
        simulation.play(day)
        write_checkpoint(simulation, tmp_path)
    again = write_checkpoint(simulation, tmp_path)
    found = checkpoints(tmp_path)
    assert [each.day for each in found] == [30.0, 40.0]
    assert again == found[-1]
    whole = simulation.run().tables
    for each in found:
        back = Simulation(village())
        each.restore(back)
        assert back.run().tables == whole
