"""``plinth completion``."""

from __future__ import annotations

import click


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      plinth completion bash >> ~/.bashrc
      plinth completion zsh > "${fpath[1]}/_plinth"
      plinth completion fish > ~/.config/fish/completions/plinth.fish
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - `--help` needs none

    from plinth.cli import plinth  # noqa: PLC0415 - this module is imported by it

    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(completion(plinth, {}, "plinth", "_PLINTH_COMPLETE").source())
