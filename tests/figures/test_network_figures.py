"""Figures of ties: uptake by contacts, trees of uptake, and drawings of small networks."""

import importlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pyarrow as pa
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, PathCollection
from scipy.stats import binomtest

import sim
from sim import contagion, ties
from sim.figures import NoFigure
from sim.figures.network_contacts import wilson
from sim.figures.network_drawing import draw_network
from sim.figures.network_reading import read_by_contacts, read_trees
from sim.record.record import Record
from sim.running.run import Run
from tests.figures.conftest import Written
from tests.figures.test_figures import _labels, drawn, texts
from tests.record.synthetic import outcome

CLASSES = ((0, 0), (1, 1), (2, 4), (5, 11), (12, 40), (41, 300))
NETWORKS = ("contacts", "cascades")


def network_tables(scenario: Any, *, depth: int = 4, most: int = 30) -> dict[str, Any]:
    """Made-up tables: the more contacts, the more users; and trees that get thinner."""
    rows = []
    for p, platform in enumerate(scenario.platforms):
        for d, (low, high) in enumerate(CLASSES):
            at = (platform, "degree", float(low), float(high))
            people = 1e9 / (1 + abs(d - 2)) / (p + 1)
            rows.append((0, *at, "all", "people", people))
            rows.append((0, *at, "all", "contacts", (low + high) / 2))
            rows.append((0, *at, "all", "simulated", people / 1e5))
            for day, share in ((0, 0.1 + 0.02 * d), (scenario.days, 0.3 + 0.06 * d)):
                for f, feature in enumerate(("all", *scenario.features)):
                    rows.append((day, *at, feature, "users", people * share / (f + 1)))
    names = ("day", "platform", "what", "low", "high", "feature", "metric", "value")
    network = dict(zip(names, (list(c) for c in zip(*rows, strict=True)), strict=True))
    network["date"] = [date(2026, 5, 1)] * len(rows)
    trees: list[tuple[str, str, int, float]] = [("start", "all", 0, 1e9)]
    trees += [("generation", "all", g, max(2e9 / 12.0**g, 1.0)) for g in range(depth)]
    trees += [("transmissions", "all", k, max(2e9 / (1 + k) ** 4, 1.0)) for k in range(most)]
    cascades = zip(("what", "feature", "number", "value"), zip(*trees, strict=True), strict=True)
    return {
        "network": pa.table(network),
        "cascades": pa.table({name: list(column) for name, column in cascades}),
    }


def with_ties(**options: Any) -> Record:
    made = outcome(features=3, days=200, tick=10.0)
    tables = {**made.tables, **network_tables(made.scenario, **options)}
    return Run.of(replace(made, tables=tables)).record


@pytest.fixture(scope="module")
def usual() -> Record:
    return with_ties()


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    matplotlib.use("Agg")
    yield
    plt.close("all")


def test_shares_by_contacts_are_users_over_people(usual: Record) -> None:
    found = read_by_contacts(usual)
    assert list(found) == ["whatsapp", "facebook", "instagram"]
    assert found["facebook"].start == pytest.approx([0.1, 0.12, 0.14, 0.16, 0.18, 0.2])
    assert found["facebook"].end == pytest.approx([0.3, 0.36, 0.42, 0.48, 0.54, 0.6])
    second = read_by_contacts(usual, usual.features[0])["facebook"]
    assert second.end == pytest.approx(found["facebook"].end / 2)


def test_a_panel_a_platform_shows_both_ends_and_who_has_nobody(usual: Record) -> None:
    figure, ax = drawn("contacts", usual)
    assert len(ax.child_axes) == 3
    for inner in ax.child_axes:
        start, end = (np.asarray(line.get_ydata(), float) for line in inner.lines[:2])
        assert start[-1] == pytest.approx(0.2)
        assert end[-1] == pytest.approx(0.6)
        x = np.asarray(inner.lines[0].get_xdata(), float)
        assert x[-1] == pytest.approx(np.log10(170.5))
        assert "none" in [label.get_text() for label in inner.get_xticklabels()]
    found = [text.replace("\n", " ") for text in texts(figure)]
    assert "Use of any feature by number of contacts" in found
    assert {"WhatsApp", "Facebook", "Instagram"} <= set(found)
    figure, _ = drawn("contacts", usual, feature="chatgpt")
    assert "Use of ChatGPT by number of contacts" in texts(figure)


def test_the_range_of_chance_is_the_one_of_wilson() -> None:
    for users, people in ((0, 150), (7, 120), (500, 1000)):
        low, high = wilson(np.array([users / people]), np.array([float(people)]))
        known = binomtest(users, people).proportion_ci(0.95, method="wilson")
        assert low[0] == pytest.approx(known.low, abs=1e-4)
        assert high[0] == pytest.approx(known.high, abs=1e-4)


