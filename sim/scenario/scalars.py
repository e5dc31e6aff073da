"""YAML 1.2 core schema: what an unquoted scalar means.

`no` and `off` are text, `1e6` is a number, `010` is ten. A date is text.
"""

import re

__all__ = ["Scalar", "resolve"]

Scalar = str | int | float | bool | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(?:o(?P<oct>[0-7]+)|x(?P<hex>[0-9a-fA-F]+))\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITE = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
# Longer digit strings are no quantity of anything; they stay text, so that reading stays linear.
_MAX_DIGITS = 400


def resolve(text: str) -> Scalar:
    """The value of a plain scalar under the core schema."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    first = text[0]
    if not (first.isdigit() or first in "+-.") or len(text) > _MAX_DIGITS:
        return text
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if based := _BASED.match(text):
        return int(based["oct"], 8) if based["oct"] else int(based["hex"], 16)
    if text.lower() in _INFINITE and text[-3:] in {"inf", "Inf", "INF", "nan", "NaN", "NAN"}:
        return float(_INFINITE[text.lower()])
    return text
