"""Reading: like any YAML reader what is valid, with its place; and never more than a finding for what is not."""

from __future__ import annotations

import io
import json
import random
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from plinth.yamlio import guard
from plinth.yamlio import load as reader
from plinth.yamlio.emit import emit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.model import Path
    from plinth.yamlio.faults import Fault


def read(text: str) -> Any:
    data, found = reader.read(text)
    assert not found, found
    return data


def rules(text: str) -> list[str]:
    data, found = reader.read(text)
    assert data is None or not found
    return [fault.rule.name for fault in found]


def read_bytes(raw: bytes) -> tuple[Any, str, list[Fault]]:
    """Read as the loading stage does."""
    text, found = guard.decode(raw)
    if found:
        return None, text, found
    data, found = reader.read(text)
    return data, text, found


# What is valid


VALID = [
    "a: 1\n",
    "a: [1, -2, 3.5, 1e3, true, false, null, ~, text]\n",
    "a:\nb: ''\nc: \"\"\n",
    "- a\n- - b\n  - c\n- d: e\n  f: g\n",
    "{a: {b: [c, {d: e}]}}\n",
    "a: |\n  one\n\n   two\nb: |-\n  x\nc: |+\n  y\n\nd: >\n  folded\n  text\n\n  more\n",
    "a: 'it''s'\nb: \"\\u00e9\\n\\x41\\U0001F600\\t\"\n",
    "a: one\n  two\n  three\n",
    "a: \"one\n  two\\\n  three\"\n",
    "# comment\na: b # comment\nc: d#e\n",
    "? a\n: b\n? c\n",
    "'quoted key': 1\n\"other\": 2\n",
    "é: ü\n日本: 語\n😀: 👍\n",
    "a: b\r\nc:\r\n  - d\r\n",
    "---\na: b\n...\n",
    "text\n",
    "12\n",
    "[]\n",
    "{}\n",
    "a: http://example.com:80/b?c=d#e\n",
    "a: - b\n".replace("- b", "'- b'"),
    "a: 9223372036854775807\nb: -9223372036854775808\n",
]  # fmt: skip


def ruamel(text: str) -> Any:
    """Read with a reader that shares no code with ours."""
    loader = YAML(typ="safe", pure=True)
    loader.version = "1.2"
    return loader.load(io.StringIO(text, newline=""))


@pytest.mark.parametrize("text", VALID)
def test_valid_texts_read_as_an_independent_reader_does(text: str) -> None:
    assert read(text) == ruamel(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Co", "Zl", "Zp"],
     exclude_characters="\u115f\u1160\u3164\uffa0\u2800")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc.-é 😀", min_size=1), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(JSON, st.sampled_from([None, 2]))
def test_json_reads_as_json(data: Any, indent: int | None) -> None:
    assert read(json.dumps(data, ensure_ascii=False, indent=indent)) == data


@pytest.mark.parametrize(
    "text",
    [
        "yes", "Yes", "no", "NO", "on", "Off", "y", "n", "True", "TRUE", "False", "Null", "NULL", "0o17", "017", "0x1F",
        "0b1", "1_000", "22:22", "2001-01-01", "2001-12-14 21:59:43", ".5", "5.", "+1", ".inf", "-.inf", ".nan", "NaN",
        "=", "1.2.3", "01", "-01", "1e", "1e999", "-1e999", "9223372036854775808", "-9223372036854775809",
        "12345678901234567890", "123456789012345678901234567890", "1" * 5000, "-", "--1", "1a", "٣",
    ],
)  # fmt: skip
def test_what_is_not_exactly_json_is_text(text: str) -> None:
    assert read(f"a: {text}\n" if text != "-" else "a: '-'\n") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-0", 0), ("-1", -1), ("1.5", 1.5), ("1e3", 1000.0), ("1E+3", 1000.0), ("-1.5e-3", -0.0015), ("true",
     True), ("~", None), ("", None)],
)  # fmt: skip
def test_json_scalars(text: str, value: object) -> None:
    found = read(f"a: {text}\n")["a"]
    assert (type(found), found) == (type(value), value)


# What is not


