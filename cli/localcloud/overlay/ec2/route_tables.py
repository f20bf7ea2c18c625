"""Route tables: a destination has one route, a subnet one table, and a route's target is real.

Source: docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html and WorkWithRouteTables.html; error codes:
docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
"""

from __future__ import annotations

from typing import Any

from ministack.services.ec2 import _internet_gateways as internet_gateways
from ministack.services.ec2 import _nat_gateways as nat_gateways
from ministack.services.ec2 import _route_tables as route_tables
from ministack.services.ec2 import _subnets as subnets
from ministack.services.ec2 import _tags as tags

from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.service import overlay
from localcloud.refusal import refuse

RouteTable = dict[str, Any]


@overlay.on("CreateRoute", "ReplaceRoute")
async def put_route(request: Request, forward: Forward) -> Response:
    """A new route needs a destination that has none yet, a replaced one needs its predecessor, both a target."""
    table = route_tables.get(request.form.get("RouteTableId", ""))
    if table is None:
        return _unknown(request)
    if refusal := _refuse_target(request, table):
        return refusal
    known = _has_route(table, destination := request.form.get("DestinationCidrBlock", ""))
    if known and request.operation == "CreateRoute":
        message = f"The route identified by {destination} already exists."
        return refuse(request, "RouteAlreadyExists", message)
    if not known and request.operation == "ReplaceRoute":
        return _unknown_route(request, table, destination)
    return await forward(request)


def _refuse_target(request: Request, table: RouteTable) -> Response | None:
    gateway_id, nat_gateway_id = request.form.get("GatewayId", ""), request.form.get("NatGatewayId", "")
    if gateway_id.startswith("igw-"):
        gateway = internet_gateways.get(gateway_id)
        if gateway is None:
            message = f"The gateway ID '{gateway_id}' does not exist"
            return refuse(request, "InvalidGatewayID.NotFound", message)
        if table["VpcId"] not in {link["VpcId"] for link in gateway["Attachments"]}:
            table_id = table["RouteTableId"]
            message = f"route table {table_id} and network gateway {gateway_id} belong to different networks"
            return refuse(request, "InvalidParameterValue", message)
    if nat_gateway_id and nat_gateways.get(nat_gateway_id, {}).get("State") not in ("pending", "available"):
        message = f"The natGateway ID '{nat_gateway_id}' does not exist"
        return refuse(request, "InvalidNatGatewayID.NotFound", message)
    return None


@overlay.on("DeleteRoute")
async def delete_route(request: Request, forward: Forward) -> Response:
    """A route that isn't there can't be deleted."""
    table = route_tables.get(request.form.get("RouteTableId", ""))
    if table is None:
        return _unknown(request)
    destination = request.form.get("DestinationCidrBlock", "")
    return await forward(request) if _has_route(table, destination) else _unknown_route(request, table, destination)


@overlay.on("AssociateRouteTable")
async def associate_route_table(request: Request, forward: Forward) -> Response:
    """A subnet has one route table, of its own VPC."""
    table, subnet_id = route_tables.get(request.form.get("RouteTableId", "")), request.form.get("SubnetId", "")
    if table is None:
        return _unknown(request)
    if request.form.get("GatewayId"):
        return await forward(request)
    if subnet_id not in subnets:
        return refuse(request, "InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist")
    if subnets[subnet_id]["VpcId"] != table["VpcId"]:
        message = f"Route table {table['RouteTableId']} and subnet {subnet_id} belong to different networks"
        return refuse(request, "InvalidParameterValue", message)
    if any(link.get("SubnetId") == subnet_id for other in route_tables.values() for link in other["Associations"]):
        table_id = table["RouteTableId"]
        message = f"the specified association for route table {table_id} conflicts with an existing association"
        return refuse(request, "Resource.AlreadyAssociated", message)
    return await forward(request)


@overlay.on("DisassociateRouteTable")
async def disassociate_route_table(request: Request, forward: Forward) -> Response:
    """The main table's own association stays."""
    association_id = request.form.get("AssociationId", "")
    links = [link for table in route_tables.values() for link in table["Associations"]]
    found = [link for link in links if link["RouteTableAssociationId"] == association_id]
    if not found:
        message = f"The association ID '{association_id}' does not exist"
        return refuse(request, "InvalidAssociationID.NotFound", message)
    if found[0].get("Main"):
        message = f"cannot disassociate the main route table association {association_id}"
        return refuse(request, "InvalidParameterValue", message)
    return await forward(request)


@overlay.on("DeleteRouteTable")
async def delete_route_table(request: Request, forward: Forward) -> Response:
    """Neither the main table nor one that a subnet uses can be deleted."""
    table_id = request.form.get("RouteTableId", "")
    if route_tables.get(table_id, {}).get("Associations"):
        message = f"The routeTable '{table_id}' has dependencies and cannot be deleted."
        return refuse(request, "DependencyViolation", message)
    reply = await forward(request)
    if reply.status == 200:
        tags.pop(table_id, None)
    return reply


def _has_route(table: RouteTable, destination: str) -> bool:
    return any(route.get("DestinationCidrBlock") == destination for route in table["Routes"])


def _unknown(request: Request) -> Response:
    table_id = request.form.get("RouteTableId", "")
    return refuse(request, "InvalidRouteTableID.NotFound", f"The routeTable ID '{table_id}' does not exist")


def _unknown_route(request: Request, table: RouteTable, destination: str) -> Response:
    message = f"no route with destination-cidr-block {destination} in route table {table['RouteTableId']}"
    return refuse(request, "InvalidRoute.NotFound", message)
