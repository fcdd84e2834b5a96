"""How overlays merge and defaults fill, and in which order environments stand."""

from __future__ import annotations

import copy
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth.catalog import Catalog, in_promotion_order, merge, merged_spec
from plinth.contracts import Contract, contract
from plinth.model import Declaration, Document, Ref

OPEN: dict[str, Any] = {"type": "object"}
TASKS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "tasks": {
            "type": "array",
            "x-plinth-merge-key": "name",
            "items": {
                "type": "object",
                "properties": {
                    "size": {"type": "string", "default": "small"},
                    "ports": {"type": "array", "x-plinth-merge-key": "kind,metadata.name", "items": {"type": "object"}},
                },
            },
        },
        "plain": {"type": "array"},
    },
}


def merged(base: Any, overlay: Any, schema: Any = OPEN) -> Any:
    return merge(base, overlay, schema, Contract("Test", schema))


# Mappings: https://www.rfc-editor.org/rfc/rfc7396, appendix A.


@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_vectors_of_rfc_7396(original: Any, patch: Any, result: Any) -> None:
    assert merged(original, patch) == result
    assert merged(original, patch, None) == result


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=1), inner, max_size=3),
    max_leaves=10,
)
MAPPINGS = st.dictionaries(st.text("abc", max_size=1), VALUES, max_size=3)


@settings(deadline=None, max_examples=100)
@given(MAPPINGS)
def test_an_empty_overlay_changes_nothing(base: dict[str, Any]) -> None:
    assert merged(base, {}) == base


@settings(deadline=None, max_examples=150)
@given(MAPPINGS, MAPPINGS)
def test_merging_twice_is_merging_once(base: dict[str, Any], overlay: dict[str, Any]) -> None:
    once = merged(base, overlay)
    assert merged(once, overlay) == once


@settings(deadline=None, max_examples=100)
@given(MAPPINGS, MAPPINGS)
def test_merging_leaves_both_as_they_were(base: dict[str, Any], overlay: dict[str, Any]) -> None:
    before = copy.deepcopy((base, overlay))
    merged(base, overlay)
    assert (base, overlay) == before


ITEMS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcd")}, optional={"x": VALUES, "y": VALUES}),
    max_size=4,
    unique_by=lambda item: str(item["name"]),
)


@settings(deadline=None, max_examples=150)
@given(ITEMS, ITEMS)
def test_lists_with_a_key_merge_item_by_item(base: list[dict[str, Any]], overlay: list[dict[str, Any]]) -> None:
    before = copy.deepcopy((base, overlay))
    result = merged({"tasks": base}, {"tasks": overlay}, TASKS)["tasks"]
    assert (base, overlay) == before
    by_name = {item["name"]: item for item in overlay}
    names = [item["name"] for item in base]
    added = [item["name"] for item in overlay if item["name"] not in names]
    assert [item["name"] for item in result] == names + added
    for item in result:
        theirs = next((one for one in base if one["name"] == item["name"]), {})
        assert item == merged(theirs, by_name.get(item["name"], {}))
    assert merged({"tasks": result}, {"tasks": overlay}, TASKS) == {"tasks": result}


def test_lists_without_a_key_are_replaced() -> None:
    assert merged({"plain": [1, 2]}, {"plain": [3]}, TASKS) == {"plain": [3]}
    assert merged({"plain": [1, 2]}, {"plain": []}, TASKS) == {"plain": []}
    assert merged({"tasks": [{"name": "a"}]}, {"tasks": None}, TASKS) == {}


def test_a_key_may_be_of_several_parts_and_deeper() -> None:
    base = [{"kind": "A", "metadata": {"name": "x"}, "v": 1}, {"kind": "B", "metadata": {"name": "x"}, "v": 2}]
    overlay = [{"kind": "B", "metadata": {"name": "x"}, "v": None, "w": 3}, {"kind": "B", "metadata": {"name": "y"}}]
    spec = {"tasks": [{"name": "t", "ports": base}]}
    assert merged(spec, {"tasks": [{"name": "t", "ports": overlay}]}, TASKS) == {
        "tasks": [
            {
                "name": "t",
                "ports": [
                    {"kind": "A", "metadata": {"name": "x"}, "v": 1},
                    {"kind": "B", "metadata": {"name": "x"}, "w": 3},
                    {"kind": "B", "metadata": {"name": "y"}},
                ],
            }
        ]
    }


