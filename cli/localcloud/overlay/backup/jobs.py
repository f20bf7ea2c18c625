"""Backup jobs: a request of AWS, answered at once, that may still fail. Here they end as soon as they start."""

from __future__ import annotations

import time
from uuid import uuid4

from ministack.services.backup import _jobs as jobs
from ministack.services.backup import _vaults as vaults

from localcloud.message import Forward, Request, Response
from localcloud.overlay.backup import databases
from localcloud.overlay.backup.recovery_points import keep
from localcloud.overlay.backup.retention import lifecycle_fault, lock_fault
from localcloud.overlay.backup.roles import refuse_role
from localcloud.overlay.backup.service import (
    Record,
    after,
    answer,
    answer_page,
    before,
    equals,
    forward_as_aws,
    overlay,
    path_names,
)
from localcloud.refusal import refuse

SHORTEST_WINDOW_MINUTES = 60
DEFAULT_WINDOW_MINUTES = 480
_FILTERS = {
    "accountId": equals("AccountId"),
    "backupVaultName": equals("BackupVaultName"),
    "completeAfter": after("CompletionDate"),
    "completeBefore": before("CompletionDate"),
    "createdAfter": after("CreationDate"),
    "createdBefore": before("CreationDate"),
    "messageCategory": equals("MessageCategory"),
    "resourceArn": equals("ResourceArn"),
    "resourceType": equals("ResourceType"),
    "state": equals("State"),
}


@overlay.on("StartBackupJob")
async def start_job(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack's jobs are empty
    """A backup of a database into a vault, asked for once per token; the vault's lock may fail it.

    The recovery point isn't told for RDS. Source: docs.aws.amazon.com/aws-backup/latest/devguide/
    API_StartBackupJob.html (IdempotencyToken, StartWindowMinutes, RecoveryPointArn in the reply).
    """
    wanted = request.json
    if refusal := _refuse_job(request) or refuse_role(request, wanted.get("IamRoleArn", "")):
        return refusal
    token = wanted.get("IdempotencyToken")
    known = next((job for job in jobs.values() if token and job["IdempotencyToken"] == token), None)
    job = known or _run(request)
    return answer(request, {name: job[name] for name in ("BackupJobId", "CreationDate", "IsParent")})


@overlay.on("DescribeBackupJob")
async def describe_job(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack isn't asked
    """A job as it stands.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupJob.html.
    """
    job = jobs.get(path_names(request)[1])
    return answer(request, job) if job else refuse(request, "ResourceNotFoundException", "The job does not exist")


@overlay.on("ListBackupJobs")
async def list_jobs(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack isn't asked
    """The region's jobs that pass the filters, the latest first.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupJobs.html.
    """
    return answer_page(request, reversed(tuple(jobs.values())), _FILTERS)


@overlay.on("StopBackupJob")
async def stop_job(request: Request, forward: Forward) -> Response:
    """A job that has ended can't be stopped.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_StopBackupJob.html (InvalidRequestException).
    """
    return await forward_as_aws(request, forward)


def _refuse_job(request: Request) -> Response | None:
    wanted = request.json
    arn = wanted.get("ResourceArn", "")
    if wanted.get("BackupVaultName") not in vaults:
        return refuse(request, "ResourceNotFoundException", "The backup vault does not exist")
    if not databases.is_database(arn):
        message = f"The local cloud backs up databases only, and {arn} is none"
        return refuse(request, "InvalidParameterValueException", message)
    if databases.find(arn) is None:
        return refuse(request, "ResourceNotFoundException", f"The resource {arn} does not exist")
    if wanted.get("StartWindowMinutes", SHORTEST_WINDOW_MINUTES) < SHORTEST_WINDOW_MINUTES:
        message = f"StartWindowMinutes must be at least {SHORTEST_WINDOW_MINUTES}"
        return refuse(request, "InvalidParameterValueException", message)
    if fault := lifecycle_fault(wanted.get("Lifecycle", {})):
        return refuse(request, "InvalidParameterValueException", fault)
    return None


def _run(request: Request) -> Record:
    """Run a job that was not refused to its end."""
    instance = databases.find(request.json["ResourceArn"])
    assert instance is not None  # noqa: S101 - refused before
    job = _begin(request, instance)
    jobs[job["BackupJobId"]] = job
    lifecycle = job["RecoveryPointLifecycle"] or {}
    if fault := lock_fault(lifecycle, vaults[job["BackupVaultName"]]) or _state_fault(instance):
        return _fail(job, fault)
    arn = f"arn:aws:rds:{request.region}:{request.account}:snapshot:awsbackup:job-{job['BackupJobId'].lower()}"
    databases.take_snapshot(instance, arn, job["CreationDate"])
    size = databases.size_bytes(instance)
    job |= {"BackupSizeInBytes": size, "BytesTransferred": size, "MessageCategory": "SUCCESS"}
    job |= {"PercentDone": "100.0", "RecoveryPointArn": arn, "State": "COMPLETED"}
    encryption = {"EncryptionKeyArn": instance.get("KmsKeyId"), "IsEncrypted": instance["StorageEncrypted"]}
    keep(request.region, job | encryption | {"Lifecycle": job["RecoveryPointLifecycle"]})
    return job


def _begin(request: Request, instance: databases.Instance) -> Record:
    wanted, now = request.json, time.time()
    vault = vaults[wanted["BackupVaultName"]]
    return {
        "AccountId": request.account,
        "BackupJobId": str(uuid4()).upper(),
        "BackupSizeInBytes": 0,
        "BackupVaultArn": vault["BackupVaultArn"],
        "BackupVaultName": vault["BackupVaultName"],
        "CompletionDate": now,
        "CreationDate": now,
        "IamRoleArn": wanted["IamRoleArn"],
        "IdempotencyToken": wanted.get("IdempotencyToken", ""),
        "InitiationDate": now,
        "IsParent": False,
        "RecoveryPointLifecycle": wanted.get("Lifecycle"),
        "ResourceArn": wanted["ResourceArn"],
        "ResourceName": instance["DBInstanceIdentifier"],
        "ResourceType": databases.RESOURCE_TYPE,
        "StartBy": now + 60 * wanted.get("StartWindowMinutes", DEFAULT_WINDOW_MINUTES),
    }


def _state_fault(instance: Record) -> str | None:
    """RDS takes a snapshot of a database that is available or stopped only.

    Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html (InvalidDBInstanceState).
    """
    status = instance["DBInstanceStatus"]
    return None if status in ("available", "storage-optimization", "stopped") else f"The database is {status}"


def _fail(job: Record, fault: str) -> Record:
    job |= {"MessageCategory": "INVALIDPARAMETERS", "PercentDone": "0.0", "State": "FAILED", "StatusMessage": fault}
    return job
