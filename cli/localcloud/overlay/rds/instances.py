"""Databases: made, shown, changed and deleted.

Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, API_DescribeDBInstances.html,
API_ModifyDBInstance.html, API_DeleteDBInstance.html, API_RebootDBInstance.html (parameters and Errors).
What takes minutes there is done at once here: a database is never shown on its way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ministack.services.rds import _instances as instances

from localcloud.message import Forward, Request, Response
from localcloud.overlay.rds import snapshots
from localcloud.overlay.rds.database import Database, endpoint, find, identity, refuse_identifier, shown
from localcloud.overlay.rds.engines import ENGINES, Engine, engine_of, find_version, refuse_pair
from localcloud.overlay.rds.making import DEFAULTS, finish, make_log_groups, place
from localcloud.overlay.rds.parameter_groups import refuse_family
from localcloud.overlay.rds.replicas import SOURCE, follow_rename, leave, release
from localcloud.overlay.rds.service import Arguments, Members, Refused, operation, overlay, page, perform
from localcloud.overlay.rds.settings import given, key_arn, refuse_settings, settle
from localcloud.overlay.rds.subnet_groups import default_group, sorted_by_name
from localcloud.overlay.rds.subnet_groups import find as find_subnet_group
from localcloud.overlay.rds.tags import forget_tags, set_tags, tags_of

# What waits for the maintenance window unless it is asked for at once.
# Source: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
_CAN_WAIT = (
    "AllocatedStorage", "CACertificateIdentifier", "DBInstanceClass", "EngineVersion", "Iops", "MultiAZ",
    "StorageThroughput", "StorageType",
)  # fmt: skip


@overlay.on("CreateDBInstance")
async def create_db_instance(request: Request, forward: Forward) -> Response:
    """A database by itself; members of clusters, and engines that no shop runs, stay ministack's."""
    if request.form.get("DBClusterIdentifier") or request.form.get("Engine", "").startswith(("aurora", "docdb")):
        return await forward(request)
    return perform(_create, request)


def _create(request: Request, arguments: Arguments) -> Members:
    identifier, engine = arguments.get("DBInstanceIdentifier", "").lower(), engine_of(arguments.get("Engine", ""))
    refuse_identifier(identifier)
    _refuse_user(engine, arguments)
    version = find_version(engine, arguments.get("EngineVersion"))
    refuse_pair(engine, version, arguments.get("DBInstanceClass", ""))
    group = arguments.get("DBSubnetGroupName")
    database = {
        **DEFAULTS,
        **identity(request, identifier, arguments.get("Port", engine.port)),
        "AllocatedStorage": arguments.get("AllocatedStorage", 0),
        "DBName": arguments.get("DBName"),
        "DBSubnetGroup": find_subnet_group(group) if group else default_group(request),
        "Engine": engine.name,
        "EngineVersion": version,
        "LicenseModel": engine.license,
        "MasterUsername": arguments["MasterUsername"],
        "StorageEncrypted": arguments.get("StorageEncrypted", False) or "KmsKeyId" in arguments,
        "VpcSecurityGroups": [],
    }
    if database["StorageEncrypted"]:
        database["KmsKeyId"] = key_arn(arguments.get("KmsKeyId"), database)
    return finish(request, engine, database, arguments)


@operation("DescribeDBInstances")
def describe(_: Request, arguments: Arguments) -> Members:
    """One database by its identifier or ARN; all that pass the filters."""
    name = arguments.get("DBInstanceIdentifier")
    found = [find(name)] if name else sorted_by_name(instances.values(), "DBInstanceIdentifier")
    for each in arguments.get("Filters", ()):
        found = [database for database in found if _passes(database, each["Name"], each["Values"])]
    return page(arguments, [shown(database) for database in found], "DBInstances")


@overlay.on("ModifyDBInstance")
async def modify_db_instance(request: Request, forward: Forward) -> Response:
    """A database by itself; members of clusters stay ministack's."""
    return await forward(request) if _is_member(request) else perform(_modify, request)


def _modify(request: Request, arguments: Arguments) -> Members:
    """What can wait does, unless it is asked for at once; nothing is changed of what is refused."""
    database = find(arguments.get("DBInstanceIdentifier", ""))
    engine = ENGINES[database["Engine"]]
    changes = _changes(engine, database, arguments)
    _refuse_changes(request, engine, database, changes, arguments)
    waiting = {} if arguments.get("ApplyImmediately") else _waiting(database, changes)
    database |= {name: value for name, value in changes.items() if name not in waiting}
    database["PendingModifiedValues"] = {**database["PendingModifiedValues"], **waiting}
    if arguments.get("ApplyImmediately"):
        _apply_rest(request, database, arguments)
    settle(database)
    place(database)
    make_log_groups(request, database)
    return {"DBInstance": shown(database)}


