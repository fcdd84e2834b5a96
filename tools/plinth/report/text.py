"""Findings as a good compiler shows them: the place, what is wrong there, the line with a caret, and the remedy."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import click

from plinth.findings import Severity
from plinth.report import counts
from plinth.report.escaping import visible, visible_character

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plinth.findings import Finding, Location
    from plinth.report import Report

# Widths in cells of the terminal. A line up to the limit is shown whole; of a longer one, what is around the caret.
_LINE_LIMIT = 120
_BEFORE = 40
_AFTER = 70

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def render(report: Report, colour: bool = False) -> str:
    """Return the report for a terminal; with ``colour``, with its escape sequences."""
    blocks = ["\n".join(_finding_lines(finding, colour)) for finding in report.findings]
    blocks.append(f"{_styled(counts(report), colour, bold=True)}\n{report.summary.sentence()}")
    return "\n\n".join(blocks) + "\n"


def _finding_lines(finding: Finding, colour: bool) -> Iterator[str]:
    place = _styled(f"{visible(str(finding.location))}:", colour, bold=True)
    label = f"{finding.severity.word}[{visible(finding.rule)}]:"
    label = _styled(label, colour, fg=_COLOURS[finding.severity], bold=True)
    yield f"{place} {label} {visible(finding.message)}"
    if finding.location.source:
        yield from _excerpt(finding.location, colour)
    if finding.help:
        yield f"  {_styled('help:', colour, fg='green')} {visible(finding.help)}"
    for related in finding.related:
        note = _styled("note:", colour, fg="cyan")
        yield f"  {note} {visible(str(related.location))}: {visible(related.message)}"


def _excerpt(location: Location, colour: bool) -> Iterator[str]:
    number = f"  {location.line} |"
    empty = f"{'|':>{len(number)}}"
    line, offset, width = excerpt(location)
    carets = _styled("^" * width, colour, fg="red", bold=True)
    yield f"{_styled(number, colour, fg='blue')} {line}"
    yield f"{_styled(empty, colour, fg='blue')} {' ' * offset}{carets}"


def excerpt(location: Location) -> tuple[str, int, int]:
    """Return a location's line as it is shown, how many cells before the carets to leave free, and how many carets.

    A column behind the end of the line gets one caret just behind it; a stretch that goes on there, carets up to it.
    """
    source = location.source
    start = min(location.column - 1, len(source))
    # No more characters than cells can be of use, so a line of a megabyte costs no more than one of a page.
    before = [visible_character(character) for character in source[max(0, start - _LINE_LIMIT) : start]]
    after = [visible_character(character) for character in source[start : start + _LINE_LIMIT + 1]]
    cut_left, cut_right = start > len(before), start + len(after) < len(source)
    if cut_left or cut_right or _width(before) + _width(after) > _LINE_LIMIT:
        left, right = _fitting(reversed(before), _BEFORE), _fitting(after, _AFTER)
        cut_left, cut_right = cut_left or len(left) < len(before), cut_right or len(right) < len(after)
        before, after = left[::-1], right
    marked = after[: max(location.length, 1)]
    shown = ["…"] * cut_left + before
    line = "".join(shown + after + ["…"] * cut_right)
    while shown and marked and not _width(marked):
        # Combining marks have no cell of their own; the carets go under what they sit on.
        marked.insert(0, shown.pop())
    return line, _width(shown), max(_width(marked), 1)


def _fitting(texts: Iterable[str], limit: int) -> list[str]:
    """Return as many of the texts as fit in so many cells, from the first on."""
    fitting: list[str] = []
    used = 0
    for text in texts:
        used += _width([text])
        if used > limit:
            break
        fitting.append(text)
    return fitting


def _width(texts: Iterable[str]) -> int:
    """Count the cells that a terminal needs for texts that are visible already."""
    return sum(_character_width(character) for text in texts for character in text)


def _character_width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _styled(text: str, colour: bool, fg: str | None = None, bold: bool | None = None) -> str:
    return click.style(text, fg=fg, bold=bold) if colour else text
