"""Rules of releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Related, Rule
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding
    from plinth.model import Declaration

REPLICAS_REVERSED = Rule(
    "replicas-reversed",
    "The smallest number of replicas is not greater than the largest.",
    "KServe's webhook refuses a minimum above the maximum.",
    "kind: Release\nspec: {replicas: {min: 3, max: 2}}\n",
    "kind: Release\nspec: {replicas: {min: 2, max: 3}}\n",
)


def check(release: Declaration, catalog: Catalog) -> Iterator[Finding]:
    """Compare the bounds of the replicas, defaults included."""
    replicas = catalog.effective_spec(release)["replicas"]
    if replicas["min"] <= replicas["max"]:
        return
    written = release.spec["replicas"]
    bound = "min" if "min" in written else "max"
    related: tuple[Related, ...] = ()
    if bound == "min" and "max" in written:
        related = (Related(locate(release.document, ("spec", "replicas", "max")), "the maximum"),)
    yield REPLICAS_REVERSED.at(
        locate(release.document, ("spec", "replicas", bound)),
        f"at least {replicas['min']} replicas, but at most {replicas['max']}",
        help=f"Raise max to {replicas['min']} or more, or lower min.",
        related=related,
    )
