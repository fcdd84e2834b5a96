"""The rendered DAG files in a real Airflow: they import without a warning and become what the declarations say.

What is expected is worked out here anew, from the declarations' text, and not by the tool.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from cronsim import CronSim

from integration.airflow_dags import INSTANTS, RENDERED, RUNS
from integration.pods import restricted_violations
from plinth import pipeline
from plinth.model import Bundle, Manifest, ManifestFile, Ref
from plinth.schemas import ManifestSchemas
from plinth.verify import objects, references, schema
from plinth.verify.problem import Sound
from plinth.yamlio.emit import emit
from support import BASE, FOLDERS, REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterable

HELPER = Path(__file__).with_name("airflow_dags.py")
IMAGE = "registry.example.com/flights/tool@sha256:" + "1f" * 32
HOSTILE = [
    "{{ ds }}",
    "{{ var.value.password }}",
    "{% raw %}",
    "{% for x in y",
    "{{",
    "}}",
    "{# gone #}",
    "{{ undefined_name.attribute }}",
    "job.sh",
    "values.json",
    "values.yaml",
    "[[ tenant ]]",
    "[% if %]",
    "$(HOME)",
    "${HOME}",
    "%(asctime)s",
    "%s",
    "'",
    '"',
    "'''",
    '"""',
    "\\",
    "\\n",
    "a\\",
    "line one\nline two\n",
    "\ttab",
    " ",
    "",
    "# no comment",
    "')\nraise SystemExit('",
    "é 日本語 😀 \x7f",
    "no",
    "null",
    "1e3",
    "0o17",
]
"""Texts that something between the declaration and the container could take for more than text."""


def _task(name: str, **more: Any) -> dict[str, Any]:
    container = {"image": IMAGE, **more.pop("container", {})}
    return {"name": name, "size": "small", "timeout": "1h", **more, "container": container}


def _pipeline(name: str, *, tenant: str = "flights", description: str = "A pipeline for a test.", **spec: Any) -> Any:
    return {
        "apiVersion": "plinth/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name, "tenant": tenant},
        "spec": {
            "description": description,
            "owner": f"{tenant}@ml.example.com",
            "tasks": [_task("only")],
            "environments": {"dev": {}},
            **spec,
        },
    }


def _edge_cases() -> list[Any]:
    """Valid pipelines at the edges of what the schema allows."""
    hostile_container = {
        "command": ["sh", "-c", *HOSTILE],
        "arguments": HOSTILE,
        "environment": {f"TEXT_{index}": text for index, text in enumerate(HOSTILE)},
    }
    descriptions = [f"Hostile text, number {index}: {text}" for index, text in enumerate(HOSTILE)]
    return [
        _pipeline("hostile", tasks=[_task("only", description="See README.md", container=hostile_container)]),
        *(
            _pipeline(f"described-{index}", description=text, tasks=[_task("only", description=text)])
            for index, text in enumerate(descriptions)
        ),
        _pipeline(
            "many-tasks",
            tasks=[_task("task-0")]
            + [
                _task(f"task-{n}", dependsOn=[f"task-{n - 1}", *(["task-0"] if n % 3 == 2 else [])])
                for n in range(1, 200)
            ],
        ),
        # Written backwards: the file must still define each task before it is used.
        _pipeline("backwards", tasks=[_task("c", dependsOn=["a", "b"]), _task("b", dependsOn=["a"]), _task("a")]),
        _pipeline("g", tasks=[_task("a", size="large"), _task("b", size="small")]),
        # A pod's name has 63 characters at most: 54 and the suffix that Airflow adds.
        _pipeline("p" * 27, tasks=[_task("t" * 26)]),
        _pipeline("p" * 52, tasks=[_task("t")]),
        # Python's own words as names.
        _pipeline("class", tasks=[_task("import"), _task("none", dependsOn=["import"]), _task("dag"), _task("k8s")]),
        _pipeline(
            "leap-day",
            schedule={"cron": "0 0 29 2 *", "startDate": "2024-02-29", "timeZone": "Pacific/Auckland", "catchUp": True},
            maxActiveRuns=100,
        ),
        _pipeline(
            "old", schedule={"cron": "*/15 9-17 * * 1-5", "startDate": "1999-12-31"}, environments={"production": {}}
        ),
        _pipeline(
            "clocks",
            schedule={"cron": "30 4 * * *", "startDate": "2026-01-01", "timeZone": "Europe/London"},
            environments={
                "dev": {"schedule": {"timeZone": "America/New_York"}},
                "staging": {"schedule": None},
                "production": {},
            },
        ),
        _pipeline(
            "retried",
            tasks=[
                _task("never", retries=0, timeout="1s"),
                _task("often", retries=20, retryDelay="90s", timeout="99h59m59s"),
            ],
        ),
        _pipeline(
            "shares",
            tenant="fraud",
            tasks=[_task("score", reads=["flights/clean", "cards", "flights/raw"], writes=["cards"])],
            environments={
                "dev": {},
                "production": {
                    "tasks": [
                        {"name": "score", "size": "large", "retries": 1, "container": {"arguments": ["{{ ds }}"]}}
                    ]
                },
            },
        ),
    ]


