"""The schemas as the stages see them."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth import contracts
from plinth.contracts import Contract, ContractError, Reference, contract, find, schemas_folder
from plinth.kinds import all_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of schemas to put into what one likes; the real ones are forgotten meanwhile."""
    monkeypatch.setattr(contracts, "schemas_folder", lambda: tmp_path)
    for cached in (contracts._read_schema, contracts.contract):
        cached.cache_clear()
    yield tmp_path
    for cached in (contracts._read_schema, contracts.contract):
        cached.cache_clear()


def put(folder: Path, name: str, schema: object) -> None:
    (folder / f"{name}.schema.json").write_text(json.dumps(schema), encoding="utf-8")


def test_the_schemas_lie_beside_the_tool() -> None:
    assert (schemas_folder() / "tenant.schema.json").is_file()


@pytest.mark.parametrize("kind", sorted(all_kinds()))
def test_every_kind_has_a_contract_that_compiles(kind: str) -> None:
    its_contract = contract(kind)
    assert not its_contract.validator.is_valid({})
    assert not its_contract.spec_validator.is_valid({"no such field": 1})
    assert its_contract.at(("spec", "no such field")) is None
    for reference in its_contract.references:
        target, _, entries = reference.target.partition(".")
        assert target in all_kinds()
        if entries:
            assert contract(target).at(tuple(entries.split("."))) is not None


EXPECTED_REFERENCES: dict[str, set[tuple[tuple[str, ...], bool, str]]] = {
    "Tenant": {(("spec", "environments", "*"), True, "Environment")},
    "Environment": {
        (("spec", "promotesFrom"), False, "Environment"),
        (("spec", "components", "*"), True, "Component"),
    },
    "Component": {(("spec", "environments", "*"), True, "Environment")},
    "Model": {(("metadata", "tenant"), False, "Tenant")},
    "Dataset": {(("metadata", "tenant"), False, "Tenant")},
    "Pipeline": {
        (("metadata", "tenant"), False, "Tenant"),
        (("spec", "environments", "*"), True, "Environment"),
        (("spec", "tasks", "*", "size"), False, "Platform.spec.sizes"),
        (("spec", "tasks", "*", "reads", "*"), False, "Dataset"),
        (("spec", "tasks", "*", "writes", "*"), False, "Dataset"),
        (("spec", "environments", "*", "tasks", "*", "size"), False, "Platform.spec.sizes"),
    },
    "Release": {
        (("metadata", "name"), False, "Model"),
        (("metadata", "tenant"), False, "Tenant"),
        (("metadata", "environment"), False, "Environment"),
        (("spec", "size"), False, "Platform.spec.sizes"),
    },
}


@pytest.mark.parametrize("kind", EXPECTED_REFERENCES)
def test_references_are_found(kind: str) -> None:
    found = {(reference.pattern, reference.on_key, reference.target) for reference in contract(kind).references}
    assert found >= EXPECTED_REFERENCES[kind]


def test_references_of_a_schema_by_hand(schemas: Path) -> None:
    put(schemas, "common", {"$defs": {"owner": {"type": "string", "x-plinth-ref": "Tenant"}}})
    put(
        schemas,
        "thing",
        {
            "$defs": {"list": {"type": "array", "items": {"$ref": "common.schema.json#/$defs/owner"}}},
            "properties": {
                "one": {"$ref": "common.schema.json#/$defs/owner"},
                "many": {"$ref": "#/$defs/list"},
                "deep": {"additionalProperties": {"properties": {"list": {"$ref": "#/$defs/list"}}}},
                "keys": {"propertyNames": {"x-plinth-ref": "Environment"}, "additionalProperties": False},
                "other": {"type": "string"},
            },
        },
    )
    assert contract("Thing").references == (
        Reference(("one",), False, "Tenant"),
        Reference(("many", "*"), False, "Tenant"),
        Reference(("deep", "*", "list", "*"), False, "Tenant"),
        Reference(("keys", "*"), True, "Environment"),
    )


def test_keywords_beside_a_reference_win(schemas: Path) -> None:
    put(
        schemas,
        "common",
        {"$defs": {"a": {"$ref": "#/$defs/b", "title": "a"}, "b": {"title": "b", "type": "string", "default": 1}}},
    )
    put(schemas, "thing", {"properties": {"x": {"$ref": "common.schema.json#/$defs/a", "default": 2}}})
    found = contract("Thing").at(("x",))
    assert found == {"title": "a", "type": "string", "default": 2}


