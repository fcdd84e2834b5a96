"""CustomResourceDefinitions to JSON Schemas, by cases: `tests/cases/crds/conversion` and `…/malformed`."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth import crds

CASES = Path(__file__).resolve().parents[1] / "cases" / "crds"
CONVERSIONS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((CASES / "conversion").glob("*.yaml"))}
MALFORMED = yaml.safe_load((CASES / "malformed" / "malformed.yaml").read_text())

Schema = dict[str, Any]


def crd(spec_schema: Any = None, **spec: Any) -> dict[str, Any]:
    """A small CRD of `example.org/v1` Widget whose `spec` field has the schema given; `spec` overrides parts of it."""
    root = {"type": "object", "properties": {"spec": spec_schema or {"type": "object"}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}}
    usual = {"group": "example.org", "names": {"kind": "Widget"}, "scope": "Namespaced", "versions": [version]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.org"},
        "spec": {**usual, **spec},
    }


def widget(spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": spec}


def schema_of(definition: Any) -> Schema:
    [made] = crds.schemas_of(definition)
    return made.schema


def accepts(schema: Schema, manifest: Any) -> bool:
    """What both validators say; they must say the same."""
    slow = jsonschema.Draft202012Validator(schema).is_valid(manifest)
    fast = jsonschema_rs.validator_for(schema).is_valid(manifest)
    assert slow == fast
    return fast


SAMPLES = [
    pytest.param(case["spec"], sample, verdict == "accepts", id=f"{name}-{verdict}-{index}")
    for name, case in CONVERSIONS.items()
    for verdict in ("accepts", "refuses")
    for index, sample in enumerate(case[verdict])
]


@pytest.mark.parametrize(("spec", "sample", "expected"), SAMPLES)
def test_a_converted_schema_judges_as_the_api_server_would(spec: Any, sample: Any, expected: bool) -> None:
    assert accepts(schema_of(crd(spec)), widget(sample)) is expected


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case["about"])
def test_a_malformed_definition_is_refused_with_its_reason(case: dict[str, Any]) -> None:
    definition = case["crd"] if "crd" in case else crd(**case["spec"])
    with pytest.raises(crds.CrdError) as raised:
        crds.schemas_of(definition)
    assert case["error"] in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_served_version_gets_a_schema_in_the_order_of_the_definition() -> None:
    [usual] = crd()["spec"]["versions"]
    versions = [{**usual, "name": name, "served": name != "v1beta1"} for name in ("v2", "v1beta1", "v1alpha1")]
    made = crds.schemas_of(crd(versions=versions, scope="Cluster"))
    assert [(one.group, one.version, one.kind, one.scope) for one in made] == [
        ("example.org", "v2", "Widget", "Cluster"),
        ("example.org", "v1alpha1", "Widget", "Cluster"),
    ]


def test_the_top_level_says_what_it_describes() -> None:
    schema = schema_of(crd({"type": "object"}))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["x-kubernetes-group-version-kind"] == {"group": "example.org", "version": "v1", "kind": "Widget"}
    assert schema["x-kubernetes-scope"] == "Namespaced"
    assert schema["required"] == ["apiVersion", "kind", "metadata"]


@pytest.mark.parametrize("without", ["apiVersion", "kind", "metadata"])
def test_the_top_level_needs_what_every_object_has(without: str) -> None:
    schema = schema_of(crd())
    manifest = widget({})
    assert accepts(schema, manifest)
    assert not accepts(schema, {key: value for key, value in manifest.items() if key != without})


@pytest.mark.parametrize(
    "change",
    [{"apiVersion": "example.org/v2"}, {"kind": "widget"}, {"metadata": []}, {"metadata": None}, {"other": 1}],
)
def test_the_top_level_refuses_what_it_is_not(change: dict[str, Any]) -> None:
    assert not accepts(schema_of(crd()), {**widget({}), **change})


def test_a_root_without_fields_stays_open() -> None:
    version = {"name": "v1", "served": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    schema = schema_of(crd(versions=[version]))
    assert accepts(schema, {**widget({}), "anything": 1})


def test_what_later_rules_read_is_kept() -> None:
    kept = {
        "x-kubernetes-validations": [{"rule": "self.a > 0", "message": "positive"}],
        "x-kubernetes-map-type": "atomic",
    }
    listed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    items = {"type": "array", "items": {"type": "object"}, **listed}
    spec = {"type": "object", "properties": {"a": {"type": "integer", "default": 1, "format": "int32"}, "b": items}}
    converted = schema_of(crd({**spec, **kept}))["properties"]["spec"]
    assert {key: converted[key] for key in kept} == kept
    assert converted["properties"]["a"] == {"type": "integer", "default": 1, "format": "int32"}
    assert {key: converted["properties"]["b"][key] for key in listed} == listed


def test_descriptions_go_but_data_called_description_stays() -> None:
    spec = {
        "type": "object",
        "description": "text",
        "properties": {"a": {"type": "object", "example": {}, "default": {"description": "data"}}},
    }
    text = json.dumps(schema_of(crd(spec)))
    assert "text" not in text
    assert "example" not in text.replace("example.org", "")
    assert '"description": "data"' in text


def test_the_definition_given_is_not_changed() -> None:
    for case in CONVERSIONS.values():
        definition = crd(case["spec"])
        before = copy.deepcopy(definition)
        crds.schemas_of(definition)
        assert definition == before


def test_a_schema_nested_too_deep_is_refused_not_a_crash() -> None:
    spec: Schema = {"type": "object"}
    for _ in range(400):
        spec = {"type": "object", "properties": {"a": spec}}
    with pytest.raises(crds.CrdError, match="levels deep"):
        crds.schemas_of(crd(spec))


# Defaults

DEFAULTED = {
    "type": "object",
    "properties": {
        "mode": {"type": "string", "default": "a"},
        "list": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer", "default": 1}}}},
        "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"n": {"default": [2]}}}},
        "nested": {"type": "object", "default": {}, "properties": {"n": {"type": "integer", "default": 3}}},
        "plain": {"type": "object", "properties": {"n": {"type": "integer", "default": 4}}},
    },
}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, {"mode": "a", "nested": {"n": 3}}),
        ({"mode": "b", "nested": {"n": 0}}, {"mode": "b", "nested": {"n": 0}}),
        ({"list": [{}, {"n": 5}, "x"]}, {"list": [{"n": 1}, {"n": 5}, "x"], "mode": "a", "nested": {"n": 3}}),
        (
            {"map": {"k": {}}, "plain": {}},
            {"map": {"k": {"n": [2]}}, "plain": {"n": 4}, "mode": "a", "nested": {"n": 3}},
        ),
        ("not an object", "not an object"),
        (None, None),
    ],
)
def test_defaults_are_filled_in_as_the_api_server_does(spec: Any, expected: Any) -> None:
    manifest = widget(spec)
    before = copy.deepcopy(manifest)
    assert crds.with_defaults(schema_of(crd(DEFAULTED)), manifest)["spec"] == expected
    assert manifest == before


def test_defaults_are_found_behind_references() -> None:
    schema = schema_of(crd(CONVERSIONS["repeated"]["spec"]))
    filled = crds.with_defaults(schema, widget({"others": [{"name": "a", "probe": {"path": "/"}}]}))
    assert filled["spec"]["others"][0]["probe"]["periodSeconds"] == 10


# Hoisting


def test_repeated_schemas_are_written_once_under_the_name_of_their_field() -> None:
    schema = schema_of(crd(CONVERSIONS["repeated"]["spec"]))
    assert list(schema["$defs"]) == ["main", "probe"]
    assert schema["properties"]["spec"]["properties"]["others"]["items"] == {"$ref": "#/$defs/main"}
    assert schema["$defs"]["main"]["properties"]["probe"] == {"$ref": "#/$defs/probe"}


def test_small_or_single_schemas_stay_where_they_are() -> None:
    small = {"type": "object", "properties": {"name": {"type": "string"}}}
    large = {"type": "object", "properties": {f"field-{number}": {"type": "string"} for number in range(40)}}
    spec = {"type": "object", "properties": {"a": small, "b": small, "c": large}}
    assert "$defs" not in schema_of(crd(spec))


def test_a_schema_inside_a_repeated_one_counts_once() -> None:
    inner = {"type": "object", "properties": {f"field-{number}": {"type": "string"} for number in range(40)}}
    outer = {"type": "object", "properties": {"inner": inner}}
    schema = schema_of(crd({"type": "object", "properties": {"a": outer, "b": outer}}))
    assert list(schema["$defs"]) == ["a"]


BIG = [
    {"type": "object", "properties": {**{f"pad-{n}-{'x' * 20}": {"type": "string"} for n in range(12)}, "v": leaf}}
    for leaf in ({"type": "integer"}, {"type": "string"}, {"type": "boolean"}, {})
]
SCHEMAS = st.recursive(
    st.sampled_from(BIG) | st.sampled_from([{"type": "integer"}, {"type": "string"}, {}]),
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(
            lambda properties: {"type": "object", "properties": properties, "additionalProperties": False},
            st.dictionaries(st.sampled_from(["a", "b", "c/d", "v", "$ref-x"]), inner, max_size=4),
        )
        | st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=2))
    ),
    max_leaves=12,
)
VALUES = st.recursive(
    st.sampled_from([1, "text", True, None]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "b", "c/d", "v", "$ref-x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, st.lists(VALUES, min_size=1, max_size=6))
def test_hoisting_changes_no_verdict(schema: Schema, values: list[Any]) -> None:
    root = {"type": "object", "properties": {"one": schema, "two": schema, "three": {"type": "array", "items": schema}}}
    hoisted = crds.hoist(root)
    plain, short = jsonschema_rs.validator_for(root), jsonschema_rs.validator_for(hoisted)
    for value in values:
        for manifest in ({"one": value}, {"three": [value]}):
            assert plain.is_valid(manifest) == short.is_valid(manifest)
    assert crds.hoist(copy.deepcopy(root)) == hoisted


# Paths and text


@pytest.mark.parametrize(
    ("group", "version", "kind", "path"),
    [
        ("example.org", "v1", "Widget", "example.org/v1/Widget.schema.json"),
        ("k8s.keycloak.org", "v2alpha1", "Keycloak", "k8s.keycloak.org/v2alpha1/Keycloak.schema.json"),
        ("a-1.b", "v1beta12", "HTTPRoute2", "a-1.b/v1beta12/HTTPRoute2.schema.json"),
    ],
)
def test_a_path_names_group_version_and_kind(group: str, version: str, kind: str, path: str) -> None:
    assert crds.schema_path(group, version, kind) == path


WIDE_A, WIDE_ONE = "\N{FULLWIDTH LATIN SMALL LETTER A}", "\N{FULLWIDTH DIGIT ONE}"
HOSTILE = [
    "",
    ".",
    "..",
    "../x",
    "/etc",
    "a/b",
    "a\\b",
    "a\x00b",
    "a\nb",
    "C:",
    "~",
    "con ",
    "-a.b",
    "a..b",
    ".a.b",
    "A.b",
]
HOSTILE += [f"{WIDE_A}.b", f"v{WIDE_ONE}", f"W{WIDE_A}"]


@pytest.mark.parametrize("group", [*HOSTILE, "single", "a.b\n", "x" * 64 + ".org", ("a." * 127) + "org"])
def test_a_hostile_group_is_refused(group: str) -> None:
    with pytest.raises(crds.CrdError):
        crds.schema_path(group, "v1", "Widget")


@pytest.mark.parametrize("version", [*HOSTILE, "1", "v", "v0", "v01", "v1gamma1", "v1alpha", "V1", "v1\n", "v1 "])
def test_a_hostile_version_is_refused(version: str) -> None:
    with pytest.raises(crds.CrdError):
        crds.schema_path("example.org", version, "Widget")


@pytest.mark.parametrize("kind", [*HOSTILE, "widget", "1Widget", "Wid-get", "Wid.get", "Widget\n", "W" * 64])
def test_a_hostile_kind_is_refused(kind: str) -> None:
    with pytest.raises(crds.CrdError):
        crds.schema_path("example.org", "v1", kind)


@given(st.text(), st.text(), st.text())
def test_a_path_never_leaves_its_folder(group: str, version: str, kind: str) -> None:
    try:
        path = crds.schema_path(group, version, kind)
    except crds.CrdError:
        return
    assert path.isascii()
    assert len(Path(path).parts) == 3
    assert ".." not in Path(path).parts


def test_the_text_is_the_same_for_the_same_schema() -> None:
    assert crds.serialise({"b": 1, "a": "é"}) == '{\n "a": "\\u00e9",\n "b": 1\n}\n'
    assert crds.serialise({"a": 1, "b": 2}) == crds.serialise({"b": 2, "a": 1})


def test_the_text_is_json_or_nothing() -> None:
    with pytest.raises(ValueError, match="JSON"):
        crds.serialise({"default": float("nan")})
