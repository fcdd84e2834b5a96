"""What declarations name: where, whether it exists, and what depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from plinth import kinds
from plinth.contracts import contract, find
from plinth.findings import Finding, Rule
from plinth.model import Declaration, Path, Ref
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from plinth.contracts import Reference

REFERENCE_UNKNOWN = Rule(
    "reference-unknown",
    "What a declaration names exists.",
    "A reference to something that is not declared would only fail in the cluster, at sync or at run time.",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, size: gigantic}]}\n",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, size: small}]}\n",
)


# An environment goes on without a component that is broken; else one slip there would hide what is wrong everywhere else.
_SPARED = frozenset({"Component"})


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a declaration names something. ``target`` is a kind, or a mapping of the Platform's."""

    path: Path
    on_key: bool
    target: str
    name: str

    @property
    def is_entry(self) -> bool:
        """Whether an entry of a mapping is named, and not a declaration."""
        return "." in self.target

    def ref(self, tenant: str) -> Ref:
        """Return the identity of the declaration that is named, as seen from a tenant's declaration."""
        owner, slash, name = self.name.rpartition("/")
        is_owned = "{tenant}" in kinds.all_kinds()[self.target].place
        return Ref(self.target, name, (owner if slash else tenant) if is_owned else "")


def mentions(declaration: Declaration) -> Iterator[Mention]:
    """Yield every place where a declaration names something, as its kind's schema says."""
    for reference in contract(declaration.ref.kind).references:
        yield from _mentions(declaration, reference)


def _mentions(declaration: Declaration, reference: Reference) -> Iterator[Mention]:
    for path, value in find(declaration.document.data, reference.pattern):
        name = path[-1] if reference.on_key else value
        if isinstance(name, str):
            yield Mention(path, reference.on_key, reference.target, name)


def unknown_references(
    declaration: Declaration,
    mentioned: Collection[Mention],
    places: Collection[Ref],
    declarations: Mapping[Ref, Declaration],
) -> Iterator[Finding]:
    """Find what a declaration names and nothing declares. ``places`` are all identities that files claim, valid or not."""
    for mention in mentioned:
        if mention.is_entry:
            known = _entries(mention.target, declarations)
            if known is None or mention.name in known:
                continue
        else:
            ref = mention.ref(declaration.ref.tenant)
            if ref in places:
                continue
            known = _alike(ref, places, with_tenant="/" in mention.name)
        kind_word = mention.target.rsplit(".", 1)[-1].removesuffix("s")
        yield REFERENCE_UNKNOWN.at(
            locate(declaration.document, mention.path, on_key=mention.on_key),
            f"there is no {kind_word} `{mention.name}`",
            help=_suggestion(mention.name, sorted(known)),
        )


def _entries(target: str, declarations: Mapping[Ref, Declaration]) -> set[str] | None:
    """Return the keys of a mapping of the Platform, or nothing if the Platform itself is broken."""
    kind, *path = target.split(".")
    platform = next((item for ref, item in declarations.items() if ref.kind == kind), None)
    if platform is None:
        return None
    return {str(key) for _, mapping in find(platform.document.data, tuple(path)) for key in mapping}


def _alike(ref: Ref, places: Collection[Ref], *, with_tenant: bool) -> set[str]:
    """Name what is declared of a kind, as it would be referred to: of one tenant, or of all with the tenant in front."""
    same_kind = [other for other in places if other.kind == ref.kind]
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


def with_dependents(broken: Collection[Ref], mentioned: Mapping[Ref, Collection[Mention]]) -> set[Ref]:
    """Return some declarations with all that refer to them, directly or not."""
    dependents: dict[Ref, set[Ref]] = {}
    for ref, its_mentions in mentioned.items():
        for mention in its_mentions:
            if mention.target in _SPARED:
                continue
            target = Ref(mention.target.split(".")[0], "") if mention.is_entry else mention.ref(ref.tenant)
            dependents.setdefault(target, set()).add(ref)
    # An entry of the Platform's is named without the Platform's own name: there is one.
    pending = [*broken, *(Ref(ref.kind, "") for ref in broken)]
    found: set[Ref] = set()
    while pending:
        ref = pending.pop()
        if ref not in found:
            found.add(ref)
            pending.extend(dependents.get(ref, ()))
    return {ref for ref in found if ref.name}
