"""A team's pipelines and releases are only where the team is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Related, Rule
from plinth.model import Ref
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding
    from plinth.model import Declaration, Path

RULE = Rule(
    "tenant-not-in-environment",
    "A team's pipelines and releases are in environments that the team is in.",
    "Elsewhere the team has no namespace, no quota and no service accounts; Argo CD would fail to sync.",
    "kind: Tenant\nspec: {environments: {production: null}}\n",
    "kind: Tenant\nspec: {environments: {production: {}}}\n",
)


def check(catalog: Catalog) -> Iterator[Finding]:
    """Find environments that a Pipeline or a Release names and its Tenant does not."""
    for pipeline in catalog.of("Pipeline"):
        for environment in pipeline.spec["environments"]:
            yield from _absent(catalog, pipeline, environment, ("spec", "environments", environment), on_key=True)
    for release in catalog.of("Release"):
        yield from _absent(catalog, release, release.ref.environment, ("metadata", "environment"), on_key=False)


def _absent(
    catalog: Catalog, declaration: Declaration, environment: str, path: Path, *, on_key: bool
) -> Iterator[Finding]:
    tenant = catalog.declarations.get(Ref("Tenant", declaration.ref.tenant))
    if tenant is None or environment in tenant.spec["environments"]:
        return
    yield RULE.at(
        locate(declaration.document, path, on_key=on_key),
        f"the tenant {tenant.ref.name} is not in the environment {environment}",
        help=f"Add `{environment}: {{}}` to spec.environments of {tenant.document.file}.",
        related=(Related(locate(tenant.document, ("spec", "environments"), on_key=True), "the tenant's environments"),),
    )
