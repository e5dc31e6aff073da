"""JSON Schema of scenario files, for editors.

A file may extend another one, so no key is required anywhere (what is missing is seen when the file
is loaded), and null may stand everywhere to take away what was inherited.
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from sim import units
from sim.parameters import LABELS, PARAMETERS, Parameter
from sim.parameters.market import LEVELS
from sim.scenario.model import Outside, scenario_with
from sim.scenario.named import NAMED_KEY
from sim.scenario.quantity import EACH_KEY, PARAMETER_KEY

__all__ = ["json_schema"]

_NULL = {"type": "null"}
_ABOUT = frozenset({"description", "default"})
_TEXT = {"$ref": "#/$defs/QuantityText"}
_EVIDENCE = {"$ref": "#/$defs/QuantityWithEvidence"}

_DEFINITIONS = {
    "QuantityText": {
        "description": "A number with its unit, e.g. `3.1 B`, `5 %`, `0.38 per year`, `6 months`.",
        "type": "string",
        "pattern": r"^\s*[-+]?\.?[0-9]",
    },
    "QuantityWithEvidence": {
        "description": "A value with what it rests on.",
        "type": "object",
        "properties": {
            "value": {"anyOf": [_TEXT, {"type": "number"}]},
            "label": {
                "description": ", ".join(f"{label}: {word}" for label, word in LABELS.items()),
                "enum": list(LABELS),
            },
            "source": {"type": "string", "minLength": 1},
        },
        "required": ["value"],
        "additionalProperties": False,
    },
}


class _Generator(GenerateJsonSchema):
    # Defaults of quantities are written from the registry instead.
    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012


def json_schema(sections: Outside | None = None) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a scenario file, as plain dicts and lists.

    `sections` are those of mechanisms of one's own, as in `load`.
    """
    made = scenario_with(sections or {}).model_json_schema(
        by_alias=True, schema_generator=_Generator
    )
    definitions = {
        name: _filled(definition) for name, definition in sorted(made.pop("$defs").items())
    }
    root = _filled(made)
    properties = root["properties"]
    head = {key: properties.pop(key) for key in ("name", "title", "question")}
    root["properties"] = {**head, **_loader_keys(), **properties}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "uptake scenario",
        "description": "A scenario file of uptake.",
        **{key: value for key, value in root.items() if key not in {"title", "description"}},
        "$defs": {**_DEFINITIONS, **definitions},
    }


def _loader_keys() -> dict[str, Any]:
    return {
        "extends": {
            "description": "Name of the scenario this one builds on: in the same folder, or "
            "shipped. Mappings are merged key by key, all else is replaced, null takes away.",
            "type": "string",
        },
        "overrides": {
            "description": "Named changes: name, then dotted path and value. `--with NAME` "
            "applies one.",
            "type": "object",
            "additionalProperties": {"type": ["object", "null"]},
        },
    }


def _filled(schema: Any) -> Any:
    """A schema made by pydantic with quantities filled out, optional keys and nullable values."""
    if isinstance(schema, list):
        return [_filled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if PARAMETER_KEY in schema:
        return _of_parameter(schema)
    if NAMED_KEY in schema:
        return _by_parameter(schema)
    # Titles that pydantic derives from names say nothing. No key is required: see above.
    dropped = {"required", "title", "default"}
    filled = {key: _filled(value) for key, value in schema.items() if key not in dropped}
    if isinstance(default := schema.get("default"), str | int | float):
        filled["default"] = default
    if isinstance(properties := schema.get("properties"), dict):
        filled["properties"] = {key: _nullable(_filled(v)) for key, v in properties.items()}
    if isinstance(schema.get("additionalProperties"), dict):
        filled["additionalProperties"] = _nullable(filled["additionalProperties"])
    if isinstance(patterns := filled.pop("patternProperties", None), dict):
        filled["patternProperties"] = {key: _nullable(value) for key, value in patterns.items()}
        filled["additionalProperties"] = False
    if isinstance(text := filled.get("description"), str):
        filled["description"] = " ".join(text.split())
    return filled


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema:
        if _NULL in schema["anyOf"]:
            return schema
        return {**schema, "anyOf": [*schema["anyOf"], _NULL]}
    about = {key: value for key, value in schema.items() if key in _ABOUT}
    rest = {key: value for key, value in schema.items() if key not in _ABOUT}
    return {**about, "anyOf": [rest, _NULL]}


def _of_parameter(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema[PARAMETER_KEY]
    if name.endswith(".*"):  # the unit depends on another field
        return {
            "description": "The value to compare with, in the unit of the metric; for the metric "
            "`level`, a level.",
            "anyOf": [{"type": "number"}, _TEXT, {"enum": list(LEVELS)}, _EVIDENCE],
        }
    one = _quantity(PARAMETERS[name], null=False)
    if schema.get(EACH_KEY):
        each = {"type": "object", "additionalProperties": {"anyOf": [*one["anyOf"], _NULL]}}
        return {**one, "anyOf": [*one["anyOf"], each]}
    return one


def _by_parameter(schema: dict[str, Any]) -> dict[str, Any]:
    about = {key: value for key, value in schema.items() if key in _ABOUT - {"default"}}
    properties = {key: _quantity(PARAMETERS[name]) for key, name in schema[NAMED_KEY]}
    for key, name in schema[NAMED_KEY]:
        if key != name:  # a change that is left out changes nothing
            properties[key].pop("default", None)
    return {**about, "type": "object", "properties": properties, "additionalProperties": False}


def _quantity(parameter: Parameter, *, null: bool = True) -> dict[str, Any]:
    unit = units.unit(parameter.unit)
    number: dict[str, Any] = {"const": 0}
    if unit.bare:
        ends = [parameter.low, parameter.high]
        ends += [] if parameter.off is None else [parameter.off]
        number = {"type": "number", "minimum": min(ends), "maximum": max(ends)}
    schema: dict[str, Any] = {
        "description": f"{parameter.about} In {parameter.unit}, {parameter.range_text}.",
        "anyOf": [_TEXT, number, _EVIDENCE, *([_NULL] if null else [])],
    }
    if parameter.default is not None:
        schema["default"] = units.exact(parameter.default, parameter.unit)
    return schema
