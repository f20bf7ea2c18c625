"""Read replicas: in their source's region or in another, until they are promoted.

Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html and
API_PromoteReadReplica.html (parameters and Errors); what becomes of them without their source:
docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html and USER_ReadRepl.XRgn.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from copy import deepcopy
from typing import Any

from localcloud.message import Request
from localcloud.overlay.rds.database import (
    Database,
    find,
    identity,
    in_region,
    refuse_identifier,
    region_of,
    shown,
)
from localcloud.overlay.rds.engines import ENGINES, refuse_pair
from localcloud.overlay.rds.making import DEFAULTS, finish
from localcloud.overlay.rds.service import Arguments, Members, Refused, operation
from localcloud.overlay.rds.settings import key_arn
from localcloud.overlay.rds.subnet_groups import default_group
from localcloud.overlay.rds.subnet_groups import find as find_subnet_group

SOURCE = "ReadReplicaSourceDBInstanceIdentifier"
_MOST_REPLICAS = 15
# What a replica has of its source whatever is asked for, and what it has unless something else is asked for.
_INHERITED = (
    "AllocatedStorage",
    "DBName",
    "Engine",
    "EngineVersion",
    "LicenseModel",
    "MasterUsername",
    "StorageEncrypted",
)
_USUAL = ("AutoMinorVersionUpgrade", "DBInstanceClass", "PreferredBackupWindow", "PreferredMaintenanceWindow")


@operation("CreateDBInstanceReadReplica")
def create(request: Request, arguments: Arguments) -> Members:
    """A copy that follows its source. What it isn't given it has of its source, or by default."""
    identifier = arguments.get("DBInstanceIdentifier", "").lower()
    refuse_identifier(identifier)
    source = _source(request, arguments.get("SourceDBInstanceIdentifier", ""))
    is_local = region_of(source["DBInstanceArn"]) == request.region
    _refuse(source, arguments, is_local=is_local)
    replica = {
        **DEFAULTS,
        **identity(request, identifier, arguments.get("Port", source["Endpoint"]["Port"])),
        **{name: source[name] for name in (*_INHERITED, *_USUAL)},
        "BackupRetentionPeriod": 0,
        "StorageType": "gp3",
        "StatusInfos": [{"StatusType": "read replication", "Normal": True, "Status": "replicating"}],
        SOURCE: _name_for(source, request.region),
        **_place(request, source, arguments, is_local=is_local),
        "_MasterUserPassword": source.get("_MasterUserPassword"),
    }
    if replica["StorageEncrypted"]:
        replica["KmsKeyId"] = source["KmsKeyId"] if is_local else key_arn(arguments["KmsKeyId"], replica)
    engine = ENGINES[replica["Engine"]]
    refuse_pair(engine, replica["EngineVersion"], arguments.get("DBInstanceClass", replica["DBInstanceClass"]))
    reply = finish(request, engine, replica, arguments)
    source["ReadReplicaDBInstanceIdentifiers"] = [
        *_replicas(source),
        _name_for(replica, region_of(source["DBInstanceArn"])),
    ]
    return reply


@operation("PromoteReadReplica")
def promote(request: Request, arguments: Arguments) -> Members:
    """It follows nobody any more, and its backups begin."""
    replica = find(arguments.get("DBInstanceIdentifier", ""))
    if SOURCE not in replica:
        raise Refused("InvalidDBInstanceState", "DB Instance is not a read replica.")
    leave(request, replica)
    _stand_alone(replica)
    replica["BackupRetentionPeriod"] = arguments.get("BackupRetentionPeriod", 1)
    replica["PreferredBackupWindow"] = arguments.get("PreferredBackupWindow", replica["PreferredBackupWindow"])
    return {"DBInstance": {**shown(replica), "DBInstanceStatus": "modifying"}}


def leave(request: Request, replica: Database) -> None:
    """The source of a replica, where it has one that still stands, forgets it."""
    if SOURCE in replica and (source := _find(request, replica[SOURCE])):
        name = _name_for(replica, region_of(source["DBInstanceArn"]))
        source["ReadReplicaDBInstanceIdentifiers"] = [other for other in _replicas(source) if other != name]


