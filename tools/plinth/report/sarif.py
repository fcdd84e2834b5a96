"""The report as SARIF 2.1.0, which GitHub's code scanning and editors read.

Nothing in it depends on the time or the machine, so the same findings give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import plinth
from plinth.report.escaping import encodable, example_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.findings import Finding, Location, Related, Rule
    from plinth.report import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "ruleFileMessage/v1"


def render(report: Report) -> str:
    """Return a log of one run. It names the rules that the findings break, and no others."""
    names = sorted({finding.rule for finding in report.findings})
    known = {rule.name: rule for rule in report.rules}
    run = {
        "tool": {
            "driver": {
                "name": "plinth",
                "version": plinth.__version__,
                "rules": [_rule(name, known.get(name), report) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The repository's root."}}},
        "results": list(_results(report, {name: index for index, name in enumerate(names)})),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str, rule: Rule | None, report: Report) -> dict[str, Any]:
    if rule is None:
        # A policy of the repository's own, say: known only by what it found.
        severity = min(finding.severity for finding in report.findings if finding.rule == name)
        return {
            "id": encodable(name),
            "shortDescription": {"text": _words(name)},
            "fullDescription": {"text": _words(name)},
            "help": {"text": f"plinth explain {encodable(name)}"},
            "defaultConfiguration": {"level": severity.word},
        }
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": _help(rule)},
        "defaultConfiguration": {"level": rule.severity.word},
    }


def _words(name: str) -> str:
    """Make a description of a rule's name, which explains itself."""
    return encodable(name).replace("-", " ") + "."


def _help(rule: Rule) -> str:
    parts = [rule.why]
    for title, example in (("Wrong:", rule.wrong), ("Right:", rule.right)):
        if example:
            parts.append("\n".join([title, *(f"    {line}" for line in example_lines(example))]))
    return "\n\n".join(parts)


def _results(report: Report, indices: dict[str, int]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for finding in report.findings:
        digest = _digest(finding)
        seen[digest] += 1
        yield {
            "ruleId": encodable(finding.rule),
            "ruleIndex": indices[finding.rule],
            "level": finding.severity.word,
            "message": {"text": _message(finding)},
            "locations": [{"physicalLocation": _place(finding.location)}],
            "relatedLocations": [_related(number, related) for number, related in enumerate(finding.related)],
            "partialFingerprints": {FINGERPRINT: f"{digest}:{seen[digest]}"},
        }


def _related(number: int, related: Related) -> dict[str, Any]:
    message = {"text": _plain(related.message)}
    return {"id": number, "physicalLocation": _place(related.location), "message": message}


def _digest(finding: Finding) -> str:
    """Identify a finding without its line, which moves when anything above it changes."""
    identity = json.dumps([finding.rule, finding.location.file, finding.message])
    return hashlib.sha256(identity.encode("ascii")).hexdigest()[:32]


def _message(finding: Finding) -> str:
    return _plain(finding.message) if not finding.help else f"{_plain(finding.message)}\n{_plain(finding.help)}"


def _plain(text: str) -> str:
    """SARIF makes a link of ``[text](target)`` even in plain text; a declaration must not be able to."""
    return encodable(text).replace("](", "\\](")


def _place(location: Location) -> dict[str, Any]:
    return {
        # The bytes that the file's name has on the disk, whether or not they are UTF-8.
        "artifactLocation": {"uri": quote(_name_bytes(location.file), safe="/"), "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": location.line,
            "startColumn": location.column,
            "endColumn": location.column + location.length,
        },
    }


def _name_bytes(file: str) -> bytes:
    try:
        return file.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return encodable(file).encode("utf-8")
