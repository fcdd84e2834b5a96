"""The terminal's report: what it must never let through, and how it cuts long lines."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from report_samples import CASES, read_case, reports

from plinth.findings import Finding, Location, Severity
from plinth.report import FORMATS, Report, Summary
from plinth.report.escaping import example_lines, visible
from plinth.report.text import excerpt, render


def cells(text: str) -> int:
    """Count cells in another way than the code: by what the terminal's width tables say of each character alone."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.category(character) in ("Mn", "Me") for character in text)


@given(reports)
def test_nothing_acts_or_hides(report: Report) -> None:
    text = render(report)
    bad = {character for character in text if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    assert bad <= {"\n"}
    text.encode("utf-8")


@given(reports)
def test_each_part_has_a_line(report: Report) -> None:
    *blocks, _ = render(report).split("\n\n")
    assert len(blocks) == len(report.findings)
    for block, finding in zip(blocks, report.findings, strict=True):
        excerpt_lines = 2 if finding.location.source else 0
        assert len(block.split("\n")) == 1 + excerpt_lines + bool(finding.help) + len(finding.related)


@given(reports)
def test_carets_stand_under_the_line(report: Report) -> None:
    for finding in report.findings:
        line, offset, width = excerpt(finding.location)
        assert width >= 1
        assert offset + width <= cells(line) + 1


def test_no_source_no_excerpt() -> None:
    text = render(Report((Finding("x-y", Severity.ERROR, Location("a"), "m"),), Summary(0, 0, 0, 0, 0.0)))
    assert text.startswith("a:1:1: error[x-y]: m\n\n")


@pytest.mark.parametrize("column", [1, 50, 60, 500_000, 999_999, 1_000_000, 1_000_001, 2_000_000])
def test_a_megabyte_is_cut_around_the_caret(column: int) -> None:
    source = "ab" * 500_000
    line, offset, width = excerpt(Location("a", 1, column, 4, source))
    assert len(line) <= 120
    start = min(column - 1, len(source))
    assert line[offset : offset + width] == source[start : start + 4]
    assert line.startswith("…") == (column > 41)
    assert line.endswith("…") == (column < len(source) - 70)


def test_a_line_that_fits_is_whole() -> None:
    source = "x" * 119 + "y"
    assert excerpt(Location("a", 1, 120, 1, source)) == (source, 119, 1)
    assert excerpt(Location("a", 1, 121, 1, f"{source}z"))[0] == "…" + "x" * 39 + "yz"


def test_an_escape_is_never_cut() -> None:
    line, offset, width = excerpt(Location("a", 1, 101, 1, "\u202e" * 200))
    assert line.strip("…") == r"\u202e" * (len(line.strip("…")) // 6)
    assert line[offset : offset + width] == r"\u202e"


def test_colour_only_adds_sequences() -> None:
    report, texts = read_case(CASES / "compiler.yaml")
    coloured = FORMATS["text"](report, colour=True)
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == texts["text"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[0m", r"a\x1b[0m"),
        ("\n\r\t\x00\x7f\x9b", r"\n\r\t\x00\x7f\x9b"),
        ("\u202e\u200b\ufeff\u2066", r"\u202e\u200b\ufeff\u2066"),
        ("\u2028\u2029\ue000", r"\u2028\u2029\ue000"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("\u3164", r"\u3164"),
        ("\u00e9 日本 \U0001f600 \\n", "\u00e9 日本 \U0001f600 \\n"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_examples_are_shortened() -> None:
    assert example_lines("a\n\tb\n" + "x" * 200 + "\n", width=10) == ["a", r"\tb", "x" * 9 + "…"]
    assert example_lines("a\n" * 5, most=3) == ["a", "a", "a", "… and 2 more lines"]
