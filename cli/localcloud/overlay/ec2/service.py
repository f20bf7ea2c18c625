"""What every noun of the EC2 overlay registers with."""

from __future__ import annotations

from localcloud.overlay import Overlay

overlay = Overlay("ec2")
