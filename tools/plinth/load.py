"""The first stage: find the declarations by their place, and read them."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from plinth import kinds
from plinth.findings import Finding, Location, Related, Rule, Severity
from plinth.model import Document, Ref
from plinth.places import location
from plinth.yamlio import faults, guard
from plinth.yamlio import load as reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plinth.yamlio.faults import Fault

FOLDERS = ("platform", "tenants", "pipelines", "models")
"""The folders that hold declarations, and what belongs to them."""

SOURCES = "platform/manifests/"
"""Where components' plain manifests and Kustomize directories lie: YAML that is no declaration."""

_OTHER = (SOURCES, "platform/policies/")
_YAML = (".yaml", ".yml", ".json")
# What opening a socket answers, on Linux and on macOS.
_NO_FILE = frozenset({errno.ENXIO, errno.EOPNOTSUPP})

FILE_UNREADABLE = Rule(
    "file-unreadable",
    "Every file in the folders of declarations can be read.",
    "A file that cannot be read is not checked; Argo CD, with other rights, might read it all the same.",
    "",
    "",
)
FILE_NOT_REGULAR = Rule(
    "file-not-regular",
    "Declarations are regular files.",
    "Pipes, sockets and devices do not belong into a repository, and reading one may never end.",
    "",
    "",
)
FILE_OUTSIDE = Rule(
    "file-outside-repository",
    "Symbolic links stay within the repository.",
    "What a link to the outside shows depends on the machine that looks: the reviewer sees another file than the cluster.",
    "",
    "",
)
FILE_MISPLACED = Rule(
    "file-misplaced",
    "Every YAML file in the folders of declarations is in the place of a declaration.",
    "A file in a wrong place is not checked and not rendered; its author believes that it is.",
    "",
    "",
)

RULES = (FILE_UNREADABLE, FILE_NOT_REGULAR, FILE_OUTSIDE, FILE_MISPLACED)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was found: documents by the identity that their place promises, and the places that hold anything at all."""

    documents: dict[Ref, Document] = field(default_factory=dict)
    places: dict[Ref, str] = field(default_factory=dict)
    """Every place that a file occupies, readable or not: what refers to a broken declaration stays silent."""
    source_places: set[str] = field(default_factory=set)
    """Every YAML file below ``platform/manifests/``, readable or not."""
    sources: dict[str, Document] = field(default_factory=dict)
    """The YAML files below ``platform/manifests/``; the data of each is the list of its documents."""
    findings: list[Finding] = field(default_factory=list)


def load(root: Path) -> Loaded:
    """Read all declarations below a repository's root. Raises nothing: what cannot be read is a finding."""
    loaded = Loaded()
    real_root = root.resolve()
    for file in _files(root, loaded.findings):
        ref = _place(file)
        if ref is None and file.startswith(_OTHER):
            if file.startswith(SOURCES):
                _load_source(real_root, file, loaded)
        elif ref is None:
            loaded.findings.append(_misplaced(file))
        else:
            loaded.places[ref] = file
            text = _read_text(real_root, file, loaded.findings)
            if text is not None:
                _load_document(ref, file, text, loaded)
    return loaded


def _load_document(ref: Ref, file: str, text: str, loaded: Loaded) -> None:
    data, faults = reader.read(text)
    if faults:
        loaded.findings.extend(_finding(file, text, fault) for fault in faults)
    else:
        loaded.documents[ref] = Document(file, text, data)


def _load_source(root: Path, file: str, loaded: Loaded) -> None:
    loaded.source_places.add(file)
    text = _read_text(root, file, loaded.findings)
    if text is None:
        return
    documents, faults = reader.read_all(text)
    loaded.findings.extend(_finding(file, text, fault) for fault in faults)
    if not faults:
        loaded.sources[file] = Document(file, text, documents)


def _files(root: Path, findings: list[Finding]) -> Iterator[str]:
    """Yield the YAML files of the folders, sorted; report folders that cannot be listed or lead outside."""
    pending = [folder for folder in reversed(FOLDERS) if os.path.lexists(root / folder)]
    while pending:
        folder = pending.pop()
        if (root / folder).is_symlink():
            findings.append(_linked_folder(folder))
            continue
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            findings.append(FILE_UNREADABLE.at(Location(folder), f"the folder cannot be listed: {error.strerror}"))
            continue
        for entry in entries:
            name = f"{folder}/{entry.name}"
            # Not entry.is_dir(): that raises for a link to itself.
            if entry.is_symlink() and os.path.isdir(entry.path):  # noqa: PTH112
                findings.append(_linked_folder(name))
            elif entry.name.lower().endswith(_YAML):
                yield name
            elif entry.is_dir(follow_symlinks=False):
                pending.append(name)


def _linked_folder(name: str) -> Finding:
    return FILE_OUTSIDE.at(
        Location(name),
        "the folder is a symbolic link",
        help="Put the files themselves here: one place for one declaration.",
    )


def _read_text(root: Path, file: str, findings: list[Finding]) -> str | None:
    try:
        raw = _read_bytes(root, file)
    except _FileError as error:
        findings.append(error.finding)
        return None
    text, faults = guard.decode(raw)
    findings.extend(_finding(file, text, fault) for fault in faults)
    return None if faults else text


class _FileError(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _read_bytes(root: Path, file: str) -> bytes:
    path = root / file
    try:
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            message = "the symbolic link leads out of the repository"
            raise _FileError(FILE_OUTSIDE.at(Location(file), message, help="Put the file itself here."))
        # Not to wait for somebody to write into a pipe; and the check is on what was opened, not on what was there before.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, RuntimeError) as error:
        if getattr(error, "errno", None) in _NO_FILE:
            raise _FileError(_not_regular(file)) from error
        reason = getattr(error, "strerror", None) or str(error)
        raise _FileError(FILE_UNREADABLE.at(Location(file), f"the file cannot be read: {reason}")) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _FileError(_not_regular(file))
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(guard.MAX_BYTES + 1)


def _not_regular(file: str) -> Finding:
    return FILE_NOT_REGULAR.at(Location(file), "this is not a regular file")


def _place(file: str) -> Ref | None:
    return next((ref for kind in kinds.all_kinds().values() if (ref := kind.match(file)) is not None), None)


def _misplaced(file: str) -> Finding:
    renamed = f"{file.rpartition('.')[0]}.yaml"
    if _place(renamed) is not None:
        return _at_no_place(file, f"Rename it to {renamed}.")
    places = [kind.place for kind in kinds.all_kinds().values()]
    folder = file.split("/", 1)[0]
    here = [place for place in places if place.startswith(f"{folder}/")]
    close = get_close_matches(file, here, n=1, cutoff=0.5)
    wanted = close or here
    return _at_no_place(file, f"Declarations here lie at {', '.join(wanted)}.")


def _at_no_place(file: str, help_text: str) -> Finding:
    return FILE_MISPLACED.at(
        Location(file), "no declaration has its place here, so this file is not read", help=help_text
    )


def _finding(file: str, text: str, fault: Fault) -> Finding:
    place = location(file, text, fault.line, fault.column, fault.length)
    related: tuple[Related, ...] = ()
    if fault.first is not None:
        related = (
            Related(
                location(file, text, *fault.first), "it begins here" if fault.rule is faults.SYNTAX else "the first one"
            ),
        )
    return Finding(fault.rule.name, Severity.ERROR, place, fault.message, fault.help, related)
