"""The values that the stages hand on to each other. They never change after they are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

API_VERSION = "plinth/v1alpha1"

Scalar: TypeAlias = str | int | float | bool | None
Data: TypeAlias = Any
"""What YAML may hold here: a mapping with string keys, a sequence, or a scalar. The same as JSON."""

Path: TypeAlias = tuple[str | int, ...]
"""The way from the root of a document to one value: keys of mappings and indices of sequences."""


def display_path(path: Path) -> str:
    """Write a path as people do: ``spec.tasks[2].size``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The identity of a declaration: its kind and name, and whose and where it is if its kind says so."""

    kind: str
    name: str
    tenant: str = ""
    environment: str = ""

    def __str__(self) -> str:
        """Name it as a message would: ``Pipeline flights/train-ontime``."""
        name = f"{self.tenant}/{self.name}" if self.tenant else self.name
        return f"{self.kind} {name} in {self.environment}" if self.environment else f"{self.kind} {name}"


@dataclass(frozen=True, slots=True)
class Document:
    """One file that was read: ``file`` is its path from the repository's root, with forward slashes."""

    file: str
    text: str
    data: Data


@dataclass(frozen=True, slots=True)
class Declaration:
    """A document that holds a declaration of a known kind and satisfies the kind's schema."""

    ref: Ref
    document: Document

    @property
    def spec(self) -> dict[str, Data]:
        """The ``spec`` as it is written: without defaults and overlays."""
        spec: dict[str, Data] = self.document.data["spec"]
        return spec

    @property
    def labels(self) -> dict[str, str]:
        """The labels that the declaration puts on what is rendered from it."""
        labels: dict[str, str] = self.document.data["metadata"].get("labels", {})
        return labels


@dataclass(frozen=True, slots=True, order=True)
class ResourceKey:
    """What a cluster tells objects apart by. ``group`` is empty for the core group, ``namespace`` for cluster scope."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Name it as a message would: ``NetworkPolicy flights/default-deny``."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object."""

    data: dict[str, Data]

    @property
    def api_version(self) -> str:
        """The object's ``apiVersion``."""
        return str(self.data.get("apiVersion", ""))

    @property
    def kind(self) -> str:
        """The object's ``kind``."""
        return str(self.data.get("kind", ""))

    @property
    def key(self) -> ResourceKey:
        """The object's identity in a cluster."""
        group, slash, _ = self.api_version.partition("/")
        metadata = self.data.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        return ResourceKey(
            group if slash else "",
            self.kind,
            str(metadata.get("namespace", "")),
            str(metadata.get("name", "")),
        )


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A rendered file of Kubernetes objects. ``path`` is relative to ``rendered/<environment>/``."""

    path: str
    source: Ref
    manifests: tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class TextFile:
    """A rendered file of any other kind, such as an Airflow DAG."""

    path: str
    source: Ref
    text: str


RenderedFile: TypeAlias = ManifestFile | TextFile


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything rendered for one environment."""

    environment: str
    files: tuple[RenderedFile, ...] = ()

    @property
    def manifest_files(self) -> list[ManifestFile]:
        """The files that hold Kubernetes objects."""
        return [file for file in self.files if isinstance(file, ManifestFile)]

    @property
    def manifest_count(self) -> int:
        """How many Kubernetes objects the bundle holds."""
        return sum(len(file.manifests) for file in self.manifest_files)
