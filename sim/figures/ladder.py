"""The scale ladder as a picture: how fast the error falls as more people are simulated."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from sim.figures.style import (
    FAINT,
    GRID,
    INK,
    LABEL_SIZE,
    SOFT,
    SUBTITLE_SIZE,
    TITLE_SIZE,
    new_figure,
    save,
    style,
)
from sim.record.rungs import Ladder, Rung
from sim.units import human

_ERROR, _CHANCE = "#0b5fa5", FAINT


def illustrate_ladder(ladder: Ladder, folder: Path) -> None:
    """Write ladder.png and ladder.svg into a folder, where there is something to draw."""
    if any(_drawn(rung) for rung in ladder.rungs):
        with style():
            figure, ax = new_figure()
            draw_ladder(ax, ladder)
            save(figure, folder / "ladder")


def _drawn(rung: Rung) -> bool:
    return rung.error > 0.0 and rung.engine != "expected"


def draw_ladder(ax: Axes, ladder: Ladder) -> Axes:
    """Error and chance against people simulated, both on logarithmic axes."""
    rungs = [rung for rung in ladder.rungs if _drawn(rung)]
    engine = rungs[0].engine
    climbed = [rung for rung in rungs if rung.engine == engine]
    people = np.array([rung.people for rung in climbed], float)
    ax.set_xscale("log")
    ax.set_yscale("log")
    everyone = [(float(r.people), r.chance) for r in rungs]
    ax.plot(*zip(*everyone, strict=True), color=_CHANCE, linewidth=1.6, zorder=2)
    ax.plot(people, [r.error for r in climbed], color=_ERROR, linewidth=2.2, marker="o", zorder=3)
    last = climbed[-1]
    near = last.error / last.chance
    up = 8.0 if near >= 1.0 else -14.0
    for text, value, colour, shift in (
        (engine, last.error, _ERROR, up),
        ("by chance alone", last.chance, SOFT, -up - 6.0),
    ):
        ax.annotate(
            text,
            (people[-1], value),
            (10.0, shift if 0.5 < near < 2.0 else -4.0),
            textcoords="offset points",
            color=colour,
            fontsize=LABEL_SIZE,
        )
    for rung in rungs:
        if rung.engine != engine:
            ax.plot([rung.people], [rung.error], marker="s", color=INK, zorder=3, linestyle="")
            ax.annotate(
                f"{rung.engine}, everybody",
                (rung.people, rung.error),
                (-8.0, 10.0),
                textcoords="offset points",
                ha="right",
                color=INK,
                fontsize=LABEL_SIZE,
            )
    _frame(ax, ladder, [r.people for r in rungs], [v for r in rungs for v in (r.error, r.chance)])
    return ax


def _frame(ax: Axes, ladder: Ladder, people: list[int], values: list[float]) -> None:
    powers = range(int(np.floor(np.log10(min(people)))), int(np.ceil(np.log10(max(people)))) + 2)
    sizes = [10.0**p for p in powers]
    ax.set_xticks(sizes, [human(size, "people") for size in sizes])
    ax.set_xlim(min(people) / 1.5, max(people) * 12.0)
    low, high = (v for v in (min(v for v in values if v > 0.0), max(values)))
    ticks = [10.0**p for p in range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)]
    ax.set_yticks(ticks, [f"{100.0 * t:.6g} %" for t in ticks])
    ax.set_ylim(min(ticks[0], low / 1.5), max(ticks[-1], high * 1.5))
    ax.minorticks_off()
    ax.grid(axis="y", color=GRID, linewidth=0.8)
    ax.tick_params(labelsize=LABEL_SIZE, length=0)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.set_xlabel("people simulated", fontsize=LABEL_SIZE)
    title = ladder.scenario.title or ladder.scenario.name
    figure = ax.get_figure(root=True)
    assert figure is not None
    left = ax.get_position().x0
    figure.text(
        left, 0.945, f"{title}: scale error of a sample", fontsize=TITLE_SIZE, weight="bold"
    )
    figure.text(
        left,
        0.9,
        "Monthly users against their expected course, root mean square over features and months",
        fontsize=SUBTITLE_SIZE,
        color=SOFT,
    )
