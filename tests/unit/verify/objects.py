"""What the tests of verification share: manifests by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plinth.catalog import Catalog
from plinth.model import Bundle, Declaration, Document, Manifest, ManifestFile, Ref
from plinth.verify.problem import Problem, Sound
from plinth.yamlio import load as reader

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE = Ref("Component", "c")


def parsed(text: str) -> list[dict[str, Any]]:
    documents, faults = reader.read_all(text)
    assert not faults, faults
    return documents


def sound(*texts: str) -> Sound:
    """Make a bundle of files, each a text of YAML documents, of which none breaks its schema."""
    files = tuple(
        ManifestFile(f"{index}.yaml", SOURCE, tuple(Manifest(data) for data in parsed(text)))
        for index, text in enumerate(texts)
    )
    return Sound(Bundle("dev", files), frozenset())


def catalog(
    provides: dict[str, list[str]] | None = None, runs: Iterable[str] = (), environment: str = "dev"
) -> Catalog:
    """Make a catalog of components that provide something, and an environment that runs some of them."""
    specs: dict[Ref, dict[str, Any]] = {
        Ref("Component", name): {"provides": capabilities} for name, capabilities in (provides or {}).items()
    }
    specs[Ref("Environment", environment)] = {"components": {name: {} for name in runs}}
    return Catalog(
        {ref: Declaration(ref, Document(f"{ref.name}.yaml", "", {"spec": spec})) for ref, spec in specs.items()}
    )


def shown(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Show each problem as its rule and its path."""
    return [(problem.rule.name, "/".join(str(step) for step in problem.path)) for problem in problems]
