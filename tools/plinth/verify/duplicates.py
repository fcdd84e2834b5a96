"""No object is described twice in one environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Rule
from plinth.verify.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.model import ManifestFile, ResourceKey
    from plinth.verify.problem import Sound

MANIFEST_DUPLICATE = Rule(
    "manifest-duplicate",
    "No two manifests of an environment describe the same object.",
    "Argo CD would apply one over the other at every sync, without end.",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: Namespace, metadata: {name: mlflow}}]}\n",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: Namespace, metadata: {name: another}}]}\n",
)

RULES = (MANIFEST_DUPLICATE,)


def check(manifests: Sound) -> Iterator[Problem]:
    """Find objects that a file before, or the same one, describes already."""
    seen: dict[ResourceKey, ManifestFile] = {}
    for file, index, manifest in manifests:
        key = manifest.key
        if key not in seen:
            seen[key] = file
            continue
        other = seen[key]
        message = f"{key} is rendered twice: the other is in {other.path}, from the {other.source}"
        yield Problem(MANIFEST_DUPLICATE, file, index, ("metadata", "name"), message, "Keep one of the two.")
