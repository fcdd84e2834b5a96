"""Time each stage of a check on a fleet: thousands of declarations of the example's shapes.

Prints medians over runs and ratios within this one call; machines differ, ratios less so. The growth is the time for
the fleet over the time for half of it: 2 is linear.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
FULL = {"tenants": 1000, "pipelines": 3000, "models": 3334}
ENVIRONMENTS = ("dev", "staging", "production")


def main() -> None:
    """Parse the arguments and measure, or be one measured run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full fleet, such as 0.1 (default: 1)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each size (default: 3)")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one)))
        return
    with tempfile.TemporaryDirectory() as folder:
        fleets = {"half": arguments.scale / 2, "full": arguments.scale}
        for name, scale in fleets.items():
            make_fleet(Path(folder) / name, scale)
        results = {name: [run_alone(Path(folder) / name) for _ in range(arguments.runs)] for name in fleets}
    show(results["half"], results["full"])


def make_fleet(root: Path, scale: float) -> None:
    """Write a repository of tenants, pipelines and releases in all three environments, shaped like the example's."""
    for folder in ("platform", "schemas/kubernetes"):
        _copy(REPOSITORY / folder, root / folder)
    counts = {name: max(1, round(count * scale)) for name, count in FULL.items()}
    shapes = {
        "tenant": (REPOSITORY / "tenants/flights/tenant.yaml").read_text(encoding="utf-8"),
        "pipeline": (REPOSITORY / "pipelines/flights/train-ontime.yaml").read_text(encoding="utf-8"),
        "model": (REPOSITORY / "models/flights/ontime/model.yaml").read_text(encoding="utf-8"),
        **{
            environment: (REPOSITORY / f"models/flights/ontime/{environment}.yaml").read_text(encoding="utf-8")
            for environment in ENVIRONMENTS
        },
    }
    datasets = {
        path.name: path.read_text(encoding="utf-8") for path in (REPOSITORY / "pipelines/flights/datasets").iterdir()
    }
    for number in range(counts["tenants"]):
        team = f"team-{number}"
        _write(root / f"tenants/{team}/tenant.yaml", shapes["tenant"].replace("flights", team))
        for name, text in datasets.items():
            _write(root / f"pipelines/{team}/datasets/{name}", text.replace("flights", team))
    for number in range(counts["pipelines"]):
        team, name = f"team-{number % counts['tenants']}", f"train-{number}"
        text = shapes["pipeline"].replace("train-ontime", name).replace("flights", team)
        _write(root / f"pipelines/{team}/{name}.yaml", text)
    for number in range(counts["models"]):
        team, name = f"team-{number % counts['tenants']}", f"model-{number}"
        trainer = f"train-{number % counts['tenants']}"
        for file in ("model", *ENVIRONMENTS):
            text = shapes[file].replace("train-ontime", trainer).replace("ontime", name).replace("flights", team)
            _write(root / f"models/{team}/{name}/{file}.yaml", text)


def _copy(source: Path, target: Path) -> None:
    for path in source.rglob("*"):
        if path.is_file():
            _write(target / path.relative_to(source), path.read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run_alone(root: Path) -> dict[str, float]:
    """Measure in a process of its own, so that peak memory is this run's."""
    command = [sys.executable, __file__, "--one", str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def measure(root: Path) -> dict[str, float]:
    """Run all stages once; return seconds by stage, the total, megabytes of memory, and counts."""
    from plinth import output, pipeline  # noqa: PLC0415 - only the measured process needs it

    result = pipeline.run(root)
    if result.findings:
        first = result.findings[0]
        raise SystemExit(f"the fleet is not clean: {first.location}: {first.message}")
    output.write(root / "rendered", result.tree)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    return {
        **result.seconds,
        "total": sum(result.seconds.values()),
        "memory": peak,
        "declarations": result.declaration_count,
        "manifests": sum(bundle.manifest_count for bundle in result.bundles),
    }


def show(half: list[dict[str, float]], full: list[dict[str, float]]) -> None:
    """Print the table."""

    def median(runs: list[dict[str, float]], name: str) -> float:
        return statistics.median(run[name] for run in runs)

    total = median(full, "total")
    print(
        f"{median(full, 'declarations'):,.0f} declarations, {median(full, 'manifests'):,.0f} manifests, 3 environments"
    )
    print(f"{'stage':<10} {'seconds':>8} {'share':>6} {'growth for twice the fleet':>27}")
    for stage in [name for name in full[0] if name not in {"memory", "declarations", "manifests"}]:
        seconds = median(full, stage)
        print(f"{stage:<10} {seconds:8.2f} {seconds / total:6.0%} {seconds / median(half, stage):27.2f}")
    print(f"peak memory {median(full, 'memory'):,.0f} MiB; medians of {len(full)} runs")


if __name__ == "__main__":
    main()
