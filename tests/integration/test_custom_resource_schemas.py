"""The schemas in `schemas/kubernetes/` against the CustomResourceDefinitions that clusters really have.

The promise: whatever one of our schemas accepts, the real CRD accepts. Both are walked together, property by property,
and every place where ours allows more is a disagreement. The few that cannot be avoided are listed, with the reason,
in `tests/cases/crds/laxer.yaml`; an entry there that no longer matches anything fails too.

Conditions that JSON Schema cannot express (`x-kubernetes-validations`) are not compared.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import jsonschema_rs
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth import crds

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas" / "kubernetes"
LAXER = ROOT / "tests" / "cases" / "crds" / "laxer.yaml"
MANIFESTS = yaml.safe_load((ROOT / "tests" / "cases" / "crds" / "manifests.yaml").read_text(encoding="utf-8"))
CRDS = Path(os.environ.get("PLINTH_CRDS") or ROOT.parent / "shared" / "crds")

Schema = dict[str, Any]
Key = tuple[str, str, str]

OURS = {path.relative_to(SCHEMAS).as_posix(): path for path in sorted(SCHEMAS.rglob("*.schema.json"))}

# bound → whether ours must be at least (1) or at most (-1) the real one to be no laxer
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


@dataclass(frozen=True)
class Disagreement:
    """One place where our schema accepts what the CRD refuses."""

    schema: str
    path: str
    aspect: str
    ours: object
    theirs: object

    def __str__(self) -> str:
        return f"{self.path}: {self.aspect}: ours {_short(self.ours)}, the CRD {_short(self.theirs)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


class Comparison:
    """Walks two schemas together; `lax()` yields where the first allows more than the second."""

    def __init__(self, name: str, ours: Schema, theirs: Schema) -> None:
        self._name = name
        self._ours = ours
        self._theirs = theirs

    def lax(self) -> Iterator[Disagreement]:
        yield from self._node(self._ours, self._theirs, "")

    def _node(self, ours: Schema, theirs: Schema, path: str) -> Iterator[Disagreement]:
        ours, theirs = _resolved(ours, self._ours), _resolved(theirs, self._theirs)
        for aspect, mine, other in (*_values(ours, theirs), *_objects(ours, theirs), *_conditions(ours, theirs)):
            yield Disagreement(self._name, path or "/", aspect, mine, other)
        for branch in theirs.get("allOf", []) if ours.get("allOf") != theirs.get("allOf") else []:
            yield from self._node(ours, branch, path)
        yield from self._properties(ours, theirs, path)
        yield from self._inside(ours, theirs, path)

    def _properties(self, ours: Schema, theirs: Schema, path: str) -> Iterator[Disagreement]:
        known = theirs.get("properties", {})
        for name, child in ours.get("properties", {}).items():
            below = f"{path}/{name}"
            if path == "" and name in ("apiVersion", "kind", "metadata"):
                continue
            if name in known:
                yield from self._node(child, known[name], below)
            elif isinstance(theirs.get("additionalProperties"), dict):
                yield from self._node(child, theirs["additionalProperties"], below)
            elif theirs.get("additionalProperties") is False:
                yield Disagreement(self._name, below, "unknown", "allowed", "refused")

    def _inside(self, ours: Schema, theirs: Schema, path: str) -> Iterator[Disagreement]:
        for keyword, step in (("items", "[]"), ("additionalProperties", "*")):
            mine, other = ours.get(keyword), theirs.get(keyword)
            if isinstance(mine, dict) and isinstance(other, dict):
                yield from self._node(mine, other, f"{path}/{step}")
            elif isinstance(other, dict) and mine is not False and _is_a(ours, keyword):
                yield from self._node({}, other, f"{path}/{step}")


def _is_a(schema: Schema, keyword: str) -> bool:
    """Whether `schema` has values that `keyword` speaks of at all."""
    return "type" not in schema or {"items": "array", "additionalProperties": "object"}[keyword] in _types(schema)


def _resolved(node: Schema, root: Schema) -> Schema:
    while "$ref" in node:
        node = root["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return node


def _types(schema: Schema) -> set[str]:
    type_ = schema.get("type")
    if type_ is None:
        values = schema.get("enum", [schema["const"]] if "const" in schema else None)
        return {"string"} if values and all(isinstance(value, str) for value in values) else set()
    return set(type_) if isinstance(type_, list) else {type_}


def _values(ours: Schema, theirs: Schema) -> Iterator[tuple[str, object, object]]:
    mine, other = _types(ours), _types(theirs)
    if other and (not mine or not mine - ({"integer"} if "number" in other else set()) <= other):
        yield "type", sorted(mine) or "any", sorted(other)
    allowed = ours.get("enum", [ours["const"]] if "const" in ours else None)
    if "enum" in theirs and (allowed is None or not all(value in theirs["enum"] for value in allowed)):
        yield "enum", allowed or "any", theirs["enum"]
    if allowed is None:  # a closed set was just compared value by value; bounds on it say nothing new
        yield from _bounds(ours, theirs)


def _bounds(ours: Schema, theirs: Schema) -> Iterator[tuple[str, object, object]]:
    for keyword in _LOWER:
        if keyword in theirs and (keyword not in ours or ours[keyword] < theirs[keyword]):
            yield keyword, ours.get(keyword), theirs[keyword]
    for keyword in _UPPER:
        if keyword in theirs and (keyword not in ours or ours[keyword] > theirs[keyword]):
            yield keyword, ours.get(keyword), theirs[keyword]
    for keyword in ("pattern", "multipleOf"):
        if keyword in theirs and ours.get(keyword) != theirs[keyword]:
            yield keyword, ours.get(keyword), theirs[keyword]
    if theirs.get("uniqueItems") and not ours.get("uniqueItems"):
        yield "uniqueItems", False, True


def _objects(ours: Schema, theirs: Schema) -> Iterator[tuple[str, object, object]]:
    fields = theirs.get("properties", {})
    for name in theirs.get("required", []):
        if name not in ours.get("required", []):
            yield "required", sorted(ours.get("required", [])), name
    closed = theirs.get("additionalProperties") is False and _types(theirs) <= {"object"}
    if closed and ours.get("additionalProperties") is not False and "object" in (_types(ours) or {"object"}):
        yield "open", "open object", sorted(fields)


def _conditions(ours: Schema, theirs: Schema) -> Iterator[tuple[str, object, object]]:
    for keyword in ("anyOf", "oneOf", "not"):
        if keyword in theirs and ours.get(keyword) != theirs[keyword]:
            yield keyword, ours.get(keyword), theirs[keyword]


# The data


def _definitions() -> Iterator[Schema]:
    for path in sorted(CRDS.glob("*.yaml")):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            if isinstance(document, dict):
                yield document


@pytest.fixture(scope="session")
def real() -> dict[str, Schema]:
    """The converted schema of every served version of the CRDs at hand, by the path that it has with us."""
    if not any(CRDS.glob("*.yaml")):
        pytest.skip(f"no CustomResourceDefinitions in {CRDS}; set PLINTH_CRDS to a folder that holds them")
    made = [schema for definition in _definitions() for schema in crds.schemas_of(definition)]
    return {crds.schema_path(one.group, one.version, one.kind): one.schema for one in made}


def _ours(name: str) -> Schema:
    loaded: Schema = yaml.load(OURS[name].read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def _accepted() -> list[dict[str, Any]]:
    return yaml.safe_load(LAXER.read_text(encoding="utf-8")) or []


def _matches(entry: dict[str, Any], found: Disagreement) -> bool:
    return (
        any(fnmatchcase(found.schema, pattern) for pattern in entry["schemas"])
        and found.aspect in entry["aspects"]
        and found.path in entry["paths"]
    )


@pytest.mark.parametrize("name", OURS)
def test_a_schema_allows_nothing_that_the_crd_refuses(name: str, real: dict[str, Schema]) -> None:
    if name not in real:
        pytest.skip(f"no CustomResourceDefinition at hand for {name}")
    found = list(Comparison(name, _ours(name), real[name]).lax())
    unexplained = [one for one in found if not any(_matches(entry, one) for entry in _accepted())]
    assert not unexplained, "\n".join(str(one) for one in unexplained)


@pytest.mark.parametrize("name", OURS)
def test_a_pattern_of_ours_is_never_looser(name: str, real: dict[str, Schema]) -> None:
    """Where patterns differ, whatever matches ours must match the CRD's; tried on examples, not proved."""
    if name not in real:
        pytest.skip(f"no CustomResourceDefinition at hand for {name}")
    for found in Comparison(name, _ours(name), real[name]).lax():
        if found.aspect == "pattern" and isinstance(found.ours, str):
            _check_examples(found.ours, str(found.theirs))


