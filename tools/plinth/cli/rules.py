"""``plinth rules``."""

from __future__ import annotations

import click


@click.command(name="rules")
def command() -> None:
    """List every rule, with what it asks for.

    \b
    Examples:
      plinth rules
      plinth rules | grep image
    """
    from plinth.explain import rules_table  # noqa: PLC0415 - `--help` needs neither
    from plinth.rulebook import all_rules  # noqa: PLC0415

    click.echo(rules_table(all_rules()), nl=False)
