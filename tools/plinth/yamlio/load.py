"""From text to data, strictly; and from a path in the data back to the place in the text.

libyaml composes the nodes; the constructor here is our own. It knows JSON's scalars only (``true``, ``false``,
``null``, ``~``, and numbers as JSON writes them): ``yes``, ``on``, ``0o17`` and dates stay strings, whatever YAML 1.1 says.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml._yaml import CParser

from plinth.yamlio import faults, guard
from plinth.yamlio.emit import MAX_KEY, string_text
from plinth.yamlio.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml import Mark

    from plinth.model import Data, Path, Scalar

_PLAIN, _QUOTED, _COLLECTION, _TAGGED = "plain", "quoted", "collection", "tagged"
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)")
_BARE_TAG = re.compile(r"!(?![^\s,\[\]{}])")
_INT64 = 2**63
_TAG_HELP = "Leave the tag out; quote the value if it is to be text."
_CONSTANTS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}
_NUMBER_START = frozenset("-0123456789")


class _Composer(CParser):
    """libyaml's parser with a resolver that only says how a scalar was written: cheaper than PyYAML's patterns."""

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str:  # noqa: ARG002 - PyYAML calls it so
        if kind is ScalarNode:
            plain, quoted = implicit
            return _PLAIN if plain else _QUOTED if quoted else _TAGGED
        return _COLLECTION if implicit else _TAGGED

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Needed by the parser; there are no path resolvers here."""

    def ascend_resolver(self) -> None:
        """Needed by the parser; there are no path resolvers here."""


def read(text: str) -> tuple[Data, list[Fault]]:
    """Read the one document of a declaration. With any fault the data is ``None``."""
    documents, found = read_all(text)
    if found:
        return None, found
    if not documents:
        return None, [
            faults.EMPTY.fault(0, text, "the file holds no declaration", help="Write one, or delete the file.")
        ]
    if len(documents) > 1:
        second = _compose(text)[1]
        message = f"the file holds {len(documents)} documents; a declaration file holds one"
        fault = _at(faults.MULTIPLE_DOCUMENTS, second, message, help="Move each declaration to a file of its own.")
        return None, [_kept_within(text, fault)]
    return documents[0], []


def read_all(text: str) -> tuple[list[Data], list[Fault]]:
    """Read every document of a text. With any fault there are no documents."""
    found = guard.check(text)
    if not found and "&" in text:
        found = list(islice(_anchors(text), guard.MAX_FAULTS))
    if not found and _BARE_TAG.search(text):
        found = list(islice(_bare_tags(text), guard.MAX_FAULTS))
    if found:
        return [], found
    try:
        nodes = _compose(text)
    except yaml.MarkedYAMLError as error:
        return [], [_syntax_fault(error, text)]
    documents, found = _construct_all(nodes)
    return documents, [_kept_within(text, fault) for fault in found[: guard.MAX_FAULTS]]


def read_rendered(text: str) -> list[Data]:
    """Read back what a template of ours became. Raises ``ValueError``: there a fault is the tool's, not a user's."""
    try:
        documents, found = _construct_all(_compose_uncached(text))
    except yaml.MarkedYAMLError as error:
        found = [_syntax_fault(error, text)]
    if found:
        raise ValueError(f"line {found[0].line + 1}: {found[0].message}")
    return documents


def _construct_all(nodes: list[Node]) -> tuple[list[Data], list[Fault]]:
    found: list[Fault] = []
    documents = [_construct(node, found) for node in nodes]
    return ([], found) if found else (documents, [])


def _compose_uncached(text: str) -> list[Node]:
    composer = _Composer(text)
    nodes: list[Node] = []
    while composer.check_node():
        nodes.append(cast("Node", composer.get_node()))
    return nodes


@lru_cache(maxsize=64)
def _compose(text: str) -> list[Node]:
    """Findings of one file come together, so a few remembered texts save composing again for each position."""
    return _compose_uncached(text)


