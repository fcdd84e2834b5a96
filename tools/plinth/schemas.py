"""Schemas of Kubernetes objects: Kubernetes' own from kubernetes-validate, custom resources from ``schemas/kubernetes``."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs

from plinth.contracts import ContractError, schemas_folder
from plinth.kubernetes import CLUSTER_SCOPED, group_of

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
# A file's name has at most 255 characters; the longest kind's with its group and version has 80.
_MAX_LENGTH = 200
_MAPPINGS = frozenset({"properties", "patternProperties", "$defs", "definitions"})


class ManifestSchemas:
    """Finds and compiles the schema of a kind, each once.

    ``version`` is a minor version of Kubernetes such as ``1.36``; ``folders`` hold schemas of custom resources, as
    ``<group>/<version>/<Kind>.schema.json``; the first folder that has one wins.
    """

    def __init__(self, version: str, root: Path) -> None:
        self.version = version
        self._folders = list(dict.fromkeys([root / "schemas" / "kubernetes", schemas_folder() / "kubernetes"]))
        self._validators: dict[tuple[str, str], jsonschema_rs.Draft202012Validator | None] = {}
        self._namespaced: dict[tuple[str, str], bool] = {}

    def validator(self, api_version: str, kind: str) -> jsonschema_rs.Draft202012Validator | None:
        """Return the validator of a kind at an ``apiVersion``, or nothing if there is no schema for exactly these."""
        key = (api_version, kind)
        if key not in self._validators:
            self._validators[key] = self._compile(api_version, kind)
        return self._validators[key]

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        """Whether objects of a kind live in a namespace: as Kubernetes says, or the custom resource's schema."""
        key = (api_version, kind)
        if key not in self._namespaced:
            custom = self._custom_schema(api_version, kind) if _is_safe(api_version, kind) else None
            is_cluster_wide = (custom or {}).get("x-kubernetes-scope") == "Cluster"
            self._namespaced[key] = (group_of(api_version), kind) not in CLUSTER_SCOPED and not is_cluster_wide
        return self._namespaced[key]

    def _compile(self, api_version: str, kind: str) -> jsonschema_rs.Draft202012Validator | None:
        if not _is_safe(api_version, kind):
            return None
        schema = _kubernetes_schema(self.version, api_version, kind) or self._custom_schema(api_version, kind)
        if schema is None:
            return None
        try:
            return jsonschema_rs.Draft202012Validator(schema, offline=True)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            raise ContractError(f"the schema of {kind} {api_version} is broken: {error}") from error

    def _custom_schema(self, api_version: str, kind: str) -> dict[str, Any] | None:
        group, version = group_of(api_version), api_version.rpartition("/")[2]
        for folder in self._folders:
            path = folder / group / version / f"{kind}.schema.json"
            if group and path.is_file():
                try:
                    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                except ValueError as error:
                    raise ContractError(f"{path}: {error}") from error
                return schema
        return None


def _is_safe(api_version: str, kind: str) -> bool:
    """Whether names may become part of a path: a declaration chooses them."""
    parts = [kind, *api_version.split("/")]
    return sum(map(len, parts)) <= _MAX_LENGTH and all(_SAFE.fullmatch(part) for part in parts)


def _kubernetes_schema(version: str, api_version: str, kind: str) -> dict[str, Any] | None:
    """Return the strict schema with the definitions that it needs.

    The files are named with the group's first word only, so the schema itself must say that it is of the very group:
    else a custom resource would be held against a Kubernetes kind of the same name.
    """
    group, slash, number = api_version.rpartition("/")
    name = "-".join([kind.lower(), *([group.split(".")[0]] if slash else []), number])
    path = _folder(version) / f"{name}.json"
    if not path.is_file():
        return None
    schema = json.loads(path.read_text(encoding="utf-8"))
    properties = schema.get("properties", {})
    exact = [properties.get("apiVersion", {}).get("enum"), properties.get("kind", {}).get("enum")]
    if exact != [[api_version], [kind]]:
        return None
    definitions = _definitions(version)
    needed: dict[str, Any] = {}
    return {**_localised(schema, definitions, needed), "$defs": needed}


def _localised(schema: Any, definitions: dict[str, Any], needed: dict[str, Any]) -> Any:
    """Point references to definitions at copies in the schema itself, and gather those, each once."""
    if isinstance(schema, list):
        return [_localised(item, definitions, needed) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _MAPPINGS:
            # Its keys are names of fields, such as `description` and `$ref`, and no keywords.
            result[key] = {name: _localised(child, definitions, needed) for name, child in value.items()}
        elif key == "$ref":
            name = value.rpartition("/")[2]
            if name not in needed:
                needed[name] = True
                needed[name] = _localised(definitions[name], definitions, needed)
            result[key] = f"#/$defs/{name}"
        elif key != "description":
            result[key] = _localised(value, definitions, needed)
    return result


def _folder(version: str) -> Path:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    return Path(str(folder))


@lru_cache(maxsize=2)
def _definitions(version: str) -> dict[str, Any]:
    path = _folder(version) / "_definitions.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractError(f"there are no schemas for Kubernetes {version}: {error}") from error
    definitions: dict[str, Any] = document["$defs"]
    return definitions
