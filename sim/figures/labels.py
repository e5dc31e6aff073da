"""Direct labels: names at the ends of lines, and notes beside points, none on top of another.

All of it is worked out in points on the page, in a fixed order, so that equal input gives equal
places.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from sim.figures.frame import Span, text_width
from sim.figures.style import FAINT, LABEL_SIZE, NOTE_SIZE

Points = npt.NDArray[np.float64]

_HALO = 2.6  # white around letters, in points, so that a line behind them does not disturb
_CROSSING = 24.0  # a pointer across a line is as bad as one that many points longer
_SHORT = 11.0  # a note this near its point needs no pointer
_NEAR = 7.0  # around a point its own line does not count, in points
_GAP = 1.5  # least distance between two labels, in points


@dataclass(frozen=True)
class EndLabel:
    """A name to be set at the right of a line that ends at `value` on the value axis."""

    text: str
    value: float
    colour: str


@dataclass(frozen=True)
class Note:
    """A short text at the data point (x, y)."""

    text: str
    x: float
    y: float
    colour: str


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "Box") -> bool:
        """Whether the two overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def holds(self, points: Points) -> int:
        """How many of the points, shape (n, 2), lie inside."""
        x, y = points[:, 0], points[:, 1]
        inside = (x > self.left) & (x < self.right) & (y > self.bottom) & (y < self.top)
        return int(inside.sum())


