"""Writing plain values as YAML that `reading` reads back to the same values."""

import os
from pathlib import Path
from typing import Any

import yaml

from sim.scenario.scalars import resolve

__all__ = ["seen_from", "to_yaml"]


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


def seen_from(folder: Path, name: str, file: Path) -> str:
    """How a scenario in `folder` names `file`, which is called `name` where the scenario stands
    now: relative to the folder, so that both can be moved together, with `/` on every system.

    A name from the root of the file system stays, and one on another drive than the folder becomes
    such a name.
    """
    if Path(name).is_absolute():
        return name
    # Folders that are links lead elsewhere with `..`; the file's own name says what is in it.
    place = Path(os.path.realpath(file.parent), file.name)
    try:
        return Path(os.path.relpath(place, os.path.realpath(folder))).as_posix()
    except ValueError:
        return place.as_posix()
