"""``plinth explain``."""

from __future__ import annotations

import click


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Offer kinds and rules, and behind a kind its fields."""
    del context, parameter
    from plinth.explain import ExplainError, find_field, kind_names, sub_fields  # noqa: PLC0415
    from plinth.rulebook import all_rules  # noqa: PLC0415

    parent = incomplete.rpartition(".")[0]
    if not parent:
        offered = [*kind_names(), *(rule.name for rule in all_rules())]
    else:
        try:
            offered = [f"{parent}.{field.name}" for field in sub_fields(*find_field(parent))]
        except ExplainError:
            offered = []
    return [text for text in offered if text.startswith(incomplete)]


@click.command(name="explain")
@click.argument("subject", metavar="KIND[.field…] | RULE", shell_complete=_complete)
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