def release(request: Request, source: Database) -> None:
    """What becomes of the replicas of a source that is deleted: each stands alone.

    But a PostgreSQL replica in another region has to be promoted by somebody.
    """
    for replica in _replicas_of(request, source):
        if source["Engine"] == "postgres" and region_of(replica["DBInstanceArn"]) != request.region:
            replica["StatusInfos"] = [{"StatusType": "read replication", "Normal": False, "Status": "terminated"}]
        else:
            _stand_alone(replica)


def follow_rename(request: Request, database: Database, old_arn: str) -> None:
    """A source and its replicas know each other by their new names."""
    for replica in _replicas_of(request, database):
        replica[SOURCE] = _name_for(database, region_of(replica["DBInstanceArn"]))
    if SOURCE in database and (source := _find(request, database[SOURCE])):
        home = region_of(source["DBInstanceArn"])
        old = old_arn if home != request.region else old_arn.rpartition(":")[2]
        others = [other for other in _replicas(source) if other != old]
        source["ReadReplicaDBInstanceIdentifiers"] = [*others, _name_for(database, home)]


def _refuse(source: Database, arguments: Arguments, *, is_local: bool) -> None:
    if not source["BackupRetentionPeriod"] and SOURCE not in source:
        message = "Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance to set the backup retention period to a non-zero value."  # noqa: E501 - AWS's own words
        raise Refused("InvalidDBInstanceState", message)
    if len(_replicas(source)) >= _MOST_REPLICAS:
        raise Refused("InstanceQuotaExceeded", f"The source has {_MOST_REPLICAS} read replicas already")
    if is_local and "DBSubnetGroupName" in arguments:
        message = (
            "DbSubnetGroup should not be specified for read replicas that are created in the same region as the master"
        )
        raise Refused("DBSubnetGroupNotAllowedFault", message)
    if is_local and arguments.get("KmsKeyId", source.get("KmsKeyId")) != source.get("KmsKeyId"):
        message = "A read replica in the same region is encrypted with the key of its source"
        raise Refused("InvalidParameterCombination", message)
    if is_local and source["Engine"] == "mysql" and "DBParameterGroupName" in arguments:
        message = "A parameter group can't be specified for a MySQL read replica in the same Region"
        raise Refused("InvalidParameterCombination", message)
    if not is_local and source["StorageEncrypted"] and "KmsKeyId" not in arguments:
        message = "Cannot create a cross region read replica of an encrypted DB instance without a KMS key of the destination region"  # noqa: E501 - as AWS means it
        raise Refused("InvalidParameterCombination", message)


def _place(request: Request, source: Database, arguments: Arguments, *, is_local: bool) -> Members:
    if is_local:
        return {"DBSubnetGroup": source["DBSubnetGroup"], "VpcSecurityGroups": source["VpcSecurityGroups"]} | (
            {"DBParameterGroups": deepcopy(source["DBParameterGroups"])}
        )
    group = arguments.get("DBSubnetGroupName")
    return {"DBSubnetGroup": find_subnet_group(group) if group else default_group(request), "VpcSecurityGroups": []}


def _source(request: Request, name: str) -> Database:
    source = _find(request, name)
    if source is None:
        raise Refused("DBInstanceNotFound", f"The source instance could not be found: {name}", 404)
    return source


def _find(request: Request, name: str) -> Database | None:
    """A database by its name in the region, or by its ARN in any."""
    try:
        with in_region(name, request.account) if name.startswith("arn:aws:rds:") else nullcontext():
            return find(name)
    except Refused:
        return None


def _name_for(database: Database, region: str) -> str:
    """What a database is called in a region: in its own by its identifier, elsewhere by its ARN."""
    arn = str(database["DBInstanceArn"])
    return arn if region_of(arn) != region else str(database["DBInstanceIdentifier"])


def _replicas(source: Database) -> list[str]:
    names: list[str] = source["ReadReplicaDBInstanceIdentifiers"]
    return names


def _replicas_of(request: Request, source: Database) -> Iterator[Database]:
    return (replica for name in _replicas(source) if (replica := _find(request, name)))


def _stand_alone(replica: dict[str, Any]) -> None:
    del replica[SOURCE]
    replica.pop("StatusInfos", None)
