"""The networks that a scenario can ask for: one record each says all that others need to know."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import sim
from sim.scenario.exporting import json_schema
from sim.ties.layer import StoredLayer
from sim.ties.networks import KINDS, kind_of, made_by
from sim.ties.networks.asked import Asked
from sim.ties.networks.kind import Kind
from sim.ties.writing import write_ties

each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
MEAN = 8.0
#: Two segments, the members being those of the first and of the last class.
SIZE = np.array([900, 300, 600], np.int64)
RUNS = np.array([[0, 900], [1200, 1800]], np.int64)


def asked(kind: Kind, folder: Path, **settings: Any) -> Asked:
    given: dict[str, Any] = {
        "network": kind.name,
        "distribution": "poisson",
        "median_share": 0.5,
        "exponent": 2.5,
        "largest_degree": 100.0,
        "clustering": 0.0,
        "file": None,
        "self_ties": "refuse",
        "duplicates": "refuse",
    }
    file = None
    if "file" in kind.takes:
        file = folder / "edges.csv"
        write_ties(sim.ties.random_ties(1000, MEAN, seed=5), file)
        given["file"] = str(file)
    return Asked(
        layer="here",
        size=SIZE,
        segment_of=np.array([0, 1, 1], np.uint8),
        runs=RUNS,
        mean_degree=MEAN,
        settings=SimpleNamespace(**given | settings),
        homophily=0.5,
        seed=3,
        file=file,
    )


@each
def test_a_network_ties_members_alone(kind: Kind, tmp_path: Path) -> None:
    given = asked(kind, tmp_path)
    layer = kind.make(given)
    assert layer.people == SIZE.sum()
    degree = layer.degrees()
    outside = np.setdiff1d(np.arange(layer.people), given.members)
    assert not degree[outside].any()
    assert degree[given.members].any()


@pytest.mark.parametrize(
    "name",
    ["random", "regular", "configuration", "computed", "groups", "small-world", "blocks"],
)
def test_members_have_the_mean_degree_that_is_asked_for(name: str, tmp_path: Path) -> None:
    given = asked(kind_of(name), tmp_path)
    degree = kind_of(name).make(given).degrees(given.members)
    assert degree.mean() == pytest.approx(MEAN, rel=0.05)


@each
def test_a_record_tells_what_its_layer_holds(kind: Kind, tmp_path: Path) -> None:
    """The estimate of memory: rows of stored ties, and what the record adds to them."""
    given = asked(kind, tmp_path)
    layer = kind.make(given)
    assert isinstance(layer, StoredLayer) == kind.stored
    rows = 8.0 * layer.people + 4.0 * layer.ties if kind.stored else 0.0
    held = rows + kind.more(MEAN, given.settings) * layer.people
    assert layer.bytes == pytest.approx(held, abs=70_000)


@each
def test_a_network_is_asked_for_by_the_name_of_its_record(kind: Kind) -> None:
    assert kind_of(kind.name) is kind
    assert [other.name for other in KINDS].count(kind.name) == 1
    ties: Any = json.loads(json.dumps(json_schema()))["$defs"]["Ties"]["properties"]["network"]
    listed = [one for option in ties.get("anyOf", [ties]) for one in option.get("enum", [])]
    assert listed[: 1 + len(KINDS)] == ["none", *(other.name for other in KINDS)]
    assert f"{kind.name} ({kind.about})" in ties["description"]


@each
@pytest.mark.parametrize(
    ("setting", "value"), [("clustering", "20 %"), ("distribution", "lognormal")]
)
def test_what_a_network_does_not_take_is_refused_with_those_that_do(
    kind: Kind, setting: str, value: str, tmp_path: Path
) -> None:
    write_ties(sim.ties.random_ties(1000, MEAN, seed=5), tmp_path / "edges.csv")
    ties = {"network": kind.name, "mean_degree": 8, "clustering": 0, "distribution": "poisson"}
    ties |= {setting: value}
    if "file" in kind.takes:
        ties["file"] = str(tmp_path / "edges.csv")
    change = {"platforms.whatsapp.ties": ties}
    if setting in kind.takes:
        sim.load("hybrid", set=change)
        return
    with pytest.raises(sim.ScenarioError) as error:
        sim.load("hybrid", set=change)
    assert " or ".join(made_by(setting)) in str(error.value)


def test_the_records_load_no_numpy() -> None:
    code = "import sim.ties.networks, sys; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
