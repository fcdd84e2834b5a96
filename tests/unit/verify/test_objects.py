"""What schemas do not say: each thing at its boundaries."""

from __future__ import annotations

import pytest

from plinth.verify.objects import check
from verify.objects import shown, sound

L63 = "a" * 63
NAME_253 = ".".join([L63, L63, L63, "a" * 61])
NAME = ("manifest-name-invalid", "metadata/name")


def problems(text: str) -> list[tuple[str, str]]:
    return shown(check(sound(text)))


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# Names


@pytest.mark.parametrize(
    ("api_version", "kind", "valid", "invalid"),
    [
        ("v1", "ConfigMap", ["a", "1", "a.b", "a-b.c", NAME_253, L63, L63 + "a.b"], ["A", "a_b", "-a", "a-", ".a", "a.",
         "a..b", "a b", NAME_253 + "a", "", "a/b", "é"]),
        ("apps/v1", "Deployment", ["a.b"], ["A"]),
        ("example.com/v1", "Widget", ["a.b"], ["A"]),
        ("v1", "Namespace", ["a", "a-1", L63], ["a.b", "A", L63 + "a", "-a", "a-", ""]),
        ("v1", "Service", ["a", L63], ["a.b", "1a", L63 + "a"]),
        ("example.com/v1", "Service", ["a.b", "1a"], ["A"]),
        ("rbac.authorization.k8s.io/v1", "Role", ["a", "A", "system:node", "a b", "a_b", "...", "é"], [".", "..", "a/b", "a%b", ""]),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", ["system:x:y"], ["a/b"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_names(api_version: str, kind: str, valid: list[str], invalid: list[str]) -> None:
    for name in valid:
        assert problems(f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {quoted(name)}}}\n") == [], name
    for name in invalid:
        assert problems(f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {quoted(name)}}}\n") == [NAME], (
            name
        )


@pytest.mark.parametrize(
    ("namespace", "is_valid"),
    [("a", True), (L63, True), (L63 + "a", False), ("A", False), ("a.b", False), ("a_b", False)],
)
def test_namespaces(namespace: str, is_valid: bool) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {namespace}}}\n"
    assert problems(text) == ([] if is_valid else [("manifest-name-invalid", "metadata/namespace")])


# Labels


LABELS = [
    ("a", "b", True), ("a", "", True), ("a", L63, True), ("a", L63 + "a", False), ("a", "a b", False), ("a", "-a",
     False), ("a", "a.", False), ("a", "é", False),
    (L63, "b", True), (L63 + "a", "b", False), ("example.com/a", "b", True), ("Example.com/a", "b", False), ("/a", "b",
     False), ("a/", "b", False), ("a/b/c", "b", False),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "is_valid"), LABELS)
def test_labels(key: str, value: str, is_valid: bool) -> None:
    labels = f"{{{quoted(key)}: {quoted(value)}}}"
    expected = [] if is_valid else [("manifest-label-invalid", f"metadata/labels/{key}")]
    assert problems(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, labels: {labels}}}\n") == expected
    path = f"spec/template/metadata/labels/{key}"
    assert problems(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
        f"spec: {{template: {{metadata: {{labels: {labels}}}, spec: {{containers: []}}}}}}\n"
    ) == ([] if is_valid else [("manifest-label-invalid", path)])


def test_a_label_that_is_no_text() -> None:
    assert problems("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {a: 1, b: true, c: null}}\n") == [
        ("manifest-label-invalid", f"metadata/labels/{key}") for key in "abc"
    ]


def test_annotations_have_only_keys_to_be_checked() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {a: 'any text: {}', 'b c': d, example.com/e: ''}}\n"
    assert problems(text) == [("manifest-label-invalid", "metadata/annotations/b c")]


# Quantities


QUANTITIES = [
    ("1", True),
    ("0", True),
    ("500m", True),
    ("64Gi", True),
    (".5", True),
    ("1e3", True),
    ("64GB", False),
    ("64 Gi", False),
    ("", False),
    ("-1", False),
    ("lots", False),
    ("1K", False),
]


