"""The third stage: from single declarations to a catalog in which everything that is referred to exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth import kinds
from plinth.catalog import Catalog, merged_spec
from plinth.contracts import contract
from plinth.findings import Finding, Location, Rule, Severity, has_errors
from plinth.places import locate
from plinth.references import REFERENCE_UNKNOWN, mentions, unknown_references, with_dependents
from plinth.rules import CATALOG_CHECKS
from plinth.validate import schema_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from plinth.load import Loaded
    from plinth.model import Declaration, Path, Ref

PLATFORM_MISSING = Rule(
    "platform-missing",
    "A repository declares its platform.",
    "The Platform says which Kubernetes the manifests are verified for and where Argo CD finds them; without it nothing "
    "can be rendered.",
    "",
    "",
)

RULES = (PLATFORM_MISSING, REFERENCE_UNKNOWN)


def resolve(loaded: Loaded, declarations: dict[Ref, Declaration]) -> tuple[Catalog, list[Finding]]:
    """Check references, overlays and the rules of the kinds; return what is sound, and the findings.

    A declaration with an error is not in the catalog, and neither is what refers to it: that would only say the same
    thing again.
    """
    mentioned = {ref: tuple(mentions(declaration)) for ref, declaration in declarations.items()}

    def sound(broken: set[Ref]) -> Catalog:
        dropped = with_dependents(broken, mentioned)
        kept = {ref: declaration for ref, declaration in declarations.items() if ref not in dropped}
        incomplete = frozenset(ref.kind for ref in loaded.places if ref not in kept)
        return Catalog(kept, loaded.sources, frozenset(loaded.source_places), incomplete=incomplete)

    def by_itself(declaration: Declaration) -> Iterable[Finding]:
        yield from unknown_references(declaration, mentioned[declaration.ref], loaded.places.keys(), declarations)
        yield from list(_kind(declaration).check_overlays(declaration)) or _overlay_findings(declaration)

    broken = set(loaded.places) - set(declarations)
    alone, wrong_alone = _each(declarations, by_itself)
    catalog = sound(broken | wrong_alone)
    # Also of what is left out because of another one: each of its own errors is told in the same run.
    sane = {ref: declaration for ref, declaration in declarations.items() if ref not in wrong_alone}
    among_others, wrong_among_others = _each(sane, lambda declaration: _kind(declaration).check(declaration, catalog))
    together = [finding for check in CATALOG_CHECKS for finding in check(catalog)]
    wrong = broken | wrong_alone | wrong_among_others | _in_files_of(together, declarations)
    return sound(wrong), [*_platform_missing(loaded), *alone, *among_others, *together]


def _kind(declaration: Declaration) -> kinds.Kind:
    return kinds.all_kinds()[declaration.ref.kind]


def _each(
    declarations: Mapping[Ref, Declaration], check: Callable[[Declaration], Iterable[Finding]]
) -> tuple[list[Finding], set[Ref]]:
    """Check each declaration; return all findings, and which declarations have errors."""
    findings: list[Finding] = []
    wrong: set[Ref] = set()
    for ref, declaration in declarations.items():
        found = list(check(declaration))
        findings.extend(found)
        if has_errors(found):
            wrong.add(ref)
    return findings, wrong


def _in_files_of(findings: Iterable[Finding], declarations: Mapping[Ref, Declaration]) -> set[Ref]:
    files = {finding.location.file for finding in findings if finding.severity is Severity.ERROR}
    return {ref for ref, declaration in declarations.items() if declaration.document.file in files}


def _platform_missing(loaded: Loaded) -> Iterator[Finding]:
    if not any(ref.kind == "Platform" for ref in loaded.places):
        yield PLATFORM_MISSING.at(
            Location("platform/platform.yaml"),
            "there is no platform/platform.yaml",
            help="`plinth explain Platform` shows what it holds.",
        )


def _overlay_findings(declaration: Declaration) -> Iterator[Finding]:
    """An overlay may be right for itself and yet make a wrong whole, such as a schedule without its cron expression."""
    overlays = declaration.spec.get("environments")
    if not isinstance(overlays, dict) or not _kind(declaration).overlays_are_parts:
        return
    its_contract = contract(declaration.ref.kind)
    for environment, overlay in overlays.items():
        if not overlay:
            continue
        merged = merged_spec(declaration.spec, [overlay], its_contract)
        if its_contract.spec_validator.is_valid(merged):
            continue

        def place(path: Path, on_key: bool, environment: str = environment) -> Location:
            path = ("spec", "environments", environment, *path[1:])
            return locate(declaration.document, path, on_key=on_key)

        yield from schema_findings(merged, its_contract, its_contract.spec_validator, place, base=("spec",))
