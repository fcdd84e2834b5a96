"""Workflow commands: read back as GitHub's runner reads them (ActionCommand.cs of actions/runner)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given
from report_samples import reports

from plinth.report.escaping import visible
from plinth.report.github import render

if TYPE_CHECKING:
    from plinth.report import Report


def parse(line: str) -> tuple[str, dict[str, str], str]:
    """Take a command apart: the name ends at the first space, the properties at the next ``::``."""
    match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert match is not None
    command, properties, data = match.groups()
    pairs = [pair.split("=", 1) for pair in properties.split(",")]
    return command, {name: undone(value, {"%3A": ":", "%2C": ","}) for name, value in pairs}, undone(data, {})


def undone(text: str, more: dict[str, str]) -> str:
    escapes = {"%0D": "\r", "%0A": "\n", "%25": "%", **more}
    return re.sub(r"%0D|%0A|%25|%3A|%2C", lambda match: escapes.get(match.group(), match.group()), text)


@given(reports)
def test_one_line_a_finding_and_all_of_it(report: Report) -> None:
    text = render(report)
    lines = text.split("\n")
    assert lines.pop() == ""
    assert len(text.splitlines()) == len(lines) == len(report.findings)
    for finding, line in zip(report.findings, lines, strict=True):
        command, properties, data = parse(line)
        assert command == {"error": "error", "warning": "warning", "note": "notice"}[finding.severity.word]
        assert list(properties) == ["file", "line", "col", "endColumn", "title"]
        assert properties["file"] == visible(finding.location.file)
        assert properties["title"] == visible(finding.rule)
        assert (properties["line"], properties["col"]) == (str(finding.location.line), str(finding.location.column))
        shown = data.split("\n")
        assert shown[0] == visible(finding.message)
        assert len(shown) == 1 + bool(finding.help) + len(finding.related)
