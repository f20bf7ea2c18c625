"""What every new database goes through, whether it takes writes or follows another."""

from __future__ import annotations

import time

from ministack.services.cloudwatch_logs import _log_groups as log_groups
from ministack.services.rds import _instances as instances

from localcloud.message import Request
from localcloud.overlay.rds.database import Database, shown_as_new
from localcloud.overlay.rds.engines import Engine
from localcloud.overlay.rds.parameter_groups import refuse_family
from localcloud.overlay.rds.service import Arguments, Members
from localcloud.overlay.rds.settings import given, refuse_settings, settle
from localcloud.overlay.rds.subnet_groups import zones_of
from localcloud.overlay.rds.tags import set_tags

DEFAULTS = {
    "ActivityStreamStatus": "stopped",
    "AutoMinorVersionUpgrade": True,
    "BackupRetentionPeriod": 1,
    "BackupTarget": "region",
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "CopyTagsToSnapshot": False,
    "CustomerOwnedIpEnabled": False,
    "DBSecurityGroups": [],
    "DatabaseInsightsMode": "standard",
    "DbInstancePort": 0,
    "DedicatedLogVolume": False,
    "DeletionProtection": False,
    "EngineLifecycleSupport": "open-source-rds-extended-support",
    "IAMDatabaseAuthenticationEnabled": False,
    "IsStorageConfigUpgradeAvailable": False,
    "MonitoringInterval": 0,
    "MultiAZ": False,
    "MultiTenant": False,
    "NetworkType": "IPV4",
    "PendingModifiedValues": {},
    "PerformanceInsightsEnabled": False,
    "PreferredBackupWindow": "05:00-05:30",
    "PreferredMaintenanceWindow": "mon:06:00-mon:06:30",
    "PubliclyAccessible": False,
    "ReadReplicaDBClusterIdentifiers": [],
    "ReadReplicaDBInstanceIdentifiers": [],
    "StorageEncrypted": False,
    "StorageType": "gp2",
}


def finish(request: Request, engine: Engine, database: Database, arguments: Arguments) -> Members:
    """Give a new database what was asked for, and keep it. Raises Refused, and then keeps nothing."""
    family = engine.family_of(database["EngineVersion"])
    defaults = {
        "DBParameterGroups": [{"DBParameterGroupName": f"default.{family}", "ParameterApplyStatus": "in-sync"}],
        "OptionGroupMemberships": [{"OptionGroupName": _option_group(engine, database), "Status": "in-sync"}],
    }
    database = {**defaults, **database, **given(arguments)}
    refuse_family(database["DBParameterGroups"][0]["DBParameterGroupName"], family)
    refuse_settings(request, engine, database, arguments)
    place(database)
    settle(database)
    instances[database["DBInstanceIdentifier"]] = database
    set_tags(database["DBInstanceArn"], arguments.get("Tags", ()))
    make_log_groups(request, database)
    return shown_as_new(database)


def place(database: Database) -> None:
    """Stand in the first zone of the subnets, and with a standby in the second."""
    first, second, *_ = zones_of(database["DBSubnetGroup"])
    database.setdefault("AvailabilityZone", first)
    database.pop("SecondaryAvailabilityZone", None)
    if database["MultiAZ"]:
        database["SecondaryAvailabilityZone"] = second if database["AvailabilityZone"] == first else first


def make_log_groups(request: Request, database: Database) -> None:
    """RDS makes a group for each log that it exports, where there is none; it keeps for ever.

    Source: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html.
    """
    for kind in database.get("EnabledCloudwatchLogsExports", ()):
        name = f"/aws/rds/instance/{database['DBInstanceIdentifier']}/{kind}"
        if name not in log_groups:
            log_groups[name] = {
                "arn": f"arn:aws:logs:{request.region}:{request.account}:log-group:{name}:*",
                "creationTime": int(time.time() * 1000),
                "retentionInDays": None,
                "logGroupClass": "STANDARD",
                "kmsKeyId": None,
                "tags": {},
                "subscriptionFilters": {},
                "streams": {},
            }


def _option_group(engine: Engine, database: Database) -> str:
    return f"default:{engine.name}-{engine.major_of(database['EngineVersion']).replace('.', '-')}"
