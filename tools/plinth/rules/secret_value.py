"""No declaration holds a secret."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from plinth.findings import Rule
from plinth.masking import MASK, names_a_secret, token_in
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plinth.findings import Finding
    from plinth.model import Data, Document, Path

_MENTION = re.compile(r"\$\{.*\}|\$\(.*\)|\{\{.*\}\}")

RULE = Rule(
    "secret-value",
    "Declarations refer to secrets and never hold one.",
    "What is in git is read by everybody who can clone, for ever. Put the secret into the secret store, and refer to it by an "
    "ExternalSecret. A secret that was pushed once must be replaced.",
    "kind: Component\nspec: {values: {adminPassword: correct-horse-battery}}\n",
    "kind: Component\nspec: {values: {existingSecret: admin-credentials}}\n",
)


def check(documents: Iterable[Document]) -> Iterator[Finding]:
    """Find values that look like secrets, by their form or by the name of their key. The message does not show them.

    It looks at whole files, valid or not: a secret is known as soon as it is pushed.
    """
    for document in documents:
        several = isinstance(document.data, list)
        for index, data in enumerate(document.data if several else [document.data]):
            for path, reason in _secrets(data, ()):
                place = locate(document, path, index=index)
                masked = place.source[: place.column - 1] + MASK
                yield RULE.at(
                    dataclasses.replace(place, source=masked, length=len(MASK)),
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
        reason = token_in(data)
        if reason is None and path and names_a_secret(str(path[-1])) and not _MENTION.fullmatch(data):
            reason = f"a secret: the value of `{path[-1]}`"
        if reason is not None:
            yield path, reason
