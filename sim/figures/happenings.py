"""What the market's events look like on a line: which line, which marker, which words.

Figures read the data of an event, never its sentence. Runs of versions that wrote sentences only
have no such marks.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sim.market.happening import Happening
from sim.parameters.market import LEVELS
from sim.record.record import Record

# Marker, name and short name of each kind that figures show, the most telling first.
KINDS: Mapping[str, tuple[Any, str, str]] = {
    "launch": ("*", "launch", "launch"),
    "incident": ("X", "incident known", "incident"),
    "stop": ("o", "stop rule", "stop rule"),
    "regulator": ("P", "regulator", "regulator"),
    "level": ("s", "level change", "level"),
    "research": ((4, 1, 0), "research bet", "research"),
    "pause": ("<", "pause", "pause"),
    "resume": (">", "resume", "resume"),
    "wave": ("^", "rollout wave", "wave"),
    "price": ("v", "price change", "price"),
    "release": ("d", "release", "release"),
}
# Kinds in the log that stand for something else in a figure. What an incident does begins when it
# becomes known; what a regulator orders is one thing, whatever the order.
_SHOWN_AS: Mapping[str, str] = {
    "detection": "incident",
    "delay": "regulator",
    "choice-screen": "regulator",
    "access-order": "regulator",
    "threshold": "regulator",
    "held": "regulator",
}
ORDERS = ("delay", "choice-screen", "access-order", "threshold")
_LONGEST = 30
_GRAVE = 0.25  # severity below which an incident is lost in the run of things
_MOST_INCIDENTS = 4
# What a stop rule does stands in the log beside it, and would say the same twice.
_DONE_BY_A_STOP = ("pause", "wave", "resume")


@dataclass(frozen=True)
class Mark:
    """Events of one kind that act on one line, a feature's or a lab's, at one time."""

    time: float
    kind: str
    on: str
    text: str


def happenings(record: Record) -> list[Mark]:
    """The events that act on a feature's use, in order of time, equal ones of a moment joined.

    A feature's own events act on it; those of a model act on its lab's features, and are shown on
    the one of them with the most users. Of incidents only the gravest few are among them.
    """
    largest = _largest_by_lab(record)
    return _joined(record, lambda event: _features_of(record, event, largest))


def happenings_by_lab(record: Record, kinds: Collection[str]) -> list[Mark]:
    """The events of these kinds that concern a lab's models, by lab, in order of time."""

    def labs(event: Happening) -> list[str]:
        return [] if event.lab is None or event.kind in ORDERS else [event.lab]

    return [h for h in _joined(record, labs) if h.kind in kinds]


def by_weight(found: list[Mark]) -> list[Mark]:
    """The most telling kinds first, and within a kind the earliest."""
    rank = list(KINDS).index
    return sorted(found, key=lambda h: (rank(h.kind), h.time, h.on))


def severity(event: Happening) -> float:
    """How grave an incident is, 0 to 1; 0 where the log does not say."""
    return event.number or 0.0


def orders(record: Record) -> list[tuple[float, str]]:
    """When regulators ordered what: `choice screen, eu`."""
    return [(e.time, _order(e)) for e in record.events if e.kind in ORDERS]


def _joined(record: Record, lines_of: Callable[[Happening], list[str]]) -> list[Mark]:
    ruled = {(e.time, e.entity) for e in record.events if e.kind == "rule"}
    stopped = {(e.time, e.entity) for e in record.events if e.kind == "stop"}
    grave = _gravest(record)
    texts_of: dict[tuple[float, str, str], list[str]] = {}
    for event in record.events:
        kind = _SHOWN_AS.get(event.kind, event.kind)
        if kind not in KINDS or (kind == "incident" and event not in grave):
            continue
        if kind in _DONE_BY_A_STOP and (event.time, event.entity) in stopped:
            continue
        text = _text(event)
        if (event.time, event.entity) in ruled:
            text = f"rule: {text}"
        for line in lines_of(event):
            texts = texts_of.setdefault((event.time, kind, line), [])
            if text not in texts:
                texts.append(text)
    found = [Mark(t, kind, on, _short(texts)) for (t, kind, on), texts in texts_of.items()]
    rank = list(KINDS).index
    return sorted(found, key=lambda h: (h.time, rank(h.kind), h.on))


def _gravest(record: Record) -> set[Happening]:
    known = [e for e in record.events if e.kind == "detection" and severity(e) >= _GRAVE]
    return set(sorted(known, key=lambda e: (-severity(e), e.time))[:_MOST_INCIDENTS])


def _largest_by_lab(record: Record) -> dict[str, str]:
    best: dict[str, tuple[float, str]] = {}
    for feature, entry in record.manifest.entities.features.items():
        mau = record.adoption("mau", feature)
        top = float(mau.value.max()) if len(mau) else 0.0
        if entry.lab not in best or top > best[entry.lab][0]:
            best[entry.lab] = (top, feature)
    return {lab: feature for lab, (_, feature) in best.items()}


def _features_of(record: Record, event: Happening, largest: Mapping[str, str]) -> list[str]:
    features = record.manifest.entities.features
    if event.kind in ORDERS:
        return [feature for feature in features if feature in (event.features or ())]
    if event.feature is not None:
        return [event.feature]
    found = largest.get(event.lab or "")
    return [] if found is None else [found]


def _text(event: Happening) -> str:
    """The event in a few words: `large: weights`, `wave 50 %`, `new small (weights)`."""
    tier, number = event.tier or "model", event.number or 0.0
    match event.kind:
        case "level":
            return f"{tier}: {LEVELS[int(number)]}"
        case "held":
            return f"{tier}: held at {LEVELS[int(number)]}"
        case "release":
            return f"new {tier} ({LEVELS[int(number)]})"
        case "wave":
            return f"wave {_share(number)}"
        case "price":
            return f"price {number:g} USD a month"
        case "detection":
            return f"incident, severity {number:.2g}"
        case "stop":
            return f"rollback to {_share(number)}" if event.what == "rollback" else str(event.what)
        case "research" if event.what == "begin":
            return "bet begins"
        case "research":
            return "bet succeeds" if number > 0.0 else "bet ends without result"
    return _order(event) if event.kind in ORDERS else event.kind


def _share(share: float) -> str:
    return f"{100.0 * share:.3g}\N{NO-BREAK SPACE}%"


def _order(event: Happening) -> str:
    return f"{event.kind.replace('-', ' ')}, {event.entity}"


def _short(texts: list[str]) -> str:
    text = ", ".join(texts)
    if len(texts) > 1 and len(text) > _LONGEST:
        text = f"{texts[0]} +{len(texts) - 1}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
