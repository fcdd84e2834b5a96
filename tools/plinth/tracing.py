"""Where in the declarations a rendered value came from.

Only asked when a manifest is wrong, so rendering does not pay for it: the declarations are rendered once more with
every value marked by its place, and the marks are found where the wrong value would be.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from plinth.model import Data, Declaration, Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog

_MARK = f"\ue000{os.urandom(16).hex()}"
"""What no declaration holds: it differs in every run, and is never written."""


class TracedText(str):
    """Text that knows its place."""

    __slots__ = ("origin",)
    origin: str


class TracedInteger(int):
    """A whole number that knows its place."""

    origin: str


class TracedNumber(float):
    """A number that knows its place."""

    origin: str


_TRACED: dict[type, type[Any]] = {str: TracedText, int: TracedInteger, float: TracedNumber}


def traced_catalog(catalog: Catalog) -> Catalog:
    """Return a catalog that is equal in every value, with every text and number marked by its place."""
    declarations = {ref: _traced_declaration(declaration) for ref, declaration in catalog.declarations.items()}
    sources = {
        file: replace(document, data=_traced(document.data, file, ())) for file, document in catalog.sources.items()
    }
    return replace(catalog, declarations=declarations, sources=sources)


def _traced_declaration(declaration: Declaration) -> Declaration:
    document = declaration.document
    return Declaration(declaration.ref, replace(document, data=_traced(document.data, document.file, ())))


def _traced(data: Data, file: str, path: Path) -> Data:
    if isinstance(data, dict):
        return {key: _traced(value, file, (*path, key)) for key, value in data.items()}
    if isinstance(data, list):
        return [_traced(item, file, (*path, index)) for index, item in enumerate(data)]
    kind = _TRACED.get(type(data))
    if kind is None:
        return data
    marked = kind(data)
    marked.origin = f"{_MARK}{json.dumps([file, *path])}"
    return marked


def carry(original: str, text: str) -> str:
    """Give a text that was made from another one the other's place, if that has one."""
    if not isinstance(original, TracedText):
        return text
    marked = TracedText(text)
    marked.origin = original.origin
    return marked


def marked(data: Data) -> Data:
    """Replace every value that knows its place by the mark of the place."""
    if isinstance(data, dict):
        return {key: marked(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [marked(item) for item in data]
    return getattr(data, "origin", data)


def origin(data: Data, path: Path) -> tuple[str, Path] | None:
    """Return the file and path from which the value at a path of marked data came.

    If the value has no mark (it was computed, is missing, or is neither text nor number), the nearest marks around it
    tell the place: where they stand in the declaration as they stand in the manifest, the value does, too.
    """
    around = [data]
    for step in path:
        if not isinstance(around[-1], dict | list):
            break
        try:
            around.append(cast("Any", around[-1])[step])
        except (LookupError, TypeError):
            break
    for depth in range(len(around) - 1, -1, -1):
        marks = list(_marks(around[depth], ()))
        if marks:
            return _aligned(marks, path[depth:]) or _common([mark for _, mark in marks])
    return None


def _marks(data: Data, path: Path) -> Iterator[tuple[Path, list[Any]]]:
    """Yield each mark below a value: the way to it, and what it says (file, and path in the file)."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _marks(value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _marks(item, (*path, index))
    elif isinstance(data, str) and data.startswith(_MARK):
        yield path, json.loads(data.removeprefix(_MARK))


def _aligned(marks: list[tuple[Path, list[Any]]], rest: Path) -> tuple[str, Path] | None:
    """Return the place of a value from neighbours that were taken over together with what is around them."""
    for way, (file, *place) in marks:
        if not way or tuple(place[-len(way) :]) == way:
            return file, (*place[: len(place) - len(way)], *rest)
    return None


def _common(marks: list[list[Any]]) -> tuple[str, Path]:
    """Return what the marks of the file that most of them are in have in common."""
    files = [mark[0] for mark in marks]
    file = max(dict.fromkeys(files), key=files.count)
    paths = [mark[1:] for mark in marks if mark[0] == file]
    length = next((i for i, steps in enumerate(zip(*paths, strict=False)) if len(set(steps)) > 1), min(map(len, paths)))
    return file, tuple(paths[0][:length])
