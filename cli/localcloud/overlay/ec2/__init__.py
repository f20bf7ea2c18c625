"""EC2: the network and what stands in it. Each module here is one noun of it."""

from __future__ import annotations

from localcloud.overlay.ec2 import (
    client_tokens,
    flow_logs,
    gateways,
    instances,
    interfaces,
    launch_templates,
    nat_gateways,
    network_acls,
    prefix_lists,
    route_tables,
    security_groups,
    selection,
    vpcs,
)
from localcloud.overlay.ec2.service import overlay

__all__ = [
    "client_tokens",
    "flow_logs",
    "gateways",
    "instances",
    "interfaces",
    "launch_templates",
    "nat_gateways",
    "network_acls",
    "overlay",
    "prefix_lists",
    "route_tables",
    "security_groups",
    "selection",
    "vpcs",
]
