"""Which schema a manifest is held against: exactly its own, or none."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from plinth.contracts import ContractError
from plinth.schemas import ManifestSchemas

VERSIONS = [f"1.{minor}" for minor in range(30, 38)]

KINDS = [
    ("v1", "Namespace", {"metadata": {"name": "a"}}),
    ("v1", "ConfigMap", {"metadata": {"name": "a"}, "data": {"k": "v"}}),
    ("v1", "ResourceQuota", {"metadata": {"name": "a"}, "spec": {"hard": {"cpu": "1"}}}),
    ("v1", "LimitRange", {"metadata": {"name": "a"}, "spec": {"limits": [{"type": "Container"}]}}),
    ("v1", "ServiceAccount", {"metadata": {"name": "a"}, "automountServiceAccountToken": False}),
    ("apps/v1", "Deployment", {"spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "a", "image": "b"}]}}}}),
    ("batch/v1", "CronJob", {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}}}),
    ("networking.k8s.io/v1", "NetworkPolicy", {"spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}, {"port": "http"}]}]}}),
    ("networking.k8s.io/v1", "Ingress", {"spec": {}}),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", {"roleRef": {"apiGroup": "a", "kind": "b", "name": "c"}}),
    ("policy/v1", "PodDisruptionBudget", {"spec": {"maxUnavailable": 1}}),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", None),
]  # fmt: skip


@pytest.fixture(scope="module", params=VERSIONS)
def schemas(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ManifestSchemas:
    return ManifestSchemas(str(request.param), tmp_path_factory.mktemp("empty"))


@pytest.fixture
def newest(tmp_path: Path) -> ManifestSchemas:
    return ManifestSchemas(VERSIONS[-1], tmp_path)


@pytest.mark.parametrize(
    ("api_version", "kind", "rest"), KINDS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_version_knows_the_kinds_that_are_rendered(
    schemas: ManifestSchemas, api_version: str, kind: str, rest: dict[str, Any] | None
) -> None:
    validator = schemas.validator(api_version, kind)
    assert validator is not None
    valid = {"apiVersion": api_version, "kind": kind, **(rest or {})}
    if rest is not None:
        assert validator.is_valid(valid)
    assert not validator.is_valid({**valid, "noSuchField": 1})
    assert not validator.is_valid({**valid, "metadata": {"name": "a", "noSuchField": 1}})
    assert not validator.is_valid({**valid, "kind": "Other"})
    assert not validator.is_valid({**valid, "apiVersion": "v9"})
    assert not validator.is_valid({**valid, "metadata": []})


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        # Another group whose first word is that of a Kubernetes group.
        ("networking.istio.io/v1", "NetworkPolicy"), ("networking/v1", "NetworkPolicy"), ("networking.gke.io/v1", "Ingress"),
        ("apps.example.com/v1", "Deployment"), ("batch.volcano.sh/v1", "Job"), ("policy.open-cluster-management.io/v1",
         "PodDisruptionBudget"),
        ("storage.cnrm.cloud.google.com/v1", "StorageClass"), ("rbac/v1", "RoleBinding"),
        # Another group, none, or another version.
        ("v1", "Deployment"), ("apps/v1", "Namespace"), ("core/v1", "Namespace"), ("/v1", "Namespace"), ("apps/v1beta1", "Deployment"),
        ("extensions/v1beta1", "Ingress"), ("v2", "Namespace"), ("apps/v1/", "Deployment"), ("apps", "Deployment"), ("", "Namespace"),
        # Another spelling.
        ("v1", "namespace"), ("v1", "NAMESPACE"), ("V1", "Namespace"), ("v1", "Name-space"), ("v1", ""), ("Apps/v1", "Deployment"),
        # Files that are no kinds.
        ("v1", "_definitions"), ("v1", "all"), ("v1", "objectmeta"), ("v1", "ObjectMeta"), ("meta/v1", "ObjectMeta"),
         ("v1", "Container"),
        # Nobody's.
        ("serving.example.com/v1", "Widget"),
    ],
)  # fmt: skip
def test_nothing_but_the_very_kind_is_found(schemas: ManifestSchemas, api_version: str, kind: str) -> None:
    assert schemas.validator(api_version, kind) is None


HOSTILE = [
    "../x",
    "..",
    ".",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\x00b",
    "a\nb",
    " ",
    "a b",
    "*",
    "%2e%2e",
    "é",
    "\ud800",
    "a" * 300,
    "con:",
    "~",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_hostile_names_find_nothing(newest: ManifestSchemas, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.schema.json").write_text("{}", encoding="utf-8")
    assert newest.validator("v1", text) is None
    assert newest.validator(f"{text}/v1", "Namespace") is None
    assert newest.validator(f"example.com/{text}", "Widget") is None
    assert newest.validator("example.com/v1", text) is None


def test_a_path_cannot_be_walked_up(newest: ManifestSchemas, tmp_path: Path) -> None:
    """A schema that lies elsewhere is not reached through dots."""
    folder = tmp_path / "schemas" / "kubernetes" / "example.com" / "v1"
    folder.mkdir(parents=True)
    for place in (tmp_path / "schemas", tmp_path / "schemas" / "kubernetes"):
        (place / "Widget.schema.json").write_text("{}", encoding="utf-8")
    for api_version in (
        "../v1",
        "../.",
        "./.",
        "./..",
        "example.com/..",
        "example.com/.",
        "../..",
        "../kubernetes",
        ".",
        "..",
    ):
        assert newest.validator(api_version, "Widget") is None, api_version


# Custom resources


def put(root: Path, api_version: str, kind: str, text: str) -> None:
    path = root / "schemas" / "kubernetes" / api_version / f"{kind}.schema.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_custom_schema_of_the_repository_wins(tmp_path: Path) -> None:
    api_version, kind = "serving.kserve.io/v1beta1", "InferenceService"
    shipped = ManifestSchemas("1.36", tmp_path).validator(api_version, kind)
    assert shipped is not None, "the template ships this one"
    assert not shipped.is_valid({"only": "here"})
    put(tmp_path, api_version, kind, json.dumps({"required": ["only"]}))
    own = ManifestSchemas("1.36", tmp_path).validator(api_version, kind)
    assert own is not None
    assert own.is_valid({"only": "here"})
    assert not own.is_valid({})


def test_a_custom_schema_is_of_exactly_one_group_version_and_kind(tmp_path: Path) -> None:
    put(tmp_path, "example.com/v1", "Widget", "{}")
    schemas = ManifestSchemas("1.36", tmp_path)
    assert schemas.validator("example.com/v1", "Widget") is not None
    for api_version, kind in [
        ("example.com/v2", "Widget"),
        ("example.org/v1", "Widget"),
        ("a.example.com/v1", "Widget"),
        ("v1", "Widget"),
        ("example.com/v1", "Widgets"),
    ]:
        assert schemas.validator(api_version, kind) is None


def test_a_custom_schema_does_not_replace_one_of_kubernetes(tmp_path: Path) -> None:
    put(tmp_path, "apps/v1", "Deployment", "{}")
    put(tmp_path, "v1", "Namespace", "{}")
    schemas = ManifestSchemas("1.36", tmp_path)
    for api_version, kind in (("apps/v1", "Deployment"), ("v1", "Namespace")):
        validator = schemas.validator(api_version, kind)
        assert validator is not None
        assert not validator.is_valid({"noSuchField": 1})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nonsense",
        '{"type": "nonsense"}',
        '{"pattern": "("}',
        '{"$ref": "#/gone"}',
        '{"$ref": "https://example.com/x.json"}',
        "\x00",
        "[]",
        '"text"',
    ],
)
def test_a_broken_custom_schema_is_a_broken_tool(tmp_path: Path, text: str) -> None:
    put(tmp_path, "example.com/v1", "Widget", text)
    with pytest.raises(ContractError, match="Widget"):
        ManifestSchemas("1.36", tmp_path).validator("example.com/v1", "Widget")


@pytest.mark.parametrize("version", ["1.10", "1.99", "", "../1.36", "latest"])
def test_a_version_without_schemas_finds_none(tmp_path: Path, version: str) -> None:
    assert ManifestSchemas(version, tmp_path).validator("v1", "Namespace") is None


def test_a_schema_is_compiled_once(newest: ManifestSchemas, monkeypatch: pytest.MonkeyPatch) -> None:
    first = newest.validator("v1", "Namespace")
    assert newest.validator("v1", "Gone") is None
    monkeypatch.setattr(newest, "_compile", None)
    assert newest.validator("v1", "Namespace") is first
    assert newest.validator("v1", "Gone") is None


AWKWARD = {"description": "text", "$ref": "x", "properties": {"$ref": {}, "description": {}}}
DEFINITION = {
    "group": "e.com",
    "names": {"plural": "ws", "kind": "W"},
    "scope": "Namespaced",
    "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": AWKWARD}}],
}


@pytest.mark.parametrize(
    ("api_version", "kind", "rest"),
    [
        ("scheduling.k8s.io/v1", "PriorityClass", {"value": 1, "description": "text"}),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"spec": DEFINITION}),
    ],
    ids=["description", "$ref"],
)
def test_fields_may_be_called_like_keywords(
    schemas: ManifestSchemas, api_version: str, kind: str, rest: dict[str, Any]
) -> None:
    validator = schemas.validator(api_version, kind)
    assert validator is not None
    assert (
        list(validator.iter_errors({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, **rest})) == []
    )
    assert not validator.is_valid(
        {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, **rest, "description": 1}
    )


def test_every_kind_of_kubernetes_compiles(newest: ManifestSchemas) -> None:
    """The names are taken from the data, so that none is forgotten."""
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{newest.version}.0-local-strict"
    compiled = 0
    for file in Path(str(folder)).glob("*.json"):
        properties = json.loads(file.read_text(encoding="utf-8")).get("properties", {})
        versions, kinds = (properties.get(field, {}).get("enum") for field in ("apiVersion", "kind"))
        # Some files are of no objects, such as a list of API groups, or of none that a repository holds.
        if versions and kinds and "-meta-" not in file.name and not versions[0].startswith("internal."):
            assert newest.validator(versions[0], kinds[0]) is not None, file.name
            compiled += 1
    assert compiled > 60


def test_the_rules_of_a_schema_that_refers_to_itself_hold(newest: ManifestSchemas) -> None:
    """``JSONSchemaProps`` holds itself."""
    validator = newest.validator("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    assert validator is not None
    names = {"plural": "ws", "kind": "W"}

    def definition(schema: dict[str, Any]) -> dict[str, Any]:
        version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "spec": {"group": "e.com", "names": names, "scope": "Namespaced", "versions": [version]},
        }

    deep: dict[str, Any] = {"type": "object", "properties": {"a": {"properties": {"b": {"type": "string"}}}}}
    assert validator.is_valid(definition(deep))
    deep["properties"]["a"]["properties"]["b"]["noSuchField"] = 1
    assert not validator.is_valid(definition(deep))