def _anchors(text: str) -> Iterator[Fault]:
    """Find anchors and aliases by events: in composed nodes an alias is no longer to be told from its target."""
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            anchor = getattr(event, "anchor", None)
            if anchor is None:
                continue
            sign, word = ("*", "alias") if isinstance(event, yaml.AliasEvent) else ("&", "anchor")
            mark = cast("Mark", event.start_mark)
            yield Fault(
                faults.ALIAS,
                mark.line,
                mark.column,
                f"{word} {sign}{anchor}; a value must be readable where it stands",
                length=len(anchor) + 1,
                help="Write the value out in each place.",
            )
    except yaml.YAMLError:
        return  # composing reports it


def _bare_tags(text: str) -> Iterator[Fault]:
    """Find tags that are only ``!`` by tokens: the parser drops them, and then takes quoted text for plain."""
    try:
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if isinstance(token, yaml.TagToken) and token.value == (None, "!"):
                mark = cast("Mark", token.start_mark)
                yield Fault(faults.TAG, mark.line, mark.column, "tag !", help=_TAG_HELP)
    except yaml.YAMLError:
        return  # composing reports it


def _within(text: str, line: int, column: int) -> tuple[int, int]:
    """Keep a place in the text: the parser puts the end of a last line without a line break on the line after it."""
    last = text.count("\n")
    return (line, column) if line <= last else (last, len(text) - text.rfind("\n") - 1)


def _kept_within(text: str, fault: Fault) -> Fault:
    line, column = _within(text, fault.line, fault.column)
    return replace(fault, line=line, column=column)


@dataclass(frozen=True, slots=True)
class _Explanation:
    """What one of the parser's messages most often means. ``at_start``: the slip is where the parser began, not where it ended."""

    problem: str
    message: str
    help: str
    at_start: bool = False


_QUOTE = "Put the value in quotes."
_EXPLANATIONS = (
    _Explanation("mapping values are not allowed", "a second `: ` on one line", _QUOTE),
    _Explanation(
        "could not find expected ':'",
        "this line is neither `key: value` nor an item of a list",
        "Write `key: value`, with a space behind the colon.",
        at_start=True,
    ),
    _Explanation(
        "did not find expected key",
        "the indentation does not fit the lines above",
        "Indent it like the keys beside it.",
    ),
    _Explanation(
        "did not find expected '-'", "this is not an item of the list above", "Begin it with `- `, or indent it less."
    ),
    _Explanation("unexpected end of stream", "a quote is opened and not closed", "Close the quote.", at_start=True),
    _Explanation(
        "unexpected document indicator", "a quote is opened and not closed", "Close the quote.", at_start=True
    ),
    _Explanation("cannot start any token", "a value cannot begin with this character", _QUOTE),
    _Explanation(
        "did not find expected alphabetic",
        "a value that begins with * or & is an alias or an anchor",
        _QUOTE,
        at_start=True,
    ),
    _Explanation(
        "did not find expected ',' or", "a bracket is opened and not closed", "Close the bracket.", at_start=True
    ),
    _Explanation(
        "unknown escape character",
        "unknown escape in double quotes",
        "Write \\\\ for a backslash, or use single quotes.",
    ),
)


def _syntax_fault(error: yaml.MarkedYAMLError, text: str) -> Fault:
    problem = error.problem or "not well-formed"
    rule = faults.ALIAS if "alias" in f"{error.context}{problem}" or "anchor" in problem else faults.SYNTAX
    found = next((item for item in _EXPLANATIONS if item.problem in problem), None)
    start, end = error.context_mark, error.problem_mark or error.context_mark
    mark = start if found is not None and found.at_start and start is not None else end
    line, column = (mark.line, mark.column) if mark else (0, 0)
    raw = f"{error.context}: {problem}" if error.context else problem
    message, help_text = (found.message, found.help) if found else (raw, "")
    first = (start.line, start.column) if start is not None and mark is end and start.line != line else None
    return _kept_within(text, Fault(rule, line, column, message, help=help_text, first=first))


def _construct(node: Node, found: list[Fault]) -> Data:
    tag = node.tag
    if isinstance(node, ScalarNode):
        if tag is _PLAIN:
            return plain_scalar(node.value)
        if tag is not _QUOTED:
            found.append(_tag_fault(node))
        return node.value
    if tag is not _COLLECTION:
        found.append(_tag_fault(node))
    if isinstance(node, SequenceNode):
        return [_construct(item, found) for item in node.value]
    return _construct_mapping(cast("MappingNode", node), found)


