"""No object twice."""

from __future__ import annotations

import pytest

from plinth.verify.duplicates import check
from verify.objects import shown, sound


def one(api_version: str, kind: str, name: str, namespace: str | None = None) -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}{where}}}\n"


BASE = one("apps/v1", "Deployment", "a", "n")


@pytest.mark.parametrize(
    "other",
    [
        one("v1", "Deployment", "a", "n"),
        one("apps.example.com/v1", "Deployment", "a", "n"),
        one("apps/v1", "StatefulSet", "a", "n"),
        one("apps/v1", "Deployment", "b", "n"),
        one("apps/v1", "Deployment", "a", "m"),
        one("apps/v1", "Deployment", "a"),
    ],
)
def test_objects_that_differ_in_identity_are_no_duplicates(other: str) -> None:
    assert shown(check(sound(BASE + "---\n" + other))) == []
    assert shown(check(sound(BASE, other))) == []


@pytest.mark.parametrize("other", [BASE, one("apps/v1beta2", "Deployment", "a", "n"), BASE + "spec: {replicas: 2}\n"])
def test_the_same_object_is_found_whatever_it_says(other: str) -> None:
    problems = list(
        check(sound(BASE + "---\n" + one("v1", "Service", "a", "n"), one("v1", "Secret", "x", "n") + "---\n" + other))
    )
    assert shown(problems) == [("manifest-duplicate", "metadata/name")]
    assert (problems[0].file.path, problems[0].index) == ("1.yaml", 1)
    assert problems[0].message == "Deployment n/a is rendered twice: the other is in 0.yaml, from the Component c"


def test_each_further_one_is_found() -> None:
    assert len(shown(check(sound(BASE, BASE + "---\n" + BASE)))) == 2


def test_what_breaks_its_schema_is_left_out() -> None:
    both = sound(BASE, BASE)
    assert shown(check(type(both)(both.bundle, frozenset({("0.yaml", 0)})))) == []
