"""Writing a tree: all of it or nothing, at whatever moment the writer is killed; and nothing but what changed."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plinth import output
from plinth.output import Difference, compare, findings, write

if TYPE_CHECKING:
    from collections.abc import Mapping

TOOLS = Path(output.__file__).resolve().parents[1]

A = {f"dev/{letter}/manifests.yaml": f"{letter} in A\n".encode() * 50 for letter in "abcdefgh"} | {
    "dev/same.yaml": b"same\n",
    "production/only-a.yaml": b"a\n",
}
B = {f"dev/{letter}/manifests.yaml": f"{letter} in B\n".encode() * 50 for letter in "abcdefghijkl"} | {
    "dev/same.yaml": b"same\n",
    "staging/only-b.yaml": b"b\n",
}


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    return tmp_path / "rendered"


def tree(folder: Path) -> dict[str, bytes]:
    """Read a folder without the code that wrote it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def make(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir() if path.name != folder.name)


def state(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns, path.stat().st_mode)
        for path in folder.rglob("*")
        if path.is_file()
    }


def no_exchange(first: Path, second: Path) -> bool:
    """Behave like a file system that cannot exchange two folders."""
    return False


@pytest.fixture(params=["exchange", "two renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "two renames":
        monkeypatch.setattr(output, "_exchange", no_exchange)
    return str(request.param)


# What comes of it


def test_a_first_writing(rendered: Path, way: str) -> None:
    assert write(rendered, A) == Difference((), tuple(sorted(A)), ())
    assert tree(rendered) == A
    assert left_over(rendered) == []


def test_a_second_writing(rendered: Path, way: str) -> None:
    write(rendered, A)
    assert write(rendered, B) == Difference(
        tuple(f"dev/{letter}/manifests.yaml" for letter in "abcdefgh"),
        (*(f"dev/{letter}/manifests.yaml" for letter in "ijkl"), "staging/only-b.yaml"),
        ("production/only-a.yaml",),
    )
    assert tree(rendered) == B
    assert not (rendered / "production").exists()
    assert left_over(rendered) == []


def test_the_exchange_works_here(rendered: Path) -> None:
    """Else the tests above would not test it."""
    write(rendered, A)
    other = rendered.with_name("other")
    make(other, B)
    if not output._exchange(other, rendered):
        pytest.skip("this file system cannot exchange two folders")
    assert (tree(rendered), tree(other)) == (B, A)


NAMES = st.sampled_from(["dev/a", "dev/b", "dev/c/d", "dev/c/e/f", "production/a", "production/c/d", "x"])
TREES = st.dictionaries(NAMES, st.sampled_from([b"", b"1", b"2"]))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=TREES, wanted=TREES, exchange=st.booleans())
def test_any_tree_over_any_tree(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, bytes], wanted: dict[str, bytes], exchange: bool
) -> None:
    rendered = tmp_path_factory.mktemp("any") / "rendered"
    make(rendered, before)
    expected = Difference(
        tuple(sorted(name for name in before.keys() & wanted.keys() if before[name] != wanted[name])),
        tuple(sorted(wanted.keys() - before.keys())),
        tuple(sorted(before.keys() - wanted.keys())),
    )
    assert compare(rendered, wanted) == expected
    assert tree(rendered) == before if before else not rendered.exists()
    with pytest.MonkeyPatch.context() as patch:
        if not exchange:
            patch.setattr(output, "_exchange", no_exchange)
        assert write(rendered, wanted) == expected
    assert (tree(rendered) if rendered.exists() else {}) == wanted
    assert left_over(rendered) == []
    assert not compare(rendered, wanted)


@pytest.mark.parametrize(
    ("before", "wanted"),
    [({"a": b"1"}, {"a/b": b"2"}), ({"a/b": b"1"}, {"a": b"2"})],
    ids=["a folder for a file", "a file for a folder"],
)
def test_a_file_and_a_folder_may_change_places(
    rendered: Path, before: dict[str, bytes], wanted: dict[str, bytes]
) -> None:
    make(rendered, before)
    write(rendered, wanted)
    assert tree(rendered) == wanted


def test_only_the_environments_that_are_named_are_touched(rendered: Path, way: str) -> None:
    make(rendered, A)
    before = state(rendered)
    wanted = {name: content for name, content in B.items() if name.startswith("dev/")}
    write(rendered, wanted, ("dev",))
    assert tree(rendered) == {**wanted, "production/only-a.yaml": b"a\n"}
    assert state(rendered)["production/only-a.yaml"] == before["production/only-a.yaml"]
    assert not compare(rendered, wanted, ("dev",))
    assert compare(rendered, wanted).extra == ("production/only-a.yaml",)
    assert compare(rendered, {}, ("gone",)) == Difference((), (), ())


# What did not change


