"""The fifth stage: every manifest against its schema, and against what schemas cannot say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plinth.model import ManifestFile
from plinth.places import locate
from plinth.render import render_declaration, view_of
from plinth.tracing import marked, origin, traced_catalog
from plinth.verify import duplicates, objects, references, schema
from plinth.verify.problem import Sound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plinth.catalog import Catalog
    from plinth.findings import Finding, Location
    from plinth.model import Bundle, Data, Document, Path, Ref
    from plinth.schemas import ManifestSchemas
    from plinth.verify.problem import Problem

RULES = (*schema.RULES, *objects.RULES, *duplicates.RULES, *references.RULES)


def verify(
    bundles: Sequence[Bundle], catalog: Catalog, schemas: ManifestSchemas, documents: dict[str, Document]
) -> list[Finding]:
    """Verify every manifest; a finding is at the line of the declaration that the wrong value came from.

    ``documents`` are all files that values can come from, by path. Raises ``ContractError`` for a broken schema.
    """
    places = _Places(catalog, documents)
    found: dict[tuple[str, Location], list[Finding]] = {}
    for bundle in bundles:
        for problem in _problems(bundle, catalog, schemas):
            finding = places.finding(problem, bundle)
            found.setdefault((finding.rule, finding.location), []).append(finding)
    return [_folded(same_place) for same_place in found.values()]


def _folded(same_place: list[Finding]) -> Finding:
    """One wrong value may be rendered into hundreds of manifests: show the first, and say that there are others."""
    distinct = list(dict.fromkeys(same_place))
    first, others = distinct[0], len(distinct) - 1
    message = f"{first.message} (and the same {others} more times)" if others else first.message
    return replace(first, message=message)


def _problems(bundle: Bundle, catalog: Catalog, schemas: ManifestSchemas) -> Iterator[Problem]:
    broken = list(schema.check(bundle, schemas))
    yield from broken
    sound = Sound(bundle, frozenset((problem.file.path, problem.index) for problem in broken))
    yield from objects.check(sound)
    yield from duplicates.check(sound)
    yield from references.check(sound, catalog)


class _Places:
    """Finds where in the declarations a manifest's value was written. Renders with traces only when first asked."""

    def __init__(self, catalog: Catalog, documents: dict[str, Document]) -> None:
        self._catalog = catalog
        self._documents = documents
        self._traced: Catalog | None = None
        self._rendered: dict[tuple[str, Ref], dict[str, list[Data]]] = {}

    def finding(self, problem: Problem, bundle: Bundle) -> Finding:
        source = problem.file.source
        data = self._marked_manifests(bundle.environment, source)[problem.file.path][problem.index]
        file, path = origin(data, problem.path) or (self._catalog.declarations[source].document.file, ())
        document = self._documents[file]
        index, path = _document_index(document, path)
        return problem.rule.at(
            locate(document, path, on_key=problem.on_key, index=index), problem.message, problem.help
        )

    def _marked_manifests(self, environment: str, source: Ref) -> dict[str, list[Data]]:
        key = (environment, source)
        if key not in self._rendered:
            self._rendered[key] = self._render(environment, source)
        return self._rendered[key]

    def _render(self, environment: str, source: Ref) -> dict[str, list[Data]]:
        if self._traced is None:
            self._traced = traced_catalog(self._catalog)
        view = view_of(self._traced, environment, tracing=True)
        if view is None:
            raise LookupError(environment)
        return {
            file.path: [marked(manifest.data) for manifest in file.manifests]
            for file in render_declaration(self._traced.declarations[source], view)
            if isinstance(file, ManifestFile)
        }


def _document_index(document: Document, path: Path) -> tuple[int, Path]:
    """A file of plain manifests may hold several documents: there the path begins with the document's index."""
    if isinstance(document.data, list) and path and isinstance(path[0], int):
        return path[0], path[1:]
    return 0, path
