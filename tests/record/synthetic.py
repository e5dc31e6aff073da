"""A made-up run to write, open and draw: the right columns, plausible curves, no simulation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sim.record.manifest import Engine
from sim.record.plan import FULL, Plan
from sim.record.tables import SCHEMAS, conform

Values = npt.NDArray[np.float64]


class Titled(NamedTuple):
    title: str | None


class Feature(NamedTuple):
    title: str | None
    lab: str
    placements: Mapping[str, Any]


class EvidenceRow(NamedTuple):
    path: str
    label: str


FEATURES = {
    "meta-ai": Feature("Meta AI", "meta", {"whatsapp": {}, "facebook": {}, "instagram": {}}),
    "chatgpt": Feature("ChatGPT", "openai", {}),
    "gemini": Feature("Gemini", "google", {}),
    "claude": Feature("Claude", "anthropic", {}),
    "deepseek": Feature(None, "deepseek", {}),
    "grok": Feature("Grok", "xai", {}),
    "le-chat": Feature("Le Chat", "mistral", {}),
    "vibes": Feature("Vibes", "meta", {"instagram": {}}),
}
LABS = {
    "meta": "Meta",
    "openai": "OpenAI",
    "google": "Google",
    "anthropic": "Anthropic",
    "deepseek": "DeepSeek",
    "xai": "xAI",
    "mistral": "Mistral",
}
PLATFORMS = {"whatsapp": "WhatsApp", "facebook": "Facebook", "instagram": "Instagram"}
SEGMENTS = ("north", "europe", "asia", "rest")
PEOPLE = 3.6e9
# start, end in 1e9 people, steepness, days/users at start and end
CURVES = {
    "meta-ai": (0.55, 1.62, 1.0, 0.13, 0.21),
    "chatgpt": (0.85, 1.18, 0.7, 0.36, 0.46),
    "gemini": (0.42, 0.93, 1.4, 0.17, 0.26),
    "claude": (0.03, 0.14, 1.0, 0.30, 0.41),
    "deepseek": (0.09, 0.11, 1.0, 0.20, 0.22),
    "grok": (0.05, 0.08, 1.0, 0.15, 0.18),
    "le-chat": (0.01, 0.02, 1.0, 0.15, 0.18),
    "vibes": (0.0, 0.31, 2.0, 0.05, 0.11),
}


@dataclass(frozen=True)
class Scenario:
    """As much of a scenario as a record needs."""

    name: str = "hybrid"
    title: str | None = "Small models open, the largest closed"
    seed: int = 1
    engine: Engine = "cohorts"
    start: date = date(2026, 5, 1)
    days: int = 730
    features: Mapping[str, Feature] = field(default_factory=dict)
    labs: Mapping[str, Titled] = field(default_factory=dict)
    platforms: Mapping[str, Titled] = field(default_factory=dict)
    segments: Mapping[str, Titled] = field(default_factory=dict)
    digest: str = "ab" * 32
    altered: tuple[str, ...] = ()

    @property
    def end(self) -> date:
        return self.start + timedelta(self.days)

    @property
    def files(self) -> Mapping[tuple[str | int, ...], Path]:
        return {}

    @property
    def extra(self) -> Mapping[str, Any]:
        return {}

    def plain(self) -> dict[str, Any]:
        return {"name": self.name}

    def to_yaml(self, folder: Path | None = None) -> str:
        return f"name: {self.name}\nstart: {self.start}\nduration: {self.days} d\n"

    def evidence(self) -> Iterable[EvidenceRow]:
        return [EvidenceRow(f"p{i}", "A" if i % 4 else "S") for i in range(84)]


@dataclass(frozen=True)
class Outcome:
    """What a simulation would have handed over."""

    scenario: Scenario
    tables: dict[str, Any]
    engine_s: float = 1.5
    ticks: int = 730
    people: int = 1_000_000
    bytes_per_person: float | None = None
    plan: Plan = FULL


def outcome(
    *,
    features: int = 5,
    days: int = 730,
    tick: float = 1.0,
    users: float = 1.0,
    developers: bool = True,
    by_segment: bool = False,
    events: bool = True,
    name: str = "hybrid",
    title: str | None = "Small models open, the largest closed",
) -> Outcome:
    """A run of `days` days; `users` scales everybody's use."""
    chosen = dict(list(FEATURES.items())[:features])
    labs = {f.lab for f in chosen.values()}
    scenario = Scenario(
        name=name,
        title=title,
        days=days,
        features=chosen,
        labs={lab: Titled(t) for lab, t in LABS.items() if lab in labs},
        platforms={p: Titled(t) for p, t in PLATFORMS.items()},
        segments={s: Titled(None) for s in SEGMENTS},
    )
    day = np.arange(0.0, days + 0.5 * tick, tick)
    tables = {
        "adoption": _adoption(scenario, day, users, by_segment),
        "market": _market(scenario, day, developers),
        "events": _events(scenario) if events else event_table(scenario, []),
    }
    return Outcome(scenario, tables, ticks=len(day) - 1)


