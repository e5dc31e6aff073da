"""The Run that people hold: tables, summary, plots, folder, and how it shows itself."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import matplotlib
import pandas as pd
import pytest

from sim.figures import FIGURES, NoFigure
from sim.running.run import Run, RunFolderError
from tests.record.synthetic import outcome


@pytest.fixture(scope="module")
def run() -> Run:
    return Run.of(outcome(days=60))


@pytest.fixture
def agg() -> Iterator[None]:
    before = matplotlib.get_backend()
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    yield
    plt.close("all")
    matplotlib.use(before)


def test_tables_are_frames_with_dates_and_categories(run: Run) -> None:
    assert list(run.adoption.columns) == [
        "day",
        "date",
        "feature",
        "platform",
        "segment",
        "metric",
        "value",
    ]
    assert run.adoption.dtypes["feature"] == "category"
    assert pd.api.types.is_datetime64_any_dtype(run.market.dtypes["date"])
    assert run.events.time.is_monotonic_increasing
    assert run.adoption is run.adoption  # converted once


@pytest.mark.usefixtures("two_figures")
def test_a_saved_run_opens_as_the_same_run(run: Run, tmp_path: Path) -> None:
    fresh = Run.of(outcome(days=60))
    assert fresh.folder is None
    folder = fresh.save(tmp_path / "mine")
    assert fresh.folder == folder
    opened = Run.open(folder)
    for name in ("adoption", "market", "events"):
        pd.testing.assert_frame_equal(getattr(opened, name), getattr(run, name))
    pd.testing.assert_frame_equal(opened.summary(), run.summary())
    assert opened.scenario_yaml == run.scenario_yaml
    assert opened.manifest == fresh.manifest
    assert {file.name for file in (folder / "figures").iterdir()} == set(
        fresh.manifest.figures.made
    )
    assert set(opened.manifest.files) >= {"figures/adoption.png", "figures/adoption.svg"}


def test_a_run_is_saved_under_the_next_free_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Run.of(outcome(days=5, features=1))
    assert run.save(figures=False) == Path("runs/hybrid-1")
    assert run.save(figures=False) == Path("runs/hybrid-2")
    with pytest.raises(RunFolderError, match="exists already"):
        run.save("runs/hybrid-1")
    assert not (tmp_path / "runs/hybrid-1/figures").exists()


def test_an_opened_run_can_be_copied_by_saving_it(tmp_path: Path) -> None:
    Run.of(outcome(days=5, features=1)).save(tmp_path / "a", figures=False)
    opened = Run.open(tmp_path / "a")
    opened.save(tmp_path / "b", figures=False)
    assert Run.open(tmp_path / "b").manifest.scenario == opened.manifest.scenario
    assert opened.folder == tmp_path / "a"


def test_wall_time_counts_from_the_given_start_to_the_saved_folder(tmp_path: Path) -> None:
    started = datetime.now(UTC) - timedelta(seconds=100)
    run = Run.of(outcome(days=5, features=1), started=started)
    folder = run.save(tmp_path / "a", figures=False)
    manifest = Run.open(folder).manifest
    assert 100 <= manifest.wall_s < 130
    assert manifest.engine_s == 1.5
    assert manifest.started == started.replace(microsecond=0)


def test_figures_are_listed_by_file(run: Run, tmp_path: Path) -> None:
    made = Run.of(outcome(days=10, features=1, developers=False)).figures(tmp_path / "pictures")
    every = [figure.name for figure in FIGURES]
    names = [n for n in every if (tmp_path / "pictures" / f"{n}.png").exists()]
    assert {"adoption", "quality"} <= set(names) <= set(every) - {"developers"}
    assert made == [tmp_path / "pictures" / f"{n}.{e}" for n in names for e in ("png", "svg")]
    assert all(file.stat().st_size > 1000 for file in made)
    with pytest.raises(RunFolderError, match="in memory only"):
        run.figures()


@pytest.mark.usefixtures("two_figures")
def test_figures_drawn_anew_replace_those_of_the_folder_and_the_run_still_opens(
    tmp_path: Path,
) -> None:
    folder = Run.of(outcome(days=10, features=1)).save(tmp_path / "a")
    before = (folder / "figures" / "adoption.png").read_bytes()
    (folder / "figures" / "adoption.png").write_bytes(b"spoilt")
    (folder / "figures" / "stray.txt").write_text("")
    opened = Run.open(folder)
    made = opened.figures()
    assert (folder / "figures" / "adoption.png").read_bytes() == before
    assert set(made) == set((folder / "figures").iterdir())
    again = Run.open(folder).manifest
    assert again == opened.manifest
    assert "figures/stray.txt" not in again.files
    assert {entry.name for entry in folder.iterdir() if entry.name.endswith("partial")} == set()


@pytest.mark.usefixtures("agg")
def test_every_plot_returns_the_axes_it_drew_on(run: Run) -> None:
    from matplotlib.figure import Figure

    for shown in FIGURES:
        ax, method = Figure().add_subplot(), getattr(run.plot, shown.name)
        try:
            assert method(ax=ax) is ax
        except NoFigure:  # the made-up run has no incidents, accounts and the like
            continue
        assert method(ax) is ax


@pytest.mark.usefixtures("agg")
def test_a_plot_without_axes_is_a_pyplot_figure_that_a_notebook_shows(run: Run) -> None:
    from matplotlib import pyplot as plt

    before = dict(matplotlib.rcParams)
    ax = run.plot.adoption(events=False)
    assert plt.gcf() is ax.get_figure()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.usefixtures("agg")
def test_a_plot_that_cannot_be_drawn_leaves_no_empty_figure() -> None:
    from matplotlib import pyplot as plt

    bare = Run.of(outcome(days=5, features=1, developers=False))
    with pytest.raises(NoFigure, match="no developers"):
        bare.plot.developers()
    assert plt.get_fignums() == []


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not any(name in ("src", "href") or name.startswith("on") for name, _ in attrs)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_in_a_notebook_a_run_is_a_small_table_without_scripts_or_loads() -> None:
    shown = Run.of(outcome(days=10, title="<script>alert(1)</script> & co"))._repr_html_()
    tags = _Tags()
    tags.feed(shown)
    assert tags.open == []
    assert tags.seen == {"div", "strong", "br", "small", "table", "tr", "th", "td"}
    assert "&lt;script&gt;" in shown
    assert "Meta AI" in shown
    assert "never" in shown
    assert "63 of 84 inputs assumed" in shown


def test_a_run_says_in_a_line_what_it_is(run: Run, tmp_path: Path) -> None:
    assert repr(run) == "<Run hybrid: 2026-05-01 to 2026-06-30, cohorts, seed 1, in memory>"
    saved = Run.of(outcome(days=5, features=1))
    saved.save(tmp_path / "a", figures=False)
    assert re.search(r"seed 1, .*a>$", repr(saved))
