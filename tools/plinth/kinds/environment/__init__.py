"""Environment: a stage of promotion. It is rendered to what Argo CD needs before anything else."""

from plinth.kinds import Kind
from plinth.kinds.environment.render import environments, render
from plinth.kinds.environment.rules import PROMOTION_CYCLE, check

KIND = Kind(
    name="Environment",
    place="platform/environments/{name}.yaml",
    check=check,
    environments=environments,
    render=render,
    rules=(PROMOTION_CYCLE,),
)
