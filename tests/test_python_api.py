"""`import sim` as an analyst uses it."""

import subprocess
import sys
from pathlib import Path

import pytest

import sim


def test_importing_loads_nothing_heavy() -> None:
    heavy = ("numpy", "pandas", "pydantic", "numba", "matplotlib")
    code = f"import sim, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_run_save_and_open_give_the_same_numbers(tmp_path: Path) -> None:
    run = sim.run("hybrid", seed=3, until="2026-03-20")
    folder = run.save(tmp_path / "run", figures=False)
    again = sim.open(folder)
    assert again.adoption.equals(run.adoption)
    assert again.market.equals(run.market)
    assert again.manifest.seed == 3
    replayed = sim.run(folder / "scenario.yaml")
    assert replayed.adoption.equals(run.adoption)


def test_run_stays_a_function_after_its_helpers_are_used(tmp_path: Path) -> None:
    """No module of the package may take the name of a public function."""
    assert callable(sim.open)
    assert callable(sim.load)
    run = sim.run("bass", until="2000-03-01")
    run.save(tmp_path / "bass", figures=False)
    sim.open(tmp_path / "bass")
    assert callable(sim.run)
    assert all(hasattr(sim, name) for name in sim.__all__)


def test_a_loaded_scenario_runs_and_takes_no_further_settings() -> None:
    scenario = sim.load("bass", until="2000-02-01")
    assert len(sim.run(scenario).events) == 0
    with pytest.raises(TypeError, match="seed: settings belong to"):
        sim.run(scenario, seed=2)


def test_figures_that_cannot_be_meant_are_refused_with_their_place(tmp_path: Path) -> None:
    """What shows only when the start is worked out names file, line and column, all at once."""
    text = (
        "name: bad\nextends: hybrid\nfeatures:\n"
        "  meta-ai: {at_start: {dau_mau: 8 %}}\n  gemini: {at_start: {dau_mau: 80 %}}\n"
    )
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(sim.ScenarioError) as caught:
        sim.run(path)
    places = [(p.line, p.column, p.path) for p in caught.value.problems]
    assert places == [
        (4, 33, "features.meta-ai.at_start.dau_mau"),
        (5, 32, "features.gemini.at_start.dau_mau"),
    ]


def test_the_start_meets_the_figures_it_was_given() -> None:
    """Warm start: MAU within 0.1 %, DAU/MAU within 0.5 %, by feature."""
    scenario = sim.load("hybrid", until="2026-03-02")
    frame = sim.run(scenario).adoption
    start = frame[(frame.day == 0) & (frame.platform == "all") & (frame.segment == "all")]
    value = start.pivot(index="feature", columns="metric", values="value")
    for name, feature in scenario.features.items():
        assert feature.at_start is not None
        mau = feature.at_start.mau
        given = sum(mau.values()) if isinstance(mau, dict) else float(mau)
        assert value.mau[name] == pytest.approx(given, rel=1e-3)
        assert value.dau[name] / value.mau[name] == pytest.approx(
            feature.at_start.dau_mau, rel=5e-3
        )


def test_people_on_several_platforms_are_counted_once() -> None:
    frame = sim.run("hybrid", until="2026-03-02", engine="expected").adoption
    people = frame[(frame.day == 0) & (frame.metric == "people") & (frame.segment == "all")]
    size = people.set_index("platform").value
    assert size["whatsapp"] == pytest.approx(3.0e9, rel=1e-6)
    assert size["whatsapp"] + size["facebook"] + size["instagram"] > 9e9
    assert size["all"] == pytest.approx(6.0e9, rel=1e-6)
