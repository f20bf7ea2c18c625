"""What the modules of the ACM overlay register with, and what a certificate is to ministack."""

from __future__ import annotations

from typing import Any

from ministack.services.acm import _certificates as certificates

from localcloud.overlay import Overlay

__all__ = ["Certificate", "certificates", "overlay"]

overlay = Overlay("acm")

Certificate = dict[str, Any]
