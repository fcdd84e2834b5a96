"""Dataset: data that pipelines read and write. It is referred to and not rendered by itself."""

from plinth.kinds import Kind

KIND = Kind(name="Dataset", place="pipelines/{tenant}/datasets/{name}.yaml")
