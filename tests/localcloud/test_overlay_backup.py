"""Vaults of the local cloud keep what their lock keeps; jobs, copies and plans do what AWS Backup does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.cloud_process import Server
from support.refusal import code_of, refusal

HOME, OTHER = "eu-central-1", "eu-west-1"
ACCOUNT = "000000000000"
DATABASE = "shop-test-g1"
DATABASE_ARN = f"arn:aws:rds:{HOME}:{ACCOUNT}:db:{DATABASE}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
INVALID, IMMUTABLE = "InvalidParameterValueException", "InvalidRequestException"
_numbers = count()


@pytest.fixture(scope="module")
def backup(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("backup", HOME)


@pytest.fixture(scope="module")
def other(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("backup", OTHER)


@pytest.fixture(scope="module")
def key(shared_cloud: LocalCloud) -> str:
    arn: str = shared_cloud.client("kms", HOME).create_key()["KeyMetadata"]["Arn"]
    return arn


@pytest.fixture(scope="module")
def other_key(shared_cloud: LocalCloud) -> str:
    arn: str = shared_cloud.client("kms", OTHER).create_key()["KeyMetadata"]["Arn"]
    return arn


@pytest.fixture(scope="module")
def role(shared_cloud: LocalCloud) -> str:
    make_role(shared_cloud, "backup", "backup.amazonaws.com", "tag:GetResources")
    return ROLE


@pytest.fixture(scope="module")
def database(shared_cloud: LocalCloud, key: str) -> str:
    """A small encrypted database, with the fields that a backup reads."""
    return make_database(shared_cloud, StorageEncrypted=True, KmsKeyId=key)


@pytest.fixture
def vault(backup: Any, key: str) -> Iterator[str]:
    """An empty vault, which a test need not tidy up."""
    name = f"vault-{next(_numbers)}"
    backup.create_backup_vault(BackupVaultName=name, EncryptionKeyArn=key)
    yield name
    empty(backup, name)


@pytest.fixture
def copies(other: Any, other_key: str) -> Iterator[str]:
    """An empty vault of the other region: its ARN."""
    name = f"copies-{next(_numbers)}"
    yield other.create_backup_vault(BackupVaultName=name, EncryptionKeyArn=other_key)["BackupVaultArn"]
    empty(other, name)


def make_role(cloud: LocalCloud, name: str, service: str, *actions: str) -> str:
    iam = cloud.client("iam", "us-east-1")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": trust}))
    if actions:
        allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps({"Statement": allowed}))
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def make_database(cloud: LocalCloud, **settings: Any) -> str:
    cloud.client("ec2", HOME).describe_vpcs()  # the default VPC is there once EC2 was asked
    made = cloud.client("rds", HOME).create_db_instance(
        DBInstanceIdentifier=DATABASE, DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="shop", MasterUserPassword="a-long-password", Tags=[{"Key": "Name", "Value": DATABASE}],
        **settings,
    )  # fmt: skip
    arn: str = made["DBInstance"]["DBInstanceArn"]
    return arn


def empty(backup: Any, vault: str) -> None:
    if vault in [each["BackupVaultName"] for each in backup.list_backup_vaults()["BackupVaultList"]]:
        backup.delete_backup_vault_lock_configuration(BackupVaultName=vault)
        for point in points(backup, vault):
            backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point["RecoveryPointArn"])
        backup.delete_backup_vault(BackupVaultName=vault)


def points(backup: Any, vault: str, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = backup.list_recovery_points_by_backup_vault(BackupVaultName=vault, **filters)[
        "RecoveryPoints"
    ]
    return found


def back_up(backup: Any, vault: str, days: int | None = None, **changes: Any) -> dict[str, Any]:
    """A backup of the database: the job as it ended."""
    asked = {"BackupVaultName": vault, "ResourceArn": DATABASE_ARN, "IamRoleArn": ROLE} | changes
    lifecycle = {} if days is None else {"Lifecycle": {"DeleteAfterDays": days}}
    job: dict[str, Any] = backup.start_backup_job(**asked, **lifecycle)
    ended: dict[str, Any] = backup.describe_backup_job(BackupJobId=job["BackupJobId"])
    return ended


def copy(backup: Any, point: dict[str, Any], target: str, days: int | None = None, **changes: Any) -> dict[str, Any]:
    """A copy of a recovery point: the job as it ended."""
    asked = {
        "RecoveryPointArn": point["RecoveryPointArn"],
        "SourceBackupVaultName": point["BackupVaultName"],
        "DestinationBackupVaultArn": target,
        "IamRoleArn": ROLE,
    } | changes
    lifecycle = {} if days is None else {"Lifecycle": {"DeleteAfterDays": days}}
    job = backup.start_copy_job(**asked, **lifecycle)
    ended: dict[str, Any] = backup.describe_copy_job(CopyJobId=job["CopyJobId"])["CopyJob"]
    return ended


# Vaults


def test_a_vault_stands_under_its_key_and_is_empty(backup: Any, vault: str, key: str) -> None:
    described = backup.describe_backup_vault(BackupVaultName=vault)
    assert described["BackupVaultArn"] == f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-vault:{vault}"
    assert described["EncryptionKeyArn"] == key
    assert (described["NumberOfRecoveryPoints"], described["Locked"]) == (0, False)


def test_a_vault_s_name_is_its_own_in_its_region(backup: Any, other: Any, vault: str, other_key: str) -> None:
    assert code_of(backup.create_backup_vault, BackupVaultName=vault) == "AlreadyExistsException"
    other.create_backup_vault(BackupVaultName=vault, EncryptionKeyArn=other_key)
    other.delete_backup_vault(BackupVaultName=vault)


def test_a_vault_s_key_is_one_of_its_region(backup: Any, other_key: str) -> None:
    absent = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000"
    for wrong in (other_key, absent):
        assert code_of(backup.create_backup_vault, BackupVaultName="keyless", EncryptionKeyArn=wrong) == INVALID


def test_a_vault_that_is_not_there_is_said_to_be_forbidden(backup: Any) -> None:
    forbidden = ("AccessDeniedException", "Insufficient privileges to perform this action.")
    assert refusal(backup.describe_backup_vault, BackupVaultName="absent") == forbidden
    assert refusal(backup.list_recovery_points_by_backup_vault, BackupVaultName="absent") == forbidden


@pytest.mark.usefixtures("database", "role")
def test_a_vault_with_a_recovery_point_in_it_stays(backup: Any, vault: str) -> None:
    point = back_up(backup, vault)
    assert backup.describe_backup_vault(BackupVaultName=vault)["NumberOfRecoveryPoints"] == 1
    answer = refusal(backup.delete_backup_vault, BackupVaultName=vault)
    assert answer == (IMMUTABLE, "Backup vault cannot be deleted because it contains recovery points.")
    backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point["RecoveryPointArn"])
    backup.delete_backup_vault(BackupVaultName=vault)
    assert code_of(backup.describe_backup_vault, BackupVaultName=vault) == "AccessDeniedException"


def test_a_vault_s_policy_is_kept_as_it_is_given(backup: Any, vault: str) -> None:
    assert code_of(backup.get_backup_vault_access_policy, BackupVaultName=vault) == "ResourceNotFoundException"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "backup:CopyIntoBackupVault", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    backup.put_backup_vault_access_policy(BackupVaultName=vault, Policy=text)
    assert backup.get_backup_vault_access_policy(BackupVaultName=vault)["Policy"] == text
    backup.delete_backup_vault_access_policy(BackupVaultName=vault)
    assert code_of(backup.get_backup_vault_access_policy, BackupVaultName=vault) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "changes", [{"Action": "s3:GetObject"}, {"Principal": None}, {"Effect": "Perhaps"}, {"Resource": None}],
    ids=["another service's action", "nobody", "no effect", "on nothing"],
)  # fmt: skip
def test_a_policy_that_aws_could_not_read_is_refused(backup: Any, vault: str, changes: dict[str, Any]) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"} | changes
    text = json.dumps({"Statement": [{name: value for name, value in statement.items() if value}]})
    assert code_of(backup.put_backup_vault_access_policy, BackupVaultName=vault, Policy=text) == INVALID


def test_a_vault_s_tags_change(backup: Any, vault: str) -> None:
    arn = backup.describe_backup_vault(BackupVaultName=vault)["BackupVaultArn"]
    backup.tag_resource(ResourceArn=arn, Tags={"Name": vault, "Team": "shop"})
    backup.untag_resource(ResourceArn=arn, TagKeyList=["Team"])
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"Name": vault}


# Locks


def test_a_lock_is_shown_changed_and_taken_off(backup: Any, vault: str) -> None:
    backup.put_backup_vault_lock_configuration(BackupVaultName=vault, MinRetentionDays=7, MaxRetentionDays=365)
    locked = backup.describe_backup_vault(BackupVaultName=vault)
    assert (locked["Locked"], locked["MinRetentionDays"], locked["MaxRetentionDays"]) == (True, 7, 365)
    assert "LockDate" not in locked  # governance mode
    backup.put_backup_vault_lock_configuration(BackupVaultName=vault, MinRetentionDays=1)
    changed = backup.describe_backup_vault(BackupVaultName=vault)
    assert changed["MinRetentionDays"] == 1
    assert "MaxRetentionDays" not in changed
    backup.delete_backup_vault_lock_configuration(BackupVaultName=vault)
    assert backup.describe_backup_vault(BackupVaultName=vault)["Locked"] is False


def test_a_lock_with_days_to_change_it_says_when_they_are_over(backup: Any, vault: str) -> None:
    backup.put_backup_vault_lock_configuration(BackupVaultName=vault, MinRetentionDays=1, ChangeableForDays=3)
    date = backup.describe_backup_vault(BackupVaultName=vault)["LockDate"].timestamp()
    assert date == pytest.approx(time.time() + 3 * 86400, abs=60)
    backup.delete_backup_vault_lock_configuration(BackupVaultName=vault)  # the days are not over


@pytest.mark.parametrize(
    "wrong",
    [{"MinRetentionDays": 0}, {"MaxRetentionDays": 36501}, {"MinRetentionDays": 8, "MaxRetentionDays": 7},
     {"MinRetentionDays": 1, "ChangeableForDays": 2}, {"MinRetentionDays": 1, "ChangeableForDays": 36501}],
    ids=["no day", "a century", "none fits", "no time to cool off", "too long to change"],
)  # fmt: skip
def test_a_lock_that_aws_could_not_keep_is_refused(backup: Any, vault: str, wrong: dict[str, int]) -> None:
    assert code_of(backup.put_backup_vault_lock_configuration, BackupVaultName=vault, **wrong) == INVALID


@pytest.mark.usefixtures("database", "role")
def test_a_locked_vault_keeps_its_recovery_points(backup: Any, vault: str) -> None:
    point = back_up(backup, vault, 30)
    named = {"BackupVaultName": vault, "RecoveryPointArn": point["RecoveryPointArn"]}
    backup.put_backup_vault_lock_configuration(BackupVaultName=vault, MinRetentionDays=7)
    assert code_of(backup.delete_recovery_point, **named) == IMMUTABLE
    shorter = {"DeleteAfterDays": 7}
    assert code_of(backup.update_recovery_point_lifecycle, **named, Lifecycle=shorter) == IMMUTABLE
    backup.delete_backup_vault_lock_configuration(BackupVaultName=vault)
    backup.update_recovery_point_lifecycle(**named, Lifecycle=shorter)
    assert backup.describe_recovery_point(**named)["Lifecycle"] == shorter
    backup.delete_recovery_point(**named)
    assert code_of(backup.describe_recovery_point, **named) == "ResourceNotFoundException"


@pytest.mark.usefixtures("database", "role")
@pytest.mark.parametrize(
    ("days", "state"), [(6, "FAILED"), (7, "COMPLETED"), (90, "COMPLETED"), (91, "FAILED"), (None, "FAILED")]
)
def test_a_backup_outside_the_lock_fails(backup: Any, vault: str, days: int | None, state: str) -> None:
    backup.put_backup_vault_lock_configuration(BackupVaultName=vault, MinRetentionDays=7, MaxRetentionDays=90)
    job = back_up(backup, vault, days)
    assert job["State"] == state
    assert len(points(backup, vault)) == (state == "COMPLETED")
    assert ("StatusMessage" in job) == ("RecoveryPointArn" not in job) == (state == "FAILED")


# Jobs and recovery points


@pytest.mark.usefixtures("role")
def test_a_backup_of_a_database_is_a_snapshot_of_it(
    shared_cloud: LocalCloud, backup: Any, vault: str, database: str, key: str
) -> None:
    job = back_up(backup, vault, 35)
    assert (job["State"], job["ResourceType"], job["ResourceArn"]) == ("COMPLETED", "RDS", database)
    (point,) = points(backup, vault)
    assert point["RecoveryPointArn"] == job["RecoveryPointArn"]
    assert point["RecoveryPointArn"].startswith(f"arn:aws:rds:{HOME}:{ACCOUNT}:snapshot:awsbackup:job-")
    assert (point["Status"], point["EncryptionKeyArn"], point["IsEncrypted"]) == ("COMPLETED", key, True)
    ends = point["CalculatedLifecycle"]["DeleteAt"] - point["CreationDate"]
    assert (point["Lifecycle"], ends.days) == ({"DeleteAfterDays": 35}, 35)
    rds = shared_cloud.client("rds", HOME)
    name = point["RecoveryPointArn"].split(":snapshot:")[1]
    (snapshot,) = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
    assert (snapshot["DBInstanceIdentifier"], snapshot["Status"]) == (DATABASE, "available")
    assert (snapshot["SnapshotType"], snapshot["KmsKeyId"]) == ("awsbackup", key)
    assert snapshot["TagList"] == [{"Key": "Name", "Value": DATABASE}]
    backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point["RecoveryPointArn"])
    assert code_of(rds.describe_db_snapshots, DBSnapshotIdentifier=name) == "DBSnapshotNotFound"


@pytest.mark.usefixtures("database", "role")
def test_the_reply_to_a_backup_of_rds_names_no_recovery_point(backup: Any, vault: str) -> None:
    reply = backup.start_backup_job(BackupVaultName=vault, ResourceArn=DATABASE_ARN, IamRoleArn=ROLE)
    assert "RecoveryPointArn" not in reply
    assert reply["BackupJobId"]


@pytest.mark.usefixtures("database", "role")
def test_a_token_starts_one_job_however_often_it_is_sent(backup: Any, vault: str) -> None:
    jobs = {back_up(backup, vault, IdempotencyToken="run-7")["BackupJobId"] for _ in range(2)}
    assert len(jobs) == len(points(backup, vault)) == 1
    back_up(backup, vault, IdempotencyToken="run-8")
    assert len(points(backup, vault)) == 2


@pytest.mark.usefixtures("database", "role")
@pytest.mark.parametrize(
    ("changes", "code"),
    [({"BackupVaultName": "absent"}, "ResourceNotFoundException"),
     ({"ResourceArn": f"{DATABASE_ARN}-absent"}, "ResourceNotFoundException"),
     ({"ResourceArn": "arn:aws:sns:eu-central-1:000000000000:topic"}, INVALID),
     ({"IamRoleArn": f"{ROLE}-absent"}, INVALID),
     ({"StartWindowMinutes": 59}, INVALID),
     ({"Lifecycle": {"DeleteAfterDays": 36501}}, INVALID),
     ({"Lifecycle": {"DeleteAfterDays": 99, "MoveToColdStorageAfterDays": 10}}, INVALID)],
    ids=["no vault", "no database", "no database's ARN", "no role", "short window", "too long", "short cold"],
)  # fmt: skip
def test_a_job_that_could_not_run_is_refused(backup: Any, vault: str, changes: dict[str, Any], code: str) -> None:
    asked = {"BackupVaultName": vault, "ResourceArn": DATABASE_ARN, "IamRoleArn": ROLE} | changes
    assert code_of(backup.start_backup_job, **asked) == code
    assert points(backup, vault) == []


@pytest.mark.usefixtures("database", "role")
def test_jobs_and_points_are_found_by_what_they_are(backup: Any, vault: str) -> None:
    backup.put_backup_vault_lock_configuration(BackupVaultName=vault, MinRetentionDays=7)
    done, failed = back_up(backup, vault, 7), back_up(backup, vault, 6)

    def listed(**filters: Any) -> list[str]:
        found = backup.list_backup_jobs(ByBackupVaultName=vault, **filters)["BackupJobs"]
        return [job["BackupJobId"] for job in found]

    assert listed() == [failed["BackupJobId"], done["BackupJobId"]]
    assert listed(ByState="FAILED") == [failed["BackupJobId"]]
    assert listed(ByCreatedAfter=time.time() + 60) == []
    assert len(listed(ByCreatedBefore=time.time() + 60)) == 2
    assert len(points(backup, vault, ByResourceArn=DATABASE_ARN, ByResourceType="RDS")) == 1
    assert points(backup, vault, ByResourceArn="arn:aws:rds:eu-central-1:000000000000:db:other") == []
    of_resource = backup.list_recovery_points_by_resource(ResourceArn=DATABASE_ARN)["RecoveryPoints"]
    assert done["RecoveryPointArn"] in [point["RecoveryPointArn"] for point in of_resource]


@pytest.mark.usefixtures("database", "role")
def test_recovery_points_come_in_pages(backup: Any, vault: str) -> None:
    taken = {back_up(backup, vault)["RecoveryPointArn"] for _ in range(3)}
    pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(
        BackupVaultName=vault, PaginationConfig={"PageSize": 2}
    )
    sizes = [len(page["RecoveryPoints"]) for page in pages]
    assert sizes == [2, 1]
    assert {point["RecoveryPointArn"] for point in points(backup, vault)} == taken


# Copies


@pytest.fixture
def copied(backup: Any, vault: str, copies: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A recovery point of 35 days, and the job that copied it for 90."""
    back_up(backup, vault, 35)
    (point,) = points(backup, vault)
    return point, copy(backup, point, copies, 90)


