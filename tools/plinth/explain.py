"""What ``plinth explain`` says about a kind, a field or a rule, from the schemas and the rules alone."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from plinth.contracts import Contract, Schema, contract, schemas_folder
from plinth.formats import FORMATS
from plinth.report.escaping import example_lines, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plinth.findings import Rule
    from plinth.model import Data

WIDTH = 100

_TYPES = {
    "object": "mapping",
    "array": "list",
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}
_PLURALS = {"mapping": "mappings", "whole number": "whole numbers", "number": "numbers", "list": "lists"}
_LIMITS = {
    "minimum": "at least {:,}",
    "maximum": "at most {:,}",
    "minLength": "at least {:,} characters",
    "maxLength": "at most {:,} characters",
    "minItems": "at least {:,} items",
    "maxItems": "at most {:,} items",
    "minProperties": "at least {:,} entries",
    "maxProperties": "at most {:,} entries",
}


_WHAT_THERE_IS = "The kinds are {}; `plinth rules` lists the rules."


class ExplainError(LookupError):
    """There is no such kind, field or rule. The message says so and, if one is close, which was meant."""


@dataclass(frozen=True, slots=True)
class Field:
    """A place in the declarations of a kind: ``spec.tasks[].name``, with its schema, references followed."""

    path: str
    schema: Schema
    required: bool = False

    @property
    def name(self) -> str:
        """The field's own name, without where it is."""
        return self.path.rsplit(".", 1)[-1].removesuffix("[]")

    def under(self, kind: str) -> str:
        """Return the path as it is asked for: ``Pipeline.spec.tasks[].name``."""
        return f"{kind}.{self.path}" if self.path else kind


# --- kinds and fields ---


@lru_cache(maxsize=1)
def kind_names() -> tuple[str, ...]:
    """Return the names of all kinds that have a schema, in the alphabet's order."""
    files = sorted(schemas_folder().glob("*.schema.json"))
    stems = [file.name.removesuffix(".schema.json") for file in files]
    return tuple(str(contract(stem).schema["title"]) for stem in stems if stem != "common")


def find_kind(name: str) -> Contract:
    """Return the contract of a kind, however its name is capitalised. Raises ``ExplainError`` if there is none."""
    names = {kind.lower(): kind for kind in kind_names()}
    if name.lower() in names:
        return contract(names[name.lower()])
    close = get_close_matches(name.lower(), names, n=1)
    hint = f"Did you mean {names[close[0]]}?" if close else f"The kinds are {', '.join(kind_names())}."
    raise ExplainError(f"there is no kind {_quoted(name)}. {hint}")


def sub_fields(its_contract: Contract, field: Field) -> Iterator[Field]:
    """Yield the fields right below one, looking through lists and through mappings with keys of any name."""
    inner = _inside(its_contract, field)
    required = inner.schema.get("required", ())
    for name, child in inner.schema.get("properties", {}).items():
        path = f"{inner.path}.{name}" if inner.path else name
        yield Field(path, its_contract.resolve(child), name in required)


def all_fields(its_contract: Contract, field: Field | None = None) -> Iterator[Field]:
    """Yield every field of a kind in the schema's order, each before what is below it."""
    top = field or Field("", its_contract.schema)
    for child in sub_fields(its_contract, top):
        yield child
        yield from all_fields(its_contract, child)


def _inside(its_contract: Contract, field: Field) -> Field:
    """Follow lists to their items, and mappings with keys of any name to their values."""
    while (below := _entry(its_contract, field)) is not None:
        field = below
    return field


def _entry(its_contract: Contract, field: Field) -> Field | None:
    if "items" in field.schema:
        return Field(f"{field.path}[]", its_contract.resolve(field.schema["items"]))
    values = field.schema.get("additionalProperties")
    if "properties" in field.schema or not isinstance(values, dict):
        return None
    return Field(f"{field.path}.<name>", its_contract.resolve(values))


def find_field(path: str) -> tuple[Contract, Field]:
    """Follow ``Kind.field.field`` to a field. Raises ``ExplainError`` at the first step that leads nowhere.

    Lists are looked through, with or without ``[]`` or an index. So are mappings with keys of any name, unless the next
    step is no field of theirs: then it is such a key.
    """
    kind, *steps = path.replace("[", ".[").split(".")
    its_contract = find_kind(kind)
    field = Field("", its_contract.schema)
    for step in steps:
        if not step.startswith("["):
            field = _step(its_contract, field, step)
    return its_contract, field


