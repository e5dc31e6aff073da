"""Mappings from the names of global parameters to their values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from sim import units
from sim.parameters import Parameter
from sim.scenario.frozen import FrozenDict
from sim.scenario.quantity import Spec
from sim.scenario.sections import GLOBALS

__all__ = ["NAMED_KEY", "ByParameter"]

# Marks such a mapping in the JSON Schema that pydantic makes; `exporting` fills it out.
NAMED_KEY = "x-parameters"


@dataclass(frozen=True)
class ByParameter:
    """Marks a field as values of global parameters, each by its name after `prefix`.

    With `moving` only those may stand there that can move during a run.
    """

    prefix: str = ""
    moving: bool = False

    @cached_property
    def keys(self) -> Mapping[str, Parameter]:
        """What may stand there: the parameters by key."""
        return {
            f"{self.prefix}{name}": parameter
            for name, parameter in GLOBALS.items()
            if not (self.moving and parameter.fixed)
        }

    def unknown(self, key: str) -> tuple[str, str, str]:
        """Message, what was expected, and the nearest key for one that may not stand there."""
        near = units.nearest(key, self.keys)
        if not self.moving:
            expected = f"one of the {len(self.keys)} parameters that `uptake explain` lists"
            return "unknown parameter", expected, near
        name = key.removeprefix(self.prefix)
        if name in GLOBALS and (reason := GLOBALS[name].fixed):
            expected = f"`{self.prefix}{name}` from the start on, or another parameter"
            return f"`{name}` cannot move during a run: {reason}", expected, near
        if key.startswith(self.prefix):
            expected = f"one of the {len(self.keys)} parameters that may move during a run"
            return "unknown parameter", expected, near
        said = f"`{key[:60]}` cannot be set on a date here"
        if name in GLOBALS:
            return said, f"`{self.prefix}` before the name", f"{self.prefix}{name}"
        return said, _dated_elsewhere(key) or f"`{self.prefix}NAME`, e.g. `{self.prefix}omega`", ""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        fields = {
            key: core_schema.typed_dict_field(
                Spec(parameter.name).__get_pydantic_core_schema__(source, handler), required=False
            )
            for key, parameter in self.keys.items()
        }
        return core_schema.no_info_after_validator_function(
            FrozenDict, core_schema.typed_dict_schema(fields, extra_behavior="forbid")
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        # A list: pydantic sorts the keys of mappings.
        return {"type": "object", NAMED_KEY: [[k, p.name] for k, p in self.keys.items()]}


def _dated_elsewhere(key: str) -> str:
    """Where the scenario has a dated entry for what a path leads to; "" where it has none."""
    parts = key.split(".")
    if parts[0] == "features" and parts[-1] in {"price", "prices"}:
        return "the feature's `prices: [{date: ..., price: ...}]`"
    if parts[0] == "features":
        return "the feature's `rollout: [{date: ..., share: ...}]`"
    if parts[0] == "labs" and ("models" in parts or parts[-1] == "level"):
        return "the tier's `releases: [{date: ..., level: ...}]`"
    return ""
