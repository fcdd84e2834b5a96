"""A newcomer's first contact: the README's commands, in a copy of the repository without anything installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
SHOWN = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
# Running the tests within the tests would never end; that the target is there is seen without running it.
DRY = {"make test": "make --dry-run test"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work tree as a fresh clone would have it, in a git repository of its own."""
    root = tmp_path_factory.mktemp("clone") / "plinth"
    listed = _run("git ls-files --cached --others --exclude-standard -z", REPOSITORY).split("\0")
    for name in filter(None, listed):
        if (REPOSITORY / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, root / name)
    _run("git init -q && git add -A && git -c user.name=Test -c user.email=test@example.com commit -qm first", root)
    return root


def _run(command: str, folder: Path) -> str:
    """Run a command as the README's reader would, with nothing of this test's environment in the way."""
    environment = {
        key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS"}
    }
    environment["PATH"] = f"{folder}/.venv/bin:{environment['PATH']}"
    done = subprocess.run(  # noqa: S602 - the README's commands are shell commands
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_readme_shows_commands_and_output() -> None:
    assert "make demo" in COMMANDS
    assert "make test" in COMMANDS
    assert len(SHOWN) == 2
    assert len(README.splitlines()) <= 150


def test_the_readmes_commands_work_and_show_what_it_says(clone: Path) -> None:
    output = "".join(_run(DRY.get(command, command), clone) for command in COMMANDS)
    for block in SHOWN:
        assert _without_seconds(block) in _without_seconds(output)


def test_rendering_leaves_a_clean_work_tree(clone: Path) -> None:
    _run(f"{'make demo' if not (clone / '.venv').exists() else 'true'} && plinth render", clone)
    assert _run("git status --porcelain", clone) == ""


def _without_seconds(text: str) -> str:
    return re.sub(r"[0-9]+\.[0-9]+ s", "N s", text)
