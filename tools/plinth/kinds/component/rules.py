"""Rules of components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plinth import variables
from plinth.findings import Rule, Severity
from plinth.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plinth.catalog import Catalog
    from plinth.findings import Finding
    from plinth.model import Data, Declaration

_COMPONENT = """\
apiVersion: plinth/v1alpha1
kind: Component
metadata:
  name: NAME
spec:
  description: Something that the platform runs.
  owner: platform@ml.example.com
  licence: Apache-2.0
  upstream: https://github.com/example/something
  source: {helm: {repository: https://charts.example.com, chart: something, version: 1.2.3}}
  namespace: something
"""

SOURCE_MISSING = Rule(
    "component-source-missing",
    "The directory that a component comes from exists and holds YAML files.",
    "Argo CD would show the application as broken, or, with an empty directory, delete everything that it had synced.",
    "kind: Component\nspec: {source: {helm: null, manifests: {path: platform/manifests/nothing}}}\n",
    "kind: Component\nspec: {source: {helm: {version: 1.2.3}}}\n",
)
SOURCE_AMBIGUOUS = Rule(
    "component-source-ambiguous",
    "A directory of plain manifests holds no file that changes how Argo CD reads it.",
    "With a kustomization.yaml in it, Argo CD runs Kustomize instead of taking the manifests as they are; a Kustomize "
    "directory without one is taken as plain manifests.",
    "kind: Component\nspec: {source: {helm: null, kustomize: {path: platform/manifests/plain}}}\n",
    "kind: Component\nspec: {source: {helm: null, manifests: {path: platform/manifests/plain}}}\n",
)
ENDPOINT_NOT_PROVIDED = Rule(
    "endpoint-not-provided",
    "A component gives addresses only for capabilities that it provides.",
    "Others find the address by the capability's name; under any other name nobody finds it.",
    "kind: Component\nspec: {provides: [], endpoints: {experiment-tracking: 'http://mlflow.mlflow.svc:5000'}}\n",
    "kind: Component\nspec: {provides: [experiment-tracking], "
    "endpoints: {experiment-tracking: 'http://mlflow.mlflow.svc:5000'}}\n",
)
COMPONENT_UNUSED = Rule(
    "component-unused",
    "Every component runs in some environment.",
    "A component that no environment lists is not rendered; its author may believe that it is.",
    _COMPONENT.replace("NAME", "something"),
    _COMPONENT.replace("NAME", "mlflow"),
    Severity.WARNING,
    whole=True,
)

PLAIN_MANIFEST_MALFORMED = Rule(
    "plain-manifest-malformed",
    "A component's plain manifests are Kubernetes objects.",
    "Argo CD passes over a file that it takes for something else, and then deletes the objects that it described before.",
    "kind: Component\nspec: {source: {helm: null, manifests: {path: platform/manifests/other}}}\n",
    "kind: Component\nspec: {source: {helm: null, manifests: {path: platform/manifests/plain}}}\n",
)
VERSION_WITHOUT_CHART = Rule(
    "version-without-chart",
    "Only a component that comes from a chart has a version for each environment.",
    "What comes from this repository is the same for all environments of a commit.",
    "kind: Component\nspec: {source: {helm: null, manifests: {path: platform/manifests/plain}}, "
    "environments: {dev: {version: 1.2.4}}}\n",
    "kind: Component\nspec: {environments: {dev: {version: 1.2.4}}}\n",
)

RULES = (
    SOURCE_MISSING,
    SOURCE_AMBIGUOUS,
    ENDPOINT_NOT_PROVIDED,
    COMPONENT_UNUSED,
    PLAIN_MANIFEST_MALFORMED,
    VERSION_WITHOUT_CHART,
)

KUSTOMIZATION_FILES = ("kustomization.yaml", "kustomization.yml")


def check(component: Declaration, catalog: Catalog) -> Iterator[Finding]:
    """Check one component's source, addresses, variables and use."""
    source = list(_source(component, catalog))
    yield from source or _plain_manifests(component, catalog)
    for capability in component.spec.get("endpoints", {}):
        if capability not in component.spec.get("provides", []):
            yield ENDPOINT_NOT_PROVIDED.at(
                locate(component.document, ("spec", "endpoints", capability), on_key=True),
                f"the component does not provide `{capability}`",
                help=f"Add `{capability}` to spec.provides, or correct the name.",
            )
    for path in (("spec", "values"), ("spec", "manifests"), ("spec", "environments")):
        yield from variables.unknown(component.document, path)
    yield from _versions(component)
    users = [item for item in catalog.of("Environment") if component.ref.name in item.spec["components"]]
    if not users and "Environment" not in catalog.incomplete:
        yield COMPONENT_UNUSED.at(
            locate(component.document, ("metadata", "name")),
            f"no environment runs the component {component.ref.name}",
            help="List it in spec.components of an environment, or delete the file.",
        )


def _plain_manifests(component: Declaration, catalog: Catalog) -> Iterator[Finding]:
    """Check what is only checked of plain manifests as a component takes them: a Kustomize directory holds other YAML, too."""
    folder = component.spec["source"].get("manifests", {}).get("path")
    for file, document in catalog.sources.items():
        if folder is None or not file.startswith(f"{folder}/"):
            continue
        for index, data in enumerate(document.data):
            if data is not None and not _is_object(data):
                yield PLAIN_MANIFEST_MALFORMED.at(
                    locate(document, (), index=index),
                    f"this is not a Kubernetes object, which the component {component.ref.name} takes it for",
                    help="An object is a mapping with apiVersion, kind, and metadata with a name.",
                )
            yield from variables.unknown(document, (), index=index)


def _is_object(data: Data) -> bool:
    if not isinstance(data, dict) or not isinstance(data.get("metadata"), dict):
        return False
    return all(
        isinstance(text, str) and text
        for text in (data.get("apiVersion"), data.get("kind"), data["metadata"].get("name"))
    )


def _versions(component: Declaration) -> Iterator[Finding]:
    if "helm" in component.spec["source"]:
        return
    for environment, overlay in component.spec.get("environments", {}).items():
        if "version" in overlay:
            yield VERSION_WITHOUT_CHART.at(
                locate(component.document, ("spec", "environments", environment, "version"), on_key=True),
                "the component does not come from a chart, so there is no version of one",
                help="Take `version` out; the files in this repository are what is installed.",
            )


def _source(component: Declaration, catalog: Catalog) -> Iterator[Finding]:
    source = component.spec["source"]
    form = "kustomize" if "kustomize" in source else "manifests"
    if form not in source:
        return
    folder = source[form]["path"]
    place = locate(component.document, ("spec", "source", form, "path"))
    if not any(file.startswith(f"{folder}/") for file in catalog.source_places):
        yield SOURCE_MISSING.at(
            place, f"there are no YAML files in {folder}/", help="Correct the path, or add the files."
        )
        return
    is_kustomize = any(f"{folder}/{name}" in catalog.source_places for name in KUSTOMIZATION_FILES)
    if is_kustomize and form == "manifests":
        message = f"{folder}/ holds a kustomization file, so Argo CD would run Kustomize"
        yield SOURCE_AMBIGUOUS.at(
            place, message, help="Write `kustomize:` instead of `manifests:`, or delete the file."
        )
    elif not is_kustomize and form == "kustomize":
        message = f"{folder}/ holds no kustomization.yaml"
        yield SOURCE_AMBIGUOUS.at(place, message, help="Write `manifests:` instead of `kustomize:`, or add the file.")
