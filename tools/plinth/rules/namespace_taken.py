"""A tenant's namespace is nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Related, Rule
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding

# Of Kubernetes; and "argocd" and "platform", where Argo CD is and what its project for the platform is called.
_RESERVED = frozenset({"default", "kube-system", "kube-public", "kube-node-lease", "argocd", "platform"})

RULE = Rule(
    "namespace-taken",
    "A tenant's name is not the namespace of a component, of Kubernetes or of Argo CD.",
    "A tenant's name becomes its namespace. In a namespace of the platform the team could read the platform's secrets.",
    "kind: Component\nspec: {namespace: flights}\n",
    "kind: Component\nspec: {namespace: mlflow}\n",
)


def check(catalog: Catalog) -> Iterator[Finding]:
    """Find tenants and components that would live in a namespace that has an owner."""
    tenants = {tenant.ref.name: tenant for tenant in catalog.of("Tenant")}
    for name, tenant in tenants.items():
        if name in _RESERVED or name.startswith("kube-"):
            yield RULE.at(
                locate(tenant.document, ("metadata", "name")),
                f"the name `{name}` is reserved for Kubernetes and the platform",
                help="Choose another name for the tenant.",
            )
    for component in catalog.of("Component"):
        namespace = component.spec["namespace"]
        if namespace == "default" or namespace.startswith("kube-"):
            yield RULE.at(
                locate(component.document, ("spec", "namespace")),
                f"the namespace `{namespace}` belongs to Kubernetes",
                help="Give the component a namespace of its own.",
            )
        if namespace in tenants:
            place = locate(tenants[namespace].document, ("metadata", "name"))
            yield RULE.at(
                locate(component.document, ("spec", "namespace")),
                f"the namespace `{namespace}` belongs to the tenant of that name",
                help="Give the component a namespace of its own.",
                related=(Related(place, "the tenant"),),
            )