# What is expected


@dataclass
class Expected:
    """A pipeline as it holds in one environment."""

    tenant: str
    name: str
    spec: dict[str, Any]
    tasks: dict[str, dict[str, Any]]
    schedule: dict[str, Any] | None

    @property
    def dag_id(self) -> str:
        return f"{self.tenant}.{self.name}"


class Declared:
    """The declarations of a repository, as texts; nothing is converted."""

    def __init__(self, root: Path) -> None:
        files = [
            path
            for folder in FOLDERS
            for path in sorted((root / folder).rglob("*.yaml"))
            if "manifests" not in path.parts
        ]
        texts = [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) for path in files]  # noqa: S506 - strings only
        self.all = [text for text in texts if text.get("apiVersion") == "plinth/v1alpha1"]
        self.sizes = next(one for one in self.all if one["kind"] == "Platform")["spec"]["sizes"]
        self.environments = {one["metadata"]["name"]: one for one in self.all if one["kind"] == "Environment"}

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.all if one["kind"] == kind]

    def expected(self, environment: str) -> list[Expected]:
        return [
            _expected(one, environment) for one in self.of("Pipeline") if environment in one["spec"]["environments"]
        ]

    def asset(self, name: str, tenant: str, environment: str) -> tuple[str, str]:
        """Return a dataset's name among Airflow's assets, and its address; Airflow drops the slash at the end."""
        owner, _, own = name.rpartition("/")
        owner = owner or tenant
        (dataset,) = (one for one in self.of("Dataset") if one["metadata"] == {"name": own, "tenant": owner})
        location = dataset["spec"]["location"]
        return f"{owner}/{own}", f"s3://{environment}-{location['bucket']}/{location['prefix']}".rstrip("/")


def _expected(declaration: dict[str, Any], environment: str) -> Expected:
    spec = declaration["spec"]
    differs = spec["environments"][environment]
    tasks = {task["name"]: dict(task) for task in spec["tasks"]}
    for change in differs.get("tasks", []):
        task = tasks[change["name"]]
        container = {**task["container"], **change.get("container", {})}
        variables = (one.get("container", {}).get("environment", {}) for one in (task, change))
        container["environment"] = {name: value for some in variables for name, value in some.items()}
        task.update({**change, "container": container})
    schedule = spec.get("schedule")
    if "schedule" in differs:
        schedule = None if differs["schedule"] in ("null", "") else {**(schedule or {}), **differs["schedule"]}
    metadata = declaration["metadata"]
    return Expected(metadata["tenant"], metadata["name"], {**spec, **differs}, tasks, schedule)


def _seconds(duration: str) -> int:
    return sum(
        int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([hms])", duration)
    )


def _runs(schedule: dict[str, Any], instant: datetime) -> list[str]:
    """Return the next runs at or after an instant, as another cron library works them out."""
    zone = ZoneInfo(schedule.get("timeZone", "UTC"))
    found = CronSim(schedule["cron"], datetime.fromtimestamp(instant.timestamp() - 60, zone))
    return [next(found).astimezone(ZoneInfo("UTC")).isoformat() for _ in range(RUNS)]


# The repositories, rendered and imported once


@dataclass
class Imported:
    """A rendered repository, and what Airflow says of its DAG files, by environment."""

    declared: Declared
    result: pipeline.Result
    root: Path
    seen: dict[str, Any]


