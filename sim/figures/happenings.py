"""What the market's events look like on a line of users: which line, which marker, which words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sim.record.record import Event, Record

# Marker and name of each kind that a figure of use shows, the most telling first.
KINDS: Mapping[str, tuple[str, str]] = {
    "launch": ("*", "launch"),
    "level": ("s", "level change"),
    "pause": ("X", "pause"),
    "resume": (">", "resume"),
    "wave": ("^", "rollout wave"),
    "price": ("v", "price change"),
    "release": ("d", "release"),
}
_LONGEST = 30


@dataclass(frozen=True)
class Happening:
    """Events of one kind that act on one feature at one time."""

    time: float
    kind: str
    feature: str
    text: str


def happenings(record: Record) -> list[Happening]:
    """The events that act on a feature's use, in order of time, equal ones of a moment joined.

    A feature's own events act on it; those of a model act on its lab's features, and are shown on
    the one of them with the most users.
    """
    largest = _largest_by_lab(record)
    joined: dict[tuple[float, str, str], list[str]] = {}
    for event in record.events:
        feature = _feature_of(record, event, largest)
        if feature is None or event.kind not in KINDS:
            continue
        texts = joined.setdefault((event.time, event.kind, feature), [])
        text = _text(event)
        if text not in texts:
            texts.append(text)
    found = [Happening(t, kind, f, _short(texts)) for (t, kind, f), texts in joined.items()]
    rank = list(KINDS).index
    return sorted(found, key=lambda h: (h.time, rank(h.kind), h.feature))


def by_weight(found: list[Happening]) -> list[Happening]:
    """The most telling kinds first, and within a kind the earliest."""
    rank = list(KINDS).index
    return sorted(found, key=lambda h: (rank(h.kind), h.time, h.feature))


def _largest_by_lab(record: Record) -> dict[str, str]:
    best: dict[str, tuple[float, str]] = {}
    for feature, entry in record.manifest.entities.features.items():
        mau = record.adoption("mau", feature)
        top = float(mau.value.max()) if len(mau) else 0.0
        if entry.lab not in best or top > best[entry.lab][0]:
            best[entry.lab] = (top, feature)
    return {lab: feature for lab, (_, feature) in best.items()}


def _feature_of(record: Record, event: Event, largest: Mapping[str, str]) -> str | None:
    head = event.entity.split(".")[0]
    if head in record.manifest.entities.features:
        return head
    return largest.get(head)


def _text(event: Event) -> str:
    """The event in a few words: `large: weights`, `wave 50 %`, `new small (weights)`."""
    tier = event.entity.rpartition(".")[2] if "." in event.entity else ""
    detail = " ".join(event.detail.split())
    if event.kind == "level":
        level = detail.rpartition(" to ")[2] or "level change"
        return f"{tier}: {level}" if tier else level
    if event.kind == "release":
        text = f"new {tier or 'model'}"
        at = re.search(r"\bat ([a-z-]+)", detail)
        return f"{text} ({at[1]})" if at else text
    if event.kind == "wave":
        share = re.match(r"([0-9.]+) ?%", detail)
        return f"wave {share[1]}\N{NO-BREAK SPACE}%" if share else "wave"
    if event.kind == "price":
        return f"price {detail.rpartition(' to ')[2]}".strip()
    return event.kind


def _short(texts: list[str]) -> str:
    text = ", ".join(texts)
    if len(texts) > 1 and len(text) > _LONGEST:
        text = f"{texts[0]} +{len(texts) - 1}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
