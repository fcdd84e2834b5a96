"""The order of components."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plinth.ordering import needs, providers, waves

NAMES = [f"c{number}" for number in range(8)]


@st.composite
def components(draw: st.DrawFn) -> dict[str, dict[str, list[str]]]:
    """Components each of which requires only what ones before it provide: so there is an order."""
    found = {}
    for index, name in enumerate(NAMES):
        required = draw(st.lists(st.sampled_from(NAMES[:index]), unique=True)) if index else []
        found[name] = {"provides": [f"of-{name}"], "requires": [f"of-{other}" for other in required]}
    return found


@given(components())
def test_each_component_comes_after_what_it_needs_and_no_later(specs: dict[str, dict[str, list[str]]]) -> None:
    edges = needs(specs)
    found = waves(edges)
    assert set(found) == set(specs)
    for name, before in edges.items():
        assert found[name] == max((found[other] + 1 for other in before), default=0)


def test_on_a_circle_there_is_no_wave() -> None:
    edges = {"a": ["b"], "b": ["a"], "after": ["a"], "free": []}
    assert waves(edges) == {"free": 0}


def test_a_component_does_not_wait_for_itself() -> None:
    assert needs({"a": {"provides": ["x"], "requires": ["x"]}}) == {"a": []}


def test_what_nothing_provides_is_nobodys_need() -> None:
    assert needs({"a": {"requires": ["x"]}}) == {"a": []}


def test_every_provider_is_named() -> None:
    assert providers({"a": {"provides": ["x"]}, "b": {"provides": ["x", "y"]}}) == {"x": ["a", "b"], "y": ["b"]}


def test_a_long_chain_needs_no_deep_stack() -> None:
    edges = {str(number): [str(number - 1)] if number else [] for number in range(5000)}
    assert waves(edges)["4999"] == 4999
