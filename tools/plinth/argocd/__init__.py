"""What every kind shares that Argo CD syncs: Applications, projects, and the marks on objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth import templating
from plinth.model import Data, Manifest, ManifestFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plinth.catalog import View
    from plinth.model import Declaration

GUARDED = frozenset(
    {
        ("", "Namespace"),
        ("", "PersistentVolumeClaim"),
        ("postgresql.cnpg.io", "Cluster"),
        ("postgresql.cnpg.io", "Database"),
    }
)
"""Kinds that hold data: Argo CD deletes none of them before a person confirms it."""

SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_CONFIRM = ("Prune=confirm", "Delete=confirm")


def namespace(view: View) -> str:
    """Return the namespace that Argo CD runs in, which its own objects must be in."""
    return next(iter(view.namespaces_providing("crd:argoproj.io")), "argocd")


def chart_repository(url: str) -> str:
    """Return a chart repository's address as Argo CD wants it: a registry without its scheme (user guide, "Helm")."""
    return url.removeprefix("oci://")


def manifest_file(
    path: str,
    declaration: Declaration,
    view: View,
    objects: Iterable[dict[str, Data]],
    labels: dict[str, str] | None = None,
) -> ManifestFile:
    """Make a file of objects, each with the platform's, the declaration's and the given labels, and guarded if it holds data."""
    common = {
        **view.platform_spec["labels"],
        **declaration.labels,
        "app.kubernetes.io/managed-by": "plinth",
        "plinth/environment": view.name,
        **(labels or {}),
    }
    return ManifestFile(path, declaration.ref, tuple(Manifest(_finished(data, common)) for data in objects))


def _finished(data: dict[str, Data], labels: dict[str, str]) -> dict[str, Data]:
    """Put labels and guards on an object; what it says itself stays. An object without metadata is left to verification."""
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return data
    own = metadata.get("labels")
    metadata = {**metadata, "labels": {**labels, **own} if isinstance(own, dict) else labels}
    group = str(data.get("apiVersion", "")).rpartition("/")[0]
    annotations = metadata.get("annotations") or {}
    written = annotations.get(SYNC_OPTIONS, "") if isinstance(annotations, dict) else None
    if (group, str(data.get("kind"))) in GUARDED and isinstance(written, str):
        options = [option for option in written.split(",") if option]
        options += [option for option in _CONFIRM if option not in options]
        metadata["annotations"] = {**annotations, SYNC_OPTIONS: ",".join(options)}
    return {**data, "metadata": metadata}


def application(
    declaration: Declaration,
    view: View,
    *,
    name: str,
    project: str,
    directory: str,
    namespace_of_objects: str,
    wave: int,
    helm: dict[str, Data] | None = None,
    kustomize: str | None = None,
) -> ManifestFile:
    """Make the Application of ``rendered/<environment>/<directory>``, and of a chart or a Kustomize directory with it.

    Argo CD syncs Applications of a lower ``wave`` first, and waits until they are healthy.
    """
    context = {
        "name": name,
        "argocd_namespace": namespace(view),
        "wave": wave,
        "project": project,
        "repository": view.platform_spec["repository"],
        "path": f"rendered/{view.name}/{directory}",
        "kustomize": kustomize,
        "helm": helm,
        "server": view.cluster["server"],
        "namespace": namespace_of_objects,
        "sync": view.spec["sync"],
    }
    objects = templating.manifests("argocd/templates/application.yaml.j2", context, tracing=view.tracing)
    return manifest_file(f"argocd/{directory}.yaml", declaration, view, objects)


def project(declaration: Declaration, view: View, *, name: str, context: dict[str, Data]) -> ManifestFile:
    """Make an AppProject. ``context`` holds what projects differ in: description, destinations, allowed kinds, roles."""
    shared = {
        "name": name,
        "argocd_namespace": namespace(view),
        "repository": view.platform_spec["repository"],
        "server": view.cluster["server"],
        "windows": view.spec["sync"]["windows"],
    }
    objects = templating.manifests("argocd/templates/project.yaml.j2", {**shared, **context}, tracing=view.tracing)
    return manifest_file(f"argocd/projects/{name}.yaml", declaration, view, objects)
