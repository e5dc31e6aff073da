"""Figures: what they say, that nothing overlaps, odd runs, and equal bytes for equal runs."""

import os
import re
import subprocess
import sys
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from sim.figures import FIGURES, NoFigure, draw, write
from sim.figures import Figure as Picture
from sim.figures.frame import date_ticks, nice_step, text_width, wrap
from sim.figures.happenings import happenings
from sim.figures.labels import spread
from sim.figures.style import looks, new_figure, style
from sim.figures.words import growth_sentence, milestone, people, percent
from sim.record.record import Record
from sim.record.tables import Series
from sim.running.run import Run
from tests.figures.conftest import Written
from tests.record.synthetic import outcome

NBSP = "\N{NO-BREAK SPACE}"


def record(**options: Any) -> Record:
    return Run.of(outcome(**options)).record


@pytest.fixture(scope="module")
def usual() -> Record:
    return record()


BY_NAME = {figure.name: figure for figure in FIGURES}


@lru_cache(maxsize=8)
def drawn(name: str, run: Record, **options: Any) -> tuple[Figure, Axes]:
    """A figure of a run, drawn once for the tests that follow each other."""
    return drawn_anew(name, run, **options)


def drawn_anew(name: str, run: Record, **options: Any) -> tuple[Figure, Axes]:
    with style():
        figure, ax = new_figure()
    draw(BY_NAME[name], run, ax, **options)
    return figure, ax


def texts(figure: Figure) -> list[str]:
    found = []
    for ax in figure.axes:
        for part in (ax, *ax.child_axes):
            found += [text.get_text().replace(NBSP, " ") for text in part.texts]
    return found


TITLES = {
    "adoption": "Meta AI passes 1.5 B monthly users in August 2027",
    "platforms": "Meta AI has 1.62 B monthly users by April 2028; "
    "the platforms' own counts add up to 2.49 B",
    "stages": "30 % of people use a feature habitually by April 2028, up from 12 %",
    "stickiness": "21 % of Meta AI's monthly users come on a given day, 46 % of ChatGPT's",
    "developers": "46 % of developers build on Meta's models by April 2028, up from 34 %",
    "quality": "Meta leads in April 2028 at 59.5 frontier-months; deepseek trails by 6.5",
}
STAMP = "Illustrative: uncalibrated, 63 of 84 inputs assumed · scenario hybrid · seed 1 · cohorts"


@pytest.mark.parametrize("name", TITLES)
def test_a_title_is_a_sentence_with_the_runs_numbers_and_a_stamp_says_what_they_rest_on(
    usual: Record, name: str
) -> None:
    figure, _ = drawn(name, usual)
    found = [text.replace("\n", " ") for text in texts(figure)]
    assert TITLES[name] in found
    assert STAMP in found


def test_lines_are_named_at_their_ends_with_their_last_value(usual: Record) -> None:
    figure, _ = drawn("adoption", usual)
    assert {"Meta AI 1.62 B", "ChatGPT 1.18 B", "Gemini 930 M", "Claude 140 M"} <= set(
        texts(figure)
    )


def test_the_people_of_a_feature_are_shown_beside_the_sum_of_its_platforms(usual: Record) -> None:
    figure, _ = drawn("platforms", usual)
    found = set(texts(figure))
    assert {"Counted once 1.62 B", "WhatsApp 1 B", "Facebook 810 M", "Instagram 680 M"} <= found


def test_the_platforms_of_a_named_feature_are_those_of_that_feature(usual: Record) -> None:
    figure, _ = drawn("platforms", usual, feature="chatgpt")
    assert "Counted once 1.18 B" in texts(figure)
    with pytest.raises(NoFigure, match="no feature `nobody`; the run has meta-ai"):
        drawn("platforms", usual, feature="nobody")


def test_stages_can_be_those_of_one_segment() -> None:
    run = record(days=30, tick=5.0, by_segment=True)
    figure, _ = drawn("stages", run, segment="asia")
    assert any("in asia" in text for text in texts(figure))
    with pytest.raises(NoFigure, match="segment `moon`"):
        drawn("stages", run, segment="moon")


