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
one of about J^2 + 8 J distinct rows (`_Rows`), computed once and gathered.

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
from sim.rates.consumer_states import STAGES, ConsumerStates, Move
from sim.rates.contagion import LINEAR, Contagion, Response
from sim.rates.fields import PLACEMENT, Fields
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


class _Rows:
    """Where each kind of hazard stands in the block of distinct rows."""

    def __init__(self, features: int) -> None:
        j, stages = features, len(STAGES)
        self.uptake = 0
        self.returning = self.uptake + j
        self.progress = self.returning + j
        self.lapse = self.progress + 2 * j
        self.switch = self.lapse + stages * j
        self.add = self.switch + j * j
        self.opt_out = self.add + j
        self.decay = self.opt_out + j + 1
        self.drop = self.decay + 1
        self.count = self.drop + 1

    def of(self, step_move: Move, j: int, k: int, stage: int, features: int) -> int:
        """Row of one transition; opting out of no feature in particular is the last of its rows."""
        match step_move:
            case Move.UPTAKE:
                return self.uptake + k
            case Move.RETURN:
                return self.returning + k
            case Move.PROGRESS:
                return self.progress + 2 * j + stage
            case Move.LAPSE:
                return self.lapse + len(STAGES) * j + stage
            case Move.SWITCH:
                return self.switch + features * j + k
            case Move.ADD:
                return self.add + k
            case Move.OPT_OUT:
                return self.opt_out + (j if j >= 0 else features)
            case Move.DECAY:
                return self.decay
            case Move.DROP:
                return self.drop


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
        self._rows = _Rows(features)
        self._row_of = np.array(
            [self._rows.of(s.move, s.j, s.k, s.stage, features) for s in states.steps], np.int64
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
        self._block = np.zeros((self._rows.count, world.people.size))
        self._block[self._rows.decay] = parameters["decay_habitual"]
        self._block[self._rows.drop] = parameters["drop"]
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
        self._fixed = ~np.isnan(parameters.acceptance)
        self._placed: list[F64] | None = None

    def table(self, fields: Fields, people: NDArray[Any], *, mixed: bool = False) -> RateTable:
        """The rate table for people (states, classes) under the market's fields.

        With `mixed` tied platforms are taken to be well mixed too.
        """
        self._place_anew(fields)
        users = self._uses @ people
        apart = self._tied.size > 0 and not mixed
        exposure = self._external + self._peer(users, self._mixed if apart else 1.0)
        utility = self._utility(fields, users)
        self._fill(fields, users, exposure, utility)
        return RateTable(
            transitions=self.states.transitions,
            distinct=self._block.copy(),
            contagion=self._contagion() if apart else None,
            row_of=self._row_of,
        )

    def uptake(self, fields: Fields, people: NDArray[Any]) -> tuple[F64, F64]:
        """Hazard never -> (j, trial), and whether the feature can be had at all (0 or 1), both (J,
        C)."""
        self.table(fields, people, mixed=True)
        rows, features = self._rows, len(self.states.features)
        hazard = self._block[rows.uptake : rows.uptake + features].copy()
        return hazard, (self._available > 0.0).astype(float)

    def utilities(self, fields: Fields, people: NDArray[Any]) -> tuple[F64, F64]:
        """Utility of each feature, and the share of visits at which it can be had, both (J, C).

        For measuring: what it finds changed is still news to the next `table`.
        """
        self._place_anew(fields)
        return self._utility(fields, self._uses @ people), self._available

    def _place_anew(self, fields: Fields) -> None:
        """Work placement out again where it differs from that of the last call."""
        arrays = [getattr(fields, name) for name in PLACEMENT]
        seen = self._placed
        if seen is not None and all(map(np.array_equal, arrays, seen)):
            return
        self._placed = [array.copy() for array in arrays]
        self._place(fields)

    def _place(self, fields: Fields) -> None:
        """What depends on placement alone: exposure, availability, integration, default
        surfaces."""
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
        self._reconsider = self.parameters["omega"] + asked  # (J, C)
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

    def _peer(self, users: F64, platforms: F64 | float) -> F64:
        """Hazard from contacts' use, (J, C); `platforms` (P,) is 0 for those left out."""
        chi, own = self.parameters["chi"], self.parameters["homophily"]
        features = users.shape[0]
        near = (users @ self._cell.T).reshape(
            features, *self._cell_people.shape
        ) / self._cell_people
        far = (users @ self._member.T) / self._platform_people
        active = own * near + (1.0 - own) * far[:, :, None]  # (J, P, G)
        mixed = active + chi * (active.sum(axis=0) - active)
        influence_ = self.parameters.influence(mixed, self.world.degree[None, :, None])
        influence_ = influence_ * np.reshape(platforms, (1, -1, 1))
        hazard: F64 = np.einsum(
            "jpc,jpc->jc", self._visible, influence_[:, :, self.world.segment_of]
        )
        return hazard

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

    def _fill(self, fields: Fields, users: F64, exposure: F64, utility: F64) -> None:
        p, rows, block = self.parameters, self._rows, self._block
        features = utility.shape[0]
        accept = 1.0 / (1.0 + np.exp(p["utility_threshold"] - utility))
        accept[self._fixed] = p.acceptance[self._fixed, None]
        accept = accept * (self._available > 0.0)
        self._accept = accept
        adopting = exposure * accept
        block[rows.uptake : rows.uptake + features] = adopting * self.world.receptivity

        pulse = p["rho_pulse"] * np.exp(-fields.days_since_release / p["rho_pulse_life"])
        base = p["rho0"] * (1.0 + pulse)
        block[rows.returning : rows.returning + features] = (
            base[:, None] * self._available * accept + p["rho1"] * adopting
        )
        for stage, name in enumerate(("progress_trial", "progress_casual")):
            block[rows.progress + stage : rows.progress + 2 * features : 2] = p[name] * accept
        keen = np.exp(-p["kappa"] * (utility - p["utility_reference"]))
        keen *= fields.acute_churn[:, self.world.segment_of] / self.world.stickiness
        gone = p["withdrawal"] * (self._available <= 0.0)
        for stage, name in enumerate(STAGES):
            block[rows.lapse + stage : rows.lapse + 3 * features : 3] = (
                p[f"churn_{name}"] * keen + gone
            )
        self._fill_switching(utility)
        block[rows.add : rows.add + features] = p["mu"] * adopting

        trust = fields.trust[:, self.world.segment_of]
        weight = users.sum(axis=1)
        known = weight.sum()
        block[rows.opt_out : rows.opt_out + features] = trust
        block[rows.opt_out + features] = weight @ trust / known if known > 0.0 else 1.0
        out = block[rows.opt_out : rows.opt_out + features + 1]
        np.exp(p["opt_out_trust"] * (1.0 - out), out=out)
        out *= p["opt_out"]

    def _fill_switching(self, utility: F64) -> None:
        """omega P(k | j): at a reconsideration the person weighs staying against every feature to
        be had."""
        p, rows = self.parameters, self._rows
        features = utility.shape[0]
        if features < 2:
            return
        level = utility + p["delta"] * self._default
        weight = np.exp(level - level.max(axis=0)) * (self._available > 0.0)
        away = weight * self._available * np.exp(-p["sigma"])
        total = away.sum(axis=0)
        stay = weight + (total - away)
        with np.errstate(invalid="ignore", divide="ignore"):
            chosen = np.where(stay[:, None] > 0.0, away[None] / stay[:, None], 0.0)
        switch = self._reconsider[:, None] * chosen
        self._block[rows.switch : rows.switch + features * features] = switch.reshape(
            features * features, -1
        )
