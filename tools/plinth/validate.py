"""The second stage: each document against the contract of its kind."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from plinth import kinds
from plinth.contracts import Contract, contract
from plinth.findings import Finding, Related, Rule
from plinth.formats import FORMATS
from plinth.model import API_VERSION, Data, Declaration, Document, Path, Ref, display_path
from plinth.places import locate, value_at
from plinth.wording import TYPE_NAMES, describe, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import jsonschema_rs

    from plinth.findings import Location

    Place = Callable[[Path, bool], Location]

KIND_UNKNOWN = Rule(
    "kind-unknown",
    "Every declaration says its kind.",
    "The kind decides which schema the declaration is held against.",
    "kind: Tennant\n",
    "kind: Tenant\n",
)
DECLARATION_MISPLACED = Rule(
    "declaration-misplaced",
    "A declaration lies in the place that its identity says.",
    "Owners are asked by path: what lies in a team's folder must be that team's, and what is called production must be it.",
    "kind: Tenant\nmetadata: {name: freight}\n",
    "kind: Tenant\nmetadata: {name: flights}\n",
)
UNKNOWN_FIELD = Rule(
    "unknown-field",
    "Declarations hold only fields that their schema knows.",
    "A misspelt field would be ignored, and its author would believe that it holds.",
    "kind: Tenant\nspec: {costCenter: cc-4711}\n",
    "kind: Tenant\nspec: {costCentre: cc-4711}\n",
)
MISSING_FIELD = Rule(
    "missing-field",
    "Declarations hold every field that their schema requires.",
    "There is no default that would be right for everybody.",
    "kind: Tenant\nspec: {owners: null}\n",
    "kind: Tenant\nspec: {owners: [flights@ml.example.com]}\n",
)
WRONG_TYPE = Rule(
    "wrong-type",
    "Every value has the type that its schema says.",
    "Text, numbers, true and false, lists and mappings are not the same to Kubernetes. Versions and quantities are text, "
    "so they stand in quotes: 1.30 without them is the number 1.3.",
    "kind: Platform\nspec: {kubernetesVersion: 1.36}\n",
    'kind: Platform\nspec: {kubernetesVersion: "1.36"}\n',
)
VALUE_NOT_ALLOWED = Rule(
    "value-not-allowed",
    "A value with a fixed set of choices is one of them.",
    "The schema lists the values that something is rendered for.",
    "kind: Model\nspec: {framework: scikit-learn}\n",
    "kind: Model\nspec: {framework: sklearn}\n",
)
VALUE_OUT_OF_RANGE = Rule(
    "value-out-of-range",
    "Numbers, lengths and counts stay within the limits of their schema.",
    "The limits are Kubernetes', Airflow's or common sense's; explain the field to see them.",
    "kind: Release\nspec: {version: 0}\n",
    "kind: Release\nspec: {version: 1}\n",
)
VALUE_MALFORMED = Rule(
    "value-malformed",
    "Text with a fixed form has it.",
    "The schema gives the form and an example; explain the field to see them.",
    "kind: Platform\nspec: {repository: {url: github.com/example/platform}}\n",
    "kind: Platform\nspec: {repository: {url: https://github.com/example/platform.git}}\n",
)
DUPLICATE_ITEM = Rule(
    "duplicate-item",
    "Lists of distinct things name each once.",
    "A repeated item is a slip: most often another one was meant.",
    "kind: Tenant\nspec: {access: {admin: [leads, leads]}}\n",
    "kind: Tenant\nspec: {access: {admin: [leads]}}\n",
)

RULES = (
    KIND_UNKNOWN,
    DECLARATION_MISPLACED,
    UNKNOWN_FIELD,
    MISSING_FIELD,
    WRONG_TYPE,
    VALUE_NOT_ALLOWED,
    VALUE_OUT_OF_RANGE,
    VALUE_MALFORMED,
    DUPLICATE_ITEM,
)


def validate(documents: dict[Ref, Document]) -> tuple[dict[Ref, Declaration], list[Finding]]:
    """Hold every document against its kind's schema; return the valid ones as declarations, and the findings."""
    declarations: dict[Ref, Declaration] = {}
    findings: list[Finding] = []
    for ref, document in documents.items():
        found = list(_document_findings(ref, document))
        findings.extend(found)
        if not found:
            declarations[ref] = Declaration(ref, document)
    return declarations, findings


