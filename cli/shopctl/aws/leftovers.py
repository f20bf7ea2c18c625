"""What of an environment still stands in AWS, whatever any state says: the proof behind ``destroy``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopctl import naming
from shopctl.adopt import Tagged
from shopctl.aws.cloud import GLOBAL_REGION, Cloud
from shopctl.aws.faults import explained
from shopctl.aws.liveness import is_live, unless_absent
from shopctl.spec import EnvSpec

BOOTSTRAP = "bootstrap"  # what stands in the tag Stack of all that no stack owns


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that stands. ``stack`` is what its tag says, None where it has no tag and was found by its name."""

    region: str
    arn: str
    stack: str | None


def scan(cloud: Cloud, spec: EnvSpec) -> tuple[Leftover, ...]:
    """Return all that carries the environment's tags or its name, in each of its regions, sorted. Reads only.

    The tagging API knows neither IAM roles nor KMS aliases, and nothing that lost its tags; those are found by name.
    What is gone or goes by itself (a key or a secret in its waiting time) is left out.
    Raises: AwsFailed.
    """
    regions = tuple(dict.fromkeys((*spec.control_regions, GLOBAL_REGION)))
    found: dict[str, Leftover] = {}
    for region in regions:
        with explained(f"looking for what is left of {spec.name} in {region}"):
            for leftover in (*_tagged(cloud, spec, region), *_named(cloud, spec, region)):
                found.setdefault(leftover.arn, leftover)
    with explained(f"looking for what is left of {spec.name} in IAM and S3"):
        for leftover in (*_roles(cloud, spec), *_buckets(cloud, spec)):
            found.setdefault(leftover.arn, leftover)
    return tuple(sorted(found.values(), key=lambda left: (left.region, left.arn)))


def delete_secret_now(cloud: Cloud, name: str, region: str) -> None:
    """Delete a secret without its waiting time, which would keep its name; one that is gone is fine. No way back.

    Raises: AwsFailed.
    """
    secrets = cloud.secrets(region)
    with explained(f"deleting secret {name}"):
        unless_absent(lambda: secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True), otherwise=None)


def _tagged(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[Leftover]:
    pages = (
        cloud.tagging(region)
        .get_paginator("get_resources")
        .paginate(
            TagFilters=[{"Key": "Project", "Values": [spec.project]}, {"Key": "Environment", "Values": [spec.name]}]
        )
    )
    for page in pages:
        for item in page["ResourceTagMappingList"]:
            if _is_live(cloud, region, item["ResourceARN"]):
                stack = next((tag["Value"] for tag in item["Tags"] if tag["Key"] == "Stack"), None)
                yield Leftover(region, item["ResourceARN"], stack)


def _is_live(cloud: Cloud, region: str, arn: str) -> bool:
    zone = arn.partition(":hostedzone/")[2]
    if zone:
        return unless_absent(lambda: bool(cloud.route53().get_hosted_zone(Id=zone)), otherwise=False)
    standing = Tagged(arn, name="").standing
    return standing is None or is_live(cloud, region, standing)


def _named(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[Leftover]:
    name = naming.name(spec)
    # A purpose has no hyphen, so that an environment "blue" does not find what is of an environment "blue-two".
    alias_name = re.compile(re.escape(naming.key_alias(spec, "")) + "[a-z0-9]+")
    for aliases in cloud.kms(region).get_paginator("list_aliases").paginate():
        for alias in aliases["Aliases"]:
            if alias_name.fullmatch(alias["AliasName"]):
                yield Leftover(region, alias["AliasArn"], None)
    for groups in cloud.logs(region).get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/{name}/"):
        for group in groups["logGroups"]:
            yield Leftover(region, group["arn"].removesuffix(":*"), None)
    secret_pages = (
        cloud.secrets(region)
        .get_paginator("list_secrets")
        .paginate(Filters=[{"Key": "name", "Values": [naming.secret_name(spec, "")]}])
    )
    for secrets in secret_pages:
        for secret in secrets["SecretList"]:
            yield Leftover(region, secret["ARN"], None)


def _roles(cloud: Cloud, spec: EnvSpec) -> Iterator[Leftover]:
    iam = cloud.iam()
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if role["RoleName"].startswith(f"{naming.name(spec)}-"):
                tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=role["RoleName"])["Tags"]}
                if tags.get("Environment", spec.name) == spec.name:
                    yield Leftover(GLOBAL_REGION, role["Arn"], tags.get("Stack"))


def _buckets(cloud: Cloud, spec: EnvSpec) -> Iterator[Leftover]:
    for region in spec.control_regions:
        purposes = (*naming.BUCKET_PURPOSES, *naming.OWN_BUCKET_PURPOSES)
        names = {naming.bucket_name(spec, purpose, region): purpose for purpose in purposes}
        pages = cloud.s3(region).get_paginator("list_buckets")
        for page in pages.paginate(Prefix=f"{naming.name(spec)}-", BucketRegion=region):
            for bucket in page["Buckets"]:
                if bucket["Name"] in names:
                    is_own = names[bucket["Name"]] in naming.OWN_BUCKET_PURPOSES
                    yield Leftover(region, f"arn:aws:s3:::{bucket['Name']}", BOOTSTRAP if is_own else None)
