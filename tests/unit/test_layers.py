"""Imports point one way: what DESIGN.md says in section 3, held against every module."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import plinth

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(plinth.__file__).parent

LAYERS: tuple[frozenset[str], ...] = tuple(
    frozenset(layer.split())
    for layer in (
        "model",
        "findings",
        # What only knows texts, names and numbers.
        "formats graph kubernetes masking ordering wording yamlio",
        "contracts places",
        "schemas",
        # What the kinds are made of. A kind renders with templates and a view of the catalog, and the catalog asks the kinds
        # for their overlays: so this is one room, and the only one whose parts may import each other.
        "catalog kinds argocd templating tracing variables",
        "references rules",
        # The stages. A later one may use an earlier one's words: resolving explains overlays as validating does, and
        # verifying renders again to find where a value came from.
        "crds load output render validate",
        "resolve verify",
        "pipeline report rulebook",
        "explain",
        "reference",
        "cli",
        "__main__",
    )
)
"""From the lowest to the highest. A room imports only from rooms of lower layers, and from itself."""

ONE_ROOM = next(layer for layer in LAYERS if "kinds" in layer)
STAGES = frozenset({"load", "validate", "resolve", "render", "verify"})
RANK = {room: rank for rank, layer in enumerate(LAYERS) for room in layer}


class Import(NamedTuple):
    file: str
    line: int
    module: str


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted({room_of(path) for path in MODULES} - {""})


def at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a module, functions included, and leave out what only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield other
                yield from at_run_time(other)
            continue
        yield node
        yield from at_run_time(node)


def imports(path: Path) -> Iterator[Import]:
    name = path.relative_to(PACKAGE).as_posix()
    for node in at_run_time(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno} imports relatively"
            assert node.module is not None
            for alias in node.names:
                is_module = node.module == "plinth" and (alias.name in ROOMS)
                yield Import(name, node.lineno, f"plinth.{alias.name}" if is_module else node.module)


def own(found: Import) -> str | None:
    """Return the room that an import is from, if it is one of ours; the package itself, with its version, is nobody's."""
    package, _, rest = found.module.partition(".")
    return rest.partition(".")[0] if package == "plinth" and rest else None


def test_every_room_has_its_layer() -> None:
    assert set(ROOMS) == set(RANK), "a new module needs a place in LAYERS; one that is gone must leave it"


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_downwards(room: str) -> None:
    wrong = []
    for path in MODULES:
        if room_of(path) != room:
            continue
        for found in imports(path):
            other = own(found)
            if other is None or other == room or {room, other} <= ONE_ROOM:
                continue
            if RANK[other] >= RANK[room]:
                wrong.append(f"{found.file}:{found.line} imports {found.module}")
    assert not wrong


def test_kinds_do_not_know_each_others_rules() -> None:
    """A kind may use another's rendering vocabulary, but rules that span kinds live in rules/."""
    wrong = [
        f"{found.file}:{found.line}"
        for path in (PACKAGE / "kinds").rglob("*.py")
        for found in imports(path)
        if found.module.startswith("plinth.kinds.")
        and found.module.endswith(".rules")
        and found.module.split(".")[2] != path.parent.name
    ]
    assert not wrong


@pytest.mark.parametrize("library", ["click", "rich"])
def test_only_the_command_line_knows_the_terminal(library: str) -> None:
    users = {room_of(path) for path in MODULES for found in imports(path) if found.module.split(".")[0] == library}
    assert users - {"report"} <= {"cli"}
    if library == "click":
        assert "cli" in users, "else this test tests nothing"


def test_reports_take_only_colours_from_the_command_line_library() -> None:
    used = {
        ast.unparse(node)
        for path in (PACKAGE / "report").glob("*.py")
        for node in at_run_time(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith(("click.", "rich."))
    }
    assert used <= {"click.style"}


def test_nothing_but_the_command_line_prints_or_ends_the_process() -> None:
    wrong = []
    for path in MODULES:
        if room_of(path) in {"cli", "__main__"}:
            continue
        for node in at_run_time(ast.parse(path.read_text(encoding="utf-8"))):
            text = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in {"print", "input", "exit", "quit", "sys.exit", "os._exit", "breakpoint"} or text in {
                "sys.stdout", "sys.stderr", "sys.stdin", "sys.argv",
            }:  # fmt: skip
                wrong.append(f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}: {text or called}")
    assert not wrong


def test_stages_write_no_files() -> None:
    """Only ``output`` and the commands do."""
    writing = {
        "write_text",
        "write_bytes",
        "mkdir",
        "unlink",
        "rename",
        "replace_file",
        "rmdir",
        "touch",
        "symlink_to",
        "makedirs",
        "rmtree",
    }
    wrong = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}: {node.func.attr}"
        for path in MODULES
        if room_of(path) not in {"cli", "output"}
        for node in at_run_time(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writing
    ]
    assert not wrong


def test_stages_know_nothing_of_the_order() -> None:
    """Only ``pipeline`` imports all stages; no stage imports the one after it."""
    order = ["load", "validate", "resolve", "render", "verify"]
    assert set(order) == STAGES
    for position, room in enumerate(order):
        used = {own(found) for path in MODULES if room_of(path) == room for found in imports(path)}
        assert not used & set(order[position + 1 :]), room
    pipeline = {own(found) for found in imports(PACKAGE / "pipeline.py")}
    assert pipeline >= STAGES


@pytest.mark.parametrize(
    "library", ["socket", "http", "urllib", "httpx", "requests", "mlflow", "airflow", "kubernetes", "subprocess"]
)
def test_nothing_reaches_for_the_network_or_other_programs(library: str) -> None:
    users = {
        room_of(path)
        for path in MODULES
        for found in imports(path)
        if found.module.split(".")[0] == library and found.module != "urllib.parse"
    }
    assert users <= {"cli"}


def test_the_check_itself_sees_an_upward_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("test_layers.PACKAGE", tmp_path)
    file = tmp_path / "model.py"
    file.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from plinth.cli import main\n"
        "else:\n    import plinth.load\n"
        "def f():\n    from plinth import render, __version__\n    import plinth.yamlio.emit as e\n",
        encoding="utf-8",
    )
    assert [(found.line, own(found)) for found in imports(file)] == [
        (1, None),
        (5, "load"),
        (7, "render"),
        (7, None),
        (8, "yamlio"),
    ]