def test_items_of_the_base_with_the_same_key_all_stay() -> None:
    """Two objects may have the same kind and name in two namespaces."""
    base = [{"name": "a", "v": 1}, {"name": "a", "v": 2}, {"name": "b"}]
    assert merged({"tasks": base}, {"tasks": [{"name": "b", "v": 3}]}, TASKS)["tasks"] == [
        {"name": "a", "v": 1},
        {"name": "a", "v": 2},
        {"name": "b", "v": 3},
    ]


def test_overlays_come_in_their_order_and_defaults_last() -> None:
    its_contract = Contract(
        "Test", {"properties": {"spec": {**TASKS, "properties": {**TASKS["properties"], "level": {"default": 7}}}}}
    )
    spec = {"tasks": [{"name": "a", "size": "large"}], "plain": [0]}
    overlays = [{"plain": [1], "level": 1}, {"plain": [2], "tasks": [{"name": "b"}]}]
    assert merged_spec(spec, overlays, its_contract) == {
        "plain": [2],
        "level": 1,
        "tasks": [{"name": "a", "size": "large"}, {"name": "b", "size": "small"}],
    }
    assert merged_spec({}, [{"level": 1}, {"level": None}], its_contract) == {"level": 7}
    assert spec == {"tasks": [{"name": "a", "size": "large"}], "plain": [0]}


# The environments' order


def test_each_environment_comes_after_the_one_it_promotes_from() -> None:
    chain = {"production": "staging", "staging": "dev", "dev": None}
    for order in permutations(chain):
        assert in_promotion_order({name: chain[name] for name in order}) == ["dev", "staging", "production"]


@pytest.mark.parametrize(
    ("promotes_from", "order"),
    [
        ({}, []),
        ({"b": None, "a": None}, ["a", "b"]),
        ({"z": None, "a": "z", "b": "z", "c": "a"}, ["z", "a", "b", "c"]),
        ({"a": "gone"}, ["a"]),
        ({"a": "a"}, ["a"]),
        ({"a": "b", "b": "a", "c": None}, ["c", "a", "b"]),
    ],
)
def test_promotion_order(promotes_from: dict[str, str | None], order: list[str]) -> None:
    assert in_promotion_order(promotes_from) == order


# The catalog


def declared(kind: str, name: str, spec: dict[str, Any]) -> Declaration:
    data = {"apiVersion": "plinth/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return Declaration(Ref(kind, name), Document(f"{kind}/{name}.yaml", "", data))


def catalog(*declarations: Declaration) -> Catalog:
    return Catalog({declaration.ref: declaration for declaration in declarations})


COMPONENT: dict[str, Any] = {
    "description": "d",
    "namespace": "n",
    "source": {"helm": {"repository": "https://charts.example.com", "chart": "c", "version": "1.0.0"}},
    "values": {"a": {"from": "component", "kept": 1}, "list": [1]},
    "environments": {"dev": {"values": {"a": {"from": "component in dev"}, "b": 1, "list": [2]}, "version": "2.0.0"}},
}


def environment(name: str, components: dict[str, Any]) -> Declaration:
    return declared("Environment", name, {"components": components})


def test_the_environments_overlay_wins_over_the_components() -> None:
    component = declared("Component", "c", COMPONENT)
    theirs = {"values": {"a": {"from": "environment"}, "b": None}}
    one = catalog(component, environment("dev", {"c": theirs}), environment("production", {"c": {}}))
    spec = one.effective_spec(component, "dev")
    assert spec["values"] == {"a": {"from": "environment", "kept": 1}, "list": [2]}
    assert spec["source"]["helm"]["version"] == "2.0.0"
    spec = one.effective_spec(component, "production")
    assert spec["values"] == COMPONENT["values"]
    assert spec["source"]["helm"]["version"] == "1.0.0"
    assert one.effective_spec(component)["values"] == COMPONENT["values"]


def test_defaults_of_the_schema_are_filled_and_the_declaration_is_left_alone() -> None:
    component = declared("Component", "c", COMPONENT)
    before = copy.deepcopy(component.document.data)
    spec = catalog(component).effective_spec(component)
    assert spec["manifests"] == []
    assert spec["tenantAccess"]["ports"] == []
    assert spec["tenantAccess"]["roles"] == []
    crds = contract("Component").at(("spec", "source", "helm", "skipCrds"))
    assert crds is not None
    assert spec["source"]["helm"]["skipCrds"] is crds["default"]
    assert component.document.data == before


def test_declarations_are_listed_by_kind_and_name() -> None:
    one = catalog(*(declared("Component", name, {}) for name in "cab"), declared("Platform", "platform", {}))
    assert [item.ref.name for item in one.of("Component")] == ["a", "b", "c"]
    assert one.of("Tenant") == []
    assert one.platform is not None
    assert catalog().platform is None
    assert catalog().environments == []
