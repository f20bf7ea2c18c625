"""Network interfaces: what of the VPC an instance, a load balancer or a NAT gateway holds, and shows itself by.

Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html, API_DescribeNetworkInterfaces.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from ministack.services.ec2 import _addresses as addresses
from ministack.services.ec2 import _network_interfaces as network_interfaces
from ministack.services.ec2 import _random_ip as random_address
from ministack.services.ec2 import _security_groups as security_groups
from ministack.services.ec2 import _tags as tags

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.addressing import free_address
from localcloud.overlay.ec2.selection import select
from localcloud.overlay.ec2.service import overlay

Interface = dict[str, Any]

_SHOWN = (
    "Association", "Attachment", "AvailabilityZone", "Description", "Groups", "InterfaceType", "MacAddress",
    "NetworkInterfaceId", "OwnerId", "PrivateIpAddress", "RequesterId", "RequesterManaged", "SourceDestCheck",
    "Status", "SubnetId", "VpcId",
)  # fmt: skip


def make_interface(account: str, subnet: Mapping[str, Any], description: str, **more: Any) -> Interface:
    """Put an interface into a subnet, in use, with the lowest free address. ``more`` are members of it."""
    mac = token_hex(5)
    interface = {
        "Attachment": None,
        "AvailabilityZone": subnet["AvailabilityZone"],
        "Description": description,
        "Groups": [],
        "InterfaceType": "interface",
        "MacAddress": ":".join(["02", *(mac[at : at + 2] for at in range(0, 10, 2))]),
        "NetworkInterfaceId": f"eni-{token_hex(9)[:17]}",
        "OwnerId": account,
        "PrivateIpAddress": free_address(subnet),
        "SourceDestCheck": True,
        "Status": "in-use",
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        **more,
    }
    network_interfaces[interface["NetworkInterfaceId"]] = interface
    return interface


def public_association(owner: str) -> dict[str, str]:
    """A public address that AWS lends for as long as an interface lives."""
    address = random_address("3.")
    return {"IpOwnerId": owner, "PublicDnsName": f"ec2-{address.replace('.', '-')}.amazonaws.com", "PublicIp": address}


def as_groups(group_ids: Any) -> list[dict[str, str]]:
    """Security groups by id and name, as interfaces and instances tell of them."""
    return [{"GroupId": one, "GroupName": security_groups.get(one, {}).get("GroupName", one)} for one in group_ids]


def remove_interface(identity: str) -> None:
    """Take an interface away, its tags too; one that is gone is no matter."""
    network_interfaces.pop(identity, None)
    tags.pop(identity, None)


@overlay.on("DescribeNetworkInterfaces")
async def describe_network_interfaces(request: Request, _: Forward) -> Response:
    """Every interface with what it is attached to and the public address that it is seen under."""
    return select(request, answer(request, {"NetworkInterfaces": [_shown(one) for one in network_interfaces.values()]}))


def _shown(interface: Interface) -> Mapping[str, Any]:
    private = {"Primary": True, "PrivateIpAddress": interface["PrivateIpAddress"]}
    shown = {name: interface[name] for name in _SHOWN if name in interface}
    association = interface.get("Association") or _elastic(interface["NetworkInterfaceId"])
    return {
        **shown,
        "Association": association,
        "PrivateIpAddresses": [{**private, "Association": association}],
        "TagSet": tags.get(interface["NetworkInterfaceId"], []),
    }


def _elastic(identity: str) -> Mapping[str, str] | None:
    """The association of an address that the account allocated for this interface."""
    for address in addresses.values():
        if address.get("NetworkInterfaceId") == identity:
            return {name: address[name] for name in ("AllocationId", "AssociationId", "PublicIp")}
    return None