@pytest.mark.usefixtures("database", "role")
def test_a_copy_lies_in_the_other_region_under_that_region_s_key(other: Any, copied: Any, other_key: str) -> None:
    point, job = copied
    vault = job["DestinationBackupVaultArn"].rpartition(":")[2]
    assert job["State"] == "COMPLETED"
    (found,) = points(other, vault, ByResourceArn=DATABASE_ARN)  # by the source
    assert found["RecoveryPointArn"] == job["DestinationRecoveryPointArn"]
    assert found["RecoveryPointArn"].startswith(f"arn:aws:rds:{OTHER}:{ACCOUNT}:snapshot:awsbackup:copyjob-")
    assert (found["EncryptionKeyArn"], found["Lifecycle"]) == (other_key, {"DeleteAfterDays": 90})
    assert found["SourceBackupVaultArn"] == point["BackupVaultArn"]
    assert found["CreationDate"] == point["CreationDate"]


@pytest.mark.usefixtures("database", "role")
def test_a_copy_of_rds_is_a_snapshot_that_knows_its_original_s_time(
    shared_cloud: LocalCloud, copied: Any, other_key: str
) -> None:
    def snapshot(region: str, arn: str) -> Any:
        rds = shared_cloud.client("rds", region)
        return rds.describe_db_snapshots(DBSnapshotIdentifier=arn.split(":snapshot:")[1])["DBSnapshots"][0]

    point, job = copied
    original, copy = snapshot(HOME, point["RecoveryPointArn"]), snapshot(OTHER, job["DestinationRecoveryPointArn"])
    assert copy["OriginalSnapshotCreateTime"] == original["SnapshotCreateTime"]
    assert copy["KmsKeyId"] == other_key


