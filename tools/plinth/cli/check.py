"""``plinth check``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from plinth.cli import EXIT_FINDINGS
from plinth.cli.root import environment_option, find_root, report_of, root_option, run

if TYPE_CHECKING:
    from pathlib import Path

    from plinth.findings import Finding
    from plinth.pipeline import Result
    from plinth.report import Report

_FORMATS = ("text", "github", "sarif", "json", "markdown")


@click.command(name="check")
@root_option
@environment_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="How to report: for people, GitHub annotations, SARIF 2.1.0, JSON, or Markdown.",
)
@click.option("--no-fresh", is_flag=True, help="Do not compare rendered/ with what the declarations render to.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too, not only for errors.")
def command(root: Path | None, environments: tuple[str, ...], format_: str, no_fresh: bool, strict: bool) -> None:
    """Check every declaration, what it renders to, and that rendered/ is fresh.

    Nothing is written, and neither a cluster nor the network is needed.

    \b
    Examples:
      plinth check
      plinth check --env production
      plinth check --format github        in a workflow: annotations on the lines
      plinth check --format sarif > plinth.sarif

    \b
    Exit codes: 0 clean, 1 findings, 2 wrong usage, 3 the tool failed, 4 nothing was checked.
    """
    from plinth.findings import Severity, in_order  # noqa: PLC0415 - `check --help` needs neither

    start = time.perf_counter()
    root = find_root(root)
    result = run(root, environments)
    findings = list(result.findings)
    if result.ok and not no_fresh:
        findings = in_order([*findings, *_stale(root / "rendered", result, environments)])
    click.echo(_rendered(report_of(result, findings, time.perf_counter() - start), format_), nl=False)
    if format_ == "text" and result.catalog.incomplete:
        click.echo("What the declarations with errors render to was not checked: mend them, and run it again.")
    worst = Severity.WARNING if strict else Severity.ERROR
    sys.exit(EXIT_FINDINGS if any(finding.severity <= worst for finding in findings) else 0)


def _stale(folder: Path, result: Result, environments: tuple[str, ...]) -> list[Finding]:
    from plinth import output  # noqa: PLC0415

    if reason := output.obstacle(folder):
        return [output.obstacle_finding(folder.name, reason)]
    return output.findings(folder.name, output.compare(folder, result.tree, environments or None))


def _rendered(report: Report, format_: str) -> str:
    if format_ == "text":
        from plinth.report.text import render  # noqa: PLC0415

        return render(report, colour=sys.stdout.isatty())
    from plinth.report import FORMATS  # noqa: PLC0415

    return FORMATS[format_](report)
