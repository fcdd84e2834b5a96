"""What a Pipeline becomes: one Airflow 3 DAG file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plinth import templating
from plinth.formats import duration_seconds
from plinth.model import Ref, TextFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import View
    from plinth.model import Data, Declaration, RenderedFile

SERVICE_ACCOUNT = "pipelines"
"""The service account of tasks in every tenant's namespace; the Tenant renders it."""


STARTUP_TIMEOUT_SECONDS = 1800
"""How long a pod may wait for a node and its image. The operator's two minutes are too short for a node that is yet to
come, a full quota or an image with graphics libraries."""


def dag_id(ref: Ref) -> str:
    """Return the DAG's id. Names hold no dots, so no two pipelines of any teams can have the same."""
    return f"{ref.tenant}.{ref.name}"


def render(declaration: Declaration, spec: dict[str, Data], view: View) -> Iterator[RenderedFile]:
    """Render the DAG file."""
    ref = declaration.ref
    context = {
        "dag_id": dag_id(ref),
        "spec": spec,
        "tenant": ref.tenant,
        "pipeline": ref.name,
        "environment": view.name,
        "service_account": SERVICE_ACCOUNT,
        "schedule": _schedule(spec.get("schedule")),
        "tasks": [_task(task, ref.tenant, view) for task in _in_order(spec["tasks"])],
        "service_environment": _service_environment(view),
        "has_credentials": "secretStore" in view.spec,
        "startup_timeout_seconds": STARTUP_TIMEOUT_SECONDS,
    }
    text = templating.python("kinds/pipeline/templates/dag.py.j2", context)
    yield TextFile(f"dags/{ref.tenant}/{ref.name}.py", ref, text)


def _schedule(schedule: dict[str, Data] | None) -> dict[str, Data] | None:
    if schedule is None:
        return None
    year, month, day = (int(part) for part in schedule["startDate"].split("-"))
    return {**schedule, "start": (year, month, day)}


def _service_environment(view: View) -> dict[str, str]:
    """Tell containers where the platform's services are, under the names that their clients look for."""
    names = {"experiment-tracking": "MLFLOW_TRACKING_URI", "object-store": "AWS_ENDPOINT_URL"}
    return {names[capability]: address for capability, address in view.endpoints.items() if capability in names}


def _in_order(tasks: list[dict[str, Data]]) -> list[dict[str, Data]]:
    """Sort tasks so that each comes after those it depends on, and as they are written where that does not decide."""
    position = {task["name"]: index for index, task in enumerate(tasks)}
    waiting = {task["name"]: set(task["dependsOn"]) for task in tasks}
    ordered: list[dict[str, Data]] = []
    while waiting:
        ready = sorted(
            (name for name, before in waiting.items() if not before & waiting.keys()), key=position.__getitem__
        )
        ordered.extend(tasks[position[name]] for name in ready)
        for name in ready:
            del waiting[name]
    return ordered


def _task(task: dict[str, Data], tenant: str, view: View) -> dict[str, Data]:
    size = view.size(task["size"])
    resources = {"cpu": size["cpu"], "memory": size["memory"]}
    if size["gpu"]:
        resources["nvidia.com/gpu"] = str(size["gpu"])
    return {
        **task,
        "variable": re.sub(r"\W", "_", f"task_{task['name']}"),
        "upstream": [re.sub(r"\W", "_", f"task_{name}") for name in task["dependsOn"]],
        "timeout_seconds": duration_seconds(task["timeout"]),
        "retry_delay_seconds": duration_seconds(task["retryDelay"]),
        "resources": resources,
        "inlets": [_asset(name, tenant, view) for name in task["reads"]],
        "outlets": [_asset(name, tenant, view) for name in task["writes"]],
    }


def _asset(name: str, tenant: str, view: View) -> dict[str, str]:
    owner, slash, own_name = name.rpartition("/")
    ref = Ref("Dataset", own_name, owner if slash else tenant)
    location = view.catalog.declarations[ref].spec["location"]
    return {"name": f"{ref.tenant}/{ref.name}", "uri": f"s3://{view.name}-{location['bucket']}/{location['prefix']}"}