@pytest.mark.usefixtures("database", "role")
def test_a_copy_keeps_its_source_s_days_unless_told(backup: Any, other: Any, vault: str, copies: str) -> None:
    back_up(backup, vault, 35)
    assert copy(backup, points(backup, vault)[0], copies)["State"] == "COMPLETED"
    (copied,) = points(other, copies.rpartition(":")[2])
    assert copied["Lifecycle"] == {"DeleteAfterDays": 35}


@pytest.mark.usefixtures("database", "role")
def test_a_copy_outside_the_destination_s_lock_fails(backup: Any, other: Any, vault: str, copies: str) -> None:
    name = copies.rpartition(":")[2]
    other.put_backup_vault_lock_configuration(BackupVaultName=name, MinRetentionDays=7, MaxRetentionDays=90)
    back_up(backup, vault, 365)
    (point,) = points(backup, vault)
    job = copy(backup, point, copies)  # with its source's days
    assert job["State"] == "FAILED"
    assert "at most 90 days" in job["StatusMessage"]
    assert copy(backup, point, copies, 6)["State"] == "FAILED"
    assert points(other, name) == []
    assert copy(backup, point, copies, 90)["State"] == "COMPLETED"
    states = [each["State"] for each in backup.list_copy_jobs(ByDestinationVaultArn=copies)["CopyJobs"]]
    assert states == ["COMPLETED", "FAILED", "FAILED"]


