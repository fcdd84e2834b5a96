"""The report as JSON, for other programs. ``docs/reference/report.schema.json`` says what it holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from plinth.findings import Severity
from plinth.report.escaping import encodable

if TYPE_CHECKING:
    from plinth.findings import Finding, Location
    from plinth.report import Report

VERSION = 1
"""Grows when a program that reads reports would have to change."""


def render(report: Report) -> str:
    """Return the report as one JSON object, in ASCII: whatever text it holds, no reader and no terminal minds."""
    summary = report.summary
    data = {
        "version": VERSION,
        "summary": {
            "declarations": summary.declarations,
            "environments": summary.environments,
            "manifests": summary.manifests,
            "rules": summary.rules,
            "seconds": round(summary.seconds, 3),
            **{f"{severity.word}s": len(report.of(severity)) for severity in Severity},
        },
        "findings": [_finding(finding) for finding in report.findings],
    }
    return json.dumps(data, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": encodable(finding.rule),
        "severity": finding.severity.word,
        **_place(finding.location),
        "message": encodable(finding.message),
        "help": encodable(finding.help),
        "related": [{**_place(related.location), "message": encodable(related.message)} for related in finding.related],
    }


def _place(location: Location) -> dict[str, Any]:
    return {
        "file": encodable(location.file),
        "line": location.line,
        "column": location.column,
        "endColumn": location.column + location.length,
    }
