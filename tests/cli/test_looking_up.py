"""The commands that answer questions without running anything, and `plot`."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sim.parameters import PARAMETERS
from sim.scenario import available
from tests.cli.conftest import Call

ROOT = Path(__file__).parents[2]


def test_help_names_every_command(uptake: Call) -> None:
    ended = uptake("--help")
    assert ended.code == 0
    for command in ("run", "check", "scenarios", "explain", "schema", "plot", "completion"):
        assert f"\n  {command} " in ended.out
        assert uptake(command, "--help").code == 0


def test_help_loads_nothing_heavy(process: Call) -> None:
    ended = process("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    loaded = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    assert "click" in loaded
    for package in (
        "numpy",
        "pandas",
        "pyarrow",
        "matplotlib",
        "pydantic",
        "rich",
        "yaml",
        "numba",
    ):
        assert package not in loaded


def test_version_is_that_of_the_distribution(uptake: Call) -> None:
    from importlib.metadata import version

    assert uptake("--version").out == f"uptake {version('uptake')}\n"


def test_scenarios_lists_what_is_shipped(uptake: Call) -> None:
    ended = uptake("scenarios")
    assert ended.code == 0
    for name, title, *_ in available():
        assert any(
            line.startswith(f"{name} ") and (title or "") in line for line in ended.out.splitlines()
        )
    assert {"bass", "baseline-2026", "open", "closed", "hybrid"} <= {row[0] for row in available()}


@pytest.mark.parametrize("name", [row[0] for row in available()])
def test_every_shipped_scenario_passes_the_check(uptake: Call, name: str) -> None:
    ended = uptake("check", name)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"{name}: no problems.\n")


def test_check_tells_what_a_file_contains(here: Path, uptake: Call) -> None:
    ended = uptake("check", "village.yaml")
    assert ended.code == 0
    assert "2026-01-01 to 2026-03-02, 60 days" in ended.out
    assert "cohorts, seed 1" in ended.out
    assert "1: helper" in ended.out
    assert "hidden" in ended.out
    assert not (here / "runs").exists()


def test_check_resolved_prints_a_scenario_that_loads_back(here: Path, uptake: Call) -> None:
    ended = uptake("check", "village.yaml", "--resolved", "--with", "hidden")
    (here / "again.yaml").write_text(ended.out, encoding="utf-8")
    placement = yaml.safe_load(ended.out)["features"]["helper"]["placements"]["chat"]
    assert placement["surface"] == "menu"
    assert uptake("check", "again.yaml", "--resolved").out == ended.out


def test_explain_shows_all_about_a_parameter(uptake: Call) -> None:
    ended = uptake("explain", "omega")
    assert ended.code == 0
    parameter = PARAMETERS["omega"]
    for text in ("0.005 per day", "0.001 to 0.03 per day", "A, assumption", parameter.about):
        assert text in ended.out
    assert "default" in ended.out


def test_explain_names_the_line_that_sets_a_value(here: Path, uptake: Call) -> None:
    line = 1 + (here / "village.yaml").read_text().splitlines().index(
        "  omega: {value: 0.01 per day, label: A, source: a guess for this test}"
    )
    ended = uptake("explain", "omega", "--scenario", "village.yaml")
    assert ended.code == 0
    assert "0.01 per day" in ended.out
    assert "a guess for this test" in ended.out
    assert f"village.yaml:{line}" in ended.out


def test_explain_shows_a_field_of_a_scenario_by_its_path(here: Path, uptake: Call) -> None:
    ended = uptake("explain", "platforms.chat.users", "--scenario", "village.yaml")
    assert ended.code == 0
    assert "600 k" in ended.out


def test_explain_lists_parameters_whose_names_contain_the_word(uptake: Call) -> None:
    ended = uptake("explain", "churn")
    names = {line.split()[0] for line in ended.out.splitlines()[1:]}
    assert names == {name for name in PARAMETERS if "churn" in name}


def test_explain_without_a_name_lists_everything_once(uptake: Call) -> None:
    names = [line.split()[0] for line in uptake("explain").out.splitlines()[1:]]
    assert names == list(PARAMETERS)
    assumed = uptake("explain", "--label", "a").out.splitlines()[1:]
    assert len(assumed) == sum(parameter.label == "A" for parameter in PARAMETERS.values())


def test_explain_offers_the_nearest_name(uptake: Call) -> None:
    ended = uptake("explain", "omgea")
    assert ended.code == 2
    assert "`omega`" in ended.err


def test_explain_refuses_changes_to_no_scenario(uptake: Call) -> None:
    assert uptake("explain", "omega", "--set", "seed=2").code == 2


def names(schema: dict[str, Any]) -> dict[str, list[str]]:
    """The keys that each part of a schema knows. Its wording depends on the version of pydantic."""
    parts = {"": schema, **schema["$defs"]}
    return {part: sorted(content.get("properties", ())) for part, content in parts.items()}


def test_the_committed_schema_knows_every_key_of_the_printed_one(
    tmp_path: Path, uptake: Call
) -> None:
    printed = uptake("schema").out
    committed = (ROOT / "scenarios" / "scenario.schema.json").read_text(encoding="utf-8")
    assert names(json.loads(printed)) == names(json.loads(committed))
    out = tmp_path / "mine.json"
    assert uptake("schema", "--out", str(out)).out == ""
    assert out.read_text(encoding="utf-8") == printed


def test_schema_into_a_folder_that_is_missing_is_one_line(tmp_path: Path, uptake: Call) -> None:
    ended = uptake("schema", "--out", str(tmp_path / "no" / "where.json"))
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(uptake: Call, shell: str) -> None:
    ended = uptake("completion", shell)
    assert (ended.code, ended.err) == (0, "")
    assert "_UPTAKE_COMPLETE" in ended.out


def test_completion_offers_scenarios_and_parameters(process: Call) -> None:
    def offered(line: str) -> str:
        words = line.split()
        environment = {
            "_UPTAKE_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        return process(env=environment).out

    assert "plain,hybrid" in offered("uptake run hyb")
    assert "plain,omega" in offered("uptake explain omeg")
    assert "plain,explain" in offered("uptake exp")


def test_plot_draws_the_same_figures_again(here: Path, uptake: Call) -> None:
    assert uptake("run", "village.yaml", "--until", "2026-01-15").code == 0
    figures = here / "runs" / "village-1" / "figures"
    before = {file.name: file.read_bytes() for file in figures.iterdir()}
    assert {file.suffix for file in figures.iterdir()} == {".png", ".svg"}
    for file in figures.iterdir():
        file.unlink()
    ended = uptake("plot", "runs/village-1")
    assert (ended.code, ended.err) == (0, "")
    assert {file.name: file.read_bytes() for file in figures.iterdir()} == before
    assert sys.modules.get("matplotlib.backends.backend_tkagg") is None


@pytest.mark.parametrize("name", ["nowhere", "village.yaml", "."])
def test_plot_refuses_what_is_no_run(here: Path, uptake: Call, name: str) -> None:
    ended = uptake("plot", name)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
