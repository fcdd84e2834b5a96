"""What all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from support import copy_base, copy_example

if TYPE_CHECKING:
    from pathlib import Path

# A busy machine is no reason to fail, and a run that fails must fail again: so no deadlines, and the same examples each
# time. `HYPOTHESIS_PROFILE=explore` looks further.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A copy of the small valid repository."""
    return copy_base(tmp_path / "repository")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the template's example content."""
    return copy_example(tmp_path / "repository")
