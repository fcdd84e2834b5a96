"""The JSON report, against its published schema."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from hypothesis import given
from report_samples import CASES, read_case, reports

from plinth.report.json import VERSION, render

if TYPE_CHECKING:
    from plinth.report import Report

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "docs/reference/report.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


@given(reports)
def test_satisfies_its_schema_and_keeps_everything(report: Report) -> None:
    text = render(report)
    assert text.isascii()
    data = json.loads(text)
    VALIDATOR.validate(data)
    assert [item["severity"] for item in data["findings"]] == [found.severity.word for found in report.findings]
    assert sum(data["summary"][name] for name in ("errors", "warnings", "notes")) == len(report.findings)
    for item, found in zip(data["findings"], report.findings, strict=True):
        if not any("\ud800" <= character <= "\udfff" for character in found.message):
            assert item["message"] == found.message
        assert item["endColumn"] - item["column"] == found.location.length
        assert len(item["related"]) == len(found.related)


def test_what_it_says() -> None:
    report, _ = read_case(CASES / "compiler.yaml")
    data = json.loads(render(report))
    assert data["version"] == VERSION == SCHEMA["properties"]["version"]["const"]
    assert data["summary"] == {
        "declarations": 63, "environments": 3, "manifests": 812, "rules": 71, "seconds": 0.04,
        "errors": 1, "warnings": 2, "notes": 0,
    }  # fmt: skip
    assert data["findings"][0] == {
        "rule": "unknown-field",
        "severity": "error",
        "file": "tenants/flights/tenant.yaml",
        "line": 14,
        "column": 5,
        "endColumn": 15,
        "message": "unknown field `costCenter` in spec",
        "help": "Did you mean `costCentre`?",
        "related": [],
    }
    assert data["findings"][1]["related"] == [
        {"file": "tenants/flights/tenant.yaml", "line": 107, "column": 9, "endColumn": 14, "message": "the first one"}
    ]


def test_lone_surrogates_become_readable() -> None:
    report, _ = read_case(CASES / "compiler.yaml")
    broken = dataclasses.replace(report.findings[0], message="a\udc80b")
    assert json.loads(render(dataclasses.replace(report, findings=(broken,))))["findings"][0]["message"] == r"a\udc80b"


@pytest.mark.parametrize("field", ["version", "summary", "findings"])
def test_the_schema_can_refuse(field: str) -> None:
    data = json.loads(render(read_case(CASES / "clean.yaml")[0]))
    del data[field]
    assert not VALIDATOR.is_valid(data)
