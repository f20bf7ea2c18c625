"""From env.yaml, facts and the outputs of other stacks to the variables of one stack, byte for byte the same each time.

The templates lay a file out; every value in them passes the ``hcl`` filter, which writes it as a literal that
Terraform reads back as the same value and never evaluates.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, TypeAlias, assert_never

from jinja2 import Environment, PackageLoader, StrictUndefined

from shopctl import naming
from shopctl.errors import PrerequisiteError, ShopctlError
from shopctl.facts import Facts
from shopctl.sections import RegionNetwork
from shopctl.spec import EnvSpec
from shopctl.stacks import EDGE_REGION, Input, Stack, StackId

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Upstream: TypeAlias = Mapping[StackId, Mapping[str, Json]]
Context: TypeAlias = dict[str, Json]

# Load balancers can write their access logs only to buckets with S3's own keys.
# Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
_BUCKETS_WITH_S3_KEYS: Final = frozenset({"logs"})
_BUCKETS_NOT_REPLICATED: Final = frozenset({"logs"})
# Which bucket holds what the CDN serves under a path.
_STATIC_PATHS: Final = {"images": "images", "static": "assets"}

# The role by which groups start instances from encrypted images.
# Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
AUTO_SCALING_ROLE: Final = "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


class MissingUpstream(ShopctlError):
    """A stack consumes outputs that are not known yet; it must wait for the stacks that make them."""

    code = "missing_upstream"

    def __init__(self, stack: StackId, inputs: tuple[Input, ...]) -> None:
        makers = dict.fromkeys(str(item.stack) for item in inputs)
        super().__init__(
            f"{stack} needs outputs that are not known yet: {', '.join(map(str, inputs))}",
            f"deploy first: {', '.join(makers)}",
        )
        self.stack = stack
        self.inputs = inputs


def render(spec: EnvSpec, facts: Facts, stack: Stack, upstream: Upstream) -> str:
    """The text of ``stack``'s terraform.tfvars.

    Pure but for reading the packaged templates; the same bytes for the same arguments; ends with a newline.
    Raises: MissingUpstream with the inputs that ``upstream`` lacks. PrerequisiteError if bootstrap did not run.
    """
    missing = tuple(item for item in stack.inputs if item.output not in upstream.get(item.stack, {}))
    if missing:
        raise MissingUpstream(stack.id, missing)
    template = _templates().get_template(f"{stack.id.root}.tfvars.j2")
    return template.render(_common(spec, stack) | _own(spec, facts, stack, upstream))


def backend_config(spec: EnvSpec, stack: Stack) -> dict[str, str]:
    """The ``-backend-config`` values that complete a stack's partial ``backend "s3"``.

    Pure.
    Source: https://developer.hashicorp.com/terraform/language/v1.11.x/backend/s3
    """
    config = {
        "bucket": stack.state.bucket,
        "encrypt": "true",
        "key": stack.state.key,
        "region": stack.state.region,
        "use_lockfile": "true",
    }
    # The local cloud has one host name, so a bucket can only be named in the path.
    return config | ({"use_path_style": "true"} if spec.cloud == "local" else {})


# --- what each root gets ---------------------------------------------------------------------------------------------


def _common(spec: EnvSpec, stack: Stack) -> Context:
    return {
        "account_id": spec.account,
        "cloud": spec.cloud,
        "env": spec.name,
        "name": naming.name(spec),
        "region": stack.region,
        "stack": str(stack.id),
        "tags": dict(naming.tags(spec, str(stack.id))),
    }


def _own(spec: EnvSpec, facts: Facts, stack: Stack, upstream: Upstream) -> Context:
    match stack.id.root:
        case "base":
            return _base(spec, facts, stack, upstream)
        case "site":
            return _site(spec, facts, stack, upstream)
        case "edge":
            return _edge(spec, facts, stack, upstream)
        case root:
            assert_never(root)


def _zone_id(spec: EnvSpec, facts: Facts) -> str:
    if facts.zone_id is None:
        reason = f"the hosted zone of {spec.domain} is not known yet"
        raise PrerequisiteError(reason, f"shopctl bootstrap --env {spec.name}")
    return facts.zone_id


def _base(spec: EnvSpec, facts: Facts, stack: Stack, upstream: Upstream) -> Context:
    # What both regions share is made once, in the primary region: it stays there through a failover.
    is_primary = stack.region == spec.regions.primary
    zone_id = _zone_id(spec, facts)
    return {
        "backup": _backup(spec, stack),
        "buckets": {purpose: _bucket(spec, purpose, stack.region) for purpose in naming.BUCKET_PURPOSES},
        "cdn_buckets": [*naming.CDN_BUCKET_PURPOSES],
        "certificate": {"domain": spec.domain, "zone_id": zone_id if is_primary else None},
        "compute_grantee": f"arn:aws:iam::{spec.account}:role/{AUTO_SCALING_ROLE}",
        "deletion_protection": spec.deletion_protection,
        "has_dr": spec.has_dr,
        "has_secrets": is_primary,
        "logs_service": f"logs.{stack.region}.amazonaws.com",
        "replication": _replication(stack, upstream),
        "secret_replica_regions": [*_secret_replica_regions(spec)] if is_primary else [],
    }


def _secret_replica_regions(spec: EnvSpec) -> tuple[str, ...]:
    """Where secrets are read besides the primary region: at the disaster recovery site, and by the edge. Pure."""
    return tuple(sorted({*spec.site_regions, EDGE_REGION} - {spec.regions.primary}))


def _backup(spec: EnvSpec, stack: Stack) -> Json:
    backup = spec.backup
    other = next((region for region in spec.site_regions if region != stack.region), None)
    hour, _, minute = backup.daily_at_utc.partition(":")
    return {
        "copy": {"retention_days": backup.copy_retention_days, "vault_arn": naming.copies_vault_arn(spec, other)}
        if other
        else None,
        "lock": backup.lock.model_dump(mode="json") if backup.lock else None,
        "plan_enabled": stack.role == "active",
        "retention_days": backup.retention_days,
        # https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html
        "schedule": f"cron({int(minute)} {int(hour)} * * ? *)",
        "selection_arns": [f"arn:aws:rds:{stack.region}:{spec.account}:db:{naming.name(spec)}-*"],
    }


def _bucket(spec: EnvSpec, purpose: str, region: str) -> Json:
    return {
        "encryption": "s3" if purpose in _BUCKETS_WITH_S3_KEYS else "kms",
        "lifecycle": getattr(spec.storage, purpose).model_dump(mode="json"),
        "name": naming.bucket_name(spec, purpose, region),
    }


def _replication(stack: Stack, upstream: Upstream) -> Json:
    """Where the active region's buckets are copied to; None for the standby and without a second region."""
    target = next((item.stack for item in stack.inputs), None)
    if target is None:
        return None
    arns = _mapping(upstream[target]["bucket_arns"])
    return {
        "bucket_arns": {purpose: arn for purpose, arn in arns.items() if purpose not in _BUCKETS_NOT_REPLICATED},
        "kms_key_arn": _mapping(upstream[target]["kms_key_arns"])["data"],
        "region": target.region,
    }


