"""NAT gateways: each holds an address and a network interface of its own for as long as it lives.

Source: docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html and nat-gateway-troubleshooting.html;
docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html, API_CreateNatGateway.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from ministack.services.ec2 import _addresses as addresses
from ministack.services.ec2 import _internet_gateways as internet_gateways
from ministack.services.ec2 import _nat_gateways as nat_gateways
from ministack.services.ec2 import _network_interfaces as network_interfaces
from ministack.services.ec2 import _parse_tag_specs as store_tags
from ministack.services.ec2 import _subnets as subnets
from ministack.services.ec2 import _tags as tags

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.client_tokens import idempotent
from localcloud.overlay.ec2.interfaces import make_interface
from localcloud.overlay.ec2.selection import select
from localcloud.overlay.ec2.service import overlay
from localcloud.refusal import refuse

# A deleted NAT gateway is still told of for about an hour.
SHOWN_AFTER_DELETION = timedelta(hours=1)

NatGateway = dict[str, Any]


@overlay.on("CreateNatGateway")
@idempotent
async def create_nat_gateway(request: Request, _: Forward) -> Response:
    """A public NAT gateway needs a free address, and a VPC with an internet gateway: without one it fails."""
    subnet = subnets.get(subnet_id := request.form.get("SubnetId", ""))
    if subnet is None:
        return refuse(request, "InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist")
    if refusal := _refuse_address(request):
        return refusal
    gateway = _new_gateway(request, subnet)
    nat_gateways[gateway["NatGatewayId"]] = gateway
    store_tags(request.form, "natgateway", gateway["NatGatewayId"])
    if not _reaches_the_internet(subnet["VpcId"]):
        message = f"Network {subnet['VpcId']} has no Internet gateway attached"
        gateway |= {"State": "failed", "FailureCode": "Gateway.NotAttached", "FailureMessage": message}
    else:
        _take_address(request, gateway, subnet)
    return answer(request, {"NatGateway": _shown(gateway)})


def _refuse_address(request: Request) -> Response | None:
    if request.form.get("ConnectivityType") == "private":
        return None
    allocation_id = request.form.get("AllocationId", "")
    address = addresses.get(allocation_id)
    if address is None:
        message = f"The allocation ID '{allocation_id}' does not exist"
        return refuse(request, "InvalidAllocationID.NotFound", message)
    if address["AssociationId"]:
        message = f"Elastic IP address [{allocation_id}] is already associated"
        return refuse(request, "Resource.AlreadyAssociated", message)
    return None


def _new_gateway(request: Request, subnet: Mapping[str, Any]) -> NatGateway:
    return {
        "ConnectivityType": request.form.get("ConnectivityType", "public"),
        "CreateTime": datetime.now(UTC),
        "NatGatewayAddresses": [],
        "NatGatewayId": f"nat-{token_hex(9)[:17]}",
        "State": "available",
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
    }


def _reaches_the_internet(vpc_id: str) -> bool:
    return any(link.get("VpcId") == vpc_id for gateway in internet_gateways.values() for link in gateway["Attachments"])


def _take_address(request: Request, gateway: NatGateway, subnet: Mapping[str, Any]) -> None:
    description = f"Interface for NAT Gateway {gateway['NatGatewayId']}"
    interface = make_interface(request.account, subnet, description, InterfaceType="nat_gateway", SourceDestCheck=False)
    link = {"NetworkInterfaceId": interface["NetworkInterfaceId"], "PrivateIp": interface["PrivateIpAddress"]}
    if allocation_id := request.form.get("AllocationId"):
        address = addresses[allocation_id]
        address["AssociationId"] = f"eipassoc-{token_hex(9)[:17]}"
        address["NetworkInterfaceId"] = interface["NetworkInterfaceId"]
        address["PrivateIpAddress"] = interface["PrivateIpAddress"]
        link |= {
            "AllocationId": allocation_id,
            "AssociationId": address["AssociationId"],
            "PublicIp": address["PublicIp"],
        }
    gateway["NatGatewayAddresses"] = [{**link, "IsPrimary": True, "Status": "succeeded"}]


def _shown(gateway: NatGateway) -> Mapping[str, Any]:
    return {**gateway, "Tags": tags.get(gateway["NatGatewayId"], [])}


@overlay.on("DescribeNatGateways")
async def describe_nat_gateways(request: Request, _: Forward) -> Response:
    """Every NAT gateway with its addresses; deleted ones for an hour more."""
    now = datetime.now(UTC)
    for identity, gateway in list(nat_gateways.items()):
        if "DeleteTime" in gateway and now - gateway["DeleteTime"] > SHOWN_AFTER_DELETION:
            del nat_gateways[identity]
            tags.pop(identity, None)
    return select(request, answer(request, {"NatGateways": [_shown(gateway) for gateway in nat_gateways.values()]}))


@overlay.on("DeleteNatGateway")
async def delete_nat_gateway(request: Request, _: Forward) -> Response:
    """Gives back its address, which stays allocated, and its network interface."""
    identity = request.form.get("NatGatewayId", "")
    gateway = nat_gateways.get(identity)
    if gateway is None or gateway["State"] == "deleted":
        return refuse(request, "NatGatewayNotFound", f"NatGateway {identity} was not found")
    for link in gateway["NatGatewayAddresses"]:
        network_interfaces.pop(link["NetworkInterfaceId"], None)
        if address := addresses.get(link.get("AllocationId", "")):
            address |= {"AssociationId": None, "NetworkInterfaceId": None, "PrivateIpAddress": None}
    gateway |= {"State": "deleted", "DeleteTime": datetime.now(UTC)}
    return answer(request, {"NatGatewayId": identity})
