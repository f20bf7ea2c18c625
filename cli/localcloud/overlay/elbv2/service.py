"""What every noun of the Elastic Load Balancing overlay registers with."""

from __future__ import annotations

from localcloud.overlay import Overlay

overlay = Overlay("elasticloadbalancing")
