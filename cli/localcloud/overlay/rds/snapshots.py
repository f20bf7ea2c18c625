"""Snapshots: they outlive their database, and keep their names.

Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html, API_DescribeDBSnapshots.html,
API_DeleteDBSnapshot.html (Errors), API_DBSnapshot.html.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from ministack.services.rds import _snapshots as snapshots

from localcloud.message import Request
from localcloud.overlay.rds.database import find as find_database
from localcloud.overlay.rds.service import Arguments, Members, Refused, operation, page
from localcloud.overlay.rds.subnet_groups import sorted_by_name
from localcloud.overlay.rds.tags import forget_tags, set_tags, tags_of

_NAME = re.compile(r"[a-z](-?[a-z0-9])*")
# What a snapshot has of its database.
_KEPT = (
    "AllocatedStorage", "AvailabilityZone", "DBInstanceIdentifier", "DbiResourceId", "Engine", "EngineVersion",
    "IAMDatabaseAuthenticationEnabled", "InstanceCreateTime", "Iops", "KmsKeyId", "LicenseModel", "MasterUsername",
    "StorageThroughput", "StorageType",
)  # fmt: skip


@operation("CreateDBSnapshot")
def create(request: Request, arguments: Arguments) -> Members:
    """A snapshot of a database that runs, under a name that no other has."""
    instance = find_database(arguments.get("DBInstanceIdentifier", ""))
    snapshot = take(request, instance, arguments.get("DBSnapshotIdentifier", ""))
    set_tags(snapshot["DBSnapshotArn"], arguments.get("Tags", ()))
    return {"DBSnapshot": {**_shown(snapshot), "Status": "creating", "PercentProgress": 0}}


@operation("DeleteDBSnapshot")
def delete(_: Request, arguments: Arguments) -> Members:
    """Its name is free again."""
    snapshot = find(arguments.get("DBSnapshotIdentifier", ""))
    shown = _shown(snapshot)
    forget_tags(snapshot["DBSnapshotArn"])
    del snapshots[snapshot["DBSnapshotIdentifier"]]
    return {"DBSnapshot": {**shown, "Status": "deleted"}}


@operation("DescribeDBSnapshots")
def describe(_: Request, arguments: Arguments) -> Members:
    """One by its name or ARN; all of a database, which may be gone, or of a type."""
    if name := arguments.get("DBSnapshotIdentifier"):
        return page(arguments, [_shown(find(name))], "DBSnapshots")
    wanted = {"DBInstanceIdentifier", "DbiResourceId", "SnapshotType"} & arguments.keys()
    found = [
        _shown(snapshot)
        for snapshot in sorted_by_name(snapshots.values(), "DBSnapshotIdentifier")
        if all(snapshot[member] == arguments[member].rpartition(":")[2] for member in wanted)
    ]
    return page(arguments, found, "DBSnapshots")


def take(request: Request, instance: Members, name: str) -> dict[str, Any]:
    """Take a snapshot. Raises Refused where the name is none, or taken."""
    name = name.lower()
    refuse_name(name)
    snapshot = {
        "DBSnapshotIdentifier": name,
        "DBSnapshotArn": f"arn:aws:rds:{request.region}:{request.account}:snapshot:{name}",
        "DBSystemId": name,
        "Encrypted": instance["StorageEncrypted"],
        "OptionGroupName": instance["OptionGroupMemberships"][0]["OptionGroupName"],
        "OriginalSnapshotCreateTime": datetime.now(UTC),
        "PercentProgress": 100,
        "Port": instance["Endpoint"]["Port"],
        "SnapshotCreateTime": datetime.now(UTC),
        "SnapshotTarget": "region",
        "SnapshotType": "manual",
        "Status": "available",
        "VpcId": instance["DBSubnetGroup"]["VpcId"],
        "_Instance": dict(instance),
    } | {member: instance[member] for member in _KEPT if member in instance}
    snapshots[name] = snapshot
    if instance["CopyTagsToSnapshot"]:
        set_tags(snapshot["DBSnapshotArn"], tags_of(instance["DBInstanceArn"]))
    return snapshot


def refuse_name(name: str) -> None:
    """Refuse what is no name for a snapshot, and a name that is taken."""
    if not _NAME.fullmatch(name) or len(name) > 255:
        message = "The parameter DBSnapshotIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."  # noqa: E501 - AWS's own words
        raise Refused("InvalidParameterValue", message)
    if name in snapshots:
        message = f"Cannot create the snapshot because a snapshot with the identifier {name} already exists."
        raise Refused("DBSnapshotAlreadyExists", message)


def find(name: str) -> dict[str, Any]:
    """A snapshot by its name or ARN. Raises Refused."""
    identity = name.split(":", 6)[-1] if name.startswith("arn:") else name  # AWS Backup's own have a colon
    snapshot: dict[str, Any] | None = snapshots.get(identity.lower())
    if snapshot is None:
        raise Refused("DBSnapshotNotFound", f"DBSnapshot {name} not found.", 404)
    return snapshot


def _shown(snapshot: Members) -> Members:
    members = {name: value for name, value in snapshot.items() if not name.startswith("_")}
    return {**members, "TagList": tags_of(snapshot["DBSnapshotArn"])}
