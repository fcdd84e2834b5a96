"""What a Release becomes: a KServe InferenceService with its service account and network rules, and its Application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth import argocd, templating
from plinth.model import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plinth.catalog import Catalog, View
    from plinth.model import Data, Declaration, RenderedFile


def environments(declaration: Declaration, catalog: Catalog) -> Sequence[str]:  # noqa: ARG001 - one signature for all kinds
    """Return the environment that the release is for."""
    return (declaration.ref.environment,)


def render(declaration: Declaration, spec: dict[str, Data], view: View) -> Iterator[RenderedFile]:
    """Render the model's serving objects and the Application that syncs them."""
    ref = declaration.ref
    model = view.catalog.declarations[Ref("Model", ref.name, ref.tenant)]
    metadata = declaration.document.data["metadata"]
    context = {
        "name": metadata["name"],
        "namespace": metadata["tenant"],
        "spec": spec,
        "framework": model.spec["framework"],
        "registered_name": model.spec["registeredName"],
        "size": view.size(spec["size"]),
        "callers": [*view.namespaces_providing("gateway"), *view.namespaces_providing("metrics")],
        "has_credentials": "secretStore" in view.spec,
    }
    objects = templating.manifests("kinds/release/templates/manifests.yaml.j2", context, tracing=view.tracing)
    directory = f"models/{ref.tenant}/{ref.name}"
    labels = {"plinth/tenant": ref.tenant, "plinth/model": ref.name}
    yield argocd.manifest_file(f"{directory}/manifests.yaml", declaration, view, objects, labels)
    yield argocd.application(
        declaration,
        view,
        name=f"model-{ref.tenant}.{ref.name}",
        project=ref.tenant,
        directory=directory,
        namespace_of_objects=ref.tenant,
        wave=view.last_component_wave + 2,
    )
