"""CloudFront: distributions that it would deploy, and what can't go while one uses it."""

from __future__ import annotations

from localcloud.overlay.cloudfront import access_controls, behaviors, certificates, distributions, policies
from localcloud.overlay.cloudfront.service import overlay

__all__ = ["access_controls", "behaviors", "certificates", "distributions", "overlay", "policies"]
