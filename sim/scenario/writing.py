"""Writing plain values as YAML that `reading` reads back to the same values."""

from typing import Any

import yaml

from sim.scenario.scalars import resolve

__all__ = ["to_yaml"]


class _Dumper(yaml.SafeDumper):
    """Writes every scalar as text, quoted only where it would read as something else.

    PyYAML's own rules are those of YAML 1.1, under which `1e6` is text and a date is not.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def scalar(self, value: Any) -> yaml.ScalarNode:
        quoted = isinstance(value, str) and (resolve(value) != value or "\n" in value)
        text = value if isinstance(value, str) else _word(value)
        return yaml.ScalarNode("tag:yaml.org,2002:str", text, style='"' if quoted else None)


for _type in (str, int, float, bool, type(None)):
    _Dumper.add_representer(_type, _Dumper.scalar)


def _word(value: float | bool | None) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def to_yaml(value: Any) -> str:
    """Plain dicts, lists, texts and numbers as a YAML 1.2 document, keys in their own order."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False,
        width=96,
    )  # fmt: skip
