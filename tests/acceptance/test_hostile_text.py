"""Text of a declaration stays text: no template, no YAML and no Python in it comes to life."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from plinth import pipeline
from plinth.yamlio import load as reader
from support import all_cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CASE = next(case for case in all_cases("valid") if case.id == "catalog/valid/hostile-text")


@pytest.fixture
def tree(base: Path) -> dict[str, bytes]:
    CASE.lay_over(base)
    return pipeline.run(base).tree


def description(file: str) -> str:
    data, faults = reader.read((CASE.path / file).read_text(encoding="utf-8"))
    assert not faults
    return str(data["spec"]["description"])


def texts(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        yield from data
        for value in data.values():
            yield from texts(value)
    elif isinstance(data, list):
        for item in data:
            yield from texts(item)
    elif isinstance(data, str):
        yield data


def objects(tree: dict[str, bytes], file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(tree[file]))


HOSTILE = description("tenants/fraud/tenant.yaml")
SUBSTITUTED = HOSTILE.replace("${environment.name}", "dev")


def test_text_is_hostile() -> None:
    for sign in ("]]", "[%", "${environment.name}", "\n- injected: true", "{{", "'", '"', "#", "\\"):
        assert sign in HOSTILE


def test_tenant_holds_the_very_text(tree: dict[str, bytes]) -> None:
    namespace = objects(tree, "dev/tenants/fraud/manifests.yaml")[0]
    assert namespace["metadata"]["annotations"]["plinth/description"] == HOSTILE
    project = objects(tree, "dev/argocd/projects/fraud.yaml")[0]
    assert project["spec"]["description"] == HOSTILE[:255]


def test_component_holds_the_very_text_with_its_variables_replaced(tree: dict[str, bytes]) -> None:
    config = next(item for item in objects(tree, "dev/components/mlflow/manifests.yaml") if item["kind"] == "ConfigMap")
    assert config["data"] == {"text": SUBSTITUTED}
    assert config["metadata"]["annotations"] == {"note": SUBSTITUTED}
    values = objects(tree, "dev/argocd/components/mlflow.yaml")[0]["spec"]["sources"][1]["helm"]["valuesObject"]
    assert values == {"text": SUBSTITUTED, HOSTILE: "key"}


def test_dag_holds_the_very_text(tree: dict[str, bytes]) -> None:
    module = ast.parse(tree["dev/dags/flights/prepare-data.py"])
    literals = [node.value for node in ast.walk(module) if isinstance(node, ast.Constant)]
    assert ast.get_docstring(module, clean=False) == HOSTILE
    # The docstring, the DAG's description, the task's, its command, its argument and its variable.
    assert literals.count(HOSTILE) == 6


def test_nothing_is_injected(tree: dict[str, bytes]) -> None:
    for file in tree:
        if file.endswith(".yaml"):
            assert "injected" not in {text for item in objects(tree, file) for text in texts(item)}
