"""Databases as AWS Backup sees them: what it backs up, and the snapshots that are its recovery points.

A recovery point of RDS is a snapshot of RDS, ``snapshot:awsbackup:...``. Source: docs.aws.amazon.com/aws-backup/latest/
devguide/security_iam_service-with-iam.html, "AWS Backup resource ARNs".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ministack.services.rds import _instances as instances
from ministack.services.rds import _snapshots as snapshots

from localcloud.overlay.rds.tags import forget_tags, set_tags, tags_of

RESOURCE_TYPE = "RDS"
_GIB = 2**30

Instance = dict[str, Any]

# What a snapshot takes over from its database. Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/
# API_DBSnapshot.html.
_KEPT = (
    *("AllocatedStorage", "AvailabilityZone", "DBInstanceIdentifier", "DbiResourceId", "Engine", "EngineVersion"),
    *("IAMDatabaseAuthenticationEnabled", "InstanceCreateTime", "Iops", "KmsKeyId", "LicenseModel", "MasterUsername"),
    *("StorageThroughput", "StorageType"),
)


def find(arn: str) -> Instance | None:
    """The database of the request's region with this ARN."""
    found: Instance | None = instances.get(arn.rpartition(":")[2])
    return found if found is not None and found["DBInstanceArn"] == arn else None


def is_database(arn: str) -> bool:
    """Whether an ARN is one of a database instance."""
    _, _, service, *_, resource = arn.split(":", 5) if arn.count(":") >= 5 else [""] * 6
    return service == "rds" and resource.startswith("db:")


def size_bytes(instance: Instance) -> int:
    """How much a backup of it holds at most."""
    return int(instance["AllocatedStorage"]) * _GIB


def take_snapshot(instance: Instance, arn: str, created: float) -> None:
    """Put the snapshot where RDS lists it, with the database's tags.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html ("Copying tags onto backups").
    """
    identity = _identity(arn)
    snapshots[identity] = {name: instance[name] for name in _KEPT if name in instance} | {
        "DBSnapshotArn": arn,
        "DBSnapshotIdentifier": identity,
        "Encrypted": instance["StorageEncrypted"],
        "OptionGroupName": instance["OptionGroupMemberships"][0]["OptionGroupName"],
        "OriginalSnapshotCreateTime": datetime.fromtimestamp(created, UTC),
        "PercentProgress": 100,
        "Port": instance["Endpoint"]["Port"],
        "SnapshotCreateTime": datetime.fromtimestamp(created, UTC),
        "SnapshotTarget": "region",
        "SnapshotType": "awsbackup",
        "Status": "available",
        "VpcId": instance["DBSubnetGroup"]["VpcId"],
        "_Instance": dict(instance),
    }
    set_tags(arn, tags_of(instance["DBInstanceArn"]))


def copy_snapshot(source_arn: str, target_arn: str, key_arn: str | None, copied: float) -> None:
    """Put a copy under another region's key where RDS lists it there; the original's time stays with it.

    Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSnapshot.html (OriginalSnapshotCreateTime:
    "Doesn't change when the snapshot is copied"); docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
    (copies of RDS are encrypted with the destination vault's key).
    """
    _, _, _, source_region, account, _ = source_arn.split(":", 5)
    region = target_arn.split(":")[3]
    source: Instance | None = snapshots.get_scoped(account, source_region, _identity(source_arn))
    if source is not None:
        copy = source | {
            "AvailabilityZone": f"{region}a",
            "DBSnapshotArn": target_arn,
            "DBSnapshotIdentifier": _identity(target_arn),
            "KmsKeyId": key_arn if source["Encrypted"] else None,
            "SnapshotCreateTime": datetime.fromtimestamp(copied, UTC),
            "SourceDBSnapshotIdentifier": source_arn,
            "SourceRegion": source_region,
        }
        snapshots.set_scoped(account, region, _identity(target_arn), copy)
        set_tags(target_arn, tags_of(source_arn))


def delete_snapshot(arn: str) -> None:
    """Remove the snapshot of a recovery point that is deleted."""
    snapshots.pop(_identity(arn), None)
    forget_tags(arn)


def _identity(arn: str) -> str:
    return arn.split(":", 6)[6]
