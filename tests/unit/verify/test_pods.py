"""Where pods are in objects of other kinds."""

from __future__ import annotations

from typing import Any

import pytest

from plinth.model import Manifest
from plinth.verify.pods import containers, pod_specs


def manifest(api_version: str, kind: str, path: str, pod: Any) -> Manifest:
    for step in reversed(path.split(".")):
        pod = {step: pod}
    return Manifest({"apiVersion": api_version, "kind": kind, **pod})


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("v1", "Pod", "spec"),
        ("v1", "PodTemplate", "template.spec"),
        ("v1", "ReplicationController", "spec.template.spec"),
        ("apps/v1", "Deployment", "spec.template.spec"),
        ("apps/v1", "StatefulSet", "spec.template.spec"),
        ("apps/v1", "DaemonSet", "spec.template.spec"),
        ("apps/v1", "ReplicaSet", "spec.template.spec"),
        ("batch/v1", "Job", "spec.template.spec"),
        ("batch/v1", "CronJob", "spec.jobTemplate.spec.template.spec"),
        ("serving.kserve.io/v1beta1", "InferenceService", "spec.predictor"),
        ("serving.kserve.io/v1beta1", "InferenceService", "spec.transformer"),
        ("serving.kserve.io/v1beta1", "InferenceService", "spec.explainer"),
    ],
)
def test_the_pod_of_each_kind(api_version: str, kind: str, path: str) -> None:
    pod: dict[str, Any] = {"containers": []}
    assert list(pod_specs(manifest(api_version, kind, path, pod))) == [(tuple(path.split(".")), pod)]
    odd: list[Any] = [None, [], "text", 1]
    for wrong in odd:
        assert list(pod_specs(manifest(api_version, kind, path, wrong))) == []
    assert list(pod_specs(Manifest({"apiVersion": api_version, "kind": kind}))) == []
    assert list(pod_specs(Manifest({"apiVersion": api_version, "kind": kind, "spec": None, "template": 1}))) == []


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [("v1", "Deployment"), ("apps.example.com/v1", "Deployment"), ("apps/v1", "Job"), ("v1", "Service")],
)
def test_other_kinds_have_none(api_version: str, kind: str) -> None:
    for path in ("spec", "spec.template.spec"):
        assert list(pod_specs(manifest(api_version, kind, path, {"containers": []}))) == []


def test_all_containers_of_a_pod() -> None:
    one, two, three, model = ({"name": name} for name in ("one", "two", "three", "model"))
    pod = {"containers": [one, "odd", two], "initContainers": [three], "ephemeralContainers": None, "model": model}
    assert list(containers(pod, ("spec",))) == [
        (("spec", "initContainers", 0), three),
        (("spec", "containers", 0), one),
        (("spec", "containers", 2), two),
        (("spec", "model"), model),
    ]
    assert list(containers({}, ())) == []
    assert list(containers({"containers": None, "model": None}, ())) == []
