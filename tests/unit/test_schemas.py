"""What every schema of a kind promises: each field described, with an example that is valid, and nothing left open.

The schemas are walked here without the tool's own code, so that both must be right for the rest of the tests to pass.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jsonschema_rs
import pytest

from plinth.contracts import contract
from plinth.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
FILES = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.glob("*.schema.json"))}
KINDS = {schema["title"]: name for name, schema in FILES.items() if name != "common.schema.json"}

OPEN = {
    # Only the chart knows its values, and only the cluster an object's fields: both are verified once rendered.
    "common.schema.json#/$defs/helmValues",
    "component.schema.json#/$defs/extraManifests/items",
    "component.schema.json#/$defs/extraManifests/items/properties/metadata",
}
KEYWORDS = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "examples", "default", "type", "enum", "const", "format",
    "pattern", "properties", "required", "additionalProperties", "propertyNames", "items", "uniqueItems", "minimum",
    "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "x-plinth-ref",
    "x-plinth-merge-key",
}  # fmt: skip


class Place(NamedTuple):
    """A schema within a file: where, as a reference would say it, and what stands there."""

    where: str
    file: str
    schema: dict[str, Any]
    is_field: bool


def places(file: str, schema: dict[str, Any], pointer: str = "", is_field: bool = False) -> Iterator[Place]:
    yield Place(f"{file}#{pointer}", file, schema, is_field)
    for keyword, each_is_field in (("properties", True), ("$defs", True)):
        for name, child in schema.get(keyword, {}).items():
            yield from places(file, child, f"{pointer}/{keyword}/{name}", each_is_field)
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if isinstance(child := schema.get(keyword), dict):
            yield from places(file, child, f"{pointer}/{keyword}", keyword != "propertyNames")


ALL = [place for file, schema in FILES.items() for place in places(file, schema)]
FIELDS = [place for place in ALL if place.is_field]


def target(place: Place) -> dict[str, Any]:
    """Return the schema with its reference followed, and all references within it; those beside it win."""
    return inlined(place.schema, place.file)


def inlined(schema: dict[str, Any], file: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if "$ref" in schema:
        other, _, pointer = schema["$ref"].partition("#")
        found = FILES[other or file]
        for step in pointer.strip("/").split("/"):
            found = found[step]
        result = inlined(found, other or file)
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            result[key] = {name: inlined(child, file) for name, child in value.items()}
        elif key in ("items", "additionalProperties", "propertyNames") and isinstance(value, dict):
            result[key] = inlined(value, file)
        elif key not in ("$ref", "$id", "$schema"):
            result[key] = value
    return result


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    checks = {name: format_.matches for name, format_ in FORMATS.items()}
    return jsonschema_rs.Draft202012Validator(schema, formats=checks, validate_formats=True, offline=True)


def each(chosen: list[Place]) -> pytest.MarkDecorator:
    assert chosen
    return pytest.mark.parametrize("place", chosen, ids=[place.where for place in chosen])


@pytest.mark.parametrize("file", FILES)
def test_is_a_schema(file: str) -> None:
    jsonschema_rs.meta.validate(FILES[file])
    assert FILES[file]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", KINDS)
def test_compiles_for_the_tool(kind: str) -> None:
    its_contract = contract(kind)
    assert not its_contract.validator.is_valid({})
    assert not its_contract.spec_validator.is_valid({})
    assert KINDS[kind] == f"{kind.lower()}.schema.json"


@pytest.mark.parametrize("kind", KINDS)
def test_the_tool_follows_references_alike(kind: str) -> None:
    its_contract = contract(kind)

    def compare(theirs: Any, ours: dict[str, Any], where: str) -> None:
        theirs = its_contract.resolve(theirs)
        assert theirs.get("description") == ours.get("description"), where
        assert theirs.get("format") == ours.get("format"), where
        for name, child in ours.get("properties", {}).items():
            compare(theirs["properties"][name], child, f"{where}.{name}")
        for keyword in ("items", "additionalProperties"):
            if isinstance(ours.get(keyword), dict):
                compare(theirs[keyword], ours[keyword], f"{where}.{keyword}")

    compare(its_contract.schema, inlined(FILES[KINDS[kind]], KINDS[kind]), kind)


@each(ALL)
def test_only_keywords_that_the_tool_explains(place: Place) -> None:
    assert set(place.schema) <= KEYWORDS


@each(FIELDS)
def test_is_described_with_an_example(place: Place) -> None:
    schema = target(place)
    assert schema["description"].strip().endswith("."), "a description is a sentence"
    assert schema["examples"]


@each([place for place in ALL if "properties" in place.schema])
def test_is_closed(place: Place) -> None:
    if place.where in OPEN:
        assert "additionalProperties" not in place.schema
    else:
        assert place.schema["additionalProperties"] is False


@each([place for place in ALL if place.schema.get("type") == "object" and "properties" not in place.schema])
def test_a_mapping_says_what_it_holds(place: Place) -> None:
    if place.where in OPEN:
        assert "additionalProperties" not in place.schema
    else:
        assert isinstance(place.schema["additionalProperties"], dict)
        assert "propertyNames" in place.schema


def test_what_is_open_exists() -> None:
    assert {place.where for place in ALL} >= OPEN


@each(FIELDS)
def test_examples_are_valid(place: Place) -> None:
    schema = target(place)
    if place.where.endswith("#/properties/spec"):
        # Whole specs are in tests/cases; here a reader is shown the first fields only.
        schema = {key: value for key, value in schema.items() if key != "required"}
    for example in schema["examples"]:
        validator(schema).validate(example)


@each([place for place in ALL if "default" in place.schema])
def test_defaults_are_valid(place: Place) -> None:
    validator(target(place)).validate(place.schema["default"])


@each([place for place in ALL if "required" in place.schema])
def test_what_is_required_exists_and_has_no_default(place: Place) -> None:
    properties = target(place)["properties"]
    assert set(place.schema["required"]) <= set(properties)
    assert not [name for name in place.schema["required"] if "default" in properties[name]]


@each([place for place in ALL if "format" in place.schema])
def test_formats_are_known(place: Place) -> None:
    assert place.schema["format"] in FORMATS


def test_every_format_is_used() -> None:
    assert {place.schema["format"] for place in ALL if "format" in place.schema} == set(FORMATS)


@each([place for place in ALL if "x-plinth-ref" in place.schema])
def test_references_lead_somewhere(place: Place) -> None:
    kind, *path = place.schema["x-plinth-ref"].split(".")
    if not path:
        assert kind in KINDS
        return
    assert (kind, path[0], len(path)) == ("Platform", "spec", 2)
    mapping = FILES["platform.schema.json"]["properties"]["spec"]["properties"][path[1]]
    assert isinstance(mapping["additionalProperties"], dict)


@each([place for place in ALL if "x-plinth-merge-key" in place.schema])
def test_merge_keys_are_required_fields(place: Place) -> None:
    items = target(place)["items"]
    for key in place.schema["x-plinth-merge-key"].split(","):
        schema = items
        for step in key.split("."):
            # Of two objects without a namespace both are in the component's.
            assert step in schema["required"] or step == "namespace"
            schema = schema["properties"][step]
        assert schema["type"] == "string"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_its_own_name(kind: str) -> None:
    schema = FILES[KINDS[kind]]
    assert schema["properties"]["kind"]["const"] == kind
    assert schema["required"] == ["apiVersion", "kind", "metadata", "spec"]
    assert schema["description"].endswith(".")
