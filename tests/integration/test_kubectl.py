"""What the emitter writes, kubectl reads as it was meant: the Go reader that kubectl and Argo CD share.

`kubectl patch --local` with an empty patch reads files and prints objects as JSON. It asks no cluster, and since it
takes objects as they are, whatever their kind, nothing stands between the YAML reader and the JSON.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plinth.yamlio.emit import emit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plinth import pipeline

AWKWARD = [
    # Booleans, nulls and numbers to go-yaml, which knows more of them than YAML 1.2 and others than YAML 1.1.
    *("y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"),
    *("true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL", "~", ""),
    *("nan", ".nan", ".NaN", ".NAN", "inf", ".inf", ".Inf", ".INF", "-.inf", "+.inf", "+.Inf", "Infinity"),
    *("0", "-0", "+0", "1", "-1", "+1", "007", "08", "0o7", "0o17", "0O17", "0x1f", "0X1F", "0b11", "0B11", "0b12"),
    *("1_000", "1__0", "_1", "1_", "0x_1", "0o_7", "0b_1", "1,000", "1.", ".5", "5.", "-.5", "+.5", "1.5", "1.50", "1e3"),
    *("1E3", "1e+3", "1e-3", "1.e3", ".1e3", "1.5e3", "12345e7", "1e999", "-1e999", "0.1.2", "1.36", "1.2.3"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616"),
    *("22:22", "12:30:45", "1:00", "190:20:30.15", "-1:00"),
    *("2001-01-01", "2001-1-1", "2001-01-01T00:00:00Z", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5"),
    # Indicators.
    *("=", "<<", "<", ">", "|", "|-", ">-", "-", "--", "---", "--- a", "...", "... a", "- a", "-a", "?", "? a", "?a"),
    *(":", ": a", ":a", "a:", "a: b", "a:b", "a :b", "#", "# a", "#a", "a #b", "a#b", "[", "]", "[a]", "{", "}", "{a: b}"),
    *("a, b", ",", "&a", "*a", "!", "!a", "!!str a", "%", "%a", "%YAML 1.2", "@a", "`a", "'", "''", "'a'", '"', '""', '"a"'),
    *("\\", "\\n", "\\u0041", "a\\", "{{ a }}", "[[ a ]]", "${a}", "$(a)", "{{- a -}}"),
    # White space and line breaks.
    *(" ", "  ", " a", "a ", "a  b", "\t", "\ta", "a\t", "a\tb", "\n", "\n\n", "\n\n\n", "a\n", "\na", "\n\na", "a\n\n"),
    *("a\nb", "a\nb\n", "a\n\nb", "a \nb", "a\n b", " a\nb", "a\n  \nb", "a\t\nb", "\ta\nb", "a\n\tb", "a\n\n\n"),
    *("a\n---\nb\n", "---\na\n", "a\n...\nb", "...\n", "a\n# b\nc", "# a\nb", "#!/bin/sh\nexit 0\n", "- a\n- b\n", "a: b\nc: d\n"),
    *("\r", "a\rb", "a\r\nb", "a\r\n", "\x0b", "\x0c", "a\x85b", "a\u2028b", "a\u2029b", "\x85", "\u2028", "a\n\u2028\nb", "a\n\x85"),
    # Characters.
    *("\x00", "a\x00b", "\x01", "\x1b[31m", "\x7f", "\x80", "\x9f", "\xa0", "\xad", "\u200b", "\u200d", "\u202e", "\u2066"),
    *("\ufeff", "\ufeffa", "a\ufeff", "\ufffd", "\ufffe", "\uffff", "\ue000", "\u0300", "é", "e\u0301", "Zürich", "日本語"),
    *("😀", "a😀b", "👩\u200d👩\u200d👧", "🇬🇧", "\U0010ffff", "\U0001fffe", "٣", "²", "½", "ſ", "İ"),
    *("a" * 200, "a b " * 100, "word " * 300, "é" * 300, ("a" * 78 + " ") * 3, "x" * 1000),
]  # fmt: skip

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(AWKWARD)
LINES = st.lists(
    st.sampled_from(
        ["", "a", " a", "  a", "a ", "- a", "a: b", "# a", "---", "...", "\t", "\ta", "é", '"', "'", "%a", "|"]
    )
).map("\n".join)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
DATA = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | LINES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


def _objects(text: str) -> list[dict[str, Any]]:
    """Read the JSON documents that kubectl prints one behind the other."""
    decoder, found, end = json.JSONDecoder(), [], 0
    text = text.strip()
    while end < len(text):
        document, end = decoder.raw_decode(text, end)
        found.append(document)
        end += len(text[end:]) - len(text[end:].lstrip())
    return found


def _kubectl_reads(kubectl: Path, file: Path) -> list[dict[str, Any]]:
    command = [
        str(kubectl),
        "patch",
        "--local",
        "--type=merge",
        "--patch={}",
        "--output=json",
        "--recursive",
        f"--filename={file}",
    ]
    # No configuration of the machine's, so no cluster either.
    environment = {"PATH": os.defpath, "HOME": str(file.parent), "KUBECONFIG": os.devnull}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[:3000]
    return _objects(done.stdout.decode("utf-8"))


def _object(index: int, content: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": f"thing-{index}"}, "spec": content}


def _assert_read_alike(kubectl: Path, folder: Path, objects: Sequence[dict[str, Any]]) -> None:
    file = folder / "objects.yaml"
    file.write_bytes(emit(objects, "a comment").encode("utf-8"))
    for meant, read in zip(objects, _kubectl_reads(kubectl, file), strict=True):
        assert _same(meant, read), f"meant {meant!r}\nread  {read!r}"


def _same(meant: Any, read: Any) -> bool:
    """Compare with types: 1 is not true. A whole number that was meant as a float may come back as one or the other."""
    if isinstance(meant, dict) and isinstance(read, dict):
        return meant.keys() == read.keys() and all(_same(meant[key], read[key]) for key in meant)
    if isinstance(meant, list) and isinstance(read, list):
        return len(meant) == len(read) and all(_same(*pair) for pair in zip(meant, read, strict=True))
    if isinstance(meant, float) and isinstance(read, int | float) and not isinstance(read, bool):
        return math.isclose(meant, read, rel_tol=0, abs_tol=0) or meant == read
    return type(meant) is type(read) and bool(meant == read)


def test_awkward_strings_as_values(kubectl: Path, tmp_path: Path) -> None:
    _assert_read_alike(kubectl, tmp_path, [_object(index, {"text": text}) for index, text in enumerate(AWKWARD)])


def test_awkward_strings_as_keys(kubectl: Path, tmp_path: Path) -> None:
    contents = [{text: text} for text in AWKWARD if len(text) < 1000]
    _assert_read_alike(kubectl, tmp_path, [_object(index, content) for index, content in enumerate(contents)])


def test_awkward_strings_in_one_config_map(kubectl: Path, tmp_path: Path) -> None:
    """As manifests have them: many keys in one mapping, and annotations."""
    data = {f"key-{index}": text for index, text in enumerate(AWKWARD)}
    metadata = {"name": "awkward", "annotations": {f"example.com/{key}": text for key, text in data.items()}}
    _assert_read_alike(
        kubectl, tmp_path, [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}]
    )


def test_awkward_strings_in_lists(kubectl: Path, tmp_path: Path) -> None:
    nested = [[text, [text], {"a": [text]}] for text in AWKWARD]
    _assert_read_alike(kubectl, tmp_path, [_object(0, {"flat": AWKWARD, "nested": nested})])


def test_other_values(kubectl: Path, tmp_path: Path) -> None:
    values: list[Any] = [
        None,
        True,
        False,
        0,
        -1,
        2**63 - 1,
        -(2**63),
        2**53 + 1,
        0.1,
        1.5,
        1e22,
        1e-7,
        -2.5e-300,
        1.0,
        {},
        [],
    ]
    contents = [*({"value": value} for value in values), {"all": values}, {}, {"a": {"b": {}, "c": []}}]
    _assert_read_alike(kubectl, tmp_path, [_object(index, content) for index, content in enumerate(contents)])


def test_whatever_data_there_is(kubectl: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("made")

    @settings(max_examples=50, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.dictionaries(TEXTS, DATA, max_size=4), min_size=1, max_size=40))
    def check(batch: list[dict[str, Any]]) -> None:
        _assert_read_alike(kubectl, folder, [_object(index, content) for index, content in enumerate(batch)])

    check()


def test_every_rendered_manifest_is_read_as_it_was_made(
    kubectl: Path, tmp_path: Path, example_result: pipeline.Result
) -> None:
    for bundle in example_result.bundles:
        files = {file.path: file for file in bundle.manifest_files}
        folder = tmp_path / bundle.environment
        for path in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(example_result.tree[f"{bundle.environment}/{path}"])
        meant = [manifest.data for file in files.values() for manifest in file.manifests]
        read = _kubectl_reads(kubectl, folder)
        assert len(read) == len(meant) > 0
        assert _by_text(read) == _by_text(meant)


def _by_text(objects: list[dict[str, Any]]) -> list[str]:
    """Sort objects by their JSON: kubectl takes files in an order of its own."""
    return sorted(json.dumps(one, sort_keys=True) for one in objects)


@pytest.mark.parametrize(
    ("text", "read"), [("yes", True), ("y", True), ("1e3", 1000), ("0o17", 15), ("1_000", 1000), ("~", None)]
)
def test_kubectl_reads_plain_text_otherwise(text: str, read: object, kubectl: Path, tmp_path: Path) -> None:
    """Why the emitter quotes: this is what the texts become without."""
    file = tmp_path / "plain.yaml"
    file.write_text(f"apiVersion: v1\nkind: Thing\nmetadata: {{name: a}}\nspec: {{a: {text}}}\n", encoding="utf-8")
    (found,) = _kubectl_reads(kubectl, file)
    assert found["spec"]["a"] == read
    assert not _same({"a": text}, found["spec"])
