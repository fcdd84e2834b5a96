"""Cycles, against all paths that there are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth.graph import cycles

NODES = "abcde"
GRAPHS = st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from([*NODES, "x"]), max_size=4), max_size=5)


def every_cycle(edges: dict[str, list[str]]) -> set[tuple[str, ...]]:
    """Return every cycle without a node twice, beginning with the smallest name, by walking all paths."""
    found: set[tuple[str, ...]] = set()

    def walk(path: tuple[str, ...]) -> None:
        for target in edges[path[-1]]:
            if target == path[0]:
                found.add(path)
            elif target in edges and target not in path and target > path[0]:
                walk((*path, target))

    for start in edges:
        walk((start,))
    return found


@settings(deadline=None, max_examples=500)
@given(GRAPHS)
def test_cycles_are_real_and_none_is_overlooked(edges: dict[str, list[str]]) -> None:
    found = [tuple(cycle) for cycle in cycles(edges)]
    real = every_cycle(edges)
    assert set(found) <= real
    assert len(found) == len(set(found))
    assert found == sorted(found)
    # Of cycles that share a node one is enough: but none may be untouched by what is found.
    nodes = {node for cycle in found for node in cycle}
    for cycle in real:
        assert nodes & set(cycle), (cycle, found)


@settings(deadline=None, max_examples=100)
@given(GRAPHS)
def test_without_what_is_found_there_is_no_cycle(edges: dict[str, list[str]]) -> None:
    """Taking one edge out of each cycle that is found, again and again, ends."""
    left = {node: set(targets) for node, targets in edges.items()}
    for _ in range(30):
        found = cycles(left)
        if not found:
            break
        for cycle in found:
            left[cycle[0]].discard(cycle[1 % len(cycle)])
    assert every_cycle({node: sorted(targets) for node, targets in left.items()}) == set()


@settings(deadline=None, max_examples=100)
@given(GRAPHS, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(edges: dict[str, list[str]], random: object) -> None:
    turned = {node: list(reversed(edges[node])) for node in reversed(list(edges))}
    assert cycles(turned) == cycles(edges)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({}, []),
        ({"a": []}, []),
        ({"a": ["a"]}, [["a"]]),
        ({"a": ["a", "a"]}, [["a"]]),
        ({"a": ["b"], "b": ["a"]}, [["a", "b"]]),
        ({"b": ["c"], "c": ["a"], "a": ["b"]}, [["a", "b", "c"]]),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, []),
        ({"a": ["gone"]}, []),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]}, [["a", "b"], ["c", "d"]]),
    ],
)
def test_by_hand(edges: dict[str, list[str]], expected: list[list[str]]) -> None:
    assert cycles(edges) == expected


def test_a_long_chain_neither_recurses_nor_takes_long() -> None:
    names = [f"n{index:06}" for index in range(100_000)]
    chain = {name: [follower] for name, follower in zip(names, [*names[1:], "end"], strict=True)}
    start = time.perf_counter()
    assert cycles(chain) == []
    chain[names[-1]] = [names[0]]
    assert cycles(chain) == [names]
    assert time.perf_counter() - start < 20


def test_many_ways_to_the_same_place_are_walked_once() -> None:
    """Forty diamonds in a row have 2⁴⁰ paths."""
    edges: dict[str, list[str]] = {"n040": []}
    for index in range(40):
        edges |= {
            f"n{index:03}": [f"l{index:03}", f"r{index:03}"],
            f"l{index:03}": [f"n{index + 1:03}"],
            f"r{index:03}": [f"n{index + 1:03}"],
        }
    assert cycles(edges) == []
