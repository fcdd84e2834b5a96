"""Whatever a value holds, it stays one value: in manifests and in Python."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import jinja2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plinth import templating
from plinth.templating import TemplateError
from plinth.yamlio import load as reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Templates = dict[str, str]

HOSTILE = [
    "", "a: b", "- a", "#", " # a", "a\nb: c", "\n---\nkind: Secret", "\r\nkind: Secret", "'", '"', '"\nkind: Secret\na: "',
    "\\", '\\"', "{a: b}", "[a]", "&a", "*a", "!!python/object/apply:os.system [ls]", "<<", "|", ">", "%YAML", "...", "---",
    "[[ 7 * 7 ]]", "[% raw %]", "[# a", "{{ a }}", "{% a %}", "]]", "%]", "#]", "yes", "null", "1", "1e3", "~", " a ", "a" * 500,
    "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\ufffe", "\u202e", "\ue000", "\uffff", "😀", "\U0010ffff", "é",
    '"""', "'''", '""" + __import__("os").system("ls") + """', "\\N{DIGIT ONE}", "{x}", "%s", "\\u0041", "\\",
]  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(HOSTILE)
DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def templates() -> Iterator[Templates]:
    """Templates by name, instead of those of the package."""
    given_templates: Templates = {}
    loader = jinja2.FunctionLoader(
        lambda name: (given_templates[name], name, lambda: False) if name in given_templates else None
    )
    environments = [
        templating._environment(finalize)
        for finalize in (templating._json, templating._traced_json, templating._python)
    ]
    before = [environment.loader for environment in environments]
    for environment in environments:
        environment.loader = loader
    yield given_templates
    for environment, own in zip(environments, before, strict=True):
        environment.loader = own


@pytest.fixture
def manifests(templates: Templates) -> Callable[..., list[dict[str, Any]]]:
    def render(text: str, **context: Any) -> list[dict[str, Any]]:
        templates["t"] = text
        return templating.manifests("t", context)

    return render


@pytest.fixture
def python(templates: Templates) -> Callable[..., str]:
    def render(text: str, **context: Any) -> str:
        templates["t"] = text
        return templating.python("t", context)

    return render


PLACES: list[tuple[str, Callable[[Any], Any]]] = [
    ("a: [[ x ]]\nb: 1\n", lambda x: {"a": x, "b": 1}),
    ("a:\n  - [[ x ]]\n  - [[ x ]]\n", lambda x: {"a": [x, x]}),
    ("a: {b: [[ x ]], c: [[ x ]]}\n", lambda x: {"a": {"b": x, "c": x}}),
    ("a: [ [[ x ]] , [[ x ]] ]\n", lambda x: {"a": [x, x]}),
    ("a: [[ [x, {'k': x}] ]]\n", lambda x: {"a": [x, {"k": x}]}),
    ("[% for item in [x, x] %]\nk[[ loop.index ]]: [[ item ]]\n[% endfor %]\n", lambda x: {"k1": x, "k2": x}),
    ("[% if x is defined %]\na: [[ x ]] # comment\n[% endif %]\n", lambda x: {"a": x}),
]


@pytest.mark.parametrize(("template", "expected"), PLACES, ids=[template for template, _ in PLACES])
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=DATA)
def test_any_value_in_any_place_stays_that_value(
    manifests: Callable[..., list[dict[str, Any]]], template: str, expected: Callable[[Any], Any], x: Any
) -> None:
    assert manifests(template, x=x) == [expected(x)]


@pytest.mark.parametrize("x", HOSTILE, ids=lambda x: ascii(x)[:30])
def test_hostile_texts_stay_texts(
    manifests: Callable[..., list[dict[str, Any]]], python: Callable[..., str], x: str
) -> None:
    for template, expected in PLACES:
        assert manifests(template, x=x) == [expected(x)]
    assert manifests('a: [[ "x-" ~ x ]]\nb: [[ x | upper ]]\nc: [[ [x] | join(", ") ]]\n', x=x) == [
        {"a": f"x-{x}", "b": x.upper(), "c": x}
    ]
    assert ast.literal_eval(python("[[ {'k': [x, [x]]} ]]", x=x)) == {"k": [x, [x]]}


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=DATA)
def test_any_value_in_python_is_a_literal(python: Callable[..., str], x: Any) -> None:
    text = python("value = [[ x ]]\nafter = 1\n", x=x)
    first, second = ast.parse(text).body
    assert isinstance(first, ast.Assign)
    assert ast.literal_eval(first.value) == x
    assert isinstance(second, ast.Assign)
    assert ast.literal_eval(second.value) == 1


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=TEXTS)
def test_a_description_at_the_top_of_a_python_file_is_its_docstring(python: Callable[..., str], x: str) -> None:
    assert ast.get_docstring(ast.parse(python("[[ x ]]\n\nfrom os import path\n", x=x)), clean=False) == x


@pytest.mark.parametrize("name", ["", "a b", "a-b", "1a", "a.b", "a()", "a\n", "a;b", "é!", "\x00"])
def test_only_names_are_identifiers(python: Callable[..., str], name: str) -> None:
    assert python("[[ 'task_1' | identifier ]] = 1") == "task_1 = 1"
    with pytest.raises(TemplateError, match="no Python name"):
        python("[[ x | identifier ]] = 1", x=name)


def test_the_language_delimiters_of_others_are_left_alone(manifests: Callable[..., list[dict[str, Any]]]) -> None:
    assert manifests("a: '{{ $labels.pod }} {% if %} {# #}' # [# a comment #]\n") == [
        {"a": "{{ $labels.pod }} {% if %} {# #}"}
    ]


def test_entries_come_before_methods(
    manifests: Callable[..., list[dict[str, Any]]], python: Callable[..., str]
) -> None:
    data = {"values": {"a": 1}, "items": [2], "keys": "k", "get": "g", "update": None, "__class__": "c"}
    template = "([[ d.values ]], [[ d.items ]], [[ d.keys ]], [[ d.get ]], [[ d.update ]], [[ d.__class__ ]])"
    assert ast.literal_eval(python(template, d=data)) == ({"a": 1}, [2], "k", "g", None, "c")
    assert manifests("a: [[ d.values ]]\nb: [[ d.items ]]\n", d=data) == [{"a": {"a": 1}, "b": [2]}]


@pytest.mark.parametrize("name", ["values", "items", "keys", "get", "update", "pop", "copy", "__class__", "__init__"])
def test_a_method_is_never_reached_through_data(manifests: Callable[..., list[dict[str, Any]]], name: str) -> None:
    with pytest.raises(TemplateError):
        manifests(f"a: [[ d.{name} ]]\n", d={})
    with pytest.raises(TemplateError):
        manifests(f"a: [[ d.{name}() ]]\n", d={})


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__", "''.__class__.__mro__", "''.__class__.__base__.__subclasses__()", "x.__class__",
         "x['__class__']['__mro__'][1]",
        "cycler.__init__.__globals__.os", "joiner.__init__.__globals__", "namespace.__init__.__globals__",
        "lipsum.__globals__['os'].popen('id').read()", "self.__init__", "self._TemplateReference__context",
        "'{0.__class__.__mro__}'.format('')", "('{0.__class__}' | format('')).__class__", "x | attr('__class__')",
        "config", "request", "[].append(1)", "l.append(1)", "d.update({'a': 1})", "l.sort()", "range(1000000)", "f.__globals__",
        "f.__code__", "(x for x in l).gi_frame",
    ],
)  # fmt: skip
def test_the_sandbox_holds(manifests: Callable[..., list[dict[str, Any]]], expression: str) -> None:
    context = {"x": "text", "l": [1], "d": {"b": 1}, "f": manifests}
    try:
        result = manifests(f"a: [[ {expression} ]]\n", **context)
    except TemplateError:
        assert (context["l"], context["d"]) == ([1], {"b": 1})
        return
    # What is let through is mere text.
    assert expression.startswith("'{0"), result
    assert "class" not in str(result).replace("__class__", "")


@pytest.mark.parametrize(
    "template",
    [
        "a: [[ gone ]]\n", "a: [[ d.gone ]]\n", "a: [[ d['gone'] ]]\n", "a: [[ d.b.gone ]]\n", "a: [[ [gone] ]]\n",
         "a: [[ {'k': d.gone} ]]\n",
        "a: [[ gone ~ 'x' ]]\n", "[% if gone %]\na: 1\n[% endif %]\n", "[% for x in gone %]\na: 1\n[% endfor %]\n",
         "a: [[ d[gone] ]]\n",
        "a: [[ [1][5] ]]\n", "a: [[ 1 | nofilter ]]\n", "[% include 'gone' %]\n", "a: [[ 1 +\n", "[% if x %]\n", "a: [[ d.b ]\n",
    ],
)  # fmt: skip
def test_what_is_not_there_is_an_error(
    manifests: Callable[..., list[dict[str, Any]]], python: Callable[..., str], template: str
) -> None:
    with pytest.raises(TemplateError):
        manifests(template, d={"b": {}})
    if "]]" in template:
        with pytest.raises(TemplateError):
            python(template, d={"b": {}})


@pytest.mark.parametrize(
    "template",
    ["a: [[ x ]] [[ x ]]\n", "[[ x ]]: 1\n[[ x ]]: 2\n", "a: b: [[ x ]]\n", "a: !!str [[ x ]]\n", "[[[ x ]]\n"],
)
def test_a_template_that_makes_no_yaml_is_an_error(
    manifests: Callable[..., list[dict[str, Any]]], template: str
) -> None:
    with pytest.raises(TemplateError, match="t"):
        manifests(template, x="a")


@pytest.mark.parametrize("template", ["a = [[ x ]] [[ x ]]", "def", "[[ x ]] = 1", "a = (", "\x00"])
def test_a_template_that_makes_no_python_is_an_error(python: Callable[..., str], template: str) -> None:
    with pytest.raises(TemplateError, match="t"):
        python(template, x=1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), frozenset(), {1, 2}, b"bytes", "\ud800"], ids=ascii)
def test_what_json_does_not_know_is_an_error(manifests: Callable[..., list[dict[str, Any]]], value: object) -> None:
    with pytest.raises(TemplateError):
        manifests("a: [[ x ]]\n", x=value)


def test_empty_documents_are_left_out(manifests: Callable[..., list[dict[str, Any]]]) -> None:
    assert manifests("---\n[% if false %]\na: 1\n[% endif %]\n---\nb: 2\n---\n") == [{"b": 2}]
    assert manifests("") == []


def test_the_text_in_between_is_ascii_where_it_must_be() -> None:
    """No line break but LF, and no hidden character, is between a template and the reader."""
    for code in (*range(0xA0), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF):
        text = templating._json(f"a{chr(code)}b")
        assert len(text.splitlines()) == 1
        assert reader.read_rendered(f"k: {text}\n") == [{"k": f"a{chr(code)}b"}]
