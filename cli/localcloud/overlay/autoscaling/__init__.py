"""EC2 Auto Scaling: groups that keep as many instances as they are asked to. Each module here is one noun of it."""

from __future__ import annotations

from localcloud.overlay.autoscaling import activities, capacity, groups, policies, refreshes, settings
from localcloud.overlay.autoscaling.service import overlay

__all__ = ["activities", "capacity", "groups", "overlay", "policies", "refreshes", "settings"]
