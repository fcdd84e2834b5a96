"""Variables in component values and manifests: ``${environment.domain}`` and a few more.

A variable becomes text within a text; it can never become structure. ``${…}`` with another first word is left as it is:
shells, Grafana and Alloy use the same signs.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from plinth.findings import Finding, Rule
from plinth.places import locate
from plinth.tracing import carry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plinth.model import Data, Document, Path

_VARIABLE = re.compile(r"\$\{([A-Za-z]+\.[A-Za-z0-9_.-]*)\}")

NAMES = {
    "environment.name": "the environment's name",
    "environment.domain": "the domain that the environment's host names end in",
    "platform.domain": "the platform's domain",
    "platform.organisation": "the organisation that runs the platform",
    "platform.repository.url": "the address of this repository",
    "platform.repository.branch": "the branch that Argo CD syncs",
    "component.name": "the component's name",
    "component.namespace": "the component's namespace",
}

VARIABLE_UNKNOWN = Rule(
    "variable-unknown",
    "Variables in values and manifests exist.",
    "A misspelt variable would reach the cluster as it stands.",
    "kind: Component\nspec: {values: {host: 'mlflow.${environment.domian}'}}\n",
    "kind: Component\nspec: {values: {host: 'mlflow.${environment.domain}'}}\n",
)


def substitute(data: Data, variables: Mapping[str, str]) -> Data:
    """Return the data with every variable in its texts replaced."""
    if isinstance(data, dict):
        return {key: substitute(value, variables) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [substitute(item, variables) for item in data]
    if isinstance(data, str) and "${" in data:
        return carry(data, _VARIABLE.sub(lambda match: variables.get(match.group(1), match.group()), data))
    return data


def unknown(document: Document, path: Path, *, index: int | None = None) -> Iterator[Finding]:
    """Find variables below a path that do not exist; ``index`` says which document, where a file holds several."""
    data = document.data if index is None else document.data[index]
    for step in path:
        data = data.get(step, {})
    for place, text in _texts(data, path):
        for name in _VARIABLE.findall(text):
            if name not in NAMES and _is_meant(name):
                close = get_close_matches(name, NAMES, n=1)
                suggestion = f"Did you mean `${{{close[0]}}}`?" if close else f"There are: {', '.join(NAMES)}."
                yield VARIABLE_UNKNOWN.at(
                    locate(document, place, index=index or 0), f"there is no variable `${{{name}}}`", help=suggestion
                )


def _is_meant(name: str) -> bool:
    """Whether a name's first word is one of ours, or so close to one that it must be a slip."""
    first = name.split(".", maxsplit=1)[0].lower()
    return bool(get_close_matches(first, {known.split(".")[0] for known in NAMES}, n=1, cutoff=0.8))


def _texts(data: Data, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _texts(item, (*path, index))
    elif isinstance(data, str):
        yield path, data
