"""The reference pages that are made from the schemas and the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plinth import formats, validate
from plinth.contracts import contract
from plinth.explain import all_fields, kind_names
from plinth.findings import Rule
from plinth.kinds import Kind, all_kinds
from plinth.reference import example, kind_page, pages, rules_page
from plinth.yamlio import faults

RULES = (*faults.RULES, *formats.RULES, *validate.RULES)
DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_every_kind_has_its_place() -> None:
    assert tuple(all_kinds()) == kind_names()


@pytest.mark.parametrize("kind", kind_names())
def test_the_committed_page_is_up_to_date(kind: str) -> None:
    committed = (DOCS / "kinds" / f"{kind.lower()}.md").read_text(encoding="utf-8")
    assert committed == kind_page(kind, all_kinds()[kind].place)


@pytest.mark.parametrize("kind", kind_names())
def test_every_field_has_a_row(kind: str) -> None:
    rows = [cells(line) for line in kind_page(kind, "x").split("\n") if line.startswith("| `")]
    assert [row[0] for row in rows] == [f"`{field.path}`" for field in all_fields(contract(kind))]
    assert {len(row) for row in rows} == {5}
    assert all(row[1] and row[4] for row in rows)


@pytest.mark.parametrize("kind", kind_names())
def test_the_example_is_a_declaration(kind: str) -> None:
    its_contract = contract(kind)
    its_contract.validator.validate(example(its_contract))
    assert set(example(its_contract)["spec"]) == set(its_contract.spec_schema["properties"])


def test_what_a_page_says() -> None:
    page = kind_page("Tenant", "tenants/{name}/tenant.yaml")
    assert "\n# Tenant\n" in page
    assert "`tenants/{name}/tenant.yaml`" in page
    assert "| `spec.costCentre` | text | yes |  | The cost centre that pays for what the team uses." in page
    assert "| `spec.quota.storage` | text |  | `100Gi` | Disk space of all persistent volumes together" in page
    assert "\n  costCentre: cc-4711\n" in page


def test_angle_brackets_and_bars_are_text() -> None:
    page = kind_page("Component", "x")
    assert "crd:<group>" not in page.split("## Example")[0]
    assert r"`^(https\|oci)://" in page


def test_rules_page() -> None:
    rule = Rule("b-c", "Sum | mary.", "Why <b>.", "a: '```'\n\tb\n", "")
    page = rules_page([rule, Rule("a-b", "First.", "For a.", "", "a: 1\n")])
    assert "| [a-b](#a-b) | error | First. |\n| [b-c](#b-c) | error | Sum &#124; mary. |" in page
    assert page.endswith(
        "## b-c\n\n*error.* Sum &#124; mary.\n\nWhy &#60;b&#62;.\n\nWrong:\n\n````yaml\na: '```'\n\\tb\n````\n"
    )


def test_no_rule_makes_a_page_long() -> None:
    page = rules_page(RULES)
    assert len(page) < 200_000
    assert page.count("\n## ") == len(RULES)


def test_pages() -> None:
    kinds = [Kind(name="Tenant", place="t"), Kind(name="Model", place="m")]
    made = pages(kinds, RULES, "docs")
    assert list(made) == ["docs/kinds/tenant.md", "docs/kinds/model.md", "docs/rules.md"]
    assert made["docs/kinds/model.md"] == kind_page("Model", "m")