def _rise(day: Values, steep: float) -> Values:
    """From 0 to 1 over two years, as an S."""
    x = day / 730.0
    return np.asarray(x**steep * (3 - 2 * np.minimum(x, 1)) / 1.0 * np.minimum(x, 1) ** 0.5)


def _adoption(scenario: Scenario, day: Values, users: float, by_segment: bool) -> Any:
    rows: list[tuple[str, str, str, str, Values]] = []
    use = {}
    segments = ("all", *SEGMENTS) if by_segment else ("all",)
    weight = {"all": 1.0, "north": 0.15, "europe": 0.2, "asia": 0.45, "rest": 0.2}
    for f in scenario.features:
        a, b, steep, s0, s1 = CURVES[f]
        rise = _rise(day, steep)
        mau = users * 1e9 * (a + (b - a) * rise)
        if f == "vibes":
            mau[day < 120] = 0.0
        use[f] = mau
        dau = mau * (s0 + (s1 - s0) * rise)
        stages = {
            "habitual": dau * 1.2,
            "casual": mau - dau * 1.2 - mau * 0.05,
            "trial": mau * 0.05,
        }
        measured = {
            "mau": mau,
            "wau": (mau + dau) / 2,
            "dau": dau,
            "new": np.gradient(mau) * 1.4 if len(mau) > 1 else mau,
            "lapsed": np.gradient(mau) * 0.4 if len(mau) > 1 else mau,
            "ever": mau * 1.4,
            **stages,
            "secondary": mau * 0.1,
        }
        for segment in segments:
            for metric, value in measured.items():
                rows.append((f, "all", segment, metric, value * weight[segment]))
        for i, p in enumerate(scenario.platforms):
            part = (0.62, 0.5, 0.42)[i] * (0.9 + 0.1 * rise)
            if f == "chatgpt":
                part = part * 0.8
            for metric in ("mau", "wau", "dau"):
                rows.append((f, p, "all", metric, measured[metric] * part))
    summed = np.sum(list(use.values()), axis=0)
    tried = np.minimum(summed * 0.75, PEOPLE * 0.85)
    scale = np.divide(tried, summed, out=np.zeros_like(summed), where=summed > 0)
    everyone = {
        "people": np.full(len(day), PEOPLE),
        "lapsed_now": tried * 0.15,
        "opted_out": tried * 0.02,
        "mau": tried,
        "dau": tried * 0.4,
    }
    stage_sum = np.zeros(len(day))
    for stage in ("trial", "casual", "habitual"):
        value = sum(
            (r[4] * scale for r in rows if r[3] == stage and r[1:3] == ("all", "all")),
            np.zeros(len(day)),
        )
        everyone[stage] = value
        stage_sum += value
    everyone["never"] = PEOPLE - stage_sum - everyone["lapsed_now"] - everyone["opted_out"]
    for segment in segments:
        for metric, value in everyone.items():
            rows.append(("all", "all", segment, metric, value * weight[segment]))
    return _long(scenario, day, ("feature", "platform", "segment", "metric"), rows)


