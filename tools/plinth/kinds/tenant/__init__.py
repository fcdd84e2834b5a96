"""Tenant: a team, and the namespace that it gets in each of its environments."""

from plinth.kinds import Kind, listed_environments
from plinth.kinds.tenant.render import render

KIND = Kind(name="Tenant", place="tenants/{name}/tenant.yaml", environments=listed_environments, render=render)
