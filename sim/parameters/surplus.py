"""Parameters of measuring what people gain."""

from sim.parameters.record import Parameter as P

__all__ = ["GLOBALS"]

GLOBALS: tuple[P, ...] = (
    P("surplus_ceiling", "USD per month", 20.0, 1.0, 500.0, "A",
      "usual list price of a paid assistant; hardly any demand is seen above it, to be swept",
      "Rise in prices above which demand does not count towards the robust surplus.",
      fixed="the measure means the same over a run"),
)  # fmt: skip
