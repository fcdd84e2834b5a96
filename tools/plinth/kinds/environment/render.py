"""What an Environment becomes: the platform's own Argo CD project, and the registries that charts come from."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from plinth import argocd, templating

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plinth.catalog import Catalog, View
    from plinth.model import Data, Declaration, RenderedFile

PLATFORM_PROJECT = "platform"


def environments(declaration: Declaration, catalog: Catalog) -> Sequence[str]:  # noqa: ARG001 - one signature for all kinds
    """Return the environment itself."""
    return (declaration.ref.name,)


def render(declaration: Declaration, spec: dict[str, Data], view: View) -> Iterator[RenderedFile]:  # noqa: ARG001 - one signature for all kinds
    """Render the project of components and tenants, and a repository entry for each OCI registry of charts."""
    charts = sorted({component["source"]["helm"]["repository"] for component in _helm_components(view)})
    yield argocd.project(
        declaration,
        view,
        name=PLATFORM_PROJECT,
        context={
            "description": f"The components and tenants of {view.platform_spec['organisation']}'s ML platform",
            "charts": [argocd.chart_repository(url) for url in charts],
            "namespaces": ["*"],
            "cluster_kinds": [{"group": "*", "kind": "*"}],
            "namespaced_kinds": None,
            "roles": [],
            "windows": [],
        },
    )
    registries = [url for url in charts if url.startswith("oci://")]
    if registries:
        context = {
            "argocd_namespace": argocd.namespace(view),
            "registries": [_registry(argocd.chart_repository(url)) for url in registries],
        }
        objects = templating.manifests(
            "kinds/environment/templates/repositories.yaml.j2", context, tracing=view.tracing
        )
        yield argocd.manifest_file("argocd/repositories.yaml", declaration, view, objects)


def _registry(address: str) -> dict[str, str]:
    """Name the entry of a registry: readable, and with a digest, as several addresses may read alike."""
    readable = re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-")[:200]
    digest = hashlib.sha256(address.encode("utf-8")).hexdigest()[:8]
    return {"name": f"charts-{readable}-{digest}", "address": address}


def _helm_components(view: View) -> list[dict[str, Data]]:
    return [spec for spec in view.components.values() if "helm" in spec["source"]]