def _step(its_contract: Contract, field: Field, step: str) -> Field:
    found = {child.name: child for child in sub_fields(its_contract, field)}
    if step in found:
        return found[step]
    while "items" in field.schema:
        field = Field(f"{field.path}[]", its_contract.resolve(field.schema["items"]))
    value = _entry(its_contract, field)
    if value is not None:
        return value
    raise ExplainError(_no_such_field(its_contract, field, step, found))


def _no_such_field(its_contract: Contract, field: Field, step: str, siblings: Mapping[str, Field]) -> str:
    place = field.under(its_contract.kind)
    inner = _inside(its_contract, field).schema
    if inner.get("type") == "object" and "additionalProperties" not in inner:
        return f"{place} takes any fields; the schema says nothing of {_quoted(step)}"
    if not siblings:
        return f"{place} is {_type_words(its_contract, field.schema)}; the schema knows no fields in it"
    message = f"there is no field {_quoted(step)} in {place}."
    close = get_close_matches(step, siblings, n=1)
    if close:
        return f"{message} Did you mean {siblings[close[0]].under(its_contract.kind)}?"
    elsewhere = next((other for other in all_fields(its_contract) if other.name == step), None)
    if elsewhere is not None:
        return f"{message} Did you mean {elsewhere.under(its_contract.kind)}?"
    return f"{message} Its fields are {', '.join(siblings)}."


def explain_field(path: str) -> str:
    """Explain a kind or one of its fields, named as in :func:`find_field`, in lines of at most ``WIDTH`` columns.

    Raises ``ExplainError`` for what does not exist.
    """
    its_contract, field = find_field(path)
    lines = [field.under(its_contract.kind), "", *_paragraph(field.schema.get("description", "")), ""]
    facts = list(_facts(its_contract, field))
    if facts:
        widest = max(len(name) for name, _ in facts)
        for name, text in facts:
            lines.extend(_hanging(f"  {name:<{widest}}  ", visible(text)))
        lines.append("")
    below = list(sub_fields(its_contract, field))
    if below:
        lines.extend(["Fields (* is required):", "", *_field_lines(below), ""])
    return "\n".join(lines).rstrip("\n") + "\n"


def _facts(its_contract: Contract, field: Field) -> Iterator[tuple[str, str]]:
    """Yield what the schema says of a field's value, each with the word that it is listed under."""
    schema = field.schema
    yield "type", type_words(its_contract, schema)
    if field.path and not field.path.endswith(("[]", ".<name>")):
        yield "required", "yes" if field.required else "no"
    if "default" in schema:
        yield "default", as_text(schema["default"])
    yield from constraints(its_contract, schema)
    if merge_key := schema.get("x-plinth-merge-key"):
        yield "merged by", merge_key_words(merge_key)
    if field.path and schema.get("examples"):
        yield "example", as_text(schema["examples"][0])


