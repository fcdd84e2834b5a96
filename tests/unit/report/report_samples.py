"""Reports for the tests: those of the files in `tests/cases/report`, and strategies for all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from plinth.findings import Finding, Location, Related, Severity
from plinth.report import Report, Summary

CASES = Path(__file__).resolve().parents[2] / "cases" / "report"


def location(data: dict[str, Any]) -> Location:
    known = ("file", "line", "column", "length", "source")
    return Location(**{key: data[key] for key in known if key in data})


def finding(data: dict[str, Any]) -> Finding:
    related = tuple(Related(location(item), item["message"]) for item in data.get("related", ()))
    severity = Severity[data["severity"].upper()]
    return Finding(data["rule"], severity, location(data), data["message"], data.get("help", ""), related)


def read_case(path: Path) -> tuple[Report, dict[str, str]]:
    """Return a case's report, and the text that each format named in it must give."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    report = Report(tuple(finding(item) for item in data.pop("findings")), Summary(**data.pop("summary")))
    return report, data


# What declarations could hold to break out of a report, between pieces of any text.
HOSTILE = (
    "\x1b[31m", "\r", "\n", "\t", "\x00", "\x85", "\u2028", "\u2029", "\u202e", "\u200b", "\ufeff", "\ud800",
    "::error::", "%0A", "%", ",", ":", "|", "\\", "\\|", "`", "``", "<script>", "<!--", "&#124;", "@all", "#1",
    "[a](b)", "![a](b)", "**", "__", "~~~", "$x$", "https://x.example", "www.x.example", "mailto:a@b.example", "日",
    "e\u0301", "\U0001f600",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)), max_size=8).map("".join)
locations = st.builds(
    Location,
    file=texts,
    line=st.integers(1, 10**7),
    column=st.integers(1, 10**4),
    length=st.integers(0, 10**4),
    source=texts,
)
findings = st.builds(
    Finding,
    rule=texts,
    severity=st.sampled_from(Severity),
    location=locations,
    message=texts,
    help=texts,
    related=st.lists(st.builds(Related, locations, texts), max_size=2).map(tuple),
)
counts = st.integers(0, 10**9)
summaries = st.builds(Summary, counts, counts, counts, counts, st.floats(0, 10**6))
reports = st.builds(Report, st.lists(findings, max_size=5).map(tuple), summaries)
