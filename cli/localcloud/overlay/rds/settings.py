"""What a database can be given, when it is made and when it is changed, and what AWS refuses of it.

Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html and API_ModifyDBInstance.html, the
constraints of each parameter; storage: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ministack.services.ec2 import _security_groups as security_groups
from ministack.services.iam import _roles as roles
from ministack.services.kms import _resolve_key as find_key

from localcloud.message import Request
from localcloud.overlay.rds.engines import STORAGE_TYPES, Engine, has_insights
from localcloud.overlay.rds.service import Arguments, Members, Refused

_SAME_NAME = (
    "AllocatedStorage", "AutoMinorVersionUpgrade", "BackupRetentionPeriod", "CACertificateIdentifier",
    "CopyTagsToSnapshot", "DBInstanceClass", "DatabaseInsightsMode", "DedicatedLogVolume", "DeletionProtection", "Iops",
    "LicenseModel", "MaxAllocatedStorage", "MonitoringInterval", "MonitoringRoleArn", "MultiAZ", "NetworkType",
    "PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod", "PreferredBackupWindow",
    "PreferredMaintenanceWindow", "PubliclyAccessible", "StorageThroughput", "StorageType",
)  # fmt: skip
_OTHER_NAME = {
    "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "MasterUserPassword": "_MasterUserPassword",
}
# Source: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html (certificate authorities)
_AUTHORITIES = ("rds-ca-ecc384-g1", "rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01]\d|2[0-3]):([0-5]\d)"
_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_GP3_BASE_GIB = 400  # from here on gp3 has four volumes, and more of everything


def given(arguments: Arguments) -> dict[str, Any]:
    """The members of a database that these arguments set. Pure."""
    members = {name: arguments[name] for name in _SAME_NAME if name in arguments}
    members |= {name: arguments[asked] for asked, name in _OTHER_NAME.items() if asked in arguments}
    if "PreferredMaintenanceWindow" in members:
        members["PreferredMaintenanceWindow"] = members["PreferredMaintenanceWindow"].lower()
    if groups := arguments.get("VpcSecurityGroupIds"):
        members["VpcSecurityGroups"] = [{"VpcSecurityGroupId": group, "Status": "active"} for group in groups]
    if group := arguments.get("DBParameterGroupName"):
        members["DBParameterGroups"] = [{"DBParameterGroupName": group.lower(), "ParameterApplyStatus": "in-sync"}]
    return members


def settle(instance: dict[str, Any]) -> None:
    """Bring into line what follows from other members: the speed of gp3, keys by their ARN, the certificate."""
    size = instance["AllocatedStorage"]
    if instance["StorageType"] == "gp3":
        is_large = size >= _GP3_BASE_GIB
        instance["Iops"] = max(instance.get("Iops") or 0, 12000) if is_large else 3000
        instance["StorageThroughput"] = max(instance.get("StorageThroughput") or 0, 500) if is_large else 125
    if instance.get("MaxAllocatedStorage") == size:
        del instance["MaxAllocatedStorage"]  # as large as it is: storage doesn't grow
    if instance["PerformanceInsightsEnabled"]:
        instance["PerformanceInsightsKMSKeyId"] = key_arn(instance.get("PerformanceInsightsKMSKeyId"), instance)
        instance.setdefault("PerformanceInsightsRetentionPeriod", 7)
    else:
        instance.pop("PerformanceInsightsKMSKeyId", None)
        instance.pop("PerformanceInsightsRetentionPeriod", None)
    if not instance["MonitoringInterval"]:
        instance.pop("MonitoringRoleArn", None)
    instance["CertificateDetails"] = {"CAIdentifier": instance["CACertificateIdentifier"]}


def refuse_settings(request: Request, engine: Engine, instance: Members, arguments: Arguments) -> None:
    """Refuse a database that AWS would not have as it was asked for."""
    _refuse_storage(engine, instance, arguments)
    _refuse_windows(instance)
    _refuse_monitoring(request, engine, instance)
    if password := arguments.get("MasterUserPassword"):
        _refuse_password(engine, password)
    if not 0 <= instance["BackupRetentionPeriod"] <= 35:
        raise Refused("InvalidParameterValue", "Invalid backup retention period. Must be between 0 and 35")
    if instance["CACertificateIdentifier"] not in _AUTHORITIES:
        raise Refused("CertificateNotFound", f"Certificate {instance['CACertificateIdentifier']} not found", 404)
    refuse_log_types(engine, instance.get("EnabledCloudwatchLogsExports", ()), instance["EngineVersion"])
    for group in instance["VpcSecurityGroups"]:
        _refuse_security_group(group["VpcSecurityGroupId"], instance["DBSubnetGroup"]["VpcId"])


def key_arn(key: str | None, instance: Members) -> str:
    """The ARN of the key that was asked for, or of AWS's own for RDS in the region. Raises Refused."""
    _, _, _, region, account, _ = instance["DBInstanceArn"].split(":", 5)
    if key is None or key == "alias/aws/rds":
        return f"arn:aws:kms:{region}:{account}:alias/aws/rds"
    found = find_key(key)
    if key != f"arn:aws:kms:{region}:{account}:alias/aws/rds" and (found is None or found["KeyState"] != "Enabled"):
        message = (
            f"The specified KMS key [{key}] does not exist, is not enabled or you do not have permissions to access it."
        )
        raise Refused("KMSKeyNotAccessibleFault", message)
    return str(found["Arn"]) if found else key


