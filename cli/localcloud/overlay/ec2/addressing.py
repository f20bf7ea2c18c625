"""IPv4 in a VPC: which networks AWS takes, and which address in them is free."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from ministack.services.ec2 import _network_interfaces as network_interfaces

# AWS keeps the first four addresses of a subnet and the last one.
# Source: docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_KEPT_AT_THE_START = 4
_KEPT = 5


def network(cidr: str) -> IPv4Network | None:
    """The network that a CIDR block lies in, host bits dropped as AWS does; None when it is no IPv4 block. Pure."""
    try:
        return IPv4Network(cidr, strict=False)
    except ValueError:
        return None


def is_allowed_size(block: IPv4Network) -> bool:
    """Whether AWS takes it for a VPC or a subnet: /16 to /28. Pure.

    Source: docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    """
    return 16 <= block.prefixlen <= 28


def usable_addresses(block: IPv4Network) -> int:
    """How many addresses of a subnet can be given away. Pure."""
    return block.num_addresses - _KEPT


def free_address(subnet: Mapping[str, Any]) -> str:
    """The lowest address of a subnet that no network interface holds."""
    block = IPv4Network(subnet["CidrBlock"])
    taken = {interface["PrivateIpAddress"] for interface in network_interfaces.values()}
    candidates = (str(block[number]) for number in range(_KEPT_AT_THE_START, block.num_addresses - 1))
    return next(address for address in candidates if address not in taken)
