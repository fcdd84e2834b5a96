"""``plinth explain``."""

from __future__ import annotations

import click


@click.command(name="explain")
@click.argument("subject", metavar="KIND[.field…] | RULE")
def command(subject: str) -> None:
    """Explain a kind, a field or a rule.

    \b
    Examples:
      plinth explain Tenant
      plinth explain Pipeline.spec.tasks.container.image
      plinth explain quantity-malformed
    """
    from plinth.explain import ExplainError, explain  # noqa: PLC0415 - `--help` needs none of these
    from plinth.rulebook import all_rules  # noqa: PLC0415

    try:
        click.echo(explain(subject, all_rules()), nl=False)
    except ExplainError as error:
        raise click.UsageError(str(error)) from error