def _document_findings(ref: Ref, document: Document) -> Iterator[Finding]:
    data = document.data
    if not isinstance(data, dict):
        message = f"a declaration is a mapping with apiVersion, kind, metadata and spec, not {describe(data)}"
        yield WRONG_TYPE.at(locate(document, ()), message)
        return
    if not isinstance(data.get("kind"), str) or data["kind"] not in kinds.all_kinds():
        yield _unknown_kind(ref, document)
        return
    if data["kind"] != ref.kind:
        yield _wrong_kind(ref, document)
        return
    its_contract = contract(ref.kind)
    if not its_contract.validator.is_valid(data):
        yield from schema_findings(
            data, its_contract, its_contract.validator, lambda path, on_key: locate(document, path, on_key=on_key)
        )
    yield from _identity_findings(ref, document)


def _unknown_kind(ref: Ref, document: Document) -> Finding:
    kind = document.data.get("kind")
    if kind is None:
        return MISSING_FIELD.at(
            locate(document, ()), "the declaration does not say its kind", help=f"Add `kind: {ref.kind}`."
        )
    help_text = f"In this place belongs `kind: {ref.kind}`, with `apiVersion: {API_VERSION}`."
    return KIND_UNKNOWN.at(locate(document, ("kind",)), f"there is no kind {quote(kind)}", help=help_text)


def _wrong_kind(ref: Ref, document: Document) -> Finding:
    kind = document.data["kind"]
    place = kinds.all_kinds()[kind].place
    message = f"a {kind} does not belong here: this is the place of the {ref}"
    return DECLARATION_MISPLACED.at(
        locate(document, ("kind",)), message, help=f"Move the file to {place}, or change its kind."
    )


def _identity_findings(ref: Ref, document: Document) -> Iterator[Finding]:
    """Compare the metadata with what the file's path promises."""
    metadata = document.data.get("metadata")
    if not isinstance(metadata, dict):
        return
    kind = kinds.all_kinds()[ref.kind]
    for field in ("name", "tenant", "environment"):
        promised, said = getattr(ref, field), metadata.get(field)
        if not promised or not isinstance(said, str) or said == promised or f"{{{field}}}" not in kind.place:
            continue
        identity = {"name": ref.name, "tenant": ref.tenant, "environment": ref.environment, field: said}
        yield DECLARATION_MISPLACED.at(
            locate(document, ("metadata", field)),
            f"metadata.{field} is {quote(said)}, but the file's place says {quote(promised)}",
            help=f"Write `{field}: {promised}`, or move the file to {kind.file_of(Ref(ref.kind, **identity))}.",
        )


MAX_FINDINGS = 100
"""At most of one file: whoever mends a hundred will run the check again, and hostile input could have a million."""


def schema_findings(
    data: Data, its_contract: Contract, validator: jsonschema_rs.Draft202012Validator, place: Place, base: Path = ()
) -> list[Finding]:
    """Explain every way in which data breaks a schema. ``place`` gives the location of a path; ``base`` is put before it."""
    problems = [
        _Problem(data, base, tuple(error.instance_path), error.kind, error.message, its_contract, place)
        for error in validator.iter_errors(data)
    ]
    wrong_types = {problem.path for problem in problems if problem.keyword == "Type"}
    misspelt = {(problem.path, meant) for problem in problems for meant in problem.misspelt()}
    findings: list[Finding] = []
    for problem in problems:
        if len(findings) >= MAX_FINDINGS:
            break
        if problem.path in wrong_types and problem.keyword != "Type":
            continue  # of a value of the wrong type nothing further can be said
        if (problem.path, getattr(problem.kind, "property", None)) in misspelt:
            continue  # a required field that is there under a misspelt name is one mistake, not two
        findings.extend(_EXPLANATIONS.get(problem.keyword, _other)(problem))
    return findings


