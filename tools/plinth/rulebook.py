"""Every rule that there is, for ``plinth rules`` and ``plinth explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth import formats, kinds, load, output, resolve, rules, validate, verify
from plinth.yamlio import faults

if TYPE_CHECKING:
    from plinth.findings import Rule


def all_rules() -> tuple[Rule, ...]:
    """Return every rule once, by name."""
    of_kinds = (rule for kind in kinds.all_kinds().values() for rule in kind.rules)
    found = [
        *faults.RULES,
        *formats.RULES,
        *load.RULES,
        *validate.RULES,
        *resolve.RULES,
        *rules.RULES,
        *of_kinds,
        *verify.RULES,
        *output.RULES,
    ]
    return tuple(sorted({rule.name: rule for rule in found}.values(), key=lambda rule: rule.name))
