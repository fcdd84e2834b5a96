"""What all tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import copy_base, copy_example

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A copy of the small valid repository."""
    return copy_base(tmp_path / "repository")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the template's example content."""
    return copy_example(tmp_path / "repository")
