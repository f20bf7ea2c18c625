"""What of an environment is found by its name alone: it can't carry tags, lost them, or no tag list has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from shopctl import naming
from shopctl.aws.cloud import GLOBAL_REGION, Cloud
from shopctl.spec import EnvSpec

_EDGE: Final = "(?:-edge)?"  # what the names of the edge have more than those of a region


@dataclass(frozen=True, slots=True)
class Trace:
    """Something that stands under a name of the environment. ``is_own`` says that bootstrap made it."""

    region: str
    arn: str
    stack: str | None = None
    is_own: bool = False


def regional_traces(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[Trace]:
    """What stands in one region: aliases, log groups, secrets, scaling groups, snapshots. Reads only.

    Raises: ClientError, to be explained.
    """
    for look in (_aliases, _log_groups, _secrets, _snapshots):
        for arn in look(cloud, spec, region):
            yield Trace(region, arn)
    yield from _groups(cloud, spec, region)


def global_traces(cloud: Cloud, spec: EnvSpec) -> Iterator[Trace]:
    """What has no region, and the buckets of all regions. Reads only. Raises: ClientError, to be explained."""
    yield from _roles(cloud, spec)
    yield from _buckets(cloud, spec)
    yield from _at_cloudfront(cloud, spec)


def service_log_groups(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[str]:
    """The names of the log groups of the environment's databases. RDS makes them anew when a late line comes in.

    Source: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html.
    """
    ours = re.compile(f"/aws/rds/instance/{_database(spec)}/.+")
    groups = _groups_of_logs(cloud, region, f"/aws/rds/instance/{naming.name(spec)}-g")
    return (group["logGroupName"] for group in groups if ours.fullmatch(group["logGroupName"]))


def _log_groups(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[str]:
    name = naming.name(spec)
    own = f"{re.escape(name)}{_EDGE}"
    ours = re.compile(f"/{own}/.+|aws-waf-logs-{own}|/aws/rds/instance/{_database(spec)}/.+")
    for prefix in (f"/{name}", f"aws-waf-logs-{name}", f"/aws/rds/instance/{name}-g"):
        for group in _groups_of_logs(cloud, region, prefix):
            if ours.fullmatch(group["logGroupName"]):
                yield group["arn"].removesuffix(":*")


def _groups_of_logs(cloud: Cloud, region: str, prefix: str) -> Iterator[Any]:
    pages = cloud.logs(region).get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    return (group for page in pages for group in page["logGroups"])


def _database(spec: EnvSpec) -> str:
    """The pattern of the environment's database identifiers, replicas included."""
    return rf"{re.escape(naming.name(spec))}-g\d+(?:-r\d+)?"


def _aliases(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[str]:
    # A purpose has no hyphen, so that an environment "blue" does not find what is of an environment "blue-two".
    alias_name = re.compile(f"alias/{re.escape(naming.name(spec))}{_EDGE}-[a-z0-9]+")
    for page in cloud.kms(region).get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if alias_name.fullmatch(alias["AliasName"]):
                yield alias["AliasArn"]


def _secrets(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[str]:
    """Also the copies of the secrets of another region."""
    named: Any = [{"Key": "name", "Values": [naming.secret_name(spec, "")]}]
    for page in cloud.secrets(region).get_paginator("list_secrets").paginate(Filters=named):
        for secret in page["SecretList"]:
            yield secret["ARN"]


def _groups(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[Trace]:
    scaling = cloud.untyped("autoscaling", region)
    for group in scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[naming.name(spec)])["AutoScalingGroups"]:
        tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
        yield Trace(region, group["AutoScalingGroupARN"], tags.get("Stack"))


def _snapshots(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[str]:
    """Snapshots that are kept when their database goes, with or without its tags."""
    ours = re.compile(_database(spec))
    pages = cloud.untyped("rds", region).get_paginator("describe_db_snapshots").paginate(SnapshotType="manual")
    for snapshot in (snapshot for page in pages for snapshot in page["DBSnapshots"]):
        if ours.fullmatch(snapshot["DBInstanceIdentifier"]):
            yield snapshot["DBSnapshotArn"]


def _roles(cloud: Cloud, spec: EnvSpec) -> Iterator[Trace]:
    iam = cloud.iam()
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if role["RoleName"].startswith(f"{naming.name(spec)}-"):
                tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=role["RoleName"])["Tags"]}
                if tags.get("Environment", spec.name) == spec.name:
                    yield Trace(GLOBAL_REGION, role["Arn"], tags.get("Stack"))


def _buckets(cloud: Cloud, spec: EnvSpec) -> Iterator[Trace]:
    for region in spec.control_regions:
        purposes = (*naming.BUCKET_PURPOSES, *naming.OWN_BUCKET_PURPOSES)
        names = {naming.bucket_name(spec, purpose, region): purpose for purpose in purposes}
        pages = cloud.s3(region).get_paginator("list_buckets")
        for page in pages.paginate(Prefix=f"{naming.name(spec)}-", BucketRegion=region):
            for bucket in page["Buckets"]:
                if bucket["Name"] in names:
                    is_own = names[bucket["Name"]] in naming.OWN_BUCKET_PURPOSES
                    yield Trace(region, f"arn:aws:s3:::{bucket['Name']}", is_own=is_own)


def _at_cloudfront(cloud: Cloud, spec: EnvSpec) -> Iterator[Trace]:
    """The access control and the header policies of the distribution, whose exact names no other environment has."""
    cloudfront, name = cloud.untyped("cloudfront"), naming.name(spec)
    arn = f"arn:aws:cloudfront::{spec.account}"
    for page in cloudfront.get_paginator("list_origin_access_controls").paginate():
        for control in page["OriginAccessControlList"].get("Items", ()):
            if control["Name"] == name:
                yield Trace(GLOBAL_REGION, f"{arn}:origin-access-control/{control['Id']}")
    policies = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
    for item in policies.get("Items", ()):
        policy = item["ResponseHeadersPolicy"]
        if policy["ResponseHeadersPolicyConfig"]["Name"] in {f"{name}-files", f"{name}-pages"}:
            yield Trace(GLOBAL_REGION, f"{arn}:response-headers-policy/{policy['Id']}")
