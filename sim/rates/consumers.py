"""Hazards of consumers: from fields and active shares to the rate table.

    ext_j   = sum over platforms held of visits * strength * rollout, + pull
    peer_j  = sum over platforms held of visibility * g(m_j + chi * sum of the others' m)
    U_j     = b_q q_j - b_l latency + b_i integration + b_v ln(1 + V) + b_t (T - 1) - b_p price
              + b_n share of users + appeal of the person's type
    A_j     = 1 / (1 + exp(U0 - U_j))          or the feature's fixed acceptance

    never -> (j, trial)         (ext + peer) A receptivity
    trial -> casual -> habitual progress A;  habitual -> casual  decay
    any stage -> lapsed         churn_stage exp(-kappa (U_j - U_ref)) acute / stickiness,
                                and `withdrawal` where the feature cannot be had any more
    (j, stage) -> (k, casual)   omega P(k | j), a logit: -sigma on a switch, +delta on a default;
                                a choice screen adds to omega for a while
    (j, stage) -> + secondary k mu (ext_k + peer_k) A_k;  dropped at `drop`
    lapsed -> (k, trial)        (rho0 (1 + pulse) + rho1 (ext_k + peer_k)) A_k
    any -> opted out            opt_out exp(opt_out_trust (1 - T))

Shapes: J features, P platforms, G segments, C classes. Rates are per day. Every row of the table is
one of about J^2 + 8 J distinct rows (`sim.rates.hazard_rows`), computed once and gathered.

Choices made here where the formulas are silent: contacts lie in the own segment with the share
`homophily`; peers matter only where the feature can be had; a lapse counts the person's own stage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.people.world import World
from sim.rates import influence
from sim.rates.consumer_states import ConsumerStates, Move
from sim.rates.contagion import LINEAR, Contagion, Response
from sim.rates.fields import PLACEMENT, Fields
from sim.rates.filling import fastest_kernels
from sim.rates.hazard_rows import Rates, Rows
from sim.rates.table import RateTable

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class ConsumerParameters:
    """The parameters of the hazards, units as in the registry (`sim.parameters`)."""

    values: Mapping[str, float]
    acceptance: F64
    """(J,) fixed acceptance, NaN where the logit holds."""
    influence: influence.Influence
    response: Response = LINEAR
    """The same influence for single people with contacts of their own."""

    def __getitem__(self, name: str) -> float:
        return float(self.values[name])


class ConsumerHazards:
    """Computes the rate table of the consumers once a tick."""

    def __init__(
        self,
        world: World,
        states: ConsumerStates,
        parameters: ConsumerParameters,
        *,
        tied: tuple[int, ...] = (),
    ) -> None:
        """`tied` are the platforms, by index, on which the engine knows who sees whom: their peers
        are left to it, as the table's `contagion`."""
        self.world, self.states, self.parameters = world, states, parameters
        self._tied = np.array(tied, np.int64)
        self._mixed = np.ones(len(world.platforms))
        self._mixed[self._tied] = 0.0
        features = len(states.features)
        self._rows = Rows.of(features)
        self._row_of = np.array(
            [self._rows.row(s.move, s.j, s.k, s.stage) for s in states.steps], np.int64
        )
        kinds = (Move.UPTAKE, Move.RETURN, Move.ADD)
        hear = [kinds.index(s.move) if s.move in kinds else -1 for s in states.steps]
        #: (T,) the feature whose use by others drives a transition, and its row among the slopes.
        self._channel = np.array(
            [s.k if kind >= 0 else -1 for s, kind in zip(states.steps, hear, strict=True)], np.int64
        )
        self._slope_of = np.array(
            [
                kind * features + s.k if kind >= 0 else len(kinds) * features
                for s, kind in zip(states.steps, hear, strict=True)
            ],
            np.int64,
        )
        self._uses = states.uses.astype(np.float64)
        self._member = world.member.astype(np.float64)
        self._in_segment = world.in_segment.astype(np.float64)
        #: (P * G, C): members of each platform in each segment, and how many they are (at least
        #: one, so that the share of nobody is zero).
        self._cell = (self._member[:, None, :] * self._in_segment[None, :, :]).reshape(
            -1, world.people.size
        )
        self._cell_people = np.maximum(self._cell @ world.people, 1.0).reshape(
            self._member.shape[0], self._in_segment.shape[0]
        )
        self._platform_people = np.maximum(self._member @ world.people, 1.0)
        self._all_people = float(world.people.sum())
        self._kernels = fastest_kernels()
        self._placed: tuple[bytes, ...] = ()

    def table(self, fields: Fields, people: NDArray[Any], *, mixed: bool = False) -> RateTable:
        """The rate table for people (states, classes) under the market's fields.

        With `mixed` tied platforms are taken to be well mixed too.
        """
        self._place(fields)
        users = self._uses @ people
        apart = self._tied.size > 0 and not mixed
        block = self._fill(fields, users, self._mixed if apart else 1.0)
        return RateTable(
            transitions=self.states.transitions,
            distinct=block,
            contagion=self._contagion() if apart else None,
            row_of=self._row_of,
        )

    def uptake(self, fields: Fields, people: NDArray[Any]) -> tuple[F64, F64]:
        """Hazard never -> (j, trial), and whether the feature can be had at all (0 or 1), both (J,
        C)."""
        block = self.table(fields, people, mixed=True).distinct
        first, features = self._rows.uptake, len(self.states.features)
        return block[first : first + features], (self._available > 0.0).astype(float)

    def utilities(self, fields: Fields, people: NDArray[Any]) -> tuple[F64, F64]:
        """Utility of each feature, and the share of visits at which it can be had, both (J, C)."""
        self._place(fields)
        return self._utility(fields, self._uses @ people), self._available

    def _place(self, fields: Fields) -> None:
        """What depends on placement alone, where that has changed: exposure, availability,
        integration, default surfaces."""
        placed = tuple(getattr(fields, name).tobytes() for name in PLACEMENT)
        if placed == self._placed:
            return
        self._placed = placed
        segment, member = self.world.segment_of, self._member
        offered = self._offered(fields.rollout[:, :, segment]) * member  # (J, P, C)
        visits = self.world.visits[:, segment]
        self._external = np.einsum(
            "jpc,jpc,pc->jc", offered, fields.strength[:, :, segment], visits
        )
        self._external += fields.pull[:, segment]
        standalone = fields.standalone[:, segment]
        best = offered.max(axis=1, initial=0.0)
        self._available = np.maximum(best, standalone)
        self._integration = (offered * fields.integration[:, :, segment]).max(axis=1, initial=0.0)
        self._default = (offered * fields.is_default[:, :, segment]).max(axis=1, initial=0.0)
        seen = np.maximum(offered, standalone[:, None, :]) * member
        asked = (fields.reconsider[:, :, segment] * member).max(axis=1, initial=0.0)
        self._asked = asked  # (J, C)
        self._visible = seen * self.world.visibility[None, :, None]  # (J, P, C)

    def _offered(self, share: F64) -> F64:
        """Share of a class's visits at which the feature is offered, for the rollout's share, (J,
        P, C).

        With a ramp a share reaches ranks from below: all of a class or nobody in it, or a part
        where it falls between the ramp's steps. Without one the class spans all ranks.
        """
        low, high = self.world.rank_from[:, None], self.world.rank_to[:, None]
        reached: F64 = np.clip((share - low) / (high - low), 0.0, 1.0)
        reached *= ~self.world.held_out[:, None]
        return reached

    def _influence(self, users: F64, platforms: F64 | float) -> F64:
        """Influence of contacts' use, (J, P, G); `platforms` (P,) is 0 for those left out."""
        chi, own = self.parameters["chi"], self.parameters["homophily"]
        features = users.shape[0]
        near = (users @ self._cell.T).reshape(
            features, *self._cell_people.shape
        ) / self._cell_people
        far = (users @ self._member.T) / self._platform_people
        active = own * near + (1.0 - own) * far[:, :, None]  # (J, P, G)
        mixed = active + chi * (active.sum(axis=0) - active)
        found: F64 = self.parameters.influence(mixed, self.world.degree[None, :, None])
        counted: F64 = np.asarray(platforms, float).reshape(1, -1, 1)
        return found * counted

    def _contagion(self) -> Contagion:
        """How uptake, return and adding grow with the use that a person sees on tied platforms."""
        p, accept = self.parameters, self._accept
        slope = np.concatenate(
            [
                accept * self.world.receptivity,
                p["rho1"] * accept,
                p["mu"] * accept,
                np.zeros((1, accept.shape[1])),
            ]
        )
        return Contagion(
            channel=self._channel,
            slope=np.take(slope, self._slope_of, axis=0),
            weight=self._visible[:, self._tied],
            chi=p["chi"],
            response=p.response,
        )

    def _utility(self, fields: Fields, users: F64) -> F64:
        p, segment = self.parameters, self.world.segment_of
        perceived = -np.expm1(-fields.quality / p["q_saturation"])
        by_feature = (
            p["b_quality"] * perceived
            - p["b_latency"] * fields.latency
            + p["b_variety"] * np.log1p(fields.variety)
            - p["b_price"] * fields.price
            + p["b_network"] * users.sum(axis=1) / self._all_people
            + fields.usability
        )
        utility: F64 = (
            by_feature[:, None]
            + p["b_integration"] * self._integration
            + p["b_trust"] * (fields.trust[:, segment] - 1.0)
            + self.world.appeal
        )
        return utility

    def _fill(self, fields: Fields, users: F64, platforms: F64 | float) -> F64:
        """The block of distinct hazards, (rows, C)."""
        p, segment, rates = self.parameters, self.world.segment_of, self._rates()
        utility = self._utility(fields, users)
        trust = fields.trust[:, segment]
        weight = users.sum(axis=1)
        known = weight.sum()
        of_all = weight @ trust / known if known > 0.0 else np.ones(segment.size)
        power = self._kernels.exponents(utility, self._default, trust, of_all, rates)
        np.exp(power, out=power)
        pulse = p["rho_pulse"] * np.exp(-fields.days_since_release / p["rho_pulse_life"])
        block = np.empty((self._rows.total, segment.size))
        self._accept: F64 = np.empty(utility.shape)
        self._kernels.fill(
            block,
            self._accept,
            power,
            self._rows,
            rates,
            self._kernels.exposure(
                self._external, self._visible, self._influence(users, platforms), segment
            ),
            self._available,
            p["omega"] + self._asked,
            np.take(fields.acute_churn, segment, axis=1),
            p["rho0"] * (1.0 + pulse),
            p.acceptance,
            self.world.receptivity,
            self.world.stickiness,
        )
        return block

    def _rates(self) -> Rates:
        p = self.parameters
        return Rates(
            threshold=p["utility_threshold"],
            kappa=p["kappa"],
            reference=p["utility_reference"],
            delta=p["delta"],
            trust=p["opt_out_trust"],
            rho1=p["rho1"],
            progress=(p["progress_trial"], p["progress_casual"]),
            churn=(p["churn_trial"], p["churn_casual"], p["churn_habitual"]),
            withdrawal=p["withdrawal"],
            kept=float(np.exp(-p["sigma"])),
            mu=p["mu"],
            opt_out=p["opt_out"],
            decay=p["decay_habitual"],
            drop=p["drop"],
        )
