"""The registry: complete, consistent, and holding the published and stated values."""

import pytest

from sim import units
from sim.parameters import LABELS, Parameter
from sim.parameters.market import LEVELS
from sim.scenario import GLOBALS, PARAMETERS


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=PARAMETERS)
def test_every_parameter_has_a_unit_a_range_evidence_and_a_meaning(parameter: Parameter) -> None:
    assert units.unit(parameter.unit).name == parameter.unit
    assert parameter.low <= parameter.high
    assert parameter.label in LABELS
    assert parameter.source.strip()
    assert parameter.about.endswith(".")
    assert "\n" not in parameter.about
    assert parameter.range_text


@pytest.mark.parametrize("parameter", GLOBALS.values(), ids=GLOBALS)
def test_every_global_parameter_has_a_default_inside_its_range(parameter: Parameter) -> None:
    assert parameter.default is not None
    assert parameter.low <= parameter.default <= parameter.high


def test_names_are_their_keys() -> None:
    assert all(name == parameter.name for name, parameter in PARAMETERS.items())
    assert GLOBALS.keys() <= PARAMETERS.keys()


@pytest.mark.parametrize(
    ("name", "default", "low", "high", "label"),
    [
        ("chi", 0.33, 0, 1, "A"),
        ("omega", 0.005, 0.001, 0.03, "A"),
        ("sigma", 0.5, 0, 2, "S"),
        ("delta", 1.0, 0.3, 2.5, "S"),
        ("b_quality", 2, 0.5, 4, "A"),
        ("b_variety", 0.22, 0.05, 0.5, "S"),
        ("b_trust", 0.05, 0, 0.3, "S"),
        ("rho0", 0.001, 0.0002, 0.005, "A"),
        ("multi_home_share", 0.10, 0.05, 0.35, "S"),
        ("price_fall", 10, 1, 900, "S"),
        ("dev_p", 0.03, 0.001, 0.05, "S"),
        ("dev_q", 0.38, 0.2, 1.2, "S"),
        ("surface.default.strength", 0.01, 0.002, 0.03, "D"),
        ("surface.menu.strength", 5e-4, 5e-5, 2e-3, "A"),
        ("app_exit", 0.035, 0.02, 0.05, "A"),
    ],
)
def test_defaults_and_ranges_are_those_of_the_model(
    name: str, default: float, low: float, high: float, label: str
) -> None:
    parameter = PARAMETERS[name]
    found = (parameter.default, parameter.low, parameter.high, parameter.label)
    assert found == (default, low, high, label)


def test_the_release_gradient_opens_step_by_step() -> None:
    def along(what: str) -> list[float]:
        return [GLOBALS[f"level.{level}.{what}"].default or 0.0 for level in LEVELS]

    assert along("access") == [0, 0.15, 0.3, 0.6, 0.7, 0.9, 1]
    assert along("spillover") == [0.01, 0.02, 0.03, 0.06, 0.08, 0.15, 0.25]
    assert along("community") == [0, 0.05, 0.05, 0.15, 0.25, 0.8, 1]
    for rising in ("access", "customise", "spillover", "community"):
        assert along(rising) == sorted(along(rising))
    assert along("monitor") == sorted(along("monitor"), reverse=True)


def test_a_mechanism_can_be_switched_off_although_zero_is_not_plausible() -> None:
    omega = PARAMETERS["omega"]
    assert omega.allows(0.0)
    assert not omega.allows(0.0005)
    assert omega.allows(0.001)
    assert omega.range_text == "0 or 0.001 to 0.03 per day"


def test_a_parameter_that_contradicts_itself_is_refused() -> None:
    def make(default: float, low: float, high: float, unit: str = "number") -> Parameter:
        return Parameter("x", unit, default, low, high, "A", "source", "About.")

    make(1, 0, 2)
    with pytest.raises(ValueError, match="outside the range"):
        make(3, 0, 2)
    with pytest.raises(ValueError, match="empty"):
        make(3, 2, 0)
    with pytest.raises(units.UnitError, match="unknown unit"):
        make(1, 0, 2, "per fortnight")