FAULTS = [
    ("yaml-empty", "", 0, 0),
    ("yaml-empty", "# only a comment\n", 0, 0),
    ("yaml-multiple-documents", "a: 1\n---\nb: 2\n", 2, 0),
    ("yaml-duplicate-key", "a: 1\nb: 2\na: 3\n", 2, 0),
    ("yaml-duplicate-key", "{a: 1, 'a': 2}\n", 0, 7),
    ("yaml-duplicate-key", "- x:\n    é: 1\n    \"\\u00e9\": 2\n", 2, 4),
    ("yaml-alias", "a: &x 1\n", 0, 3),
    ("yaml-alias", "a: *x\n", 0, 3),
    ("yaml-merge-key", "a:\n  <<: {b: 1}\n", 1, 2),
    ("yaml-tag", "a: !!str 1\n", 0, 3),
    ("yaml-tag", "a: !custom {b: c}\n", 0, 3),
    ("yaml-tag", "!!python/object/apply:os.system [ls]\n", 0, 0),
    ("yaml-tag", "! a: 1\n", 0, 0),
    ("yaml-tag", "a: ! 12\n", 0, 3),
    ("yaml-tag", "a: ! '12'\n", 0, 3),
    ("yaml-tag", "[a, ! , b]\n", 0, 4),
    ("yaml-tag", "a: !\n", 0, 3),
    ("yaml-syntax", "a: [1", 0, 3),
    ("yaml-key", "[a]: 1\n", 0, 0),
    ("yaml-key", "{{ a }}: 1\n", 0, 0),
    ("yaml-key", "? # nothing\n: 1\n", 0, 1),
    ("yaml-tab", "a:\n\tb: 1\n", 1, 0),
    ("yaml-tab", "é: x\ty\n", 0, 4),
    ("control-character", "a: 1\nb: \x00\n", 1, 3),
    ("control-character", "a: \x1b[0m\n", 0, 3),
    ("control-character", "a: 1\rb: 2\n", 0, 4),
    ("control-character", "a: \x85\n", 0, 3),
    ("control-character", "a: \x7f\n", 0, 3),
    ("control-character", "a: \ufffe\n", 0, 3),
    ("control-character", "a: x\uffff\n", 0, 4),
    ("hidden-character", "a: x\u202ey\n", 0, 4),
    ("hidden-character", "a: 日本\u200b\n", 0, 5),
    ("hidden-character", "a: x\u2028b: y\n", 0, 4),
    ("hidden-character", "a: \ufeff\n", 0, 3),
    ("hidden-character", "a: \ue000\n", 0, 3),
    ("hidden-character", "a: \u3164\n", 0, 3),
    ("yaml-syntax", "a: [1\n", 0, 3),
    ("yaml-syntax", "a: b: c\n", 0, 4),
    ("yaml-syntax", "a: 'x\n", 0, 3),
    ("yaml-syntax", "a: \"\\ud800\"\n", 0, 6),
    ("yaml-syntax", "a: @x\n", 0, 3),
    ("yaml-syntax", "%FOO\n", 0, 4),
    ("yaml-nesting", "a: " + "[" * 101 + "]" * 101, 0, 3 + 99),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "line", "column"), FAULTS, ids=lambda value: ascii(value)[:40])
def test_each_fault_has_its_rule_and_its_place(rule: str, text: str, line: int, column: int) -> None:
    data, found = reader.read(text)
    assert data is None
    assert [(fault.rule.name, fault.line, fault.column) for fault in found][:1] == [(rule, line, column)]
    assert len({fault.rule.name for fault in found}) == 1


def test_all_faults_of_a_file_are_found_in_one_run() -> None:
    text = "a: 1\na: 2\nb: !x 3\n<<: {}\n[c]: 4\n"
    assert sorted(rules(text)) == ["yaml-duplicate-key", "yaml-key", "yaml-merge-key", "yaml-tag"]


def test_a_duplicate_names_the_first() -> None:
    _, found = reader.read("x:\n  key: 1\n  other: 2\n  key: 3\n")
    assert [(fault.line, fault.column, fault.length, fault.first) for fault in found] == [(3, 2, 3, (1, 2))]


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"\xef\xbb\xbfa: 1\n", "file-encoding"),
        ("a: 1\n".encode("utf-16"), "file-encoding"),
        ("\ufeffa: 1\n".encode("utf-16-be"), "file-encoding"),
        ("a: 1\n".encode("utf-32"), "file-encoding"),
        ("\ufeffa: 1\n".encode("utf-32-be"), "file-encoding"),
        ("a: 1\n".encode("utf-16-le"), "control-character"),
        (b"a: \xff\n", "file-encoding"),
        (b"a: \xc3", "file-encoding"),
        (b"a: \xc0\x80\n", "file-encoding"),
        (b"a: \xed\xa0\x80\n", "file-encoding"),
        (b"a: \x00\n", "control-character"),
    ],
)
def test_encodings(raw: bytes, rule: str) -> None:
    data, _, found = read_bytes(raw)
    assert data is None
    assert {fault.rule.name for fault in found} == {rule}