def _market(scenario: Scenario, day: Values, developers: bool) -> Any:
    rows: list[tuple[Any, ...]] = []
    months = day / 30.4375
    for i, lab in enumerate(scenario.labs):
        lag = np.maximum(0.0, (i * 1.7 + 0.5 * np.sin(months / 3 + i)) - (0.5 if i == 1 else 0))
        rows.append((lab, "quality", 36 + months - lag))
        rows.append((lab, "lag", lag))
        for tier in ("large", "small"):
            rows.append((f"{lab}.{tier}", "quality", 36 + months - lag - (tier == "small") * 8))
        if developers:
            share = (0.34, 0.3, 0.18, 0.12, 0.06, 0.03, 0.02)[i]
            drift = (0.12, -0.1, 0.02, 0.01, -0.05, 0.0, 0.0)[i] * _rise(day, 1.0)
            rows.append((lab, "developer_share", np.maximum(share + drift, 0.0)))
            rows.append((lab, "developers", 4e7 * np.maximum(share + drift, 0.0)))
    for f in scenario.features:
        rows.append((f, "share", np.full(len(day), 1 / len(scenario.features))))
    rows.append(("market", "hhi", 2700 - 2 * months))
    return _long(scenario, day, ("entity", "metric"), rows)


def _events(scenario: Scenario) -> Any:
    meta, openai = {"lab": "meta"}, {"lab": "openai", "tier": "small"}
    large, small = meta | {"tier": "large"}, meta | {"tier": "small"}
    ours, theirs = {"feature": "meta-ai"}, {"feature": "chatgpt"}
    happened: list[tuple[float, str, str, str, dict[str, Any]]] = []
    for lab_number, lab in enumerate(scenario.labs):
        for tier_number, tier in enumerate(("large", "small")):
            model = {"lab": lab, "tier": tier, "number": 3}
            for k, t in enumerate(range(20 + 17 * lab_number, 730, 120 + 40 * tier_number)):
                happened.append((float(t), "release", f"{lab}.{tier}", f"v{k + 2}", model))
    happened += [
        (31.0, "wave", "meta-ai", "20 %", ours | {"number": 0.2}),
        (92.0, "wave", "meta-ai", "50 %", ours | {"number": 0.5}),
        (150.0, "pause", "meta-ai", "", ours),
        (184.0, "resume", "meta-ai", "", ours),
        (245.0, "wave", "meta-ai", "100 %", ours | {"number": 1.0}),
        (153.0, "level", "meta.small", "weights", small | {"number": 5}),
        (365.0, "level", "meta.large", "staged", large | {"number": 1}),
        (457.0, "level", "meta.large", "weights", large | {"number": 5}),
        (300.0, "level", "openai.small", "weights", openai | {"number": 5}),
        (
            410.0,
            "level",
            "deepseek.large",
            "api",
            {"lab": "deepseek", "tier": "large", "number": 3},
        ),
        (500.0, "price", "chatgpt", "10 USD a month", theirs | {"number": 10}),
        (365.0, "review", "meta", "none", meta | {"number": 0}),
    ]
    if "vibes" in scenario.features:
        happened.append((120.0, "launch", "vibes", "", {"feature": "vibes"}))
    return event_table(scenario, happened)


def event_table(
    scenario: Scenario, happened: list[tuple[float, str, str, str, dict[str, Any]]]
) -> Any:
    """The table of events of (time, kind, entity, detail, data), those that the scenario can
    have."""
    known = {*scenario.features, *scenario.labs, "eu"}
    rows = [
        about
        | {"time": t, "date": scenario.start + timedelta(int(t)), "kind": k, "entity": e}
        | {"detail": d}
        for t, k, e, d, about in sorted(happened, key=lambda h: h[:4])
        if t <= scenario.days and e.split(".")[0] in known
    ]
    schema = pa.schema(
        [(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
         for f in SCHEMAS["events"]]
    )  # fmt: skip
    return conform("events", pa.Table.from_pylist(rows, schema=schema))


def _long(scenario: Scenario, day: Values, keys: tuple[str, ...], rows: list[Any]) -> Any:
    """Rows in the order of time, as a recorder would write them."""
    start = np.datetime64(scenario.start, "D")
    ticks, wide = len(day), len(rows)
    columns: dict[str, Any] = {
        "day": pa.array(np.repeat(day, wide)),
        "date": pa.array(np.repeat(start + day.astype(np.int64), wide), pa.date32()),
    }
    for i, key in enumerate(keys):
        words = [row[i] for row in rows]
        columns[key] = pa.array(words * ticks, pa.string()).dictionary_encode()
    values = np.stack([np.broadcast_to(row[-1], (ticks,)) for row in rows], axis=1)
    columns["value"] = pa.array(values.ravel())
    return pa.table(columns)