def refuse_log_types(engine: Engine, types: Any, version: str) -> None:
    """Refuse logs that the engine doesn't write."""
    if unknown := sorted(set(types) - engine.log_types):
        names = ", ".join(f"'{name}'" for name in unknown)
        message = f"You cannot use the log types {names} with engine version {engine.name} {version}. For supported log types, see the documentation."  # noqa: E501 - AWS's own words
        raise Refused("InvalidParameterCombination", message)


def _refuse_password(engine: Engine, password: str) -> None:
    problem = ""
    if not re.fullmatch(r"[!-~]*", password) or any(character in password for character in '/@"'):
        problem = "Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
    elif len(password) < 8:
        problem = "It is shorter than 8 characters."
    elif len(password) > engine.password_length:
        problem = f"It is longer than {engine.password_length} characters."
    if problem:
        message = f"The parameter MasterUserPassword is not a valid password. {problem}"
        raise Refused("InvalidParameterValue", message)


def _refuse_storage(engine: Engine, instance: Members, arguments: Arguments) -> None:
    size, kind, most = instance["AllocatedStorage"], instance["StorageType"], instance.get("MaxAllocatedStorage")
    if kind not in STORAGE_TYPES:
        raise Refused("InvalidParameterValue", f"Invalid storage type: {kind}")
    if not 20 <= size <= 65536:
        message = f"Invalid storage size for engine name {engine.name} and storage type {kind}: {size}"
        raise Refused("InvalidParameterValue", message)
    if kind == "gp3":
        _refuse_speed(engine, size, arguments)
    if kind.startswith("io") and not instance.get("Iops"):
        raise Refused("InvalidParameterCombination", f"You must specify IOPS for the storage type {kind}.")
    if most is not None and not (most == size or size * 1.1 <= most <= 65536):
        message = "Max storage size must be greater than storage size by at least 10%"
        raise Refused("InvalidParameterCombination", message)


def _refuse_speed(engine: Engine, size: int, arguments: Arguments) -> None:
    iops, throughput = arguments.get("Iops"), arguments.get("StorageThroughput")
    if size < _GP3_BASE_GIB:
        if iops not in (None, 3000) or throughput not in (None, 125):
            message = f"You can't specify IOPS or storage throughput for engine {engine.name} and a storage size less than {_GP3_BASE_GIB}."  # noqa: E501 - AWS's own words
            raise Refused("InvalidParameterCombination", message)
        return
    if iops is not None and not 12000 <= iops <= min(64000, 500 * size):
        raise Refused("InvalidParameterCombination", f"Invalid IOPS for a storage size of {size} GiB: {iops}")
    if throughput is not None and not 500 <= throughput <= min(4000, (iops or 12000) / 4):
        raise Refused("InvalidParameterCombination", f"Invalid storage throughput: {throughput}")


