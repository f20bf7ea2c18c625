"""Copy jobs: a recovery point goes into another region's vault, under that vault's key and lock."""

from __future__ import annotations

import re
import time
from uuid import uuid4

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
    overlay,
    path_names,
)
from localcloud.overlay.backup.stores import copy_jobs, recovery_points
from localcloud.overlay.backup.vaults import is_usable_key
from localcloud.refusal import refuse

_VAULT_ARN = re.compile(r"arn:aws:backup:([a-z0-9-]+):(\d{12}):backup-vault:([a-zA-Z0-9_-]{2,50})")
_FILTERS = {
    "accountId": equals("AccountId"),
    "completeAfter": after("CompletionDate"),
    "completeBefore": before("CompletionDate"),
    "createdAfter": after("CreationDate"),
    "createdBefore": before("CreationDate"),
    "destinationVaultArn": equals("DestinationBackupVaultArn"),
    "messageCategory": equals("MessageCategory"),
    "resourceArn": equals("ResourceArn"),
    "resourceType": equals("ResourceType"),
    "sourceRecoveryPointArn": equals("SourceRecoveryPointArn"),
    "state": equals("State"),
}


@overlay.on("StartCopyJob")
async def start_job(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack has no copies
    """A copy of a recovery point, asked for once per token; what is wrong at the destination fails the job.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_StartCopyJob.html.
    """
    wanted = request.json
    point = recovery_points.get(wanted.get("RecoveryPointArn", ""))
    if wanted.get("SourceBackupVaultName") not in vaults:
        return refuse(request, "ResourceNotFoundException", "The source backup vault does not exist")
    if point is None or point["BackupVaultName"] != wanted["SourceBackupVaultName"]:
        return refuse(request, "ResourceNotFoundException", "The recovery point is not in the source backup vault")
    if not _VAULT_ARN.fullmatch(wanted.get("DestinationBackupVaultArn", "")):
        return refuse(request, "InvalidParameterValueException", "DestinationBackupVaultArn is no backup vault's ARN")
    if fault := lifecycle_fault(wanted.get("Lifecycle", {})):
        return refuse(request, "InvalidParameterValueException", fault)
    if refusal := refuse_role(request, wanted.get("IamRoleArn", "")):
        return refusal
    token = wanted.get("IdempotencyToken")
    known = next((job for job in copy_jobs.values() if token and job["IdempotencyToken"] == token), None)
    job = known or _run(request, point)
    return answer(request, {name: job[name] for name in ("CopyJobId", "CreationDate", "IsParent")})


@overlay.on("DescribeCopyJob")
async def describe_job(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack has no copies
    """A job as it stands.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeCopyJob.html.
    """
    job = copy_jobs.get(path_names(request)[1])
    if job is None:
        return refuse(request, "ResourceNotFoundException", "The job does not exist")
    return answer(request, {"CopyJob": job})


@overlay.on("ListCopyJobs")
async def list_jobs(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack has no copies
    """The copies that left this region and pass the filters, the latest first.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_ListCopyJobs.html.
    """
    return answer_page(request, reversed(tuple(copy_jobs.values())), _FILTERS)


def _run(request: Request, point: Record) -> Record:
    """Run a job that was not refused to its end."""
    job = _begin(request, point)
    copy_jobs[job["CopyJobId"]] = job
    target, lifecycle = job["DestinationBackupVaultArn"], job["DestinationRecoveryPointLifecycle"] or {}
    vault = _vault(target)
    fault = _fault(request, target, vault) or lock_fault(lifecycle, vault or {})
    if fault or vault is None:
        job |= {"MessageCategory": "INVALIDPARAMETERS", "State": "FAILED", "StatusMessage": fault}
        return job
    region = target.split(":")[3]
    arn = f"arn:aws:rds:{region}:{request.account}:snapshot:awsbackup:copyjob-{job['CopyJobId'].lower()}"
    key_arn = vault["EncryptionKeyArn"] or None
    databases.copy_snapshot(point["RecoveryPointArn"], arn, key_arn, job["CreationDate"])
    job |= {"DestinationRecoveryPointArn": arn, "MessageCategory": "SUCCESS", "State": "COMPLETED"}
    keep(region, _copied(point, job, key_arn))
    return job


def _begin(request: Request, point: Record) -> Record:
    wanted, now = request.json, time.time()
    return {
        "AccountId": request.account,
        "BackupSizeInBytes": point["BackupSizeInBytes"],
        "CompletionDate": now,
        "CopyJobId": str(uuid4()).upper(),
        "CreationDate": now,
        "DestinationBackupVaultArn": wanted["DestinationBackupVaultArn"],
        "DestinationRecoveryPointLifecycle": wanted.get("Lifecycle") or point.get("Lifecycle"),
        "IamRoleArn": wanted["IamRoleArn"],
        "IdempotencyToken": wanted.get("IdempotencyToken", ""),
        "IsParent": False,
        "ResourceArn": point["ResourceArn"],
        "ResourceName": point["ResourceName"],
        "ResourceType": point["ResourceType"],
        "SourceBackupVaultArn": point["BackupVaultArn"],
        "SourceRecoveryPointArn": point["RecoveryPointArn"],
    }


def _copied(point: Record, job: Record, key_arn: str | None) -> Record:
    """The recovery point that a copy leaves; it was created when its source was.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html ("Copies retain their source
    configuration, including creation dates and retention period").
    """
    return point | {
        "BackupVaultArn": job["DestinationBackupVaultArn"],
        "BackupVaultName": job["DestinationBackupVaultArn"].rpartition(":")[2],
        "CompletionDate": job["CompletionDate"],
        "EncryptionKeyArn": key_arn if point["IsEncrypted"] else None,
        "IamRoleArn": job["IamRoleArn"],
        "InitiationDate": job["CreationDate"],
        "Lifecycle": job["DestinationRecoveryPointLifecycle"],
        "RecoveryPointArn": job["DestinationRecoveryPointArn"],
        "SourceBackupVaultArn": job["SourceBackupVaultArn"],
    }


def _fault(request: Request, target: str, vault: Record | None) -> str | None:
    """Why nothing can be copied into a vault; None when it can.

    Source of the words on accounts: repost.aws/knowledge-center/backup-troubleshoot-cross-account-copy; on keys:
    github.com/aws-samples/aws-backup-automation/issues/2.
    """
    region, account = target.split(":")[3:5]
    if account != request.account:
        return "Copy job failed. Both source and destination account must be a member of the same organization"
    if vault is None:
        return "Copy job failed because the destination backup vault could not be found"
    if vault["EncryptionKeyArn"] and not is_usable_key(vault["EncryptionKeyArn"], region):
        return "Given key ID is not accessible. You must have DescribeKey permissions on the default CMK"
    return None


def _vault(arn: str) -> Record | None:
    region, account, name = _VAULT_ARN.fullmatch(arn).groups()  # type: ignore[union-attr] # refused before
    found: Record | None = vaults.get_scoped(account, region, name)
    return found
