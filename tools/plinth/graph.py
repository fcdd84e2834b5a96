"""Order in directed graphs: which cycles there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def cycles(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return each cycle once, as the nodes on it in order, beginning with the smallest name.

    ``edges`` gives for each node the nodes it points to; ones that are no keys are left out. Linear in the edges: of
    cycles that share a node only the first one met is returned. Iterative, so that a long chain cannot exhaust the stack.
    """
    found: list[list[str]] = []
    done: set[str] = set()
    for start in sorted(edges):
        if start not in done:
            found.extend(_cycles_from(start, edges, done))
    return sorted(found)


def _cycles_from(start: str, edges: Mapping[str, Iterable[str]], done: set[str]) -> Iterable[list[str]]:
    path: list[str] = [start]
    position = {start: 0}
    pending = [iter(sorted(set(edges[start])))]
    while pending:
        target = next(pending[-1], None)
        if target is None:
            pending.pop()
            node = path.pop()
            del position[node]
            done.add(node)
        elif target in position:
            yield _from_smallest(path[position[target] :])
        elif target in edges and target not in done:
            position[target] = len(path)
            path.append(target)
            pending.append(iter(sorted(set(edges[target]))))


def _from_smallest(cycle: list[str]) -> list[str]:
    first = cycle.index(min(cycle))
    return cycle[first:] + cycle[:first]
