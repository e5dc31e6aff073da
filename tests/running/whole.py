"""Runs that are stopped in the middle, and what they give."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa

from sim.running.checkpoint import open_checkpoint, write_checkpoint
from sim.running.simulation import Simulation
from sim.scenario import Scenario, load

#: Each engine, and each mechanism that has much to remember; the span, and the day in it.
CASES: dict[str, tuple[float, dict[str, Any]]] = {
    "hybrid, cohorts": (
        41.0,
        {"scenario": "hybrid", "engine": "cohorts", "until": "2026-05-01"},
    ),
    "enterprise-only, expected": (
        37.0,
        {"scenario": "enterprise-only", "engine": "expected", "until": "2026-04-20"},
    ),
    "incident-mid-rollout, agents": (
        33.0,
        {
            "scenario": "incident-mid-rollout", "engine": "agents", "people": 3000,
            "until": "2026-04-20",
            "set": {
                "safety.scripted.0.date": "2026-03-20", "safety.stop.0.resume_after": "20 d",
            },
        },
    ),
    "networks": (
        19.0,
        {"scenario": "hybrid", "with_": ("networks",), "people": 2000, "until": "2026-04-05"},
    ),
}  # fmt: skip


def scenario_of(case: str) -> Scenario:
    settings = dict(CASES[case][1])
    return load(settings.pop("scenario"), **settings)


def in_words(table: Any) -> Any:
    """A table whose words are spelt out, whatever dictionaries they were encoded with."""
    columns = [
        column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def digests(tables: dict[str, Any]) -> dict[str, str]:
    """A digest of every table, bit by bit, words in full."""
    found = {}
    for name, encoded in sorted(tables.items()):
        table = in_words(encoded)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        found[name] = hashlib.sha256(sink.getvalue()).hexdigest()
    return found


def stopped(case: str, folder: Path) -> dict[str, str]:
    """Play a case with a checkpoint on the way; what it gives at the end."""
    simulation = Simulation(scenario_of(case))
    simulation.play(CASES[case][0])
    write_checkpoint(simulation, folder)
    return digests(simulation.run().tables)


def gone_on(case: str, folder: Path) -> dict[str, str]:
    """The same from the checkpoint on."""
    simulation = Simulation(scenario_of(case))
    (only,) = folder.iterdir()
    open_checkpoint(only).restore(simulation)
    assert simulation.clock.now == CASES[case][0]
    return digests(simulation.run().tables)
