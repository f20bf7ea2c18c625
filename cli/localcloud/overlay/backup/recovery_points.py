"""Recovery points: listed by vault and by resource, kept by a lock, gone with their snapshot."""

from __future__ import annotations

from ministack.services.backup import _vaults as vaults

from localcloud.message import Forward, Request, Response
from localcloud.overlay.backup import databases
from localcloud.overlay.backup.retention import calculated, lifecycle_fault
from localcloud.overlay.backup.service import (
    Record,
    after,
    answer,
    answer_page,
    before,
    equals,
    overlay,
    path_names,
    refuse_absent_vault,
)
from localcloud.overlay.backup.stores import points_in, recovery_points
from localcloud.refusal import refuse

_FILTERS = {
    "backupPlanId": lambda record, value: record.get("CreatedBy", {}).get("BackupPlanId") == value,
    "createdAfter": after("CreationDate"),
    "createdBefore": before("CreationDate"),
    "resourceArn": equals("ResourceArn"),
    "resourceType": equals("ResourceType"),
}


def keep(region: str, made: Record) -> None:
    """Keep the recovery point that a job has made in a region."""
    created = made["CreationDate"]
    point = made | {
        "CalculatedLifecycle": calculated(made["Lifecycle"], created) if made.get("Lifecycle") else None,
        "EncryptionKeyType": "CUSTOMER_MANAGED_KMS_KEY" if made.get("EncryptionKeyArn") else None,
        "Status": "COMPLETED",
        "StorageClass": "WARM",
        "VaultType": "BACKUP_VAULT",
    }
    recovery_points.set_scoped(made["AccountId"], region, made["RecoveryPointArn"], point)


@overlay.on("ListRecoveryPointsByBackupVault")
async def list_by_vault(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack keeps none
    """What is in a vault and passes the filters.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByBackupVault.html.
    """
    name = path_names(request)[1]
    return answer_page(request, points_in(name), _FILTERS) if name in vaults else refuse_absent_vault(request)


@overlay.on("ListRecoveryPointsByResource")
async def list_by_resource(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack keeps none
    """What was taken of a resource, in whichever vault of the region it lies.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_ListRecoveryPointsByResource.html.
    """
    arn = path_names(request)[1]
    found = (point for point in recovery_points.values() if point["ResourceArn"] == arn)
    return answer_page(request, ({**point, "BackupSizeBytes": point["BackupSizeInBytes"]} for point in found), {})


@overlay.on("DescribeRecoveryPoint")
async def describe_point(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack keeps none
    """A recovery point of a vault.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeRecoveryPoint.html.
    """
    found = find_named(request)
    return found if isinstance(found, Response) else answer(request, found)


@overlay.on("DeleteRecoveryPoint")
async def delete_point(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack keeps none
    """A recovery point goes with its snapshot, unless a lock keeps the vault.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteRecoveryPoint.html (InvalidRequestException)
    and API_PutBackupVaultLockConfiguration.html ("preventing attempts to delete any recovery point").
    """
    found = find_named(request)
    if isinstance(found, Response):
        return found
    if refusal := _refuse_locked(request, "Recovery point cannot be deleted"):
        return refusal
    del recovery_points[found["RecoveryPointArn"]]
    databases.delete_snapshot(found["RecoveryPointArn"])
    return answer(request)


@overlay.on("UpdateRecoveryPointLifecycle")
async def update_lifecycle(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack keeps none
    """A recovery point is kept for another time, unless a lock keeps the vault.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_UpdateRecoveryPointLifecycle.html and
    API_PutBackupVaultLockConfiguration.html ("prevents attempts to update the lifecycle policy").
    """
    found = find_named(request)
    if isinstance(found, Response):
        return found
    lifecycle = request.json.get("Lifecycle", {})
    if refusal := _refuse_locked(request, "Lifecycle cannot be updated"):
        return refusal
    if fault := lifecycle_fault(lifecycle):
        return refuse(request, "InvalidParameterValueException", fault)
    found |= {"CalculatedLifecycle": calculated(lifecycle, found["CreationDate"]), "Lifecycle": lifecycle}
    return answer(request, found)


def find_named(request: Request) -> Record | Response:
    """The recovery point that a path of vault and ARN names, or what AWS says where it isn't there."""
    _, name, _, arn, *_ = path_names(request)
    if name not in vaults:
        return refuse_absent_vault(request)
    point: Record | None = recovery_points.get(arn)
    if point is None or point["BackupVaultName"] != name:
        return refuse(request, "ResourceNotFoundException", f"Recovery point {arn} does not exist")
    return point


def _refuse_locked(request: Request, what: str) -> Response | None:
    if not vaults[path_names(request)[1]]["Locked"]:
        return None
    return refuse(request, "InvalidRequestException", f"{what} (Backup vault configured with Vault Lock)")
