"""Two environments must not share a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Related, Rule
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding
    from plinth.model import Declaration

RULE = Rule(
    "cluster-shared",
    "Each environment has clusters of its own.",
    "A team's namespace has the same name in every environment, so two environments on one cluster would sync two versions "
    "of the same objects over each other.",
    "kind: Environment\nmetadata: {name: staging}\n"
    "spec: {clusters: [{name: dev-1, nodePools: [{name: all, count: 3, cpu: '8', memory: 32Gi}]}]}\n",
    "kind: Environment\nmetadata: {name: staging}\n"
    "spec: {clusters: [{name: staging-1, nodePools: [{name: all, count: 3, cpu: '8', memory: 32Gi}]}]}\n",
)


def check(catalog: Catalog) -> Iterator[Finding]:
    """Find a cluster whose name a second environment uses."""
    owners: dict[str, Declaration] = {}
    for environment in catalog.of("Environment"):
        for index, cluster in enumerate(environment.spec["clusters"]):
            path = ("spec", "clusters", index, "name")
            owner = owners.setdefault(cluster["name"], environment)
            if owner is environment:
                continue
            first = next(i for i, item in enumerate(owner.spec["clusters"]) if item["name"] == cluster["name"])
            yield RULE.at(
                locate(environment.document, path),
                f"the cluster `{cluster['name']}` belongs to the environment {owner.ref.name} already",
                help="Give each environment its own cluster.",
                related=(Related(locate(owner.document, ("spec", "clusters", first, "name")), "the first one"),),
            )
