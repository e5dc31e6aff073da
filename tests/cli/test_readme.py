"""The README keeps its word: its commands, its Python and its YAML work as printed."""

import re
import shlex
from functools import partial
from pathlib import Path

import pytest

import sim
from sim.scenario import load
from tests.cli.conftest import Call

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["run", "test"])
def test_the_two_commands_are_one_line_each(name: str) -> None:
    found = re.search(
        rf"^<!-- ci: {name} -->\n```sh\n(.*?)\n```$", README, re.MULTILINE | re.DOTALL
    )
    assert found is not None
    assert "\n" not in found[1]


@pytest.mark.usefixtures("two_figures")
def test_the_python_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    block, networks = blocks("python")
    names: dict[str, object] = {}
    with monkeypatch.context() as shorter:  # a month of it, so that the tests stay short
        shorter.setattr(sim, "run", partial(sim.run, until="2026-04-01"))
        exec(compile(block, "README.md", "exec"), names)
    assert names["folder"] == names["again"].folder  # type: ignore[attr-defined]

    (tmp_path / "friends.csv").write_text("source,target\nann,bob\nbob,eve\n", encoding="utf-8")
    exec(compile(networks, "README.md", "exec"), names)
    assert names["layer"].people == 3  # type: ignore[attr-defined]
    assert names["out"].adopted[-1] > 90_000  # type: ignore[attr-defined]


def test_the_yaml_block_loads(tmp_path: Path) -> None:
    (block,) = blocks("yaml")
    file = tmp_path / "weights-early.yaml"
    file.write_text(block, encoding="utf-8")
    assert load(file).name == "weights-early"
    assert load(file, with_=("slower",)).name == "weights-early"


def test_every_uptake_command_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uptake: Call
) -> None:
    (yaml_block,) = blocks("yaml")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text(yaml_block, encoding="utf-8")
    commands = [
        line for block in blocks("sh") for line in block.splitlines() if line.startswith("uptake ")
    ]
    commands += re.findall(r"`(uptake [^`]+)`", README)
    assert len(commands) >= 10
    for command in dict.fromkeys(commands):
        words = shlex.split(command, comments=True)[1:]
        if words[0] == "run":  # a month of it, so that the tests stay short
            words += ["--until", "2026-04-01", "--no-figures"]
            words += ["--people", "20000"] if "networks" in words else []
        if words[0] == "ladder":
            words += ["--until", "2026-04-01", "--to", "1e5"]
        if words[0] == "plot":
            continue
        if words[0] == "fork":  # within that month
            words = [word.replace("2027-01-01", "2026-03-20") for word in words]
        ended = uptake(*words)
        if words[0] == "resume":  # nobody stopped it
            assert "is finished; there is nothing to resume" in ended.err, command
        else:
            assert ended.code == 0, f"{command}: {ended.err}"


def test_what_the_readme_points_at_exists() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).is_file(), path
    for path in re.findall(r"`((?:sim|scenarios|notebooks|tests|benchmarks)/[\w./-]*)`", README):
        assert (ROOT / path).exists(), path
