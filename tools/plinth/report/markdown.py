"""The report as GitHub's Markdown, for job summaries and comments on pull requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plinth.findings import Severity
from plinth.report import counts
from plinth.report.escaping import shortened, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.findings import Finding
    from plinth.report import Report

LIMIT = 65_536
"""GitHub refuses a comment that is longer."""

_RESERVE = 200
"""Kept free for the line that says how many findings are left out."""

_CELL = 500
_TITLES = {Severity.ERROR: "Errors", Severity.WARNING: "Warnings", Severity.NOTE: "Notes"}
_MARKS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTE: "ℹ️"}

# Entities cannot stand for structure (CommonMark, 2.5), so text that has them for everything special stays text.
_SPECIAL = re.compile(r"[&<>|\\`*_{}\[\]~$#!@]")
# GitHub looks for these in the finished page, behind the entities: mentions, issues, addresses. A zero-width space, put
# where one would begin, stops it.
_REFERENCE = re.compile(r"(?<=&#64;)|(?<=&#35;)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=gh-)(?=\d)", re.IGNORECASE)


def render(report: Report) -> str:
    """Return the report in fewer than ``LIMIT`` characters; findings that would not fit are counted, not shown."""
    text = f"{_headline(report)}\n"
    used = _length(text)
    for shown, part in enumerate(_parts(report)):
        used += _length(part)
        if used > LIMIT - _RESERVE:
            return f"{text}\n… and {len(report.findings) - shown:,} more. `plinth check` shows all.\n"
        text += part
    return text


def _headline(report: Report) -> str:
    found = counts(report)
    mark = next((_MARKS[severity] for severity in Severity if report.of(severity)), "✅")
    return f"{mark} **Plinth: {found}** ({report.summary.sentence()})."


def _parts(report: Report) -> Iterator[str]:
    """Yield a part of the text for each finding, the worst first. The first of a severity brings the table's head."""
    for severity in Severity:
        head = f"\n### {_TITLES[severity]}\n\n| Place | Rule | Message |\n| --- | --- | --- |\n"
        for finding in report.of(severity):
            yield head + _row(finding)
            head = ""


def _row(finding: Finding) -> str:
    place = f"{shortened(finding.location.file, _CELL)}:{finding.location.line}"
    message = escaped(shortened(finding.message, _CELL))
    if finding.help:
        message += f"<br>{escaped(shortened(finding.help, _CELL))}"
    return f"| <code>{escaped(place)}</code> | <code>{escaped(shortened(finding.rule, _CELL))}</code> | {message} |\n"


def escaped(text: str) -> str:
    """Return text for a cell of a table: one line, and nothing in it is markup, a mention or a link."""
    plain = _SPECIAL.sub(lambda match: f"&#{ord(match.group())};", visible(text))
    return _REFERENCE.sub("&#8203;", plain)


def _length(text: str) -> int:
    """Count as GitHub does, in UTF-16 units: most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
