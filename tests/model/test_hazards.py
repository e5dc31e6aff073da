"""The block of hazards: compiled against clear, and what it must notice."""

from dataclasses import replace

import numpy as np
import pytest

from sim.rates import filling, hazard_rows
from sim.running.simulation import Simulation
from sim.scenario import load


@pytest.mark.parametrize("features", [1, 2, 5])
def test_compiled_hazards_equal_the_clear_ones_bit_for_bit(features):
    compiled = pytest.importorskip("sim.rates.filling_compiled")
    random = np.random.default_rng(features)
    shape, segment = (features, 50), random.integers(0, 4, 50)
    rows = hazard_rows.Rows.of(features)
    rates = hazard_rows.Rates(
        threshold=1.3, kappa=0.7, reference=0.9, delta=0.4, trust=2.0, rho1=0.3,
        progress=(0.1, 0.05), churn=(0.3, 0.2, 0.01), withdrawal=0.5, kept=0.37, mu=0.2,
        opt_out=1e-4, decay=0.02, drop=0.03,
    )  # fmt: skip
    for _ in range(5):
        external, utility, default, trust, acute = (random.random(shape) for _ in range(5))
        visible, seen = random.random((features, 3, 50)), random.random((features, 3, 4))
        available = np.where(random.random(shape) < 0.3, 0.0, random.random(shape))
        fixed = np.where(random.random(features) < 0.4, random.random(features), np.nan)
        base, of_all, taste, loyal = (random.random(n) for n in (features, 50, 50, 50))
        found = []
        for kernels in (filling.clear_kernels(), compiled):
            exposed = kernels.exposure(external, visible, seen, segment)
            power = np.exp(kernels.exponents(utility, default, trust, of_all, rates))
            block, accept = np.full((rows.total, 50), np.nan), np.empty(shape)
            kernels.fill(
                block, accept, power, rows, rates, exposed, available, trust, acute, base, fixed,
                taste, loyal,
            )  # fmt: skip
            found.append((exposed, power, block, accept))
        assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))


def test_a_changed_placement_is_noticed_without_being_told():
    simulation = Simulation(load("hybrid", engine="expected", until="2026-06-01"))
    hazards, market, people = simulation.hazards, simulation.market.fields, simulation.people
    for name in ("rollout", "strength", "integration", "is_default", "reconsider", "pull"):
        before = hazards.table(market, people).hazard
        assert np.array_equal(hazards.table(market, people).hazard, before)
        field = getattr(market, name)
        field[field > 0.0] *= 0.5
        field[:] += 0.25
        changed = hazards.table(market, people).hazard
        assert not np.array_equal(changed, before), name
        fresh = Simulation(load("hybrid", engine="expected", until="2026-06-01")).hazards
        assert np.array_equal(fresh.table(market, people).hazard, changed), name


def test_a_parameter_may_change_in_mid_run():
    """Whatever the hazards read, they read when they are asked."""
    simulation = Simulation(load("hybrid", engine="expected", until="2026-06-01"))
    hazards, market, people = simulation.hazards, simulation.market.fields, simulation.people
    values = dict(hazards.parameters.values)
    hazards.parameters = replace(hazards.parameters, values=values)
    for name in ("decay_habitual", "drop", "omega", "sigma", "mu", "churn_trial", "opt_out"):
        before = hazards.table(market, people).hazard
        values[name] = 1.5 * values[name]
        assert not np.array_equal(hazards.table(market, people).hazard, before), name


def test_a_table_stands_when_the_next_is_made():
    simulation = Simulation(load("hybrid", engine="expected", until="2026-06-01"))
    hazards, market, people = simulation.hazards, simulation.market.fields, simulation.people
    table = hazards.table(market, people)
    held = table.distinct.copy()
    market.quality[:] += 3.0
    later = hazards.table(market, people)
    assert np.array_equal(table.hazard, held[table.rows])
    assert not np.array_equal(later.hazard, table.hazard)
