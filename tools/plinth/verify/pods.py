"""Where pods are described in objects of other kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.model import Data, Manifest, Path

_TEMPLATE: Path = ("spec", "template", "spec")
_POD_SPECS: dict[tuple[str, str], tuple[Path, ...]] = {
    ("", "Pod"): (("spec",),),
    ("", "ReplicationController"): (_TEMPLATE,),
    ("", "PodTemplate"): (("template", "spec"),),
    ("apps", "DaemonSet"): (_TEMPLATE,),
    ("apps", "Deployment"): (_TEMPLATE,),
    ("apps", "ReplicaSet"): (_TEMPLATE,),
    ("apps", "StatefulSet"): (_TEMPLATE,),
    ("batch", "CronJob"): (("spec", "jobTemplate", "spec", "template", "spec"),),
    ("batch", "Job"): (_TEMPLATE,),
    ("serving.kserve.io", "InferenceService"): (
        ("spec", "predictor"),
        ("spec", "transformer"),
        ("spec", "explainer"),
    ),
}


def pod_specs(manifest: Manifest) -> Iterator[tuple[Path, dict[str, Data]]]:
    """Yield each description of a pod in an object, with its path."""
    group = manifest.api_version.rpartition("/")[0]
    for path in _POD_SPECS.get((group, manifest.kind), ()):
        data: Data = manifest.data
        for step in path:
            data = data.get(step) if isinstance(data, dict) else None
        if isinstance(data, dict):
            yield path, data


def containers(pod: dict[str, Data], path: Path) -> Iterator[tuple[Path, dict[str, Data]]]:
    """Yield each container of a pod, with its path; KServe's ``model`` is one, too."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(pod.get(field) or []):
            if isinstance(container, dict):
                yield (*path, field, index), container
    if isinstance(pod.get("model"), dict):
        yield (*path, "model"), pod["model"]
