"""Who refers to what, and who provides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plinth.verify.references import check
from verify.objects import catalog, shown, sound

if TYPE_CHECKING:
    from plinth.catalog import Catalog


def of(api_version: str, kind: str, name: str, body: str = "") -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: n}}\n{body}"


POD = of("v1", "Pod", "p", "spec: ")
C = "containers: [{name: c, image: i, "

# What refers, where it does, and to what: kind/namespace/name.
CONSUMERS: list[tuple[str, str, str]] = [
    (POD + "{serviceAccountName: x}", "spec/serviceAccountName", "ServiceAccount/n/x"),
    (POD + "{imagePullSecrets: [{name: x}]}", "spec/imagePullSecrets/0/name", "Secret/n/x"),
    (POD + "{volumes: [{name: v, secret: {secretName: x}}]}", "spec/volumes/0/secret/secretName", "Secret/n/x"),
    (
        POD + "{volumes: [{name: v, emptyDir: {}}, {name: w, configMap: {name: x}}]}",
        "spec/volumes/1/configMap/name",
        "ConfigMap/n/x",
    ),
    (
        POD + "{volumes: [{name: v, projected: {sources: [{downwardAPI: {}}, {secret: {name: x}}]}}]}",
        "spec/volumes/0/projected/sources/1/secret/name",
        "Secret/n/x",
    ),
    (
        POD + "{volumes: [{name: v, projected: {sources: [{configMap: {name: x}}]}}]}",
        "spec/volumes/0/projected/sources/0/configMap/name",
        "ConfigMap/n/x",
    ),
    (
        POD + f"{{{C}envFrom: [{{secretRef: {{name: x}}}}]}}]}}",
        "spec/containers/0/envFrom/0/secretRef/name",
        "Secret/n/x",
    ),
    (
        POD + f"{{{C}envFrom: [{{configMapRef: {{name: x}}}}]}}]}}",
        "spec/containers/0/envFrom/0/configMapRef/name",
        "ConfigMap/n/x",
    ),
    (
        POD + f"{{{C}env: [{{name: A, value: b}}, {{name: E, valueFrom: {{secretKeyRef: {{name: x, key: k}}}}}}]}}]}}",
        "spec/containers/0/env/1/valueFrom/secretKeyRef/name",
        "Secret/n/x",
    ),
    (
        POD + f"{{{C}env: [{{name: E, valueFrom: {{configMapKeyRef: {{name: x, key: k}}}}}}]}}]}}",
        "spec/containers/0/env/0/valueFrom/configMapKeyRef/name",
        "ConfigMap/n/x",
    ),
    (
        POD + "{initContainers: [{name: c, image: i, envFrom: [{secretRef: {name: x}}]}]}",
        "spec/initContainers/0/envFrom/0/secretRef/name",
        "Secret/n/x",
    ),
    (
        of("batch/v1", "CronJob", "j", "spec: {jobTemplate: {spec: {template: {spec: {serviceAccountName: x}}}}}"),
        "spec/jobTemplate/spec/template/spec/serviceAccountName",
        "ServiceAccount/n/x",
    ),
    (
        of("serving.kserve.io/v1beta1", "InferenceService", "m", "spec: {predictor: {serviceAccountName: x}}"),
        "spec/predictor/serviceAccountName",
        "ServiceAccount/n/x",
    ),
    (
        of(
            "serving.kserve.io/v1beta1",
            "InferenceService",
            "m",
            "spec: {predictor: {model: {envFrom: [{secretRef: {name: x}}]}}}",
        ),
        "spec/predictor/model/envFrom/0/secretRef/name",
        "Secret/n/x",
    ),
    (of("v1", "ServiceAccount", "a", "secrets: [{name: x}]"), "secrets/0/name", "Secret/n/x"),
    (of("v1", "ServiceAccount", "a", "imagePullSecrets: [{name: x}]"), "imagePullSecrets/0/name", "Secret/n/x"),
    (
        of(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            "b",
            "subjects: [{kind: Group, name: g}, {kind: ServiceAccount, name: x}]",
        ),
        "subjects/1/name",
        "ServiceAccount/n/x",
    ),
    (
        of(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            "b",
            "subjects: [{kind: ServiceAccount, name: x, namespace: m}]",
        ),
        "subjects/0/name",
        "ServiceAccount/m/x",
    ),
    (
        (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
            "subjects: [{kind: ServiceAccount, name: x, namespace: m}]"
        ),
        "subjects/0/name",
        "ServiceAccount/m/x",
    ),
    (
        of(
            "gateway.networking.k8s.io/v1",
            "Gateway",
            "g",
            "spec: {listeners: [{name: l, tls: {certificateRefs: [{name: x}]}}]}",
        ),
        "spec/listeners/0/tls/certificateRefs/0/name",
        "Secret/n/x",
    ),
    (
        of(
            "gateway.networking.k8s.io/v1",
            "Gateway",
            "g",
            "spec: {listeners: [{name: l, tls: {certificateRefs: [{name: x, kind: Secret, namespace: m}]}}]}",
        ),
        "spec/listeners/0/tls/certificateRefs/0/name",
        "Secret/m/x",
    ),
    (
        of("postgresql.cnpg.io/v1", "Cluster", "d", "spec: {bootstrap: {initdb: {secret: {name: x}}}}"),
        "spec/bootstrap/initdb/secret/name",
        "Secret/n/x",
    ),
    (
        of("k8s.keycloak.org/v2beta1", "Keycloak", "k", "spec: {db: {usernameSecret: {name: x, key: k}}}"),
        "spec/db/usernameSecret/name",
        "Secret/n/x",
    ),
    (
        of("k8s.keycloak.org/v2beta1", "Keycloak", "k", "spec: {http: {tlsSecret: x}}"),
        "spec/http/tlsSecret",
        "Secret/n/x",
    ),
]

# What provides, and what it provides.
PROVIDERS: list[tuple[str, set[str]]] = [
    (of("v1", "Secret", "x"), {"Secret/n/x"}),
    (of("v1", "ConfigMap", "x"), {"ConfigMap/n/x"}),
    (of("v1", "ServiceAccount", "x"), {"ServiceAccount/n/x"}),
    (of("external-secrets.io/v1", "ExternalSecret", "x", "spec: {}"), {"Secret/n/x"}),
    (of("external-secrets.io/v1", "ExternalSecret", "e", "spec: {target: {name: x}}"), {"Secret/n/x"}),
    (of("bitnami.com/v1alpha1", "SealedSecret", "x"), {"Secret/n/x"}),
    (of("cert-manager.io/v1", "Certificate", "c", "spec: {secretName: x}"), {"Secret/n/x"}),
    (
        of("postgresql.cnpg.io/v1", "Cluster", "x", "spec: {}"),
        {"Secret/n/x-app", "Secret/n/x-ca", "Secret/n/x-server", "Secret/n/x-replication"},
    ),
    (
        of("postgresql.cnpg.io/v1", "Cluster", "x", "spec: {enableSuperuserAccess: true}"),
        {"Secret/n/x-app", "Secret/n/x-ca", "Secret/n/x-server", "Secret/n/x-replication", "Secret/n/x-superuser"},
    ),
    # Not these.
    ("apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: m}", {"Secret/m/x"}),
    ("apiVersion: v1\nkind: Secret\nmetadata: {name: x}", set()),
    (of("example.com/v1", "Secret", "x"), set()),
    (of("example.com/v1", "ExternalSecret", "x"), set()),
    (of("v1", "Service", "x"), set()),
]

REFER = {
    "Secret": "volumes: [{{name: v, secret: {{secretName: {name}}}}}]",
    "ConfigMap": "volumes: [{{name: v, configMap: {{name: {name}}}}}]",
    "ServiceAccount": "serviceAccountName: {name}",
}


def pod_with(target: str) -> str:
    kind, namespace, name = target.split("/")
    reference = REFER[kind].format(name=name)
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: {namespace}}}\nspec: {{{reference}}}\n"


def exists(target: str) -> str:
    kind, namespace, name = target.split("/")
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n"


@pytest.mark.parametrize(("text", "path", "target"), CONSUMERS, ids=[path for _, path, _ in CONSUMERS])
def test_consumers(text: str, path: str, target: str) -> None:
    problems = list(check(sound(text), catalog()))
    assert shown(problems) == [("manifest-reference-dangling", path)]
    kind, namespace, name = target.split("/")
    assert f"the {kind} {namespace}/{name}, which nothing provides" in problems[0].message
    assert f"`{kind.lower()}:{namespace}/{name}`" in problems[0].help
    # It is provided by the object, wherever that is.
    assert shown(check(sound(text, exists(target)), catalog())) == []
    assert shown(check(sound(exists(target) + "---\n" + text), catalog())) == []


@pytest.mark.parametrize(("text", "path", "target"), CONSUMERS, ids=[path for _, path, _ in CONSUMERS])
def test_the_provider_must_be_of_the_same_kind_namespace_and_name(text: str, path: str, target: str) -> None:
    kind, namespace, name = target.split("/")
    for other in {f"{other}/{namespace}/{name}" for other in REFER} | {
        f"{kind}/other/{name}",
        f"{kind}/{namespace}/other",
    }:
        if other != target:
            assert shown(check(sound(text, exists(other)), catalog())) == [("manifest-reference-dangling", path)]


@pytest.mark.parametrize(("text", "provided"), PROVIDERS, ids=[text.split("\n")[1] for text, _ in PROVIDERS])
def test_providers(text: str, provided: set[str]) -> None:
    targets = {
        f"{kind}/{namespace}/x{suffix}"
        for kind in REFER
        for namespace in ("n", "m")
        for suffix in ("", "-app", "-ca", "-server", "-replication", "-superuser")
    }
    assert provided <= targets
    for target in targets:
        assert bool(shown(check(sound(text, pod_with(target)), catalog()))) is (target not in provided), target


OPTIONAL = [
    "{volumes: [{name: v, secret: {secretName: x, optional: true}}]}",
    "{volumes: [{name: v, configMap: {name: x, optional: true}}]}",
    "{volumes: [{name: v, projected: {sources: [{secret: {name: x, optional: true}}]}}]}",
    f"{{{C}envFrom: [{{secretRef: {{name: x, optional: true}}}}]}}]}}",
    f"{{{C}env: [{{name: E, valueFrom: {{configMapKeyRef: {{name: x, key: k, optional: true}}}}}}]}}]}}",
]


@pytest.mark.parametrize("spec", OPTIONAL)
def test_what_is_optional_needs_no_provider(spec: str) -> None:
    assert shown(check(sound(POD + spec), catalog())) == []
    assert len(shown(check(sound(POD + spec.replace("true", "false")), catalog()))) == 1


@pytest.mark.parametrize(
    "spec",
    [
        "{serviceAccountName: default}",
        "{volumes: [{name: v, configMap: {name: kube-root-ca.crt}}]}",
        "{serviceAccountName: ''}",
        "{volumes: null, imagePullSecrets: null}",
    ],
)
def test_what_every_namespace_has_needs_no_provider(spec: str) -> None:
    assert shown(check(sound(POD + spec), catalog())) == []


def test_a_secret_may_not_be_named_like_what_every_namespace_has() -> None:
    assert len(shown(check(sound(POD + "{volumes: [{name: v, secret: {secretName: default}}]}"), catalog()))) == 1


CAPABILITY = {"Secret/n/x": "secret:n/x", "ConfigMap/n/x": "configmap:n/x", "ServiceAccount/n/x": "serviceaccount:n/x"}


@pytest.mark.parametrize("target", CAPABILITY)
def test_a_component_may_say_that_its_chart_provides_it(target: str) -> None:
    text = pod_with(target)
    capability = CAPABILITY[target]

    def dangling(one: Catalog) -> bool:
        return bool(shown(check(sound(text), one)))

    assert not dangling(catalog({"c": ["metrics", capability]}, ["c"]))
    assert dangling(catalog({"c": [capability]}, [])), "it does not run here"
    assert dangling(catalog({"c": [capability]}, ["c"], environment="production")), "it runs elsewhere"
    assert dangling(catalog({"c": [capability.replace("n/", "m/"), capability + "y", "x", "crd:n/x"]}, ["c"]))


def test_what_breaks_its_schema_is_not_looked_at_but_provides() -> None:
    both = sound(POD + "{serviceAccountName: x}\n---\n" + exists("ServiceAccount/n/x"))
    broken_consumer = type(both)(both.bundle, frozenset({("0.yaml", 0)}))
    broken_provider = type(both)(both.bundle, frozenset({("0.yaml", 1)}))
    assert shown(check(broken_consumer, catalog())) == []
    assert shown(check(broken_provider, catalog())) == []


def test_all_references_of_all_objects_are_found() -> None:
    text = (
        POD
        + f"{{serviceAccountName: a, imagePullSecrets: [{{name: b}}, {{name: c}}], {C}envFrom: [{{secretRef: {{name: d}}}}]}}]}}"
    )
    problems = list(check(sound(text, text), catalog()))
    assert len(problems) == 8
    assert {(problem.file.path, problem.index) for problem in problems} == {("0.yaml", 0), ("1.yaml", 0)}
