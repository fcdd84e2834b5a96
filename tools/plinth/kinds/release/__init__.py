"""Release: the version of a model that serves in one environment."""

from plinth.kinds import Kind
from plinth.kinds.release.render import environments, render
from plinth.kinds.release.rules import REPLICAS_REVERSED, check

KIND = Kind(
    name="Release",
    place="models/{tenant}/{name}/{environment}.yaml",
    reserved=frozenset({"model.yaml"}),
    check=check,
    environments=environments,
    render=render,
    rules=(REPLICAS_REVERSED,),
)
