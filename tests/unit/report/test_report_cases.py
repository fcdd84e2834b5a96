"""The files of `tests/cases/report`: a report, and what each format makes of it."""

from __future__ import annotations

import pytest
from report_samples import CASES, read_case

from plinth.findings import Finding, Location, Severity
from plinth.report import FORMATS, Report, Summary, count, counts

CHECKS = [
    pytest.param(report, name, expected, id=f"{path.stem}-{name}")
    for path in sorted(CASES.glob("*.yaml"))
    for report, texts in [read_case(path)]
    for name, expected in texts.items()
]


@pytest.mark.parametrize(("report", "name", "expected"), CHECKS)
def test_case(report: Report, name: str, expected: str) -> None:
    assert FORMATS[name](report) == expected


def test_every_format_has_a_renderer() -> None:
    report = Report((), Summary(0, 0, 0, 0, 0.0))
    assert list(FORMATS) == ["text", "github", "sarif", "json", "markdown"]
    assert {name: type(render(report)) for name, render in FORMATS.items()} == dict.fromkeys(FORMATS, str)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1000, "1,000 files"), (1000001, "1,000,001 files")],
)
def test_count(number: int, text: str) -> None:
    assert count(number, "file") == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0.00 s"), (0.04, "0.04 s"), (0.1, "0.1 s"), (1.26, "1.3 s"), (3600.0, "3,600.0 s")]
)
def test_seconds(seconds: float, text: str) -> None:
    assert Summary(0, 0, 0, 0, seconds).sentence().endswith(f", {text}")


def test_files_are_counted_once() -> None:
    places = [Location("a.yaml", 1), Location("a.yaml", 2), Location("b.yaml")]
    found = tuple(Finding("x-y", Severity.NOTE, place, "m") for place in places)
    assert counts(Report(found, Summary(0, 0, 0, 0, 0.0))) == "3 notes in 2 files"
