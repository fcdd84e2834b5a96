"""``plinth crds``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plinth.cli.root import find_root, root_option

if TYPE_CHECKING:
    from plinth.crds import CustomResourceSchema


@click.group(name="crds")
def command() -> None:
    """Manage the schemas of custom resources, in schemas/kubernetes/."""


@command.command(name="import")
@root_option
@click.argument(
    "files", metavar="FILE…", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def import_(root: Path | None, files: tuple[Path, ...]) -> None:
    """Make schemas of custom resources from their CustomResourceDefinitions.

    Every served version of every definition in the files becomes schemas/kubernetes/<group>/<version>/<Kind>.schema.json.
    Other objects in the files are passed over.

    \b
    Examples:
      plinth crds import operator-crds.yaml
      helm show crds oci://quay.io/jetstack/charts/cert-manager > crds.yaml && plinth crds import crds.yaml
    """
    from plinth.crds import schema_path, serialise  # noqa: PLC0415 - `--help` needs none

    folder = find_root(root) / "schemas" / "kubernetes"
    schemas = [schema for file in files for schema in _read(file)]
    for schema in schemas:
        path = folder / schema_path(schema.group, schema.version, schema.kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(serialise(schema.schema), encoding="utf-8")
        click.echo(f"{schema.kind} {schema.group}/{schema.version}: {path}")


def _read(file: Path) -> list[CustomResourceSchema]:
    import yaml  # noqa: PLC0415

    from plinth.crds import CrdError, schemas_of  # noqa: PLC0415
    from plinth.yamlio import guard  # noqa: PLC0415

    try:
        if guard.is_too_deep(file.read_text(encoding="utf-8")):
            raise click.UsageError(f"{file} is nested too deep to be a definition")
        documents = list(yaml.load_all(file.read_bytes(), Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        raise click.UsageError(f"{file} is not YAML: {error}") from error
    found: list[CustomResourceSchema] = []
    for document in documents:
        if isinstance(document, dict) and document.get("kind") == "CustomResourceDefinition":
            try:
                found.extend(schemas_of(document))
            except CrdError as error:
                raise click.UsageError(f"{file}: {error}") from error
    if not found:
        raise click.UsageError(f"{file} holds no CustomResourceDefinition")
    return found
