"""Databases from snapshots.

Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html (parameters and
Errors) and docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html (what is lost and kept).
"""

from __future__ import annotations

from localcloud.message import Request
from localcloud.overlay.rds import snapshots
from localcloud.overlay.rds.database import identity, refuse_identifier
from localcloud.overlay.rds.engines import engine_of, refuse_pair
from localcloud.overlay.rds.making import DEFAULTS, finish
from localcloud.overlay.rds.service import Arguments, Members, Refused, operation
from localcloud.overlay.rds.subnet_groups import default_group
from localcloud.overlay.rds.subnet_groups import find as find_subnet_group

# What a snapshot brings with it. Groups, monitoring and protection have to be asked for anew.
_KEPT = (
    "AllocatedStorage", "AutoMinorVersionUpgrade", "BackupRetentionPeriod", "CopyTagsToSnapshot", "DBInstanceClass",
    "DBName", "Engine", "EngineVersion", "Iops", "KmsKeyId", "LicenseModel", "MasterUsername", "PreferredBackupWindow",
    "PreferredMaintenanceWindow", "StorageEncrypted", "StorageThroughput", "StorageType", "_MasterUserPassword",
)  # fmt: skip


@operation("RestoreDBInstanceFromDBSnapshot")
def restore(request: Request, arguments: Arguments) -> Members:
    """A new database with a snapshot's data, user and password, beside the one that the snapshot is of."""
    identifier = arguments.get("DBInstanceIdentifier", "").lower()
    refuse_identifier(identifier)
    before = snapshots.find(arguments.get("DBSnapshotIdentifier", ""))["_Instance"]
    engine, group = engine_of(before["Engine"]), arguments.get("DBSubnetGroupName")
    if arguments.get("Engine", engine.name) != engine.name:
        message = f"The snapshot is of {engine.name}: it can't be restored as {arguments['Engine']}"
        raise Refused("InvalidParameterCombination", message)
    refuse_pair(engine, before["EngineVersion"], arguments.get("DBInstanceClass", before["DBInstanceClass"]))
    database = {
        **DEFAULTS,
        **{name: before[name] for name in _KEPT if name in before},
        **identity(request, identifier, arguments.get("Port", before["Endpoint"]["Port"])),
        "DBSubnetGroup": find_subnet_group(group) if group else default_group(request),
        "VpcSecurityGroups": [],
    }
    return finish(request, engine, database, arguments)