def constraints(its_contract: Contract, schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield what a value must satisfy besides its type, in words: choices, limits, form, what it refers to."""
    if "const" in schema:
        yield "always", as_text(schema["const"])
    if "enum" in schema:
        yield "one of", ", ".join(as_text(choice) for choice in schema["enum"])
    limits = [words.format(schema[keyword]) for keyword, words in _LIMITS.items() if keyword in schema]
    if schema.get("uniqueItems"):
        limits.append("no item twice")
    if limits:
        yield "limits", _tidied(", ".join(limits))
    yield from _form(schema, "form")
    if target := schema.get("x-plinth-ref"):
        yield "refers to", reference_words(target)
    names = schema.get("propertyNames")
    if isinstance(names, dict):
        names = its_contract.resolve(names)
        yield from _form(names, "keys")
        if target := names.get("x-plinth-ref"):
            yield "keys name", reference_words(target)
    yield from _entry_constraints(its_contract, schema)


def _entry_constraints(its_contract: Contract, schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield what each entry of a list or mapping must satisfy, unless it has fields of its own to say so."""
    entry = _entry(its_contract, Field("", schema))
    if entry is not None and "properties" not in entry.schema:
        for word, text in constraints(its_contract, entry.schema):
            yield (word if word.startswith("each ") else f"each {word}"), text


def _form(schema: Schema, word: str) -> Iterator[tuple[str, str]]:
    if format_ := FORMATS.get(schema.get("format", "")):
        yield word, format_.expected
    if pattern := schema.get("pattern"):
        yield word, f"matches {pattern}"


def _tidied(limits: str) -> str:
    limits = re.sub(
        r"\b1 (character|item|entr)(?:s|ies)", lambda match: f"1 {match[1].replace('entr', 'entry')}", limits
    )
    return re.sub(r"at least ([^,]+), at most \1(?=, |$)", r"exactly \1", limits)


def reference_words(target: str) -> str:
    """Say in words what an ``x-plinth-ref`` names."""
    article = "an" if target[0] in "AEIOU" else "a"
    return f"an entry of {target}" if "." in target else f"{article} {target}"


def merge_key_words(merge_key: str) -> str:
    """Say in words which items of two lists an overlay takes for the same."""
    *others, last = merge_key.split(",")
    return f"{', '.join(others)} and {last}" if others else last


def type_words(its_contract: Contract, schema: Schema) -> str:
    """Name a schema's type as people do: ``list of text``, ``mapping of names to mappings``, ``mapping or null``."""
    types = schema.get("type", [])
    names = [_TYPES.get(name, name) for name in ([types] if isinstance(types, str) else types)]
    if not names and "const" in schema:
        names = ["text" if isinstance(schema["const"], str) else "constant"]
    if names == ["list"] and "items" in schema:
        return f"list of {_many(type_words(its_contract, its_contract.resolve(schema['items'])))}"
    values = schema.get("additionalProperties")
    if names == ["mapping"] and "properties" not in schema and isinstance(values, dict):
        return f"mapping of names to {_many(type_words(its_contract, its_contract.resolve(values)))}"
    return " or ".join(names) or "anything"


def _type_words(its_contract: Contract, schema: Schema) -> str:
    words = type_words(its_contract, schema)
    return words if words in {"text", "true or false", "null", "anything"} else f"a {words}"


def _many(words: str) -> str:
    first, *rest = words.split(" of ", 1)
    return " of ".join([_PLURALS.get(first, first), *rest])


def as_text(value: Data) -> str:
    """Write a value in one line: text as it is, anything else as JSON, which is YAML too."""
    if isinstance(value, str) and value and value == value.strip():
        return value
    return json.dumps(value, ensure_ascii=False)


def _field_lines(fields: Sequence[Field]) -> Iterator[str]:
    widest = max(len(field.name) for field in fields)
    for field in fields:
        label = f"  {field.name + ('*' if field.required else ''):<{widest + 1}}  "
        first, *_ = textwrap.wrap(field.schema.get("description", ""), WIDTH - len(label) - 2) or [""]
        whole = first == " ".join(field.schema.get("description", "").split())
        yield f"{label}{first if whole else f'{first} …'}".rstrip()


# --- rules ---


def explain_rule(rule: Rule) -> str:
    """Explain a rule in lines of at most ``WIDTH`` columns, with what breaks it and what satisfies it."""
    lines = [f"{rule.name} ({rule.severity.word})", "", *_paragraph(rule.summary), "", *_paragraph(rule.why)]
    for title, example in (("Wrong:", rule.wrong), ("Right:", rule.right)):
        if example:
            lines.extend(["", title, "", *(f"    {line}".rstrip() for line in example_lines(example, WIDTH - 4))])
    return "\n".join(lines) + "\n"


def explain(topic: str, rules: Iterable[Rule]) -> str:
    """Explain whatever a topic names: a rule, a kind or a field. Raises ``ExplainError`` if it names nothing."""
    known = {rule.name: rule for rule in rules}
    if topic in known:
        return explain_rule(known[topic])
    kinds = {kind.lower(): kind for kind in kind_names()}
    if "." in topic or topic.lower() in kinds:
        return explain_field(topic)
    close = get_close_matches(topic.lower(), [*kinds, *known], n=1)
    hint = f"Did you mean {kinds.get(close[0], close[0])}?" if close else _WHAT_THERE_IS.format(", ".join(kind_names()))
    raise ExplainError(f"there is no kind and no rule {_quoted(topic)}. {hint}")


def rules_table(rules: Iterable[Rule]) -> str:
    """List rules by name, one a line: name, severity, summary. Empty if there are none."""
    ordered = sorted(rules, key=lambda rule: rule.name)
    widest = max((len(rule.name) for rule in ordered), default=0)
    return "".join(f"{rule.name:<{widest}}  {rule.severity.word:<7}  {rule.summary}\n" for rule in ordered)


# --- lines ---


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(visible(text), WIDTH, break_on_hyphens=False)


def _hanging(lead: str, text: str) -> list[str]:
    """Wrap text behind a lead, with the further lines under its first word. Long words, such as digests, stay whole."""
    wrapped = textwrap.wrap(text, WIDTH - len(lead), break_long_words=False, break_on_hyphens=False) or [""]
    return [lead + wrapped[0], *(" " * len(lead) + line for line in wrapped[1:])]


def _quoted(text: str) -> str:
    shown = visible(text[:80])
    return f"`{shown}`" if len(text) <= 80 else f"`{shown}…`"
