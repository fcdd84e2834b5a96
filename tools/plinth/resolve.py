"""The third stage: from single declarations to a catalog in which everything that is referred to exists."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from plinth import kinds
from plinth.catalog import Catalog, merged_spec
from plinth.contracts import contract, find
from plinth.findings import Finding, Location, Rule, Severity, has_errors
from plinth.model import Declaration, Path, Ref
from plinth.places import locate
from plinth.rules import CATALOG_CHECKS
from plinth.validate import schema_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plinth.contracts import Reference
    from plinth.load import Loaded

PLATFORM_MISSING = Rule(
    "platform-missing",
    "A repository declares its platform.",
    "The Platform says which Kubernetes the manifests are verified for and where Argo CD finds them; without it nothing "
    "can be rendered.",
    "",
    "",
)
REFERENCE_UNKNOWN = Rule(
    "reference-unknown",
    "What a declaration names exists.",
    "A reference to something that is not declared would only fail in the cluster, at sync or at run time.",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, size: gigantic}]}\n",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, size: small}]}\n",
)

RULES = (PLATFORM_MISSING, REFERENCE_UNKNOWN)


def resolve(loaded: Loaded, declarations: dict[Ref, Declaration]) -> tuple[Catalog, list[Finding]]:
    """Check references, overlays and the rules of the kinds; return what is sound, and the findings.

    A declaration with an error is not in the catalog, and neither is what refers to it: that would only say the same
    thing again.
    """
    findings: list[Finding] = []
    broken = set(loaded.places) - set(declarations)
    platform = Ref("Platform", "platform")
    if platform not in loaded.places:
        findings.append(
            PLATFORM_MISSING.at(
                Location("platform/platform.yaml"),
                "there is no platform/platform.yaml",
                help="`plinth explain Platform` shows what it holds.",
            )
        )
    references = {ref: list(_references(declaration)) for ref, declaration in declarations.items()}
    for ref, declaration in declarations.items():
        found = [
            *_unknown_references(declaration, references[ref], loaded, declarations),
            *(list(kinds.all_kinds()[ref.kind].check_overlays(declaration)) or _overlay_findings(declaration)),
        ]
        findings.extend(found)
        if found:
            broken.add(ref)
    catalog = _sound(declarations, references, broken, loaded)
    for ref, declaration in catalog.declarations.items():
        found = list(kinds.all_kinds()[ref.kind].check(declaration, catalog))
        findings.extend(found)
        if has_errors(found):
            broken.add(ref)
    found = [finding for check in CATALOG_CHECKS for finding in check(catalog)]
    findings.extend(found)
    wrong_files = {finding.location.file for finding in found if finding.severity is Severity.ERROR}
    broken |= {ref for ref, declaration in declarations.items() if declaration.document.file in wrong_files}
    return _sound(declarations, references, broken, loaded), findings


class _Mention:
    """One reference: where it stands, and what it names."""

    def __init__(self, path: Path, on_key: bool, reference: Reference, name: str) -> None:
        self.path = path
        self.on_key = on_key
        self.target = reference.target
        self.name = name

    def ref(self, tenant: str) -> Ref:
        """Return the identity of what is named, as seen from a tenant's declaration."""
        owner, slash, name = self.name.rpartition("/")
        is_owned = "{tenant}" in kinds.all_kinds()[self.target].place
        return Ref(self.target, name, (owner if slash else tenant) if is_owned else "")


def _references(declaration: Declaration) -> Iterator[_Mention]:
    for reference in contract(declaration.ref.kind).references:
        for path, value in find(declaration.document.data, reference.pattern):
            name = path[-1] if reference.on_key else value
            if isinstance(name, str):
                yield _Mention(path, reference.on_key, reference, name)


def _unknown_references(
    declaration: Declaration, mentions: Iterable[_Mention], loaded: Loaded, declarations: dict[Ref, Declaration]
) -> Iterator[Finding]:
    for mention in mentions:
        if "." in mention.target:
            known = _entries(mention.target, declarations)
            kind_word = mention.target.rsplit(".", 1)[-1].removesuffix("s")
            if known is None or mention.name in known:
                continue
        else:
            ref = mention.ref(declaration.ref.tenant)
            kind_word = mention.target
            if ref in loaded.places:
                continue
            known = _alike(ref, loaded, with_tenant="/" in mention.name)
        yield REFERENCE_UNKNOWN.at(
            locate(declaration.document, mention.path, on_key=mention.on_key),
            f"there is no {kind_word} `{mention.name}`",
            help=_suggestion(mention.name, sorted(known)),
        )


def _entries(target: str, declarations: dict[Ref, Declaration]) -> set[str] | None:
    """Return the keys of a mapping of the Platform, or nothing if the Platform itself is broken."""
    kind, *path = target.split(".")
    platform = next((item for ref, item in declarations.items() if ref.kind == kind), None)
    if platform is None:
        return None
    return {str(key) for _, mapping in find(platform.document.data, tuple(path)) for key in mapping}


def _alike(ref: Ref, loaded: Loaded, *, with_tenant: bool) -> set[str]:
    """Name what is declared of a kind, as it would be referred to: of one tenant, or of all with the tenant in front."""
    same_kind = [other for other in loaded.places if other.kind == ref.kind]
    if with_tenant:
        return {f"{other.tenant}/{other.name}" for other in same_kind}
    return {other.name for other in same_kind if other.tenant == ref.tenant}


def _suggestion(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean `{close[0]}`?"
    if not known:
        return "None is declared yet."
    shown = ", ".join(known[:10])
    return f"Declared: {shown}{'…' if len(known) > 10 else ''}."


def _overlay_findings(declaration: Declaration) -> Iterator[Finding]:
    """An overlay may be right for itself and yet make a wrong whole, such as a schedule without its cron expression."""
    overlays = declaration.spec.get("environments")
    if not isinstance(overlays, dict) or declaration.ref.kind == "Component":
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


def _sound(
    declarations: dict[Ref, Declaration],
    references: dict[Ref, list[_Mention]],
    broken: set[Ref],
    loaded: Loaded,
) -> Catalog:
    """Leave out the broken declarations and, step by step, what refers to them."""
    needs = {
        ref: {mention.ref(ref.tenant) for mention in mentions if "." not in mention.target}
        for ref, mentions in references.items()
    }
    sizes = {ref for ref, mentions in references.items() if any("." in mention.target for mention in mentions)}
    dependents: dict[Ref, set[Ref]] = {}
    for ref, targets in needs.items():
        for target in targets:
            dependents.setdefault(target, set()).add(ref)
    pending = list(broken)
    if any(ref.kind == "Platform" for ref in broken):
        pending.extend(sizes)
    dropped: set[Ref] = set()
    while pending:
        ref = pending.pop()
        if ref not in dropped:
            dropped.add(ref)
            pending.extend(dependents.get(ref, ()))
    sound = {ref: declaration for ref, declaration in declarations.items() if ref not in dropped}
    incomplete = frozenset(ref.kind for ref in loaded.places if ref not in sound)
    return Catalog(sound, loaded.sources, frozenset(loaded.source_places), incomplete)
