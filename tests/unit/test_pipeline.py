"""All stages, in their order, in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plinth import contracts, pipeline, templating
from plinth.contracts import ContractError
from plinth.pipeline import Result, run
from plinth.templating import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

    from plinth.findings import Finding

STAGES = ["load", "validate", "resolve", "render", "verify", "emit"]


def change(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{file} holds no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def shown(found: list[Finding]) -> list[tuple[str, int, str]]:
    return [(finding.location.file, finding.location.line, finding.rule) for finding in found]


def test_a_valid_repository(base: Path) -> None:
    heard: list[str] = []
    result = run(base, on_stage=heard.append)
    assert result.findings == []
    assert result.ok
    assert heard == STAGES
    assert list(result.seconds) == STAGES
    assert all(seconds >= 0 for seconds in result.seconds.values())
    assert [bundle.environment for bundle in result.bundles] == ["dev", "staging", "production"]
    files = [path.relative_to(base).as_posix() for path in base.rglob("*.yaml")]
    assert result.declaration_count == len([file for file in files if not file.startswith("platform/manifests/")])
    assert {path.split("/")[0] for path in result.tree} == {"dev", "staging", "production"}
    assert sum(len(bundle.files) for bundle in result.bundles) == len(result.tree)


def test_nothing_is_written(base: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in base.rglob("*")}
    run(base)
    assert {path: path.stat().st_mtime_ns for path in base.rglob("*")} == before


def test_only_the_environments_that_are_named_are_rendered(base: Path) -> None:
    everything = run(base).tree
    result = run(base, ["production", "dev"])
    assert [bundle.environment for bundle in result.bundles] == ["dev", "production"]
    assert result.tree == {path: content for path, content in everything.items() if not path.startswith("staging/")}
    assert run(base, ["gone"]).tree == {}
    assert run(base, []).tree == {}


def test_the_findings_of_all_stages_come_in_one_run(base: Path) -> None:
    (base / "models/flights/ontime/dev.yaml").write_text("kind: [\n", encoding="utf-8")
    change(base, "tenants/fraud/tenant.yaml", "costCentre", "costCenter")
    change(base, "pipelines/flights/prepare-data.yaml", "size: small", "size: gigantic")
    with (base / "platform/components/mlflow.yaml").open("a", encoding="utf-8") as file:
        file.write("  manifests:\n    - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}, date: {}}\n")
    (base / "tenants/stray.yaml").write_text("", encoding="utf-8")
    heard: list[str] = []
    result = run(base, on_stage=heard.append)
    rules = {rule for _, _, rule in shown(result.findings)}
    assert rules >= {"yaml-syntax", "file-misplaced", "unknown-field", "reference-unknown", "manifest-invalid"}
    assert heard == STAGES[:-1], "with errors nothing is written as bytes"
    assert not result.ok
    assert result.tree == {}
    assert result.findings == sorted(result.findings, key=lambda finding: finding.sort_key)
    assert [file for file, _, rule in shown(result.findings) if rule == "manifest-invalid"] == [
        "platform/components/mlflow.yaml"
    ]


def test_warnings_do_not_keep_the_tree_back(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from plinth.findings import Finding, Location, Severity  # noqa: PLC0415 - only here

    warning = Finding("some-rule", Severity.WARNING, Location("a.yaml"), "a warning")
    monkeypatch.setattr(pipeline, "verify", lambda *_: [warning, warning])
    result = run(base)
    assert result.findings == [warning]
    assert result.ok
    assert result.tree


def test_an_empty_repository(tmp_path: Path) -> None:
    heard: list[str] = []
    result = run(tmp_path, on_stage=heard.append)
    assert [finding.rule for finding in result.findings] == ["platform-missing"]
    assert (result.declaration_count, result.bundles, result.tree) == (0, [], {})
    assert heard == ["load", "validate", "resolve"], "without a Platform no Kubernetes version is known"


def test_without_a_valid_platform_the_rest_is_checked_all_the_same(base: Path) -> None:
    change(base, "platform/platform.yaml", 'kubernetesVersion: "1.36"', "kubernetesVersion: 1.36")
    change(base, "tenants/fraud/tenant.yaml", "costCentre", "costCenter")
    result = run(base)
    assert {rule for _, _, rule in shown(result.findings)} >= {"wrong-type", "unknown-field"}
    assert result.bundles == []


def test_a_result_is_fresh() -> None:
    assert Result().findings is not Result().findings
    assert Result().ok
    assert Result().catalog.platform is None


# A broken tool


def test_a_broken_schema_raises(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setattr(contracts, "schemas_folder", lambda: empty)
    contracts.contract.cache_clear()
    contracts._read_schema.cache_clear()
    try:
        with pytest.raises(ContractError, match=r"\.schema\.json"):
            run(base)
    finally:
        monkeypatch.undo()
        contracts.contract.cache_clear()
        contracts._read_schema.cache_clear()


def test_a_broken_schema_of_a_custom_resource_raises(base: Path) -> None:
    path = base / "schemas/kubernetes/serving.kserve.io/v1beta1/InferenceService.schema.json"
    path.parent.mkdir(parents=True)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ContractError, match="InferenceService"):
        run(base)


def test_a_broken_template_raises(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = templating._render

    def broken(template: str, *rest: object) -> str:
        return "a: b: c" if "tenant" in template else rendered(template, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(templating, "_render", broken)
    with pytest.raises(TemplateError, match="tenant"):
        run(base)


def test_a_stage_that_raises_is_not_hidden(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    heard: list[str] = []
    monkeypatch.setattr(pipeline, "resolve", fail)
    with pytest.raises(ZeroDivisionError):
        run(base, on_stage=heard.append)
    assert heard == ["load", "validate", "resolve"]
