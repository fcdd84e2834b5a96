"""Where the repository is, and how a run shows itself: shared by the commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from plinth.cli import EXIT_NOTHING_CHECKED

if TYPE_CHECKING:
    from collections.abc import Callable

    from plinth.findings import Finding
    from plinth.pipeline import Result
    from plinth.report import Report

FOLDERS = ("platform", "tenants", "pipelines", "models")

root_option = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The repository. Default: the folder above or at the working directory that holds platform/.",
)


def _complete_environments(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer the environments by their files' names: completing must be quick, so nothing is read."""
    del parameter
    root = context.params.get("root") or next(
        (folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "platform" / "platform.yaml").exists()),
        Path(),
    )
    names = sorted(path.stem for path in (root / "platform" / "environments").glob("*.yaml"))
    return [name for name in names if name.startswith(incomplete)]


environment_option = click.option(
    "--env",
    "environments",
    multiple=True,
    metavar="ENVIRONMENT",
    shell_complete=_complete_environments,
    help="Only this environment; may be given several times. Default: all.",
)


def find_root(given: Path | None) -> Path:  # noqa: RET503 - the last line ends the program
    """Return the repository's root. Ends the program with exit code 4 if there is none."""
    if given is not None:
        return given
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "platform" / "platform.yaml").exists():
            return folder
    if any((here / name).is_dir() for name in FOLDERS):
        return here
    nothing_checked("no Plinth repository here or in a folder above: none holds platform/platform.yaml")


def nothing_checked(reason: str) -> NoReturn:
    """End the program: it had nothing to do, which must not look like success."""
    click.echo(f"nothing was checked: {reason}", err=True)
    sys.exit(EXIT_NOTHING_CHECKED)


def progress() -> Callable[[str], None]:
    """Return what shows the stages on a terminal as they begin; silent when the output is piped."""
    if not sys.stderr.isatty():
        return lambda _: None

    def show(stage: str) -> None:
        click.echo(f"\r\x1b[K{stage}…", nl=False, err=True)

    return show


def clear_progress() -> None:
    """Take the last stage's name off the terminal."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)


def run(root: Path, environments: tuple[str, ...]) -> Result:
    """Take the repository through all stages, showing them. Ends the program if there was nothing to check.

    Raises ``click.UsageError`` for an environment that is not declared.
    """
    from plinth import pipeline  # noqa: PLC0415 - `--help` needs it not

    result = pipeline.run(root, environments or None, progress())
    clear_progress()
    if result.found_nothing:
        nothing_checked(f"there are no declarations in {root}")
    declared = dict.fromkeys([*result.catalog.environments, *result.declared_environments])
    for name in environments:
        if name not in declared:
            raise click.UsageError(f"there is no environment {name!r}; declared: {', '.join(declared) or 'none'}")
    return result


def report_of(result: Result, findings: list[Finding], seconds: float) -> Report:
    """Put findings together with what was looked at; ``seconds`` is how long that took."""
    from plinth.report import Report, Summary  # noqa: PLC0415 - `--help` needs none of these
    from plinth.rulebook import all_rules  # noqa: PLC0415

    rules = all_rules()
    summary = Summary(result.declaration_count, len(result.bundles), result.manifest_count, len(rules), seconds)
    return Report(tuple(findings), summary, rules)