@pytest.mark.usefixtures("database", "role")
def test_a_copy_that_can_not_arrive_fails(shared_cloud: LocalCloud, backup: Any, other: Any, vault: str) -> None:
    back_up(backup, vault)
    (point,) = points(backup, vault)
    absent = f"arn:aws:backup:{OTHER}:{ACCOUNT}:backup-vault:absent"
    assert copy(backup, point, absent)["State"] == "FAILED"
    assert copy(backup, point, absent.replace(ACCOUNT, "111122223333"))["State"] == "FAILED"
    kms = shared_cloud.client("kms", OTHER)
    dying = kms.create_key()["KeyMetadata"]["Arn"]
    target = other.create_backup_vault(BackupVaultName="keyless", EncryptionKeyArn=dying)["BackupVaultArn"]
    kms.schedule_key_deletion(KeyId=dying)
    job = copy(backup, point, target)
    assert (job["State"], "not accessible" in job["StatusMessage"]) == ("FAILED", True)
    other.delete_backup_vault(BackupVaultName="keyless")


@pytest.mark.usefixtures("database", "role")
def test_a_copy_of_what_is_not_there_is_refused(backup: Any, vault: str, copies: str) -> None:
    back_up(backup, vault)
    (point,) = points(backup, vault)
    missing: dict[str, Any] = {"RecoveryPointArn": f"{point['RecoveryPointArn']}0"}
    assert code_of(lambda: copy(backup, point, copies, **missing)) == "ResourceNotFoundException"
    assert code_of(lambda: copy(backup, point, copies, SourceBackupVaultName="absent")) == "ResourceNotFoundException"
    assert code_of(lambda: copy(backup, point, "copies")) == INVALID


