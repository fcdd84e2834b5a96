"""Rules that span kinds, one file a rule. Each is a function from the catalog to findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.rules import (
    capability_ambiguous,
    capability_unmet,
    cluster_shared,
    name_too_long,
    namespace_taken,
    registered_name_taken,
    requirement_cycle,
    secret_value,
    tenant_not_in_environment,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plinth.catalog import Catalog
    from plinth.findings import Finding, Rule

_MODULES = (
    capability_ambiguous,
    capability_unmet,
    cluster_shared,
    name_too_long,
    namespace_taken,
    registered_name_taken,
    requirement_cycle,
    tenant_not_in_environment,
)

CATALOG_CHECKS: tuple[Callable[[Catalog], Iterable[Finding]], ...] = tuple(module.check for module in _MODULES)
RULES: tuple[Rule, ...] = (*(module.RULE for module in _MODULES), secret_value.RULE)
