"""What a Tenant becomes: a guarded namespace with its limits, network rules and roles, and an Argo CD project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth import argocd, templating
from plinth.kinds.environment.render import PLATFORM_PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import View
    from plinth.model import Data, Declaration, RenderedFile

# What releases render; a team's applications may hold nothing else, and nothing without a namespace.
_ALLOWED_KINDS = [
    {"group": "", "kind": "ServiceAccount"},
    {"group": "networking.k8s.io", "kind": "NetworkPolicy"},
    {"group": "serving.kserve.io", "kind": "InferenceService"},
]


def render(declaration: Declaration, spec: dict[str, Data], view: View) -> Iterator[RenderedFile]:
    """Render the namespace with everything in it, its Application, and the project of the team's own applications."""
    name = declaration.document.data["metadata"]["name"]
    context = {
        "name": name,
        "spec": spec,
        "services": _ports(view, "ports"),
        "callers": _ports(view, "connectsTo"),
        "roles": [
            {**role, "namespace": item["namespace"]}
            for item in view.components.values()
            for role in item["tenantAccess"]["roles"]
        ],
        "secret_store": view.spec.get("secretStore"),
        "object_store": view.endpoints.get("object-store"),
    }
    objects = templating.manifests("kinds/tenant/templates/manifests.yaml.j2", context, tracing=view.tracing)
    directory = f"tenants/{declaration.ref.name}"
    labels = {"plinth/tenant": name, "plinth/cost-centre": spec["costCentre"]}
    yield argocd.manifest_file(f"{directory}/manifests.yaml", declaration, view, objects, labels)
    # The team's own project allows no namespaces and no quotas, so what sets its bounds is synced by the platform's.
    yield argocd.application(
        declaration,
        view,
        name=f"tenant-{declaration.ref.name}",
        project=PLATFORM_PROJECT,
        directory=directory,
        namespace_of_objects=name,
        wave=view.last_component_wave + 1,
    )
    yield argocd.project(
        declaration,
        view,
        name=declaration.ref.name,
        context={
            "description": spec["description"][:255],
            "charts": [],
            "namespaces": [name],
            "cluster_kinds": [],
            "namespaced_kinds": _ALLOWED_KINDS,
            "roles": _roles(declaration.ref.name, spec["access"]),
        },
    )


def _ports(view: View, field: str) -> list[dict[str, Data]]:
    """List the components that open ports between them and tenants, with their namespaces."""
    return [
        {"namespace": spec["namespace"], "ports": spec["tenantAccess"][field]}
        for spec in view.components.values()
        if spec["tenantAccess"][field]
    ]


def _roles(project: str, access: dict[str, list[str]]) -> list[dict[str, Data]]:
    """Give the team's groups their own applications: all may look, those that work may sync. Nobody may override."""
    look = f"p, proj:{project}:{{role}}, applications, get, {project}/*, allow"
    sync = f"p, proj:{project}:{{role}}, applications, sync, {project}/*, allow"
    wanted = {
        "viewer": (access["view"], [look]),
        "member": (list(dict.fromkeys([*access["admin"], *access["edit"]])), [look, sync]),
    }
    return [
        {"name": role, "groups": groups, "policies": [policy.format(role=role) for policy in policies]}
        for role, (groups, policies) in wanted.items()
        if groups
    ]
