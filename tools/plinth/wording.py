"""How values are written in messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plinth.model import Data

TYPE_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def describe(value: Data) -> str:
    """Name a value with its type: ``the text `x` ``, ``the number 3``, ``a list``."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"the value {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {quote(value)}"
    return "a list" if isinstance(value, list) else "a mapping"


def quote(value: Data) -> str:
    """Put a value into backquotes, shortened if it is long."""
    text = value if isinstance(value, str) else _plain(value)
    shown = text if len(text) <= 80 else f"{text[:77]}…"
    return f"`{shown}`"


def _plain(value: Data) -> str:
    return json.dumps(value, ensure_ascii=False)
