"""How the tests make repositories, and read what they expect of them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plinth import kinds
from plinth.catalog import merge
from plinth.contracts import contract
from plinth.model import Ref
from plinth.yamlio import load as reader
from plinth.yamlio.emit import emit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plinth.findings import Finding

REPOSITORY = Path(__file__).resolve().parent.parent
CASES = REPOSITORY / "tests" / "cases"
BASE = CASES / "base"
"""A small valid repository that the cases are laid over."""

FOLDERS = ("platform", "tenants", "pipelines", "models")
_EXPECT = re.compile(r"#\s*expect:\s*([a-z0-9, -]+)$")

Expected = tuple[str, int, str]
"""File, line and rule of a finding."""


@dataclass(frozen=True)
class Case:
    """A file, or a folder of files, to be laid over the base repository."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.relative_to(CASES).with_suffix("").as_posix()

    def lay_over(self, root: Path) -> None:
        if self.path.is_dir():
            shutil.copytree(
                self.path, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expect.txt", "delete.txt")
            )
            for file in self._lines("delete.txt"):
                (root / file).unlink()
        else:
            target = root / place_of(self.path.read_text(encoding="utf-8"))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.path, target)

    def expected(self, root: Path) -> set[Expected]:
        listed = {
            (file, int(line), rule)
            for file, line, rule in (re.split(r"[:\s]+", text) for text in self._lines("expect.txt"))
        }
        return listed | set(marks(root))

    def _lines(self, name: str) -> list[str]:
        file = self.path / name
        return file.read_text(encoding="utf-8").split("\n")[:-1] if file.is_file() else []


def cases(*parts: str) -> list[Case]:
    """Return the cases of a folder such as ``tenant/invalid``; there must be some."""
    folder = CASES.joinpath(*parts)
    found = [Case(path) for path in sorted(folder.iterdir()) if path.suffix == ".yaml" or path.is_dir()]
    if not found:
        raise LookupError(f"no cases in {folder}")
    return found


def all_cases(word: str) -> list[Case]:
    """Return the ``valid`` or the ``invalid`` cases of every kind."""
    return [case for folder in sorted(CASES.glob(f"*/{word}")) for case in cases(folder.parent.name, word)]


def copy_base(root: Path) -> Path:
    shutil.copytree(BASE, root, dirs_exist_ok=True)
    return root


def copy_example(root: Path) -> Path:
    """Copy the template's own example content."""
    for folder in FOLDERS:
        shutil.copytree(REPOSITORY / folder, root / folder)
    shutil.copytree(REPOSITORY / "schemas" / "kubernetes", root / "schemas" / "kubernetes")
    return root


def place_of(text: str) -> str:
    """Return where a case belongs: what its first line says (``# file: …``), or what its identity says."""
    first = re.match(r"#\s*file:\s*(\S+)", text)
    if first:
        return first.group(1)
    data, faults = reader.read(text)
    if faults or not isinstance(data, dict):
        raise ValueError(f"the case needs a first line `# file: …`: {faults}")
    metadata = data["metadata"]
    ref = Ref(data["kind"], metadata["name"], metadata.get("tenant", ""), metadata.get("environment", ""))
    return kinds.all_kinds()[ref.kind].file_of(ref)


def marks(root: Path) -> Iterator[Expected]:
    """Yield what the files themselves expect: ``# expect: rule, rule`` at the end of a line."""
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.y*ml")):
            if not file.is_file():
                continue
            for number, line in enumerate(file.read_bytes().decode("utf-8", "replace").split("\n"), 1):
                found = _EXPECT.search(line.rstrip("\r"))
                for rule in found.group(1).split(",") if found else ():
                    yield file.relative_to(root).as_posix(), number, rule.strip()


def shown(findings: Iterable[Finding]) -> set[Expected]:
    return {(finding.location.file, finding.location.line, finding.rule) for finding in findings}


def apply_example(root: Path, text: str, *, whole: bool) -> None:
    """Lay a rule's example over the base: merged over the declaration that it means, or as a file's whole text."""
    if whole:
        try:
            place = place_of(text)
        except ValueError:
            place = "pipelines/flights/datasets/clean.yaml"
        (root / place).write_bytes(text.encode("utf-8"))
        return
    snippet, faults = reader.read(text)
    assert not faults, faults
    kind = snippet.get("kind")
    file, base = _meant(root, kind if kind in kinds.all_kinds() else "Tenant", snippet.get("metadata", {}))
    its_contract = contract(base["kind"])
    merged = merge(base, snippet, its_contract.schema, its_contract)
    file.write_text(emit([merged]), encoding="utf-8")


def _meant(root: Path, kind: str, metadata: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    found = []
    for file in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.yaml")):
        data, faults = reader.read(file.read_text(encoding="utf-8"))
        if not faults and isinstance(data, dict) and data.get("kind") == kind:
            found.append((file, data))
    exact = [item for item in found if metadata.items() <= item[1]["metadata"].items()]
    return (exact or found)[0]
