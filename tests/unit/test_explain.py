"""`plinth explain`: what it says of kinds, fields and rules, and what it answers to a slip."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth import formats, validate
from plinth.contracts import contract
from plinth.explain import (
    WIDTH,
    ExplainError,
    all_fields,
    constraints,
    explain,
    explain_field,
    explain_rule,
    find_field,
    kind_names,
    rules_table,
    type_words,
)
from plinth.findings import Rule, Severity
from plinth.yamlio import faults

RULES = (*faults.RULES, *formats.RULES, *validate.RULES)
KINDS = ("Component", "Dataset", "Environment", "Model", "Pipeline", "Platform", "Release", "Tenant")


def test_every_kind_is_known() -> None:
    assert kind_names() == KINDS


def test_a_field_through_a_list() -> None:
    assert explain_field("pipeline.spec.tasks.container.environment") == (
        "Pipeline.spec.tasks[].container.environment\n"
        "\n"
        "Environment variables of the container. Never a secret.\n"
        "\n"
        "  type      mapping of names to text\n"
        "  required  no\n"
        "  default   {}\n"
        "  keys      letters, digits and underscores, not beginning with a digit\n"
        '  example   {"LOG_LEVEL": "info"}\n'
    )


def test_a_mapping_with_its_fields() -> None:
    text = explain_field("Platform.spec.sizes")
    assert "  type      mapping of names to mappings\n" in text
    assert "  limits    at least 1 entry\n" in text
    assert text.endswith(
        "Fields (* is required):\n"
        "\n"
        "  cpu*     Processor cores, as a Kubernetes quantity.\n"
        "  memory*  Memory in bytes, as a Kubernetes quantity.\n"
        "  gpu      Whole graphics processors.\n"
    )


def test_a_kind() -> None:
    text = explain_field("tenant")
    assert text.startswith("Tenant\n\nA team on the platform: who belongs to it, what it may use")
    assert "\n  spec*        What the team is and gets.\n" in text
    assert "required" not in text.split("Fields")[0]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("Pipeline.spec.tasks.size", "refers to  an entry of Platform.spec.sizes"),
        ("Model.spec.trainedBy", "refers to  a Pipeline"),
        ("Tenant.spec.environments", "keys name  an Environment"),
        ("Pipeline.spec.tasks", "merged by  name"),
        ("Component.spec.manifests", "merged by  kind, metadata.namespace and metadata.name"),
        ("Pipeline.spec.tasks.retryDelay", "default   5m"),
        ("Environment.spec.sync.prune", "default   true"),
        ("Dataset.spec.format", "one of    csv, json-lines, parquet, delta, iceberg"),
        ("Pipeline.spec.tasks.retries", "limits    at least 0, at most 20"),
        ("Component.spec.source", "limits    exactly 1 entry"),
        ("Tenant.spec.owners", "limits     at least 1 item, no item twice"),
        ("Tenant.spec.owners", "each form  an e-mail address"),
        ("Dataset.spec.location.prefix", "form      matches ^([A-Za-z0-9._=-]+/)+$"),
        ("Dataset.apiVersion", "always    plinth/v1alpha1"),
        ("Pipeline.spec.environments.schedule", "type      mapping or null"),
        ("Pipeline.metadata.name", "required  yes"),
    ],
)
def test_a_fact(path: str, line: str) -> None:
    assert f"  {line}\n" in explain_field(path)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("PIPELINE.spec.tasks", "spec.tasks"),
        ("Pipeline.spec.tasks[2].size", "spec.tasks[].size"),
        ("Pipeline.spec.tasks[].size", "spec.tasks[].size"),
        ("Platform.spec.sizes.cpu", "spec.sizes.<name>.cpu"),
        ("Platform.spec.sizes.small.cpu", "spec.sizes.<name>.cpu"),
        ("Platform.spec.sizes.<name>.cpu", "spec.sizes.<name>.cpu"),
        ("Platform.spec.sizes.small", "spec.sizes.<name>"),
        ("Pipeline.spec.environments.production.tasks.size", "spec.environments.<name>.tasks[].size"),
        ("Pipeline.spec.environments.tasks.size", "spec.environments.<name>.tasks[].size"),
        ("Pipeline.spec.tasks.container.environment.LOG_LEVEL", "spec.tasks[].container.environment.<name>"),
    ],
)
def test_lists_and_mappings_are_looked_through(path: str, found: str) -> None:
    assert find_field(path)[1].path == found


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("pipline.spec", "there is no kind `pipline`. Did you mean Pipeline?"),
        ("xyz.spec", f"there is no kind `xyz`. The kinds are {', '.join(KINDS)}."),
        ("Pipeline.spec.task", "there is no field `task` in Pipeline.spec. Did you mean Pipeline.spec.tasks?"),
        ("Model.spec.frame", "there is no field `frame` in Model.spec. Did you mean Model.spec.framework?"),
        ("Model.spec.owners[0].x", "Model.spec.owners[] is text; the schema knows no fields in it"),
        ("Pipeline.tasks", "there is no field `tasks` in Pipeline. Did you mean Pipeline.spec.tasks?"),
        ("Tenant.spec.access.xyz", "there is no field `xyz` in Tenant.spec.access. Its fields are admin, edit, view."),
        ("Pipeline.spec.owner.x", "Pipeline.spec.owner is text; the schema knows no fields in it"),
        ("Component.spec.values.x", "Component.spec.values takes any fields; the schema says nothing of `x`"),
        ("unknwon-field", "there is no kind and no rule `unknwon-field`. Did you mean unknown-field?"),
        ("Tenants", "there is no kind and no rule `Tenants`. Did you mean Tenant?"),
        ("", f"there is no kind and no rule ``. The kinds are {', '.join(KINDS)}; `plinth rules` lists the rules."),
        ("a\x1bcb.d", f"there is no kind `a\\x1bcb`. The kinds are {', '.join(KINDS)}."),
    ],
)  # fmt: skip
def test_a_slip(topic: str, message: str) -> None:
    with pytest.raises(ExplainError) as raised:
        explain(topic, RULES)
    assert str(raised.value) == message


@given(st.text(max_size=20) | st.from_regex(r"(Tenant|Pipeline)(\.[a-z\[\]]{0,8}){0,4}", fullmatch=True))
def test_any_topic_is_explained_or_refused(topic: str) -> None:
    try:
        answer = explain(topic, RULES)
    except ExplainError as error:
        answer = f"{error}\n"
    assert answer.endswith("\n")
    assert not {unicodedata.category(c) for c in answer.replace("\n", "")} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_can_be_asked_for(kind: str) -> None:
    its_contract = contract(kind)
    fields = list(all_fields(its_contract))
    assert len({field.path for field in fields}) == len(fields) > 5
    for field in fields:
        asked = f"{kind}.{field.path}"
        assert find_field(asked)[1].path == field.path
        text = explain_field(asked)
        assert text.startswith(f"{asked}\n")
        # Only a word that cannot be broken, such as a digest, stands in a longer line; alone but for a label.
        long = [line for line in text.splitlines() if len(line) > WIDTH]
        assert [line for line in long if not re.fullmatch(r" +(\w+( \w+)?  +)?\S+", line)] == []


def test_a_type_in_words() -> None:
    its_contract = contract("Pipeline")
    nested = {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}}
    assert type_words(its_contract, nested) == "list of mappings of names to whole numbers"
    assert type_words(its_contract, {"type": ["boolean", "null"]}) == "true or false or null"
    assert type_words(its_contract, {}) == "anything"


def test_limits_in_words() -> None:
    its_contract = contract("Pipeline")
    schema = {"type": "string", "minLength": 1, "maxLength": 1000}
    assert dict(constraints(its_contract, schema)) == {"limits": "at least 1 character, at most 1,000 characters"}


# --- rules ---


def test_a_rule() -> None:
    rule = Rule("a-b", "One thing.", f"{'word ' * 30}end.", "kind: Tenant\n", "", severity=Severity.WARNING)
    assert explain_rule(rule) == (
        f"a-b (warning)\n\nOne thing.\n\n{('word ' * 20).rstrip()}\n{'word ' * 10}end.\n\nWrong:\n\n    kind: Tenant\n"
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_is_shown_safely(rule: Rule) -> None:
    text = explain_rule(rule)
    assert {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} == {"\n"}
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert text.count("\n") < 100
    assert explain(rule.name, RULES) == text


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (faults.TAB, "\n    \\tname: clean\n"),
        (faults.FILE_ENCODING, "\n    \\ufeffapiVersion: plinth/v1alpha1\n"),
        (faults.CONTROL_CHARACTER, r"cleaned.\x1b[2K"),
        (faults.FILE_TOO_LARGE, f"\n    # {'x' * 93}…\n"),
    ],
)
def test_awkward_examples(rule: Rule, shown: str) -> None:
    assert shown in explain_rule(rule)


def test_rules_table() -> None:
    rules = [Rule("b-longer", "Second.", "", "", "", Severity.NOTE), Rule("a-b", "First.", "", "", "")]
    assert rules_table(rules) == "a-b       error    First.\nb-longer  note     Second.\n"
    assert rules_table([]) == ""


def test_explain_error_is_a_lookup_error() -> None:
    assert issubclass(ExplainError, LookupError)
