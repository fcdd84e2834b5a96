"""Finding the files: whatever lies there, each thing wrong is one finding, and nothing hangs or raises."""

from __future__ import annotations

import multiprocessing
import os
import socket
from typing import TYPE_CHECKING

import pytest

from plinth import load as module
from plinth.load import load
from plinth.model import Ref

if TYPE_CHECKING:
    from pathlib import Path

    from plinth.load import Loaded

TENANT = "apiVersion: plinth/v1alpha1\nkind: Tenant\nmetadata: {name: flights}\nspec: {}\n"
PLACE = "tenants/flights/tenant.yaml"


def put(root: Path, file: str, text: str = TENANT) -> Path:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def room(root: Path) -> Path:
    """Make the folder of the tenant, and return the path of its file."""
    path = root / PLACE
    path.parent.mkdir(parents=True)
    return path


def found(loaded: Loaded) -> list[tuple[str, str]]:
    return [(finding.rule, finding.location.file) for finding in loaded.findings]


def assert_refused(root: Path, rule: str) -> None:
    """The one thing that is wrong is found, its place counts as taken, and everything else is read."""
    put(root, "tenants/fraud/tenant.yaml")
    loaded = load(root)
    assert found(loaded) == [(rule, PLACE)]
    assert loaded.places == {Ref("Tenant", "flights"): PLACE, Ref("Tenant", "fraud"): "tenants/fraud/tenant.yaml"}
    assert set(loaded.documents) == {Ref("Tenant", "fraud")}


def test_an_empty_repository(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    assert (loaded.documents, loaded.places, loaded.sources, loaded.findings) == ({}, {}, {}, [])


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    assert load(tmp_path / "gone").findings == []


def test_every_kind_is_found_in_its_place(tmp_path: Path) -> None:
    places = {
        "platform/platform.yaml": Ref("Platform", "platform"),
        "platform/environments/dev.yaml": Ref("Environment", "dev"),
        "platform/components/mlflow.yaml": Ref("Component", "mlflow"),
        "tenants/flights/tenant.yaml": Ref("Tenant", "flights"),
        "pipelines/flights/prepare.yaml": Ref("Pipeline", "prepare", "flights"),
        "pipelines/flights/datasets/raw.yaml": Ref("Dataset", "raw", "flights"),
        "models/flights/ontime/model.yaml": Ref("Model", "ontime", "flights"),
        "models/flights/ontime/dev.yaml": Ref("Release", "ontime", "flights", "dev"),
    }
    for file in places:
        put(tmp_path, file, f"file: {file}\n")
    loaded = load(tmp_path)
    assert loaded.findings == []
    assert {document.file: ref for ref, document in loaded.documents.items()} == places
    assert {ref: document.data for ref, document in loaded.documents.items()} == {
        ref: {"file": file} for file, ref in places.items()
    }


def test_plain_manifests_are_sources_and_not_declarations(tmp_path: Path) -> None:
    put(tmp_path, "platform/manifests/grafana/all.yaml", "a: 1\n---\nb: 2\n")
    put(tmp_path, "platform/manifests/grafana/broken.yaml", "a: 1\na: 2\n")
    put(tmp_path, "platform/policies/one.yaml", "[not read")
    loaded = load(tmp_path)
    assert {file: document.data for file, document in loaded.sources.items()} == {
        "platform/manifests/grafana/all.yaml": [{"a": 1}, {"b": 2}]
    }
    assert found(loaded) == [("yaml-duplicate-key", "platform/manifests/grafana/broken.yaml")]
    assert loaded.places == {}


def test_faults_have_their_line_and_the_place_is_taken(tmp_path: Path) -> None:
    put(tmp_path, PLACE, "kind: Tenant\nkind: Tenant\n")
    loaded = load(tmp_path)
    assert [str(finding.location) for finding in loaded.findings] == [f"{PLACE}:2:1"]
    assert loaded.findings[0].location.source == "kind: Tenant"
    assert [str(related.location) for related in loaded.findings[0].related] == [f"{PLACE}:1:1"]
    assert loaded.documents == {}
    assert loaded.places == {Ref("Tenant", "flights"): PLACE}


# Things that are no files


def _load_in_child(root: Path, results: multiprocessing.Queue[list[tuple[str, str]]]) -> None:
    results.put(found(load(root)))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(room(tmp_path))
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[list[tuple[str, str]]] = context.Queue()
    child = context.Process(target=_load_in_child, args=(tmp_path, results))
    child.start()
    try:
        assert results.get(timeout=20) == [("file-not-regular", PLACE)]
    finally:
        child.kill()
        child.join()
    assert_refused(tmp_path, "file-not-regular")


def test_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = room(tmp_path)
    monkeypatch.chdir(path.parent)  # a socket's path may have only some 100 characters
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)
        assert_refused(tmp_path, "file-not-regular")


