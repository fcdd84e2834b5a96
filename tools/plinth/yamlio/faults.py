"""The rules of reading: what a file may not hold, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plinth.findings import Rule

if TYPE_CHECKING:
    from plinth.findings import Severity


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken reading rule at a place in a text. ``line`` and ``column`` count from 0, as the parser's marks do."""

    rule: Rule
    line: int
    column: int
    message: str
    length: int = 1
    help: str = ""
    first: tuple[int, int] | None = None
    """Line and column of the place that this one repeats, if it repeats one."""


@dataclass(frozen=True, slots=True)
class ReadingRule(Rule):
    """A rule that is checked on text, before there is any data."""

    def fault(self, index: int, text: str, message: str, help: str = "") -> Fault:  # noqa: A002 - the word that the report prints
        """Make a fault at a character of the text."""
        line = text.count("\n", 0, index)
        column = index - (text.rfind("\n", 0, index) + 1)
        return Fault(self, line, column, message, help=help)


def _reading_rule(
    name: str, summary: str, why: str, wrong: str, right: str, severity: Severity | None = None
) -> ReadingRule:
    if severity is None:
        return ReadingRule(name, summary, why, wrong, right, whole=True)
    return ReadingRule(name, summary, why, wrong, right, severity, whole=True)


_DECLARATION = """\
apiVersion: plinth/v1alpha1
kind: Dataset
metadata:
  name: clean
  tenant: flights
spec:
  description: Flights with their delays, cleaned.
  owner: flights@ml.example.com
  location:
    bucket: flights-features
    prefix: clean/
  format: parquet
"""

FILE_TOO_LARGE = _reading_rule(
    "file-too-large",
    "A declaration file is at most 1 MiB.",
    "A declaration is written and reviewed by people. A larger file is data in the wrong place, and would slow every "
    "reader, Argo CD's included.",
    _DECLARATION + "# " + "x" * (1024 * 1024) + "\n",
    _DECLARATION,
)
FILE_ENCODING = _reading_rule(
    "file-encoding",
    "Files are UTF-8, without a byte order mark.",
    "Readers disagree about other encodings and about byte order marks: what one reads as a key another reads as text.",
    "\ufeff" + _DECLARATION,
    _DECLARATION,
)
CONTROL_CHARACTER = _reading_rule(
    "control-character",
    "Files hold no control characters.",
    "A NUL or an escape ends a string for one reader and not for another, and can rewrite what a terminal shows.",
    _DECLARATION.replace("cleaned.", "cleaned.\x1b[2K"),
    _DECLARATION,
)
TAB = _reading_rule(
    "yaml-tab",
    "YAML files hold no tabs.",
    "YAML forbids tabs in indentation, and readers differ in where else they allow them. Inside a string write \\t in "
    "double quotes.",
    _DECLARATION.replace("  name: clean", "\tname: clean"),
    _DECLARATION,
)
HIDDEN_CHARACTER = _reading_rule(
    "hidden-character",
    "Files hold no characters that a reviewer cannot see.",
    "Zero-width and bidirectional characters make a line look like another one in a review (CVE-2021-42574).",
    _DECLARATION.replace("cleaned.", "cleaned\u202e."),
    _DECLARATION,
)
MERGE_CONFLICT = _reading_rule(
    "merge-conflict",
    "Files hold no marks of an unresolved merge.",
    "Git leaves both versions between such marks; which of them is meant, only a person knows.",
    "<<<<<<< HEAD\n" + _DECLARATION + "=======\n>>>>>>> other\n",
    _DECLARATION,
)
NESTING = _reading_rule(
    "yaml-nesting",
    "Values are nested at most 100 deep.",
    "Nothing that people write is nested so deep, and deeper input crashes YAML parsers.",
    _DECLARATION + "x: " + "[" * 101 + "]" * 101 + "\n",
    _DECLARATION,
)
SYNTAX = _reading_rule(
    "yaml-syntax",
    "Files are well-formed YAML.",
    "What cannot be read cannot be checked.",
    _DECLARATION.replace("kind: Dataset", "kind: [Dataset"),
    _DECLARATION,
)
EMPTY = _reading_rule(
    "yaml-empty",
    "A declaration file holds a declaration.",
    "An empty file in the place of a declaration is most often a lost one.",
    "# nothing here\n",
    _DECLARATION,
)
MULTIPLE_DOCUMENTS = _reading_rule(
    "yaml-multiple-documents",
    "A declaration file holds one document.",
    "One file, one declaration: so the path says what is in it, and owners can be asked for it.",
    _DECLARATION + "---\n" + _DECLARATION,
    _DECLARATION,
)
DUPLICATE_KEY = _reading_rule(
    "yaml-duplicate-key",
    "A key stands once in a mapping.",
    "Of two equal keys most readers silently keep the last, so a reviewer may approve the other one.",
    _DECLARATION + "kind: Dataset\n",
    _DECLARATION,
)
ALIAS = _reading_rule(
    "yaml-alias",
    "Files use no anchors and no aliases.",
    "A value must be readable where it stands; and a few aliases of aliases expand to gigabytes.",
    _DECLARATION.replace("name: clean", "name: &name clean"),
    _DECLARATION,
)
MERGE_KEY = _reading_rule(
    "yaml-merge-key",
    "Files use no merge keys.",
    "The merge key << is not part of YAML 1.2, and readers disagree about what it overrides.",
    _DECLARATION + "<<: {kind: Dataset}\n",
    _DECLARATION,
)
TAG = _reading_rule(
    "yaml-tag",
    "Files use no tags.",
    "Tags make readers build other things than data: Python's and Ruby's build objects.",
    _DECLARATION.replace("name: clean", "name: !!str clean"),
    _DECLARATION,
)
KEY = _reading_rule(
    "yaml-key",
    "Keys are text.",
    "JSON, and so Kubernetes, knows only text as a key. YAML also allows an empty key, a list or a mapping.",
    _DECLARATION + "[a, b]: c\n",
    _DECLARATION,
)

RULES = (
    FILE_TOO_LARGE,
    FILE_ENCODING,
    CONTROL_CHARACTER,
    TAB,
    HIDDEN_CHARACTER,
    MERGE_CONFLICT,
    NESTING,
    SYNTAX,
    EMPTY,
    MULTIPLE_DOCUMENTS,
    DUPLICATE_KEY,
    ALIAS,
    MERGE_KEY,
    TAG,
    KEY,
)
