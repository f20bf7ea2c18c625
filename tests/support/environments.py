"""The committed environments, with facts and upstream outputs as a deployed one has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from shopctl import naming
from shopctl.facts import Facts
from shopctl.render import Json
from shopctl.spec import EnvSpec, find_env, load_spec
from shopctl.stacks import Stack, StackGraph, StackId, build_graph

PROJECT: Final = Path(__file__).parents[2]
ENVS: Final = ("dev", "local", "prod")
STACK_CASES: Final = tuple(
    (env, stack)
    for env, stacks in {
        "dev": ("base@eu-central-1", "site@eu-central-1", "edge"),
        "local": ("base@eu-west-1", "base@eu-central-1", "site@eu-central-1", "site@eu-west-1", "edge"),
        "prod": ("base@eu-west-1", "base@eu-central-1", "site@eu-central-1", "site@eu-west-1", "edge"),
    }.items()
    for stack in stacks
)


def committed(env: str) -> EnvSpec:
    """The committed env.yaml of ``env``."""
    return load_spec(find_env(PROJECT, env))


def deployed_facts(spec: EnvSpec) -> Facts:
    """The facts after bootstrap."""
    return replace(Facts.initial(spec), zone_id="Z0123456789ABCDEFGHIJ")


def graph_of(env: str) -> StackGraph:
    """The stacks of a committed environment."""
    spec = committed(env)
    return build_graph(spec, deployed_facts(spec))


def deployed_outputs(spec: EnvSpec, graph: StackGraph) -> dict[StackId, dict[str, Json]]:
    """Outputs of every stack, in the form that AWS gives them."""
    return {stack.id: _outputs(spec, stack) for stack in graph}


def _outputs(spec: EnvSpec, stack: Stack) -> dict[str, Json]:
    region = stack.region
    match stack.id.root:
        case "base":
            key = f"arn:aws:kms:{region}:{spec.account}:key/00000000-0000-4000-8000-00000000000"
            names = {purpose: naming.bucket_name(spec, purpose, region) for purpose in naming.BUCKET_PURPOSES}
            return {
                "bucket_arns": {purpose: f"arn:aws:s3:::{name}" for purpose, name in names.items()},
                "kms_key_arns": {purpose: f"{key}{n}" for n, purpose in enumerate(("data", "logs", "messaging"))},
            }
        case "site":
            count = {"per_az": 2, "single": 1, "none": 0}[spec.network_in(region).nat]
            last = spec.site_regions.index(region) * 100
            return {"nat_public_ips": {f"{region}{'ba'[n]}": f"203.0.113.{last + n + 1}" for n in range(count)}}
        case "edge":
            return {}
