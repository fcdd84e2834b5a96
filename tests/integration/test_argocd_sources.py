"""What the Applications point to, as argocd-source-lint sees it: every path exists, is synced once, and is permitted.

The linter needs a Git repository whose remote is the one that the Applications name. Its warnings guess at what
controllers change at run time; only its errors count here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from support import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from plinth import pipeline


def _repository(root: Path, environment: str, result: pipeline.Result) -> Path:
    """Make a Git repository with one environment: each has its own Argo CD, so names may repeat between them."""
    platform = result.catalog.platform
    assert platform is not None
    shutil.copytree(REPOSITORY / "platform" / "manifests", root / "platform" / "manifests")
    for path, content in result.tree.items():
        if path.startswith(f"{environment}/"):
            (root / "rendered" / path).parent.mkdir(parents=True, exist_ok=True)
            (root / "rendered" / path).write_bytes(content)
    repository = platform.spec["repository"]
    _git(root, "init", "--quiet", f"--initial-branch={repository['branch']}")
    _git(root, "remote", "add", "origin", repository["url"])
    return root


def _git(root: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false")
    subprocess.run(["git", *settings, *arguments], cwd=root, check=True, capture_output=True, timeout=60)


def _errors(linter: Path, root: Path) -> list[dict[str, Any]]:
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", "rendered")
    report = root.parent / "report.json"
    command = [str(linter), ".", "--format", "json", "--output", str(report)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert report.is_file(), done.stderr
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    # A source that it takes for another repository's is only noted, and not looked at.
    noted = [finding["message"] for finding in findings if finding["severity"] == "info"]
    assert not [message for message in noted if "external repo" in message and "rendered/" in message]
    return [finding for finding in findings if finding["severity"] == "error"]


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_applications_point_to_what_is_there(
    environment: str, argocd_source_lint: Path, example_result: pipeline.Result, tmp_path: Path
) -> None:
    root = _repository(tmp_path / "repository", environment, example_result)
    assert _errors(argocd_source_lint, root) == []


def test_wrong_sources_are_found(argocd_source_lint: Path, example_result: pipeline.Result, tmp_path: Path) -> None:
    root = _repository(tmp_path / "repository", "dev", example_result)
    shutil.rmtree(root / "rendered/dev/tenants/fraud")
    project = root / "rendered/dev/argocd/projects/flights.yaml"
    text = project.read_text(encoding="utf-8")
    project.write_text(text.replace("https://github.com/", "https://git.example.com/"), encoding="utf-8")
    rules = {(finding["rule_id"], finding["application"]) for finding in _errors(argocd_source_lint, root)}
    assert {rule for rule, _ in rules} == {"phantom-target", "project-scope-violation"}
    assert ("phantom-target", "tenant-fraud") in rules
