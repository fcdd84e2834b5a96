"""What a Component becomes: its namespace and extra manifests, and the Application that installs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth import argocd, templating
from plinth.kinds import Overlay
from plinth.kinds.environment.render import PLATFORM_PROJECT
from plinth.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plinth.catalog import Catalog, View
    from plinth.model import Data, Declaration, RenderedFile


def environments(declaration: Declaration, catalog: Catalog) -> Sequence[str]:
    """Name the environments that list the component."""
    return tuple(item.ref.name for item in catalog.of("Environment") if declaration.ref.name in item.spec["components"])


def overlays(declaration: Declaration, environment: str, catalog: Catalog) -> list[Overlay]:
    """Return the component's own overlay for an environment, then the environment's for the component."""
    found = []
    own = declaration.spec.get("environments", {}).get(environment)
    if own:
        found.append(Overlay(declaration, ("spec", "environments", environment), _with_version(own)))
    for item in catalog.of("Environment"):
        theirs = item.spec["components"].get(declaration.ref.name)
        if item.ref.name == environment and theirs:
            found.append(Overlay(item, ("spec", "components", declaration.ref.name), theirs))
    return found


def _with_version(overlay: dict[str, Data]) -> dict[str, Data]:
    """Put the overlay's ``version`` where the specification has it."""
    moved = {key: value for key, value in overlay.items() if key != "version"}
    if "version" in overlay:
        moved["source"] = {"helm": {"version": overlay["version"]}}
    return moved


def render(declaration: Declaration, spec: dict[str, Data], view: View) -> Iterator[RenderedFile]:
    """Render the namespace, the extra manifests, the plain manifests of the source, and the Application."""
    name = declaration.ref.name
    known = _variables(declaration, spec, view)
    context = {"namespace": spec["namespace"], "component": name, "pod_security": spec["podSecurity"]}
    objects = templating.manifests("kinds/component/templates/namespace.yaml.j2", context, tracing=view.tracing)
    objects += [_placed(item, spec["namespace"], view) for item in substitute(_plain_manifests(spec, view), known)]
    directory = f"components/{name}"
    labels = {"plinth/component": name}
    yield argocd.manifest_file(f"{directory}/manifests.yaml", declaration, view, objects, labels)
    yield argocd.application(
        declaration,
        view,
        name=f"component-{name}",
        project=PLATFORM_PROJECT,
        directory=directory,
        namespace_of_objects=spec["namespace"],
        wave=view.waves.get(name, 0),
        helm=_helm(name, spec, known),
        kustomize=spec["source"].get("kustomize", {}).get("path"),
    )


def _helm(name: str, spec: dict[str, Data], known: dict[str, str]) -> dict[str, Data] | None:
    helm = spec["source"].get("helm")
    if helm is None:
        return None
    return {
        **helm,
        "repository": argocd.chart_repository(helm["repository"]),
        "releaseName": helm.get("releaseName", name),
        "values": substitute(spec["values"], known),
    }


def _plain_manifests(spec: dict[str, Data], view: View) -> list[dict[str, Data]]:
    folder = spec["source"].get("manifests", {}).get("path")
    plain = [
        document
        for file, source in sorted(view.catalog.sources.items())
        if folder and file.startswith(f"{folder}/")
        for document in source.data
        if isinstance(document, dict)
    ]
    return [*plain, *spec["manifests"]]


def _placed(data: dict[str, Data], namespace: str, view: View) -> dict[str, Data]:
    """Put an object without a namespace into the component's, if its kind has namespaces."""
    metadata = data.get("metadata")
    if not isinstance(metadata, dict) or "namespace" in metadata:
        return data
    schemas = view.catalog.schemas
    if schemas is not None and not schemas.is_namespaced(str(data.get("apiVersion", "")), str(data.get("kind", ""))):
        return data
    return {**data, "metadata": {**metadata, "namespace": namespace}}


def _variables(declaration: Declaration, spec: dict[str, Data], view: View) -> dict[str, str]:
    platform = view.platform_spec
    return {
        "environment.name": view.name,
        "environment.domain": view.spec["domain"],
        "platform.domain": platform["domain"],
        "platform.organisation": platform["organisation"],
        "platform.repository.url": platform["repository"]["url"],
        "platform.repository.branch": platform["repository"]["branch"],
        "component.name": declaration.ref.name,
        "component.namespace": spec["namespace"],
    }