def _construct_mapping(node: MappingNode, found: list[Fault]) -> dict[str, Data]:
    data: dict[str, Data] = {}
    for key_node, value_node in node.value:
        value = _construct(value_node, found)
        key = _key(key_node, found)
        if key is None:
            continue
        if key in data and len(found) < guard.MAX_FAULTS:
            found.append(_duplicate_fault(node, key_node, key))
        data[key] = value
    return data


def _key(node: Node, found: list[Fault]) -> str | None:
    if not isinstance(node, ScalarNode) or (node.tag is _PLAIN and node.value == ""):
        found.append(_at(faults.KEY, node, "a key must be text", help="Quote the key, or name it."))
        return None
    if node.tag is _PLAIN and node.value == "<<":
        found.append(_at(faults.MERGE_KEY, node, "merge key <<", help="Write the keys out."))
        return None
    if node.tag is not _PLAIN and node.tag is not _QUOTED:
        found.append(_tag_fault(node))
    if len(node.value) > MAX_KEY // 10 and len(string_text(node.value)) > MAX_KEY:
        found.append(_at(faults.KEY, node, f"a key has {len(node.value)} characters; at most {MAX_KEY} are read alike"))
    return str(node.value)


def plain_scalar(text: str) -> Scalar:
    """Read a scalar that stands without quotes. What is not exactly JSON's is a string."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMBER_START:
        return text
    if _INTEGER.fullmatch(text):
        number = int(text)
        return number if -_INT64 <= number < _INT64 else text
    if _FLOAT.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else text
    return text


def _at(rule: faults.ReadingRule, node: Node, message: str, help: str = "") -> Fault:  # noqa: A002 - the word that the report prints
    mark = node.start_mark
    return Fault(rule, mark.line, mark.column, message, length=_length(node), help=help)


def _tag_fault(node: Node) -> Fault:
    name = "!" if node.tag is _TAGGED else str(node.tag).replace("tag:yaml.org,2002:", "!!")
    return _at(faults.TAG, node, f"tag {name}", help=_TAG_HELP)


def _duplicate_fault(mapping: MappingNode, key_node: Node, key: str) -> Fault:
    first = next(node for node, _ in mapping.value if isinstance(node, ScalarNode) and node.value == key)
    mark = key_node.start_mark
    return Fault(
        faults.DUPLICATE_KEY,
        mark.line,
        mark.column,
        f"key {key!r} stands twice in this mapping",
        length=_length(key_node),
        help="Keep one of the two.",
        first=(first.start_mark.line, first.start_mark.column),
    )


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line of a text, counted from 0."""

    line: int
    column: int
    length: int


def locate(text: str, path: Path, *, on_key: bool = False, document: int = 0) -> Span:
    """Find the place of a value in a text that was read without fault.

    With ``on_key`` it is the place of the value's key. A value that begins on a later line than its key (a nested
    mapping or sequence) is found at its key too, and one that is not in the text at the nearest value around it.
    """
    nodes = _compose(text)
    if document >= len(nodes):
        return Span(0, 0, 1)
    node: Node = nodes[document]
    place: Node = node
    for index, step in enumerate(path):
        entry = _entry(node, step)
        if entry is None:
            break
        key, node = entry
        wants_key = on_key and index == len(path) - 1
        starts_later = key is not None and node.start_mark.line != key.start_mark.line
        place = key if key is not None and (wants_key or starts_later or node.value == "") else node
    return Span(*_within(text, place.start_mark.line, place.start_mark.column), _length(place))


def _entry(node: Node, step: str | int) -> tuple[Node | None, Node] | None:
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if getattr(key, "value", None) == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        return None, node.value[step]
    return None


def _length(node: Node) -> int:
    """Count the node's characters on its first line, if it ends there; a node that goes on is marked by its start."""
    start, end = node.start_mark, node.end_mark
    return max(1, end.column - start.column) if end.line == start.line else 1
