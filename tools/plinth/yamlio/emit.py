"""From data to YAML that every reader reads alike.

kubectl and Argo CD read with go-yaml, which is neither YAML 1.1 nor 1.2; others use PyYAML, ruamel.yaml or a JSON
library. So a string stands without quotes only if no reader could take it for anything else, numbers are written the
one way that all read as numbers, and there are no anchors, tags, folds or flow collections but ``{}`` and ``[]``.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plinth.model import Data

_PLAIN = re.compile(
    r"[A-Za-z/]"
    r"(?:[A-Za-z0-9_./,()@+=-]"
    r"|[ ](?=[A-Za-z0-9(/])"
    r"|:(?=[A-Za-z0-9/]))*"
)
# Booleans, nulls and special floats of YAML 1.1, YAML 1.2, go-yaml and JSON5, in lower case.
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"})
# Written as escapes: controls, spaces other than U+0020, line breaks of YAML 1.1, format and filler characters,
# variation selectors, private use, and all beyond the basic plane. A fixed list: Python's own tables change.
_ESCAPED = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    '\U00010000-\U0010ffff"\\\\]'
)
_LITERAL = re.compile(r"[^\s](?:.*\n)*.*")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
# A reader need not look further than 1,024 characters for the colon of a key.
MAX_KEY = 1000
# The order in which people expect the keys of Kubernetes objects; all others follow by name.
_FIRST_KEYS = {
    key: rank for rank, key in enumerate(("apiVersion", "kind", "metadata", "name", "generateName", "namespace"))
}


class EmitError(ValueError):
    """The data holds something that YAML, or some reader of it, has no form for."""


def emit(documents: Iterable[Data], header: str = "") -> str:
    """Write documents as one YAML text. ``header`` becomes a comment at the top.

    Raises ``EmitError`` for what JSON does not know (infinite numbers, keys that are no strings, lone surrogates).
    """
    lines = [f"# {line}" for line in header.splitlines()]
    for index, document in enumerate(documents):
        if index:
            lines.append("---")
        _node(document, "", "", lines)
    lines.append("")
    return "\n".join(lines)


def _node(data: Data, lead: str, indent: str, lines: list[str]) -> None:
    """Write a value whose first line begins with ``lead`` and whose further lines begin with ``indent``."""
    if isinstance(data, dict) and data:
        _mapping(data, lead, indent, lines)
    elif isinstance(data, list | tuple) and data:
        for item in data:
            _node(item, f"{lead}- ", f"{indent}  ", lines)
            lead = indent
    else:
        # A document that is a text of several lines is indented, too: else a line of it could end the document.
        lines.append(lead + _leaf(data, indent or "  "))


def _mapping(data: dict[str, Data], lead: str, indent: str, lines: list[str]) -> None:
    for key in sorted(data, key=_key_rank):
        value = data[key]
        name = f"{lead}{_key_text(key)}:"
        if isinstance(value, dict) and value:
            lines.append(name)
            _mapping(value, f"{indent}  ", f"{indent}  ", lines)
        elif isinstance(value, list | tuple) and value:
            lines.append(name)
            _node(value, indent, indent, lines)
        else:
            lines.append(f"{name} {_leaf(value, indent + '  ')}")
        lead = indent


def _key_rank(key: str) -> tuple[int, str]:
    return (_FIRST_KEYS.get(key, len(_FIRST_KEYS)), key)


def _key_text(key: object) -> str:
    if not isinstance(key, str):
        raise EmitError(f"a key must be a string, not {key!r}")
    text = string_text(key)
    if len(text) > MAX_KEY:
        raise EmitError(f"a key has {len(text)} characters; at most {MAX_KEY} are read alike")
    return text


def _leaf(data: Data, indent: str) -> str:  # noqa: PLR0911 - one return a type
    if isinstance(data, str):
        return _block_text(data, indent) if "\n" in data else string_text(data)
    if data is None:
        return "null"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, int):
        return _integer_text(data)
    if isinstance(data, float):
        return _float_text(data)
    if isinstance(data, dict):
        return "{}"
    if isinstance(data, list | tuple):
        return "[]"
    raise EmitError(f"{type(data).__name__} is not data")


def _integer_text(number: int) -> str:
    if not -(2**63) <= number < 2**63:
        raise EmitError(f"{number} does not fit into 64 bits; readers round it or fail")
    return str(int(number))


def _float_text(number: float) -> str:
    """YAML 1.1 reads an exponent only after a decimal point and with its sign; ``repr`` gives the sign."""
    if not math.isfinite(number):
        raise EmitError(f"{number} is not a number that JSON knows")
    mantissa, exponent, power = repr(float(number)).partition("e")
    if exponent and "." not in mantissa:
        mantissa += ".0"
    return mantissa + exponent + power


@lru_cache(maxsize=65536)
def string_text(text: str) -> str:
    """Write a string on one line, in double quotes unless every reader takes it for a string without them."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    short = _SHORT_ESCAPES.get(character)
    if short:
        return short
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise EmitError(f"U+{code:04X} is half of a character")
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _block_text(text: str, indent: str) -> str:
    """Write a text of several lines as a literal block if that keeps it as it is and shows all of it."""
    body = text.removesuffix("\n")
    shows_all = not _ESCAPED.search(body.replace("\n", "").replace('"', "").replace("\\", ""))
    if not shows_all or not _LITERAL.fullmatch(body) or body.endswith("\n"):
        return string_text(text)
    head = "|" if text.endswith("\n") else "|-"
    return "\n".join([head, *(f"{indent}{line}" if line else "" for line in body.split("\n"))])
