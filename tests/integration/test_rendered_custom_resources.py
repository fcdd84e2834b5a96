"""Every custom resource that the example renders, against the CustomResourceDefinitions that clusters really have.

As an API server does it: defaults first, then the schema, strictly; then the conditions in CEL
(`x-kubernetes-validations`), but for those about changes, which need an object that is there already.
"""

from __future__ import annotations

import copy
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from plinth import crds, pipeline
from support import BASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.crds import Schema
    from plinth.model import Manifest

Schemas = dict[tuple[str, str], "crds.Schema"]
HELPER = Path(__file__).with_name("cel_rules.py")
NO_DEFINITION_AT_HAND = frozenset({"k8s.keycloak.org"})
"""Groups whose definitions nobody gave us; what is rendered of them is held against the hand-written schemas only."""
_BUILTIN = frozenset(
    f"{name}.k8s.io" for name in ("admissionregistration", "networking", "rbac.authorization", "scheduling", "storage")
)


def _custom(result: pipeline.Result) -> list[tuple[str, Manifest]]:
    """Return the custom resources of a rendered repository: their groups are domains that Kubernetes does not use."""
    return [
        (bundle.environment, manifest)
        for bundle in result.bundles
        for file in bundle.manifest_files
        for manifest in file.manifests
        if "." in manifest.key.group and not _is_builtin(manifest.key.group)
    ]


def _is_builtin(group: str) -> bool:
    return group in _BUILTIN


