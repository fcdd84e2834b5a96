"""Reports: from findings to text. Nothing here prints; whoever prints has the text to do with as it likes."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plinth.findings import Finding, Rule, Severity


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run looked at, and for how long."""

    declarations: int
    environments: int
    manifests: int
    rules: int
    seconds: float

    def sentence(self) -> str:
        """Say it in one line: ``63 declarations, 3 environments, 812 manifests, 71 rules, 1.2 s``."""
        counted = (
            count(self.declarations, "declaration"),
            count(self.environments, "environment"),
            count(self.manifests, "manifest"),
            count(self.rules, "rule"),
        )
        # A run of 40 ms did not take "0.0 s".
        digits = 1 if self.seconds >= 0.1 else 2
        return f"{', '.join(counted)}, {self.seconds:,.{digits}f} s"


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run has to say. ``rules`` are those that the findings may name; only SARIF tells of them."""

    findings: tuple[Finding, ...]
    summary: Summary
    rules: tuple[Rule, ...] = ()

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity, in the report's order."""
        return tuple(finding for finding in self.findings if finding.severity is severity)


def count(number: int, noun: str) -> str:
    """Write a number with its noun, in the plural unless it is one: ``1,024 manifests``."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def counts(report: Report) -> str:
    """Count the findings: ``1 error, 2 warnings in 2 files``, or ``no findings``."""
    from plinth.findings import Severity  # noqa: PLC0415 - so that importing the package stays free

    if not report.findings:
        return "no findings"
    found = {severity: len(report.of(severity)) for severity in Severity}
    files = len({finding.location.file for finding in report.findings})
    listed = ", ".join(count(number, severity.word) for severity, number in found.items() if number)
    return f"{listed} in {count(files, 'file')}"


def _renderer(name: str) -> Callable[..., str]:
    def render(report: Report, **options: bool) -> str:
        module = importlib.import_module(f"plinth.report.{name}")
        text: str = module.render(report, **options)
        return text

    return render


FORMATS: Mapping[str, Callable[..., str]] = {
    name: _renderer(name) for name in ("text", "github", "sarif", "json", "markdown")
}
"""The formats by name. Each takes a report and returns text; ``text`` also takes ``colour``. Imported when called."""
