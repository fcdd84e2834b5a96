"""What is looked at before a file's bytes reach the YAML parser: encoding, hidden characters, size, nesting.

libyaml trusts its input: some 400 KB of ``[`` overflow its stack, and what a reviewer cannot see in an editor it reads
without a word. So the guard runs first, and the parser sees only what passed.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import islice
from typing import TYPE_CHECKING, cast

import yaml

from plinth.yamlio import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml import Mark

    from plinth.yamlio.faults import Fault

MAX_BYTES = 1024 * 1024
MAX_NESTING = 100
MAX_FAULTS = 50
"""A file with more faults of one sort is not a declaration; to show a million of them would take hours."""

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "a UTF-8 byte order mark"),
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]|\r(?!\n)")
_CONFLICT = re.compile(r"^(?:<{7} .*|\|{7} .*|>{7} .*)", re.MULTILINE)
_TAB = re.compile(r"\t")
# Cf: formatting, bidirectional and zero-width characters; Co, Cs: no agreed meaning; Zl, Zp: line breaks to some readers.
_HIDDEN_CATEGORIES = frozenset({"Cf", "Co", "Cs", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_COMPACT_INDENTATION = re.compile(r"^[ \-?:]*", re.MULTILINE)


def decode(raw: bytes) -> tuple[str, list[Fault]]:
    """Turn a file's bytes into text. With any fault the text is empty: there is nothing safe to go on with."""
    if len(raw) > MAX_BYTES:
        return "", [
            faults.FILE_TOO_LARGE.fault(0, "", f"the file has {len(raw):,} bytes; at most {MAX_BYTES:,} are read")
        ]
    for mark, name in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            message = f"the file begins with {name}; it must be plain UTF-8"
            return "", [faults.FILE_ENCODING.fault(0, "", message, help="Save it as UTF-8 without a byte order mark.")]
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        return "", [faults.FILE_ENCODING.fault(len(before), before, message, help="Save the file as UTF-8.")]


def check(text: str) -> list[Fault]:
    """Find what must not be in a file that is given to the parser."""
    conflicts = list(islice(_conflict_markers(text), MAX_FAULTS))
    if conflicts:
        return conflicts
    kinds = (_control_characters(text), _tabs(text), _hidden_characters(text))
    found = [fault for kind in kinds for fault in islice(kind, MAX_FAULTS)]
    return found or list(_too_deep(text))


def _conflict_markers(text: str) -> Iterator[Fault]:
    if "<<<<<<< " in text or ">>>>>>> " in text:
        for match in _CONFLICT.finditer(text):
            yield faults.MERGE_CONFLICT.fault(
                match.start(),
                text,
                "a merge conflict is not resolved",
                help="Keep what is right, and delete the marks.",
            )


def _control_characters(text: str) -> Iterator[Fault]:
    for match in _CONTROL.finditer(text):
        yield faults.CONTROL_CHARACTER.fault(
            match.start(), text, f"control character U+{ord(match.group()[0]):04X} in the file"
        )


def _tabs(text: str) -> Iterator[Fault]:
    for match in _TAB.finditer(text):
        yield faults.TAB.fault(
            match.start(), text, "tab character; YAML is indented with spaces", help="Put spaces in its place."
        )


def _hidden_characters(text: str) -> Iterator[Fault]:
    if text.isascii():
        return
    hidden = {
        character
        for character in set(text)
        if character in _BLANK_LETTERS or unicodedata.category(character) in _HIDDEN_CATEGORIES
    }
    if not hidden:
        return
    for index, character in enumerate(text):
        if character in hidden:
            name = unicodedata.name(character, "a character without a name")
            yield faults.HIDDEN_CHARACTER.fault(
                index, text, f"hidden character U+{ord(character):04X} ({name}); reviewers cannot see it"
            )


def is_too_deep(text: str) -> bool:
    """Whether a text's values are nested so deep that composing them could crash the parser."""
    return any(True for _ in _too_deep(text))


def _too_deep(text: str) -> Iterator[Fault]:
    """Count the nesting by events, which the parser makes without recursion, but only where it could be deep."""
    if _nesting_bound(text) <= MAX_NESTING:
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_NESTING:
                    yield faults.NESTING.fault(
                        cast("Mark", event.start_mark).index, text, f"values are nested more than {MAX_NESTING} deep"
                    )
                    return
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return  # the reader reports what is wrong, with the same position


def _nesting_bound(text: str) -> int:
    """Bound the nesting from above, cheaply: each level needs a bracket or a column of indentation."""
    brackets = text.count("[") + text.count("{")
    indentation = max((match.end() - match.start() for match in _COMPACT_INDENTATION.finditer(text)), default=0)
    return brackets + indentation + 1
