"""Release policies: rules on measured conditions, looked at in dated reviews."""

from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, Tag
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from sim.parameters.metrics import METRICS
from sim.parameters.record import Parameter as P
from sim.parameters.registry import declare
from sim.scenario.base import ONE_OR_EACH, Date, Id, Instead, Part
from sim.scenario.quantity import EACH, ONE, MetricSpec, Quantity, Spec
from sim.scenario.releases import Level

__all__ = ["Policy", "Review", "Rule", "Then", "When"]


_GIVEN = "the scenario gives it"

declare(
    P("review.every", "days", None, 1.0, 36525.0, "A", _GIVEN,
      "Time between two reviews of a policy."),
    P("rule.for", "days", None, 0.0, 36525.0, "A", _GIVEN,
      "Time that a condition must have held without a break."),
)  # fmt: skip


class _KnownMetric:
    """Marks a field as the name of a metric: of any that is declared when a scenario is loaded."""

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_metric)

    @staticmethod
    def __get_pydantic_json_schema__(schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(METRICS)}


def _metric(value: object) -> str:
    if isinstance(value, str) and value in METRICS:
        return value
    raise PydanticKnownError("literal_error", {"expected": ", ".join(map(repr, METRICS))})


class Review(Part):
    """The dates at which a policy's rules are looked at: from `from` (or the start), every ..."""

    every: Annotated[Quantity, Spec("review.every")]
    from_: Annotated[Date | None, Instead("leave `from` out to review from the start")] = Field(
        None, alias="from"
    )


class When(Part):
    """A condition. `of` names what the metric is of: without it, the lab whose policy it is.

    With `for` it must have held that long, at every tick up to the review. `tier` goes with the
    metric `level` only.
    """

    metric: Annotated[str, _KnownMetric]
    of: Id | None = None
    tier: Id | None = None
    op: Literal[">", ">=", "<", "<="]
    value: Annotated[Quantity, MetricSpec("rule", "metric")]
    for_: Annotated[Quantity, Spec("rule.for")] | None = Field(None, alias="for")


class Then(Part):
    """What a rule does, one of: `tier` and `level`; `feature` and `price`; `feature` and `rollout`.

    `versions` says which versions of the tier the level is for: the latest (unless said), new ones
    from then on, or all of both.
    """

    tier: Id | None = None
    level: Level | None = None
    versions: Literal["latest", "new", "all"] | None = None
    feature: Id | None = None
    price: Annotated[Quantity, Spec("feature.price")] | None = None
    rollout: Literal["pause", "resume"] | None = None


class Rule(Part):
    """When the condition holds at a review (all of them, in a list), the rule acts.

    `once`: only once in a run.
    """

    when: Annotated[
        Annotated[When, Tag(ONE)] | Annotated[tuple[When, ...], Tag(EACH)],
        ONE_OR_EACH,
    ]
    then: Then
    once: bool = Field(True, strict=True)

    @property
    def conditions(self) -> tuple[When, ...]:
        """The conditions, all of which must hold."""
        return self.when if isinstance(self.when, tuple) else (self.when,)


class Policy(Part):
    """Rules, evaluated at dated reviews."""

    review: Review
    rules: tuple[Rule, ...]
