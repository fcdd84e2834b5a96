"""Templates: text in which a value can never become structure.

Jinja2 in its sandbox, with delimiters that leave ``{{ }}`` to Prometheus, Helm and Argo. Every expression is written as
a JSON value (in Python templates: as a literal), so whatever a declaration holds stays one value.
"""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from plinth import tracing
from plinth.yamlio import load as reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from plinth.model import Data


class TemplateError(Exception):
    """A template is broken, or gave something that is not YAML: a fault of the tool, not of a declaration."""


_dumps = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "), allow_nan=False).encode
_UNREADABLE = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF)}


def _json(value: Data) -> str:
    if isinstance(value, jinja2.Undefined):
        raise jinja2.UndefinedError(str(value))
    text = _dumps(value)
    return text if text.isascii() and "\x7f" not in text else text.translate(_UNREADABLE)


def _traced_json(value: Data) -> str:
    return _json(tracing.marked(value))


class _Identifier(str):
    """A name of a Python template's own making, written as it is."""

    __slots__ = ()


def _identifier(text: str) -> _Identifier:
    if not text.isidentifier():
        raise ValueError(f"{text!r} is no Python name")
    return _Identifier(text)


def _python(value: Data) -> str:
    return str(value) if isinstance(value, _Identifier) else _literal(value)


def _literal(value: Data) -> str:
    """Write a value as Python source, with the quotes that formatters of Python prefer."""
    if isinstance(value, jinja2.Undefined):
        raise jinja2.UndefinedError(str(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    text = repr(value)
    # repr chooses single quotes unless the text holds some; where it holds neither sort, double quotes do as well.
    return f'"{text[1:-1]}"' if text.startswith("'") and '"' not in text else text


class _DataEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which ``data.values`` is the entry of that name and never a method of Python's mappings."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look an attribute up: an entry of a mapping, or else an attribute that the sandbox allows."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


@cache
def _environment(finalize: Callable[[Data], str]) -> jinja2.Environment:
    environment = _DataEnvironment(
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
    )
    environment.filters["identifier"] = _identifier
    return environment


def manifests(template: str, context: dict[str, Any], *, tracing: bool = False) -> list[dict[str, Data]]:
    """Render a YAML template, by its path in this package, to Kubernetes objects. Raises ``TemplateError``."""
    text = _render(template, context, _traced_json if tracing else _json)
    try:
        documents = reader.read_rendered(text)
    except ValueError as error:
        raise TemplateError(f"{template}: {error}") from error
    return [document for document in documents if document is not None]


def python(template: str, context: dict[str, Any]) -> str:
    """Render a Python template, by its path in this package. Raises ``TemplateError``, also if it is no Python."""
    text = _render(template, context, _python)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise TemplateError(f"{template}: {error}") from error
    return text


def _render(template: str, context: dict[str, Any], finalize: Callable[[Data], str]) -> str:
    try:
        return _environment(finalize).get_template(template).render(context)
    except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError) as error:
        line = getattr(error, "lineno", None)
        place = f"{template}:{line}" if line else template
        raise TemplateError(f"{place}: {error}") from error
