"""The cases: files that are wrong in one way, and what must be said of them; and files that are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plinth import pipeline
from plinth.rulebook import all_rules
from support import Case, all_cases, apply_example, shown

if TYPE_CHECKING:
    from pathlib import Path

    from plinth.findings import Rule

RULES = [rule for rule in all_rules() if rule.wrong]

# What no file here can show: it takes a megabyte, a file system's help, or a rendered folder; `tests/unit` has these.
NOT_BY_A_FILE = {"file-too-large", "file-unreadable", "file-not-regular", "file-outside-repository", "rendered-stale"}


@pytest.mark.parametrize("case", all_cases("invalid"), ids=lambda case: case.id)
def test_invalid_case_is_reported_at_its_line(case: Case, base: Path) -> None:
    case.lay_over(base)
    expected = case.expected(base)
    assert expected, "the case expects nothing"
    assert shown(pipeline.run(base).findings) == expected


@pytest.mark.parametrize("case", all_cases("valid"), ids=lambda case: case.id)
def test_valid_case_is_clean(case: Case, base: Path) -> None:
    case.lay_over(base)
    assert pipeline.run(base).findings == []


def test_every_rule_has_an_invalid_case(tmp_path: Path) -> None:
    covered = set()
    for number, case in enumerate(all_cases("invalid")):
        root = tmp_path / str(number)
        case.lay_over(root)
        covered |= {rule for _, _, rule in case.expected(root)}
    assert {rule.name for rule in all_rules()} - covered == NOT_BY_A_FILE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_wrong_example_breaks_its_rule(rule: Rule, base: Path) -> None:
    apply_example(base, rule.wrong, whole=rule.whole)
    assert rule.name in {finding.rule for finding in pipeline.run(base).findings}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_right_example_is_clean(rule: Rule, base: Path) -> None:
    apply_example(base, rule.right, whole=rule.whole)
    assert pipeline.run(base).findings == []