def test_a_device(tmp_path: Path) -> None:
    try:
        os.mknod(room(tmp_path), 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero never ends
    except OSError as error:
        pytest.skip(f"making a device needs rights that are missing here: {error}")
    try:
        assert_refused(tmp_path, "file-not-regular")
    except AssertionError:
        loaded = load(tmp_path)
        if "Permission" not in loaded.findings[0].message and "permitted" not in loaded.findings[0].message:
            raise
        pytest.skip("devices cannot be opened here")


def test_a_folder_with_the_name_of_a_file(tmp_path: Path) -> None:
    room(tmp_path).mkdir()
    assert_refused(tmp_path, "file-not-regular")


def test_a_file_with_the_name_of_a_folder(tmp_path: Path) -> None:
    put(tmp_path, "tenants")
    assert found(load(tmp_path)) == [("file-unreadable", "tenants")]


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, PLACE)
    path.chmod(0)
    if os.geteuid() == 0:  # root reads everything, so the system's answer is played
        opened = os.open

        def refuse(file: str | Path, flags: int) -> int:
            if str(file) == str(path):
                raise PermissionError(13, "Permission denied", str(file))
            return opened(file, flags)

        monkeypatch.setattr(os, "open", refuse)
    assert_refused(tmp_path, "file-unreadable")


def test_a_folder_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, PLACE)
    put(tmp_path, "models/a/b/model.yaml", "a: 1\n")
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if folder.name == "flights":
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    loaded = load(tmp_path)
    assert found(loaded) == [("file-unreadable", "tenants/flights")]
    assert set(loaded.documents) == {Ref("Model", "b", "a")}


def test_a_file_that_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, PLACE)
    place = module._place

    def vanish(file: str) -> Ref | None:
        path.unlink(missing_ok=True)
        return place(file)

    monkeypatch.setattr(module, "_place", vanish)
    assert_refused(tmp_path, "file-unreadable")


def test_a_folder_that_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "tenants/flights/tenant.yaml")
    scandir = os.scandir

    def vanish(folder: Path) -> object:
        if folder.name == "flights":
            (folder / "tenant.yaml").unlink()
            folder.rmdir()
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", vanish)
    assert found(load(tmp_path)) == [("file-unreadable", "tenants/flights")]


# Links


def test_a_link_within_the_repository_is_read(tmp_path: Path) -> None:
    real = put(tmp_path, "shared/tenant.yaml")
    room(tmp_path).symlink_to(os.path.relpath(real, (tmp_path / PLACE).parent))
    loaded = load(tmp_path)
    assert loaded.findings == []
    assert loaded.documents[Ref("Tenant", "flights")].text == TENANT


def test_a_link_within_a_repository_that_is_reached_by_a_link(tmp_path: Path) -> None:
    real = put(tmp_path / "real", "shared/tenant.yaml")
    room(tmp_path / "real").symlink_to(real)
    (tmp_path / "link").symlink_to("real")
    loaded = load(tmp_path / "link")
    assert loaded.findings == []
    assert set(loaded.documents) == {Ref("Tenant", "flights")}


@pytest.mark.parametrize(
    "target", ["{outside}", "/dev/zero", "/proc/self/environ", "../../../outside.yaml", "../../../repository2/a.yaml"]
)
def test_a_link_that_leaves_the_repository_is_not_followed(tmp_path: Path, target: str) -> None:
    root = tmp_path / "repository"
    outside = put(tmp_path, "outside.yaml", "kind: Secret\n")
    put(tmp_path, "repository2/a.yaml")
    room(root).symlink_to(target.format(outside=outside))
    assert_refused(root, "file-outside-repository")


