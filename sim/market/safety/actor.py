"""Safety: incidents from occurrence to patch, what they do to trust, and rules that stop rollouts.

An incident happens (`incident`), becomes known (`detection`: its effects on trust and churn begin
and stop rules see it), and in the own channel is mended (`patch`: until then the hole it showed
weakens the tier's guard). What happened with weights that are out cannot be patched.

Which incidents happen: those of the keyed field (`sim.market.safety.incidents`) and the scripted
ones. All of them cost trust; the marginal ones among them, which would not have happened without
this lab's version, are counted apart. A scripted incident is never counted as marginal.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sim.clock import Clock, Event, Priority
from sim.draws.normal import natural_log, normal_quantile
from sim.market.actor import Actor, Measure, Row
from sim.market.happening import EventKind, only
from sim.market.market import Market
from sim.market.safety.exposure import CHANNELS, OWN, WILD, Exposed, Exposure
from sim.market.safety.incidents import IncidentField, Point
from sim.market.safety.stops import Stopped, Stops
from sim.market.safety.trust import Shaken, Trust
from sim.rates.fields import Fields
from sim.scenario.quantity import default
from sim.scenario.safety import Safety as Section
from sim.scenario.safety import Scripted, StopRule
from sim.units import DAYS_PER_YEAR

#: Severity and incidents of a lab count over this many days.
WINDOW = DAYS_PER_YEAR
#: And for a stop rule that does not say how far to look back, over these.
WITHIN = float(default("stop.within"))


@dataclass(frozen=True)
class Known:
    """An incident that became known: the day, whose it is, the features hit (indices)."""

    day: float
    lab: str
    channel: str
    severity: float
    features: tuple[int, ...]


@dataclass
class SafetyState:
    """What moves: incidents of each lab by channel and the marginal ones among them, those known in
    the order in which they became so, and the states of the parts."""

    counts: dict[str, dict[str, int]]
    known: list[Known]
    exposure: Exposed
    trust: Shaken
    stops: Stopped | None


_INCIDENT = {"number": "severity, 0 to 1", "what": "channel: own or wild"}
_WHERE = ("tier", "feature", "segment")


class Safety(Actor):
    """Incidents, trust and stop rules of a scenario with a section `safety`."""

    name = "safety"
    kinds: ClassVar = {
        "incident": EventKind("an incident happens", ("lab",), _WHERE, _INCIDENT),
        "detection": EventKind("an incident becomes known", ("lab",), _WHERE, _INCIDENT),
        "patch": EventKind("an incident's cause is mended", ("lab",), _WHERE, _INCIDENT),
        "stop": EventKind(
            "a stop rule acts",
            ("feature",),
            holds={
                "what": "pause, rollback or kill",
                "number": "share it leaves; none where it only pauses",
                "reason": "its condition",
            },
        ),
    }

    def __init__(self, market: Market, section: Section) -> None:
        self._market, self._section = market, section
        self._p = market.parameters
        seed = market.scenario.seed
        self.exposure = Exposure(market)
        keyed = section.incidents == "keyed"  # also at a rate of 0, which may move
        self._field = IncidentField(seed, self.exposure.entities) if keyed else None
        self.trust = Trust(
            market.base.trust,
            loss=self._p["trust_loss"],
            recovery=self._p["trust_recovery"],
            spill=self._p["trust_spill"],
            acute=self._p["acute_churn"],
            life=self._p["acute_life"],
            tick=float(market.scenario.tick),
        )
        self._lab_of = [feature.lab for feature in market.scenario.features.values()]
        people = np.array([float(s.people) for s in market.scenario.segments.values()])
        self._weight = people / people.sum()
        self._stops = Stops(market, section.stop, self._measured) if section.stop else None
        self.state = SafetyState(
            counts={lab: dict.fromkeys((*CHANNELS, "marginal"), 0) for lab in market.labs},
            known=[],
            exposure=self.exposure.state,
            trust=self.trust.state,
            stops=None if self._stops is None else self._stops.state,
        )

    @classmethod
    def of(cls, market: Market) -> "Safety | None":
        section = market.scenario.safety
        return None if section is None else cls(market, section)

    # --- life of a run

    def attach(self, clock: Clock) -> None:
        clock.on("incident", self._on_incident)
        clock.on("detection", self._on_detection)
        clock.on("patch", self._on_patch)
        if self._stops is not None:
            self._stops.attach(clock)

    def agenda(self) -> Iterable[Event]:
        yield from (self._scripted(i, s) for i, s in enumerate(self._section.scripted))
        if self._stops is not None:
            yield from self._stops.agenda()

    def shape(self, fields: Fields, day: float) -> None:
        self.trust.shape(fields, day)

    def advance(self, day: float, dt: float, tick: int) -> None:
        """Put the incidents of this tick on the clock, at the hazards of its start."""
        if self._field is None:
            return
        hazard = self.exposure.hazard(day)
        happening = self._field.points(day, day + dt, hazard)
        if not happening:
            return
        marginal = hazard * self.exposure.marginal
        self._market.clock.schedule(
            self._drawn(p, p.height < marginal[p.entity]) for p in happening
        )

    # --- incidents

    def _drawn(self, point: Point, marginal: bool) -> Event:
        """The event of a point of the field: its marks are severity and two delays."""
        assert self._field is not None
        lab, tier, channel = self._field.entities[point.entity]
        of_severity, of_detection, of_patch = point.marks
        p, section = self._p, self._section
        z = float(normal_quantile(np.array([of_severity]))[0])
        severity = p["severity_median"] * float(np.exp(p["severity_spread"] * z))
        known = section.detection.own if channel == OWN else section.detection.wild
        data = {
            "lab": lab,
            "tiers": [tier],
            "features": [j for j, owner in enumerate(self._lab_of) if owner == lab],
            "segments": list(range(len(self._weight))),
            "channel": channel,
            "severity": min(severity, p["severity_most"]),
            "marginal": bool(marginal),
            "detection": float(known) * _waited(of_detection),
            "patch": float(section.patch) * _waited(of_patch),
        }
        slot = f"{lab}.{tier}:{channel}:{point.period}:{point.strip}:{point.slot}"
        return _incident(point.time, f"{lab}.{tier}", slot, data)

    def _scripted(self, index: int, incident: Scripted) -> Event:
        scenario = self._market.scenario
        if incident.feature is not None:
            feature = scenario.features[incident.feature]
            lab, tiers = feature.lab, [feature.tier]
            features = [self._market.features.index(incident.feature)]
        else:
            lab = str(incident.lab)
            tiers = list(self._market.labs[lab].tiers)
            features = [j for j, owner in enumerate(self._lab_of) if owner == lab]
        segments = list(scenario.segments)
        chosen = segments if incident.segments == "all" else incident.segments
        data = {
            "lab": lab,
            "tiers": tiers,
            "features": features,
            "segments": [segments.index(segment) for segment in chosen],
            "channel": incident.channel,
            "severity": float(incident.severity),
            "marginal": False,
            "detection": float(incident.detection),
            "patch": float(incident.patch),
        }
        day = float((incident.date - scenario.start).days)
        return _incident(day, incident.feature or lab, f"scripted-{index:06}", data)

    def _on_incident(self, event: Event) -> Iterable[Event]:
        data = event.data
        counts = self.state.counts[data["lab"]]
        counts[data["channel"]] += 1
        counts["marginal"] += data["marginal"]
        if data["channel"] == OWN:
            self._holes(data, 1)
        words = f"{data['channel']} channel, severity {data['severity']:.2f}"
        self._note(event, words + (", marginal" if data["marginal"] else ""))
        return (self._following(event, "detection", event.time + data["detection"]),)

    def _on_detection(self, event: Event) -> Iterable[Event]:
        data, labs = event.data, self._market.labs
        severity, wild = data["severity"], data["channel"] == WILD
        blame = self._p["wild_blame"] if wild else 1.0
        hit = np.zeros(len(self._market.features), bool)
        hit[data["features"]] = True
        segments = np.zeros(len(self._weight), bool)
        segments[data["segments"]] = True
        self.trust.shock(event.time, blame * severity, hit, segments)
        self._market.refresh(event.time, "trust", "acute_churn")
        assert data["lab"] in labs
        features = tuple(data["features"])
        self.state.known.append(Known(event.time, data["lab"], data["channel"], severity, features))
        after = self._feature_trust(event.time)
        now = [f"{self._market.features[j]} {after[j]:.2f}" for j in features]
        words = f"severity {severity:.2f} known" + (f"; trust {', '.join(now)}" if now else "")
        self._note(event, words)
        return () if wild else (self._following(event, "patch", event.time + data["patch"]),)

    def _on_patch(self, event: Event) -> Iterable[Event]:
        self._holes(event.data, -1)
        self._note(event, f"severity {event.data['severity']:.2f} patched")
        return ()

    def _holes(self, data: Mapping[str, object], change: int) -> None:
        tiers = data["tiers"]
        assert isinstance(tiers, list)
        for tier in tiers:
            self.exposure.state.holes[self.exposure.tiers.index((str(data["lab"]), tier))] += change

    def _following(self, event: Event, kind: str, day: float) -> Event:
        name = f"{kind}:{event.data['slot']}"
        return Event(day, Priority.INCIDENT, name, kind, event.entity, event.data)

    def _note(self, event: Event, detail: str) -> None:
        data, market = event.data, self._market
        segments = list(market.scenario.segments)
        market.note(
            event.time,
            event.kind,
            event.entity,
            detail,
            lab=data["lab"],
            tier=only(data["tiers"]),
            feature=event.entity if event.entity in market.features else None,
            segment=only([segments[g] for g in data["segments"]]),
            number=data["severity"],
            what=data["channel"],
        )

    # --- what can be seen

    def rows(self, day: float) -> Iterable[Row]:
        """Incidents so far by channel and the marginal ones among them (lab), severity of those
        known over 12 months (lab, market), trust averaged over people (feature)."""
        severity = {lab: 0.0 for lab in self._market.labs}
        for known in self._recent(day):
            severity[known.lab] += known.severity
        rows: list[Row] = [("market", "severity", sum(severity.values()))]
        for lab in self._market.labs:
            for what in (*CHANNELS, "marginal"):
                rows.append((lab, f"incidents_{what}", float(self.state.counts[lab][what])))
            rows.append((lab, "severity", severity[lab]))
        trust = self._feature_trust(day).tolist()
        rows += [(f, "trust", v) for f, v in zip(self._market.features, trust, strict=True)]
        return rows

    def measures(self) -> Mapping[str, Measure]:
        """Of a lab, or of all: incidents known and their summed severity over 12 months, and trust
        (the mean over the lab's features; not a number without any)."""
        return {"incidents": self._incidents, "severity": self._severity, "trust": self._trust_of}

    def _incidents(self, of: str | None) -> float:
        return float(sum(1 for k in self._recent(self._now) if of in (None, k.lab)))

    def _severity(self, of: str | None) -> float:
        return float(sum(k.severity for k in self._recent(self._now) if of in (None, k.lab)))

    def _trust_of(self, of: str | None) -> float:
        chosen = [j for j, lab in enumerate(self._lab_of) if of in (None, lab)]
        trust = self._feature_trust(self._now)
        return float(trust[chosen].mean()) if chosen else float("nan")

    def _measured(self, rule: StopRule, j: int, day: float, since: float) -> float:
        """The metric of a stop rule for feature j."""
        when = rule.when
        match when.metric:
            case "trust":
                return float(self._feature_trust(day)[j])
            case "churn":
                users = float(self._market.users.mau[j])
                return float(self._market.users.lapsed[j]) / users if users > 0.0 else float("nan")
        within = WITHIN if when.within is None else float(when.within)
        found = [
            k.severity
            for k in self._known_after(max(day - within, since))
            if j in k.features and when.channel in ("all", k.channel)
        ]
        return float(len(found)) if when.metric == "incidents" else float(sum(found))

    @property
    def _now(self) -> float:
        return self._market.clock.now

    def _recent(self, day: float) -> list[Known]:
        return self._known_after(day - WINDOW)

    def _known_after(self, day: float) -> list[Known]:
        known: list[Known] = self.state.known
        return known[bisect_right(known, day, key=_day) :]

    def _feature_trust(self, day: float) -> NDArray[np.float64]:
        average: NDArray[np.float64] = self.trust.on(day) @ self._weight
        return average


def _incident(day: float, entity: str, slot: str, data: dict[str, object]) -> Event:
    data["slot"] = slot
    return Event(day, Priority.INCIDENT, f"incident:{slot}", "incident", entity, data)


def _day(known: Known) -> float:
    return known.day


def _waited(u: float) -> float:
    """A waiting time of mean 1: exponential, by inversion."""
    return -float(natural_log(np.array([u]))[0])
