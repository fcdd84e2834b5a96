"""The order of the stages; nothing else knows it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plinth.catalog import Catalog
from plinth.findings import Finding, has_errors, in_order
from plinth.load import load
from plinth.masking import masked
from plinth.render import emit_bundle, render
from plinth.resolve import PLATFORM_MISSING, resolve
from plinth.rules import secret_value
from plinth.schemas import ManifestSchemas
from plinth.validate import validate
from plinth.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from plinth.model import Bundle


@dataclass
class Result:
    """What came of a run. ``tree`` maps paths below ``rendered/`` to bytes; it is empty if there are errors."""

    findings: list[Finding] = field(default_factory=list)
    declaration_count: int = 0
    declared_environments: list[str] = field(default_factory=list)
    """The names of all environments, also of those with errors."""
    catalog: Catalog = field(default_factory=lambda: Catalog({}))
    bundles: list[Bundle] = field(default_factory=list)
    tree: dict[str, bytes] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each stage took, by its name."""

    @property
    def found_nothing(self) -> bool:
        """Whether there was nothing to check: no declaration, and no file that should have been one."""
        return not self.declaration_count and {finding.rule for finding in self.findings} <= {PLATFORM_MISSING.name}

    @property
    def manifest_count(self) -> int:
        """How many Kubernetes objects were rendered."""
        return sum(bundle.manifest_count for bundle in self.bundles)

    @property
    def ok(self) -> bool:
        """Whether there is no error, so that the tree may be written."""
        return not has_errors(self.findings)


def run(
    root: Path, environments: Sequence[str] | None = None, on_stage: Callable[[str], None] = lambda _: None
) -> Result:
    """Take a repository through all stages, in memory. ``on_stage`` hears the name of each stage as it begins.

    Raises ``ContractError`` and ``TemplateError`` if the tool itself is broken.
    """
    result = Result()

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        on_stage(name)
        start = time.perf_counter()
        yield
        result.seconds[name] = time.perf_counter() - start

    with stage("load"):
        loaded = load(root)
        result.declaration_count = len(loaded.places)
        result.declared_environments = sorted(ref.name for ref in loaded.places if ref.kind == "Environment")
        result.findings += loaded.findings
    with stage("validate"):
        declarations, found = validate(loaded.documents)
        result.findings += found
        result.findings += secret_value.check((*loaded.documents.values(), *loaded.sources.values()))
    with stage("resolve"):
        result.catalog, found = resolve(loaded, declarations)
        result.findings += found
    if result.catalog.platform is not None:
        schemas = ManifestSchemas(result.catalog.platform.spec["kubernetesVersion"], root)
        result.catalog = replace(result.catalog, schemas=schemas)
        with stage("render"):
            result.bundles = render(result.catalog, environments)
        with stage("verify"):
            documents = {document.file: document for document in (*loaded.documents.values(), *loaded.sources.values())}
            result.findings += verify(result.bundles, result.catalog, schemas, documents)
    result.findings = in_order([masked(finding) for finding in result.findings])
    if result.ok:
        with stage("emit"):
            result.tree = dict(item for bundle in result.bundles for item in emit_bundle(bundle))
    return result
