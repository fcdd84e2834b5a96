"""The same declarations give the same bytes, wherever and whenever they are rendered."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

# The C locale with its ASCII, a locale of UTF-8, and one in which the small letter of "I" has no dot.
SURROUNDINGS = {
    "plain": {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"},
    "ascii": {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1", "PYTHONCOERCECLOCALE": "0"},
    "turkish": {"LC_ALL": "tr_TR.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "4294967295", "PYTHONUTF8": "0"},
    "optimised": {"LC_ALL": "POSIX", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "random", "PYTHONOPTIMIZE": "2"},
}


def rendered(root: Path, out: Path, cwd: Path, variables: dict[str, str]) -> dict[str, bytes]:
    cwd.mkdir()
    subprocess.run(
        [sys.executable, "-m", "plinth", "render", "--root", os.path.relpath(root, cwd), "--out", str(out)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "tools"), **variables},
        capture_output=True,
        timeout=120,
        check=True,
    )
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize("surroundings", [name for name in SURROUNDINGS if name != "plain"])
def test_example_renders_to_the_same_bytes(example: Path, tmp_path: Path, surroundings: str) -> None:
    here = rendered(example, tmp_path / "here", tmp_path / "a", SURROUNDINGS["plain"])
    there = rendered(example, tmp_path / "there", tmp_path / "another place", SURROUNDINGS[surroundings])
    assert len(here) > 100
    assert there == here


def test_order_of_creation_does_not_matter(example: Path, tmp_path: Path) -> None:
    """A directory's own order is the file system's: the same files, made in the opposite order."""
    here = rendered(example, tmp_path / "here", tmp_path / "a", SURROUNDINGS["plain"])
    copy = tmp_path / "copy"
    for path in sorted((path for path in example.rglob("*") if path.is_file()), reverse=True):
        target = copy / path.relative_to(example)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert rendered(copy, tmp_path / "there", tmp_path / "b", SURROUNDINGS["plain"]) == here
