"""Definitions that refer to each other, and the one tree that a CustomResourceDefinition would hold.

Every reader in `readers.py` returns `Definitions`: named schemas in the dialect of a CRD, in which `{"$ref": "Name"}`
stands for another definition. `inline` replaces the references, because a CRD has none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Schema = dict[str, Any]
Definitions = dict[str, Schema]

# Beside `properties`: the names of definitions whose fields belong to this one too (Go's embedded structs).
EMBEDDED = "x-embedded"
OPEN_OBJECT: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
# How the Kubernetes API reads a quantity: a sign, a number, and a binary, decimal or exponent suffix.
_NUMBER = r"(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
QUANTITY: Schema = {
    "x-kubernetes-int-or-string": True,
    "pattern": rf"^(\+|-)?{_NUMBER}(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?{_NUMBER}))?$",
}
TIME: Schema = {"type": "string", "format": "date-time"}

# Types of Kubernetes that a CRD writes differently from the API's own description, by the end of their name.
_SPECIAL: Mapping[str, Schema] = {
    "ApimachineryPkgApiResourceQuantity": QUANTITY,
    "ApimachineryPkgUtilIntstrIntOrString": {"x-kubernetes-int-or-string": True},
    "ApimachineryPkgRuntimeRawExtension": OPEN_OBJECT,
    "ApiextensionsV1JSON": {"x-kubernetes-preserve-unknown-fields": True},
    "MetaV1ObjectMeta": {"type": "object"},
    "MetaV1Time": TIME,
    "MetaV1MicroTime": TIME,
    "MetaV1Duration": {"type": "string"},
    "MetaV1FieldsV1": {"type": "object"},
}


class ReadError(ValueError):
    """A package does not look the way its reader expects; the message names the place."""


def squeezed(name: str) -> str:
    """Return `io.k8s.api.core.v1.Pod` as generators write it in class names: `IoK8sApiCoreV1Pod`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[.\-]", name))


def inline(root: str, definitions: Mapping[str, Schema]) -> Schema:
    """Return the definition `root` with every reference replaced; a type that holds itself becomes an open object."""
    return _inlined({"$ref": root}, definitions, ())


def _inlined(node: Schema, definitions: Mapping[str, Schema], inside: tuple[str, ...]) -> Schema:
    if "$ref" in node:
        name = node["$ref"]
        own = {key: value for key, value in node.items() if key != "$ref"}
        if name in inside:
            return dict(OPEN_OBJECT)
        target = _inlined(_definition(name, definitions), definitions, (*inside, name))
        return _merged(target, _inlined(own, definitions, inside)) if own else target
    result = _with_embedded(node, definitions)
    if "properties" in result:
        result["properties"] = {
            name: _inlined(child, definitions, inside) for name, child in result["properties"].items()
        }
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            result[keyword] = _inlined(node[keyword], definitions, inside)
    return result


def _with_embedded(node: Schema, definitions: Mapping[str, Schema]) -> Schema:
    result = {key: value for key, value in node.items() if key != EMBEDDED}
    for name in node.get(EMBEDDED, []):
        other = _with_embedded(_definition(name, definitions), definitions)
        result["properties"] = {**other.get("properties", {}), **result.get("properties", {})}
        result["required"] = sorted({*other.get("required", []), *result.get("required", [])})
    return result


def _definition(name: str, definitions: Mapping[str, Schema]) -> Schema:
    for ending, schema in _SPECIAL.items():
        if name.endswith(ending):
            return schema
    if name not in definitions:
        raise ReadError(f"nothing defines {name}")
    return definitions[name]


def _merged(target: Schema, own: Schema) -> Schema:
    """Return a type with what the field that refers to it says beside the reference; the field wins."""
    if target.get("x-kubernetes-int-or-string") and own.get("type"):
        own = {key: value for key, value in own.items() if key != "type"}
    return {**target, **own}


def correct(tree: Schema, path: str, change: Mapping[str, Any]) -> None:
    """Change `tree` in place at `path`; raises ReadError when there is nothing at that path (a stale correction).

    `path` is slash-separated: a property, `[]` for the items of a list, `*` for the values of a map; empty for `tree`
    itself. `change` holds `drop: true`, or any of `require: [names]`, `add: {property: schema}`, and
    `merge: {keyword: value}`, where a value of null takes the keyword away.
    """
    *before, last = path.split("/") if path else [""]
    parent = tree
    for step in before:
        parent = _step(parent, step, path)
    if change.get("drop"):
        _step(parent, last, path)
        del parent["properties"][last]
        parent["required"] = [name for name in parent.get("required", []) if name != last]
        return
    node = _step(parent, last, path) if path else parent
    if "require" in change:
        node["required"] = sorted({*node.get("required", []), *change["require"]})
    if "add" in change:
        node["properties"] = {**node.get("properties", {}), **change["add"]}
    for keyword, value in change.get("merge", {}).items():
        node.pop(keyword, None)
        node.update({} if value is None else {keyword: value})


def _step(node: Schema, step: str, path: str) -> Schema:
    holder, key = {"[]": (node, "items"), "*": (node, "additionalProperties")}.get(step, (node.get("properties"), step))
    if not isinstance(holder, dict) or not isinstance(holder.get(key), dict):
        raise ReadError(f"correction of {path}: no {step} there")
    holder[key] = dict(holder[key])  # inlined types share their sub-trees; a correction is for one place
    child: Schema = holder[key]
    if "properties" in child:
        child["properties"] = dict(child["properties"])
    return child


def required_from(fields: Iterable[tuple[str, bool]]) -> dict[str, list[str]]:
    """Return `{"required": [...]}` for (name, is required) pairs, or nothing when no field is required."""
    names = [name for name, needed in fields if needed]
    return {"required": names} if names else {}
