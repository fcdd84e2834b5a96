"""Markdown for GitHub: text stays text, rows stay rows, and all of it fits into a comment."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

import pytest
from hypothesis import given
from report_samples import reports, texts

from plinth.findings import Finding, Location, Severity
from plinth.report import Report, Summary
from plinth.report.escaping import visible
from plinth.report.markdown import LIMIT, escaped, render

SUMMARY = Summary(1, 1, 1, 1, 1.0)


def many(number: int, message: str, severity: Severity = Severity.ERROR) -> tuple[Finding, ...]:
    return tuple(Finding("a-b", severity, Location("a.yaml", line + 1), message) for line in range(number))


@given(reports)
def test_a_row_is_a_row(report: Report) -> None:
    rows = [line for line in render(report).split("\n") if line.startswith("| <code>")]
    assert len(rows) == len(report.findings)
    for row in rows:
        # No escape before any bar, so each one is a border.
        assert row.count("|") == 4
        assert "\\" not in row
        assert set(re.findall(r"</?\w+>", row)) <= {"<code>", "</code>", "<br>"}


@given(reports)
def test_nothing_acts_or_hides(report: Report) -> None:
    text = render(report)
    emoji_selector = "\ufe0f"
    assert {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {emoji_selector} <= {"\n"}


@given(texts)
def test_a_reader_sees_the_text(text: str) -> None:
    assert unescape(escaped(text)).replace("\u200b", "") == visible(text)


@given(texts)
def test_the_page_has_no_references(text: str) -> None:
    page = unescape(escaped(text))
    assert not re.search(r"[@#]\w|://|www\.|\bgh-\d", page, re.IGNORECASE)


@given(texts)
def test_a_markdown_parser_finds_only_text(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = parser.parse(f"| a |\n| --- |\n| x {escaped(text)} x |\n")
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 2
    assert {child.type for child in inline[1].children} <= {"text", "text_special"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("_a_", "&#95;a&#95;"),
        ("*a*", "&#42;a&#42;"),
        ("~~a~~", "&#126;&#126;a&#126;&#126;"),
        ("`a`", "&#96;a&#96;"),
        ("&lt;", "&#38;lt;"),
        ("<b>", "&#60;b&#62;"),
        ("![a](b)", "&#33;&#91;a&#93;(b)"),
        ("$x$", "&#36;x&#36;"),
        ("{{a}}", "&#123;&#123;a&#125;&#125;"),
        ("a\\|b", "a&#92;&#124;b"),
        ("@a #1", "&#64;&#8203;a &#35;&#8203;1"),
        ("plain: text, 'with' (signs) \"in\" it - 50%.", "plain: text, 'with' (signs) \"in\" it - 50%."),
    ],
)
def test_markup_is_written_as_entities(text: str, written: str) -> None:
    assert escaped(text) == written


def test_what_does_not_fit_is_counted() -> None:
    text = render(Report(many(2000, "m" * 100), SUMMARY))
    assert len(text) < LIMIT
    shown = text.count("\n| <code>")
    assert text.endswith(f"\n… and {2000 - shown:,} more. `plinth check` shows all.\n")
    # Folded no sooner than it must be.
    assert len(text) > LIMIT - 1000


def test_the_worst_are_kept() -> None:
    text = render(Report((*many(2000, "m" * 100, Severity.NOTE), *many(3, "worst")), SUMMARY))
    assert text.count("worst") == 3
    assert text.index("### Errors") < text.index("### Notes")


@pytest.mark.parametrize("message", ["|" * 10**6, "\U0001f600" * 10**6, "\u202e" * 10**6])
def test_long_messages_are_cut(message: str) -> None:
    text = render(Report(many(30, message), SUMMARY))
    assert len(text.encode("utf-16-le")) // 2 < LIMIT
    assert "… |\n" in text
    assert text.count("\n| <code>") >= 8
