"""Elastic Load Balancing: application load balancers and what they forward to. Each module here is one noun of it."""

from __future__ import annotations

from localcloud.overlay.elbv2 import attributes, listeners, load_balancers, target_groups
from localcloud.overlay.elbv2.service import overlay

__all__ = ["attributes", "listeners", "load_balancers", "overlay", "target_groups"]
