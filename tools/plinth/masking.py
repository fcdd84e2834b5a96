"""What looks like a secret, and how it is kept out of everything that is shown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plinth.findings import Finding, Location

MASK = "********"

# Prefixes as their makers document them, so that scanners can find them.
TOKENS = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}\b"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b"),
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}\b"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "an address with a password": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@${}]+:[^\s/@${}]+@"),
}
_WORDS = (
    r"(?:password|passwd|passphrase|secret[._-]?access[._-]?key|client[._-]?secret|api[._-]?key|private[._-]?key"
    r"|auth[._-]?token)"
)
_SECRET_KEY = re.compile(rf"(?:.*[._-])?{_WORDS}", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# In a source line: such a key, and what stands behind its colon.
_ASSIGNMENT = re.compile(
    rf"((?:^|[\s{{,\"'])[\w.-]*{_WORDS}[\"']?\s*:\s*)(?=\S)(?!\$\{{)(\"[^\"]*\"|'[^']*'|[^,}}]+)", re.IGNORECASE
)


def token_in(text: str) -> str | None:
    """Say which sort of secret a text holds, by its form, if it holds one."""
    return next((name for name, pattern in TOKENS.items() if pattern.search(text)), None)


def names_a_secret(key: str) -> bool:
    """Whether a key's name says that its value is a secret: ``adminPassword``, and not ``passwordSecretRef``."""
    return bool(_SECRET_KEY.fullmatch(_CAMEL.sub("-", key)))


def masked(finding: Finding) -> Finding:
    """Return a finding with everything that looks like a secret masked, in its texts and its source lines."""
    return replace(
        finding,
        message=_without_tokens(finding.message),
        help=_without_tokens(finding.help),
        location=_masked_location(finding.location),
        related=tuple(replace(item, location=_masked_location(item.location)) for item in finding.related),
    )


def _masked_location(location: Location) -> Location:
    source = _ASSIGNMENT.sub(lambda match: match.group(1) + MASK, _without_tokens(location.source))
    return location if source == location.source else replace(location, source=source)


def _without_tokens(text: str) -> str:
    for pattern in TOKENS.values():
        text = pattern.sub(MASK, text)
    return text
