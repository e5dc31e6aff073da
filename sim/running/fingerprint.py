"""Which scenario a checkpoint is of, whatever the files that it names are called by now."""

import hashlib
import json
from typing import Any

from sim.record.manifest import FileEntry
from sim.scenario import Scenario

__all__ = ["fingerprint"]


def fingerprint(scenario: Scenario) -> str:
    """SHA-256 of a scenario in which the files it names count by their content and not by name.
    Raises OSError."""
    plain = scenario.plain()
    for path, file in scenario.files.items():
        holder: Any = plain
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = FileEntry.of(file).sha256
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