# Plans and selections


def rule(**changes: Any) -> dict[str, Any]:
    return {"RuleName": "daily", "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 3 * * ? *)"} | changes


def plan(name: str, **changes: Any) -> dict[str, Any]:
    return {"BackupPlanName": name, "Rules": [rule(**changes)]}


@pytest.fixture
def plan_id(backup: Any) -> str:
    identity: str = backup.create_backup_plan(BackupPlan=plan(f"plan-{next(_numbers)}"))["BackupPlanId"]
    return identity


def test_a_plan_is_given_back_with_what_aws_adds(backup: Any) -> None:
    copies = [
        {
            "DestinationBackupVaultArn": f"arn:aws:backup:{OTHER}:{ACCOUNT}:backup-vault:copies",
            "Lifecycle": {"DeleteAfterDays": 9},
        }
    ]
    made = backup.create_backup_plan(BackupPlan=plan("whole", CopyActions=copies), BackupPlanTags={"Name": "whole"})
    (kept,) = backup.get_backup_plan(BackupPlanId=made["BackupPlanId"])["BackupPlan"]["Rules"]
    assert kept.pop("RuleId")
    assert kept == rule(CopyActions=copies) | {
        "CompletionWindowMinutes": 10080,
        "EnableContinuousBackup": False,
        "ScheduleExpressionTimezone": "Etc/UTC",
        "StartWindowMinutes": 480,
    }
    assert backup.list_tags(ResourceArn=made["BackupPlanArn"])["Tags"] == {"Name": "whole"}
    listed = [each["BackupPlanName"] for each in backup.list_backup_plans()["BackupPlansList"]]
    assert "whole" in listed