def _ask_airflow(python: Path, home: Path, folders: Iterable[Path]) -> dict[str, Any]:
    home.mkdir()
    environment = {
        "PATH": os.defpath,
        "HOME": str(home),
        "TZ": "Asia/Kathmandu",  # a time zone of the machine must not show
        "LC_ALL": "C.UTF-8",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "none"),
        "AIRFLOW__CORE__LAZY_LOAD_PLUGINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }
    command = [str(python), str(HELPER), *(str(folder) for folder in folders)]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _imported(root: Path, python: Path, tmp: Path) -> Imported:
    result = pipeline.run(root)
    assert result.ok, "\n".join(str(finding) for finding in result.findings)
    out = tmp / "rendered"
    for path, content in result.tree.items():
        if "/dags/" in path:
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_bytes(content)
    folders = {name: out / name / "dags" for name in result.catalog.environments if (out / name / "dags").is_dir()}
    answers = _ask_airflow(python, tmp / "home", folders.values())
    return Imported(Declared(root), result, root, {name: answers[str(folder)] for name, folder in folders.items()})


def _with_edge_cases(root: Path) -> Path:
    shutil.copytree(BASE, root)
    for declaration in _edge_cases():
        metadata = declaration["metadata"]
        file = root / "pipelines" / metadata["tenant"] / f"{metadata['name']}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(emit([declaration]), encoding="utf-8")
    return root