@operation("RebootDBInstance")
def reboot(_: Request, arguments: Arguments) -> Members:
    """What waits for a restart has had it."""
    database = find(arguments.get("DBInstanceIdentifier", ""))
    for membership in database["DBParameterGroups"]:
        membership["ParameterApplyStatus"] = "in-sync"
    return {"DBInstance": {**shown(database), "DBInstanceStatus": "rebooting"}}


@operation("StopDBInstance")
def stop(_: Request, arguments: Arguments) -> Members:
    """A database rests, but neither a replica nor a source of replicas.

    Source: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html (limitations).
    """
    database = find(arguments.get("DBInstanceIdentifier", ""))
    _refuse_status(database, "available")
    if SOURCE in database or database["ReadReplicaDBInstanceIdentifiers"]:
        message = "Cannot stop or start a read replica instance or an instance with read replicas"
        raise Refused("InvalidDBInstanceState", message)
    database["DBInstanceStatus"] = "stopped"
    return {"DBInstance": {**shown(database), "DBInstanceStatus": "stopping"}}


@operation("StartDBInstance")
def start(_: Request, arguments: Arguments) -> Members:
    """A database that rested works again."""
    database = find(arguments.get("DBInstanceIdentifier", ""))
    _refuse_status(database, "stopped")
    database["DBInstanceStatus"] = "available"
    return {"DBInstance": {**shown(database), "DBInstanceStatus": "starting"}}


@overlay.on("DeleteDBInstance")
async def delete_db_instance(request: Request, forward: Forward) -> Response:
    """A database by itself; members of clusters stay ministack's."""
    return await forward(request) if _is_member(request) else perform(_delete, request)


def _delete(request: Request, arguments: Arguments) -> Members:
    database = find(arguments.get("DBInstanceIdentifier", ""))
    final, skips = arguments.get("FinalDBSnapshotIdentifier"), arguments.get("SkipFinalSnapshot", False)
    _refuse_delete(database, final, skips=skips)
    if final:
        snapshots.take(request, database, final)
    leave(request, database)
    release(request, database)
    reply = {"DBInstance": {**shown(database), "DBInstanceStatus": "deleting"}}
    forget_tags(database["DBInstanceArn"])
    del instances[database["DBInstanceIdentifier"]]
    return reply


def _refuse_delete(database: Database, final: str | None, *, skips: bool) -> None:
    if database["DeletionProtection"]:
        message = "Cannot delete protected DB Instance, please disable deletion protection and try again."
        raise Refused("InvalidParameterCombination", message)
    if final and skips:
        message = "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true."
        raise Refused("InvalidParameterCombination", message)
    if not final and not skips:
        message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        raise Refused("InvalidParameterCombination", message)
    if final and SOURCE in database:
        message = "FinalDBSnapshotIdentifier can not be specified when deleting a replica instance."
        raise Refused("InvalidParameterCombination", message)
    if final:
        snapshots.refuse_name(final.lower())


def _refuse_status(database: Database, wanted: str) -> None:
    if database["DBInstanceStatus"] != wanted:
        message = f"Instance {database['DBInstanceIdentifier']} is not in {wanted} state."
        raise Refused("InvalidDBInstanceState", message)


def _refuse_user(engine: Engine, arguments: Arguments) -> None:
    user = arguments.get("MasterUsername", "")
    if not re.fullmatch(r"[A-Za-z]\w{0,62}", user):
        message = "The parameter MasterUsername must be provided and must not be blank, and must begin with a letter."
        raise Refused("InvalidParameterValue", message)
    if user.lower() in engine.reserved_users:
        message = f"MasterUsername {user} cannot be used as it is a reserved word used by the engine"
        raise Refused("InvalidParameterValue", message)
    if "MasterUserPassword" not in arguments:
        raise Refused(
            "InvalidParameterValue", "The parameter MasterUserPassword must be provided and must not be blank."
        )


def _is_member(request: Request) -> bool:
    database = instances.get(request.form.get("DBInstanceIdentifier", "").lower())
    return bool(database and database.get("DBClusterIdentifier"))


