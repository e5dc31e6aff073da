"""One look for every figure: colours, fonts, size, and how a picture is saved byte for byte.

The style is a context. It starts from matplotlib's own defaults, so that a user's settings neither
change a saved figure nor are changed by it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.record.record import Record

_OWN = "uptake"
WIDTH, HEIGHT, DPI = 10.0, 6.25, 120  # 1200 x 750 pixels

INK = "#1a1a1a"
SOFT = "#595959"
FAINT = "#8c8c8c"
GRID = "#e6e6e6"

TITLE_SIZE = 16.0
SMALL_TITLE_SIZE = 14.5
SUBTITLE_SIZE = 11.5
LABEL_SIZE = 11.0
NOTE_SIZE = 9.5
STAMP_SIZE = 9.0
SMALLER = 8.5

_RC: Mapping[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "figure.dpi": DPI,
    "figure.figsize": (WIDTH, HEIGHT),
    "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same letters on every machine
    "font.size": LABEL_SIZE,
    "savefig.dpi": DPI,
    "svg.fonttype": "path",
    "svg.hashsalt": "uptake",
    "text.color": INK,
    "text.parse_math": False,  # a `$` in a title is a dollar
    "timezone": "UTC",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}


@dataclass(frozen=True)
class Look:
    """How one entity is drawn, in every figure: colour, dash pattern in line widths, marker.

    The dashes and markers tell lines apart where colours cannot, as in greyscale.
    """

    colour: str
    dashes: tuple[float, ...]
    marker: str

    @property
    def text(self) -> str:
        """The colour, dark enough to be read as small letters on white."""
        return mix(self.colour, "#000000", 0.25)

    @property
    def linestyle(self) -> Any:
        """The dash pattern as matplotlib takes it."""
        return (0, self.dashes) if self.dashes else "-"


# Blue, vermilion, green, purple, orange and sky are Okabe and Ito's set (2008), made to be told
# apart with every common form of colour blindness. Their yellow is too pale for a line on white and
# their black is kept for totals: wine and olive (Tol's muted set) take their places.
_LOOKS = (
    Look("#0072b2", (), "o"),
    Look("#d55e00", (6.0, 1.6), "s"),
    Look("#009e73", (), "^"),
    Look("#cc79a7", (2.6, 1.2), "D"),
    Look("#e69f00", (), "v"),
    Look("#56b4e9", (7.0, 1.5, 1.5, 1.5), "P"),
    Look("#882255", (), "X"),
    Look("#8a8a1f", (4.0, 1.4), "*"),
)
TOTAL = Look("#1a1a1a", (), "o")

# People by stage, in the order of the stack: the darker, the more often they come.
STAGES: Mapping[str, str] = {
    "habitual": "#08519c",
    "casual": "#4a90c9",
    "trial": "#a6cbe6",
    "lapsed": "#e3a76f",
    "opted_out": "#8c510a",
    "never": "#ededed",
}


def looks(record: Record) -> dict[str, Look]:
    """The look of every feature and lab of a run.

    Features take the looks in the scenario's order, a lab that of its first feature, and labs
    without a feature what is left; beyond eight the colours return with other dashes.
    """
    taken: dict[str, Look] = {}
    slot = 0
    for feature, entry in record.manifest.entities.features.items():
        taken[feature] = _look(slot)
        taken.setdefault(entry.lab, taken[feature])
        slot += 1
    for lab in record.labs:
        if lab not in taken:
            taken[lab] = _look(slot)
            slot += 1
    return taken


# Segments are no features: one hue that no feature has, told apart by shade and dashes.
_SEGMENT = "#4d7358"
_SEGMENT_SHADES = (-0.6, 0.0, 0.4, -0.3, 0.2, -0.45, 0.55, -0.15)
_SEGMENT_DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (6.0, 1.6),
    (2.4, 1.2),
    (7.0, 1.5, 1.5, 1.5),
    (1.2, 1.0),
    (9.0, 1.5),
    (4.0, 1.2),
    (3.0, 1.0, 1.0, 1.0),
)


def segment_looks(record: Record) -> dict[str, Look]:
    """The look of every segment of a run, in the scenario's order."""
    return {segment: _segment_look(slot) for slot, segment in enumerate(record.segments)}


def _segment_look(slot: int) -> Look:
    share = _SEGMENT_SHADES[slot % len(_SEGMENT_SHADES)]
    colour = mix(_SEGMENT, "#ffffff" if share > 0 else "#000000", abs(share))
    return Look(colour, _SEGMENT_DASHES[slot % len(_SEGMENT_DASHES)], "o")


def _look(slot: int) -> Look:
    look = _LOOKS[slot % len(_LOOKS)]
    turn = slot // len(_LOOKS)
    if not turn:
        return look
    return Look(mix(look.colour, "#000000", 0.3), (1.0 + 1.5 * turn, 1.2, 0.8, 1.2), look.marker)


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with `share` of `other` in it; both and the result as `#rrggbb`."""
    parts = []
    for i in (1, 3, 5):
        a, b = int(colour[i : i + 2], 16), int(other[i : i + 2], 16)
        parts.append(round(a + (b - a) * share))
    return "#" + "".join(f"{part:02x}" for part in parts)


@contextmanager
def style() -> Iterator[None]:
    """Within it matplotlib draws in our style; afterwards the settings are as they were."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def new_figure() -> tuple[Figure, Axes]:
    """An empty figure of the standard size that pyplot does not know of. Call it within `style`."""
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure, standard_axes(figure)


def standard_axes(figure: Figure) -> Axes:
    """Axes that leave room for a title above and a stamp below."""
    return figure.add_axes((0.075, 0.125, 0.905, 0.715), label=_OWN)


def pyplot() -> Any:
    """pyplot with its backend chosen. Call it outside of `style`: a backend that is chosen at the
    first figure sets what must outlast the style, such as that a notebook shows its figures."""
    from matplotlib import pyplot as plt

    plt.draw_if_interactive()  # type: ignore[no-untyped-call]  # chooses one and draws nothing
    return plt


def make_room(ax: Axes, points: float) -> None:
    """Lower the top of standard axes so that `points` are free above; leave a user's axes alone."""
    figure = ax.get_figure(root=True)
    if figure is None or ax.get_label() != _OWN:
        return
    box = ax.get_position()
    top = 1.0 - points / 72.0 / float(figure.get_size_inches()[1])
    ax.set_position((box.x0, box.y0, box.width, top - box.y0))


def save(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write `<stem>.png` and `<stem>.svg`, without dates or versions; return both paths."""
    png, svg = stem.with_name(stem.name + ".png"), stem.with_name(stem.name + ".svg")
    figure.savefig(png, dpi=DPI, metadata={"Software": None}, facecolor="white")
    figure.savefig(svg, metadata={"Date": None, "Creator": None}, facecolor="white")
    return png, svg
