"""The reference pages of the documentation, made from the schemas and the rules."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from plinth.contracts import contract
from plinth.explain import all_fields, as_text, constraints, merge_key_words, type_words
from plinth.report.escaping import example_lines, visible
from plinth.yamlio.emit import emit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plinth.contracts import Contract
    from plinth.explain import Field
    from plinth.findings import Rule
    from plinth.kinds import Kind
    from plinth.model import Data

_MARKUP = re.compile(r"[<>|*\[\]]")


def pages(kinds: Iterable[Kind], rules: Iterable[Rule], folder: str = "docs/reference") -> dict[str, str]:
    """Return the text of every page by its path: one for each kind, and one for all rules."""
    texts = {f"{folder}/kinds/{kind.name.lower()}.md": kind_page(kind.name, kind.place) for kind in kinds}
    return {**texts, f"{folder}/rules.md": rules_page(rules)}


def kind_page(kind: str, place: str) -> str:
    """Describe a kind: what it is, where its files lie, all its fields, and a declaration that has them.

    ``place`` is the path of its files, as ``Kind.place`` has it. Raises ``ContractError`` if there is no such kind.
    """
    its_contract = contract(kind)
    schema = its_contract.schema
    file = f"{kind.lower()}.schema.json"
    lines = [
        f"<!-- Made from schemas/{file}: change it there. -->",
        "",
        f"# {schema['title']}",
        "",
        _prose(schema["description"]),
        "",
        f"Its files: `{place}`. Its schema: [`schemas/{file}`](../../../schemas/{file}).",
        "",
        "## Fields",
        "",
        "`[]` stands for any item of a list, `<name>` for any key of a mapping.",
        "`plinth explain` shows the same in a terminal.",
        "",
        "| Field | Type | Required | Default | Description |",
        "| --- | --- | --- | --- | --- |",
        *(_field_row(its_contract, field) for field in all_fields(its_contract)),
        "",
        "## Example",
        "",
        "Every field of `spec` with the example of the schema. The names in it are made up.",
        "",
        *_fenced(emit([example(its_contract)]).rstrip("\n").split("\n")),
    ]
    return "\n".join(lines) + "\n"


def example(its_contract: Contract) -> dict[str, Data]:
    """Compose a declaration, valid as the schema's own examples are, of those of all fields of ``spec``."""
    properties = its_contract.schema["properties"]
    spec = {name: _first_example(its_contract, child) for name, child in its_contract.spec_schema["properties"].items()}
    return {**{name: _first_example(its_contract, child) for name, child in properties.items()}, "spec": spec}


def _first_example(its_contract: Contract, schema: Data) -> Data:
    return its_contract.resolve(schema)["examples"][0]


def _field_row(its_contract: Contract, field: Field) -> str:
    schema = field.schema
    cells = (
        _code(field.path),
        type_words(its_contract, schema),
        "yes" if field.required else "",
        _code(as_text(schema["default"])) if "default" in schema else "",
        "<br>".join([_prose(schema.get("description", "")), *_conditions(its_contract, field)]),
    )
    return f"| {' | '.join(cells)} |"


def _conditions(its_contract: Contract, field: Field) -> Iterator[str]:
    for word, text in constraints(its_contract, field.schema):
        yield f"*{word}:* {_code(text.removeprefix('matches ')) if text.startswith('matches ') else _prose(text)}"
    if merge_key := field.schema.get("x-plinth-merge-key"):
        yield f"*merged by:* {_prose(merge_key_words(merge_key))}"


def rules_page(rules: Iterable[Rule]) -> str:
    """List all rules, then say of each what it is for, what breaks it and what satisfies it."""
    ordered = sorted(rules, key=lambda rule: rule.name)
    lines = [
        "<!-- Made from the rules in tools/plinth: change them there. -->",
        "",
        "# Rules",
        "",
        "What `plinth check` finds. `plinth explain <rule>` shows the same in a terminal.",
        "",
        "| Rule | Severity | Summary |",
        "| --- | --- | --- |",
        *(f"| [{rule.name}](#{rule.name}) | {rule.severity.word} | {_prose(rule.summary)} |" for rule in ordered),
    ]
    for rule in ordered:
        lines.extend(["", *_rule_section(rule)])
    return "\n".join(lines) + "\n"


def _rule_section(rule: Rule) -> Iterator[str]:
    yield from (f"## {rule.name}", "", f"*{rule.severity.word}.* {_prose(rule.summary)}", "", _prose(rule.why))
    for title, text in (("Wrong:", rule.wrong), ("Right:", rule.right)):
        if text:
            yield from ("", title, "", *_fenced(example_lines(text, width=110)))


def _fenced(lines: list[str]) -> list[str]:
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return [f"{fence}yaml", *lines, fence]


def _code(text: str) -> str:
    """Return a code span for a cell of a table, in which a bar needs a backslash even within code."""
    shown = visible(text).replace("|", "\\|")
    fence = "`" * (_longest_run(shown) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _longest_run(text: str) -> int:
    return max((len(list(run)) for character, run in groupby(text) if character == "`"), default=0)


def _prose(text: str) -> str:
    """Return a text of ours, in which backticks mean code, for a cell or a paragraph."""
    return _MARKUP.sub(lambda match: f"&#{ord(match.group())};", visible(text))