def _site(spec: EnvSpec, facts: Facts, stack: Stack, upstream: Upstream) -> Context:
    network = spec.network_in(stack.region)
    return {
        "alert_emails": _alert_emails(spec),
        "base": {
            item.output: upstream[item.stack][item.output]
            for item in stack.inputs
            if item.stack == StackId("base", stack.region) and item.output != "secret_arns"
        },
        "compute": _compute(spec, facts, stack),
        "control_buckets": {region: naming.control_bucket(spec, region) for region in spec.control_regions},
        "database": _database(spec, facts, stack, upstream),
        "deletion_protection": spec.deletion_protection,
        "domain": spec.domain,
        "log_retention_days": spec.observability.log_retention_days,
        "network": {
            "cidr": network.cidr,
            "flow_log_retention_days": spec.network.flow_log_retention_days,
            "nat": network.nat,
            "subnets": dict(_subnets(network, stack.region)),
        },
        "queues": spec.queue.model_dump(mode="json"),
        "role": stack.role,
        "secret_arns": _secret_arns(spec, stack, upstream),
    }


def _alert_emails(spec: EnvSpec) -> Json:
    return [*sorted(set(spec.observability.alert_emails))]


def _compute(spec: EnvSpec, facts: Facts, stack: Stack) -> Json:
    """The servers of a region. A standby's are off; how many the active region has, a failover may have decided."""
    compute = spec.compute
    least = 0 if stack.role == "standby" else facts.capacity if facts.capacity is not None else compute.min_instances
    most = 0 if stack.role == "standby" else max(compute.max_instances, least)
    return {
        "capacity": {"max": most, "min": least},
        "image_id": facts.image_ids.get(stack.region),
        "instance_type": compute.instance_type,
        "scaling": compute.scaling.model_dump(mode="json"),
        "volume_gib": compute.volume_gib,
    }


