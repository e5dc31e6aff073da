"""JSON objects with a digest of their own, so that what was edited by hand is not believed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["sealed", "unsealed"]

_DIGEST = "digest"


def sealed(content: Mapping[str, Any]) -> str:
    """The content as JSON text with its digest; equal content gives equal text."""
    return json.dumps({**content, _DIGEST: _digest(content)}, indent=2, ensure_ascii=False) + "\n"


def unsealed(text: bytes | str) -> tuple[dict[str, Any], bool]:
    """The content of such a text, and whether it is what was sealed. Raises ValueError with what is
    wrong for a text that is no JSON object."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise ValueError(f"it is not JSON ({str(e).splitlines()[0]})") from e
    if not isinstance(content, dict):
        raise ValueError("it is not a JSON object")
    own = content.pop(_DIGEST, None)
    return content, own == _digest(content)


def _digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content, however it is laid out as text."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
