"""EC2: the network. Each module here is one noun of it."""

from __future__ import annotations

from localcloud.overlay.ec2 import (
    client_tokens,
    flow_logs,
    gateways,
    nat_gateways,
    network_acls,
    route_tables,
    selection,
    vpcs,
)
from localcloud.overlay.ec2.service import overlay

__all__ = [
    "client_tokens",
    "flow_logs",
    "gateways",
    "nat_gateways",
    "network_acls",
    "overlay",
    "route_tables",
    "selection",
    "vpcs",
]