def _database(spec: EnvSpec, facts: Facts, stack: Stack, upstream: Upstream) -> Json:
    """The database of a region: writable in the active one, in a standby a replica of it or nothing."""
    source = next((upstream[item.stack][item.output] for item in stack.inputs if item.output == "database"), None)
    if stack.role == "standby" and source is None:
        return None
    database = spec.database
    return {
        "backup": {"retention_days": database.backup_retention_days, "window": database.backup_window},
        "engine": {"name": database.engine, "version": database.version},
        "generation": facts.generation,
        "instance_class": database.instance_class,
        "maintenance_window": database.maintenance_window,
        "max_connections": database.max_connections,
        "monitoring": {
            "enhanced_interval_seconds": database.monitoring_interval_seconds,
            "performance_insights_days": database.performance_insights_days,
        },
        "multi_az": database.multi_az and stack.role == "active",
        "read_replicas": database.read_replicas if stack.role == "active" else 0,
        "source_arn": _mapping(source)["arn"] if source is not None else None,
        "storage": database.storage.model_dump(mode="json"),
    }


def _secret_arns(spec: EnvSpec, stack: Stack, upstream: Upstream) -> Json:
    """The secrets as this region knows them: a replica has the ARN of its original but for the region.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
    """
    primary = spec.regions.primary
    arns = _mapping(upstream[StackId("base", primary)]["secret_arns"])
    return {purpose: str(arn).replace(f":{primary}:", f":{stack.region}:", 1) for purpose, arn in arns.items()}


def _subnets(network: RegionNetwork, region: str) -> Iterator[tuple[str, Json]]:
    for tier, subnets in network.subnets.tiers.items():
        for zone, cidr in subnets.items():
            yield f"{tier}-{zone}", {"availability_zone": f"{region}{zone}", "cidr": cidr, "tier": tier}


def _edge(spec: EnvSpec, facts: Facts, stack: Stack, upstream: Upstream) -> Context:
    sites = {item.stack.region or "": upstream[item.stack] for item in sorted(stack.inputs)}
    balancers = {region: outputs["load_balancer"] for region, outputs in sites.items()}
    return {
        "alert_emails": _alert_emails(spec),
        "cdn": {
            "aliases": [spec.domain, f"www.{spec.domain}"],
            "price_class": spec.edge.price_class,
            "static": {
                path: {
                    "failover": naming.bucket_domain(spec, purpose, spec.regions.dr) if spec.regions.dr else None,
                    "primary": naming.bucket_domain(spec, purpose, spec.regions.primary),
                }
                for path, purpose in _STATIC_PATHS.items()
            },
        },
        "dns": {"domain": spec.domain, "zone_id": _zone_id(spec, facts)},
        "egress_ips": {
            region: [*sorted(str(address) for address in _mapping(outputs["nat_public_ips"]).values())]
            for region, outputs in sites.items()
        },
        "origins": {
            "primary": _origin(balancers[spec.regions.primary]),
            "secondary": _origin(balancers[spec.regions.dr]) if spec.regions.dr else None,
        },
        "switch": {"alarm_name": naming.traffic_switch(spec), "region": spec.regions.dr} if spec.regions.dr else None,
        "waf": {
            "blocked_countries": [*sorted(set(spec.edge.blocked_countries))],
            "log_retention_days": spec.observability.log_retention_days,
            "rate_limit_per_5_minutes": spec.edge.rate_limit_per_5_minutes,
        },
    }


