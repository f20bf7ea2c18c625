"""How long a recovery point is kept, and whether its vault's lock lets it be kept so long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DAY_SECONDS = 86_400
_COLD_DAYS = 90
LONGEST_DAYS = 36_500


def lifecycle_fault(lifecycle: Mapping[str, Any]) -> str | None:
    """Why AWS would not take a lifecycle; None when it would. Pure.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html; the wording:
    github.com/hashicorp/terraform-provider-aws/issues/24960.
    """
    days, cold = lifecycle.get("DeleteAfterDays"), lifecycle.get("MoveToColdStorageAfterDays")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        return f"Invalid lifecycle. DeleteAfterDays cannot be less than 1 or more than {LONGEST_DAYS} days"
    if days is not None and cold is not None and days < cold + _COLD_DAYS:
        return f"Invalid lifecycle. DeleteAfterDays must be at least {_COLD_DAYS} days after MoveToColdStorageAfterDays"
    return None


def lock_fault(lifecycle: Mapping[str, Any], vault: Mapping[str, Any]) -> str | None:
    """Why a vault's lock fails a job with this lifecycle; None when it doesn't. Without days a point stays for ever.

    Pure. Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html
    (MinRetentionDays, MaxRetentionDays).
    """
    days = lifecycle.get("DeleteAfterDays")
    shortest, longest = vault.get("MinRetentionDays"), vault.get("MaxRetentionDays")
    kept = "for ever" if days is None else f"for {days} days"
    if shortest is not None and days is not None and days < shortest:
        return f"The recovery point would be kept {kept}, and the vault's lock asks for at least {shortest} days"
    if longest is not None and (days is None or days > longest):
        return f"The recovery point would be kept {kept}, and the vault's lock allows at most {longest} days"
    return None


def calculated(lifecycle: Mapping[str, Any], created: float) -> dict[str, float]:
    """When a recovery point that was created then moves and ends. Pure."""
    ends = {
        "DeleteAt": lifecycle.get("DeleteAfterDays"),
        "MoveToColdStorageAt": lifecycle.get("MoveToColdStorageAfterDays"),
    }
    return {name: created + days * _DAY_SECONDS for name, days in ends.items() if days is not None}
