"""Write docs/reference/ from the schemas and the rules. With --check, only say whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from plinth import kinds, reference
from plinth.rulebook import all_rules
from plinth.variables import NAMES

REPOSITORY = Path(__file__).resolve().parent.parent.parent
FOLDER = "docs/reference"


def pages() -> dict[str, str]:
    """Return every generated page: its path from the repository's root, and its text."""
    found = reference.pages(kinds.all_kinds().values(), all_rules(), FOLDER)
    lines = ["# Variables", "", "In strings of a Component's `values` and `manifests` these stand for values:", ""]
    lines += [
        "| variable | stands for |",
        "|---|---|",
        *(f"| `${{{name}}}` | {text} |" for name, text in NAMES.items()),
    ]
    lines += ["", "Any other `${…}` is left as it is. A misspelt one of these is the finding `variable-unknown`.", ""]
    return {**found, f"{FOLDER}/variables.md": "\n".join(lines)}


def main() -> None:
    """Write the pages, or compare them."""
    stale = [path for path, text in pages().items() if _read(path) != text]
    if "--check" in sys.argv:
        sys.exit("\n".join(["out of date, run `make docs`:", *stale]) if stale else 0)
    for path in stale:
        (REPOSITORY / path).parent.mkdir(parents=True, exist_ok=True)
        (REPOSITORY / path).write_text(pages()[path], encoding="utf-8")


def _read(path: str) -> str:
    file = REPOSITORY / path
    return file.read_text(encoding="utf-8") if file.is_file() else ""


if __name__ == "__main__":
    main()