def _changes(engine: Engine, database: Database, arguments: Arguments) -> dict[str, Any]:
    changes = given(arguments)
    if "EngineVersion" in arguments:
        changes["EngineVersion"] = _next_version(engine, database, arguments)
    if configuration := arguments.get("CloudwatchLogsExportConfiguration"):
        changes["EnabledCloudwatchLogsExports"] = _log_types(database, configuration)
    return changes


def _refuse_changes(
    request: Request, engine: Engine, database: Database, changes: Members, arguments: Arguments
) -> None:
    """Try the changes on a draft, so that nothing is changed of what is refused."""
    draft = {**database, **changes}
    settle(draft)
    if {"DBInstanceClass", "EngineVersion"} & {name for name, value in changes.items() if value != database.get(name)}:
        refuse_pair(engine, draft["EngineVersion"], draft["DBInstanceClass"])
    if draft["AllocatedStorage"] < database["AllocatedStorage"]:
        message = f"Requested storage size ({draft['AllocatedStorage']}) cannot be less than the current storage size ({database['AllocatedStorage']})"  # noqa: E501 - AWS's own words
        raise Refused("InvalidParameterCombination", message)
    if not draft["BackupRetentionPeriod"] and database["ReadReplicaDBInstanceIdentifiers"]:
        message = "Cannot set backup retention period to 0 on a DB instance that is a source to read replicas"
        raise Refused("InvalidParameterCombination", message)
    refuse_family(draft["DBParameterGroups"][0]["DBParameterGroupName"], engine.family_of(draft["EngineVersion"]))
    refuse_settings(request, engine, draft, arguments)


def _next_version(engine: Engine, database: Database, arguments: Arguments) -> str:
    """The version to go to: a prefix of the one that runs stays it."""
    asked, present = arguments["EngineVersion"], str(database["EngineVersion"])
    if f"{present}.".startswith(f"{asked}."):
        return present
    version = find_version(engine, asked)
    order = [known for known, _ in engine.all_versions]
    if order.index(version) < order.index(present):
        message = f"Cannot upgrade {engine.name} from {present} to {version}"
        raise Refused("InvalidParameterCombination", message)
    if engine.major_of(version) != engine.major_of(present) and not arguments.get("AllowMajorVersionUpgrade"):
        message = "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
        raise Refused("InvalidParameterCombination", message)
    return version


def _log_types(database: Database, configuration: Members) -> list[str]:
    before = set(database.get("EnabledCloudwatchLogsExports", ()))
    disabled = set(configuration.get("DisableLogTypes", ()))
    return sorted((before | set(configuration.get("EnableLogTypes", ()))) - disabled)


def _waiting(database: Database, changes: Members) -> dict[str, Any]:
    return {name: changes[name] for name in _CAN_WAIT if name in changes and changes[name] != database.get(name)}


def _apply_rest(request: Request, database: Database, arguments: Arguments) -> None:
    """A new port, name or subnet group, and all that had waited until now."""
    database |= database["PendingModifiedValues"]
    database["PendingModifiedValues"] = {}
    if group := arguments.get("DBSubnetGroupName"):
        database["DBSubnetGroup"] = find_subnet_group(group)
    port = arguments.get("DBPortNumber", database["Endpoint"]["Port"])
    name = arguments.get("NewDBInstanceIdentifier", database["DBInstanceIdentifier"]).lower()
    if name != database["DBInstanceIdentifier"]:
        _rename(request, database, name)
    database["Endpoint"] = endpoint(request, name, port)


def _rename(request: Request, database: Database, name: str) -> None:
    """The address and the ARN go with the name; the resource's id stays."""
    refuse_identifier(name)
    old_arn, old_name = database["DBInstanceArn"], database["DBInstanceIdentifier"]
    database["DBInstanceIdentifier"] = name
    database["DBInstanceArn"] = f"{old_arn.rpartition(':')[0]}:{name}"
    instances[name] = instances.pop(old_name)
    set_tags(database["DBInstanceArn"], tags_of(old_arn))
    forget_tags(old_arn)
    follow_rename(request, database, old_arn)


def _passes(database: Database, name: str, values: Sequence[str]) -> bool:
    match name:
        case "db-instance-id":
            return bool({database["DBInstanceIdentifier"], database["DBInstanceArn"]} & set(values))
        case "dbi-resource-id":
            return database["DbiResourceId"] in values
        case "engine":
            return database["Engine"] in values
        case "db-cluster-id":
            return database.get("DBClusterIdentifier") in values
        case "domain":
            return False
        case _:
            raise Refused("InvalidParameterValue", f"Unrecognized filter name: {name}")
