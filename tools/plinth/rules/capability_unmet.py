"""What a component requires is provided in each of its environments."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from plinth.findings import Rule
from plinth.ordering import providers
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding

RULE = Rule(
    "capability-unmet",
    "What a component requires is provided in every environment that it is in.",
    "Without its database, its identity provider or the definitions of its custom resources a component never comes up, and "
    "Argo CD tries for ever.",
    "kind: Component\nspec: {requires: [object-store]}\n",
    "kind: Component\nspec: {provides: [object-store], requires: [object-store]}\n",
)


def check(catalog: Catalog) -> Iterator[Finding]:
    """Find requirements that no component of the environment provides."""
    if "Component" in catalog.incomplete or "Environment" in catalog.incomplete:
        return  # what was left out may be the provider
    anywhere = providers(catalog.component_specs())
    here = {name: providers(catalog.component_specs(name)) for name in catalog.environments}
    for component in catalog.of("Component"):
        for index, capability in enumerate(component.spec.get("requires", [])):
            missing = [
                name
                for name in catalog.environments
                if component.ref.name in catalog.component_specs(name) and capability not in here[name]
            ]
            if missing:
                yield RULE.at(
                    locate(component.document, ("spec", "requires", index)),
                    f"nothing provides `{capability}` in {', '.join(missing)}",
                    help=_remedy(capability, anywhere, missing),
                )


def _remedy(capability: str, anywhere: dict[str, list[str]], missing: list[str]) -> str:
    if capability in anywhere:
        names = " or ".join(anywhere[capability])
        return f"List {names} in spec.components of {', '.join(missing)}."
    close = get_close_matches(capability, anywhere, n=1, cutoff=0.6)
    return (
        f"Did you mean `{close[0]}`?"
        if close
        else "No component provides it: add it to the `provides` of the one that does."
    )
