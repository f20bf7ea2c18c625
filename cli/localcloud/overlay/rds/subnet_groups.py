"""Subnet groups: where a region's databases may stand.

Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html, API_ModifyDBSubnetGroup.html,
API_DeleteDBSubnetGroup.html (Errors), API_DBSubnetGroup.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ministack.services.ec2 import _subnets as subnets
from ministack.services.rds import _instances as instances
from ministack.services.rds import _subnet_groups as groups

from localcloud.message import Request
from localcloud.overlay.rds.service import Arguments, Members, Refused, operation, page
from localcloud.overlay.rds.tags import forget_tags, set_tags

_NAME = re.compile(r"(?!default$)[a-z][a-z0-9 ._-]{0,254}")


@operation("CreateDBSubnetGroup")
def create(request: Request, arguments: Arguments) -> Members:
    """A group of subnets of one VPC, in two zones or more; its name is kept in lower case."""
    name = arguments.get("DBSubnetGroupName", "").lower()
    if not _NAME.fullmatch(name):
        raise Refused("InvalidParameterValue", f"The parameter DBSubnetGroupName is not a valid identifier: {name}")
    if name in groups:
        raise Refused("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    arn = f"arn:aws:rds:{request.region}:{request.account}:subgrp:{name}"
    group = {"DBSubnetGroupName": name, "DBSubnetGroupArn": arn, "SubnetGroupStatus": "Complete"}
    groups[name] = group | _settings(arguments) | {"SupportedNetworkTypes": ["IPV4"]}
    set_tags(arn, arguments.get("Tags", ()))
    return {"DBSubnetGroup": groups[name]}


@operation("ModifyDBSubnetGroup")
def modify(_: Request, arguments: Arguments) -> Members:
    """Its subnets are replaced; those that a database stands in stay in the same VPC."""
    group = find(arguments.get("DBSubnetGroupName", ""))
    changed = _settings({"DBSubnetGroupDescription": group["DBSubnetGroupDescription"], **arguments})
    if changed["VpcId"] != group["VpcId"] and _users(group["DBSubnetGroupName"]):
        raise Refused("InvalidSubnet", "The new Subnets are not in the same Vpc as the existing subnet group")
    group |= changed
    return {"DBSubnetGroup": group}


@operation("DeleteDBSubnetGroup")
def delete(_: Request, arguments: Arguments) -> Members:
    """A group that a database stands in is kept."""
    group = find(arguments.get("DBSubnetGroupName", ""))
    if user := _users(group["DBSubnetGroupName"]):
        raise Refused(
            "InvalidDBSubnetGroupStateFault",
            f"Cannot delete the subnet group '{group['DBSubnetGroupName']}' because at least one database instance: "
            f"{user[0]} is still using it.",
        )
    forget_tags(group["DBSubnetGroupArn"])
    del groups[group["DBSubnetGroupName"]]
    return {}


@operation("DescribeDBSubnetGroups")
def describe(_: Request, arguments: Arguments) -> Members:
    """One group by its name, or all."""
    name = arguments.get("DBSubnetGroupName")
    found = [find(name)] if name else sorted_by_name(groups.values(), "DBSubnetGroupName")
    return page(arguments, found, "DBSubnetGroups")


def find(name: str) -> dict[str, Any]:
    """A group by its name, in any case. Raises Refused."""
    group: dict[str, Any] | None = groups.get(name.lower())
    if group is None:
        raise Refused("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.", 404)
    return group


def sorted_by_name(items: Iterable[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Items in the order of their names, as lists come from RDS."""
    return sorted(items, key=lambda item: str(item[name]))


def zones_of(group: Members) -> list[str]:
    """The zones that a group reaches, in their order."""
    return sorted({subnet["SubnetAvailabilityZone"]["Name"] for subnet in group["Subnets"]})


def default_group(request: Request) -> dict[str, Any]:
    """The group of the default VPC, where a database stands that names none. Raises Refused where there is no VPC."""
    members = [identity for identity, subnet in subnets.items() if subnet.get("DefaultForAz")]
    if not members:
        message = "No default subnet detected in VPC. Please contact AWS Support to recreate the default Subnets."
        raise Refused("InvalidSubnet", message)
    arn = f"arn:aws:rds:{request.region}:{request.account}:subgrp:default"
    group = {"DBSubnetGroupName": "default", "DBSubnetGroupArn": arn, "SubnetGroupStatus": "Complete"}
    return group | _settings({"DBSubnetGroupDescription": "default", "SubnetIds": members})


def _settings(arguments: Arguments) -> dict[str, Any]:
    members = [subnets.get(identity) for identity in arguments.get("SubnetIds", ())]
    vpcs = {subnet["VpcId"] for subnet in members if subnet}
    if None in members or len(vpcs) != 1:
        message = (
            "The requested subnet is invalid, or multiple subnets were requested that are not all in a common VPC."
        )
        raise Refused("InvalidSubnet", message)
    zones = sorted({subnet["AvailabilityZone"] for subnet in members if subnet})
    if len(zones) < 2:
        raise Refused(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
            f"Current AZ coverage: {', '.join(zones)}. Add subnets to cover at least 2 AZs.",
        )
    return {
        "DBSubnetGroupDescription": arguments.get("DBSubnetGroupDescription", ""),
        "VpcId": vpcs.pop(),
        "Subnets": [
            {
                "SubnetIdentifier": identity,
                "SubnetAvailabilityZone": {"Name": subnet["AvailabilityZone"]},
                "SubnetOutpost": {},
                "SubnetStatus": "Active",
            }
            for identity, subnet in zip(arguments["SubnetIds"], members, strict=True)
            if subnet
        ],
    }


def _users(name: str) -> list[str]:
    return [
        identifier
        for identifier, instance in instances.items()
        if instance.get("DBSubnetGroup", {}).get("DBSubnetGroupName") == name
    ]