def test_trees_show_every_generation_and_how_many_brought_at_least_so_many(usual: Record) -> None:
    trees = read_trees(usual)
    assert trees is not None
    assert trees.by_peers == pytest.approx(1 - 1 / sum(12.0**-g for g in range(4)))
    figure, ax = drawn("cascades", usual)
    left, right = ax.child_axes
    heights = [bar.get_y() + bar.get_height() for bar in left.patches]  # type: ignore[attr-defined]
    assert heights == pytest.approx(np.log10(2e9 / 12.0 ** np.arange(4)).tolist())
    x, y = (np.asarray(v, float) for v in right.lines[0].get_data())
    assert x == pytest.approx(np.log10(np.arange(1, 30)))
    assert 10 ** y[0] == pytest.approx(sum(2e9 / (1 + k) ** 4 for k in range(1, 30)))
    found = " ".join(text.replace("\n", " ") for text in texts(figure))
    assert "Contacts brought about 8.3 % of the uptakes" in found


@pytest.mark.parametrize(("depth", "most"), [(1, 1), (2, 2), (9, 300), (60, 40_000)])
def test_no_labels_touch_whatever_the_trees(depth: int, most: int) -> None:
    run = with_ties(depth=depth, most=most)
    for name in NETWORKS:
        figure, _ = drawn(name, run)
        labels = _labels(figure)
        assert [(a, b) for (a, x), (b, y) in combinations(labels, 2) if x.overlaps(y)] == []
        width, height = figure.get_size_inches() * figure.dpi
        for text, box in labels:
            assert min(box.x0, box.y0) >= 0, text
            assert max(box.x1 / width, box.y1 / height) <= 1, text


def test_runs_without_ties_skip_them(usual: Record, plain: Written) -> None:
    bare, made = plain.record, plain.entry
    with pytest.raises(NoFigure, match="no platform has ties"):
        drawn("contacts", bare)
    with pytest.raises(NoFigure, match="no platform has ties"):
        drawn("cascades", bare)
    with pytest.raises(NoFigure, match="no feature nothing"):
        drawn("contacts", usual, feature="nothing")
    assert set(NETWORKS) <= made.skipped.keys()
    assert made.failed == {}


def test_tables_of_ties_are_kept_in_the_folder_of_a_run(tmp_path: Path) -> None:
    made = outcome(features=2, days=100, tick=10.0)
    tables = {**made.tables, **network_tables(made.scenario)}
    run = Run.of(replace(made, tables=tables))
    run.save(tmp_path / "run", figures=False)
    again = Run.open(tmp_path / "run").record
    for name in ("network", "cascades"):
        assert again.table(name).equals(run.record.table(name))
    Run.of(made).save(tmp_path / "bare", figures=False)
    assert not (tmp_path / "bare" / "network.parquet").exists()


# --- drawings


def test_a_drawing_has_a_dot_a_person_and_a_line_a_tie() -> None:
    layer = ties.from_edges([0, 0, 0, 3], [1, 2, 3, 4], people=6)
    ax = draw_network(layer)
    dots = next(c for c in ax.collections if isinstance(c, PathCollection))
    lines = next(c for c in ax.collections if isinstance(c, LineCollection))
    assert np.asarray(dots.get_offsets()).shape == (6, 2)
    assert len(lines.get_segments()) == 4
    sizes = np.asarray(dots.get_sizes())
    assert sizes.argmax() == 0
    assert sizes[1] == sizes[2] == sizes[4] < sizes[3] < sizes[0]


def test_a_cascade_is_coloured_by_generation_and_its_tree_is_dark() -> None:
    line = ties.from_edges(np.arange(5), np.arange(1, 6), people=6)
    found = contagion.independent_cascade(line, [0], 1.0)
    ax = draw_network(line, found)
    dots = next(
        c for c in ax.collections if isinstance(c, PathCollection) and c.get_array() is not None
    )
    assert np.asarray(dots.get_array()).tolist() == [0, 1, 2, 3, 4, 5]
    tree = [c for c in ax.collections if isinstance(c, LineCollection)][1]
    assert len(tree.get_segments()) == 5
    spread = sim.spread(line, rate=80.0, seeds=[0], days=3)
    dots = draw_network(line, spread).collections[-1]  # type: ignore[assignment]
    assert np.asarray(dots.get_array()).tolist() == [0, 1, 2, 3]


def test_places_depend_on_the_seed_alone_and_nobody_lies_on_another() -> None:
    layer = ties.random_ties(80, 2, seed=1)

    def places(seed: int) -> Any:
        return np.asarray(draw_network(layer, seed=seed).collections[-1].get_offsets())

    assert np.array_equal(places(1), places(1))
    assert not np.array_equal(places(1), places(2))
    apart = np.hypot(*(places(1)[:, None] - places(1)[None]).transpose(2, 0, 1))
    assert apart[np.triu_indices(80, 1)].min() > 0.002


def test_it_refuses_what_it_cannot_draw_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"501 people is too large to draw: 500 at most"):
        draw_network(ties.random_ties(501, 2, seed=1))
    small = ties.random_ties(10, 2, seed=1)
    with pytest.raises(ValueError, match="10 people"):
        draw_network(small, [1, 2, 3])
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> Any:
        if name == "networkx":
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ImportError, match="pip install networkx"):
        draw_network(small)
    assert sim.draw_network is draw_network
