"""Manifests against the schemas of their kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Rule
from plinth.model import display_path
from plinth.verify.problem import Problem
from plinth.wording import TYPE_NAMES, describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jsonschema_rs

    from plinth.model import Bundle, ManifestFile
    from plinth.schemas import ManifestSchemas

SCHEMA_MISSING = Rule(
    "schema-missing",
    "There is a schema for every rendered kind.",
    "What has no schema cannot be checked, and an API server may refuse it. `plinth crds import` makes one from the "
    "CustomResourceDefinition.",
    "kind: Component\nspec: {manifests: [{apiVersion: example.com/v1, kind: Widget, metadata: {name: one}, spec: {}}]}\n",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {}}]}\n",
)
MANIFEST_INVALID = Rule(
    "manifest-invalid",
    "Every manifest satisfies the schema of its kind.",
    "An API server refuses unknown fields with server-side apply, and wrong types always.",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, date: {}}]}\n",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {}}]}\n",
)

RULES = (SCHEMA_MISSING, MANIFEST_INVALID)


def check(bundle: Bundle, schemas: ManifestSchemas) -> Iterator[Problem]:
    """Hold every manifest of a bundle against its schema."""
    missing: set[tuple[str, str]] = set()
    for file in bundle.manifest_files:
        for index, manifest in enumerate(file.manifests):
            kind = (manifest.api_version, manifest.kind)
            validator = schemas.validator(*kind)
            if validator is None and kind not in missing:
                missing.add(kind)
                yield _missing(file, index, schemas.version)
            elif validator is not None and not validator.is_valid(manifest.data):
                yield from _errors(file, index, validator)


def _missing(file: ManifestFile, index: int, version: str) -> Problem:
    manifest = file.manifests[index]
    advice = f"Kubernetes {version} has no such kind. For a custom resource, import its definition: `plinth crds import FILE`."
    message = f"there is no schema for {manifest.kind} of {manifest.api_version}"
    return Problem(SCHEMA_MISSING, file, index, ("kind",), message, advice)


def _errors(file: ManifestFile, index: int, validator: jsonschema_rs.Draft202012Validator) -> Iterator[Problem]:
    manifest = file.manifests[index]
    subject = str(manifest.key)
    for error in validator.iter_errors(manifest.data):
        path = tuple(error.instance_path)
        for field in getattr(error.kind, "unexpected", ()):
            message = f"{subject}: {manifest.kind} has no field `{display_path((*path, field))}`"
            yield Problem(MANIFEST_INVALID, file, index, (*path, field), message, _HELP, on_key=True)
        if not hasattr(error.kind, "unexpected"):
            where = display_path(path) or "the manifest"
            yield Problem(MANIFEST_INVALID, file, index, path, f"{subject}: {where}: {_wording(error)}", _HELP)


_HELP = "The API reference of the kind says what it may hold; `kubectl explain` prints it."


def _wording(error: jsonschema_rs.ValidationError) -> str:
    """Say what is wrong; of a type's alternatives not null, which the schemas allow everywhere and Kubernetes drops."""
    types = getattr(error.kind, "types", None)
    if not types:
        return str(error.message)
    wanted = " or ".join(TYPE_NAMES.get(name, name) for name in types if name != "null")
    return f"it must be {wanted}, not {describe(error.instance)}"