def _check_examples(ours: str, theirs: str) -> None:
    @settings(max_examples=200, derandomize=True, deadline=None, database=None)
    @given(st.from_regex(re.compile(ours, re.ASCII)))
    def check(text: str) -> None:
        assert re.search(theirs, text, re.ASCII), f"{text!r} matches {ours} but not {theirs}"

    check()


def test_every_accepted_disagreement_still_exists(real: dict[str, Schema]) -> None:
    """An entry of the list that matches nothing is a leftover: take it out."""
    found = [one for name in OURS if name in real for one in Comparison(name, _ours(name), real[name]).lax()]
    for entry in _accepted():
        assert entry["reason"].strip()
        for path in entry["paths"]:
            narrowed = {**entry, "paths": [path]}
            assert any(_matches(narrowed, one) for one in found), f"{entry['schemas']}: {path} agrees by now"


@pytest.mark.parametrize("name", OURS)
def test_scope_and_names_are_those_of_the_crd(name: str, real: dict[str, Schema]) -> None:
    schema = _ours(name)
    names = schema["x-kubernetes-group-version-kind"]
    assert crds.schema_path(names["group"], names["version"], names["kind"]) == name
    if name in real:
        assert schema["x-kubernetes-scope"] == real[name]["x-kubernetes-scope"]


