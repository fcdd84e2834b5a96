"""Names stay valid after what is put behind or before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth.findings import Rule
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding
    from plinth.model import Declaration, Path

MAX_LABEL = 63
# S3 allows 63 characters; a bucket's own name has up to 47, and a hyphen joins the two.
MAX_ENVIRONMENT = 15
# Helm leaves ten characters for what charts append (pkg/chartutil/validate_name.go).
MAX_RELEASE = 53
# Of a Pod that the Kubernetes executor makes, with the suffix that Airflow appends to keep it unique.
_TASK_SUFFIX = "-12345678"
# KServe names the predictor's Deployment and Service so (pkg/constants/constants.go, v0.20.0).
_PREDICTOR_SUFFIX = "-predictor"
_TASK = "size: small, timeout: 1h, container: {image: registry.example.com/tool@sha256:" + "1f" * 32 + "}"

RULE = Rule(
    "name-too-long",
    "Names stay within their limit with everything that is added to them.",
    "A model's name gets the suffix -predictor as a Service, and stands before its team's name in the host name; a task's "
    "pod is named after its pipeline. DNS labels end at 63 characters, and a controller that fails on it says so in its log only.",
    f"kind: Pipeline\nspec: {{tasks: [{{name: prepare-{'all-' * 10}flights, {_TASK}}}]}}\n",
    f"kind: Pipeline\nspec: {{tasks: [{{name: prepare-all-flights, {_TASK}}}]}}\n",
)


def check(catalog: Catalog) -> Iterator[Finding]:
    """Find names that become too long."""
    for model in catalog.of("Model"):
        yield from _too_long(model, ("metadata", "name"), f"{model.ref.name}{_PREDICTOR_SUFFIX}", "its Service")
        yield from _too_long(model, ("metadata", "name"), f"{model.ref.name}-{model.ref.tenant}", "its host name")
    for pipeline in catalog.of("Pipeline"):
        for index, task in enumerate(pipeline.spec["tasks"]):
            name = f"{pipeline.ref.name}-{task['name']}{_TASK_SUFFIX}"
            yield from _too_long(pipeline, ("spec", "tasks", index, "name"), name, "its pod")
    for environment in catalog.of("Environment"):
        yield from _too_long(
            environment, ("metadata", "name"), environment.ref.name, "the environment", MAX_ENVIRONMENT
        )
    for component in catalog.of("Component"):
        helm = component.spec["source"].get("helm")
        if helm is not None and "releaseName" not in helm:
            yield from _too_long(component, ("metadata", "name"), component.ref.name, "its Helm release", MAX_RELEASE)
        elif helm is not None:
            path = ("spec", "source", "helm", "releaseName")
            yield from _too_long(component, path, helm["releaseName"], "its Helm release", MAX_RELEASE)


def _too_long(declaration: Declaration, path: Path, name: str, what: str, limit: int = MAX_LABEL) -> Iterator[Finding]:
    if len(name) > limit:
        yield RULE.at(
            locate(declaration.document, path),
            f"{what} would be named `{name}`: {len(name)} characters, {len(name) - limit} too many",
            help="Choose a shorter name.",
        )
