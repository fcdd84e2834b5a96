"""Pipeline: tasks that Airflow runs, rendered to a DAG file."""

from plinth.kinds import Kind, listed_environments
from plinth.kinds.pipeline.render import render
from plinth.kinds.pipeline.rules import RULES, check, check_overlays

KIND = Kind(
    name="Pipeline",
    place="pipelines/{tenant}/{name}.yaml",
    check=check,
    check_overlays=check_overlays,
    environments=listed_environments,
    render=render,
    rules=RULES,
)
