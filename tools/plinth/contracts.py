"""The contracts of the kinds: ``schemas/<kind>.schema.json``, read once, and what the other stages derive from them.

Three keywords of ours annotate the schemas: ``x-plinth-ref`` (the string names a declaration of that kind, or an entry
of a mapping of the Platform), ``x-plinth-merge-key`` (how a list merges with an overlay's), and ``format`` names one of
``formats.FORMATS``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, TypeAlias

import jsonschema_rs

from plinth.formats import FORMATS

if TYPE_CHECKING:
    from plinth.model import Data, Path

Schema: TypeAlias = Mapping[str, Any]

ANY_KEY = "*"
"""In a pattern of a path: any key of a mapping, or any index of a sequence."""


class ContractError(Exception):
    """A schema is missing or is not a schema: a broken tool, not a wrong declaration."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a kind's declarations name something else: the values, or the keys, at a pattern of paths."""

    pattern: tuple[str, ...]
    on_key: bool
    target: str


@dataclass(frozen=True)
class Contract:
    """The schema of one kind."""

    kind: str
    schema: Schema

    @cached_property
    def validator(self) -> jsonschema_rs.Draft202012Validator:
        """The compiled schema of the whole declaration."""
        return _compile(self.kind, self.schema)

    @cached_property
    def spec_validator(self) -> jsonschema_rs.Draft202012Validator:
        """The compiled schema of ``spec`` alone, for one that was merged with an overlay."""
        return _compile(self.kind, self.schema["properties"]["spec"])

    @property
    def spec_schema(self) -> Schema:
        """The schema of ``spec``."""
        return self.resolve(self.schema["properties"]["spec"])

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every place where a declaration of this kind refers to something by name."""
        return tuple(self._references(self.schema, ()))

    @staticmethod
    def resolve(schema: Schema) -> Schema:
        """Follow ``$ref``; keywords beside it override those of its target."""
        while (reference := schema.get("$ref")) is not None:
            file, _, pointer = reference.partition("#/")
            target: Any = _read_schema(file)
            for step in pointer.split("/"):
                target = target[step]
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        return schema

    def child(self, schema: Schema, step: str | int) -> Schema | None:
        """Return the schema of a value's entry, if the schema says anything about it."""
        schema = self.resolve(schema)
        if isinstance(step, int):
            found = schema.get("items")
        else:
            found = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
        return self.resolve(found) if isinstance(found, Mapping) else None

    def at(self, path: Path) -> Schema | None:
        """Return the schema of the value at a path, if there is one."""
        schema: Schema | None = self.schema
        for step in path:
            schema = self.child(schema, step) if schema is not None else None
        return self.resolve(schema) if schema is not None else None

    def with_defaults(self, data: Data, schema: Schema) -> Data:
        """Return the data with the defaults of the schema filled in, deeply. The data itself is left as it is."""
        schema = self.resolve(schema)
        if isinstance(data, dict):
            return self._mapping_with_defaults(data, schema)
        items = schema.get("items")
        if isinstance(data, list) and items is not None:
            return [self.with_defaults(item, items) for item in data]
        return data

    def _mapping_with_defaults(self, data: dict[str, Data], schema: Schema) -> dict[str, Data]:
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties")
        filled = dict(data)
        for key, value in data.items():
            child = properties.get(key, others)
            if isinstance(child, Mapping):
                filled[key] = self.with_defaults(value, child)
        for key, child in properties.items():
            if key not in data and (default := self._default(child)) is not _NOTHING:
                filled[key] = self.with_defaults(default, child)
        return filled

    def _default(self, schema: Schema) -> Any:
        return self.resolve(schema).get("default", _NOTHING)

    def _references(self, schema: Schema, pattern: tuple[str, ...]) -> Iterator[Reference]:
        schema = self.resolve(schema)
        if target := schema.get("x-plinth-ref"):
            yield Reference(pattern, on_key=False, target=target)
        names = schema.get("propertyNames", {})
        if target := names.get("x-plinth-ref"):
            yield Reference((*pattern, ANY_KEY), on_key=True, target=target)
        for key, child in schema.get("properties", {}).items():
            yield from self._references(child, (*pattern, key))
        for keyword in ("items", "additionalProperties"):
            if isinstance(child := schema.get(keyword), Mapping):
                yield from self._references(child, (*pattern, ANY_KEY))


_NOTHING: Any = object()
# The files have no $id, so that editors resolve their references beside them; the validator needs some address.
_BASE = "plinth://schemas/"


def find(data: Data, pattern: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, Data]]:
    """Yield each path of the data that fits a pattern, with the value there."""
    if not pattern:
        yield path, data
        return
    step, *rest = pattern
    if step == ANY_KEY:
        entries: Iterator[tuple[str | int, Data]] = iter(())
        if isinstance(data, dict):
            entries = iter(data.items())
        elif isinstance(data, list):
            entries = iter(enumerate(data))
        for key, value in entries:
            yield from find(value, tuple(rest), (*path, key))
    elif isinstance(data, dict) and step in data:
        yield from find(data[step], tuple(rest), (*path, step))


def schemas_folder() -> FilePath:
    """Return the folder of the schemas that came with the tool: beside it in the repository, inside it in a wheel."""
    package = FilePath(__file__).parent
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parent.parent / "schemas"


@cache
def contract(kind: str) -> Contract:
    """Return the contract of a kind. Raises ``ContractError`` if its schema is missing or broken."""
    return Contract(kind, _read_schema(_file(kind)))


def _file(kind: str) -> str:
    return f"{kind.lower()}.schema.json"


@cache
def _read_schema(file: str) -> Schema:
    path = schemas_folder() / file
    try:
        schema: Schema = _absolute(json.loads(path.read_text(encoding="utf-8")), file)
    except (OSError, ValueError) as error:
        raise ContractError(f"{path}: {error}") from error
    return schema


def _absolute(schema: Any, file: str) -> Any:
    """Let every reference name its file, so that a part of a schema means the same wherever it is used."""
    if isinstance(schema, list):
        return [_absolute(item, file) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _absolute(value, file) for key, value in schema.items()}
    reference = result.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        result["$ref"] = f"{file}{reference}"
    return result


def _compile(kind: str, schema: Schema) -> jsonschema_rs.Draft202012Validator:
    files = ("common.schema.json", _file(kind))
    resources = [(f"{_BASE}{file}", dict(_read_schema(file))) for file in files]
    formats = {name: format_.matches for name, format_ in FORMATS.items()}
    try:
        registry = jsonschema_rs.Registry(resources)
        return jsonschema_rs.Draft202012Validator(
            dict(schema),
            formats=formats,
            validate_formats=True,
            registry=registry,
            base_uri=f"{_BASE}declaration.schema.json",
            offline=True,
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise ContractError(f"the schema of {kind} is broken: {error}") from error