class _Problem:
    """One error of the validator, with what it takes to explain it."""

    def __init__(
        self, data: Data, base: Path, path: Path, kind: Any, message: str, its_contract: Contract, place: Place
    ) -> None:
        self.kind = kind
        self.message = message
        self.path = path
        self.full_path = base + path
        self._place = place
        self._contract = its_contract
        self.value = value_at(data, path)

    def location(self, *more: str | int, on_key: bool = False) -> Location:
        return self._place((*self.full_path, *more), on_key)

    @property
    def keyword(self) -> str:
        return type(self.kind).__name__

    @property
    def name(self) -> str:
        return display_path(self.full_path) or "the declaration"

    @property
    def schema(self) -> Any:
        return self._contract.at(self.full_path) or {}

    @property
    def example(self) -> str:
        examples = self.schema.get("examples")
        return f"For example: {quote(examples[0])}." if examples else ""

    def meant(self, field: str) -> str | None:
        """Return the field that an unknown one most likely is, of those that are not there yet."""
        absent = [name for name in self.schema.get("properties", {}) if name not in self.value]
        return next(iter(get_close_matches(field, absent, n=1, cutoff=0.6)), None)

    def misspelt(self) -> list[str]:
        """Return the fields that are meant by unknown ones."""
        return [meant for field in getattr(self.kind, "unexpected", ()) if (meant := self.meant(field)) is not None]

    def explain_hint(self, *more: str) -> str:
        steps = [str(step) for step in (*self.full_path, *more) if not isinstance(step, int)]
        return f"`plinth explain {'.'.join([self._contract.kind, *steps])}` tells more."


def _unknown_fields(problem: _Problem) -> Iterable[Finding]:
    allowed = sorted(problem.schema.get("properties", {}))
    for field in problem.kind.unexpected[:MAX_FINDINGS]:
        meant = problem.meant(field)
        where = f"in {problem.name}" if problem.full_path else "at the top of a declaration"
        message = f"unknown field {quote(field)} {where}"
        suggestion = f"Did you mean `{meant}`?" if meant else f"Allowed here: {', '.join(allowed)}."
        yield UNKNOWN_FIELD.at(problem.location(field, on_key=True), message, help=suggestion)


def _missing_field(problem: _Problem) -> Iterable[Finding]:
    field = problem.kind.property
    schema = problem._contract.at((*problem.full_path, field)) or {}  # noqa: SLF001 - one room, two helpers
    description = schema.get("description", "")
    yield MISSING_FIELD.at(
        problem.location(on_key=True),
        f"{problem.name} lacks the field {quote(field)}",
        help=f"{field}: {description}" if description else problem.explain_hint(field),
    )


def _wrong_type(problem: _Problem) -> Iterable[Finding]:
    wanted = problem.schema.get("type", "value")
    names = [wanted] if isinstance(wanted, str) else wanted
    expected = " or ".join(TYPE_NAMES.get(name, name) for name in names)
    message = f"{problem.name} must be {expected}, not {describe(problem.value)}"
    yield WRONG_TYPE.at(problem.location(), message, help=_quoting_help(problem) or problem.example)


def _quoting_help(problem: _Problem) -> str:
    """Offer quotes for a number that is to be text, if the text would be right: as it is written, not as it was read."""
    place = problem.location()
    written = place.source[place.column - 1 : place.column - 1 + place.length]
    if isinstance(problem.value, bool) or not isinstance(problem.value, int | float):
        return ""
    format_ = FORMATS.get(problem.schema.get("format", ""))
    choices = problem.schema.get("enum", [written])
    is_right = written in choices and (format_ is None or format_.matches(written))
    return f'Put it in quotes, as it is to be read as text: "{written}".' if is_right else ""