def test_a_byte_that_is_not_utf8_has_its_place() -> None:
    _, _, found = read_bytes("é: 1\nü: é".encode() + b"\xff\n")
    assert [(fault.line, fault.column) for fault in found] == [(1, 4)]
    assert "0xff" in found[0].message


@pytest.mark.parametrize(("size", "is_read"), [(2**20 - 1, True), (2**20, True), (2**20 + 1, False)])
def test_the_largest_file(size: int, is_read: bool) -> None:
    raw = b"a: 1\n# " + b"x" * (size - 7)
    data, _, found = read_bytes(raw)
    assert len(raw) == size
    assert (data == {"a": 1}) is is_read
    assert [fault.rule.name for fault in found] == ([] if is_read else ["file-too-large"])


def bomb() -> str:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]" for number in range(1, 20)]
    return "\n".join(lines) + "\n"


HOSTILE = {
    "brackets": ("[" * 400_000, {"yaml-nesting"}),
    "braces": ("{" * 400_000, {"yaml-nesting"}),
    "closed brackets": ("[" * 200_000 + "]" * 200_000, {"yaml-nesting"}),
    "mapping brackets": ("{a: " * 100_000, {"yaml-nesting"}),
    "dashes": ("- " * 200_000 + "a", {"yaml-nesting"}),
    "questions": ("? " * 200_000 + "a", {"yaml-nesting"}),
    "staircase": ("\n".join(" " * depth + "a:" for depth in range(1000)), {"yaml-nesting"}),
    "sequence staircase": ("\n".join(" " * depth + "-" for depth in range(1000)), {"yaml-nesting"}),
    "alternating staircase": ("\n".join(f"{'  ' * depth}- a:" for depth in range(500)), {"yaml-nesting"}),
    "alias bomb": (bomb(), {"yaml-alias"}),
    "one huge key": ("k" * 500_000 + ": 1\n", {"yaml-syntax"}),
    "one huge explicit key": ("? " + "k" * 500_000 + "\n: 1\n", {"yaml-key"}),
    "one huge number": ("a: " + "1" * 500_000, set()),
    "one huge fraction": ("a: 0." + "1" * 500_000, set()),
    "one huge string": ("a: '" + "x" * 1_000_000 + "'", set()),
    "one huge word": ("x" * 1_000_000, set()),
    "many documents": ("--- a\n" * 100_000, {"yaml-multiple-documents"}),
    "many pairs": ("[" + "[]," * 300_000 + "]", set()),
    "many colons": (":" * 400_000, {"yaml-syntax"}),
    "many questions": ("?" * 400_000, set()),
    "many spaces": (" " * 1_000_000, {"yaml-empty"}),
    "many lines": ("\n" * 1_000_000, {"yaml-empty"}),
    "many quotes": ("'" * 1_000_000, set()),
    "many escapes": ('"' + "\\n" * 500_000 + '"', set()),
    "many duplicates": ("a: 1\n" * 200_000, {"yaml-duplicate-key"}),
    "many duplicates of many": ("".join(f"a{n}: 1\n" for n in range(40_000)) * 2, {"yaml-duplicate-key"}),
    "many tabs": ("\t" * 1_000_000, {"yaml-tab"}),
    "many controls": ("\x00" * 1_000_000, {"control-character"}),
    "many hidden": ("\u200b" * 340_000, {"hidden-character"}),
    "many anchors": ("- &a x\n" * 140_000, {"yaml-alias"}),
    "many tags": ("- !a x\n" * 140_000, {"yaml-tag"}),
    "many bare tags": ("- ! x\n" * 170_000, {"yaml-tag"}),
    "many merge keys": ("- <<: x\n" * 120_000, {"yaml-merge-key"}),
    "an open quote": ('"' + "x\n" * 300_000, {"yaml-syntax"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_read_or_refused_soon(name: str) -> None:
    text, expected = HOSTILE[name]
    start = time.perf_counter()
    found = rules(text)
    seconds = time.perf_counter() - start
    assert set(found) == expected
    assert len(found) <= guard.MAX_FAULTS
    assert seconds < 20  # a second or so; what is quadratic takes minutes


@pytest.mark.parametrize("depth", [99, 100, 101])
def test_the_deepest_nesting(depth: int) -> None:
    data: Any = 1
    for _ in range(depth):
        data = [data]
    for text in ("[" * depth + "1" + "]" * depth, "- " * depth + "1", emit([data])):
        assert rules(text) == ([] if depth <= 100 else ["yaml-nesting"])


def test_the_deepest_nesting_of_block_mappings() -> None:
    """A sequence may stand in the column of its key, so two levels share a column."""
    for depth, expected in ((50, []), (51, ["yaml-nesting"])):
        text = "\n".join(f"{'  ' * level}{'- ' if level else ''}a:".replace("  - ", "- ", 1) for level in range(depth))
        text = (
            "".join(f"{'  ' * (level - 1)}{'- ' if level else ''}a:\n" for level in range(depth))
            + "  " * (depth - 1)
            + "- x\n"
        )
        assert rules(text) == expected


# Never more than a finding


def assert_reads_or_finds(raw: bytes) -> None:
    data, text, found = read_bytes(raw)
    assert (data is None) or not found
    shown = text or raw.decode("utf-8", "replace")
    lines = re.split(r"\r\n|\n", shown)
    for fault in found:
        # The end of the text has a place, too, just behind its last character.
        assert 0 <= fault.line < len(lines), (raw, fault)
        assert 0 <= fault.column <= len(lines[fault.line]), (raw, fault)
        assert fault.message
    if not found:
        for path in leaves(data):
            span = reader.locate(text, path)
            assert span.line < len(lines)
            assert span.column <= len(lines[span.line])


def leaves(data: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield from leaves(value, (*path, key))


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200))
def test_random_bytes(raw: bytes) -> None:
    assert_reads_or_finds(raw)


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_random_texts(text: str) -> None:
    assert_reads_or_finds(text.encode())


PIECES = st.sampled_from(
    ["a", "b", "é", ":", ": ", "- ", "? ", " ", "  ", "\n", "\n  ", "\n- ", "[", "]", "{", "}", ",", "'", '"', "#",
     " #", "|", "|-", ">", "&x", "*x", "!t", "!!str", "<<", "---\n", "...\n", "%YAML 1.2\n", "1", "~", "\\", "\r\n", "\t"]
)  # fmt: skip


@settings(deadline=None, max_examples=500)
@example(["'", "\n", "---\n"])
@example(["|", "-", "9", "\n"])
@example(["---\n", "---\n", " "])
@example(["a: 1\n", "? "])
@example(["<<"])
@example(["!t"])
@given(st.lists(PIECES, max_size=30))
def test_random_pieces_of_yaml(pieces: list[str]) -> None:
    assert_reads_or_finds("".join(pieces).encode())


def test_a_valid_text_with_any_one_character_changed() -> None:
    text = emit([{"kind": "Tenant", "spec": {"list": ["a b", {"é": "x: y"}], "text": "one\ntwo\n", "number": 1.5}}])
    chosen = random.Random(7)  # noqa: S311 - the same cases every time
    for _ in range(300):
        index = chosen.randrange(len(text))
        other = chosen.choice("[]{}:,-?'\"\n #&*!|>%@`\t\r\x00\ufeff\u2028é~")
        assert_reads_or_finds((text[:index] + other + text[index + 1 :]).encode())


def test_every_character_of_the_basic_plane_is_read_or_found() -> None:
    for code in (*range(0xD800), *range(0xE000, 0x10000), 0x10000, 0x1F600, 0xE0001, 0x1FFFE, 0x10FFFF):
        character = chr(code)
        if character == "'":
            continue
        data, found = reader.read(f"a: x{character}y\nb: 'x{character}y'\n")
        if found:
            assert (found[0].line, found[0].column) in {(0, 4), (0, 5)} or character in "\n\r", hex(code)
        else:
            assert character in " \n:#" or data == {"a": f"x{character}y", "b": f"x{character}y"}, hex(code)


# Places


def at(text: str, path: Path, *, on_key: bool = False) -> tuple[int, int, str]:
    """Return a place, with the text that stands there."""
    span = reader.locate(text, path, on_key=on_key)
    line = text.split("\n")[span.line]
    return span.line, span.column, line[span.column : span.column + span.length]


@settings(deadline=None, max_examples=100)
@given(
    st.recursive(
        st.text("abcé日😀 \"'\\:#-", min_size=1) | st.integers(-(2**63), 2**63 - 1),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=4)
            | st.dictionaries(st.text("abcé日 :'\"", min_size=1), inner, min_size=1, max_size=4)
        ),
        max_leaves=15,
    ),
    st.sampled_from(["block", "flow", "flow lines"]),
)
def test_a_place_holds_what_the_path_leads_to(data: Any, style: str) -> None:
    """What stands at the place, read for itself, is the value or the key."""
    text = (
        emit([data])
        if style == "block"
        else json.dumps(data, ensure_ascii=False, indent=1 if style != "flow" else None)
    )
    for path in leaves(data):
        value = data
        for step in path:
            value = value[step]
        if path and isinstance(path[-1], str):
            assert read(at(text, path, on_key=True)[2]) == path[-1], path
        if not isinstance(value, dict | list):
            assert read(at(text, path)[2]) == value, path


