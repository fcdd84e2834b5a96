"""A rendered value's trace leads to the declaration's value that it is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from plinth import tracing
from plinth.load import load
from plinth.model import ManifestFile
from plinth.places import value_at
from plinth.render import render, render_declaration, view_of
from plinth.resolve import resolve
from plinth.tracing import marked, origin, traced_catalog
from plinth.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path as FilePath

    from plinth.catalog import Catalog
    from plinth.model import Data, Path


def catalog_of(root: FilePath) -> tuple[Catalog, dict[str, Data]]:
    loaded = load(root)
    declarations, found = validate(loaded.documents)
    catalog, more = resolve(loaded, declarations)
    assert not [finding for finding in (*loaded.findings, *found, *more) if finding.severity == 0]
    return catalog, {
        document.file: document.data for document in (*loaded.documents.values(), *loaded.sources.values())
    }


def leaves(data: Data, path: Path = ()) -> Iterator[tuple[Path, Data]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list | tuple):
        for index, item in enumerate(data):
            yield from leaves(item, (*path, index))
    else:
        yield path, data


@pytest.fixture(params=["base", "example"])
def repository(request: pytest.FixtureRequest) -> FilePath:
    root: FilePath = request.getfixturevalue(request.param)
    return root


def test_the_traced_catalog_is_equal(repository: FilePath) -> None:
    catalog, _ = catalog_of(repository)
    traced = traced_catalog(catalog)
    assert traced.sources == catalog.sources
    assert list(traced.declarations) == list(catalog.declarations)
    for ref, declaration in catalog.declarations.items():
        assert traced.declarations[ref].document.data == declaration.document.data
    for name in catalog.environments:
        for ref, declaration in catalog.declarations.items():
            assert traced.effective_spec(traced.declarations[ref], name) == catalog.effective_spec(declaration, name)


def test_rendering_the_traced_catalog_gives_the_same_manifests(repository: FilePath) -> None:
    """Without marking, what is rendered from traced values is what is rendered from plain ones."""
    catalog, _ = catalog_of(repository)
    assert render(traced_catalog(catalog)) == render(catalog)


def test_every_trace_leads_to_the_value_that_was_rendered(repository: FilePath) -> None:
    catalog, documents = catalog_of(repository)
    traced = traced_catalog(catalog)
    count = 0
    for bundle in render(catalog):
        view = view_of(traced, bundle.environment, tracing=True)
        assert view is not None
        for file in bundle.manifest_files:
            again = {
                item.path: item
                for item in render_declaration(traced.declarations[file.source], view)
                if isinstance(item, ManifestFile)
            }[file.path]
            assert len(again.manifests) == len(file.manifests)
            for plain, other in zip(file.manifests, again.manifests, strict=True):
                count += assert_traces(plain.data, marked(other.data), documents)
    assert count > 100


def assert_traces(plain: Data, marks: Data, documents: dict[str, Data]) -> int:
    """Compare every leaf with what its mark leads to; return how many have a mark."""
    marked_leaves = dict(leaves(marks))
    assert list(marked_leaves) == [path for path, _ in leaves(plain)]
    count = 0
    for path, value in leaves(plain):
        mark = marked_leaves[path]
        if not (isinstance(mark, str) and mark.startswith(tracing._MARK)):
            assert mark == value or isinstance(value, str)  # a text that was made of others, such as an owner list
            continue
        count += 1
        place = origin(marks, path)
        assert place is not None
        assert list(place) == [
            json.loads(mark.removeprefix(tracing._MARK))[0],
            tuple(json.loads(mark.removeprefix(tracing._MARK))[1:]),
        ]
        file, steps = place
        declared = value_at(documents[file], steps)
        if isinstance(declared, str) and "${" in declared:
            pattern = re.sub(r"\\\$\\\{(?:environment|platform|component)[a-zA-Z.\\]*\\\}", ".*", re.escape(declared))
            assert re.fullmatch(pattern, value, re.DOTALL), (declared, value)
        else:
            assert (type(declared), declared) == (type(value), value)
    return count


def test_values_of_an_overlay_are_traced_to_the_overlay(base: FilePath) -> None:
    catalog, _ = catalog_of(base)
    traced = traced_catalog(catalog)
    view = view_of(traced, "production", tracing=True)
    assert view is not None
    tenant = next(item for item in traced.of("Tenant") if item.ref.name == "flights")
    file = next(item for item in render_declaration(tenant, view) if isinstance(item, ManifestFile))
    index, quota = next((index, item) for index, item in enumerate(file.manifests) if item.kind == "ResourceQuota")
    assert index
    data = marked(quota.data)
    assert origin(data, ("spec", "hard", "limits.cpu")) == (
        "tenants/flights/tenant.yaml",
        ("spec", "environments", "production", "quota", "cpu"),
    )
    assert origin(data, ("spec", "hard", "limits.memory")) == (
        "tenants/flights/tenant.yaml",
        ("spec", "quota", "memory"),
    )


# Marks by hand


def mark(file: str, *path: str | int) -> str:
    return f"{tracing._MARK}{json.dumps([file, *path])}"


NESTED: dict[str, Any] = {
    "a": mark("f", "spec", "a"),
    "computed": "text",
    "both": {"x": mark("f", "spec", "list", 0, "x"), "y": mark("f", "spec", "list", 0, "y"), "z": 1},
    "mixed": [mark("g", "m"), mark("f", "spec", "n"), mark("f", "spec", "o"), 2],
    "empty": {"none": [], "one": None},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("a",), ("f", ("spec", "a"))),
        (("both", "x"), ("f", ("spec", "list", 0, "x"))),
        (("both", "z"), ("f", ("spec", "list", 0, "z"))),
        (("both", "gone"), ("f", ("spec", "list", 0, "gone"))),
        (("both", "gone", "deeper"), ("f", ("spec", "list", 0, "gone", "deeper"))),
        (("both",), ("f", ("spec", "list", 0))),
        (("mixed", 3), ("f", ("spec",))),
        (("mixed", 0), ("g", ("m",))),
        (("mixed", 9), ("f", ("spec",))),
        (("mixed", "name"), ("f", ("spec",))),
        (("computed",), ("f", ("spec", "computed"))),
        (("empty", "none", 0), ("f", ("spec", "empty", "none", 0))),
        (("a", "deeper"), ("f", ("spec", "a", "deeper"))),
        ((), ("f", ("spec",))),
    ],
)
def test_the_nearest_marks_tell_the_place(path: Path, expected: tuple[str, Path]) -> None:
    """Where a neighbour stands in the declaration as in the manifest, so does the value; else what they share tells it."""
    assert origin(NESTED, path) == expected


def test_without_any_mark_there_is_no_place() -> None:
    assert origin({"a": [1, "x"]}, ("a", 0)) is None


@pytest.mark.parametrize("text", ["\ue000", '\ue000["/etc/passwd"]', "\ue000{", '\ue000["platform/gone.yaml", "x"]'])
def test_a_text_that_looks_like_a_mark_is_none(text: str) -> None:
    """A declaration may hold any character as an escape in double quotes."""
    assert origin({"a": text, "b": [text]}, ("b", 0)) is None
    assert origin({"a": mark("f", "x"), "b": text}, ("b",)) == ("f", ("x",))


def test_a_hostile_description_is_verified_like_any_other(base: FilePath) -> None:
    """What is cut or joined loses its mark; it must not be taken for one then."""
    file = base / "tenants/flights/tenant.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("The team that is called flights.", '"\\ue000{ and so on"'), encoding="utf-8")
    catalog, _ = catalog_of(base)
    traced = traced_catalog(catalog)
    view = view_of(traced, "dev", tracing=True)
    assert view is not None
    tenant = next(item for item in traced.of("Tenant") if item.ref.name == "flights")
    for item in render_declaration(tenant, view):
        assert isinstance(item, ManifestFile)
        for manifest in item.manifests:
            data = marked(manifest.data)
            for path, _ in leaves(data):
                place = origin(data, path)
                assert place is not None
                assert place[0].endswith(".yaml")


def test_carry() -> None:
    one = tracing.TracedText("a")
    one.origin = mark("f", "x")
    assert tracing.carry("plain", "b") == "b"
    assert not hasattr(tracing.carry("plain", "b"), "origin")
    carried = tracing.carry(one, "b")
    assert (carried, marked(carried)) == ("b", one.origin)


def test_kinds_of_values() -> None:
    data = {"text": "a", "int": 1, "float": 1.5, "bool": True, "none": None, "list": ["b"], "empty": ""}
    traced = tracing._traced(data, "f", ())
    assert traced == data
    assert marked(traced) == {
        "text": mark("f", "text"),
        "int": mark("f", "int"),
        "float": mark("f", "float"),
        "bool": True,
        "none": None,
        "list": [mark("f", "list", 0)],
        "empty": mark("f", "empty"),
    }
