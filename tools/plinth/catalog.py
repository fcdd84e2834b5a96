"""The catalog: every valid declaration, and what an environment makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from plinth import kinds
from plinth.contracts import Contract, Schema, contract

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plinth.model import Data, Declaration, Document, Ref
    from plinth.schemas import ManifestSchemas
from plinth.ordering import needs, waves


@dataclass(frozen=True)
class Catalog:
    """All valid declarations of a repository."""

    declarations: dict[Ref, Declaration]
    sources: dict[str, Document] = field(default_factory=dict)
    """The YAML files below ``platform/manifests/`` by path; the data of each is the list of its documents."""
    source_places: frozenset[str] = frozenset()
    """All files there, also those that cannot be read."""
    schemas: ManifestSchemas | None = None
    """The schemas of what is rendered, once it is known for which Kubernetes."""
    incomplete: frozenset[str] = frozenset()
    """The kinds of which a declaration was left out: of what none of them does, nothing can be said."""

    def of(self, kind: str) -> list[Declaration]:
        """Return the declarations of one kind, by name."""
        return self._by_kind.get(kind, [])

    @cached_property
    def _by_kind(self) -> dict[str, list[Declaration]]:
        found: dict[str, list[Declaration]] = {}
        for ref in sorted(self.declarations):
            found.setdefault(ref.kind, []).append(self.declarations[ref])
        return found

    @cached_property
    def platform(self) -> Declaration | None:
        """The one Platform, if it is valid."""
        platforms = self.of("Platform")
        return platforms[0] if platforms else None

    @cached_property
    def environments(self) -> list[str]:
        """The environments' names, each after the one that it promotes from."""
        return in_promotion_order({item.ref.name: item.spec.get("promotesFrom") for item in self.of("Environment")})

    def component_specs(self, environment: str = "") -> dict[str, dict[str, Data]]:
        """Return the components' specs as they are written, by name: of one environment, or of all."""
        listed = [item.spec["components"] for item in self.of("Environment") if item.ref.name == environment]
        return {
            component.ref.name: component.spec
            for component in self.of("Component")
            if not environment or any(component.ref.name in components for components in listed)
        }

    def effective_spec(self, declaration: Declaration, environment: str = "") -> dict[str, Data]:
        """Return a declaration's ``spec`` as it holds in an environment: overlays merged, defaults filled."""
        kind = kinds.all_kinds()[declaration.ref.kind]
        overlays = kind.overlays(declaration, environment, self) if environment else []
        return merged_spec(declaration.spec, (overlay.data for overlay in overlays), contract(kind.name))


def merged_spec(spec: dict[str, Data], overlays: Iterable[Data], its_contract: Contract) -> dict[str, Data]:
    """Merge overlays over a ``spec``, in their order, and fill in the schema's defaults."""
    schema = its_contract.spec_schema
    for overlay in overlays:
        spec = merge(spec, overlay, schema, its_contract)
    filled: dict[str, Data] = its_contract.with_defaults(spec, schema)
    return filled


def merge(base: Data, overlay: Data, schema: Schema | None, its_contract: Contract) -> Data:
    """Merge an overlay over a value, as JSON merge patch does (RFC 7396), and keyed lists by their key.

    Mappings merge key by key; ``null`` takes a key away. A list whose schema names a merge key merges item by item: an
    overlay's item changes the one with the same key or is appended. Every other value replaces the one below it.
    """
    if isinstance(overlay, dict):
        merged = dict(base) if isinstance(base, dict) else {}
        for key, value in overlay.items():
            child = its_contract.child(schema, key) if schema is not None else None
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = merge(merged.get(key), value, child, its_contract)
        return merged
    keys = its_contract.resolve(schema).get("x-plinth-merge-key") if schema is not None else None
    if keys and isinstance(base, list) and isinstance(overlay, list):
        items = its_contract.child(schema, 0) if schema is not None else None
        return _merge_keyed(base, overlay, str(keys).split(","), items, its_contract)
    return overlay


def _merge_keyed(
    base: list[Data], overlay: list[Data], keys: list[str], schema: Schema | None, its_contract: Contract
) -> list[Data]:
    merged = list(base)
    position: dict[tuple[Data, ...], int] = {}
    for index, item in enumerate(base):
        position.setdefault(_merge_identity(item, keys), index)
    for item in overlay:
        index = position.setdefault(_merge_identity(item, keys), len(merged))
        if index == len(merged):
            merged.append({})
        merged[index] = merge(merged[index], item, schema, its_contract)
    return merged


def _merge_identity(item: Data, keys: list[str]) -> tuple[Data, ...]:
    identity = []
    for key in keys:
        value = item
        for step in key.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        identity.append(value)
    return tuple(identity)


def in_promotion_order(promotes_from: dict[str, str | None]) -> list[str]:
    """Sort environments so that each comes after the one it promotes from, and by name where that does not decide."""

    def distance(name: str) -> int:
        steps, seen = 0, {name}
        while (before := promotes_from.get(name)) is not None and before not in seen:
            steps, name = steps + 1, before
            seen.add(name)
        return steps

    return sorted(promotes_from, key=lambda name: (distance(name), name))


@dataclass(frozen=True)
class View:
    """A catalog as one environment sees it."""

    catalog: Catalog
    environment: Declaration
    platform: Declaration
    tracing: bool = False
    """Whether values are marked by their place; see ``tracing.py``."""

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.environment.ref.name

    @cached_property
    def platform_spec(self) -> dict[str, Data]:
        """The Platform's ``spec`` with its defaults."""
        return self.catalog.effective_spec(self.platform)

    @cached_property
    def spec(self) -> dict[str, Data]:
        """The Environment's ``spec`` with its defaults."""
        return self.catalog.effective_spec(self.environment)

    @cached_property
    def components(self) -> dict[str, dict[str, Data]]:
        """The components that run here, by name, each with its ``spec`` as it holds here."""
        return {
            component.ref.name: self.catalog.effective_spec(component, self.name)
            for component in self.catalog.of("Component")
            if component.ref.name in self.spec["components"]
        }

    @cached_property
    def waves(self) -> dict[str, int]:
        """The number of each component here in the order in which they come up."""
        return waves(needs(self.components))

    @property
    def last_component_wave(self) -> int:
        """The wave after which all components are up; tenants and models come later."""
        return max(self.waves.values(), default=0)

    @cached_property
    def endpoints(self) -> dict[str, str]:
        """The addresses of the services that the components here offer, by capability."""
        return {
            capability: address
            for spec in self.components.values()
            for capability, address in sorted(spec["endpoints"].items())
        }

    def namespaces_providing(self, capability: str) -> Sequence[str]:
        """Name the namespaces of the components here that provide a capability."""
        return sorted({spec["namespace"] for spec in self.components.values() if capability in spec["provides"]})

    @property
    def cluster(self) -> dict[str, Data]:
        """The cluster that this environment's applications go to."""
        cluster: dict[str, Data] = self.spec["clusters"][0]
        return cluster

    def size(self, name: str) -> dict[str, Data]:
        """Return what the Platform says of a named size."""
        size: dict[str, Data] = self.platform_spec["sizes"][name]
        return size
