"""The command line: exit codes, what is printed, and what is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from plinth import __version__
from plinth.cli import plinth
from plinth.contracts import contract
from plinth.explain import all_fields, kind_names
from plinth.rulebook import all_rules
from support import BASE, REPOSITORY, Case, all_cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from plinth.findings import Rule

FORMATS = ("text", "github", "sarif", "json", "markdown")
HEAVY = ("yaml", "jinja2", "jsonschema_rs", "kubernetes_validate")
ESCAPE = "\x1b"
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: KIND, plural: widgets}
  versions:
    - name: VERSION
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {size: {type: integer}}}}
"""
WIDGET = """\
  manifests:
    - {apiVersion: example.com/v1, kind: Widget, metadata: {name: one}, spec: {size: SIZE}}
"""


def run(*arguments: str | Path) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(plinth, [str(argument) for argument in arguments], prog_name="plinth")


def shell(
    *arguments: str | Path, cwd: Path = REPOSITORY, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Call the command line as a shell does, with its output piped."""
    return subprocess.run(
        [sys.executable, "-m", "plinth", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "tools"), **(variables or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def break_tenant(root: Path) -> None:
    file = root / "tenants" / "fraud" / "tenant.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("128Gi", "lots"), encoding="utf-8")


def commands(command: click.Command = plinth, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            sub_command = command.get_command(context, name)
            assert sub_command is not None
            yield from commands(sub_command, *path, name)


COMMANDS = list(commands())


# --- exit codes ---


@pytest.mark.parametrize("format_", FORMATS)
def test_clean_example_exits_0(example: Path, format_: str) -> None:
    result = run("check", "--root", example, "--no-fresh", "--format", format_)
    assert (result.exit_code, result.stderr) == (0, "")


def test_clean_base_exits_0_in_a_shell() -> None:
    result = shell("check", "--root", BASE, "--no-fresh")
    assert (result.returncode, result.stderr) == (0, "")
    assert "16 declarations, 3 environments" in result.stdout


@pytest.mark.parametrize("case", all_cases("invalid"), ids=lambda case: case.id)
def test_invalid_case_exits_1(case: Case, base: Path) -> None:
    case.lay_over(base)
    result = run("check", "--root", base, "--no-fresh", "--strict", "--format", "json")
    assert result.exit_code == 1, result.output
    json.loads(result.stdout)


@pytest.mark.parametrize("format_", FORMATS)
def test_findings_exit_1_in_a_shell(base: Path, format_: str) -> None:
    break_tenant(base)
    result = shell("check", "--root", base, "--format", format_)
    assert (result.returncode, result.stderr) == (1, "")
    assert "quantity-malformed" in result.stdout


def test_warning_exits_1_only_if_strict(base: Path) -> None:
    unused = next(case for case in all_cases("invalid") if case.id == "catalog/invalid/component-listed-nowhere")
    unused.lay_over(base)
    assert run("check", "--root", base, "--no-fresh").exit_code == 0
    assert run("check", "--root", base, "--no-fresh", "--strict").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "--formatt", "json"], "--format"),
        (["check", "--format", "xml"], "xml"),
        (["check", "--env", "prod"], "declared: dev, staging, production"),
        (["render", "--env", "prod", "--check"], "declared: dev, staging, production"),
        (["check", "--root", "missing"], "missing"),
        (["render", "--root", "platform/platform.yaml"], "platform.yaml"),
        (["render", "surplus"], "surplus"),
        (["chekc"], "chekc"),
        (["explain"], "KIND"),
        (["explain", "Tennant"], "Tenant"),
        (["explain", "Tenant.spec.quta"], "quota"),
        (["explain", "quantity-malfromed"], "quantity-malformed"),
        (["completion", "tcsh"], "tcsh"),
        (["crds", "import"], "FILE"),
        (["crds", "import", "missing.yaml"], "missing.yaml"),
    ],
)
def test_wrong_usage_exits_2(base: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str) -> None:
    monkeypatch.chdir(base)
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.parametrize("format_", FORMATS)
def test_broken_schema_exits_3(base: Path, format_: str) -> None:
    schema = base / "schemas" / "kubernetes" / "argoproj.io" / "v1alpha1" / "Application.schema.json"
    schema.parent.mkdir(parents=True)
    schema.write_text('{"type": "objekt"}', encoding="utf-8")
    result = shell("check", "--root", base, "--format", format_)
    assert (result.returncode, result.stdout) == (3, "")
    assert "Application" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in shell("check", "--root", base, variables={"PLINTH_TRACEBACK": "1"}).stderr


@pytest.mark.parametrize("format_", FORMATS)
def test_empty_directory_exits_4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str) -> None:
    given = run("check", "--root", tmp_path, "--format", format_)
    monkeypatch.chdir(tmp_path)
    found = run("check", "--format", format_)
    for result in (given, found):
        assert (result.exit_code, result.stdout) == (4, "")
        assert "nothing was checked" in result.stderr


def test_nothing_to_render_exits_4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("platform", "tenants"):
        (tmp_path / folder).mkdir()
    assert run("render", "--root", tmp_path).exit_code == 4
    monkeypatch.chdir(tmp_path)
    assert run("render").exit_code == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["platform", "tenants"]


def test_empty_directory_exits_4_in_a_shell(tmp_path: Path) -> None:
    assert shell("check", cwd=tmp_path).returncode == 4


# --- help, and a fast start ---


@pytest.mark.parametrize("path", [path for path, command in COMMANDS], ids=" ".join)
def test_help_has_examples(path: tuple[str, ...]) -> None:
    command = dict(COMMANDS)[path]
    result = run(*path, "--help")
    assert result.exit_code == 0
    if not isinstance(command, click.Group) or not path:
        assert "Examples:" in result.stdout
        assert "  plinth " in result.stdout


def test_version() -> None:
    assert run("--version").stdout == f"plinth, version {__version__}\n"


@pytest.mark.parametrize("path", [path for path, command in COMMANDS], ids=" ".join)
def test_help_imports_nothing_heavy(path: tuple[str, ...]) -> None:
    code = (
        "import sys; from plinth.cli import plinth\n"
        f"try: plinth({[*path, '--help']!r}, prog_name='plinth')\n"
        f"except SystemExit: print('HEAVY', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "tools")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout.endswith("HEAVY []\n")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_script(name: str) -> None:
    result = run("completion", name)
    assert result.exit_code == 0
    assert "_PLINTH_COMPLETE" in result.stdout


def test_completion_completes_commands_and_options() -> None:
    def complete(words: str, position: int) -> str:
        variables = {"_PLINTH_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(position)}
        return shell(variables=variables).stdout

    assert "plain,check\n" in complete("plinth ch", 1)
    assert "plain,--format\n" in complete("plinth check --fo", 2)
    assert "plain,sarif\n" in complete("plinth check --format sa", 3)


# --- piped output ---


@pytest.mark.parametrize("format_", FORMATS)
def test_piped_output_has_no_colours_and_no_progress(base: Path, format_: str) -> None:
    for expected in (0, 1):
        result = shell("check", "--root", base, "--no-fresh", "--format", format_)
        assert (result.returncode, result.stderr) == (expected, "")
        assert ESCAPE not in result.stdout
        assert "\r" not in result.stdout
        break_tenant(base)


def test_piped_render_says_what_changed_and_no_more(base: Path) -> None:
    result = shell("render", "--root", base)
    assert (result.returncode, result.stderr) == (0, "")
    assert ESCAPE not in result.stdout
    assert "+ rendered/dev/argocd/components/mlflow.yaml\n" in result.stdout
    assert "35 new, 0 changed, 0 deleted" in result.stdout


# --- where the repository is ---


def test_root_is_found_upwards(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(base / "pipelines" / "flights" / "datasets")
    result = run("check", "--no-fresh")
    assert result.exit_code == 0
    assert "16 declarations" in result.stdout
    assert run("render").exit_code == 0
    assert (base / "rendered" / "dev").is_dir()
    assert not (base / "pipelines" / "flights" / "datasets" / "rendered").exists()


def test_root_works_from_outside(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    monkeypatch.chdir(outside)
    assert run("check", "--no-fresh").exit_code == 4
    assert run("check", "--no-fresh", "--root", base).exit_code == 0
    assert run("check", "--no-fresh", "--root", os.path.relpath(base)).exit_code == 0


def test_paths_in_findings_are_relative_to_the_root(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_tenant(base)
    monkeypatch.chdir(base / "tenants")
    result = run("check")
    assert result.stdout.startswith("tenants/fraud/tenant.yaml:15:13: error[quantity-malformed]: ")


# --- render ---


def test_render_makes_the_check_clean(base: Path) -> None:
    stale = run("check", "--root", base)
    assert stale.exit_code == 1
    assert "rendered-stale" in stale.stdout
    assert run("render", "--check", "--root", base).exit_code == 1
    assert not (base / "rendered").exists()
    assert run("render", "--root", base).exit_code == 0
    assert run("render", "--check", "--root", base).exit_code == 0
    assert run("check", "--root", base).exit_code == 0


def test_render_writes_deletes_and_leaves_the_rest_alone(base: Path) -> None:
    run("render", "--root", base)
    rendered = base / "rendered"
    before = tree(rendered)
    old = 1_000_000_000
    for path in rendered.rglob("*"):
        if path.is_file():
            os.utime(path, (old, old))
    (rendered / "dev" / "argocd" / "extra.yaml").write_text("by hand", encoding="utf-8")
    (rendered / "dev" / "argocd" / "projects" / "fraud.yaml").write_text("by hand", encoding="utf-8")
    (base / "models" / "flights" / "ontime" / "dev.yaml").unlink()
    result = run("render", "--root", base)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:4] == [
        "~ rendered/dev/argocd/projects/fraud.yaml",
        "- rendered/dev/argocd/extra.yaml",
        "- rendered/dev/argocd/models/flights/ontime.yaml",
        "- rendered/dev/models/flights/ontime/manifests.yaml",
    ]
    gone = {"dev/argocd/models/flights/ontime.yaml", "dev/models/flights/ontime/manifests.yaml"}
    assert tree(rendered) == {path: content for path, content in before.items() if path not in gone}
    touched = {path.name for path in rendered.rglob("*") if path.is_file() and path.stat().st_mtime != old}
    assert touched == {"fraud.yaml"}
    assert not (rendered / "dev" / "models").exists()


def test_render_of_one_environment_leaves_the_others(base: Path) -> None:
    run("render", "--root", base)
    rendered = base / "rendered"
    (rendered / "staging" / "by-hand.yaml").write_text("by hand", encoding="utf-8")
    (rendered / "dev" / "by-hand.yaml").write_text("by hand", encoding="utf-8")
    (rendered / "production" / "argocd" / "projects" / "fraud.yaml").unlink()
    assert run("render", "--root", base, "--env", "dev", "--env", "production").exit_code == 0
    assert (rendered / "staging" / "by-hand.yaml").exists()
    assert not (rendered / "dev" / "by-hand.yaml").exists()
    assert (rendered / "production" / "argocd" / "projects" / "fraud.yaml").exists()


def test_check_of_one_environment_says_nothing_of_the_others(base: Path) -> None:
    run("render", "--root", base, "--env", "dev")
    assert run("check", "--root", base, "--env", "dev").exit_code == 0
    assert run("check", "--root", base, "--env", "staging").exit_code == 1


def test_render_to_another_folder(base: Path, tmp_path: Path) -> None:
    preview = tmp_path / "pre" / "view"
    preview.parent.mkdir()
    assert run("render", "--root", base, "--out", preview).exit_code == 0
    assert not (base / "rendered").exists()
    run("render", "--root", base)
    assert tree(preview) == tree(base / "rendered")
    assert sorted(path.name for path in preview.parent.iterdir()) == ["view"]


@pytest.mark.parametrize("more", [[], ["--check"], ["--env", "dev"]], ids=" ".join)
def test_render_refuses_errors_and_leaves_rendered_alone(base: Path, more: list[str]) -> None:
    run("render", "--root", base)
    before = tree(base)
    break_tenant(base)
    result = run("render", "--root", base, *more)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "tenants/fraud/tenant.yaml:15:13: error[quantity-malformed]" in result.stderr
    assert "Nothing was rendered" in result.stderr
    changed = "tenants/fraud/tenant.yaml"
    assert {**tree(base), changed: b""} == {**before, changed: b""}


def test_render_with_a_warning_only_renders(base: Path) -> None:
    unused = next(case for case in all_cases("invalid") if case.id == "catalog/invalid/component-listed-nowhere")
    unused.lay_over(base)
    assert run("render", "--root", base).exit_code == 0
    assert not (base / "rendered" / "dev" / "components" / "forgotten").exists()


def test_rendering_the_example_again_changes_nothing(example: Path) -> None:
    run("render", "--root", example)
    before = tree(example / "rendered")
    assert len(before) > 100
    again = run("render", "--root", example)
    assert "nothing changed" in again.stdout
    assert tree(example / "rendered") == before


def test_file_of_exactly_one_mebibyte_is_read(base: Path) -> None:
    file = base / "tenants" / "fraud" / "tenant.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "#" + "x" * (1024 * 1024 - len(text) - 2) + "\n", encoding="utf-8")
    assert file.stat().st_size == 1024 * 1024
    assert run("check", "--root", base, "--no-fresh").exit_code == 0
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert "file-too-large" in run("check", "--root", base, "--no-fresh").stdout


# --- crds import ---


def crd(tmp_path: Path, group: str = "example.com", kind: str = "Widget", version: str = "v1") -> Path:
    file = tmp_path / "crd.yaml"
    text = CRD.replace("GROUP", json.dumps(group)).replace("KIND", json.dumps(kind))
    file.write_text(f"apiVersion: v1\nkind: ConfigMap\n---\n{text.replace('VERSION', json.dumps(version))}", "utf-8")
    return file


def add_widget(root: Path, size: str) -> None:
    component = root / "platform" / "components" / "mlflow.yaml"
    component.write_text((BASE / "platform/components/mlflow.yaml").read_text() + WIDGET.replace("SIZE", size))


def test_imported_schema_is_used(base: Path, tmp_path: Path) -> None:
    add_widget(base, "1")
    assert "schema-missing" in run("check", "--root", base, "--no-fresh").stdout
    result = run("crds", "import", crd(tmp_path), "--root", base)
    assert result.exit_code == 0
    schema = base / "schemas" / "kubernetes" / "example.com" / "v1" / "Widget.schema.json"
    assert str(schema) in result.stdout
    assert json.loads(schema.read_text(encoding="utf-8"))["type"] == "object"
    assert run("check", "--root", base, "--no-fresh").exit_code == 0
    add_widget(base, "large")
    assert "manifest-invalid" in run("check", "--root", base, "--no-fresh").stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not YAML"),
        ("", "holds no CustomResourceDefinition"),
        ("a: b\n---\n- c\n", "holds no CustomResourceDefinition"),
        ("kind: CustomResourceDefinition\n", "crd.yaml"),
        ("kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nspec: text\n", "spec"),
        ("\x00", "is not YAML"),
    ],
)
def test_malformed_definition_is_named(base: Path, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "crd.yaml"
    file.write_text(text, encoding="utf-8")
    result = run("crds", "import", file, "--root", base)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert not (base / "schemas").exists()


@pytest.mark.parametrize(
    "names",
    [
        {"kind": "../../../../Widget"},
        {"kind": "/tmp/Widget"},  # noqa: S108 - a place that it must not write to
        {"kind": "Wid\x07get"},
        {"group": "../../.."},
        {"group": "/example.com"},
        {"version": "../../v1"},
    ],
    ids=str,
)
def test_hostile_definition_writes_nothing(base: Path, tmp_path: Path, names: dict[str, str]) -> None:
    file = crd(tmp_path, **names)
    before = tree(tmp_path)
    result = run("crds", "import", file, "--root", base)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "\x07" not in result.stderr
    assert tree(tmp_path) == before


def test_one_malformed_definition_keeps_all_from_being_written(base: Path, tmp_path: Path) -> None:
    good = crd(tmp_path).rename(tmp_path / "good.yaml")
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: CustomResourceDefinition\n", encoding="utf-8")
    assert run("crds", "import", good, bad, "--root", base).exit_code == 2
    assert not (base / "schemas").exists()


# --- explain and rules ---


@pytest.mark.parametrize("kind", kind_names())
def test_every_kind_and_field_is_explained(kind: str) -> None:
    assert unwrapped(contract(kind).schema["description"]) in unwrapped(run("explain", kind).stdout)
    for field in all_fields(contract(kind)):
        result = run("explain", field.under(kind))
        assert result.exit_code == 0, field.under(kind)
        assert unwrapped(field.schema["description"]) in unwrapped(result.stdout)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_every_rule_is_explained(rule: Rule) -> None:
    result = run("explain", rule.name)
    assert result.exit_code == 0
    for words in (rule.name, rule.summary, rule.why):
        assert unwrapped(words) in unwrapped(result.stdout)


def test_rules_are_listed_once_in_order() -> None:
    names = [line.split()[0] for line in run("rules").stdout.splitlines()]
    assert names == sorted(rule.name for rule in all_rules())


@pytest.mark.parametrize("out", ["other", ".", "tenants", "rendered/dev", "..", "file"])
def test_render_refuses_a_folder_in_which_something_would_be_lost(base: Path, out: str) -> None:
    for file in ("other/thesis.txt", "file"):
        (base / file).parent.mkdir(exist_ok=True)
        (base / file).write_text("ten years of work\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "plinth", "render"], cwd=base, check=True, capture_output=True)
    before = {path: path.read_bytes() for path in sorted(base.parent.rglob("*")) if path.is_file()}
    done = subprocess.run(
        [sys.executable, "-m", "plinth", "render", "--out", out], cwd=base, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert {path: path.read_bytes() for path in sorted(base.parent.rglob("*")) if path.is_file()} == before


def test_render_takes_a_folder_that_it_rendered_before(base: Path) -> None:
    for _ in range(2):
        command = [sys.executable, "-m", "plinth", "render", "--out", "preview"]
        subprocess.run(command, cwd=base, check=True, capture_output=True)
    assert (base / "preview/dev/tenants/fraud/manifests.yaml").is_file()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("plinth explain Pip", "Pipeline"),
        ("plinth explain Pipeline.spec.tas", "Pipeline.spec.tasks"),
        ("plinth explain unknown-f", "unknown-field"),
        ("plinth check --env pr", "production"),
        ("plinth explain Gone.spec.", ""),
    ],
)
def test_the_shell_completes_what_is_declared_and_known(base: Path, line: str, offered: str) -> None:
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1), "_PLINTH_COMPLETE": "bash_complete"}
    command = [sys.executable, "-m", "plinth"]
    done = subprocess.run(command, cwd=base, env={**os.environ, **words}, check=False, capture_output=True, text=True)
    assert done.stdout == (f"plain,{offered}\n" if offered else "\n")


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_stands_in_the_place_of_rendered_is_told(base: Path, tmp_path: Path, kind: str) -> None:
    if kind == "link":
        (base / "rendered").symlink_to(tmp_path)
    else:
        (base / "rendered").touch()
    command = [sys.executable, "-m", "plinth"]
    checked = subprocess.run(
        [*command, "check", "--format", "json"], cwd=base, check=False, capture_output=True, text=True
    )
    assert checked.returncode == 1
    assert [(one["rule"], one["file"]) for one in json.loads(checked.stdout)["findings"]] == [
        ("rendered-stale", "rendered")
    ]
    rendered = subprocess.run([*command, "render"], cwd=base, check=False, capture_output=True, text=True)
    assert rendered.returncode == 2
    assert "delete it first" in rendered.stderr


@pytest.mark.parametrize("command", ["check", "render"])
def test_an_environment_with_an_error_is_declared_all_the_same(base: Path, command: str) -> None:
    file = base / "platform/environments/staging.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("domain:", "domian:"), encoding="utf-8")
    arguments = [sys.executable, "-m", "plinth", command, "--env", "staging"]
    done = subprocess.run(arguments, cwd=base, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Did you mean `domain`?" in done.stdout + done.stderr
    assert " 0 rules" not in done.stdout + done.stderr
