"""The tool as a wheel, away from its repository: it brings its schemas and templates."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support import BASE, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(REPOSITORY)]
    subprocess.run([*pip, *build], check=True, timeout=120)
    wheel = next(folder.glob("*.whl"))
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", str(folder / "site"), str(wheel)],
        check=True,
        timeout=120,
    )
    return folder / "site"


def _plinth(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(site)!r}); from plinth.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=site, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_wheel_explains_a_kind(unpacked: Path) -> None:
    done = _plinth(unpacked, "explain", "Tenant")
    assert done.returncode == 0, done.stderr
    assert "Tenant" in done.stdout


def test_the_wheel_checks_a_repository_with_the_schemas_it_brings(unpacked: Path) -> None:
    done = _plinth(unpacked, "check", "--no-fresh", "--root", str(BASE))
    assert done.returncode == 0, done.stdout + done.stderr