def _labels(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every visible label and the rectangle of its letters in pixels, as the renderer has them."""
    figure.draw_without_rendering()
    found = []
    for ax in figure.axes:
        for part in (ax, *ax.child_axes):
            labels = list(part.texts)
            if part.axison:
                low, high = sorted(part.get_xlim())
                ticks = part.get_xticklabels()
                labels += [tick for tick in ticks if low <= tick.get_position()[0] <= high]
                labels += [*part.get_yticklabels(), part.xaxis.label]
            legend = part.get_legend()
            labels += legend.get_texts() if legend else []
            # an Annotation's own extent would include its pointer
            found += [
                (label.get_text(), Text.get_window_extent(label).padded(-1.0))
                for label in labels
                if label.get_text().strip()
            ]
    return found


CASES: dict[str, dict[str, Any]] = {
    "usual": {},
    "one feature": {"features": 1, "developers": False, "tick": 5.0},
    "eight features": {"features": 8, "days": 728, "tick": 2.0},
    "ten days": {"days": 10},
    "weekly ticks": {"features": 3, "days": 728, "tick": 7.0},
    "ten years": {"days": 3650, "tick": 14.0},
    "three people": {"features": 2, "users": 2e-9, "tick": 10.0},
    "one tick": {"days": 1},
    "long names": {
        "features": 2,
        "days": 400,
        "tick": 4.0,
        "name": "a-scenario-with-a-rather-long-name-indeed",
    },
}


@pytest.mark.parametrize("case", CASES)
def test_no_two_labels_touch_and_none_leaves_the_picture(case: str) -> None:
    run = record(**CASES[case])
    for name in BY_NAME:
        try:
            figure, _ = drawn(name, run)
        except NoFigure:
            assert name not in TITLES or (case, name) == ("one feature", "developers")
            continue
        labels = _labels(figure)
        meeting = [(a, b) for (a, x), (b, y) in combinations(labels, 2) if x.overlaps(y)]
        assert meeting == [], name
        width, height = figure.get_size_inches() * figure.dpi
        outside = [
            text
            for text, box in labels
            if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
        ]
        assert outside == [], name


def test_a_run_without_users_or_developers_has_the_figures_that_make_sense(
    empty: Written,
) -> None:
    drawn_ = empty.entry
    made = {Path(name).stem for name in drawn_.made}
    assert made & TITLES.keys() == {"adoption", "stages", "quality"}
    assert drawn_.skipped.keys() & TITLES.keys() == {"platforms", "stickiness", "developers"}
    assert drawn_.failed == {}
    assert {file.name for file in empty.folder.iterdir()} == set(drawn_.made)


def test_a_fault_in_one_figure_is_named_and_keeps_the_others(tmp_path: Path) -> None:
    def faulty(ax: Axes, run: Record) -> None:
        raise TypeError("no")

    figures = [Picture("bad", "Nothing.", faulty), BY_NAME["stages"]]
    found = write(record(days=10, features=1), tmp_path, figures)
    assert found.failed == {"bad": "TypeError: no"}
    assert found.made == ("stages.png", "stages.svg")


DRAW = """
import sys
from itertools import combinations
from pathlib import Path
import matplotlib
matplotlib.rcParams.update({"font.size": 30, "svg.hashsalt": sys.argv[1], "savefig.dpi": 40})
from sim.figures import write
from sim.running.run import Run
from tests.record.synthetic import outcome
write(Run.of(outcome(features=2, tick=10.0)).record, Path(sys.argv[1]))
assert "matplotlib.pyplot" not in sys.modules
"""


def test_equal_runs_give_equal_bytes_in_any_process_and_under_any_settings(
    plain: Written, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LANG": "C"}
    subprocess.run([sys.executable, "-c", DRAW, str(other)], check=True, cwd=root, env=environment)
    for file in other.iterdir():
        assert file.read_bytes() == (plain.folder / file.name).read_bytes(), file.name
    svg = (other / "adoption.svg").read_text()
    assert "<dc:date>" not in svg
    assert "Matplotlib" not in svg
    assert {file.stem for file in other.iterdir()} >= TITLES.keys()


def test_pictures_are_1200_pixels_wide_and_the_users_settings_stay(plain: Written) -> None:
    """The settings are looked at where the pictures are written, in `plain`."""
    header = (plain.folder / "adoption.png").read_bytes()[16:24]
    assert (int.from_bytes(header[:4]), int.from_bytes(header[4:])) == (1200, 750)


def test_a_feature_and_its_lab_look_alike_and_everybody_else_differs() -> None:
    run = record(features=7)
    look = looks(run)
    for feature, entry in run.manifest.entities.features.items():
        assert look[feature] == look[entry.lab]
    assert len({look[feature] for feature in run.features}) == 7


def test_a_colour_does_not_depend_on_how_many_features_follow() -> None:
    few, many = looks(record(days=5, features=2)), looks(record(days=5, features=8))
    assert {name: many[name] for name in few} == few


# Linear RGB as seen with deuteranopia, protanopia and tritanopia: Machado, Oliveira and Fernandes
# (2009), severity 1.0.
SEEN = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(  # IEC 61966-2-1, D65
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)


def _lab(colour: str, seen: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = (TO_XYZ @ np.clip(seen @ linear, 0, 1)) / (TO_XYZ @ np.ones(3))
    f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SEEN)
def test_lines_of_alike_dashes_have_colours_apart_for_every_kind_of_sight(sight: str) -> None:
    run = record(days=5, features=8)
    found = [looks(run)[feature] for feature in run.features]
    for a, b in combinations(found, 2):
        if a.dashes == b.dashes:
            # 2.3 is a just noticeable difference in CIE 1976 units; lines want several
            assert np.linalg.norm(_lab(a.colour, SEEN[sight]) - _lab(b.colour, SEEN[sight])) > 12


def test_letters_on_white_have_the_contrast_that_accessible_text_needs() -> None:
    run = record(days=5, features=8)
    for feature in run.features:
        colour = looks(run)[feature].text
        rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        contrast = 1.05 / (linear @ TO_XYZ[1] + 0.05)
        assert contrast > 3.0, feature  # WCAG 2.1, large or bold text


def test_an_events_words_stand_on_the_line_it_acts_on() -> None:
    found = {(h.time, h.on, h.text) for h in happenings(record())}
    assert (92.0, "meta-ai", f"wave 50{NBSP}%") in found
    assert (365.0, "meta-ai", "large: staged") in found  # the lab's model, on its feature
    assert (300.0, "chatgpt", "small: weights") in found
    assert (500.0, "chatgpt", "price 10 USD a month") in found
    assert (150.0, "meta-ai", "pause") in found
    assert not any(h.kind == "review" for h in happenings(record()))


def test_labels_move_only_as_far_as_they_must() -> None:
    assert spread([0.0, 100.0], 10.0, 0.0, 200.0) == [0.0, 100.0]
    assert spread([50.0, 50.0], 10.0, 0.0, 200.0) == [45.0, 55.0]
    assert spread([52.0, 50.0, 51.0], 10.0, 0.0, 200.0) == [61.0, 41.0, 51.0]
    assert spread([0.0, 0.0, 0.0], 10.0, 0.0, 200.0) == [0.0, 10.0, 20.0]
    assert spread([200.0, 199.0], 10.0, 0.0, 200.0) == [200.0, 190.0]
    assert spread([], 10.0, 0.0, 200.0) == []


def test_labels_stay_apart_and_in_order_at_both_ends_of_the_axis() -> None:
    generator = np.random.default_rng(5)
    for _ in range(200):
        wanted = generator.uniform(0, 300, 12).tolist()
        places = spread(wanted, 15.0, 0.0, 300.0)
        ranked = [places[i] for i in np.argsort(wanted, kind="stable")]
        assert np.diff(ranked).min() >= 15.0 - 1e-9
        assert min(places) >= 0
        assert max(places) <= 300.0 + 1e-9


def series(*values: float) -> Series:
    return Series(np.arange(float(len(values))), np.array(values, dtype=float))


def test_a_milestone_is_the_highest_round_number_risen_through() -> None:
    assert milestone(series(1e8, 9e8, 1.62e9)) == (1.5e9, 2.0)
    assert milestone(series(1.5e9, 1.62e9)) is None
    assert milestone(series(0.0, 1e8, 1.4e8)) == (1e8, 1.0)
    assert milestone(series(0.0, 0.0)) is None


def test_a_title_says_rise_fall_and_standstill_for_what_they_are() -> None:
    run = record(days=730, features=1)

    def said(*values: float) -> str:
        return growth_sentence(run, "It", series(*values)).replace(NBSP, " ")

    assert said(1e8, 1.2e9) == "It passes 1 B monthly users in May 2026"
    assert said(1.02e9, 1.2e9) == "It grows from 1.02 B to 1.2 B monthly users by April 2028"
    assert said(1.02e9, 1.02e9) == "It stays at about 1.02 B monthly users"
    assert said(2e9, 1e9) == "It falls from 2 B to 1 B monthly users by April 2028"
    assert said(1e9, 2e9, 1e9) == "It peaks at 2 B monthly users in May 2026, then falls to 1 B"


def test_numbers_are_printed_for_people() -> None:
    assert people(1_234_567_890).replace(NBSP, " ") == "1.23 B"
    assert [percent(x).replace(NBSP, " ") for x in (0, 0.0004, 0.031, 0.46)] == [
        "0 %",
        "<0.1 %",
        "3.1 %",
        "46 %",
    ]


@pytest.mark.parametrize("days", [1, 10, 30, 45, 92, 200, 400, 731, 1500, 3650, 20_000])
def test_date_ticks_lie_within_the_run_and_their_labels_do_not_repeat(days: int) -> None:
    ticks = date_ticks(20_574.0, 20_574.0 + days)  # from 2026-05-01
    assert 2 <= len(ticks) <= 14
    assert all(20_574 <= x <= 20_574 + days for x, _ in ticks)
    assert len({text for _, text in ticks}) > len(ticks) / 3
    assert re.search(r"20\d\d", ticks[0][1])


def test_steps_are_round_and_give_four_to_eight_intervals() -> None:
    for top in np.geomspace(1e-3, 1e10, 500):
        step = nice_step(float(top))
        assert 2.4 <= top / step <= 8
        assert f"{step:.0e}"[0] in "125" or f"{step:.1e}".startswith("2.5")


def test_wrapped_lines_fit_and_are_about_as_long_as_each_other() -> None:
    text = (
        "Meta AI has 1.62 B monthly users by April 2028; the platforms' own counts add up to 2.5 B"
    )
    lines = wrap(text, 16.0, 9.0, bold=True)
    widths = [text_width(line, 16.0, bold=True) for line in lines]
    assert " ".join(lines) == text
    assert max(widths) <= 9.0
    assert min(widths) > 0.6 * max(widths)
