"""AWS WAF: web ACLs that it would take, what they log, and what stands behind them."""

from __future__ import annotations

from localcloud.overlay.wafv2 import logging, rules, web_acls
from localcloud.overlay.wafv2.service import overlay

__all__ = ["logging", "overlay", "rules", "web_acls"]
