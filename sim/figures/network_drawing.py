"""A small network as a picture: people as dots, ties as lines, colours for when each took it up."""

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import BoundaryNorm, Normalize
from matplotlib.figure import Figure

from sim.figures.panels import bare
from sim.figures.style import (
    DPI,
    FAINT,
    INK,
    LABEL_SIZE,
    NOTE_SIZE,
    SMALL_TITLE_SIZE,
    SOFT,
    pyplot,
    style,
)

if TYPE_CHECKING:
    from sim.contagion.cascade import Cascade
    from sim.contagion.spreading import Spread
    from sim.ties.layer import Layer

    When = npt.ArrayLike | Spread | Cascade

#: More people than these are a tangle, and a layout of theirs takes minutes.
MOST = 500
_SIDE = 8.0  # inches
_SMALLEST, _LARGEST = 30.0, 420.0  # areas of dots, in points squared
_FEW_STEPS = 10  # so many times or fewer are told apart as steps of colour
_EMPTY = "#e0e0e0"
_MAP = "viridis"  # even in lightness, so that it holds in grey and for the colour-blind


def draw_network(
    layer: "Layer",
    when: "When | None" = None,
    *,
    label: str | None = None,
    title: str | None = None,
    seed: int = 1,
    ax: Axes | None = None,
) -> Axes:
    """Draw the ties of a layer of at most 500 people, on `ax` or a new figure; return the Axes.

    `when` (people,) is what each person is coloured by, a day or a generation, below 0 or nan for
    never; or what `sim.spread` or `sim.contagion.independent_cascade` gave, in whose case the ties
    along which people were brought are drawn dark. `label` names it. Dots grow with the number of
    contacts; those of the first time have a rim. Equal input gives equal places.

    Raises ValueError for larger networks and values that are not one a person, and ImportError
    where the package networkx is missing.
    """
    if layer.people > MOST:
        raise ValueError(
            f"a network of {layer.people:,} people is too large to draw: {MOST} at most; "
            "`sim.ties.describe` and `run.plot.contacts` show large ones in numbers"
        )
    time, parent, name = _read(layer, when)
    ends = _pairs(layer)
    place = _layout(layer.people, ends, seed)
    plt = pyplot() if ax is None else None
    with style():
        axes = _new_axes(plt) if ax is None else ax
        bare(axes)
        axes.set_aspect("equal")
        axes.margins(0.06)
        _draw_ties(axes, place, ends, parent)
        _draw_people(axes, layer, place, time, label or name)
        heading = title or f"{layer.people:,} people, {len(ends):,} ties"
        axes.set_title(
            heading, loc="left", fontsize=SMALL_TITLE_SIZE, fontweight="bold", color=INK, pad=22
        )
        axes.annotate(
            "Dots grow with the number of contacts"
            + ("" if time is None else "; rim: first; pale: never")
            + ("" if parent is None else "; dark ties: along which people were brought"),
            (0, 1),
            (0, 7),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=NOTE_SIZE,
            color=SOFT,
            va="bottom",
        )
    return axes


def _read(
    layer: "Layer", when: "When | None"
) -> tuple[npt.NDArray[np.float64] | None, npt.NDArray[np.int32] | None, str]:
    """When each person took it up (nan for never), who brought it if known, and what it is."""
    if when is None:
        return None, None, ""
    parent, name, values = None, "time of adoption", when
    if hasattr(when, "adopted_at"):
        values, name = when.adopted_at, "tick of adoption"
    elif hasattr(when, "generation"):
        values, parent, name = when.generation, getattr(when, "parent", None), "generation"
    time = np.array(values, np.float64)
    if time.shape != (layer.people,):
        raise ValueError(f"{time.shape} values, but the network has {layer.people} people")
    time[~(time >= 0.0)] = np.nan
    return time, parent, name


def _pairs(layer: "Layer") -> npt.NDArray[np.int64]:
    """Every pair of people with a tie, once: (pairs, 2)."""
    rows = layer.contacts(np.arange(layer.people))
    whose = np.repeat(np.arange(layer.people), np.diff(rows.offsets))
    both = np.sort(np.stack([whose, rows.contacts], axis=1), axis=1)
    return np.unique(both, axis=0).astype(np.int64)


