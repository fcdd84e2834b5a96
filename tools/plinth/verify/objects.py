"""What the schemas of Kubernetes leave out about a single object: names, labels, quantities, ports.

Sources: Kubernetes' "Object Names and IDs", "Labels and Selectors", and pkg/apis/core/validation of the API server.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from plinth.findings import Rule
from plinth.formats import is_dns_label, is_dns_subdomain, is_label_key, is_label_value, is_quantity
from plinth.model import display_path
from plinth.verify.pods import containers, pod_specs
from plinth.verify.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plinth.model import Data, Manifest, Path
    from plinth.verify.problem import Sound

_PATH_SEGMENT = re.compile(r"(?!\.{1,2}$)[^/%]{1,253}")
_PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
_RBAC = "rbac.authorization.k8s.io"
_LABEL_NAMES = frozenset({("", "Namespace"), ("", "Service")})

_CONFIG_MAP = "apiVersion: v1, kind: ConfigMap, metadata: {name: one"

NAME_INVALID = Rule(
    "manifest-name-invalid",
    "Objects have names that Kubernetes accepts.",
    "Most names are DNS subdomains; those of namespaces and services are DNS labels.",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: The Settings}}]}\n",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: ConfigMap, metadata: {name: the-settings}}]}\n",
)
LABEL_INVALID = Rule(
    "manifest-label-invalid",
    "Labels and the keys of annotations have the form that Kubernetes accepts.",
    "A label's value has at most 63 characters: letters, digits, hyphens, underscores and dots.",
    f"kind: Component\nspec: {{manifests: [{{{_CONFIG_MAP}, labels: {{owner: the team}}}}}}]}}\n",
    f"kind: Component\nspec: {{manifests: [{{{_CONFIG_MAP}, labels: {{owner: the-team}}}}}}]}}\n",
)
QUANTITY_INVALID = Rule(
    "manifest-quantity-malformed",
    "Amounts of resources in manifests are Kubernetes quantities.",
    "The schemas only say that a quantity is text.",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: ResourceQuota, metadata: {name: quota}, "
    "spec: {hard: {memory: 64GB}}}]}\n",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: ResourceQuota, metadata: {name: quota}, "
    "spec: {hard: {memory: 64Gi}}}]}\n",
)
PORT_INVALID = Rule(
    "manifest-port-invalid",
    "Ports have names that Kubernetes accepts, each once.",
    "A container port's name has at most 15 lower-case letters, digits and hyphens, with a letter among them (RFC 6335).",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: Service, metadata: {name: one}, "
    "spec: {ports: [{name: HTTP, port: 80}]}}]}\n",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: Service, metadata: {name: one}, "
    "spec: {ports: [{name: http, port: 80}]}}]}\n",
)

RULES = (NAME_INVALID, LABEL_INVALID, QUANTITY_INVALID, PORT_INVALID)


def check(manifests: Sound) -> Iterator[Problem]:
    """Check each object by itself."""
    for file, index, manifest in manifests:
        for rule, path, message in _object(manifest):
            yield Problem(rule, file, index, path, f"{manifest.key}: {message}")


def _object(manifest: Manifest) -> Iterator[tuple[Rule, Path, str]]:
    metadata = manifest.data.get("metadata")
    if not isinstance(metadata, dict):
        return
    yield from _name(manifest)
    yield from _labels(metadata.get("labels"), ("metadata", "labels"))
    yield from _annotations(metadata.get("annotations"))
    yield from _quantities(manifest)
    yield from _ports(manifest)
    for path, pod in pod_specs(manifest):
        template = path[:-1]
        labels = _get(manifest.data, (*template, "metadata", "labels"))
        yield from _labels(labels, (*template, "metadata", "labels"))
        for container_path, container in containers(pod, path):
            yield from _container(container, container_path)


def _name(manifest: Manifest) -> Iterator[tuple[Rule, Path, str]]:
    key = manifest.key
    if key.group == _RBAC:
        valid, wanted = bool(_PATH_SEGMENT.fullmatch(key.name)), "a name without / and %"
    elif (key.group, key.kind) in _LABEL_NAMES:
        valid, wanted = is_dns_label(key.name), "a DNS label"
    else:
        valid, wanted = _is_subdomain(key.name), "a DNS subdomain: lower-case letters, digits, hyphens and dots"
    if not valid:
        yield NAME_INVALID, ("metadata", "name"), f"`{key.name}` is not a valid name; it must be {wanted}"
    if key.namespace and not is_dns_label(key.namespace):
        yield (
            NAME_INVALID,
            ("metadata", "namespace"),
            f"`{key.namespace}` is not a valid namespace; it must be a DNS label",
        )


def _labels(labels: Data, path: Path) -> Iterator[tuple[Rule, Path, str]]:
    if not isinstance(labels, dict):
        return
    for key, value in labels.items():
        if not _is_label_key(key):
            yield LABEL_INVALID, (*path, key), f"`{key}` is not a valid label key"
        if not isinstance(value, str) or not _is_label_value(value):
            yield LABEL_INVALID, (*path, key), f"`{value}` is not a valid value of the label {key}"


def _annotations(annotations: Data) -> Iterator[tuple[Rule, Path, str]]:
    if isinstance(annotations, dict):
        for key in annotations:
            if not _is_label_key(key):
                yield LABEL_INVALID, ("metadata", "annotations", key), f"`{key}` is not a valid annotation key"


_QUANTITY_MAPS: dict[str, tuple[Path, ...]] = {
    "ResourceQuota": (("spec", "hard"),),
    "PersistentVolumeClaim": (("spec", "resources", "requests"), ("spec", "resources", "limits")),
    "PersistentVolume": (("spec", "capacity"),),
}
_LIMITS = ("default", "defaultRequest", "max", "min")


def _quantities(manifest: Manifest) -> Iterator[tuple[Rule, Path, str]]:
    if "/" in manifest.api_version:
        return
    for path in _QUANTITY_MAPS.get(manifest.kind, ()):
        yield from _quantity_map(_get(manifest.data, path), path)
    if manifest.kind == "LimitRange":
        for index, limit in enumerate(_get(manifest.data, ("spec", "limits")) or []):
            for field in _LIMITS:
                yield from _quantity_map(_get(limit, (field,)), ("spec", "limits", index, field))


def _quantity_map(quantities: Data, path: Path) -> Iterator[tuple[Rule, Path, str]]:
    if not isinstance(quantities, dict):
        return
    for resource, value in quantities.items():
        if not is_quantity(str(value)):
            where = display_path((*path, resource))
            yield QUANTITY_INVALID, (*path, resource), f"`{value}` in {where} is not a quantity"


def _ports(manifest: Manifest) -> Iterator[tuple[Rule, Path, str]]:
    if manifest.api_version != "v1" or manifest.kind != "Service":
        return
    ports = _get(manifest.data, ("spec", "ports")) or []
    yield from _named_ports(ports, ("spec", "ports"), is_dns_label)
    for index, port in enumerate(ports):
        if len(ports) > 1 and isinstance(port, dict) and "name" not in port:
            yield PORT_INVALID, ("spec", "ports", index), "with several ports each needs a name"


def _container(container: dict[str, Data], path: Path) -> Iterator[tuple[Rule, Path, str]]:
    yield from _named_ports(container.get("ports") or [], (*path, "ports"), _is_port_name)
    for field in ("requests", "limits"):
        yield from _quantity_map(_get(container, ("resources", field)), (*path, "resources", field))


def _named_ports(ports: list[Data], path: Path, is_valid: Callable[[str], bool]) -> Iterator[tuple[Rule, Path, str]]:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        name = port.get("name") if isinstance(port, dict) else None
        if not isinstance(name, str):
            continue
        if not is_valid(name):
            yield PORT_INVALID, (*path, index, "name"), f"`{name}` is not a valid name of a port"
        if name in seen:
            yield PORT_INVALID, (*path, index, "name"), f"two ports are named `{name}`"
        seen.add(name)


def _is_port_name(name: str) -> bool:
    return bool(_PORT_NAME.fullmatch(name))


def _get(data: Data, path: Path) -> Data:
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


# Fleets repeat the same few labels thousands of times.
_is_label_key = lru_cache(maxsize=4096)(is_label_key)
_is_label_value = lru_cache(maxsize=65536)(is_label_value)
_is_subdomain = lru_cache(maxsize=65536)(is_dns_subdomain)
