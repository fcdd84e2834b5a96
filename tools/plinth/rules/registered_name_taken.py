"""A registered model belongs to one declaration."""

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
    "registered-name-taken",
    "No two models share a name in the registry.",
    "Versions are counted for each registered name: with two models under one name, version 7 of one may be the other.",
    "kind: Model\nspec: {registeredName: fraud-cards}\n",
    "kind: Model\nspec: {registeredName: flights-ontime}\n",
)


def check(catalog: Catalog) -> Iterator[Finding]:
    """Find the second model that uses a registered name."""
    owners: dict[str, Declaration] = {}
    path = ("spec", "registeredName")
    for model in catalog.of("Model"):
        owner = owners.setdefault(model.spec["registeredName"], model)
        if owner is not model:
            yield RULE.at(
                locate(model.document, path),
                f"the registered name `{model.spec['registeredName']}` belongs to the {owner.ref} already",
                help="Register the model under a name of its own, best with the team's name in front.",
                related=(Related(locate(owner.document, path), "the first one"),),
            )
