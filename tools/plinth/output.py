"""Writing ``rendered/``, and comparing it with what would be written.

The new tree is built beside the old one, with hard links for what did not change, and the two are exchanged in one
step of the kernel. A kill at any moment leaves the old tree or the new one.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plinth.findings import Finding, Location, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

RENDERED_STALE = Rule(
    "rendered-stale",
    "rendered/ holds exactly what the declarations render to.",
    "Argo CD syncs rendered/, and reviewers read it. What is not rendered from the declarations was changed by hand or "
    "forgotten; `plinth render` makes it right.",
    "",
    "",
)

RULES = (RENDERED_STALE,)

MAX_SHOWN = 20
"""After a change of a template every file differs; a report of thousands of equal lines helps nobody."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """How a tree on disk differs from the one that should be there; paths relative to it, sorted."""

    changed: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether there is any difference."""
        return bool(self.changed or self.missing or self.extra)

    def __len__(self) -> int:
        """Count the files that differ."""
        return len(self.changed) + len(self.missing) + len(self.extra)


def compare(folder: Path, wanted: Mapping[str, bytes], environments: tuple[str, ...] | None = None) -> Difference:
    """Compare a folder with the files that it should hold; with environments named, only their folders in it."""
    present = set(_files(folder, environments))
    missing = sorted(set(wanted) - present)
    extra = sorted(present - set(wanted))
    changed = sorted(path for path in present & set(wanted) if not _holds(folder / path, wanted[path]))
    return Difference(tuple(changed), tuple(missing), tuple(extra))


def _holds(path: Path, content: bytes) -> bool:
    return stat.S_ISREG(path.lstat().st_mode) and path.read_bytes() == content


def findings(folder: str, difference: Difference) -> list[Finding]:
    """Report the files that differ, the first ones each by itself."""
    help_text = "Run `plinth render` and commit the result."
    words = (
        (difference.changed, "differs from what the declarations render to"),
        (difference.missing, "is missing"),
        (difference.extra, "is not rendered from any declaration"),
    )
    found = [(path, f"the file {message}") for paths, message in words for path in paths]
    shown = [RENDERED_STALE.at(Location(f"{folder}/{path}"), message, help_text) for path, message in found[:MAX_SHOWN]]
    if len(found) > MAX_SHOWN:
        others = f"{len(found) - MAX_SHOWN} more files differ from what the declarations render to"
        shown.append(RENDERED_STALE.at(Location(folder), others, help_text))
    return shown


def write(folder: Path, wanted: Mapping[str, bytes], environments: tuple[str, ...] | None = None) -> Difference:
    """Make a folder hold exactly the wanted files; with environments named, touch only their folders in it.

    Returns what was different. Unchanged files keep their modification time. Raises ``OSError`` if writing fails; then
    the folder is as it was.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    _recover(folder)
    difference = compare(folder, wanted, environments)
    if not difference:
        return difference
    kept = set(_files(folder, None)) - set(difference.changed) - set(difference.extra)
    new = _beside(folder, "new")
    try:
        _build(new, folder, kept, {path: wanted[path] for path in (*difference.changed, *difference.missing)})
        _put_in_place(new, folder)
    finally:
        _remove(new)
    return difference


def _files(folder: Path, environments: tuple[str, ...] | None) -> list[str]:
    """List all files below a folder, links not followed, as paths relative to it."""
    tops = [folder] if environments is None else [folder / environment for environment in environments]
    found: list[str] = []
    for top in tops:
        if top != folder and top.is_symlink():
            found.append(top.relative_to(folder).as_posix())
            continue
        for parent, folders, names in os.walk(top):
            linked = [name for name in folders if Path(parent, name).is_symlink()]
            found.extend(Path(parent, name).relative_to(folder).as_posix() for name in (*names, *linked))
    return found


def _build(new: Path, old: Path, kept: set[str], written: Mapping[str, bytes]) -> None:
    for path in kept:
        target = new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(old / path, target, follow_symlinks=False)
        except OSError:
            shutil.copy2(old / path, target, follow_symlinks=False)
    for path, content in written.items():
        target = new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    new.mkdir(parents=True, exist_ok=True)


def _put_in_place(new: Path, folder: Path) -> None:
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        old = _beside(folder, "old")
        folder.rename(old)
        new.rename(folder)
        _remove(old)


def _exchange(first: Path, second: Path) -> bool:
    """Exchange two folders in one step. Returns whether the system can: Linux and macOS do, on most file systems."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            code = library.renamex_np(bytes(first), bytes(second), _RENAME_SWAP)
        else:
            code = library.renameat2(_AT_FDCWD, bytes(first), _AT_FDCWD, bytes(second), _RENAME_EXCHANGE)
    except (AttributeError, OSError, TypeError):
        return False
    if code == 0:
        return True
    number = ctypes.get_errno()
    if number in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}:
        return False
    raise OSError(number, os.strerror(number), str(second))


def _recover(folder: Path) -> None:
    """Put back a folder that an interrupted run had moved aside, and remove what else such a run left behind."""
    old = _beside(folder, "old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    _remove(old)
    _remove(_beside(folder, "new"))


def _beside(folder: Path, word: str) -> Path:
    return folder.with_name(f".{folder.name}.{word}")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
