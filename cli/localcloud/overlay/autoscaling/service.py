"""What every noun of the EC2 Auto Scaling overlay registers with, and how it refuses."""

from __future__ import annotations

from localcloud.message import Request, Response
from localcloud.overlay import Overlay
from localcloud.refusal import refuse

overlay = Overlay("autoscaling")


def invalid(request: Request, message: str) -> Response:
    """Nearly all that EC2 Auto Scaling refuses. Source: docs.aws.amazon.com/autoscaling/ec2/APIReference/
    CommonErrors.html (ValidationError)."""
    return refuse(request, "ValidationError", message)


def not_found(request: Request, name: str) -> Response:
    """A group that isn't there; the provider looks for "not found"."""
    return invalid(request, f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
