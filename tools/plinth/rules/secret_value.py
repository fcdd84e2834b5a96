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
        yield from _secrets_of_mapping(data, path)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _secrets(value, (*path, index))
    elif isinstance(data, str) and (reason := token_in(data)) is not None:
        yield path, reason


def _secrets_of_mapping(data: dict[str, Data], path: Path) -> Iterator[tuple[Path, str]]:
    if data.get("kind") == "Secret" and data.get("apiVersion") == "v1":
        yield from (((*path, field), "the content of a Secret") for field in ("data", "stringData") if data.get(field))
    name = data.get("name")
    if isinstance(name, str) and names_a_secret(name) and _is_written_out(data.get("value")):
        yield (*path, "value"), f"a secret: the value of `{name}`"
    for key, value in data.items():
        if names_a_secret(key) and _is_written_out(value):
            yield (*path, key), f"a secret: the value of `{key}`"
        else:
            yield from _secrets(value, (*path, key))


def _is_written_out(value: Data) -> bool:
    """Whether a value stands there itself: text, a number, or a list of such; a mapping most often is a reference."""
    if isinstance(value, list):
        return any(_is_written_out(item) for item in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    return not isinstance(value, str) or (value != "" and not _MENTION.fullmatch(value))
