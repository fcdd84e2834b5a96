"""Places: from a value in the data to the line that a person wrote it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from plinth.findings import Location
from plinth.yamlio import load as reader

if TYPE_CHECKING:
    from plinth.model import Data, Document


def location(file: str, text: str, line: int, column: int, length: int = 1) -> Location:
    """Make a location from a line and a column that count from 0."""
    lines = text.split("\n", line + 1)
    source = lines[line].rstrip("\r") if line < len(lines) else ""
    return Location(file, line + 1, column + 1, length, source)


def locate(document: Document, path: tuple[str | int, ...], *, on_key: bool = False, index: int = 0) -> Location:
    """Return the place of a value, or of its key, in a document; ``index`` says which, of several in one file."""
    span = reader.locate(document.text, path, on_key=on_key, document=index)
    return location(document.file, document.text, span.line, span.column, span.length)


def value_at(data: Data, path: tuple[str | int, ...]) -> Data:
    """Return the value at a path. Raises ``LookupError`` if there is none."""
    for step in path:
        if not isinstance(data, dict | list):
            raise LookupError(step)
        data = cast("Any", data)[step]
    return data
