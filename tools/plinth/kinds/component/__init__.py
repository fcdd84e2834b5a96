"""Component: a part of the platform, from a chart, a Kustomize directory or plain manifests."""

from plinth.kinds import Kind
from plinth.kinds.component.render import environments, overlays, render
from plinth.kinds.component.rules import RULES, check
from plinth.variables import VARIABLE_UNKNOWN

KIND = Kind(
    name="Component",
    place="platform/components/{name}.yaml",
    check=check,
    environments=environments,
    overlays=overlays,
    overlays_are_parts=False,
    render=render,
    rules=(*RULES, VARIABLE_UNKNOWN),
)
