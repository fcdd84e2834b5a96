"""ConfigMaps, Secrets and ServiceAccounts that objects refer to, and who provides them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from plinth.findings import Rule
from plinth.kubernetes import group_of
from plinth.model import display_path
from plinth.verify.pods import containers, pod_specs
from plinth.verify.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plinth.catalog import Catalog
    from plinth.model import Bundle, Data, Manifest, Path
    from plinth.verify.problem import Sound

REFERENCE_DANGLING = Rule(
    "manifest-reference-dangling",
    "Every ConfigMap, Secret and ServiceAccount that a manifest refers to has a provider.",
    "A pod whose Secret is missing waits for ever. A provider is a manifest of the same environment (also an ExternalSecret, "
    "a SealedSecret, a Certificate or a database that creates the Secret), or a component that says "
    "`provides: [secret:<namespace>/<name>]` because its chart creates the object.",
    "kind: Component\nspec: {manifests: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: one}, secrets: [{name: gone}]}]}\n",
    "kind: Component\nspec: {provides: ['secret:mlflow/there'], "
    "manifests: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: one}, secrets: [{name: there}]}]}\n",
)

RULES = (REFERENCE_DANGLING,)

Target: TypeAlias = tuple[str, str, str]
"""Kind, namespace and name of what is referred to."""

_CLASSES = {"secret": "Secret", "configmap": "ConfigMap", "serviceaccount": "ServiceAccount"}
# Kubernetes itself puts these into every namespace.
_EVERYWHERE = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})


def check(manifests: Sound, catalog: Catalog) -> Iterator[Problem]:
    """Find references that nothing in the environment provides."""
    if catalog.incomplete & {"Component", "Tenant"}:
        return  # what was left out may be the provider
    provided = set(_provided(manifests.bundle, catalog))
    for file, index, manifest in manifests:
        for path, target in _references(manifest):
            kind, namespace, name = target
            if target in provided or (kind, name) in _EVERYWHERE:
                continue
            class_ = next(word for word, its_kind in _CLASSES.items() if its_kind == kind)
            yield Problem(
                REFERENCE_DANGLING,
                file,
                index,
                path,
                f"{manifest.key} refers in {display_path(path)} to the {kind} {namespace}/{name}, which nothing provides",
                f"Declare it, or add `{class_}:{namespace}/{name}` to spec.provides of the component that creates it.",
            )


def _provided(bundle: Bundle, catalog: Catalog) -> Iterator[Target]:
    for file in bundle.manifest_files:
        for manifest in file.manifests:
            yield from (
                (kind, namespace, name) for kind, namespace, name in _provided_by(manifest) if isinstance(name, str)
            )
    for environment in catalog.of("Environment"):
        if environment.ref.name != bundle.environment:
            continue
        for component in catalog.of("Component"):
            if component.ref.name in environment.spec["components"]:
                yield from _declared(component.spec.get("provides", []))


def _declared(capabilities: list[str]) -> Iterator[Target]:
    for capability in capabilities:
        class_, colon, target = capability.partition(":")
        if colon and class_ in _CLASSES:
            namespace, _, name = target.partition("/")
            yield _CLASSES[class_], namespace, name


def _provided_by(manifest: Manifest) -> Iterator[Target]:
    key = manifest.key
    kind = (key.group, key.kind)
    if key.group == "" and key.kind in _CLASSES.values():
        yield key.kind, key.namespace, key.name
    elif kind == ("external-secrets.io", "ExternalSecret"):
        target = _get(manifest.data, "spec", "target", "name")
        yield "Secret", key.namespace, target or key.name
    elif kind == ("bitnami.com", "SealedSecret"):
        yield "Secret", key.namespace, key.name
    elif kind == ("cert-manager.io", "Certificate"):
        yield "Secret", key.namespace, str(_get(manifest.data, "spec", "secretName"))
    elif kind == ("postgresql.cnpg.io", "Cluster"):
        # https://cloudnative-pg.io/documentation/current/applications/#secrets
        for suffix in ("app", "ca", "server", "replication"):
            yield "Secret", key.namespace, f"{key.name}-{suffix}"
        if _get(manifest.data, "spec", "enableSuperuserAccess"):
            yield "Secret", key.namespace, f"{key.name}-superuser"


def _references(manifest: Manifest) -> Iterator[tuple[Path, Target]]:
    namespace = manifest.key.namespace
    for path, pod in pod_specs(manifest):
        for place, kind, name in _pod_references(pod, path):
            yield place, (kind, namespace, name)
    special = _SPECIAL.get((group_of(manifest.api_version), manifest.kind))
    if special is not None:
        yield from special(manifest)


def _pod_references(pod: dict[str, Data], path: Path) -> Iterator[tuple[Path, str, str]]:
    account = pod.get("serviceAccountName")
    if isinstance(account, str) and account:
        yield (*path, "serviceAccountName"), "ServiceAccount", account
    for index, item in enumerate(pod.get("imagePullSecrets") or []):
        yield from _source(item, (*path, "imagePullSecrets", index), "name", "Secret")
    for index, volume in _mappings(pod.get("volumes")):
        yield from _volume_references(volume, (*path, "volumes", index))
    for place, container in containers(pod, path):
        yield from _container_references(container, place)


def _volume_references(volume: dict[str, Data], path: Path) -> Iterator[tuple[Path, str, str]]:
    yield from _source(volume.get("secret"), (*path, "secret"), "secretName", "Secret")
    yield from _source(volume.get("configMap"), (*path, "configMap"), "name", "ConfigMap")
    for index, source in _mappings(_get(volume, "projected", "sources")):
        place = (*path, "projected", "sources", index)
        yield from _source(source.get("secret"), (*place, "secret"), "name", "Secret")
        yield from _source(source.get("configMap"), (*place, "configMap"), "name", "ConfigMap")


def _container_references(container: dict[str, Data], path: Path) -> Iterator[tuple[Path, str, str]]:
    for index, source in _mappings(container.get("envFrom")):
        place = (*path, "envFrom", index)
        yield from _source(source.get("secretRef"), (*place, "secretRef"), "name", "Secret")
        yield from _source(source.get("configMapRef"), (*place, "configMapRef"), "name", "ConfigMap")
    for index, variable in _mappings(container.get("env")):
        source = variable.get("valueFrom") or {}
        place = (*path, "env", index, "valueFrom")
        yield from _source(source.get("secretKeyRef"), (*place, "secretKeyRef"), "name", "Secret")
        yield from _source(source.get("configMapKeyRef"), (*place, "configMapKeyRef"), "name", "ConfigMap")


def _mappings(items: Data) -> Iterator[tuple[int, dict[str, Data]]]:
    """Yield the mappings of a list with their indices: the schemas let null pass in any list."""
    for index, item in enumerate(items or []):
        if isinstance(item, dict):
            yield index, item


def _source(source: Data, path: Path, field: str, kind: str) -> Iterator[tuple[Path, str, str]]:
    if isinstance(source, dict) and isinstance(source.get(field), str) and not source.get("optional"):
        yield (*path, field), kind, source[field]


def _service_account(manifest: Manifest) -> Iterator[tuple[Path, Target]]:
    for field in ("secrets", "imagePullSecrets"):
        for index, item in enumerate(manifest.data.get(field) or []):
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield (field, index, "name"), ("Secret", manifest.key.namespace, item["name"])


def _binding(manifest: Manifest) -> Iterator[tuple[Path, Target]]:
    for index, subject in enumerate(manifest.data.get("subjects") or []):
        if isinstance(subject, dict) and subject.get("kind") == "ServiceAccount":
            namespace = str(subject.get("namespace") or manifest.key.namespace)
            yield ("subjects", index, "name"), ("ServiceAccount", namespace, str(subject.get("name")))


def _gateway(manifest: Manifest) -> Iterator[tuple[Path, Target]]:
    for index, listener in enumerate(_get(manifest.data, "spec", "listeners") or []):
        for position, ref in enumerate(_get(listener, "tls", "certificateRefs") or []):
            if isinstance(ref, dict) and ref.get("kind", "Secret") == "Secret":
                namespace = str(ref.get("namespace") or manifest.key.namespace)
                path = ("spec", "listeners", index, "tls", "certificateRefs", position, "name")
                yield path, ("Secret", namespace, str(ref.get("name")))


def _at(*paths: tuple[str, ...]) -> Callable[[Manifest], Iterator[tuple[Path, Target]]]:
    """Refer to the Secrets that are named at paths of an object, in the object's namespace."""

    def references(manifest: Manifest) -> Iterator[tuple[Path, Target]]:
        for path in paths:
            name = _get(manifest.data, *path)
            if isinstance(name, str):
                yield path, ("Secret", manifest.key.namespace, name)

    return references


def _get(data: Data, *path: str) -> Data:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


_S3 = ("spec", "backup", "barmanObjectStore", "s3Credentials")
_SPECIAL: dict[tuple[str, str], Callable[[Manifest], Iterator[tuple[Path, Target]]]] = {
    ("", "ServiceAccount"): _service_account,
    ("gateway.envoyproxy.io", "SecurityPolicy"): _at(("spec", "oidc", "clientSecret", "name")),
    ("gateway.networking.k8s.io", "Gateway"): _gateway,
    ("k8s.keycloak.org", "Keycloak"): _at(
        ("spec", "db", "usernameSecret", "name"),
        ("spec", "db", "passwordSecret", "name"),
        ("spec", "bootstrapAdmin", "user", "secret"),
        ("spec", "http", "tlsSecret"),
    ),
    ("postgresql.cnpg.io", "Cluster"): _at(
        ("spec", "superuserSecret", "name"),
        ("spec", "bootstrap", "initdb", "secret", "name"),
        (*_S3, "accessKeyId", "name"),
        (*_S3, "secretAccessKey", "name"),
    ),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _binding,
    ("rbac.authorization.k8s.io", "RoleBinding"): _binding,
}
