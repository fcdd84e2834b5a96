"""The order in which an environment's components come up, from what they provide and require."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plinth.model import Data


def providers(components: Mapping[str, dict[str, Data]]) -> dict[str, list[str]]:
    """Return for each capability the components that provide it. ``components`` maps names to specs."""
    found: dict[str, list[str]] = {}
    for name, spec in components.items():
        for capability in spec.get("provides", ()):
            found.setdefault(capability, []).append(name)
    return found


def needs(components: Mapping[str, dict[str, Data]]) -> dict[str, list[str]]:
    """Return for each component the other components that provide what it requires."""
    by_capability = providers(components)
    return {
        name: sorted(
            {provider for capability in spec.get("requires", ()) for provider in by_capability.get(capability, ())}
            - {name}
        )
        for name, spec in components.items()
    }


def waves(edges: Mapping[str, list[str]]) -> dict[str, int]:
    """Number the components so that each comes after all that it needs; one that needs nothing is in wave 0.

    ``edges`` is what ``needs`` returns. Components on a cycle, and what needs them, get no number.
    """
    waiting = {name: set(before) & edges.keys() for name, before in edges.items()}
    dependents: dict[str, list[str]] = {}
    for name, before in waiting.items():
        for other in before:
            dependents.setdefault(other, []).append(name)
    found: dict[str, int] = {}
    ready = sorted(name for name, before in waiting.items() if not before)
    wave = 0
    while ready:
        found.update(dict.fromkeys(ready, wave))
        following = set()
        for name in ready:
            for dependent in dependents.get(name, ()):
                waiting[dependent].discard(name)
                if not waiting[dependent]:
                    following.add(dependent)
        ready, wave = sorted(following), wave + 1
    return found
