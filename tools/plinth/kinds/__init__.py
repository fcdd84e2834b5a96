"""The kinds of declarations: each a folder here, found by itself, with its schema in ``schemas/``."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from plinth.model import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from plinth.catalog import Catalog, View
    from plinth.findings import Finding, Rule
    from plinth.model import Data, Declaration, RenderedFile

    Check: TypeAlias = Callable[[Declaration, Catalog], Iterable[Finding]]
    OverlayCheck: TypeAlias = Callable[[Declaration], Iterable[Finding]]
    EnvironmentsOf: TypeAlias = Callable[[Declaration, Catalog], Sequence[str]]
    OverlaysOf: TypeAlias = Callable[["Declaration", str, Catalog], "list[Overlay]"]
    Render: TypeAlias = Callable[[Declaration, dict[str, Data], View], Iterable[RenderedFile]]


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is merged over a ``spec`` for one environment, and where it is written."""

    declaration: Declaration
    path: tuple[str, ...]
    data: Data


def listed_environments(declaration: Declaration, catalog: Catalog) -> Sequence[str]:  # noqa: ARG001 - one signature for all kinds
    """Name the environments of a kind that lists them in ``spec.environments``."""
    return tuple(declaration.spec.get("environments", ()))


def listed_overlays(declaration: Declaration, environment: str, catalog: Catalog) -> list[Overlay]:  # noqa: ARG001 - one signature for all kinds
    """Return the overlay that ``spec.environments.<environment>`` holds, if it holds one."""
    overlay = declaration.spec.get("environments", {}).get(environment)
    return [Overlay(declaration, ("spec", "environments", environment), overlay)] if overlay else []


def nowhere(declaration: Declaration, catalog: Catalog) -> Sequence[str]:  # noqa: ARG001 - one signature for all kinds
    """Name no environment: for kinds that others refer to, and that are not rendered themselves."""
    return ()


def nothing(declaration: Declaration, spec: dict[str, Data], view: View) -> Iterable[RenderedFile]:  # noqa: ARG001 - one signature for all kinds
    """Render nothing."""
    return ()


def no_overlay_check(declaration: Declaration) -> Iterable[Finding]:  # noqa: ARG001 - one signature for all kinds
    """Find nothing."""
    return ()


def no_check(declaration: Declaration, catalog: Catalog) -> Iterable[Finding]:  # noqa: ARG001 - one signature for all kinds
    """Find nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What the stages need to know of one kind. ``place`` is the path of its files, with ``{name}``, ``{tenant}``…."""

    name: str
    place: str
    reserved: frozenset[str] = frozenset()
    """File names that fit the place and belong to another kind."""
    check: Check = no_check
    overlays_are_parts: bool = True
    """Whether an entry of ``spec.environments`` is a part of ``spec`` as it stands, so that both merged must be valid."""
    check_overlays: OverlayCheck = no_overlay_check
    """What must hold before overlays are merged; with a finding of it the merged whole is not looked at."""
    environments: EnvironmentsOf = nowhere
    overlays: OverlaysOf = listed_overlays
    render: Render = nothing
    rules: tuple[Rule, ...] = field(default=())

    def match(self, file: str) -> Ref | None:
        """Return the identity that a file's path promises, or nothing if this kind has no place there."""
        found = _pattern(self.place).fullmatch(file)
        if found is None or file.rsplit("/", 1)[-1] in self.reserved:
            return None
        return Ref(self.name, **{"name": self.name.lower(), **found.groupdict()})

    def file_of(self, ref: Ref) -> str:
        """Return the path at which a declaration must lie."""
        return self.place.format(name=ref.name, tenant=ref.tenant, environment=ref.environment)


@cache
def _pattern(place: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def group(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>[^/]+)"

    return re.compile(re.sub(r"\\{(\w+)\\}", group, re.escape(place)))


@lru_cache(maxsize=1)
def all_kinds() -> dict[str, Kind]:
    """Return every kind by its name, in the alphabet's order."""
    import plinth.kinds as package  # noqa: PLC0415 - a package cannot look for its own folders before it is there

    modules: list[Any] = [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
        if module.ispkg
    ]
    return {module.KIND.name: module.KIND for module in sorted(modules, key=lambda module: str(module.__name__))}
