"""Parameters of labs, release levels, surfaces and prices."""

from sim.parameters.record import Parameter as P
from sim.parameters.record import fixed

__all__ = ["LEVELS", "PARAMETERS", "SURFACES"]

_ASSUMED = "modelling assumption, to be swept"
_ORDER = "modelling assumption; the order of the levels follows the release-gradient literature"
_LAUNCH = "derived from the sign-ups of the Threads launch over its host platform"

_QUALITY = (
    P("kappa_c", "frontier-months per month", 0.05, 0.0, 0.5, "A", _ASSUMED,
      "Quality gained from an outside community of normal size at full community access."),
    P("xi", "number", 0.4, 0.0, 1.0, "A", _ASSUMED,
      "Exponent of returns to community size."),
    P("price_fall", "number", 10.0, 1.0, 900.0, "S",
      "price at fixed capability falls about 10-fold a year; published range 9 to 900",
      "Factor by which the API price of a fixed capability falls in a year.",
      fixed="prices fall by it from a model's release on"),
)  # fmt: skip

# level -> access, customise, monitor, spillover per month, community
_LEVELS: dict[str, tuple[float, float, float, float, float]] = {
    "closed": (0.0, 0.0, 1.0, 0.01, 0.0),
    "staged": (0.15, 0.1, 0.95, 0.02, 0.05),
    "hosted": (0.3, 0.1, 0.9, 0.03, 0.05),
    "api": (0.6, 0.3, 0.85, 0.06, 0.15),
    "finetune-api": (0.7, 0.6, 0.75, 0.08, 0.25),
    "weights": (0.9, 0.9, 0.1, 0.15, 0.8),
    "open": (1.0, 1.0, 0.0, 0.25, 1.0),
}

# The release gradient from closed to open. Their order is their rank.
LEVELS: tuple[str, ...] = tuple(_LEVELS)


def _level(name: str) -> tuple[P, ...]:
    access, customise, monitor, spillover, community = _LEVELS[name]
    at = f"at release level `{name}`"
    return fixed(
        "releases are laid out with it at the start",
        P(f"level.{name}.access", "share", access, 0.0, 1.0, "A", _ORDER,
          f"How freely outsiders can use a model {at}."),
        P(f"level.{name}.customise", "share", customise, 0.0, 1.0, "A", _ORDER,
          f"How far developers can change a model {at}."),
        P(f"level.{name}.monitor", "share", monitor, 0.0, 1.0, "A", _ORDER,
          f"How much of the use the lab can see and stop {at}."),
        P(f"level.{name}.spillover", "per month", spillover, 0.0, 1.0, "A",
          _ORDER + "; .1 per month gives the observed lag of about 4 months",
          f"Rate at which followers close their gap to a leader whose best model is {at}."),
        P(f"level.{name}.community", "share", community, 0.0, 1.0, "A", _ORDER,
          f"How far outside work flows back to the lab {at}."),
    )  # fmt: skip


_SURFACES = fixed(
    "placements are made with it at the start",
    P("surface.default.strength", "share", 0.01, 0.002, 0.03, "D", _LAUNCH,
      "Share of visit-days on which a person meets a feature that is on by default.", off=0.0),
    P("surface.search-bar.strength", "share", 0.01, 0.002, 0.03, "D", _LAUNCH,
      "Share of visit-days on which a person meets a feature in the search bar.", off=0.0),
    P("surface.menu.strength", "share", 5e-4, 5e-5, 2e-3, "A", _ASSUMED,
      "Share of visit-days on which a person meets a feature in a menu.", off=0.0),
    P("surface.app.strength", "share", 2e-5, 0.0, 1e-3, "A",
      _ASSUMED + "; a separate app stays below 1 % of embedded reach",
      "Share of visit-days on which a person meets a separate app through the platform."),
    P("surface.default.integration", "number", 1.0, 0.0, 1.0, "A", _ASSUMED,
      "Integration of a feature that is on by default."),
    P("surface.search-bar.integration", "number", 0.8, 0.0, 1.0, "A", _ASSUMED,
      "Integration of a feature in the search bar."),
    P("surface.menu.integration", "number", 0.4, 0.0, 1.0, "A", _ASSUMED,
      "Integration of a feature in a menu."),
    P("surface.app.integration", "number", 0.0, 0.0, 1.0, "A", _ASSUMED,
      "Integration of a separate app."),
)  # fmt: skip

# Where a feature stands on a platform, from the most to the least prominent.
SURFACES: tuple[str, ...] = ("default", "search-bar", "menu", "app")

PARAMETERS: tuple[P, ...] = (
    *_QUALITY,
    *(parameter for name in LEVELS for parameter in _level(name)),
    *_SURFACES,
)
