"""Internet gateways and addresses: neither goes while something in the VPC is seen through it.

Source: docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html and vpc-eips.html; error codes:
docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
"""

from __future__ import annotations

from ministack.services.ec2 import _addresses as addresses
from ministack.services.ec2 import _internet_gateways as internet_gateways
from ministack.services.ec2 import _network_interfaces as network_interfaces
from ministack.services.ec2 import _tags as tags
from ministack.services.ec2 import _vpcs as vpcs

from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.service import overlay
from localcloud.refusal import refuse


@overlay.on("AttachInternetGateway")
async def attach_internet_gateway(request: Request, forward: Forward) -> Response:
    """A VPC has one internet gateway at most."""
    vpc_id = request.form.get("VpcId", "")
    if vpc_id not in vpcs:
        return refuse(request, "InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
    if any(link["VpcId"] == vpc_id for gateway in internet_gateways.values() for link in gateway["Attachments"]):
        message = f"Network {vpc_id} already has an internet gateway attached"
        return refuse(request, "InvalidParameterValue", message)
    return await forward(request)


@overlay.on("DetachInternetGateway")
async def detach_internet_gateway(request: Request, forward: Forward) -> Response:
    """A gateway stays while a public address of the VPC is in use."""
    gateway_id, vpc_id = request.form.get("InternetGatewayId", ""), request.form.get("VpcId", "")
    gateway = internet_gateways.get(gateway_id)
    if gateway is None:
        message = f"The internetGateway ID '{gateway_id}' does not exist"
        return refuse(request, "InvalidInternetGatewayID.NotFound", message)
    if vpc_id not in {link["VpcId"] for link in gateway["Attachments"]}:
        return refuse(request, "Gateway.NotAttached", f"resource {gateway_id} is not attached to network {vpc_id}")
    if _has_mapped_addresses(vpc_id):
        message = (
            f"Network {vpc_id} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
        return refuse(request, "DependencyViolation", message)
    return await forward(request)


def _has_mapped_addresses(vpc_id: str) -> bool:
    held = {address["NetworkInterfaceId"] for address in addresses.values() if address["NetworkInterfaceId"]}
    return any(
        interface["VpcId"] == vpc_id and (identity in held or interface.get("Association"))
        for identity, interface in network_interfaces.items()
    )


@overlay.on("DeleteInternetGateway")
async def delete_internet_gateway(request: Request, forward: Forward) -> Response:
    """A gateway must be detached first."""
    gateway_id = request.form.get("InternetGatewayId", "")
    if internet_gateways.get(gateway_id, {}).get("Attachments"):
        message = f"The internetGateway '{gateway_id}' has dependencies and cannot be deleted."
        return refuse(request, "DependencyViolation", message)
    reply = await forward(request)
    if reply.status == 200:
        tags.pop(gateway_id, None)
    return reply


@overlay.on("ReleaseAddress")
async def release_address(request: Request, forward: Forward) -> Response:
    """An address that is in use stays."""
    address = addresses.get(request.form.get("AllocationId", ""))
    if address and address["AssociationId"]:
        return refuse(request, "InvalidIPAddress.InUse", f"Address {address['PublicIp']} is in use.")
    return await forward(request)