def _refuse_windows(instance: Members) -> None:
    backup, maintenance = instance["PreferredBackupWindow"], instance["PreferredMaintenanceWindow"]
    if not re.fullmatch(f"{_TIME}-{_TIME}", backup):
        raise Refused(
            "InvalidParameterValue", f"Invalid backup window: {backup}. Must be in the format hh24:mi-hh24:mi"
        )
    days = f"({'|'.join(_DAYS)})"
    if not re.fullmatch(f"{days}:{_TIME}-{days}:{_TIME}", maintenance):
        message = f"Invalid maintenance window: {maintenance}. Must be in the format ddd:hh24:mi-ddd:hh24:mi"
        raise Refused("InvalidParameterValue", message)
    (daily, backup_length), (start, length) = _minutes(backup, _DAY), _minutes(maintenance, _WEEK)
    if backup_length < 30 or length < 30:
        raise Refused("InvalidParameterValue", "The window must be at least 30 minutes.")
    starts = [day * _DAY + daily for day in range(7)]
    if any((each - start) % _WEEK < length or (start - each) % _WEEK < backup_length for each in starts):
        raise Refused("InvalidParameterValue", "The backup window and maintenance window must not overlap.")


def _minutes(window: str, cycle: int) -> tuple[int, int]:
    """When a window begins and how long it is."""
    start, end = (_minute(edge) for edge in window.split("-"))
    return start, (end - start) % cycle


def _minute(edge: str) -> int:
    *day, hour, minute = edge.split(":")
    return (_DAYS.index(day[0]) * _DAY if day else 0) + int(hour) * 60 + int(minute)


def _refuse_monitoring(request: Request, engine: Engine, instance: Members) -> None:
    interval, role = instance["MonitoringInterval"], instance.get("MonitoringRoleArn")
    if interval not in (0, 1, 5, 10, 15, 30, 60):
        raise Refused("InvalidParameterValue", f"Invalid value {interval} for MonitoringInterval.")
    if interval and not role:
        message = "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."
        raise Refused("InvalidParameterCombination", message)
    if interval and not _may_monitor(request, str(role)):
        message = "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING"
        raise Refused("InvalidParameterValue", message)
    if instance["PerformanceInsightsEnabled"]:
        if not has_insights(engine, instance["DBInstanceClass"]):
            raise Refused("InvalidParameterCombination", "Performance Insights not supported for this configuration.")
        days = instance.get("PerformanceInsightsRetentionPeriod", 7)
        if days not in (7, 731, *range(31, 24 * 31, 31)):
            message = "Invalid Performance Insights retention period. Valid values are: [7, 731, month * 31]"
            raise Refused("InvalidParameterValue", message)


def _may_monitor(request: Request, role_arn: str) -> bool:
    role: Mapping[str, Any] | None = roles.get(role_arn.rpartition("/")[2])
    trusted = str((role or {}).get("AssumeRolePolicyDocument", ""))
    return role_arn.split(":")[4:5] == [request.account] and "monitoring.rds.amazonaws.com" in trusted


def _refuse_security_group(group_id: str, vpc_id: str) -> None:
    group: Mapping[str, Any] | None = security_groups.get(group_id)
    if group is None:
        raise Refused("InvalidParameterValue", f"Invalid security group , groupId= {group_id}, groupName=.")
    if group["VpcId"] != vpc_id:
        message = f"The DB instance and EC2 security group are in different VPCs. The DB instance is in {vpc_id} and the EC2 security group is in {group['VpcId']}"  # noqa: E501 - AWS's own words
        raise Refused("InvalidVPCNetworkStateFault", message)
