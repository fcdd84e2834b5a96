"""CustomResourceDefinitions turned into standalone JSON Schemas.

Kubernetes writes the schema of a custom resource in a dialect of OpenAPI 3: unknown fields are pruned rather than
refused, `nullable` stands beside `type`, integers may be strings. The functions here translate that dialect into JSON
Schema 2020-12, in which an unknown field is an error, so that a manifest can be checked without a cluster.

They are pure: a CRD comes in as plain data, schemas go out as plain data, and nothing is read, written or printed.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
HOIST_OVER_BYTES = 400
DEEPEST = 150

_GROUP = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+")
_VERSION = re.compile(r"v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
_PATTERN_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[ims]+\)|\(|.", re.DOTALL)
_BARE_FLAG = re.compile(r"\(\?[ims]+\)")
_SCOPES = ("Namespaced", "Cluster")

# Keywords whose value is copied as it is. What is neither here nor handled by name (descriptions, examples) is dropped.
_COPIED = (
    "type",
    "format",
    "default",
    "enum",
    "minimum",
    "maximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "required",
    "x-kubernetes-validations",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
)
_JUNCTORS = ("allOf", "anyOf", "oneOf")
_REFUSED = ("$ref", "$dynamicRef", "definitions", "$defs", "patternProperties", "dependencies")
_INTEGER_OR_STRING = [{"type": "integer"}, {"type": "string"}]


class CrdError(ValueError):
    """A CustomResourceDefinition that no schema can be made from; the message says why, in one line."""


@dataclass(frozen=True)
class CustomResourceSchema:
    """The JSON Schema of one served version of one custom resource."""

    group: str
    version: str
    kind: str
    scope: str  # "Namespaced" or "Cluster"
    schema: Schema


def schemas_of(crd: Mapping[str, Any]) -> list[CustomResourceSchema]:
    """Return one standalone JSON Schema for each served version of `crd`, in the order of the CRD.

    `crd` is the parsed document of an `apiextensions.k8s.io/v1` CustomResourceDefinition. Raises CrdError when it is
    something else, when a name could not be a file name, when no version is served, or when a schema is malformed.
    """
    spec = _spec_of(crd)
    group = _text(spec, "group", "spec")
    kind = _text(_mapping(spec.get("names"), "spec.names"), "kind", "spec.names")
    scope = _text(spec, "scope", "spec")
    if scope not in _SCOPES:
        raise CrdError(f"spec.scope is {scope!r}; a CustomResourceDefinition is Namespaced or Cluster")
    served = [version for version in _versions_of(spec) if version.get("served") is True]
    if not served:
        raise CrdError(f"{kind}.{group} serves no version")
    return [_schema_of_version(version, group, kind, scope) for version in served]


def schema_path(group: str, version: str, kind: str) -> str:
    """Return where a schema lives below `schemas/kubernetes/`: `<group>/<version>/<Kind>.schema.json`.

    The names come from CRDs that people download, so each is checked before it becomes part of a path: raises CrdError
    for a group that is no DNS subdomain, a version that is no Kubernetes version, a kind that is not CamelCase.
    """
    if len(group) > 253 or not _GROUP.fullmatch(group):
        raise CrdError(f"group {group!r} is not a DNS subdomain such as `example.org`")
    if not _VERSION.fullmatch(version):
        raise CrdError(f"version {version!r} is not a Kubernetes version such as `v1` or `v1beta2`")
    if not _KIND.fullmatch(kind):
        raise CrdError(f"kind {kind!r} is not a CamelCase name such as `SecretStore`")
    return f"{group}/{version}/{kind}.schema.json"


def serialise(schema: Mapping[str, Any]) -> str:
    """Return the text of a schema file: the same bytes for the same schema, ASCII only, ending in a newline."""
    return json.dumps(schema, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def with_defaults(schema: Schema, manifest: Any) -> Any:
    """Return a copy of `manifest` with the defaults of `schema` filled in, as the API server does before it validates.

    A few CRDs hold conditions that read a default (the address type of a Gateway, for one), so that a manifest which
    leaves the field out satisfies them only after this step. What does not fit the schema is returned as it is.
    """
    return _filled(schema, manifest, schema.get("$defs", {}))


def _filled(node: Schema, value: Any, definitions: Mapping[str, Schema]) -> Any:
    node = _target(node, definitions)
    if isinstance(value, list):
        items = node.get("items")
        return [_filled(items, item, definitions) for item in value] if isinstance(items, dict) else value
    if not isinstance(value, dict):
        return value
    properties, others = node.get("properties", {}), node.get("additionalProperties")
    result = dict(value)
    for name, child in properties.items():
        target = _target(child, definitions)
        if name not in value and "default" in target:
            result[name] = copy.deepcopy(target["default"])
    for name, item in result.items():
        child = properties.get(name, others)
        result[name] = _filled(child, item, definitions) if isinstance(child, dict) else item
    return result


def _target(node: Schema, definitions: Mapping[str, Schema]) -> Schema:
    return definitions[node["$ref"].removeprefix("#/$defs/")] if "$ref" in node else node


# From the definition down to the schema of one version


def _spec_of(crd: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(crd, Mapping) or crd.get("kind") != "CustomResourceDefinition":
        raise CrdError("not a CustomResourceDefinition")
    api_version = crd.get("apiVersion")
    if api_version == "apiextensions.k8s.io/v1beta1":
        raise CrdError("apiextensions.k8s.io/v1beta1 is gone since Kubernetes 1.22; convert the definition to v1")
    if api_version != "apiextensions.k8s.io/v1":
        raise CrdError(f"not a CustomResourceDefinition: apiVersion is {api_version!r}, not apiextensions.k8s.io/v1")
    return _mapping(crd.get("spec"), "spec")


def _versions_of(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    versions = spec.get("versions")
    if not isinstance(versions, list):
        raise CrdError("spec.versions is missing or not a list")
    return [_mapping(version, f"spec.versions[{index}]") for index, version in enumerate(versions)]


def _schema_of_version(version: Mapping[str, Any], group: str, kind: str, scope: str) -> CustomResourceSchema:
    name = _text(version, "name", "spec.versions[]")
    schema_path(group, name, kind)  # refuses names that are no file names, before anyone writes a file
    holder = version.get("schema")
    if not isinstance(holder, Mapping) or not isinstance(holder.get("openAPIV3Schema"), Mapping):
        raise CrdError(f"version {name} of {kind}.{group} has no schema (spec.versions[].schema.openAPIV3Schema)")
    converted = _convert(holder["openAPIV3Schema"], name, structural=True)
    converted = _as_top_level(converted, group, name, kind, scope)
    return CustomResourceSchema(group, name, kind, scope, hoist(converted))


def _as_top_level(converted: Schema, group: str, version: str, kind: str, scope: str) -> Schema:
    """Add what every Kubernetes object has; the API server checks `metadata` itself, so here it is an open object."""
    properties = {
        **converted.get("properties", {}),
        "apiVersion": {"const": f"{group}/{version}"},
        "kind": {"const": kind},
        "metadata": {"type": "object"},
    }
    always = ["apiVersion", "kind", "metadata"]
    schema = {
        **converted,
        "$schema": DIALECT,
        "type": "object",
        "properties": properties,
        "required": always + [name for name in converted.get("required", []) if name not in always],
        "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": kind},
        "x-kubernetes-scope": scope,
    }
    # A root without properties of its own is open in the CRD too; it must not be closed by the three added here.
    if not converted.get("properties"):
        schema.pop("additionalProperties", None)
    return schema


# One schema node


def _convert(node: Any, path: str, *, structural: bool) -> Schema:
    """Translate one node and what is below it.

    `structural` is false inside allOf, anyOf, oneOf and not: those only add conditions to an object whose fields are
    named elsewhere, so closing them would refuse every field that they do not mention.
    """
    source = _mapping(node, path)
    if path.count("/") > DEEPEST:
        raise CrdError(f"the schema is nested more than {DEEPEST} levels deep")
    for keyword in _REFUSED:
        if keyword in source:
            raise CrdError(f"{path}: a structural schema has no {keyword}")
    result: Schema = {keyword: source[keyword] for keyword in _COPIED if keyword in source}
    if isinstance(result.get("pattern"), str):
        result["pattern"] = _portable_pattern(result["pattern"])
    _convert_bounds(source, result)
    _convert_children(source, result, path, structural=structural)
    _convert_type(source, result, path)
    if structural:
        _forgive_defaulted(result)
        _close(source, result)
    return _with_null(result) if source.get("nullable") is True else result


def _portable_pattern(pattern: str) -> str:
    """Rewrite Go's bare flags, `(?i)rest`, as groups, `(?i:rest)`: elsewhere they may only open a whole pattern.

    In Go a bare flag holds until the end of the group that it stands in, also beyond a `|`.
    """
    result: list[str] = []
    opened: list[list[str]] = [[]]  # for each open group, the flag groups to close with it
    for part in _PATTERN_PART.findall(pattern):
        if _BARE_FLAG.fullmatch(part):
            opened[-1].append(part[:-1] + ":")
            result.append(part[:-1] + ":")
            continue
        if part == "|":
            result += [")" * len(opened[-1]), part, *opened[-1]]
            continue
        if part.startswith("("):
            opened.append([])
        elif part == ")":
            result.append(")" * len(opened.pop() if len(opened) > 1 else []))
        result.append(part)
    return "".join(result) + ")" * len(opened[0])


def _convert_bounds(source: Mapping[str, Any], result: Schema) -> None:
    """OpenAPI 3.0 says `exclusiveMinimum: true` beside `minimum`; JSON Schema puts the bound itself there."""
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = source.get(exclusive)
        if value is True and bound in result:
            result[exclusive] = result.pop(bound)
        elif value is not None and not isinstance(value, bool):
            result[exclusive] = value


def _convert_children(source: Mapping[str, Any], result: Schema, path: str, *, structural: bool) -> None:
    if "properties" in source:
        properties = _mapping(source["properties"], f"{path}/properties")
        result["properties"] = {
            str(name): _convert(child, f"{path}/{name}", structural=structural) for name, child in properties.items()
        }
    if "items" in source:
        result["items"] = _convert(source["items"], f"{path}/[]", structural=structural)
    extra = source.get("additionalProperties")
    if isinstance(extra, bool):
        result["additionalProperties"] = extra
    elif extra is not None:
        result["additionalProperties"] = _convert(extra, f"{path}/*", structural=structural)
    for junctor in _JUNCTORS:
        if junctor in source:
            result[junctor] = _convert_branches(source[junctor], f"{path}/{junctor}")
    if "not" in source:
        result["not"] = _convert(source["not"], f"{path}/not", structural=False)


def _convert_branches(branches: Any, path: str) -> list[Schema]:
    if not isinstance(branches, list) or not branches:
        raise CrdError(f"{path} is not a list of schemas")
    return [_convert(branch, f"{path}[{index}]", structural=False) for index, branch in enumerate(branches)]


def _convert_type(source: Mapping[str, Any], result: Schema, path: str) -> None:
    if source.get("x-kubernetes-int-or-string") is True:
        result["type"] = ["integer", "string"]
        if result.get("anyOf") == _INTEGER_OR_STRING:  # says the same once more; anything else is a real condition
            del result["anyOf"]
    type_ = result.get("type")
    if type_ is not None and not isinstance(type_, str | list):
        raise CrdError(f"{path}: type is {type_!r}, not a name")


def _forgive_defaulted(result: Schema) -> None:
    """Let a required field with a default be left out: the API server fills it in before it looks for gaps."""
    required = result.get("required")
    if isinstance(required, list):
        properties = result.get("properties", {})
        needed = [name for name in required if "default" not in properties.get(name, {})]
        result.pop("required")
        if needed:
            result["required"] = needed


def _close(source: Mapping[str, Any], result: Schema) -> None:
    """Refuse unknown fields where the CRD names the known ones and does not ask to keep others."""
    if source.get("x-kubernetes-embedded-resource") is True and "properties" in result:
        known = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
        result["properties"] = {**known, **result["properties"]}
    if source.get("x-kubernetes-preserve-unknown-fields") is True:
        return
    if result.get("properties") and "additionalProperties" not in result:
        result["additionalProperties"] = False


def _with_null(schema: Schema) -> Schema:
    """Let null pass. The API server skips every other check for it, so conditions must not see it."""
    if any(keyword in schema for keyword in (*_JUNCTORS, "not")):
        return {"anyOf": [{"type": "null"}, schema]}
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*types, *(["null"] if "null" not in types else [])]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema


# Repeated sub-schemas


def hoist(schema: Schema) -> Schema:
    """Move repeated sub-schemas over 400 bytes into `$defs`; what the schema accepts stays the same.

    Pod specs occur many times in the schemas of Argo CD, KServe and Spark: without this their files are megabytes.
    Names come from the property where a sub-schema is met first, so they are the same on every run.
    """
    texts = _texts_by_identity(schema)
    seen: Counter[str] = Counter()

    def count(node: Schema) -> None:
        # What stands inside a repeated schema is counted once: after hoisting it is there only once.
        for _, child in _children(node):
            text = texts[id(child)]
            seen[text] += 1
            if seen[text] == 1:
                count(child)

    count(schema)
    repeated = {text for text, times in seen.items() if times > 1 and len(text) > HOIST_OVER_BYTES}
    return _Hoister(texts, repeated).run(schema)


class _Hoister:
    """Replaces each repeated sub-schema by a reference, and collects the definitions."""

    def __init__(self, texts: Mapping[int, str], repeated: set[str]) -> None:
        self._texts = texts
        self._repeated = repeated
        self._name_of: dict[str, str] = {}
        self._definitions: dict[str, Schema] = {}

    def run(self, schema: Schema) -> Schema:
        result = _map_children(schema, self._replace)
        return {**result, "$defs": self._definitions} if self._definitions else result

    def _replace(self, hint: str, node: Schema) -> Schema:
        text = self._texts[id(node)]
        if text not in self._repeated:
            return _map_children(node, self._replace, hint)
        if text not in self._name_of:
            name = self._name_of[text] = self._free_name(hint)
            self._definitions[name] = {}  # takes the name before the schemas inside ask for theirs
            self._definitions[name] = _map_children(node, self._replace, hint)
        return {"$ref": f"#/$defs/{self._name_of[text]}"}

    def _free_name(self, hint: str) -> str:
        stem = hint if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", hint) else "shared"
        name, number = stem, 1
        while name in self._definitions:
            number += 1
            name = f"{stem}-{number}"
        return name


def _texts_by_identity(schema: Schema) -> dict[int, str]:
    """Return the compact JSON of every sub-schema by `id`; valid while `schema` lives and is not changed."""
    texts: dict[int, str] = {}

    def visit(node: Schema) -> None:
        texts[id(node)] = json.dumps(node, sort_keys=True, separators=(",", ":"))
        for _, child in _children(node):
            visit(child)

    visit(schema)
    return texts


def _children(node: Schema, hint: str = "shared") -> Iterator[tuple[str, Schema]]:
    """Yield (name hint, sub-schema) for each sub-schema directly below, in the order of the properties' names."""
    yield from sorted(node.get("properties", {}).items(), key=lambda item: str(item[0]))
    for keyword in ("items", "additionalProperties", "not"):
        if isinstance(node.get(keyword), dict):
            yield hint, node[keyword]
    for junctor in _JUNCTORS:
        for branch in node.get(junctor, []):
            yield hint, branch


def _map_children(node: Schema, change: Callable[[str, Schema], Schema], hint: str = "shared") -> Schema:
    """Return a copy of `node` whose sub-schemas are replaced by `change(hint, sub-schema)`, met as in `_children`."""
    result = dict(node)
    if "properties" in node:
        result["properties"] = {name: change(name, child) for name, child in sorted(node["properties"].items())}
    for keyword in ("items", "additionalProperties", "not"):
        if isinstance(node.get(keyword), dict):
            result[keyword] = change(hint, node[keyword])
    for junctor in _JUNCTORS:
        if junctor in node:
            result[junctor] = [change(hint, branch) for branch in node[junctor]]
    return result


# Reading untrusted data


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise CrdError(f"{path} is missing or not a mapping")
    return value


def _text(holder: Mapping[str, Any], name: str, path: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str):
        raise CrdError(f"{path}.{name} is missing or not a string")
    return value
