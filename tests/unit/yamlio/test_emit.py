"""What is written reads back equal, under every reader there is, whatever the data holds."""

from __future__ import annotations

import io
import math
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from plinth.yamlio import guard
from plinth.yamlio import load as reader
from plinth.yamlio.emit import EmitError, emit, string_text

if TYPE_CHECKING:
    from collections.abc import Callable

AWKWARD = [
    # Booleans, nulls and numbers to one reader or another.
    "no", "No", "NO", "n", "N", "y", "Y", "yes", "YES", "on", "On", "off", "OFF", "true", "True", "TRUE", "false",
    "null", "Null", "NULL", "~", "", "nan", "NaN", ".nan", ".NaN", "inf", ".inf", "-.inf", "+.Inf", "Infinity",
    "-Infinity", "1e3", "1E3", "1e+3", "1.5e3", "12345e7", "0o17", "017", "0x1F", "0b101", "1_000", "1,000", "22:22",
    "12:30:45", "190:20:30.15", ".5", "5.", "+1", "-1", "-0", "+", "-", ".", "..", "...", "---", "--- a", "... a",
    "0", "00", "1", "1.0", "1.36", "09", "9223372036854775808", "e1", "1a", "a1",
    # Dates.
    "2001-01-01", "2001-1-1", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5",
    # Indicators.
    "=", "<<", "<", "- a", "-a", "? a", "?", ":", ": a", ":a", "a: b", "a:", "a:b", "a :b", "a #b", "#a", "a#b",
    "a, b", "[a]", "]", "{a: b}", "}", "&a", "*a", "!a", "!!str a", "|", "|-", ">", ">-", "%a", "%YAML 1.2", "@a", "`a",
    "'", "''", "'a'", '"', '""', '"a"', "\\", "\\n", "a\\", "{{ a }}", "[[ a ]]", "${a}", "$(a)",
    # White space and line breaks.
    " ", "  ", " a", "a ", "a  b", "\t", "a\t", "\ta", "a\tb", "\n", "\n\n", "a\n", "\na", "a\n\n", "a\nb", "a\nb\n",
    "a\n\nb", "a \nb", "a\n b", " a\nb", "a\n  \nb", "a\n\n\n", "a\n---\nb\n", "a\n...\nb", "a\n# b\nc", "#!/bin/sh\nexit 0\n",
    "\r", "a\rb", "a\r\nb", "\x0b", "\x0c", "a\x85b", "a\u2028b", "a\u2029b", "\x85", "\u2028", "a\n\u2028\nb",
    # Characters that readers and reviewers stumble over.
    "\x00", "a\x00b", "\x1b[31m", "\x7f", "\x80", "\xa0", "\xad", "\u200b", "\u202e", "\u2066", "\ufeff", "\ufeffa", "\ufffe",
    "\uffff", "\ue000", "é", "e\u0301", "Zürich", "日本語", "😀", "a😀b", "👩‍👩‍👧", "🇬🇧", "\U0010ffff", "٣", "١٢٣", "²", "½",
]  # fmt: skip
"""Strings that some reader takes for something else if they stand without quotes."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(AWKWARD)
LINES = st.lists(st.sampled_from(["", "a", " a", "a ", "- a", "a: b", "# a", "---", "...", "\t", "é", '"', "%a"])).map(
    "\n".join
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | LINES
)
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


@cache
def ruamel(version: str) -> YAML:
    loader = YAML(typ="safe", pure=True)
    loader.version = version
    return loader


def with_pyyaml(loader: type[Any]) -> Callable[[str], list[Any]]:
    return lambda text: list(yaml.load_all(text, Loader=loader))


def with_ruamel(version: str) -> Callable[[str], list[Any]]:
    def load(text: str) -> list[Any]:
        loader = ruamel(version)
        # In ruamel.yaml a version given beforehand lasts for one document, so each is read for itself.
        return [loader.load(io.StringIO(text))]

    return load


def with_own(text: str) -> list[Any]:
    documents, faults = reader.read_all(text)
    assert not faults, faults
    return documents


READERS: dict[str, Callable[[str], list[Any]]] = {
    "PyYAML": with_pyyaml(yaml.SafeLoader),
    "PyYAML with libyaml": with_pyyaml(yaml.CSafeLoader),
    "ruamel.yaml 1.1": with_ruamel("1.1"),
    "ruamel.yaml 1.2": with_ruamel("1.2"),
    "plinth": with_own,
}


def exact(data: Any) -> Any:
    """Make equality tell ``1``, ``1.0`` and ``True``, and ``0.0`` and ``-0.0``, apart."""
    if isinstance(data, dict):
        return {key: exact(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [exact(item) for item in data]
    return (type(data).__name__, repr(data))


def assert_reads_back(data: Any) -> None:
    text = emit([data])
    for name, load in READERS.items():
        assert exact(load(text)) == [exact(data)], (name, text)


@settings(deadline=None, max_examples=150)
@given(DATA)
def test_any_data_reads_back_equal(data: Any) -> None:
    assert_reads_back(data)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(TEXTS, DATA, max_size=4))
def test_writing_again_what_was_read_changes_nothing(data: dict[str, Any]) -> None:
    text = emit([data])
    assert emit(with_own(text)) == text


@settings(deadline=None, max_examples=100)
@given(DATA, st.randoms(use_true_random=False))
def test_the_order_of_insertion_does_not_show(data: Any, random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    assert emit([shuffled(data)]) == emit([data])


@pytest.mark.parametrize("text", AWKWARD, ids=ascii)
def test_an_awkward_string_is_a_string_everywhere(text: str) -> None:
    assert_reads_back({"value": text, text: "key", "list": [text, [text], {text: text}]})
    assert_reads_back([text])
    assert_reads_back(text)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "y",
        "1e3",
        "12345e7",
        "0o17",
        "1_000",
        "2001-01-01",
        "22:22",
        "=",
        ".5",
        "~",
        "<<",
        "null",
        "Off",
        "",
        "-",
        "0x1f",
    ],
)
def test_what_some_reader_mistakes_stands_in_quotes(text: str) -> None:
    assert emit([{"a": text}]) == f'a: "{text}"\n'
    assert emit([{text: "a"}]) == f'"{text}": a\n'


@pytest.mark.parametrize(
    "text",
    [
        "flights",
        "Zone A",
        "registry.example.com/flights/prepare",
        "a:b",
        "https://example.com/a",
        "metadata.name",
        "a-b_c",
        "/",
    ],
)
def test_what_no_reader_mistakes_stands_without_quotes(text: str) -> None:
    assert emit([{"a": text}]) == f"a: {text}\n"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (-1, "-1"),
        (2**63 - 1, "9223372036854775807"),
        (-(2**63), "-9223372036854775808"),
        (0.5, "0.5"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (1e16, "1.0e+16"),
        (1e-05, "1.0e-05"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5.0e-324"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
    ],
)
def test_numbers_are_written_the_one_way(number: float | None, written: str) -> None:
    assert emit([{"a": number}]) == f"a: {written}\n"
    assert_reads_back({"a": number})


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("one\ntwo\n", "a: |\n  one\n  two\n"),
        ("one\ntwo", "a: |-\n  one\n  two\n"),
        ("one\n\ntwo\n", "a: |\n  one\n\n  two\n"),
        ("one\n  two: 'x'\n", "a: |\n  one\n    two: 'x'\n"),
        ('say "a\\b"\n', 'a: |\n  say "a\\b"\n'),
        # What a literal block would lose, or not show, is quoted.
        ("one\n\n", 'a: "one\\n\\n"\n'),
        (" one\ntwo", 'a: " one\\ntwo"\n'),
        ("\none", 'a: "\\none"\n'),
        ("one\r\ntwo", 'a: "one\\r\\ntwo"\n'),
        ("one\n\ttwo", 'a: "one\\n\\ttwo"\n'),
        ("one\n\u202etwo", 'a: "one\\n\\u202etwo"\n'),
    ],
)
def test_texts_of_several_lines(text: str, written: str) -> None:
    assert emit([{"a": text}]) == written
    assert_reads_back({"a": text})


def test_structure_and_order() -> None:
    data = {
        "spec": {"b": [{"name": "x", "a": 1}, ["y", ["z"]]], "a": {}, "c": []},
        "metadata": {"namespace": "flights", "labels": {}, "name": "one"},
        "kind": "ConfigMap",
        "apiVersion": "v1",
    }
    assert emit([data, {"a": 1}], "Made.") == (
        "# Made.\n"
        "apiVersion: v1\n"
        "kind: ConfigMap\n"
        "metadata:\n"
        "  name: one\n"
        "  namespace: flights\n"
        "  labels: {}\n"
        "spec:\n"
        "  a: {}\n"
        "  b:\n"
        "  - name: x\n"
        "    a: 1\n"
        "  - - \"y\"\n"
        "    - - z\n"
        "  c: []\n"
        "---\n"
        "a: 1\n"
    )  # fmt: skip


def test_no_documents_are_an_empty_text() -> None:
    assert emit([]) == ""
    assert with_own(emit([], "header")) == []


@settings(deadline=None, max_examples=50)
@given(st.lists(DATA, min_size=1, max_size=3))
def test_several_documents_read_back(documents: list[Any]) -> None:
    text = emit(documents, "header")
    for name in ("PyYAML", "PyYAML with libyaml", "plinth"):
        assert exact(READERS[name](text)) == exact(documents), name


@pytest.mark.parametrize(
    "header",
    [
        "a\nkind: Evil",
        "a\rkind: Evil",
        "a\r\nkind: Evil",
        "a\x85kind: Evil",
        "a\u2028kind: Evil",
        "a\x0bkind: Evil",
        "\n---\n",
    ],
)
def test_a_header_stays_a_comment(header: str) -> None:
    text = emit([{"kind": "Good"}], header)
    assert list(yaml.load_all(text.replace("\x0b", ""), Loader=yaml.SafeLoader)) == [{"kind": "Good"}]
    assert all(line.startswith("#") for line in text.splitlines()[:-1])


@pytest.mark.parametrize(
    "data",
    [
        math.inf,
        -math.inf,
        math.nan,
        2**63,
        -(2**63) - 1,
        "\ud800",
        "a\udfff",
        "a\n\ud800",
        {"\ud800": 1},
        {1: "a"},
        {None: "a"},
        {True: "a"},
        {("a",): "b"},
        {"a": frozenset()},
        {"a": b"bytes"},
        {"a": {1, 2}},
        {"k" * 1001: 1},
        {"é\x00" * 200: 1},
    ],
    ids=lambda data: ascii(data)[:30],
)
def test_what_has_no_form_is_refused(data: Any) -> None:
    with pytest.raises(EmitError):
        emit([data])
    with pytest.raises(EmitError):
        emit([{"a": [data]}])


def test_the_longest_key_reads_back() -> None:
    assert_reads_back({"k" * 1000: 1, "0" * 998: [{"k " * 499: {"a": 1}}]})


def test_every_character_of_the_basic_plane_passes_the_guard_once_written() -> None:
    written = "".join(string_text(f"0{chr(code)}")[1:-1] for code in range(0x10000) if not 0xD800 <= code <= 0xDFFF)
    odd = {
        f"U+{ord(character):04X}"
        for character in written
        if unicodedata.category(character) in {"Cc", "Cf", "Co", "Zl", "Zp"}
    }
    assert not odd
    assert not guard.check(written)


def test_every_character_reads_back_within_a_string() -> None:
    characters = [chr(code) for code in range(0x11000) if not 0xD800 <= code <= 0xDFFF]
    for start in range(0, len(characters), 4096):
        data = [f"a{character}b" for character in characters[start : start + 4096]]
        text = emit([data])
        assert with_own(text) == [data]
        assert yaml.load(text, Loader=yaml.CSafeLoader) == data