def test_a_link_to_a_link_that_leaves_the_repository(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    outside = put(tmp_path, "outside.yaml")
    (root / "shared").mkdir(parents=True)
    (root / "shared" / "one.yaml").symlink_to(outside)
    room(root).symlink_to("../../shared/one.yaml")
    assert_refused(root, "file-outside-repository")


def test_a_link_to_itself(tmp_path: Path) -> None:
    room(tmp_path).symlink_to("tenant.yaml")
    assert_refused(tmp_path, "file-unreadable")


def test_links_in_a_circle(tmp_path: Path) -> None:
    room(tmp_path).symlink_to("other")
    (tmp_path / "tenants/flights/other").symlink_to("tenant.yaml")
    assert_refused(tmp_path, "file-unreadable")


def test_a_link_to_nothing(tmp_path: Path) -> None:
    room(tmp_path).symlink_to("gone.yaml")
    assert_refused(tmp_path, "file-unreadable")


@pytest.mark.parametrize("target", [".", "..", "/etc", "../tenants/fraud"])
def test_a_linked_folder_is_not_entered(tmp_path: Path, target: str) -> None:
    put(tmp_path, "tenants/fraud/tenant.yaml")
    (tmp_path / "tenants/flights").symlink_to(target)
    loaded = load(tmp_path)
    assert found(loaded) == [("file-outside-repository", "tenants/flights")]
    assert loaded.findings[0].help
    assert set(loaded.documents) == {Ref("Tenant", "fraud")}


def test_a_linked_folder_of_declarations_is_not_entered(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    put(tmp_path, "elsewhere/flights/tenant.yaml")
    root.mkdir()
    (root / "tenants").symlink_to(tmp_path / "elsewhere")
    loaded = load(root)
    assert found(loaded) == [("file-outside-repository", "tenants")]
    assert loaded.places == {}


def test_a_folder_of_declarations_that_is_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "tenants").symlink_to("gone")
    assert [file for _, file in found(load(tmp_path))] == ["tenants"]


# Places


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("tenants/flights/tenant.yml", "Rename it to tenants/flights/tenant.yaml."),
        ("tenants/flights/Tenant.yaml", "tenants/{name}/tenant.yaml"),
        ("tenants/flights/TENANT.YAML", "tenants/{name}/tenant.yaml"),
        ("tenants/flights/tenant.json", "Rename it to tenants/flights/tenant.yaml."),
        ("tenants/tenant.yaml", "tenants/{name}/tenant.yaml"),
        ("tenants/flights/x/tenant.yaml", "tenants/{name}/tenant.yaml"),
        ("platform/plattform.yaml", "platform/platform.yaml"),
        ("platform/mlflow.yaml", "platform/"),
        ("platform/components/mlflow.yml", "Rename it to platform/components/mlflow.yaml."),
        ("platform/components/team/mlflow.yaml", "platform/components/{name}.yaml"),
        ("platform/component/mlflow.yaml", "platform/components/{name}.yaml"),
        ("platform/manifest.yaml", "platform/"),
        ("pipelines/prepare.yaml", "pipelines/{tenant}/{name}.yaml"),
        ("pipelines/flights/dataset/raw.yaml", "pipelines/{tenant}/datasets/{name}.yaml"),
        ("models/ontime/model.yaml", "models/{tenant}/{name}/"),
        ("models/flights/ontime/dev.yml", "Rename it to models/flights/ontime/dev.yaml."),
    ],
)
def test_a_file_in_no_declarations_place_is_told_where_they_are(tmp_path: Path, file: str, says: str) -> None:
    put(tmp_path, file, "[not read: {")
    loaded = load(tmp_path)
    assert found(loaded) == [("file-misplaced", file)]
    assert says in loaded.findings[0].help
    assert loaded.places == {}


def test_what_is_not_yaml_is_nobodys_business(tmp_path: Path) -> None:
    for file in ("tenants/README.md", "tenants/flights/notes.txt", "pipelines/flights/sql/a.sql", "models/.gitkeep"):
        put(tmp_path, file, "\x00")
    put(tmp_path, "docs/tenant.yaml")
    put(tmp_path, "tenant.yaml")
    loaded = load(tmp_path)
    assert (loaded.findings, loaded.places) == ([], {})


def test_file_names_that_are_not_utf8(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/tenants/fl\xffights"
    try:
        os.makedirs(folder)  # noqa: PTH103 - a name of bytes
    except OSError as error:
        pytest.skip(f"this file system has only UTF-8 names: {error}")
    for name in (b"/tenant.yaml", b"/\xfe.yaml"):
        with open(folder + name, "wb") as file:  # noqa: PTH123 - a name of bytes
            file.write(b"a: 1\n")
    loaded = load(tmp_path)
    assert set(loaded.places) == {Ref("Tenant", "fl\udcffights")}
    assert found(loaded) == [("file-misplaced", "tenants/fl\udcffights/\udcfe.yaml")]


def test_file_names_that_are_awkward(tmp_path: Path) -> None:
    names = ["a b", "-", "..a", "a\nb", "{name}", "*", "日本", "😀"]
    for name in names:
        put(tmp_path, f"tenants/{name}/tenant.yaml", "a: 1\n")
    loaded = load(tmp_path)
    assert loaded.findings == []
    assert {ref.name for ref in loaded.documents} == set(names)


def test_the_order_does_not_depend_on_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b", "a", "c"):
        put(tmp_path, f"tenants/{name}/tenant.yaml", "a: 1\n")
    before = list(load(tmp_path).places)
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: reversed(list(scandir(folder))))
    assert list(load(tmp_path).places) == before == [Ref("Tenant", name) for name in "abc"]