def _not_allowed(problem: _Problem) -> Iterable[Finding]:
    options = getattr(problem.kind, "options", None) or [problem.kind.expected_value]
    texts = [str(option) for option in options]
    # Of two numbers neither is a misspelling of the other.
    close = get_close_matches(str(problem.value), texts, n=1, cutoff=0.5) if str(problem.value)[:1].isalpha() else []
    allowed = ", ".join(texts)
    help_text = f"Did you mean `{close[0]}`? Allowed: {allowed}." if close else f"Allowed: {allowed}."
    yield VALUE_NOT_ALLOWED.at(problem.location(), f"{problem.name} cannot be {quote(problem.value)}", help=help_text)


def _malformed(problem: _Problem) -> Iterable[Finding]:
    format_ = FORMATS.get(getattr(problem.kind, "format", ""))
    if format_ is None:
        message = f"{problem.name} is malformed: {quote(problem.value)}"
        help_text = f"{problem.schema.get('description', '')} {problem.example}".strip()
        yield VALUE_MALFORMED.at(problem.location(), message, help=help_text)
        return
    yield format_.rule.at(
        problem.location(), f"{problem.name} is {quote(problem.value)}", help=f"Expected: {format_.expected}."
    )


def _malformed_key(problem: _Problem) -> Iterable[Finding]:
    """A key is not told in the error, so each is held against the key's format again."""
    names = problem.schema.get("propertyNames", {})
    format_ = FORMATS[names["format"]]
    for key in problem.value:
        if not format_.matches(key):
            yield format_.rule.at(
                problem.location(key, on_key=True),
                f"{quote(key)} cannot be a key of {problem.name}",
                help=f"Expected: {format_.expected}.",
            )


_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
}


def _out_of_range(problem: _Problem) -> Iterable[Finding]:
    schema = problem.schema
    if schema.get("minProperties") == schema.get("maxProperties") == 1:
        message = f"{problem.name} must hold exactly one entry, not {len(problem.value)}"
        help_text = f"Choose one of: {', '.join(sorted(schema.get('properties', {})))}."
    else:
        wanted = " and ".join(text.format(schema[keyword]) for keyword, text in _BOUNDS.items() if keyword in schema)
        is_number = isinstance(problem.value, int | float)
        found = f"is {problem.value}; it must be" if is_number else f"has {len(problem.value)}; it must have"
        message = f"{problem.name} {found} {wanted}"
        help_text = problem.example
    yield VALUE_OUT_OF_RANGE.at(problem.location(), message, help=help_text)


def _duplicates(problem: _Problem) -> Iterable[Finding]:
    seen: dict[str, int] = {}
    for index, item in enumerate(problem.value):
        first = seen.setdefault(repr(item), index)
        if first != index:
            yield DUPLICATE_ITEM.at(
                problem.location(index),
                f"{quote(item)} stands twice in {problem.name}",
                help="Keep one of the two.",
                related=(Related(problem.location(first), "the first one"),),
            )


def _other(problem: _Problem) -> Iterable[Finding]:
    yield VALUE_MALFORMED.at(problem.location(), f"{problem.name}: {problem.message}", help=problem.explain_hint())


_EXPLANATIONS: dict[str, Callable[[_Problem], Iterable[Finding]]] = {
    "AdditionalProperties": _unknown_fields,
    "Required": _missing_field,
    "Type": _wrong_type,
    "Enum": _not_allowed,
    "Constant": _not_allowed,
    "Format": _malformed,
    "Pattern": _malformed,
    "PropertyNames": _malformed_key,
    "UniqueItems": _duplicates,
    **dict.fromkeys(
        (
            "Minimum",
            "Maximum",
            "MinLength",
            "MaxLength",
            "MinItems",
            "MaxItems",
            "MinProperties",
            "MaxProperties",
        ),
        _out_of_range,
    ),
}