def _errors(schema: Schema, data: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return [
        f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(crds.with_defaults(schema, data))
    ]


@pytest.fixture(scope="module", params=["example", "base"])
def resources(request: pytest.FixtureRequest, example_result: pipeline.Result) -> list[tuple[str, Manifest]]:
    return _custom(example_result if request.param == "example" else pipeline.run(BASE))


def test_every_custom_resource_satisfies_its_definition(
    resources: list[tuple[str, Manifest]], real_schemas: Schemas
) -> None:
    wrong, seen = [], 0
    for environment, manifest in resources:
        schema = real_schemas.get((manifest.api_version, manifest.kind))
        if schema is None:
            assert manifest.key.group in NO_DEFINITION_AT_HAND, (
                f"no definition of {manifest.api_version} {manifest.kind}"
            )
            continue
        seen += 1
        wrong += [f"{environment}: {manifest.key}: {error}" for error in _errors(schema, manifest.data)]
    assert not wrong, "\n".join(wrong)
    assert seen


def test_custom_resources_have_the_scope_of_their_definition(
    resources: list[tuple[str, Manifest]], real_schemas: Schemas
) -> None:
    for environment, manifest in resources:
        schema = real_schemas.get((manifest.api_version, manifest.kind))
        if schema is not None:
            has_namespace = bool(manifest.key.namespace)
            assert has_namespace == (schema["x-kubernetes-scope"] == "Namespaced"), f"{environment}: {manifest.key}"


def test_the_example_renders_many_kinds(example_result: pipeline.Result, real_schemas: Schemas) -> None:
    """Else the tests here would say little."""
    kinds = {(manifest.api_version, manifest.kind) for _, manifest in _custom(example_result)}
    wanted = {
        ("argoproj.io/v1alpha1", "Application"),
        ("argoproj.io/v1alpha1", "AppProject"),
        ("external-secrets.io/v1", "ExternalSecret"),
        ("serving.kserve.io/v1beta1", "InferenceService"),
    }
    assert wanted <= kinds & real_schemas.keys()


def _misspellings(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield copies of a spec with one field misspelt, for each field in it."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*path, key), {f"{name}x" if name == key else name: item for name, item in data.items()}
            for below, changed in _misspellings(value, (*path, key)):
                yield below, {**data, key: changed}
    elif isinstance(data, list):
        for index, value in enumerate(data):
            for below, changed in _misspellings(value, (*path, index)):
                yield below, [*data[:index], changed, *data[index + 1 :]]


def test_a_misspelt_field_is_refused_wherever_the_definition_names_fields(
    example_result: pipeline.Result, real_schemas: Schemas
) -> None:
    """One resource of each kind, every field of its spec misspelt in turn; free-form maps take any name."""
    examples = {(manifest.api_version, manifest.kind): manifest for _, manifest in _custom(example_result)}
    refused: dict[str, int] = {}
    accepted: set[tuple[str, str]] = set()
    for (api_version, kind), manifest in sorted(examples.items()):
        schema = real_schemas.get((api_version, kind))
        if schema is None or "spec" not in manifest.data:
            continue
        refused[kind] = 0
        for path, spec in _misspellings(manifest.data["spec"]):
            if _errors(schema, {**manifest.data, "spec": spec}):
                refused[kind] += 1
            else:
                accepted.add((kind, ".".join(re.sub(r"^\d+$", "#", str(step)) for step in path)))
    assert all(refused.values()), refused
    assert ("InferenceService", "predictor") not in accepted
    assert ("Application", "syncPolicy.syncOptions") not in accepted
    closed = sum(refused.values())
    assert closed > 100, (closed, sorted(accepted))


# Conditions in CEL


@dataclass(frozen=True)
class Condition:
    """A rule of a definition, and the value in a manifest that it speaks of."""

    subject: str
    path: str
    rule: str
    value: Any


def _conditions(subject: str, schema: Schema, value: Any) -> Iterator[Condition]:
    """Yield each rule of a schema, with the value in a manifest that it speaks of. Rules about changes are left out."""
    definitions = schema.get("$defs", {})

    def walk(node: Schema, value: Any, path: str) -> Iterator[Condition]:
        node = definitions[node["$ref"].removeprefix("#/$defs/")] if "$ref" in node else node
        for validation in node.get("x-kubernetes-validations", []):
            if not re.search(r"\boldSelf\b", validation["rule"]):
                yield Condition(subject, path, validation["rule"], value)
        if isinstance(value, dict):
            for key, item in value.items():
                child = node.get("properties", {}).get(key, node.get("additionalProperties"))
                if isinstance(child, dict):
                    yield from walk(child, item, f"{path}.{key}")
        elif isinstance(value, list) and isinstance(node.get("items"), dict):
            for index, item in enumerate(value):
                yield from walk(node["items"], item, f"{path}[{index}]")

    return walk(schema, value, "")


def _outcomes(python: Path, conditions: list[Condition]) -> list[bool | str]:
    cases = json.dumps([{"rule": condition.rule, "self": condition.value} for condition in conditions])
    done = subprocess.run([python, HELPER], input=cases, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    outcomes: list[bool | str] = json.loads(done.stdout)
    assert len(outcomes) == len(conditions)
    return outcomes


def _all_conditions(resources: list[tuple[str, Manifest]], schemas: Schemas) -> list[Condition]:
    return [
        condition
        for environment, manifest in resources
        if (schema := schemas.get((manifest.api_version, manifest.kind))) is not None
        for condition in _conditions(
            f"{environment}: {manifest.key}", schema, crds.with_defaults(schema, manifest.data)
        )
    ]


def test_the_conditions_of_the_definitions_hold(
    example_result: pipeline.Result, real_schemas: Schemas, cel_python: Path
) -> None:
    conditions = _all_conditions(_custom(example_result), real_schemas)
    wrong = [
        f"{condition.subject}: {condition.path}: {outcome}: {condition.rule}"
        for condition, outcome in zip(conditions, _outcomes(cel_python, conditions), strict=True)
        if outcome is not True
    ]
    assert not wrong, "\n".join(wrong)
    assert len({condition.rule for condition in conditions}) > 20


def test_a_condition_that_does_not_hold_is_found(
    example_result: pipeline.Result, real_schemas: Schemas, cel_python: Path
) -> None:
    """A route whose path holds two slashes in a row: the schema allows it, the condition does not."""
    manifest = next(
        manifest
        for _, manifest in _custom(example_result)
        if manifest.kind == "HTTPRoute" and "sectionName" in manifest.data["spec"]["parentRefs"][0]
    )
    data = copy.deepcopy(manifest.data)
    data["spec"]["rules"][0]["matches"] = [{"path": {"type": "PathPrefix", "value": "/a//b"}}]
    # The same parent twice, once without a section: a rule that reads a field which is a word of CEL.
    parent = data["spec"]["parentRefs"][0]
    data["spec"]["parentRefs"].append({key: value for key, value in parent.items() if key != "sectionName"})
    schema = real_schemas[manifest.api_version, manifest.kind]
    assert not _errors(schema, data)
    conditions = list(_conditions("changed", schema, crds.with_defaults(schema, data)))
    outcomes = _outcomes(cel_python, conditions)
    refused = {condition.path for condition, outcome in zip(conditions, outcomes, strict=True) if outcome is False}
    assert refused == {".spec.rules[0].matches[0].path", ".spec.parentRefs"}
    assert all(isinstance(outcome, bool) for outcome in outcomes)