@pytest.mark.parametrize(("value", "is_valid"), QUANTITIES)
@pytest.mark.parametrize(
    ("head", "body", "path"),
    [
        ("apiVersion: v1\nkind: ResourceQuota", "spec: {hard: {limits.memory: VALUE}}", "spec/hard/limits.memory"),
        ("apiVersion: v1\nkind: LimitRange", "spec: {limits: [{type: A}, {type: Container, default: {cpu: VALUE}}]}",
         "spec/limits/1/default/cpu"),
        ("apiVersion: v1\nkind: LimitRange", "spec: {limits: [{max: {cpu: VALUE}}]}", "spec/limits/0/max/cpu"),
        ("apiVersion: v1\nkind: LimitRange", "spec: {limits: [{min: {cpu: VALUE}}]}", "spec/limits/0/min/cpu"),
        ("apiVersion: v1\nkind: LimitRange", "spec: {limits: [{defaultRequest: {cpu: VALUE}}]}", "spec/limits/0/defaultRequest/cpu"),
        ("apiVersion: v1\nkind: PersistentVolumeClaim", "spec: {resources: {requests: {storage: VALUE}}}",
         "spec/resources/requests/storage"),
        ("apiVersion: v1\nkind: PersistentVolume", "spec: {capacity: {storage: VALUE}}", "spec/capacity/storage"),
        ("apiVersion: v1\nkind: Pod", "spec: {containers: [{resources: {requests: {cpu: VALUE}}}]}",
         "spec/containers/0/resources/requests/cpu"),
        ("apiVersion: v1\nkind: Pod", "spec: {initContainers: [{resources: {limits: {nvidia.com/gpu: VALUE}}}]}",
         "spec/initContainers/0/resources/limits/nvidia.com/gpu"),
        ("apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService",
         "spec: {predictor: {model: {resources: {limits: {cpu: VALUE}}}}}", "spec/predictor/model/resources/limits/cpu"),
    ],
    ids=str,
)  # fmt: skip
def test_quantities(head: str, body: str, path: str, value: str, is_valid: bool) -> None:
    text = f"{head}\nmetadata: {{name: a}}\n{body.replace('VALUE', quoted(value))}\n"
    assert problems(text) == ([] if is_valid else [("manifest-quantity-malformed", path)])


def test_quantities_may_be_numbers() -> None:
    assert (
        problems("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\nspec: {hard: {pods: 10, cpu: 0.5}}\n") == []
    )


def test_other_groups_quantities_are_their_own() -> None:
    assert (
        problems("apiVersion: example.com/v1\nkind: ResourceQuota\nmetadata: {name: a}\nspec: {hard: {pods: lots}}\n")
        == []
    )


# Ports


@pytest.mark.parametrize(
    ("name", "in_container", "in_service"),
    [
        ("http", True, True), ("a", True, True), ("8080-tcp", True, False), ("a" * 15, True, True), ("a" * 16, False,
         True), (L63, False, True),
        (L63 + "a", False, False), ("HTTP", False, False), ("http_x", False, False), ("-a", False, False), ("a-", False,
         False), ("a--b", False, True),
        ("8080", False, False), ("", False, False), ("a.b", False, False), ("1-1", False, False),
    ],
)  # fmt: skip
def test_port_names(name: str, in_container: bool, in_service: bool) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
        f"spec: {{containers: [{{ports: [{{containerPort: 1, name: {quoted(name)}}}]}}]}}\n"
    )
    assert problems(pod) == ([] if in_container else [("manifest-port-invalid", "spec/containers/0/ports/0/name")])
    service = (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{ports: [{{port: 1, name: {quoted(name)}}}]}}\n"
    )
    assert problems(service) == ([] if in_service else [("manifest-port-invalid", "spec/ports/0/name")])


def test_ports_of_a_service_need_distinct_names() -> None:
    def service(ports: str) -> list[tuple[str, str]]:
        return problems(f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{ports: {ports}}}\n")

    assert service("[{port: 1}]") == []
    assert service("[{port: 1, name: a}, {port: 2, name: b}]") == []
    assert service("[{port: 1, name: a}, {port: 2, name: a}]") == [("manifest-port-invalid", "spec/ports/1/name")]
    assert service("[{port: 1, name: a}, {port: 2}]") == [("manifest-port-invalid", "spec/ports/1")]
    assert service("[]") == []
    assert service("null") == []


def test_ports_of_two_containers_may_share_a_name_with_themselves_only() -> None:
    def pod(first: str, second: str) -> list[tuple[str, str]]:
        return problems(
            f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{ports: {first}}}, {{ports: {second}}}]}}\n"
        )

    assert pod("[{name: a}, {name: b}]", "[{name: c}]") == []
    assert pod("[{name: a}, {name: a}]", "[]") == [("manifest-port-invalid", "spec/containers/0/ports/1/name")]


# In general


def test_what_breaks_its_schema_is_left_out() -> None:
    one = sound("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A}\n")
    assert shown(check(one)) == [NAME]
    assert shown(check(type(one)(one.bundle, frozenset({("0.yaml", 0)})))) == []


@pytest.mark.parametrize(
    "text",
    ["{}", "{kind: ConfigMap}", "{metadata: null}", "{metadata: []}",
     "{metadata: {name: a, labels: [], annotations: x}}",
     "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [null, 1]}}",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [null]}}",
      "{apiVersion: v1, kind: ResourceQuota, metadata: {name: a}, spec: null}"],
)  # fmt: skip
def test_odd_objects_raise_nothing(text: str) -> None:
    """Those without a schema of their own come here with whatever they hold."""
    assert [rule for rule, _ in problems(text)] in ([], ["manifest-name-invalid"])


def test_messages_name_the_object_and_the_value() -> None:
    problem = next(check(sound("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad, namespace: n}\n")))
    assert problem.message.startswith("ConfigMap n/Bad: `Bad` is not a valid name")
