"""Run by Airflow's own Python: import folders of DAG files and print, as JSON, what Airflow makes of them.

Usage: airflow_dags.py FOLDER…; AIRFLOW_HOME and the database are the caller's business. Whatever would use the network
while the files are imported fails, and every file that is opened then is listed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import warnings
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

INSTANTS = (
    datetime(2026, 1, 1, tzinfo=timezone.utc),  # noqa: UP017 - Airflow's Python may be older than ours
    datetime(2026, 3, 27, tzinfo=timezone.utc),  # noqa: UP017 - clocks go forward two days later
)
"""Where the listing of the schedule's next runs begins."""
RUNS = 4
# What a template could reach. If any of these shows up in a pod, a declared text was taken for a template.
RENDERED = "RENDERED-BY-JINJA"
_FORBIDDEN = frozenset(
    f"socket.{call}" for call in ("bind", "connect", "getaddrinfo", "gethostbyname", "gethostbyaddr", "sendto")
) | {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn"}


class Watch:
    """Watches what the imported files do: no network, and which files they open."""

    def __init__(self) -> None:
        self.on = False
        self.opened: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in _FORBIDDEN:
            raise RuntimeError(f"a DAG file caused {event}{arguments!r}")
        if event == "open" and isinstance(arguments[0], str | os.PathLike):
            self.opened.append(os.fspath(arguments[0]))


def main(folders: list[str]) -> None:
    with contextlib.redirect_stdout(sys.stderr):
        found = _all_of(folders)
    json.dump(found, sys.stdout)


def _all_of(folders: list[str]) -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - seconds; and only Airflow's Python has it
    from airflow.providers.cncf.kubernetes.operators import pod  # noqa: F401, PLC0415 - not the first file's time
    from airflow.providers.smtp.notifications import smtp  # noqa: F401, PLC0415 - not the first file's time

    logging.disable(logging.WARNING)
    watch = Watch()
    return {folder: _folder(Path(folder), DagBag, watch) for folder in folders}


def _folder(folder: Path, bag_type: Any, watch: Watch) -> dict[str, Any]:
    watch.opened = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watch.on = True
        bag = bag_type(folder, bundle_path=folder, bundle_name="plinth")
        watch.on = False
    return {
        "errors": dict(bag.import_errors),
        "warnings": [
            *(text for texts in bag.captured_warnings.values() for text in texts),
            *(f"{warning.filename}:{warning.lineno}: {warning.message}" for warning in caught),
        ],
        "opened": sorted(set(watch.opened)),
        "seconds": {stat.file: stat.duration.total_seconds() for stat in bag.dagbag_stats},
        "dags": {dag_id: _dag(dag, folder) for dag_id, dag in bag.dags.items()},
    }


def _dag(dag: Any, folder: Path) -> dict[str, Any]:
    from airflow.serialization.serialized_objects import DagSerialization  # noqa: PLC0415

    # What the scheduler works with, and by way of JSON, as in the database.
    stored = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
    callback = dag.on_failure_callback
    return {
        "file": Path(dag.fileloc).relative_to(folder).as_posix(),
        "description": stored.description,
        "tags": sorted(stored.tags),
        "timezone": str(stored.timezone),
        "start": stored.start_date.isoformat() if stored.start_date else None,
        "catchup": stored.catchup,
        "max_active_runs": stored.max_active_runs,
        "timetable": type(stored.timetable).__name__,
        "runs": {instant.isoformat(): _runs(stored.timetable, instant) for instant in INSTANTS},
        "failure_mail": list(callback.to) if type(callback).__name__ == "SmtpNotifier" else None,
        "tasks": {task.task_id: _task(task, stored.get_task(task.task_id), dag) for task in dag.tasks},
    }


def _runs(timetable: Any, instant: datetime) -> list[str]:
    """Return when the scheduler would start the next few runs, if nothing had run before the instant."""
    from airflow.timetables.base import TimeRestriction  # noqa: PLC0415

    restriction = TimeRestriction(earliest=instant, latest=None, catchup=True)
    runs: list[str] = []
    last = None
    while len(runs) < RUNS:
        last = timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=restriction)
        if last is None:
            break
        runs.append(last.run_after.astimezone(timezone.utc).isoformat())  # noqa: UP017
    return runs


def _task(task: Any, stored: Any, dag: Any) -> dict[str, Any]:
    return {
        "upstream": sorted(stored.upstream_task_ids),
        "owner": stored.owner,
        "doc": stored.doc_md,
        "retries": stored.retries,
        "delays": _delays(stored),
        "timeout": stored.execution_timeout.total_seconds() if stored.execution_timeout else None,
        "deferrable": task.deferrable,
        "inlets": {asset.name: asset.uri for asset in stored.inlets},
        "outlets": {asset.name: asset.uri for asset in stored.outlets},
        "pod": _pod(task, dag),
    }


def _delays(task: Any) -> list[float]:
    """Return how long the scheduler would wait before each of the first three retries."""
    from airflow.models.taskinstance import TaskInstance  # noqa: PLC0415

    end = INSTANTS[0]
    attempts = [
        SimpleNamespace(
            task=task,
            dag_id="any",
            task_id=task.task_id,
            logical_date=end,
            end_date=end,
            try_number=number,
            retry_delay_override=None,
            log=logging.getLogger(__name__),
        )
        for number in (1, 2, 3)
    ]
    return [(TaskInstance.next_retry_datetime(attempt) - end).total_seconds() for attempt in attempts]


def _pod(task: Any, dag: Any) -> Any:
    """Do what a worker does: render the templated fields, then build the pod, without asking a cluster."""
    from kubernetes.client import ApiClient  # noqa: PLC0415

    instance = SimpleNamespace(dag_id=dag.dag_id, task_id=task.task_id, map_index=-1, try_number=1)
    context = {
        "dag": dag,
        "ti": instance,
        "run_id": "scheduled__2026-01-01T04:30:00+00:00",
        **dict.fromkeys(("ds", "ts", "params", "var", "conn", "macros"), RENDERED),
    }
    task.render_template_fields(context)
    return ApiClient().sanitize_for_serialization(task.build_pod_request_obj(context, dry_run=True))


if __name__ == "__main__":
    main(sys.argv[1:])
