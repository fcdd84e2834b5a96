"""Findings as GitHub's workflow commands, which become annotations beside the lines of a pull request.

GitHub shows at most 10 errors, 10 warnings and 10 notices of a step, and 50 annotations of a job. All are put out all
the same: the log has every one, and which are shown is GitHub's to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Severity
from plinth.report.escaping import visible

if TYPE_CHECKING:
    from plinth.findings import Finding
    from plinth.report import Report

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report) -> str:
    """Return one command a line; nothing for a report without findings."""
    return "".join(f"{_command(finding)}\n" for finding in report.findings)


def _command(finding: Finding) -> str:
    location = finding.location
    properties = {
        "file": location.file,
        "line": str(location.line),
        "col": str(location.column),
        "endColumn": str(location.column + location.length),
        "title": finding.rule,
    }
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(_message(finding))}"


def _message(finding: Finding) -> str:
    lines = [visible(finding.message)]
    if finding.help:
        lines.append(f"help: {visible(finding.help)}")
    lines.extend(f"note: {visible(str(related.location))}: {visible(related.message)}" for related in finding.related)
    return "\n".join(lines)


def _data(text: str) -> str:
    """Escape as GitHub's runner undoes it. The order matters: the escapes themselves hold percent signs."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
