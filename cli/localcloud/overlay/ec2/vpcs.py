"""VPCs and subnets: sizes, overlaps, and what must be gone before they can be.

Source: docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html, subnet-sizing.html, delete-vpc.html,
default-security-group.html; error codes: docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from xml.etree.ElementTree import fromstring

from ministack.services.ec2 import _nat_gateways as nat_gateways
from ministack.services.ec2 import _network_acls as network_acls
from ministack.services.ec2 import _network_interfaces as network_interfaces
from ministack.services.ec2 import _route_tables as route_tables
from ministack.services.ec2 import _security_groups as security_groups
from ministack.services.ec2 import _subnets as subnets
from ministack.services.ec2 import _tags as tags
from ministack.services.ec2 import _vpc_endpoints as vpc_endpoints
from ministack.services.ec2 import _vpcs as vpcs

from localcloud.answer import without_unknown
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.addressing import is_allowed_size, network, usable_addresses
from localcloud.overlay.ec2.service import overlay
from localcloud.refusal import refuse

ZONES = "abc"


@overlay.on("CreateVpc")
async def create_vpc(request: Request, forward: Forward) -> Response:
    """A VPC is /16 to /28; its default security group lets its members talk to each other."""
    cidr = request.form.get("CidrBlock", "")
    block = network(cidr)
    if block is None:
        return _refuse_cidr(request, cidr)
    if not is_allowed_size(block):
        return refuse(request, "InvalidVpc.Range", f"The CIDR '{cidr}' is invalid.")
    before = set(vpcs)
    reply = await forward(request)
    for vpc_id in set(vpcs) - before:
        vpcs[vpc_id]["CidrBlock"] = str(block)
        group_id = vpcs[vpc_id]["DefaultSecurityGroupId"]
        security_groups[group_id]["IpPermissions"] = [{
            "IpProtocol": "-1", "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [],
            "UserIdGroupPairs": [{"GroupId": group_id, "UserId": request.account}],
        }]  # fmt: skip
    return without_unknown(request, reply)


@overlay.on("CreateSubnet")
async def create_subnet(request: Request, forward: Forward) -> Response:
    """A subnet lies in its VPC, in a zone of the region, and on no other subnet's addresses."""
    if refusal := _refuse_subnet(request):
        return refusal
    reply = await forward(request)
    if reply.status == 200:
        subnet_id = fromstring(reply.body).findtext("{*}subnet/{*}subnetId", "")  # noqa: S314 - written by ministack
        block = IPv4Network(request.form["CidrBlock"], strict=False)
        subnets[subnet_id] |= {"CidrBlock": str(block), "AvailableIpAddressCount": usable_addresses(block)}
    return reply


def _refuse_subnet(request: Request) -> Response | None:
    vpc_id, cidr = request.form.get("VpcId", ""), request.form.get("CidrBlock", "")
    if vpc_id not in vpcs:
        return refuse(request, "InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
    block = network(cidr)
    if block is None:
        return _refuse_cidr(request, cidr)
    if not is_allowed_size(block) or not block.subnet_of(IPv4Network(vpcs[vpc_id]["CidrBlock"])):
        return refuse(request, "InvalidSubnet.Range", f"The CIDR '{cidr}' is invalid.")
    others = (subnet for subnet in subnets.values() if subnet["VpcId"] == vpc_id)
    if any(block.overlaps(IPv4Network(other["CidrBlock"])) for other in others):
        return refuse(request, "InvalidSubnet.Conflict", f"The CIDR '{cidr}' conflicts with another subnet")
    zone, zones = request.form.get("AvailabilityZone"), [f"{request.region}{letter}" for letter in ZONES]
    if zone and zone not in zones:
        message = (
            f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created "
            f"in the following availability zones: {', '.join(zones)}."
        )
        return refuse(request, "InvalidParameterValue", message)
    return None


def _refuse_cidr(request: Request, cidr: str) -> Response:
    if not cidr:
        return refuse(request, "MissingParameter", "The request must contain the parameter cidrBlock")
    message = f"Value ({cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
    return refuse(request, "InvalidParameterValue", message)


@overlay.on("DeleteSubnet")
async def delete_subnet(request: Request, forward: Forward) -> Response:
    """A subnet goes when no network interface is in it; its associations go with it."""
    subnet_id = request.form.get("SubnetId", "")
    if any(interface["SubnetId"] == subnet_id for interface in network_interfaces.values()):
        message = f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
        return refuse(request, "DependencyViolation", message)
    reply = await forward(request)
    if reply.status == 200:
        tags.pop(subnet_id, None)
        for table in route_tables.values():
            table["Associations"] = [link for link in table["Associations"] if link.get("SubnetId") != subnet_id]
    return reply


@overlay.on("DeleteVpc")
async def delete_vpc(request: Request, forward: Forward) -> Response:
    """A VPC goes when only what it was born with is left in it; that goes with it."""
    vpc_id = request.form.get("VpcId", "")
    if vpc_id in vpcs and _has_dependencies(vpc_id):
        message = f"The vpc '{vpc_id}' has dependencies and cannot be deleted."
        return refuse(request, "DependencyViolation", message)
    stores = (network_acls, route_tables, security_groups)
    born_with = [identity for store in stores for identity, item in store.items() if item["VpcId"] == vpc_id]
    reply = await forward(request)
    if reply.status == 200:
        for identity in (vpc_id, *born_with):
            tags.pop(identity, None)
    return reply


def _has_dependencies(vpc_id: str) -> bool:
    made = (
        *(table for table in route_tables.values() if not any(link.get("Main") for link in table["Associations"])),
        *(acl for acl in network_acls.values() if not acl["IsDefault"]),
        *(gateway for gateway in nat_gateways.values() if gateway["State"] != "deleted"),
        *(group for group in security_groups.values() if group["GroupName"] != "default"),
        *vpc_endpoints.values(),
    )
    return any(item["VpcId"] == vpc_id for item in made)