@dataclass
class Page:
    """What is drawn on the axes already: boxes to keep off, points of lines to keep clear of."""

    ax: Axes
    boxes: list[Box] = field(default_factory=list)
    lines: Points = field(default_factory=lambda: np.empty((0, 2)))

    def place(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Points:
        """Data coordinates as points on the page, shape (n, 2)."""
        data = np.column_stack([np.atleast_1d(x), np.atleast_1d(y)]).astype(np.float64)
        return np.asarray(self.ax.transData.transform(data)) * 72.0 / _dpi(self.ax)

    def add_line(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Keep labels clear of a line through these data points."""
        corners = self.place(x, y)
        if len(corners) > 1:
            along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(corners, axis=0).T))]
            steps = np.arange(0.0, along[-1] + 3.0, 3.0)
            corners = np.column_stack([np.interp(steps, along, c) for c in corners.T])
        self.lines = np.vstack([self.lines, corners])

    def crosses(self, pointer: Points) -> bool:
        """Whether a pointer meets a line other than at its first end."""
        away = pointer[np.hypot(*(pointer - pointer[0]).T) > _NEAR]
        if not len(away):
            return False
        low, high = away.min(axis=0) - 2.0, away.max(axis=0) + 2.0
        near = self.lines[((self.lines > low) & (self.lines < high)).all(axis=1)]
        gaps = np.hypot(*(away[:, None, :] - near[None, :, :]).transpose(2, 0, 1))
        return bool((gaps < 2.0).any())


def room_for(ax: Axes, texts: Sequence[str], size: float = LABEL_SIZE) -> float:
    """The share of the axes' width that end labels of these texts need."""
    widest = max((text_width(t, size, bold=True) for t in texts), default=0.0)
    width = ax.get_window_extent().width / _dpi(ax)
    return float(min((widest + 0.3) / width, 0.5))


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions at least `gap` apart, in the order of `wanted` and as near to it as they can be.

    Blocks of neighbours that are too close take the mean of their wishes (least squares); all lie
    between `low` and `high` if there is room.
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    blocks: list[tuple[float, int]] = []  # mean of the wish for a block's lowest place, its size
    for rank, i in enumerate(order):
        block = (wanted[i] - rank * gap, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, size = blocks.pop()
            total = size + block[1]
            block = ((mean * size + block[0] * block[1]) / total, total)
        blocks.append(block)
    places = [0.0] * len(wanted)
    rank = 0
    ceiling = high - (len(wanted) - 1) * gap
    for mean, size in blocks:
        start = max(min(mean, ceiling), low)
        for _ in range(size):
            places[order[rank]] = start + rank * gap
            rank += 1
    return places


def end_labels(
    page: Page, labels: Sequence[EndLabel], span: Span, *, size: float = LABEL_SIZE
) -> None:
    """Set the labels at the right of the lines' ends; one that had to move gets a thin pointer."""
    if not labels:
        return
    ax = page.ax
    ends = page.place([span.last] * len(labels), [label.value for label in labels])
    low, high = (page.place(span.last, y)[0, 1] for y in ax.get_ylim())
    height = size * 1.25
    places = spread([float(y) for y in ends[:, 1]], height, float(low) + 2.0, float(high))
    for label, (x, y), place in zip(labels, ends, places, strict=True):
        shift = place - y
        moved = abs(shift) > height * 0.4
        ax.annotate(
            label.text,
            (span.last, label.value),
            (17.0 if moved else 7.0, shift),
            textcoords="offset points",
            fontsize=size,
            fontweight="bold",
            color=label.colour,
            ha="left",
            va="center_baseline",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": FAINT,
                "linewidth": 0.7,
                "shrinkA": 0.0,
                "shrinkB": 3.0,
                "relpos": (0.0, 0.5),
            }
            if moved
            else None,
        )
        width = text_width(label.text, size, bold=True) * 72.0
        box = Box(x + 5.0, place - height / 2, x + 19.0 + width, place + height / 2)
        page.boxes.append(box)


def notes(
    page: Page,
    wanted: Sequence[Note],
    *,
    most: int,
    span: Span,
    size: float = NOTE_SIZE,
    bold: bool = False,
    reach: float = math.inf,
) -> int:
    """Set up to `most` notes, the first ones first, each where it covers nothing; return how many.

    A note for which there is no free place within `reach` points is left out: its marker still
    stands.
    """
    ax = page.ax
    low, high = (float(page.place(span.first, y)[0, 1]) for y in ax.get_ylim())
    left, right = (float(page.place(x, ax.get_ylim()[0])[0, 0]) for x in (span.first, span.last))
    set_down = 0
    for note in wanted:
        if set_down == most:
            break
        at = page.place(note.x, note.y)[0]
        lines = note.text.split("\n")
        width = max(text_width(line, size, bold=bold) for line in lines) * 72.0 + 3.0
        height = size * 1.28 * len(lines)
        best: tuple[float, float, float, Box] | None = None
        for dx, dy in _offsets(width, height):
            box = Box(
                at[0] + dx - width / 2 - _GAP,
                at[1] + dy - height / 2 - _GAP,
                at[0] + dx + width / 2 + _GAP,
                at[1] + dy + height / 2 + _GAP,
            )
            outside = box.left < left - 2 or box.right > right + 4
            if outside or box.bottom < low + 1 or box.top > high:
                continue
            if any(box.meets(other) for other in page.boxes):
                continue
            if page.lines.size and box.holds(page.lines):
                continue
            far = float(np.hypot(max(abs(dx) - width / 2, 0.0), max(abs(dy) - height / 2, 0.0)))
            far += 0.15 * abs(dx)
            pointer = _pointer(at, dx, dy, width, height)
            if far > _SHORT and page.crosses(pointer):
                far += _CROSSING
            if far > reach or (best is not None and far > best[0] - 1e-9):
                continue
            if not any(other.holds(pointer) for other in page.boxes):
                best = (far, dx, dy, box)
        if best is None:
            continue
        _, dx, dy, box = best
        page.boxes.append(box)
        set_down += 1
        pointed = abs(dy) > height / 2 + _SHORT or abs(dx) > width / 2 + _SHORT
        if pointed:
            page.lines = np.vstack([page.lines, _pointer(at, dx, dy, width, height)])
        ax.annotate(
            note.text,
            (note.x, note.y),
            (dx, dy),
            textcoords="offset points",
            fontsize=size,
            fontweight="bold" if bold else "normal",
            color=note.colour,
            ha="center",
            va="center",
            linespacing=1.1,
            annotation_clip=False,
            zorder=6,
            path_effects=[withStroke(linewidth=_HALO, foreground="white")],
            arrowprops={
                "arrowstyle": "-",
                "color": FAINT,
                "linewidth": 0.7,
                "shrinkA": 1.0,
                "shrinkB": 4.5,
                "relpos": (_relative(-dx, width), 0.0 if dy > 0 else 1.0),
            }
            if pointed
            else None,
        )
    return set_down


def _offsets(width: float, height: float) -> list[tuple[float, float]]:
    """Where a note's centre may stand from its point, in points, near places first."""
    rows = [height / 2 + up for up in (6.0, 14.0, 24.0, 36.0, 50.0, 66.0, 84.0, 104.0, 126.0)]
    columns = [0.0, *(s * f * width for f in (0.25, 0.5, 0.75, 1.0) for s in (1, -1))]
    places = [(dx, s * dy) for dy in rows for s in (1, -1) for dx in columns]
    return [(width / 2 + 8.0, 0.0), (-width / 2 - 8.0, 0.0), *places]


def _pointer(at: Points, dx: float, dy: float, width: float, height: float) -> Points:
    """Points from `at` to the edge of a note whose centre is off by dx, dy."""
    foot = dx + width * (_relative(-dx, width) - 0.5)
    edge = dy - height / 2 if dy > 0 else dy + height / 2
    along = np.linspace(0.0, 1.0, 12)[:, None]
    return np.asarray(at + along * np.array([foot, edge]))


def _relative(offset: float, width: float) -> float:
    """Where on a text's lower edge a pointer starts, 0 left to 1 right."""
    return float(min(max(0.5 + offset / max(width, 1.0), 0.05), 0.95))


def _dpi(ax: Axes) -> float:
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes that are drawn on belong to a figure
    return float(figure.dpi)
