"""Components do not require each other in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Related, Rule
from plinth.graph import cycles
from plinth.ordering import needs
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding

RULE = Rule(
    "requirement-cycle",
    "Components do not require each other in a circle.",
    "Argo CD syncs a component when what it requires is healthy; in a circle none could be the first.",
    "",
    "",
)


def check(catalog: Catalog) -> Iterator[Finding]:
    """Find circles of requirements; one that is in several environments is reported once."""
    components = {component.ref.name: component for component in catalog.of("Component")}
    found = {tuple(cycle) for name in catalog.environments for cycle in cycles(needs(catalog.component_specs(name)))}
    for cycle in sorted(found):
        places = [locate(components[name].document, ("spec", "requires"), on_key=True) for name in cycle]
        yield RULE.at(
            places[0],
            f"components require each other in a circle: {' → '.join([*cycle, cycle[0]])}",
            help="Take out the requirement that can wait, or split a component in two.",
            related=tuple(
                Related(place, f"{name} requires from here") for name, place in zip(cycle[1:], places[1:], strict=True)
            ),
        )