def test_a_plan_is_not_made_twice(backup: Any) -> None:
    backup.create_backup_plan(BackupPlan=plan("once"))
    assert code_of(backup.create_backup_plan, BackupPlan=plan("once")) == "AlreadyExistsException"
    backup.create_backup_plan(BackupPlan=plan("once", StartWindowMinutes=60))  # another plan of the same name


def test_a_plan_s_rules_are_written_anew(backup: Any, plan_id: str) -> None:
    before = backup.get_backup_plan(BackupPlanId=plan_id)
    name = before["BackupPlan"]["BackupPlanName"]
    backup.update_backup_plan(BackupPlanId=plan_id, BackupPlan=plan(name, Lifecycle={"DeleteAfterDays": 35}))
    after = backup.get_backup_plan(BackupPlanId=plan_id)
    assert after["BackupPlan"]["Rules"][0]["Lifecycle"] == {"DeleteAfterDays": 35}
    assert after["VersionId"] != before["VersionId"]


@pytest.mark.parametrize(
    "wrong",
    [{"StartWindowMinutes": 59}, {"ScheduleExpression": "cron(0 3 * * *)"}, {"Lifecycle": {"DeleteAfterDays": 0}},
     {"RuleName": "every night"}, {"CopyActions": [{"DestinationBackupVaultArn": "vault"}]}],
    ids=["too short a window", "five fields", "gone at once", "a space", "no vault's ARN"],
)  # fmt: skip
def test_a_rule_that_aws_could_not_keep_is_refused(backup: Any, plan_id: str, wrong: dict[str, Any]) -> None:
    assert code_of(backup.create_backup_plan, BackupPlan=plan("wrong", **wrong)) == INVALID
    assert code_of(backup.update_backup_plan, BackupPlanId=plan_id, BackupPlan=plan("wrong", **wrong)) == INVALID


