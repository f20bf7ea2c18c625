"""What the Backup overlay keeps beyond ministack."""

from __future__ import annotations

from ministack.core.responses import AccountRegionScopedDict

from localcloud.overlay.backup.service import Record

recovery_points = AccountRegionScopedDict()  # ARN -> record
copy_jobs = AccountRegionScopedDict()  # id -> record, in the region that the copy left


def points_in(vault: str) -> tuple[Record, ...]:
    """The recovery points in a vault of the request's region, the oldest first."""
    found = [point for point in recovery_points.values() if point["BackupVaultName"] == vault]
    return tuple(sorted(found, key=lambda point: float(point["CompletionDate"])))
