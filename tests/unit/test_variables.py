"""Variables: text within text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth import tracing
from plinth.model import Document
from plinth.variables import NAMES, substitute, unknown
from plinth.yamlio import load as reader

VALUES = {name: f"<{name}>" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_that_is_named_is_replaced(name: str) -> None:
    assert substitute(f"a ${{{name}}} b ${{{name}}}", VALUES) == f"a <{name}> b <{name}>"


@pytest.mark.parametrize(
    "text",
    ["", "$", "${", "${}", "$environment.name", "${HOME}", "${environment}", "${datasource}", "${1}", "${env:HOME}",
     "$${", "${ environment.name }",
     "${ENVIRONMENT.NAME}", "$(environment.name)", "{{ environment.name }}", "${environments.name}", "${__all}",
      "${environment.name", "${component:x}"],
)  # fmt: skip
def test_what_others_mean_is_left_as_it_is(text: str) -> None:
    assert substitute(text, VALUES) == text


def test_data_is_walked_and_keys_stay() -> None:
    data = {
        "${environment.name}": ["${environment.name}", {"a": "${component.name}"}, 1, None, True, 1.5],
        "t": ("${platform.domain}",),
    }
    assert substitute(data, VALUES) == {
        "${environment.name}": ["<environment.name>", {"a": "<component.name>"}, 1, None, True, 1.5],
        "t": ["<platform.domain>"],
    }


def test_a_value_is_not_looked_at_again() -> None:
    values = {
        **VALUES,
        "environment.name": "${environment.domain}",
        "environment.domain": "\\1 \\g<0> ${environment.name}",
    }
    assert (
        substitute("${environment.name}|${environment.domain}", values)
        == "${environment.domain}|\\1 \\g<0> ${environment.name}"
    )


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.sampled_from(["${environment.name}", "${platform.domain}", "$", "{", "}", "a", "${x}", "\n", ": "])),
    st.text(max_size=10),
)
def test_replacing_is_replacing_text(pieces: list[str], value: str) -> None:
    values = {**VALUES, "environment.name": value, "platform.domain": value}
    text = "".join(pieces)
    expected = text.replace("${environment.name}", "\x00").replace("${platform.domain}", "\x00").replace("\x00", value)
    assert substitute(text, values) == expected


def test_the_place_is_carried_along() -> None:
    text = tracing.TracedText("a ${environment.name}")
    text.origin = "here"
    result = substitute([text], VALUES)[0]
    assert result == "a <environment.name>"
    assert tracing.marked([result]) == ["here"]


def component(text: str) -> Document:
    data, faults = reader.read(text)
    assert not faults
    return Document("a.yaml", text, data)


def found(text: str, *path: str) -> list[tuple[str, int, int, str, str]]:
    return [
        (finding.rule, finding.location.line, finding.location.column, finding.message, finding.help)
        for finding in unknown(component(text), path)
    ]


def test_unknown_variables_are_found_where_they_stand() -> None:
    text = (
        "spec:\n  values:\n    a: x ${environment.domian}\n    b: [1, '${component.name} ${platform.}']\n"
        "  other: ${component.gone}\n"
    )
    assert [item[:3] for item in found(text, "spec", "values")] == [
        ("variable-unknown", 3, 8),
        ("variable-unknown", 4, 12),
    ]
    first, second = found(text, "spec", "values")
    assert "`${environment.domian}`" in first[3]
    assert first[4] == "Did you mean `${environment.domain}`?"
    assert "${platform.}" in second[3]
    assert found(text, "spec", "gone") == []


@pytest.mark.parametrize("name", NAMES)
def test_known_variables_are_not_found(name: str) -> None:
    assert found(f"spec: {{values: {{a: '${{{name}}} ${{HOME}}'}}}}\n", "spec", "values") == []


def test_what_is_not_near_any_name_is_told_all() -> None:
    data: list[Any] = found("spec: {a: '${component.x.y.z.q.r.s.t}'}\n", "spec")
    assert all(name in data[0][4] for name in NAMES)


@pytest.mark.parametrize(
    ("name", "is_reported"),
    [
        ("environment.name", False),
        ("platform.nothing", True),
        ("enviroment.domain", True),
        ("Environment.domain", True),
        ("environment.domain_name", True),
        ("environment.domain2", True),
        ("environment.do-main", True),
        ("user.name", False),
        ("env.domain", False),
        ("aws.region", False),
    ],
)
def test_what_is_ours_is_replaced_or_reported_and_the_rest_is_left(name: str, is_reported: bool) -> None:
    text = f"${{{name}}}"
    assert bool(found(f"spec: {{a: '{text}'}}\n", "spec")) == is_reported
    assert (substitute(text, VALUES) != text) == (name in NAMES)