HAND_WRITTEN = """\
# é 日本 😀
kind: Tenant
"quoted key": {flow: [1, 'two', "three"], é: 日本, after: x}
'single': >-
  folded
  text
list:
- plain
-   spaced   # comment
- [a, {b: c}]
-
  later: 1
nested:

  # comment
  deep:
    deeper: value with words
empty:
nothing: ''
block: |
  one
  two
plain: first line
  second line
? explicit
: answer
"""

PLACES: list[tuple[Path, bool, tuple[int, int, str]]] = [
    ((), False, (1, 0, "k")),
    (("kind",), False, (1, 6, "Tenant")),
    (("kind",), True, (1, 0, "kind")),
    (("quoted key",), True, (2, 0, '"quoted key"')),
    (("quoted key",), False, (2, 14, "{flow: [1, 'two', \"three\"], é: 日本, after: x}")),
    (("quoted key", "flow"), True, (2, 15, "flow")),
    (("quoted key", "flow", 0), False, (2, 22, "1")),
    (("quoted key", "flow", 1), False, (2, 25, "'two'")),
    (("quoted key", "flow", 2), False, (2, 32, '"three"')),
    (("quoted key", "é"), True, (2, 42, "é")),
    (("quoted key", "é"), False, (2, 45, "日本")),
    (("quoted key", "after"), False, (2, 56, "x")),
    (("single",), False, (3, 10, ">")),
    (("single",), True, (3, 0, "'single'")),
    (("list",), False, (6, 0, "list")),
    (("list", 0), False, (7, 2, "plain")),
    (("list", 1), False, (8, 4, "spaced")),
    (("list", 2, 0), False, (9, 3, "a")),
    (("list", 2, 1, "b"), False, (9, 10, "c")),
    (("list", 2, 1, "b"), True, (9, 7, "b")),
    (("list", 3, "later"), False, (11, 9, "1")),
    (("nested", "deep"), False, (15, 2, "deep")),
    (("nested", "deep", "deeper"), False, (16, 12, "value with words")),
    (("empty",), False, (17, 0, "empty")),
    (("nothing",), False, (18, 0, "nothing")),
    (("block",), False, (19, 7, "|")),
    (("plain",), False, (22, 7, "f")),
    (("explicit",), True, (24, 2, "explicit")),
    (("explicit",), False, (24, 2, "explicit")),
    # What is not there is found at the nearest value around it.
    (("kind", "gone"), False, (1, 6, "Tenant")),
    (("nested", "gone"), False, (12, 0, "nested")),
    (("nested", "gone"), True, (12, 0, "nested")),
    (("list", 9), False, (6, 0, "list")),
    (("list", "name"), False, (6, 0, "list")),
    (("quoted key", "flow", 2, "x", 3), False, (2, 32, '"three"')),
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("path", "on_key", "expected"), PLACES, ids=lambda value: ascii(value)[:40])
def test_places_in_a_text_by_hand(path: Path, on_key: bool, expected: tuple[int, int, str], line_end: str) -> None:
    text = HAND_WRITTEN.replace("\n", line_end)
    assert at(text, path, on_key=on_key) == expected


def test_places_in_several_documents() -> None:
    text = "a: 1\n---\nb: 2\n---\nb: 3\n"
    assert [reader.locate(text, ("b",), document=index).line for index in range(4)] == [0, 2, 4, 0]
