"""The real parts that the integration tests run: where they are, and what happens if they are not there.

`make test-integration` installs them. Without them a test is skipped, or fails if PLINTH_REQUIRE_PARTS is 1.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
import yaml

from plinth import crds, pipeline
from support import REPOSITORY

if TYPE_CHECKING:
    from plinth.crds import Schema

CRDS = Path(os.environ.get("PLINTH_CRDS") or REPOSITORY.parent / "shared" / "crds")


def _missing(what: str, variable: str, path: Path) -> NoReturn:
    message = f"no {what} at {path}: run `make test-integration`, which installs it, or set {variable}"
    if os.environ.get("PLINTH_REQUIRE_PARTS") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def _part(what: str, variable: str, default: str) -> Path:
    # Not resolved: a virtual environment's Python is a link, and is another Python where it points to.
    path = REPOSITORY / (os.environ.get(variable) or default)
    if not path.is_file():
        _missing(what, variable, path)
    return path


@pytest.fixture(scope="session")
def airflow_python() -> Path:
    """The Python of a virtual environment that has Airflow."""
    return _part("Python with Airflow", "PLINTH_AIRFLOW_PYTHON", ".venv-airflow/bin/python")


@pytest.fixture(scope="session")
def kubectl() -> Path:
    return _part("kubectl", "PLINTH_KUBECTL", ".venv-parts/bin/kubectl")


@pytest.fixture(scope="session")
def argocd_source_lint() -> Path:
    return _part("argocd-source-lint", "PLINTH_ARGOCD_SOURCE_LINT", ".venv-parts/bin/argocd-source-lint")


@pytest.fixture(scope="session")
def cel_python() -> Path:
    """The Python of a virtual environment that has cel-expr-python."""
    return _part("Python with cel-expr-python", "PLINTH_CEL_PYTHON", ".venv-parts/bin/python")


@pytest.fixture(scope="session")
def real_schemas() -> dict[tuple[str, str], Schema]:
    """The schemas of the upstream CustomResourceDefinitions at hand, by apiVersion and kind."""
    files = sorted(CRDS.glob("*.yaml"))
    if not files:
        # They are not part of the repository, so nobody can be required to have them.
        pytest.skip(f"no CustomResourceDefinitions in {CRDS}: set PLINTH_CRDS to a folder that holds them")
    definitions = [
        document
        for file in files
        for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if isinstance(document, dict)
    ]
    made = [schema for definition in definitions for schema in crds.schemas_of(definition)]
    return {(f"{schema.group}/{schema.version}", schema.kind): schema.schema for schema in made}


@pytest.fixture(scope="session")
def example_result() -> pipeline.Result:
    """The template's own example content, rendered in memory."""
    result = pipeline.run(REPOSITORY)
    assert result.ok, "\n".join(str(finding) for finding in result.findings)
    return result