@pytest.mark.parametrize("name", OURS)
def test_a_schema_compiles_in_both_validators(name: str) -> None:
    schema = _ours(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema_rs.validator_for(schema)
    assert OURS[name].read_text(encoding="utf-8") == crds.serialise(schema), "not in the form that serialise writes"


@pytest.mark.parametrize("name", OURS)
def test_a_schema_says_where_it_comes_from(name: str) -> None:
    source = _ours(name)["x-plinth-source"]
    assert set(source) in ({"package", "version", "licence"}, {"written-by-hand"})
    assert all(isinstance(value, str) and value for value in source.values())
    assert OURS[name].stat().st_size < 1_000_000


# Manifests as they are rendered


def _name_of(manifest: dict[str, Any]) -> str:
    group, version = manifest["apiVersion"].split("/")
    return crds.schema_path(group, version, manifest["kind"])


@pytest.mark.parametrize("manifest", MANIFESTS, ids=_name_of)
def test_a_manifest_as_rendered_is_accepted(manifest: dict[str, Any]) -> None:
    validator = jsonschema_rs.validator_for(_ours(_name_of(manifest)))
    assert not [error.message for error in validator.iter_errors(manifest)]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=_name_of)
def test_the_crd_accepts_the_same_manifest(manifest: dict[str, Any], real: dict[str, Schema]) -> None:
    name = _name_of(manifest)
    if name not in real:
        pytest.skip(f"no CustomResourceDefinition at hand for {name}")
    filled = crds.with_defaults(real[name], manifest)
    assert not [error.message for error in jsonschema_rs.validator_for(real[name]).iter_errors(filled)]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=_name_of)
def test_a_manifest_with_an_unknown_field_is_refused(manifest: dict[str, Any]) -> None:
    validator = jsonschema_rs.validator_for(_ours(_name_of(manifest)))
    assert not validator.is_valid({**manifest, "unknown": 1})
    if "spec" in manifest:
        assert not validator.is_valid({**manifest, "spec": {**manifest["spec"], "unknown": 1}})
        assert not validator.is_valid({**manifest, "spec": None})


def test_every_schema_has_a_manifest() -> None:
    without = set(OURS) - {_name_of(manifest) for manifest in MANIFESTS}
    assert without == {"gateway.networking.k8s.io/v1/ReferenceGrant.schema.json"}  # as v1beta1, which clusters have
