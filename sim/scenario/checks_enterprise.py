"""What types cannot say about accounts and revenue: references and sums."""

from typing import TYPE_CHECKING

from sim import units
from sim.scenario.nodes import Path

if TYPE_CHECKING:
    from sim.scenario.checks import Checker

__all__ = ["enterprise"]

_SLACK = 1e-6
# A run of two years then takes seconds; far more accounts than any group of large companies has.
_MAX_ACCOUNTS = 200_000


def enterprise(c: "Checker") -> None:
    """Report unknown labs and features, shares that do not add up, and too many accounts."""
    if c.scenario.revenue is not None:
        for name in c.scenario.revenue.features:
            c.refer(("revenue", "features", name), name, "features", key=True)
    section = c.scenario.enterprise
    if section is None:
        return
    for lab in section.vendors:
        c.refer(("enterprise", "vendors", lab), lab, "labs", key=True)
    for gate, deliveries in section.gates.items():
        if not deliveries:
            c.report(("enterprise", "gates", gate), "an empty list", "api, weights or both")
    if "enterprise" in c.unknown:  # parts of it were left out: sums over the rest mean nothing
        return
    if not section.accounts:
        c.report(("enterprise", "accounts"), "there are no accounts", "at least one group")
    total = sum(group.count for group in section.accounts.values())
    if total > _MAX_ACCOUNTS:
        most = f"at most {_MAX_ACCOUNTS}"
        c.report(("enterprise", "accounts"), f"{total:.0f} accounts", most, key=True)
    for name, group in section.accounts.items():
        at: Path = ("enterprise", "accounts", name)
        if name in c.ids["labs"]:
            c.report(at, f"`{name}` is a lab too", "another id for the accounts", key=True)
        c.listed((*at, "vendors"), group.vendors, "labs")
        for lab in group.at_start:
            c.refer((*at, "at_start", lab), lab, "labs", key=True)
        shares = float(sum(group.families))
        if not group.families:
            c.report((*at, "families"), "an empty list", "shares that add up to 100 %")
        elif abs(shares - 1) > _SLACK:
            said = units.human(shares, "share", 6)
            c.report((*at, "families"), f"the shares of families add up to {said}", "100 %")