def _origin(balancer: Json) -> Json:
    return {key: _mapping(balancer)[key] for key in ("dns_name", "zone_id")}


def _mapping(value: Json) -> Mapping[str, Json]:
    """An upstream output that is a map by the contract between the stacks."""
    if not isinstance(value, dict):
        raise TypeError(f"an upstream output must be a map, not {type(value).__name__}")
    return value


# --- HCL -------------------------------------------------------------------------------------------------------------


class Hcl(str):
    """A text that is HCL already."""

    __slots__ = ()


def hcl(value: Json, depth: int = 0) -> Hcl:
    """``value`` as an HCL literal in the layout of ``terraform fmt``, within ``depth`` levels of indentation.

    Pure and deterministic; maps are sorted by key.
    Raises: TypeError for anything that is not JSON, ValueError for NaN and infinities.
    Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md (templates, numeric literals)
    """
    match value:
        case bool() | None:
            text = json.dumps(value)
        case int() | float() if math.isfinite(value):
            text = repr(value)
        case int() | float():
            raise ValueError("HCL has no number that is not finite")
        case str():
            text = _quoted(value)
        case list():
            text = f"[{', '.join(hcl(item, depth) for item in value)}]"
        case dict():
            text = _object(value, depth)
        case _:
            raise TypeError(f"{type(value).__name__} has no form in HCL")
    return Hcl(text)


def _object(value: Mapping[str, Json], depth: int) -> str:
    if not value:
        return "{}"
    inner, outer = "  " * (depth + 1), "  " * depth
    rows = [(_key(key), hcl(item, depth + 1)) for key, item in sorted(value.items())]
    lines = [f"{inner}{key.ljust(width)} = {text}" for (key, text), width in zip(rows, _widths(rows), strict=True)]
    return "\n".join(("{", *lines, outer + "}"))


def _widths(rows: list[tuple[str, Hcl]]) -> list[int]:
    """To which width each key is padded: as its neighbours, where value after value takes a single line."""
    widths = [0] * len(rows)
    start = 0
    for index in range(len(rows) + 1):
        if index == len(rows) or "\n" in rows[index][1]:
            run = range(start, index)
            for member in run:
                widths[member] = max(len(rows[other][0]) for other in run)
            start = index + 1
    return widths


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", key) else _quoted(key)


# What ends a string or begins an expression within one.
_SPECIAL: Final = re.compile(r"""[$%]\{|[\\"\x00-\x1f\x7f]""")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "${": "$${", "%{": "%%{"}


def _quoted(text: str) -> str:
    escaped = _SPECIAL.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", text)
    return f'"{escaped}"'


def _only_hcl(value: object) -> Hcl:
    """Refuse a template's expression that bypassed the ``hcl`` filter."""
    if not isinstance(value, Hcl):
        raise TypeError("every value in a template passes the hcl filter")
    return value


@cache
def _templates() -> Environment:
    environment = Environment(  # noqa: S701 - the output is HCL, not HTML, and _only_hcl lets nothing unescaped through
        loader=PackageLoader("shopctl"),
        undefined=StrictUndefined,
        finalize=_only_hcl,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["hcl"] = hcl
    environment.filters["comment"] = lambda text: Hcl(re.sub(r"[\r\n]", " ", text))
    return environment
