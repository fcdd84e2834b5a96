"""A capability has one provider in an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Related, Rule
from plinth.ordering import providers
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding
    from plinth.model import Declaration, Path

RULE = Rule(
    "capability-ambiguous",
    "A capability has one provider in an environment.",
    "With two object stores in one environment nobody can say which one a pipeline's data is in.",
    "",
    "",
)


def check(catalog: Catalog) -> Iterator[Finding]:
    """Find the second component of an environment that provides a capability; reported once for all environments."""
    components = {component.ref.name: component for component in catalog.of("Component")}
    pairs: dict[tuple[str, str, str], list[str]] = {}
    for environment in catalog.environments:
        for capability, names in providers(catalog.component_specs(environment)).items():
            for second in names[1:]:
                pairs.setdefault((capability, names[0], second), []).append(environment)
    for (capability, first, second), environments in sorted(pairs.items()):
        yield RULE.at(
            locate(components[second].document, _path(components[second], capability)),
            f"`{capability}` is provided by {first}, too, in {', '.join(environments)}",
            help="Let one of the two run there, or let them provide different capabilities.",
            related=(
                Related(locate(components[first].document, _path(components[first], capability)), "the other one"),
            ),
        )


def _path(component: Declaration, capability: str) -> Path:
    return ("spec", "provides", component.spec["provides"].index(capability))
