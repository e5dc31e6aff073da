"""Sections from outside: passed in Python, and then like built-in ones."""

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

import pytest

from sim.parameters import metrics
from sim.parameters.metrics import METRICS, declare_metric
from sim.scenario import (
    GLOBALS,
    PARAMETERS,
    Checker,
    Date,
    Id,
    IdsOrAll,
    Instead,
    Misfit,
    Parameter,
    Part,
    Path,
    Problem,
    Quantity,
    Section,
    Spec,
    changed,
    default,
    json_schema,
    load,
)

Write = Callable[..., FilePath]
Problems = Callable[..., list[Problem]]

COMMISSION = Parameter(
    "app_store_tax.commission", "share", 0.30, 0.0, 0.5, "S", "list price of two large app stores",
    "Share of the price of a feature that the store keeps.",
)  # fmt: skip
PASSED_ON = Parameter(
    "app_store_tax.passed_on", "share", None, 0.0, 1.0, "A", "the scenario gives it",
    "Share of the commission that makes the price higher.",
)  # fmt: skip


class Cut(Part):
    """A new commission from a date on."""

    date: Annotated[Date, Instead("the commission at the start is `commission`")]
    commission: Annotated[Quantity, Spec(COMMISSION)]


class AppStoreTax(Section):
    """App stores keep a share of the prices of features, from a date on."""

    store: Literal["both", "one"] = "both"
    commission: Annotated[Quantity, Spec(COMMISSION)] = default(COMMISSION)
    passed_on: Annotated[Quantity, Spec(PASSED_ON)]
    features: IdsOrAll = "all"
    collected_by: Id | None = None
    begins: Date | None = None
    cuts: tuple[Cut, ...] = ()

    def check(self, c: Checker, at: Path) -> None:
        c.listed((*at, "features"), self.features, "features")
        if self.collected_by is not None:
            c.refer((*at, "collected_by"), self.collected_by, "labs")


OUTSIDE = {"app_store_tax": AppStoreTax}
TAX = """\
app_store_tax:
  passed_on: 50 %
  features: [helper]
  begins: 2026-09-01
  cuts:
    - {date: 2027-01-01, commission: {value: 15 %, label: S, source: "terms of 2027"}}
overrides:
  dear: {app_store_tax.commission: 40 %}
"""


@pytest.fixture
def taxes_are_measured() -> Iterator[None]:
    declare_metric(
        "app_store_taxes", "lab", "USD per year", 1e13, "What app stores keep",
        section="app_store_tax",
    )  # fmt: skip
    yield
    metrics._metrics.pop("app_store_taxes")  # other tests look at every metric there is


@pytest.fixture
def taxed(write: Write) -> FilePath:
    return write("base.yaml", ("overrides:\n", TAX))


def test_a_section_from_outside_reads_and_writes_like_a_built_in_one(
    taxed: FilePath, write: Write
) -> None:
    scenario = load(taxed, sections=OUTSIDE)
    section = scenario.extra["app_store_tax"]
    assert isinstance(section, AppStoreTax)
    assert (section.commission, section.passed_on) == (0.30, 0.5)
    assert section.commission.source == "list price of two large app stores"
    assert section.cuts[0].commission == 0.15
    assert scenario.sections["app_store_tax"] is section
    assert "developers" in scenario.sections
    assert "developers" not in scenario.extra
    again = load(write("again.yaml", text=scenario.to_yaml()), sections=OUTSIDE)
    assert again == scenario
    assert again.extra == scenario.extra
    rows = {row.path: row for row in scenario.evidence()}
    assert rows["app_store_tax.commission"].where == "default"
    assert rows["app_store_tax.passed_on"].where == "base.yaml:61"
    assert rows["app_store_tax.cuts.0.commission"].label == "S"


def test_it_is_part_of_the_digest_and_only_where_it_is(write: Write, taxed: FilePath) -> None:
    bare = write("bare.yaml")
    assert load(bare, sections=OUTSIDE).digest == load(bare).digest
    assert load(bare, sections=OUTSIDE).extra == {}
    assert load(taxed, sections=OUTSIDE).digest != load(bare).digest
    dearer = load(taxed, sections=OUTSIDE, set=["app_store_tax.passed_on=60 %"])
    assert dearer.digest != load(taxed, sections=OUTSIDE).digest


def test_settings_overrides_and_changes_reach_it_without_naming_the_sections_again(
    taxed: FilePath,
) -> None:
    scenario = load(taxed, sections=OUTSIDE)
    dear = load(scenario, with_=("dear",), set={"app_store_tax.store": "one"})
    section = dear.extra["app_store_tax"]
    assert isinstance(section, AppStoreTax)
    assert (section.commission, section.store) == (0.4, "one")
    fork = changed(scenario, "2026-10-01", ["parameters.omega=0.01 per day"])
    assert fork.extra == scenario.extra


