"""``plinth render``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plinth.cli import EXIT_FINDINGS
from plinth.cli.root import environment_option, find_root, report_of, root_option, run

if TYPE_CHECKING:
    from plinth.output import Difference
    from plinth.pipeline import Result


@click.command(name="render")
@root_option
@environment_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write. Default: rendered/ in the repository.",
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with 1 if something would change.")
def command(root: Path | None, environments: tuple[str, ...], out: Path | None, only_check: bool) -> None:
    """Render every declaration to manifests for Argo CD.

    The folder is replaced in one step, so that it is never half written. What is no longer rendered is deleted, and
    what did not change is not touched. With --env the other environments stay as they are. A folder given with --out
    must be new, empty, or one that was rendered before.

    \b
    Examples:
      plinth render
      plinth render --env dev
      plinth render --check               is rendered/ fresh?
      plinth render --out /tmp/preview    somewhere else, to look at
    """
    from plinth import output  # noqa: PLC0415 - `render --help` needs it not

    root = find_root(root)
    result = run(root, environments)
    if not result.ok:
        _refuse(result)
    folder = _safe(out.resolve(), root) if out else root / "rendered"
    if reason := output.obstacle(folder):
        raise click.UsageError(f"{folder} is {reason}; delete it first")
    if only_check:
        difference = output.compare(folder, result.tree, environments or None)
        _say(difference, folder, "would change")
        sys.exit(EXIT_FINDINGS if difference else 0)
    _say(output.write(folder, result.tree, environments or None), folder, "changed")


def _safe(folder: Path, root: Path) -> Path:
    """Refuse a folder in which something else would be lost. Raises ``click.UsageError``."""
    from plinth import output  # noqa: PLC0415

    if folder.is_relative_to(root.resolve() / "rendered") and folder != root.resolve() / "rendered":
        raise click.UsageError(f"--out {folder} is within rendered/, which another run replaces as a whole")
    try:
        output.check_ours(folder)
    except output.ForeignFilesError as error:
        raise click.UsageError(
            f"{error}; --out takes a new or an empty folder, or one that was rendered before"
        ) from error
    return folder


def _refuse(result: Result) -> None:
    """Say what is wrong; with an error nothing is written."""
    from plinth.findings import Severity  # noqa: PLC0415
    from plinth.report.text import render  # noqa: PLC0415

    errors = [finding for finding in result.findings if finding.severity is Severity.ERROR]
    report = report_of(result, errors, sum(result.seconds.values()))
    click.echo(render(report, colour=sys.stderr.isatty()), err=True, nl=False)
    click.echo("Nothing was rendered: mend the errors first.", err=True)
    sys.exit(EXIT_FINDINGS)


def _say(difference: Difference, folder: Path, word: str) -> None:
    if not difference:
        click.echo(f"{folder}: nothing {word}")
        return
    for sign, paths in (("+", difference.missing), ("~", difference.changed), ("-", difference.extra)):
        for path in paths[:20]:
            click.echo(f"{sign} {folder.name}/{path}")
        if len(paths) > 20:
            click.echo(f"{sign} … and {len(paths) - 20} more")
    click.echo(
        f"{folder}: {len(difference)} {'file' if len(difference) == 1 else 'files'} {word} "
        f"({len(difference.missing)} new, {len(difference.changed)} changed, {len(difference.extra)} deleted)"
    )
