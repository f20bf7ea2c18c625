"""Vaults: they keep what is in them, for as long as their lock says, and take in whom their policy lets in."""

from __future__ import annotations

import re
import time
from typing import Any

from ministack.services.backup import _vaults as vaults
from ministack.services.kms import _keys as keys

from localcloud.message import Forward, Request, Response
from localcloud.overlay.backup.retention import LONGEST_DAYS
from localcloud.overlay.backup.service import Record, answer, answer_page, overlay, path_names, refuse_absent_vault
from localcloud.overlay.backup.stores import points_in
from localcloud.policy_document import MalformedPolicy, parse_policy
from localcloud.refusal import refuse

_NAME = re.compile(r"[a-zA-Z0-9_-]{2,50}")
_DAY_SECONDS = 86_400
_COOLING_OFF_DAYS = 3
_LOCK = ("LockDate", "MaxRetentionDays", "MinRetentionDays")


@overlay.on("CreateBackupVault")
async def create_vault(request: Request, forward: Forward) -> Response:
    """A vault's name is its own in account and region, and its key a key of the region that can be used.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html.
    """
    name = path_names(request)[1]
    key_arn = request.json.get("EncryptionKeyArn")
    if not _NAME.fullmatch(name):
        return refuse(request, "InvalidParameterValueException", f"Invalid backup vault name {name}")
    if name in vaults:
        return refuse(request, "AlreadyExistsException", f"Backup vault with the same name already exists: {name}")
    if key_arn and not is_usable_key(key_arn, request.region):
        return refuse(request, "InvalidParameterValueException", f"The provided key {key_arn} can't be used")
    return await forward(request)