@pytest.fixture(scope="module", params=["example", "edge cases"])
def imported(
    request: pytest.FixtureRequest, airflow_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Imported:
    tmp = tmp_path_factory.mktemp("airflow")
    root = REPOSITORY if request.param == "example" else _with_edge_cases(tmp / "repository")
    return _imported(root, airflow_python, tmp)


def _pairs(imported: Imported) -> Iterable[tuple[str, Expected, dict[str, Any]]]:
    """Yield each pipeline in each environment, with what Airflow made of it."""
    count = 0
    for environment, seen in imported.seen.items():
        for expected in imported.declared.expected(environment):
            count += 1
            yield environment, expected, seen["dags"][expected.dag_id]
    assert count, "no pipeline was looked at"


def _task_pairs(imported: Imported) -> Iterable[tuple[str, Expected, dict[str, Any], dict[str, Any]]]:
    for environment, expected, dag in _pairs(imported):
        for name, task in expected.tasks.items():
            yield environment, expected, task, dag["tasks"][name]


# The tests


def test_every_file_imports_without_error_or_warning(imported: Imported) -> None:
    assert set(imported.seen) == {name for name in imported.declared.environments if imported.declared.expected(name)}
    for seen in imported.seen.values():
        assert seen["errors"] == {}
        assert seen["warnings"] == []


def test_there_is_one_dag_for_each_pipeline_of_an_environment(imported: Imported) -> None:
    for environment, seen in imported.seen.items():
        files = {dag_id: dag["file"] for dag_id, dag in seen["dags"].items()}
        wanted = imported.declared.expected(environment)
        assert files == {one.dag_id: f"{one.tenant}/{one.name}.py" for one in wanted}


def test_importing_reads_nothing_but_code(imported: Imported) -> None:
    """No YAML at parse time: Airflow imports every file again and again."""
    for seen in imported.seen.values():
        read = [path for path in seen["opened"] if not path.endswith((".py", ".pyc", ".so"))]
        assert [path for path in read if re.search(r"\.(ya?ml|json|toml|cfg)$", path)] == []


def test_a_dag_says_what_its_pipeline_declares(imported: Imported) -> None:
    for environment, expected, dag in _pairs(imported):
        assert dag["description"] == expected.spec["description"]
        assert dag["tags"] == sorted([expected.tenant, environment])
        assert dag["max_active_runs"] == int(expected.spec.get("maxActiveRuns", 1))
        assert dag["failure_mail"] == [expected.spec["owner"]]


def test_a_dag_runs_when_its_pipeline_says(imported: Imported) -> None:
    for _, expected, dag in _pairs(imported):
        schedule = expected.schedule
        if schedule is None:
            assert (dag["timetable"], dag["start"], dag["catchup"]) == ("NullTimetable", None, False)
            assert not any(dag["runs"].values())
            continue
        zone = ZoneInfo(schedule.get("timeZone", "UTC"))
        start = datetime.fromisoformat(schedule["startDate"]).replace(tzinfo=zone)
        assert datetime.fromisoformat(dag["start"]) == start
        assert dag["timezone"] == str(zone)
        assert dag["catchup"] == (schedule.get("catchUp") == "true")
        assert dag["runs"] == {instant.isoformat(): _runs(schedule, instant) for instant in INSTANTS}


def test_tasks_depend_on_each_other_as_declared(imported: Imported) -> None:
    for _, expected, dag in _pairs(imported):
        graph = {name: sorted(task.get("dependsOn", [])) for name, task in expected.tasks.items()}
        assert {name: task["upstream"] for name, task in dag["tasks"].items()} == graph


def test_a_task_says_what_is_declared(imported: Imported) -> None:
    for environment, expected, task, seen in _task_pairs(imported):
        assert seen["owner"] == expected.tenant
        assert seen["doc"] == task.get("description")
        assert seen["retries"] == int(task.get("retries", "2"))
        assert seen["timeout"] == _seconds(task["timeout"])
        for side, field in (("inlets", "reads"), ("outlets", "writes")):
            assets = [imported.declared.asset(name, expected.tenant, environment) for name in task.get(field, [])]
            assert seen[side] == dict(assets)


def test_each_wait_before_a_retry_is_twice_as_long(imported: Imported) -> None:
    """Airflow adds up to as much again, so that not all come back at once."""
    for _, _, task, seen in _task_pairs(imported):
        first = _seconds(task.get("retryDelay", "5m"))
        for number, delay in enumerate(seen["delays"]):
            assert first * 2**number <= delay <= first * 2 ** (number + 1)


def test_the_container_gets_the_declared_text_as_it_is(imported: Imported) -> None:
    """Airflow renders commands, arguments and variables as Jinja templates unless it is told not to."""
    for environment, expected, task, seen in _task_pairs(imported):
        (container,) = seen["pod"]["spec"]["containers"]
        declared = task["container"]
        assert container["image"] == declared["image"]
        assert container.get("command", []) == declared.get("command", [])
        assert container.get("args", []) == declared.get("arguments", [])
        variables = {one["name"]: one["value"] for one in container["env"]}
        own = declared.get("environment", {})
        assert {name: variables.get(name) for name in own} == own, (environment, expected.dag_id)
        assert RENDERED not in json.dumps(seen["pod"])


def test_the_container_has_the_size_that_is_declared(imported: Imported) -> None:
    for _, _, task, seen in _task_pairs(imported):
        size = imported.declared.sizes[task["size"]]
        wanted = {"cpu": size["cpu"], "memory": size["memory"]}
        if size.get("gpu", "0") != "0":
            wanted["nvidia.com/gpu"] = size["gpu"]
        (container,) = seen["pod"]["spec"]["containers"]
        assert container["resources"] == {"limits": wanted, "requests": wanted}


def test_a_pod_stays_in_its_tenants_namespace(imported: Imported) -> None:
    for _, expected, task, seen in _task_pairs(imported):
        metadata, spec = seen["pod"]["metadata"], seen["pod"]["spec"]
        assert metadata["namespace"] == expected.tenant
        assert re.fullmatch(rf"{expected.name}-{task['name']}-[a-z0-9]{{8}}", metadata["name"]), "cut to fit"
        assert len(metadata["name"]) <= 63
        assert metadata["labels"]["plinth/tenant"] == expected.tenant
        assert metadata["labels"]["plinth/pipeline"] == expected.name
        assert spec["serviceAccountName"] == "pipelines"
        assert spec["automountServiceAccountToken"] is False


def test_a_pod_is_what_the_namespace_admits(imported: Imported) -> None:
    """Its namespace enforces the pod security standard "restricted"."""
    for _, expected, task, seen in _task_pairs(imported):
        assert restricted_violations(seen["pod"]["spec"]) == [], f"{expected.dag_id} {task['name']}"


def test_pods_satisfy_what_every_manifest_must(imported: Imported) -> None:
    """The schema of Kubernetes, names, labels and quantities, and everything that the pods refer to is provided."""
    catalog = imported.result.catalog
    assert catalog.platform is not None
    schemas = ManifestSchemas(catalog.platform.spec["kubernetesVersion"], imported.root)
    for bundle in imported.result.bundles:
        pods = [
            Manifest(task["pod"])
            for dag in imported.seen.get(bundle.environment, {"dags": {}})["dags"].values()
            for task in dag["tasks"].values()
        ]
        file = ManifestFile("pods.yaml", Ref("Pipeline", "pods", "flights"), tuple(pods))
        together = Bundle(bundle.environment, (*bundle.files, file))
        sound = Sound(together, frozenset())
        problems = [*schema.check(together, schemas), *objects.check(sound), *references.check(sound, catalog)]
        assert [problem.message for problem in problems] == []


def test_clocks_going_forward_do_not_move_a_run(imported: Imported) -> None:
    """Worked out by hand: half past four in London is 04:30 UTC until the night to 2026-03-29, and 03:30 from then on."""
    dags = imported.seen["production"]["dags"]
    runs = dags["flights.prepare-data"]["runs"]
    assert runs[INSTANTS[1].isoformat()] == [
        "2026-03-27T04:30:00+00:00",
        "2026-03-28T04:30:00+00:00",
        "2026-03-29T03:30:00+00:00",
        "2026-03-30T03:30:00+00:00",
    ]


# What the tests stand on bites


@pytest.fixture(scope="module")
def wrong(airflow_python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow says of a folder of wrong DAG files."""
    tmp = tmp_path_factory.mktemp("wrong")
    dag = (
        "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator\n"
        "from airflow.sdk import DAG\n"
        "with DAG(dag_id={id!r}, schedule=None):\n"
        "    KubernetesPodOperator(task_id='a', name='a', namespace='x', image='y', {more})\n"
    )
    (tmp / "dags").mkdir()
    for name, more in {
        "rendered": "cmds=['{{ ds }}'], env_vars={'A': '{{ var }}'}",
        "warns": "email=['a@example.com']",
        "network": "cmds=[__import__('socket').gethostbyname('localhost')]",
        "reads": "cmds=[open(__file__[:-8] + 'some.yaml').read()]",
        "fails": "cmds=[1 / 0]",
    }.items():
        (tmp / "dags" / f"{name}.py").write_text(dag.format(id=name, more=more), encoding="utf-8")
    (tmp / "dags" / "some.yaml").write_text("a: 1\n", encoding="utf-8")
    return next(iter(_ask_airflow(airflow_python, tmp / "home", [tmp / "dags"]).values()))


def test_errors_and_warnings_of_airflow_are_seen(wrong: dict[str, Any]) -> None:
    assert any("ZeroDivisionError" in text for file, text in wrong["errors"].items() if "fails" in file)
    assert any("deprecated" in text for text in wrong["warnings"])


def test_files_and_network_are_watched(wrong: dict[str, Any]) -> None:
    assert any(path.endswith("some.yaml") for path in wrong["opened"])
    assert any("gethostbyname" in text for file, text in wrong["errors"].items() if "network" in file)


def test_airflow_would_render_what_is_not_marked_as_literal(wrong: dict[str, Any]) -> None:
    (container,) = wrong["dags"]["rendered"]["tasks"]["a"]["pod"]["spec"]["containers"]
    assert container["command"] == [RENDERED]
    assert container["env"] == [{"name": "A", "value": RENDERED}]


_SOUND_CONTEXT = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_SOUND_POD = {"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}}


@pytest.mark.parametrize(
    ("pod", "container"),
    [
        ({"securityContext": {}}, {}),
        ({"securityContext": {"runAsNonRoot": True}}, {}),
        ({"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "Unconfined"}}}, {}),
        ({"hostNetwork": True}, {}),
        ({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}, {}),
        ({}, {"securityContext": None}),
        ({}, {"securityContext": {"allowPrivilegeEscalation": False}}),
        ({}, {"securityContext": {**_SOUND_CONTEXT, "privileged": True}}),
        ({}, {"securityContext": {**_SOUND_CONTEXT, "runAsUser": 0}}),
        ({}, {"securityContext": {**_SOUND_CONTEXT, "runAsNonRoot": False}}),
        ({}, {"securityContext": {**_SOUND_CONTEXT, "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}}),
        ({}, {"ports": [{"containerPort": 80, "hostPort": 80}]}),
    ],
)
def test_pod_security_refuses(pod: dict[str, Any], container: dict[str, Any]) -> None:
    sound = {"name": "base", "securityContext": _SOUND_CONTEXT}
    assert restricted_violations({**_SOUND_POD, "containers": [sound]}) == []
    assert restricted_violations({**_SOUND_POD, **pod, "containers": [{**sound, **container}]})
    assert restricted_violations(
        {**_SOUND_POD, **pod, "initContainers": [{**sound, **container}], "containers": [sound]}
    )