def test_a_scenario_with_a_section_from_outside_goes_to_another_process(taxed: FilePath) -> None:
    scenario = load(taxed, sections=OUTSIDE)
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert type(again) is type(scenario)
    assert again.extra == scenario.extra


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("passed_on: 50 %", "passed_on: »3 USD", "has the wrong unit; expected a share"),
        ("passed_on: 50 %", "»pased_on: 50 %", "did you mean `passed_on`?"),
        ("passed_on: 50 %", "passed_on: »120 %", "is out of range; expected 0 to 100 %"),
        ("[helper]", "[»helpr]", "unknown feature `helpr`; expected one of helper, chatter; did "),
        ("begins: 2026-09-01", "begins: »2026-01-01",
         "app_store_tax.begins: 2026-01-01 is before the start, 2026-05-01; expected a later date"),
        ("{date: 2027-01-01", "{date: »2025-01-01",
         "expected a later date; the commission at the start is `commission`"),
        ("begins: 2026-09-01", "begins: »next week", "app_store_tax.begins: "),
        ("begins: 2026-09-01", "collected_by: »mta", "unknown lab `mta`"),
        ("begins: 2026-09-01", "store: »all", "expected one of both, one"),
    ],
)  # fmt: skip
def test_its_mistakes_stand_at_their_line_and_column(
    write: Write, problems: Problems, old: str, new: str, said: str
) -> None:
    file = write("base.yaml", ("overrides:\n", TAX.replace(old, new.replace("»", ""))))
    before = file.read_text(encoding="utf-8").partition(new.replace("»", ""))[0]
    before += new.partition("»")[0]
    found = problems(file, sections=OUTSIDE)
    assert len(found) == 1, found
    assert said in str(found[0])
    where = (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert (found[0].line, found[0].column) == where


def test_a_file_alone_never_has_a_section_from_outside(taxed: FilePath, problems: Problems) -> None:
    found = problems(taxed)
    assert [problem.path for problem in found[:1]] == ["app_store_tax"]
    assert "a mechanism of your own, passed in Python" in found[0].expected
    assert 'sections={"app_store_tax": ...}' in found[0].expected


@pytest.mark.usefixtures("taxes_are_measured")
def test_rules_may_look_at_its_metrics_where_it_is(write: Write, problems: Problems) -> None:
    rule = ("metric: share, op: \"<\", value: 30 %", "metric: app_store_taxes, op: \">=\", value: "
            "1 M USD per year")  # fmt: skip
    assert METRICS["app_store_taxes"].section == "app_store_tax"
    load(write("base.yaml", rule, ("overrides:\n", TAX)), sections=OUTSIDE)
    found = problems(write("base.yaml", rule), sections=OUTSIDE)
    assert "the scenario has no section `app_store_tax`" in found[0].message


def test_its_json_schema_is_there_for_editors() -> None:
    properties = json_schema(OUTSIDE)["properties"]
    assert "app_store_tax" in properties
    assert "app_store_tax" not in json_schema()["properties"]


@pytest.mark.parametrize(
    ("sections", "error", "said"),
    [
        ({"safety": AppStoreTax}, ValueError, "a scenario has `safety` already"),
        ({"extends": AppStoreTax}, ValueError, "a scenario has `extends` already"),
        ({"digest": AppStoreTax}, ValueError, "a scenario has `digest` already"),
        ({"App Store": AppStoreTax}, ValueError, "is no key"),
        ({"app_store_tax": Part}, TypeError, "is no class of a section"),
        ({"app_store_tax": dict}, TypeError, "is no class of a section"),
    ],
)
def test_what_is_no_section_is_refused(
    sections: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        load("bass", sections=sections)


def test_a_cell_that_runs_again_may_change_its_parameter_but_never_one_of_ours() -> None:
    def declared(low: float) -> Quantity:
        return default(Parameter("again.x", "share", 0.5, low, 1.0, "A", "a guess", "A share."))

    declared(0.0)
    declared(0.1)
    assert PARAMETERS["again.x"].low == 0.1
    with pytest.raises(ValueError, match="one of the program's own"):
        default(Parameter("omega", "share", 0.5, 0.0, 1.0, "A", "a guess", "A share."))
    with pytest.raises(ValueError, match="declared twice"):
        declare_metric("incidents", "lab", "number", 1.0, "Incidents", section="again")


def test_the_registry_is_complete_with_the_sections() -> None:
    for name in ("dev_p", "account_qualify", "engagement_value", "incident_rate", "choice_reach"):
        assert name in GLOBALS


def test_what_shows_deep_in_the_code_is_placed_by_who_knows_the_scenario(taxed: FilePath) -> None:
    def levy(section: AppStoreTax) -> None:
        raise Misfit(("cuts", 0, "commission"), "cannot be levied", "less")

    scenario = load(taxed, sections=OUTSIDE)
    section = scenario.extra["app_store_tax"]
    assert isinstance(section, AppStoreTax)
    with pytest.raises(Misfit, match="cannot be levied; expected less") as found:
        levy(section)
    error = scenario.place(found.value.below("app_store_tax"), Misfit(("labs", "x"), "is not here"))
    assert str(error) == (
        "base.yaml:65:38: app_store_tax.cuts.0.commission: cannot be levied; expected less\n"
        "base.yaml:22:3: labs.x: is not here"
    )
