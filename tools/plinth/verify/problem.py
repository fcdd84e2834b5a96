"""What is wrong with one manifest, before anybody knows which line of which declaration it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.findings import Rule
    from plinth.model import Bundle, Manifest, ManifestFile, Path


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule at a path of the manifest with this index in a rendered file."""

    rule: Rule
    file: ManifestFile
    index: int
    path: Path
    message: str
    help: str = ""
    on_key: bool = False
    """Whether the key at the path is wrong, and not its value."""

    @property
    def manifest(self) -> Manifest:
        """The manifest that is wrong."""
        return self.file.manifests[self.index]


@dataclass(frozen=True, slots=True)
class Sound:
    """A bundle's manifests but for those that break their schema: of them nothing further can be said."""

    bundle: Bundle
    broken: frozenset[tuple[str, int]]

    def __iter__(self) -> Iterator[tuple[ManifestFile, int, Manifest]]:
        """Yield each sound manifest with its file and its index there."""
        for file in self.bundle.manifest_files:
            for index, manifest in enumerate(file.manifests):
                if (file.path, index) not in self.broken:
                    yield file, index, manifest
