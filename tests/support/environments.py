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
    match stack.id.root:
        case "base":
            return _base_outputs(spec, stack.region)
        case "site":
            return _site_outputs(spec, stack)
        case "edge":
            return {}


def _base_outputs(spec: EnvSpec, region: str) -> dict[str, Json]:
    key = f"arn:aws:kms:{region}:{spec.account}:key/00000000-0000-4000-8000-00000000000"
    secret = f"arn:aws:secretsmanager:{region}:{spec.account}:secret:{naming.name(spec)}"
    names = {purpose: naming.bucket_name(spec, purpose, region) for purpose in naming.BUCKET_PURPOSES}
    secrets = naming.SECRET_PURPOSES if region == spec.regions.primary else ()
    return {
        "bucket_arns": {purpose: f"arn:aws:s3:::{name}" for purpose, name in names.items()},
        "bucket_names": {**names},
        "certificate_arn": f"arn:aws:acm:{region}:{spec.account}:certificate/00000000-0000-4000-8000-000000000000",
        "kms_key_arns": {purpose: f"{key}{n}" for n, purpose in enumerate(naming.KEY_PURPOSES)},
        "secret_arns": {purpose: f"{secret}/{purpose}-a1b2c3" for purpose in secrets},
    }


def _site_outputs(spec: EnvSpec, stack: Stack) -> dict[str, Json]:
    region = stack.region
    count = {"per_az": 2, "single": 1, "none": 0}[spec.network_in(region).nat]
    last = spec.site_regions.index(region) * 100
    has_database = stack.role == "active" or spec.dr.database == "replica"
    arn = f"arn:aws:rds:{region}:{spec.account}:db:{naming.name(spec)}-g1"
    return {
        "database": {"arn": arn} if has_database else None,
        "load_balancer": {"dns_name": f"{naming.name(spec)}-1.{region}.elb.amazonaws.com", "zone_id": "Z215JYRZR1TBD5"},
        "nat_public_ips": {f"{region}{'ba'[n]}": f"203.0.113.{last + n + 1}" for n in range(count)},
    }