@overlay.on("DescribeBackupVault")
async def describe_vault(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack isn't asked
    """A vault with its lock and the number of recovery points in it.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html.
    """
    vault = vaults.get(path_names(request)[1])
    return answer(request, _described(vault)) if vault else refuse_absent_vault(request)


@overlay.on("ListBackupVaults")
async def list_vaults(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - as above
    """The vaults of the region.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupVaults.html.
    """
    return answer_page(request, map(_described, vaults.values()), {})


@overlay.on("DeleteBackupVault")
async def delete_vault(request: Request, forward: Forward) -> Response:
    """A vault goes when it is empty; a lock alone doesn't keep it.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault.html, "Delete a vault"; the wording:
    github.com/gruntwork-io/cloud-nuke/issues/730.
    """
    name = path_names(request)[1]
    if name not in vaults:
        return refuse_absent_vault(request)
    if points_in(name):
        message = "Backup vault cannot be deleted because it contains recovery points."
        return refuse(request, "InvalidRequestException", message)
    return await forward(request)


@overlay.on("PutBackupVaultLockConfiguration")
async def put_lock(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack has no locks
    """A lock has a range of days; with days to change it, it can't be changed once they are over.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html.
    """
    vault = vaults.get(path_names(request)[1])
    if vault is None:
        return refuse_absent_vault(request)
    if refusal := _refuse_immutable(request, vault):
        return refusal
    if fault := _lock_fault(request.json):
        return refuse(request, "InvalidParameterValueException", fault)
    changeable = request.json.get("ChangeableForDays")
    _unlock(vault)
    vault["Locked"] = True
    vault |= {name: request.json[name] for name in _LOCK if request.json.get(name) is not None}
    if changeable is not None:
        vault["LockDate"] = time.time() + changeable * _DAY_SECONDS
    return answer(request)


@overlay.on("DeleteBackupVaultLockConfiguration")
async def delete_lock(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack has no locks
    """A lock goes as long as it can be changed.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupVaultLockConfiguration.html.
    """
    vault = vaults.get(path_names(request)[1])
    if vault is None:
        return refuse_absent_vault(request)
    if refusal := _refuse_immutable(request, vault):
        return refusal
    _unlock(vault)
    return answer(request)


@overlay.on("PutBackupVaultAccessPolicy")
async def put_policy(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack keeps no policies
    """A vault's policy names who may do what of AWS Backup's actions.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html; the code:
    API_PutBackupVaultAccessPolicy.html, "Errors".
    """
    vault = vaults.get(path_names(request)[1])
    if vault is None:
        return refuse_absent_vault(request)
    if fault := _policy_fault(request.json.get("Policy", "")):
        return refuse(request, "InvalidParameterValueException", fault)
    vault["Policy"] = request.json["Policy"]
    return answer(request)


@overlay.on("GetBackupVaultAccessPolicy")
async def get_policy(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack keeps no policies
    """The policy as it was given; a vault without one has none.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_GetBackupVaultAccessPolicy.html.
    """
    name = path_names(request)[1]
    vault = vaults.get(name)
    if vault is None:
        return refuse_absent_vault(request)
    if "Policy" not in vault:
        return refuse(request, "ResourceNotFoundException", f"No access policy is set on the backup vault {name}")
    return answer(request, vault)


@overlay.on("DeleteBackupVaultAccessPolicy")
async def delete_policy(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack keeps no policies
    """Nothing is left of the policy.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupVaultAccessPolicy.html.
    """
    vault = vaults.get(path_names(request)[1])
    if vault is None:
        return refuse_absent_vault(request)
    vault.pop("Policy", None)
    return answer(request)


def is_usable_key(key_arn: str, region: str) -> bool:
    """Whether a key of the region has this ARN and is enabled."""
    _, _, service, key_region, account, resource = key_arn.split(":", 5) if key_arn.count(":") >= 5 else [""] * 6
    kind, _, identity = resource.partition("/")
    key: dict[str, Any] | None = keys.get_scoped(account, key_region, identity)
    return (service, kind, key_region) == ("kms", "key", region) and key is not None and key["KeyState"] == "Enabled"


def _described(vault: Record) -> Record:
    name = vault["BackupVaultName"]
    return vault | {
        "CreatorRequestId": vault["CreatorRequestId"] or None,
        "EncryptionKeyArn": vault["EncryptionKeyArn"] or None,
        "EncryptionKeyType": "CUSTOMER_MANAGED_KMS_KEY" if vault["EncryptionKeyArn"] else "AWS_OWNED_KMS_KEY",
        "NumberOfRecoveryPoints": len(points_in(name)),
        "VaultState": "AVAILABLE",
        "VaultType": "BACKUP_VAULT",
    }


def _unlock(vault: Record) -> None:
    vault["Locked"] = False
    for name in _LOCK:
        vault.pop(name, None)


def _refuse_immutable(request: Request, vault: Record) -> Response | None:
    if vault.get("LockDate", float("inf")) > time.time():
        return None
    return refuse(request, "InvalidRequestException", "The vault's lock is immutable since its lock date.")


def _lock_fault(wanted: Any) -> str | None:
    shortest, longest, changeable = (
        wanted.get(name) for name in ("MinRetentionDays", "MaxRetentionDays", "ChangeableForDays")
    )
    if shortest is not None and not 1 <= shortest <= LONGEST_DAYS:
        return "MinRetentionDays must be at least 1 day"
    if longest is not None and not 1 <= longest <= LONGEST_DAYS:
        return f"MaxRetentionDays must be at most {LONGEST_DAYS} days"
    if shortest is not None and longest is not None and shortest > longest:
        return "MinRetentionDays must not be longer than MaxRetentionDays"
    if changeable is not None and not _COOLING_OFF_DAYS <= changeable <= LONGEST_DAYS:
        return f"ChangeableForDays must be {_COOLING_OFF_DAYS} to {LONGEST_DAYS} days"
    return None


def _policy_fault(text: str) -> str | None:
    try:
        statements = parse_policy(text)
    except MalformedPolicy as error:
        return str(error)
    for statement in statements:
        if not statement.principals:
            return "Missing required field Principal"
        if not statement.resources:
            return "Missing required field Resource"
        if not all(action == "*" or action.lower().startswith("backup:") for action in statement.actions):
            return "The policy has an action that is not of AWS Backup"
    return None