def _layout(people: int, ends: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.float64]:
    try:
        networkx = importlib.import_module("networkx")
    except ImportError as e:
        raise ImportError(
            "networks are laid out by the package networkx, which is not installed: "
            "`pip install networkx`"
        ) from e
    graph = networkx.Graph()
    graph.add_nodes_from(range(people))
    graph.add_edges_from(ends.tolist())
    place = np.zeros((people, 2))
    parts = sorted(networkx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    left, top, deepest = -1.0, 0.0, 0.0
    for number, part in enumerate(parts):
        ids = np.array(sorted(part))
        radius = max(float(np.sqrt(ids.size / people)), 0.04)
        inside = _one_part(networkx, graph, ids, seed) * 0.8 * radius
        # The largest part fills the picture; others would be flung away by the springs' repulsion,
        # so they stand in rows below it.
        if number == 0:
            place[ids] = inside
            top = -radius - 0.04
            continue
        if left + 2.0 * radius > 1.0 + 1e-9:
            left, top, deepest = -1.0, top - deepest, 0.0
        place[ids] = inside + np.array([left + radius, top - radius])
        left, deepest = left + 2.0 * radius, max(deepest, 2.0 * radius)
    return place


def _one_part(
    networkx: Any, graph: Any, ids: npt.NDArray[np.int64], seed: int
) -> npt.NDArray[np.float64]:
    """Places of a connected part of the network, within -1 to 1."""
    if ids.size == 1:
        return np.zeros((1, 2))
    own = networkx.Graph()
    own.add_nodes_from(ids.tolist())  # in the order of ids, which the layout follows
    own.add_edges_from(graph.subgraph(ids.tolist()).edges)
    found = networkx.spring_layout(own, k=2.2 / np.sqrt(ids.size), iterations=150, seed=seed)
    places = np.array([found[i] for i in ids.tolist()], np.float64)
    places -= (places.max(axis=0) + places.min(axis=0)) / 2.0
    scaled: npt.NDArray[np.float64] = places / np.abs(places).max()
    return scaled


def _new_axes(plt: Any) -> Axes:
    figure: Figure = plt.figure(figsize=(_SIDE, _SIDE), dpi=DPI)
    return figure.add_axes((0.04, 0.03, 0.84, 0.87))


def _draw_ties(
    ax: Axes,
    place: npt.NDArray[np.float64],
    ends: npt.NDArray[np.int64],
    parent: npt.NDArray[np.int32] | None,
) -> None:
    thin = float(np.clip(40.0 / np.sqrt(max(len(ends), 1)), 0.3, 1.2))
    ax.add_collection(LineCollection(list(place[ends]), colors=FAINT, linewidths=thin, alpha=0.5))
    if parent is not None:
        child = np.flatnonzero(np.asarray(parent) >= 0)
        brought = np.stack([np.asarray(parent)[child], child], axis=1)
        ax.add_collection(LineCollection(list(place[brought]), colors=INK, linewidths=1.4))


def _draw_people(
    ax: Axes,
    layer: "Layer",
    place: npt.NDArray[np.float64],
    time: npt.NDArray[np.float64] | None,
    label: str,
) -> None:
    degree = layer.degrees().astype(np.float64)
    area = _SMALLEST + (_LARGEST - _SMALLEST) * degree / max(float(degree.max(initial=1.0)), 1.0)
    area *= min(1.0, 80.0 / max(layer.people, 1))
    area = np.maximum(area, 8.0)
    never = np.ones(layer.people, bool) if time is None else np.isnan(time)
    plain = "#7f9fbf" if time is None else _EMPTY
    ax.scatter(
        place[never, 0], place[never, 1], area[never], c=plain, edgecolors=FAINT, linewidths=0.6,
        zorder=3,
    )  # fmt: skip
    if time is None or never.all():
        return
    known = ~never
    scale, ticks = _scale(time[known])
    first = (time[known] == time[known].min()).tolist()
    dots = ax.scatter(
        place[known, 0],
        place[known, 1],
        area[known],
        c=time[known],
        cmap=colormaps[_MAP].reversed(),
        norm=scale,
        edgecolors=[INK if of_first else "white" for of_first in first],
        linewidths=[1.8 if of_first else 0.6 for of_first in first],
        zorder=4,
    )
    bar: Any = ax.inset_axes((1.02, 0.3, 0.022, 0.4))
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes that are drawn on belong to a figure
    colourbar = figure.colorbar(dots, cax=bar)
    if ticks is not None:
        colourbar.set_ticks(ticks, labels=[f"{t:g}" for t in ticks])
    colourbar.outline.set_visible(False)
    bar.tick_params(length=0, labelsize=LABEL_SIZE - 1, labelcolor=SOFT)
    bar.set_title(label, fontsize=NOTE_SIZE, color=SOFT, loc="right", pad=8)


def _scale(time: npt.NDArray[np.float64]) -> tuple[Normalize, list[float] | None]:
    """Steps of colour for few whole numbers, else an even scale."""
    low, high = float(time.min()), float(time.max())
    whole = bool((time == np.floor(time)).all())
    if whole and high - low < _FEW_STEPS:
        steps = np.arange(low, max(high, low + 1.0) + 1.0)
        edges = np.append(steps - 0.5, steps[-1] + 0.5)
        return BoundaryNorm(edges.tolist(), 256), steps.tolist()
    return Normalize(low, high), None