def test_the_schema_at_a_path(schemas: Path) -> None:
    put(
        schemas,
        "thing",
        {
            "title": "root",
            "properties": {
                "list": {"items": {"title": "item"}},
                "open": {"properties": {"named": {"title": "named"}}, "additionalProperties": {"title": "other"}},
                "closed": {"additionalProperties": False},
                "any": {"additionalProperties": True},
            },
        },
    )
    one = contract("Thing")

    def title(*path: str | int) -> str | None:
        schema = one.at(path)
        return schema.get("title") if schema is not None else None

    assert title() == "root"
    assert title("list", 0) == title("list", 99) == "item"
    assert title("open", "named") == "named"
    assert title("open", "x") == "other"
    for path in (("closed", "x"), ("any", "x"), ("gone",), ("gone", "deeper"), ("list", "x"), ("open", 0)):
        assert one.at(path) is None or title(*path) is None
    assert one.at(("closed", "x")) is None


DEFAULTS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "a": {"default": 1},
        "none": {"default": None},
        "no": {"default": False},
        "list": {"default": [], "items": {"properties": {"x": {"default": "y"}}}},
        "nested": {"default": {}, "properties": {"b": {"default": {"c": 2}}}},
        "without": {"properties": {"d": {"default": 3}}},
        "map": {"additionalProperties": {"properties": {"e": {"default": 4}}}},
    },
}


@pytest.mark.parametrize(
    ("data", "filled"),
    [
        ({}, {"a": 1, "none": None, "no": False, "list": [], "nested": {"b": {"c": 2}}}),
        (
            {"a": 0, "none": 1, "no": True, "list": [{}, {"x": 1}], "nested": {"b": {}}, "without": {}, "map": {"k": {}}},
            {
                "a": 0, "none": 1, "no": True, "list": [{"x": "y"}, {"x": 1}], "nested": {"b": {}}, "without": {"d": 3},
                "map": {"k": {"e": 4}},
            },
        ),
        ([1], [1]),
        ("text", "text"),
        (None, None),
    ],
)  # fmt: skip
def test_defaults_are_filled_deeply(data: Any, filled: Any) -> None:
    before = copy.deepcopy(data)
    result = Contract("Test", DEFAULTS).with_defaults(data, DEFAULTS)
    assert result == filled
    assert data == before
    # What is filled in is nobody else's: but it may be shared between results, so nothing changes it later.
    assert Contract("Test", DEFAULTS).with_defaults(result, DEFAULTS) == result


def test_filling_defaults_does_not_change_the_schema() -> None:
    before = copy.deepcopy(DEFAULTS)
    result = Contract("Test", DEFAULTS).with_defaults({"nested": {}}, DEFAULTS)
    assert result["nested"] == {"b": {"c": 2}}
    assert before == DEFAULTS


@pytest.mark.parametrize(
    "text",
    [None, "", "{", "[1,", "\x00", '{"a": 1', "nonsense"],
    ids=["missing", "empty", "brace", "bracket", "nul", "cut", "word"],
)
def test_a_missing_or_broken_schema_is_a_broken_tool(schemas: Path, text: str | None) -> None:
    if text is not None:
        (schemas / "thing.schema.json").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"thing\.schema\.json"):
        contract("Thing")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"pattern": "("},
        {"$ref": "common.schema.json#/$defs/gone"},
        {"$ref": "https://example.com/gone.json"},
    ],
)
def test_a_schema_that_does_not_compile_is_a_broken_tool(schemas: Path, schema: dict[str, Any]) -> None:
    put(schemas, "common", {})
    put(schemas, "thing", {"properties": {"spec": {"type": "object", "properties": {"x": schema}}}})
    with pytest.raises(ContractError, match="Thing"):
        _ = contract("Thing").validator


def test_find_by_hand() -> None:
    data = {"a": [{"x": 1}, {"y": 2}, {"x": 3}], "b": {"k": {"x": 4}, "l": 5}}
    assert list(find(data, ("a", "*", "x"))) == [(("a", 0, "x"), 1), (("a", 2, "x"), 3)]
    assert list(find(data, ("b", "*", "x"))) == [(("b", "k", "x"), 4)]
    assert list(find(data, ("b", "*"))) == [(("b", "k"), {"x": 4}), (("b", "l"), 5)]
    assert list(find(data, ())) == [((), data)]
    assert list(find(data, ("gone", "*"))) == []
    assert list(find("text", ("*",))) == []


@settings(deadline=None, max_examples=100)
@given(
    st.recursive(
        st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=1), inner, max_size=2),
        max_leaves=10,
    ),
    st.lists(st.sampled_from(["a", "b", "*"]), max_size=3).map(tuple),
)
def test_find_leads_to_what_it_says(data: Any, pattern: tuple[str, ...]) -> None:
    for path, value in find(data, pattern):
        at = data
        for step in path:
            at = at[step]
        assert at is value
        assert len(path) == len(pattern)
        assert all(step in ("*", taken) for step, taken in zip(pattern, path, strict=True))
