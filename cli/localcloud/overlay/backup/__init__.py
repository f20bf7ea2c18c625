"""AWS Backup: vaults and their locks, plans, jobs, and what they leave behind. Each module here is one noun of it."""

from __future__ import annotations

from localcloud.overlay.backup import copy_jobs, jobs, plans, recovery_points, selections, vaults
from localcloud.overlay.backup.service import overlay

__all__ = ["copy_jobs", "jobs", "overlay", "plans", "recovery_points", "selections", "vaults"]
