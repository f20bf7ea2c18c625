"""ACM: certificates that wait until DNS proves the domain, and that nobody deletes under a load balancer's feet."""

from localcloud.overlay.acm import certificates, requests
from localcloud.overlay.acm.service import overlay
from localcloud.overlay.acm.validation import certificate_status

__all__ = ["certificate_status", "certificates", "overlay", "requests"]
