"""Use by platform: one feature's monthly users on each platform, and how many people they are."""

from matplotlib.axes import Axes

from sim.figures.figure import Figure
from sim.figures.frame import NoFigure, date_axis, headline, people_axis, x_of
from sim.figures.labels import EndLabel, Page, end_labels, room_for
from sim.figures.style import looks, mix
from sim.figures.words import by_end, people
from sim.record.record import Record
from sim.record.tables import Series

# One hue, since it is one feature: shades and dashes tell its platforms apart.
_SHADES = (0.0, 0.35, -0.35, 0.55, -0.55, 0.2, -0.2, 0.45)
_DASHES: tuple[tuple[float, ...], ...] = (
    (6.0, 1.6),
    (2.4, 1.2),
    (7.0, 1.5, 1.5, 1.5),
    (4.0, 1.2),
    (1.2, 1.0),
    (9.0, 1.5),
    (3.0, 1.0, 1.0, 1.0),
    (5.0, 3.0),
)


def platforms(ax: Axes, record: Record, *, feature: str | None = None) -> None:
    """Monthly users of `feature` by platform, beside the people counted once.

    Without `feature` the embedded one that grows most. Raises NoFigure when no feature has users on
    a platform, or when the run has no feature of that name.
    """
    if feature is None:
        feature = _most_grown(record)
    elif feature not in record.features:
        raise NoFigure(
            f"no feature `{feature}`; the run has {', '.join(record.features) or 'none'}"
        )
    lines = _lines(record, feature)
    total = record.adoption("mau", feature)
    if not lines or not len(total):
        raise NoFigure(f"`{feature}` has no users on a platform")
    look = looks(record)[feature]
    summed = sum(series.last for series in lines.values())
    headline(ax, record, _title(record, feature, lines, total, summed), _subtitle(record, feature))

    texts = {p: f"{record.title(p)} {people(series.last)}" for p, series in lines.items()}
    once = f"Counted once {people(total.last)}"
    span = date_axis(ax, record, label_room=room_for(ax, [*texts.values(), once]))
    top = max(float(series.value.max()) for series in (total, *lines.values()))
    people_axis(ax, top, span, "Monthly users (active within 28 days)")
    page = Page(ax)
    ends = []
    for slot, (platform, series) in enumerate(lines.items()):
        colour = _shade(look.colour, slot)
        dashes = (0, _DASHES[slot % len(_DASHES)])
        x = x_of(record, series.day)
        ax.plot(
            x, series.value, color=colour, linestyle=dashes, linewidth=2.0, zorder=5, clip_on=False
        )
        ends.append(EndLabel(texts[platform], series.last, mix(colour, "#000000", 0.25)))
    x = x_of(record, total.day)
    ax.plot(x, total.value, color="#1a1a1a", linewidth=3.0, zorder=4, clip_on=False)
    ends.append(EndLabel(once, total.last, "#1a1a1a"))
    end_labels(page, ends, span)


def _most_grown(record: Record) -> str:
    entries = record.manifest.entities.features
    embedded = [f for f in record.features if entries[f].platforms] or list(record.features)
    grown: dict[str, float] = {}
    for feature in embedded:
        lines = _lines(record, feature)
        if lines:
            grown[feature] = sum(float(s.value[-1] - s.value[0]) for s in lines.values())
    if not grown:
        raise NoFigure("no feature has users on a platform")
    return max(grown, key=lambda f: grown[f])


def _lines(record: Record, feature: str) -> dict[str, Series]:
    found = {p: record.adoption("mau", feature, p) for p in record.platforms}
    return {p: series for p, series in found.items() if len(series) and series.value.max() > 0}


def _title(
    record: Record, feature: str, lines: dict[str, Series], total: Series, summed: float
) -> str:
    name, end = record.title(feature), by_end(record)
    if total.last <= 0:
        return f"{name} has lost all its monthly users {end}"
    most = max(lines, key=lambda p: lines[p].last)
    if len(lines) > 1 and summed > 1.02 * total.last:
        return (
            f"{name} has {people(total.last)} monthly users {end}; "
            f"the platforms' own counts add up to {people(summed)}"
        )
    there = lines[most].last
    part = "all" if there > 0.995 * total.last else people(there)
    text = f"{name} has {people(total.last)} monthly users {end}"
    return f"{text}, {part} of them on {record.title(most)}"


def _subtitle(record: Record, feature: str) -> str:
    return f"{record.title(feature)} by platform: a person on several stands in several lines"


def _shade(colour: str, slot: int) -> str:
    share = _SHADES[slot % len(_SHADES)]
    return mix(colour, "#ffffff" if share > 0 else "#000000", abs(share))


FIGURE = Figure(
    "platforms",
    "Monthly users of one feature by platform, beside the people counted once.",
    platforms,
)