def selection(**changes: Any) -> dict[str, Any]:
    return {"SelectionName": "databases", "IamRoleArn": ROLE, "Resources": [f"{DATABASE_ARN[:-1]}*"]} | changes


@pytest.mark.usefixtures("role")
def test_a_plan_goes_after_its_selections(backup: Any, plan_id: str) -> None:
    made = backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection())
    named = {"BackupPlanId": plan_id, "SelectionId": made["SelectionId"]}
    kept = backup.get_backup_selection(**named)["BackupSelection"]
    assert (kept["Resources"], kept["IamRoleArn"]) == ([f"{DATABASE_ARN[:-1]}*"], ROLE)
    assert code_of(backup.delete_backup_plan, BackupPlanId=plan_id) == IMMUTABLE
    backup.delete_backup_selection(**named)
    assert backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"] == []
    backup.delete_backup_plan(BackupPlanId=plan_id)
    assert code_of(backup.get_backup_plan, BackupPlanId=plan_id) == "ResourceNotFoundException"
    assert code_of(backup.get_backup_selection, **named) == INVALID


@pytest.mark.usefixtures("role")
def test_a_selection_is_not_made_twice(backup: Any, plan_id: str) -> None:
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection())
    again = {"BackupPlanId": plan_id, "BackupSelection": selection()}
    assert code_of(backup.create_backup_selection, **again) == "AlreadyExistsException"


@pytest.mark.usefixtures("role")
@pytest.mark.parametrize(
    "wrong",
    [{"Resources": []}, {"Resources": ["shop-*"]}, {"Resources": [f"{DATABASE_ARN}-{n}-*" for n in range(31)]},
     {"SelectionName": "all of it"}],
    ids=["nothing", "no ARN", "too many patterns", "a space"],
)  # fmt: skip
def test_a_selection_that_aws_could_not_keep_is_refused(backup: Any, plan_id: str, wrong: dict[str, Any]) -> None:
    assert code_of(backup.create_backup_selection, BackupPlanId=plan_id, BackupSelection=selection(**wrong)) == INVALID


def test_a_selection_s_role_lets_aws_backup_find_resources(shared_cloud: LocalCloud, backup: Any, plan_id: str) -> None:
    blind = make_role(shared_cloud, "blind", "backup.amazonaws.com")
    foreign = make_role(shared_cloud, "foreign", "ec2.amazonaws.com", "tag:*")

    def message(role: str) -> str:
        chosen = selection(IamRoleArn=role)
        return refusal(backup.create_backup_selection, BackupPlanId=plan_id, BackupSelection=chosen)[1]

    assert message(blind) == f"IAM Role {blind} is not authorized to call tag:GetResources"
    assert message(foreign) == f"IAM Role {foreign} cannot be assumed by AWS Backup"
    seeing = make_role(shared_cloud, "seeing", "backup.amazonaws.com", "tag:Get*")
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection(IamRoleArn=seeing))


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert [problem for problem in shared_cloud.problems() if problem.service == "backup"] == []


def test_what_is_locked_and_kept_is_so_after_a_kill(server: Server) -> None:
    cloud = server.start()
    key_arn = cloud.client("kms", HOME).create_key()["KeyMetadata"]["Arn"]
    make_role(cloud, "backup", "backup.amazonaws.com")
    make_database(cloud)
    backup = cloud.client("backup", HOME)
    backup.create_backup_vault(BackupVaultName="vault", EncryptionKeyArn=key_arn)
    backup.put_backup_vault_lock_configuration(BackupVaultName="vault", MinRetentionDays=7)
    job = back_up(backup, "vault", 7)
    before = backup.describe_backup_vault(BackupVaultName="vault") | {"ResponseMetadata": None}
    server.kill()
    backup = server.start().client("backup", HOME)
    assert backup.describe_backup_vault(BackupVaultName="vault") | {"ResponseMetadata": None} == before
    (point,) = points(backup, "vault")
    named = {"BackupVaultName": "vault", "RecoveryPointArn": point["RecoveryPointArn"]}
    assert point["RecoveryPointArn"] == job["RecoveryPointArn"]
    assert code_of(backup.delete_recovery_point, **named) == IMMUTABLE
