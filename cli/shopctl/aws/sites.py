"""What runs in a region, asked of AWS: the application servers, the database, and whether they are well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import explained


@dataclass(frozen=True, slots=True)
class Servers:
    """A group of application servers. ``in_service`` of ``desired`` run, and the load balancer calls ``healthy`` so;
    ``images`` are the machine images that they run, sorted."""

    group: str
    desired: int
    in_service: int
    healthy: int
    images: tuple[str, ...]
    template_version: str


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """A database instance; ``version`` is its engine's, ``status`` RDS's own word."""

    identifier: str
    engine: str
    version: str
    status: str
    is_replica: bool


@dataclass(frozen=True, slots=True)
class Site:
    """What runs in one region."""

    servers: Servers | None
    database: DatabaseHealth | None

    @property
    def is_healthy(self) -> bool:
        """Whether all that should run does, and answers."""
        servers, database = self.servers, self.database
        servers_are_well = servers is None or servers.desired == servers.in_service == servers.healthy
        return servers_are_well and (database is None or database.status == "available")


def read_site(cloud: Cloud, region: str, outputs: Mapping[str, Any]) -> Site:
    """Ask what runs in a region, of the group, target group and database that its site's outputs name.

    Raises: AwsFailed.
    """
    group, balancer = outputs.get("compute"), outputs.get("load_balancer")
    database = outputs.get("database")
    with explained(f"looking at what runs in {region}"):
        return Site(
            servers=_read_servers(cloud, region, group["group_name"], balancer) if group else None,
            database=_read_database(cloud, region, database["identifier"]) if database else None,
        )


def _read_servers(cloud: Cloud, region: str, name: str, balancer: Mapping[str, str] | None) -> Servers | None:
    groups = cloud.untyped("autoscaling", region).describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    group = next(iter(groups["AutoScalingGroups"]), None)
    if group is None:
        return None
    running = [one["InstanceId"] for one in group["Instances"] if one["LifecycleState"] == "InService"]
    return Servers(
        group=name,
        desired=group["DesiredCapacity"],
        in_service=len(running),
        healthy=_count_healthy(cloud, region, balancer, set(running)),
        images=_read_images(cloud, region, running),
        template_version=str(group.get("LaunchTemplate", {}).get("Version", "")),
    )


def _count_healthy(cloud: Cloud, region: str, balancer: Mapping[str, str] | None, running: set[str]) -> int:
    """How many of the instances the load balancer sends requests to; all of them where there is no load balancer."""
    if balancer is None:
        return len(running)
    described = cloud.untyped("elbv2", region).describe_target_health(TargetGroupArn=balancer["target_group_arn"])
    targets = described["TargetHealthDescriptions"]
    return len({one["Target"]["Id"] for one in targets if one["TargetHealth"]["State"] == "healthy"} & running)


def _read_images(cloud: Cloud, region: str, running: list[str]) -> tuple[str, ...]:
    if not running:
        return ()
    reservations = cloud.ec2(region).describe_instances(InstanceIds=running)["Reservations"]
    return tuple(sorted({one["ImageId"] for reservation in reservations for one in reservation["Instances"]}))


def _read_database(cloud: Cloud, region: str, identifier: str) -> DatabaseHealth | None:
    filters = [{"Name": "db-instance-id", "Values": [identifier]}]
    found = next(iter(cloud.untyped("rds", region).describe_db_instances(Filters=filters)["DBInstances"]), None)
    if found is None:
        return None
    return DatabaseHealth(
        identifier=identifier,
        engine=found["Engine"],
        version=found["EngineVersion"],
        status=found["DBInstanceStatus"],
        is_replica="ReadReplicaSourceDBInstanceIdentifier" in found,
    )