def test_unchanged_files_keep_their_inode_and_time(rendered: Path, way: str) -> None:
    make(rendered, A)
    os.utime(rendered / "dev/same.yaml", ns=(1, 10**18))
    (rendered / "dev/same.yaml").chmod(0o640)
    before = state(rendered)["dev/same.yaml"]
    write(rendered, B)
    assert state(rendered)["dev/same.yaml"] == before


def test_a_changed_file_is_a_new_one(rendered: Path) -> None:
    """Whoever has the old file open, or linked elsewhere, keeps the old content."""
    make(rendered, A)
    elsewhere = rendered.with_name("elsewhere")
    os.link(rendered / "dev/a/manifests.yaml", elsewhere)
    write(rendered, B)
    assert elsewhere.read_bytes() == A["dev/a/manifests.yaml"]


def test_nothing_is_touched_where_nothing_changed(rendered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(rendered, A)
    folder = rendered.stat()
    before = state(rendered)
    for name in ("_build", "_put_in_place", "_exchange"):
        monkeypatch.setattr(output, name, None)
    assert not write(rendered, A)
    assert state(rendered) == before
    assert (rendered.stat().st_ino, rendered.stat().st_mtime_ns) == (folder.st_ino, folder.st_mtime_ns)
    assert left_over(rendered) == []


def test_without_hard_links_files_are_copied(rendered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(rendered, A)
    os.utime(rendered / "dev/same.yaml", ns=(1, 10**18))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    write(rendered, B)
    assert tree(rendered) == B
    assert (rendered / "dev/same.yaml").stat().st_mtime_ns == 10**18


# Killed


WRITER = """\
import sys, time
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from plinth import output
from test_output import A, B
if sys.argv[4] == "two renames":
    output._exchange = lambda first, second: False
print("ready", flush=True)
while True:
    for wanted in (A, B):
        output.write(Path(sys.argv[3]), wanted)
"""


@pytest.mark.parametrize("how", ["exchange", "two renames"])
def test_a_killed_writer_leaves_one_of_the_two_trees(rendered: Path, how: str) -> None:
    make(rendered, A)
    chosen = random.Random(11)  # noqa: S311 - the same pauses every time
    seen = set()
    recovered = 0
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(TOOLS), str(Path(__file__).parent), str(rendered), how],
            stdout=subprocess.PIPE,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(chosen.uniform(0, 0.05))
            writer.send_signal(signal.SIGKILL)
            assert writer.wait(timeout=20) == -signal.SIGKILL
        if how == "two renames" and not rendered.exists():
            recovered += 1
            output._recover(rendered)
        found = tree(rendered)
        assert found in (A, B)
        seen.add(found == A)
    # The next run clears away what the killed ones left, even if there is nothing to write.
    assert not write(rendered, tree(rendered))
    assert left_over(rendered) == []
    assert recovered < 12


@pytest.mark.parametrize("moment", ["before the first rename", "between the renames", "after the second"])
def test_an_interrupted_fallback_is_put_right_at_the_next_start(
    rendered: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Play each moment at which a run may end that cannot exchange folders."""
    old, new = rendered.with_name(".rendered.old"), rendered.with_name(".rendered.new")
    monkeypatch.setattr(output, "_exchange", no_exchange)
    make(rendered, A)
    make(new, B)
    if moment != "before the first rename":
        rendered.rename(old)
    if moment == "after the second":
        new.rename(rendered)
    output._recover(rendered)
    assert tree(rendered) == (B if moment == "after the second" else A)
    assert left_over(rendered) == []
    write(rendered, B)
    assert tree(rendered) == B


def test_what_a_killed_run_left_does_not_get_into_the_tree(rendered: Path) -> None:
    make(rendered, A)
    make(rendered.with_name(".rendered.new"), {"dev/half.yaml": b"half"})
    write(rendered, B)
    assert tree(rendered) == B
    assert left_over(rendered) == []


# Failing


@pytest.mark.parametrize("fails_after", [0, 1, 5])
def test_a_full_disk_leaves_the_old_tree(rendered: Path, monkeypatch: pytest.MonkeyPatch, fails_after: int) -> None:
    make(rendered, A)
    before = state(rendered)
    written = Path.write_bytes
    count = 0

    def fail(path: Path, content: bytes) -> int:
        nonlocal count
        count += 1
        if count > fails_after:
            written(path, content[:3])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return written(path, content)

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="space"):
        write(rendered, B)
    monkeypatch.undo()
    assert state(rendered) == before
    assert tree(rendered) == A
    assert left_over(rendered) == []


def test_a_failing_exchange_leaves_the_old_tree(rendered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(rendered, A)

    def fail(first: Path, second: Path) -> bool:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(second))

    monkeypatch.setattr(output, "_exchange", fail)
    with pytest.raises(PermissionError):
        write(rendered, B)
    assert tree(rendered) == A
    assert left_over(rendered) == []


def test_a_file_in_the_way_is_an_error(rendered: Path) -> None:
    rendered.write_bytes(b"I am a file")
    with pytest.raises(NotADirectoryError):
        write(rendered, A)
    assert rendered.read_bytes() == b"I am a file"
    assert left_over(rendered) == []


def test_a_link_in_the_way_is_an_error(rendered: Path) -> None:
    other = rendered.with_name("other")
    make(other, A)
    rendered.symlink_to(other)
    with pytest.raises(NotADirectoryError):
        write(rendered, B)
    assert rendered.is_symlink()
    assert tree(other) == A
    assert left_over(rendered) == ["other"]


# Things that do not belong there


def test_links_are_removed_and_not_followed(rendered: Path, tmp_path: Path) -> None:
    make(rendered, A)
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    make(outside, {"file.yaml": b"outside", "same.yaml": b"same\n"})
    (rendered / "dev/link.yaml").symlink_to(outside / "file.yaml")
    (rendered / "dev/linked").symlink_to(outside)
    (rendered / "dev/dangling").symlink_to("gone")
    (rendered / "dev/loop").symlink_to("loop")
    (rendered / "dev/same.yaml").unlink()
    (rendered / "dev/same.yaml").symlink_to(outside / "same.yaml")  # the right content in the wrong way
    difference = compare(rendered, A)
    assert difference == Difference(("dev/same.yaml",), (), ("dev/dangling", "dev/link.yaml", "dev/linked", "dev/loop"))
    assert write(rendered, A) == difference
    assert tree(rendered) == A
    assert not any(path.is_symlink() for path in rendered.rglob("*"))
    assert tree(outside) == {"file.yaml": b"outside", "same.yaml": b"same\n"}


@pytest.mark.parametrize("environments", [None, ("dev",)], ids=["all", "named"])
def test_a_linked_environment_is_replaced_and_not_followed(
    rendered: Path, tmp_path: Path, environments: tuple[str, ...] | None
) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    wanted = {"dev/a.yaml": b"1", "dev/b.yaml": b"2"}
    make(outside, {"a.yaml": b"1", "b.yaml": b"3", "c.yaml": b"4"})
    rendered.mkdir()
    (rendered / "dev").symlink_to(outside)
    difference = Difference((), ("dev/a.yaml", "dev/b.yaml"), ("dev",))
    assert compare(rendered, wanted, environments) == difference
    assert write(rendered, wanted, environments) == difference
    assert not (rendered / "dev").is_symlink()
    assert tree(rendered) == wanted
    assert tree(outside) == {"a.yaml": b"1", "b.yaml": b"3", "c.yaml": b"4"}


def test_links_in_other_environments_stay(rendered: Path, tmp_path: Path) -> None:
    make(rendered, A)
    (rendered / "production/link").symlink_to("only-a.yaml")
    write(rendered, {"dev/a": b"1"}, ("dev",))
    assert (rendered / "production/link").is_symlink()
    assert tree(rendered / "dev") == {"a": b"1"}


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(rendered: Path) -> None:
    make(rendered, {"dev/other.yaml": b"2"})
    os.mkfifo(rendered / "dev/a.yaml")
    wanted = {"dev/a.yaml": b"1"}
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from plinth.output import write; "
        "print(write(Path(sys.argv[2]), {'dev/a.yaml': b'1'}))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script, str(TOOLS), str(rendered)],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert shown.stdout.strip() == str(Difference(("dev/a.yaml",), (), ("dev/other.yaml",)))
    assert tree(rendered) == wanted


# Reporting


def test_a_difference_is_true_if_there_is_one() -> None:
    assert not Difference((), (), ())
    assert len(Difference((), (), ())) == 0
    for one in (Difference(("a",), (), ()), Difference((), ("a",), ()), Difference((), (), ("a",))):
        assert one
        assert len(one) == 1
    assert len(Difference(("a", "b"), ("c",), ("d",))) == 4


def test_comparing_with_nothing_there(rendered: Path) -> None:
    assert compare(rendered, A) == Difference((), tuple(sorted(A)), ())
    assert compare(rendered, {}) == Difference((), (), ())
    assert not rendered.exists()


def test_each_file_that_differs_is_a_finding() -> None:
    found = findings("rendered", Difference(("dev/a",), ("dev/b",), ("dev/c",)))
    assert [(one.rule, one.location.file, one.message) for one in found] == [
        ("rendered-stale", "rendered/dev/a", "the file differs from what the declarations render to"),
        ("rendered-stale", "rendered/dev/b", "the file is missing"),
        ("rendered-stale", "rendered/dev/c", "the file is not rendered from any declaration"),
    ]
    assert all("plinth render" in one.help for one in found)
    assert findings("rendered", Difference((), (), ())) == []


@pytest.mark.parametrize(("count", "shown"), [(20, 20), (21, 21), (1000, 21)])
def test_many_files_that_differ_are_summed_up(count: int, shown: int) -> None:
    found = findings("rendered", Difference(tuple(f"dev/{number}" for number in range(count)), (), ()))
    assert len(found) == shown
    if count > 20:
        assert found[-1].location.file == "rendered"
        assert str(count - 20) in found[-1].message
