"""What of an environment still stands in AWS, whatever any state says: the proof behind ``destroy``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shopctl.aws.cloud import GLOBAL_REGION, Cloud
from shopctl.aws.faults import explained
from shopctl.aws.liveness import is_live, is_running, unless_absent
from shopctl.aws.traces import global_traces, regional_traces
from shopctl.kinds import standing_of
from shopctl.spec import EnvSpec

BOOTSTRAP = "bootstrap"  # what stands in the tag Stack of all that no stack owns


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that stands. ``stack`` is what its tag says, None where it has no tag and was found by its name."""

    region: str
    arn: str
    stack: str | None

    @property
    def is_kept(self) -> bool:
        """Whether it is kept on purpose: a database's snapshot that a person or a last deletion made."""
        _, _, service, _, _, resource = self.arn.split(":", 5)
        # Automated ones are named rds:..., those that are recovery points of a vault awsbackup:...
        return service == "rds" and resource.startswith("snapshot:") and resource.count(":") == 1


def scan(cloud: Cloud, spec: EnvSpec) -> tuple[Leftover, ...]:
    """Return all that carries the environment's tags or its name, in each of its regions, sorted. Reads only.

    The tagging API knows neither IAM roles, scaling groups nor KMS aliases, nor what can't carry tags or lost them;
    those are found by name. What is gone or goes by itself (a key or a secret in its waiting time) is left out.
    Raises: AwsFailed.
    """
    regions = tuple(dict.fromkeys((*spec.control_regions, GLOBAL_REGION)))
    found: dict[str, Leftover] = {}
    for region in regions:
        with explained(f"looking for what is left of {spec.name} in {region}"):
            for leftover in (*_tagged(cloud, spec, region), *_named(cloud, spec, region)):
                found.setdefault(leftover.arn, leftover)
    with explained(f"looking for what is left of {spec.name} in IAM, S3 and CloudFront"):
        for trace in global_traces(cloud, spec):
            found.setdefault(trace.arn, Leftover(trace.region, trace.arn, BOOTSTRAP if trace.is_own else trace.stack))
    return tuple(sorted(found.values(), key=lambda left: (left.region, left.arn)))


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
            if _stands(cloud, region, item["ResourceARN"]):
                stack = next((tag["Value"] for tag in item["Tags"] if tag["Key"] == "Stack"), None)
                yield Leftover(region, item["ResourceARN"], stack)


def _named(cloud: Cloud, spec: EnvSpec, region: str) -> Iterator[Leftover]:
    return (Leftover(trace.region, trace.arn, trace.stack) for trace in regional_traces(cloud, spec, region))


def _stands(cloud: Cloud, region: str, arn: str) -> bool:
    """Whether what the tagging API lists is there; what services make beside the stacks' resources is asked for too."""
    _, _, service, _, _, resource = arn.split(":", 5)
    kind, _, name = resource.replace(":", "/", 1).partition("/")
    look = _LOOKS.get((service, kind))
    if look is not None:
        return unless_absent(lambda: look(cloud, region, name), otherwise=False)
    standing = standing_of(arn)
    return standing is None or is_live(cloud, region, standing)


def _zone_stands(cloud: Cloud, _region: str, name: str) -> bool:
    return bool(cloud.route53().get_hosted_zone(Id=name))


def _instance_runs(cloud: Cloud, region: str, name: str) -> bool:
    reservations = cloud.ec2(region).describe_instances(InstanceIds=[name])["Reservations"]
    return any(is_running(instance) for each in reservations for instance in each["Instances"])


def _interface_stands(cloud: Cloud, region: str, name: str) -> bool:
    return bool(cloud.ec2(region).describe_network_interfaces(NetworkInterfaceIds=[name])["NetworkInterfaces"])


def _snapshot_stands(cloud: Cloud, region: str, name: str) -> bool:
    """An automated snapshot goes with its database; AWS Backup's are told of only where they are asked for.

    Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html (SnapshotType).
    """
    kind = {"SnapshotType": "awsbackup"} if name.startswith("awsbackup:") else {}
    found: Any = cloud.untyped("rds", region).describe_db_snapshots(DBSnapshotIdentifier=name, **kind)["DBSnapshots"]
    return any(snapshot["SnapshotType"] != "automated" for snapshot in found)


def _volume_stands(cloud: Cloud, region: str, name: str) -> bool:
    found = cloud.ec2(region).describe_volumes(VolumeIds=[name])["Volumes"]
    return any(volume["State"] not in {"deleted", "deleting"} for volume in found)


_LOOKS: dict[tuple[str, str], Callable[[Cloud, str, str], bool]] = {
    ("ec2", "instance"): _instance_runs,
    ("ec2", "network-interface"): _interface_stands,
    ("ec2", "volume"): _volume_stands,
    ("rds", "snapshot"): _snapshot_stands,
    ("route53", "hostedzone"): _zone_stands,
}
