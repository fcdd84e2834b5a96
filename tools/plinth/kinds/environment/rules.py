"""Rules of environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth import variables
from plinth.findings import Related, Rule
from plinth.graph import cycles
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding
    from plinth.model import Declaration

PROMOTION_CYCLE = Rule(
    "promotion-cycle",
    "Environments promote in one direction.",
    "A release comes from the environment before; in a circle none could ever be the first.",
    "kind: Environment\nmetadata: {name: dev}\nspec: {promotesFrom: staging}\n",
    "kind: Environment\nmetadata: {name: staging}\nspec: {promotesFrom: dev}\n",
)


def check(environment: Declaration, catalog: Catalog) -> Iterator[Finding]:
    """Find unknown variables, and a circle of promotesFrom, reported once: at its first environment by name."""
    yield from variables.unknown(environment.document, ("spec", "components"))
    environments = {item.ref.name: item for item in catalog.of("Environment")}
    before = {
        name: [item.spec["promotesFrom"]] if "promotesFrom" in item.spec else [] for name, item in environments.items()
    }
    for cycle in cycles(before):
        if cycle[0] != environment.ref.name:
            continue
        others = [environments[name] for name in cycle[1:]]
        yield PROMOTION_CYCLE.at(
            locate(environment.document, ("spec", "promotesFrom")),
            f"environments promote in a circle: {' from '.join([*cycle, cycle[0]])}",
            help="Take promotesFrom out of the environment that releases come to first.",
            related=tuple(
                Related(locate(other.document, ("spec", "promotesFrom")), f"{other.ref.name} promotes from here")
                for other in others
            ),
        )
