"""No declaration holds a secret."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from plinth.findings import Rule
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding
    from plinth.model import Data, Path

# Prefixes as their makers document them, so that scanners can find them.
_TOKENS = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b"),
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "an address with a password": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@${}]+:[^\s/@${}]+@"),
}
_SECRET_KEY = re.compile(
    r"(?:.*[._-])?(?:password|passwd|passphrase|secret_?access_?key|client_?secret|api_?key|private_?key|auth_?token)",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MENTION = re.compile(r"\$\{.*\}|\$\(.*\)|\{\{.*\}\}")

RULE = Rule(
    "secret-value",
    "Declarations refer to secrets and never hold one.",
    "What is in git is read by everybody who can clone, for ever. Put the secret into the secret store, and refer to it by an "
    "ExternalSecret. A secret that was pushed once must be replaced.",
    "kind: Component\nspec: {values: {adminPassword: correct-horse-battery}}\n",
    "kind: Component\nspec: {values: {existingSecret: admin-credentials}}\n",
)


def check(catalog: Catalog) -> Iterator[Finding]:
    """Find values that look like secrets, by their form or by the name of their key. The message does not show them."""
    for ref in sorted(catalog.declarations):
        document = catalog.declarations[ref].document
        for path, reason in _secrets(document.data, ()):
            place = locate(document, path)
            masked = place.source[: place.column - 1] + "********"
            yield RULE.at(
                dataclasses.replace(place, source=masked, length=8),
                f"this looks like {reason}",
                help="Refer to a secret of the secret store instead, and replace this one: it is known now.",
            )


def _secrets(data: Data, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _secrets(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _secrets(value, (*path, index))
    elif isinstance(data, str) and data:
        reason = next((name for name, pattern in _TOKENS.items() if pattern.search(data)), None)
        if reason is None and path and _names_a_secret(path[-1]) and not _MENTION.fullmatch(data):
            reason = f"a secret: the value of `{path[-1]}`"
        if reason is not None:
            yield path, reason


def _names_a_secret(key: str | int) -> bool:
    return isinstance(key, str) and bool(_SECRET_KEY.fullmatch(_CAMEL.sub("-", key)))
