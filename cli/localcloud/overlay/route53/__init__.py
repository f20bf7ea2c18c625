"""Route 53: zones, what they may hold, and the health checks that say which record answers."""

from __future__ import annotations

from localcloud.overlay.route53 import health, health_checks, records, zones
from localcloud.overlay.route53.service import overlay

__all__ = ["health", "health_checks", "overlay", "records", "zones"]
