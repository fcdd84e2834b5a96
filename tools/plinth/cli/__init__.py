"""The command line. Each command is a module here, imported only when it is called: so that ``--help`` is fast."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import click

from plinth import __version__

EXIT_FINDINGS = 1
EXIT_WRONG_USAGE = 2
EXIT_TOOL_FAILED = 3
EXIT_NOTHING_CHECKED = 4
EXIT_INTERRUPTED = 130

_COMMANDS = {
    "check": "Check every declaration, what it renders to, and that rendered/ is fresh.",
    "render": "Render every declaration to manifests for Argo CD.",
    "explain": "Explain a kind, a field or a rule.",
    "rules": "List every rule.",
    "crds": "Manage the schemas of custom resources.",
    "completion": "Print the completion script of a shell.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which a newcomer meets them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"plinth.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="plinth")
def plinth() -> None:
    """Keep the declarations of a machine-learning platform honest, and render them for Argo CD.

    \b
    Examples:
      plinth check                     check everything, as CI does
      plinth render                    write rendered/ after a change
      plinth explain Tenant.spec       what a Tenant may hold
      plinth explain unknown-field     what a rule is about

    \b
    Exit codes:
      0  clean                         3  the tool failed
      1  there are findings            4  nothing was checked
      2  wrong usage
    """


def main() -> None:
    """Run the command line; turn what only a broken tool can raise into its exit code."""
    try:
        code = plinth.main(prog_name="plinth", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = EXIT_WRONG_USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; the interpreter must not complain when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_INTERRUPTED
    except Exception as error:
        click.echo(f"plinth failed: {type(error).__name__}: {error}", err=True)
        if "PLINTH_TRACEBACK" in os.environ:
            traceback.print_exc()
        else:
            click.echo(
                "This is a fault of the tool or its set-up, not of a declaration. PLINTH_TRACEBACK=1 shows where.",
                err=True,
            )
        code = EXIT_TOOL_FAILED
    sys.exit(code)
