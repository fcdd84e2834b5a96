"""What the small repository renders to, file by file, as a person has read and approved it.

After a change that is meant to change the output: ``PLINTH_UPDATE_GOLDEN=1 pytest tests/acceptance/test_golden.py``,
and read the difference.
"""

from __future__ import annotations

import os
import shutil

import pytest

from plinth import pipeline
from support import BASE, REPOSITORY

GOLDEN = REPOSITORY / "tests" / "golden" / "base"
UPDATE = "PLINTH_UPDATE_GOLDEN"

TREE = pipeline.run(BASE).tree


def golden_files() -> list[str]:
    return sorted(path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file())


@pytest.fixture(scope="module", autouse=True)
def _update() -> None:
    if os.environ.get(UPDATE) == "1":
        shutil.rmtree(GOLDEN, ignore_errors=True)
        for file, content in TREE.items():
            (GOLDEN / file).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / file).write_bytes(content)


def test_golden_bundle_holds_the_same_files() -> None:
    assert sorted(TREE) == golden_files()


@pytest.mark.parametrize("file", sorted(TREE))
def test_file_is_as_approved(file: str) -> None:
    assert TREE[file].decode("utf-8") == (GOLDEN / file).read_text(encoding="utf-8")
