"""Findings: what is wrong, where, and what to do about it. Rules: what produces them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Severity(enum.IntEnum):
    """How bad a finding is. Only errors keep a declaration from being rendered."""

    ERROR = 0
    WARNING = 1
    NOTE = 2

    @property
    def word(self) -> str:
        """The severity as reports print it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A stretch of one line. ``line`` and ``column`` count from 1, ``column`` and ``length`` in characters.

    ``source`` is the whole line's text, for showing it; empty where there is no text to show.
    """

    file: str
    line: int = 1
    column: int = 1
    length: int = field(default=1, compare=False)
    source: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        """Write it as compilers do: ``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with a finding, and what it has to do with it."""

    location: Location
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    rule: str
    severity: Severity
    location: Location
    message: str
    help: str = ""
    related: tuple[Related, ...] = ()

    @property
    def sort_key(self) -> tuple[Location, Severity, str, str]:
        """Findings are shown by place, the worst first."""
        return (self.location, self.severity, self.rule, self.message)


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that must hold, with what ``plinth explain`` says about it.

    ``wrong`` and ``right`` are YAML: parts of a declaration, merged over a valid one of the same kind before the tests
    run them, or a file's whole text where ``whole`` is true.
    """

    name: str
    summary: str
    why: str
    wrong: str
    right: str
    severity: Severity = Severity.ERROR
    whole: bool = False

    def at(self, location: Location, message: str, help: str = "", related: tuple[Related, ...] = ()) -> Finding:  # noqa: A002 - the word that the report prints
        """Make a finding of this rule."""
        return Finding(self.name, self.severity, location, message, help, related)


def in_order(findings: list[Finding]) -> list[Finding]:
    """Sort findings by place and drop the ones that say the same twice."""
    return sorted(dict.fromkeys(findings), key=lambda finding: finding.sort_key)


def has_errors(findings: list[Finding]) -> bool:
    """Whether any finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)
