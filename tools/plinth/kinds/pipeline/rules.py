"""Rules of pipelines."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from plinth.contracts import find
from plinth.findings import Related, Rule
from plinth.graph import cycles
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding
    from plinth.model import Declaration, Path

_IMAGE = f"registry.example.com/tool@sha256:{'1f' * 32}"
_TWO_TASKS = f"""\
apiVersion: plinth/v1alpha1
kind: Pipeline
metadata:
  name: publish-data
  tenant: flights
spec:
  description: Publishes what was prepared.
  owner: flights@ml.example.com
  tasks:
    - {{name: prepare, size: small, timeout: 1h, container: {{image: "{_IMAGE}"}}}}
    - {{name: SECOND, size: small, timeout: 1h, container: {{image: "{_IMAGE}"}}}}
  environments:
    dev: {{}}
"""

TASK_UNKNOWN = Rule(
    "task-unknown",
    "Tasks depend on tasks of the same pipeline.",
    "A task that waits for one that does not exist would never run. An environment's overlay, too, can only change tasks "
    "that are there.",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, dependsOn: [ingst]}]}\n",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, dependsOn: []}]}\n",
)
TASK_CYCLE = Rule(
    "task-cycle",
    "Tasks do not wait for each other in a circle.",
    "None of them could ever start; Airflow refuses the whole file.",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, dependsOn: [prepare]}]}\n",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, dependsOn: []}]}\n",
)
TASK_DUPLICATE = Rule(
    "task-duplicate",
    "Task names are distinct within a pipeline.",
    "Airflow tells tasks apart by their names, and refuses a file with two of one name.",
    _TWO_TASKS.replace("SECOND", "prepare"),
    _TWO_TASKS.replace("SECOND", "publish"),
    whole=True,
)
IMAGE_REGISTRY = Rule(
    "image-registry-not-allowed",
    "Images come from the registries that the Platform allows.",
    "Images from elsewhere are not scanned, may vanish, and are refused by the clusters' admission policy.",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, container: {image: docker.io/somebody/tool@sha256:"
    + "1f" * 32
    + "}}]}\n",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, container: {image: registry.example.com/tool@sha256:"
    + "1f" * 32
    + "}}]}\n",
)
WRITES_OTHERS_DATA = Rule(
    "dataset-of-other-tenant-written",
    "A pipeline writes only datasets of its own team.",
    "What a team answers for, nobody else changes.",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, writes: [fraud/cards]}]}\n",
    "kind: Pipeline\nspec: {tasks: [{name: prepare, reads: [fraud/cards]}]}\n",
)

RULES = (TASK_UNKNOWN, TASK_CYCLE, TASK_DUPLICATE, IMAGE_REGISTRY, WRITES_OTHERS_DATA)


def check(pipeline: Declaration, catalog: Catalog) -> Iterator[Finding]:
    """Check one pipeline's tasks."""
    yield from _duplicates(pipeline)
    yield from _unknown_dependencies(pipeline)
    yield from _cycles(pipeline)
    yield from _images(pipeline, catalog)
    yield from _foreign_writes(pipeline)


def _positions(pipeline: Declaration) -> dict[str, int]:
    return {task["name"]: index for index, task in reversed(list(enumerate(pipeline.spec["tasks"])))}


def _duplicates(pipeline: Declaration) -> Iterator[Finding]:
    positions = _positions(pipeline)
    for index, task in enumerate(pipeline.spec["tasks"]):
        first = positions[task["name"]]
        if first != index:
            place = locate(pipeline.document, ("spec", "tasks", first, "name"))
            yield TASK_DUPLICATE.at(
                locate(pipeline.document, ("spec", "tasks", index, "name")),
                f"a second task is named `{task['name']}`",
                help="Give each task a name of its own.",
                related=(Related(place, "the first one"),),
            )


def _unknown_dependencies(pipeline: Declaration) -> Iterator[Finding]:
    positions = _positions(pipeline)
    for index, task in enumerate(pipeline.spec["tasks"]):
        for position, dependency in enumerate(task.get("dependsOn", [])):
            if dependency not in positions:
                path = ("spec", "tasks", index, "dependsOn", position)
                yield _unknown_task(pipeline, path, dependency, sorted(positions))


def check_overlays(pipeline: Declaration) -> Iterator[Finding]:
    """Find overlays of tasks that are not there."""
    positions = _positions(pipeline)
    for path, task in find(pipeline.document.data, ("spec", "environments", "*", "tasks", "*")):
        if task["name"] not in positions:
            yield _unknown_task(pipeline, (*path, "name"), task["name"], sorted(positions))


def _unknown_task(pipeline: Declaration, path: Path, name: str, known: list[str]) -> Finding:
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    suggestion = f"Did you mean `{close[0]}`?" if close else f"The tasks are: {', '.join(known)}."
    return TASK_UNKNOWN.at(
        locate(pipeline.document, path), f"there is no task `{name}` in this pipeline", help=suggestion
    )


def _cycles(pipeline: Declaration) -> Iterator[Finding]:
    positions = _positions(pipeline)
    edges = {task["name"]: task.get("dependsOn", []) for task in pipeline.spec["tasks"]}
    for cycle in cycles(edges):
        index = positions[cycle[0]]
        yield TASK_CYCLE.at(
            locate(pipeline.document, ("spec", "tasks", index, "dependsOn"), on_key=True),
            f"tasks wait for each other in a circle: {' → '.join([*cycle, cycle[0]])}",
            help="Take one of these dependencies out.",
            related=tuple(
                Related(
                    locate(pipeline.document, ("spec", "tasks", positions[name], "dependsOn"), on_key=True),
                    f"`{name}` waits here",
                )
                for name in cycle[1:]
            ),
        )


def _images(pipeline: Declaration, catalog: Catalog) -> Iterator[Finding]:
    if catalog.platform is None:
        return
    allowed = catalog.platform.spec["imageRegistries"]
    data = pipeline.document.data
    patterns = (
        ("spec", "tasks", "*", "container", "image"),
        ("spec", "environments", "*", "tasks", "*", "container", "image"),
    )
    for pattern in patterns:
        for path, image in find(data, pattern):
            if not any(image.startswith(f"{registry}/") for registry in allowed):
                yield IMAGE_REGISTRY.at(
                    locate(pipeline.document, path),
                    f"images may not come from `{image.split('@')[0].rsplit('/', 1)[0]}`",
                    help=f"Allowed: {', '.join(allowed)} (spec.imageRegistries of {catalog.platform.document.file}).",
                )


def _foreign_writes(pipeline: Declaration) -> Iterator[Finding]:
    for path, dataset in find(pipeline.document.data, ("spec", "tasks", "*", "writes", "*")):
        owner, slash, _ = dataset.partition("/")
        if slash and owner != pipeline.ref.tenant:
            yield WRITES_OTHERS_DATA.at(
                locate(pipeline.document, path),
                f"the dataset `{dataset}` belongs to the tenant {owner}",
                help="Write a dataset of your own; the other team can read it from there.",
            )
