"""Network ACLs: every subnet is in exactly one, rules have numbers, and the list ends by refusing the rest.

Source of every rule: docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html and nacl-rules.html; error codes:
docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from secrets import token_hex
from typing import Any

from ministack.services.ec2 import _network_acls as network_acls
from ministack.services.ec2 import _parse_tag_specs as store_tags
from ministack.services.ec2 import _subnets as subnets
from ministack.services.ec2 import _tags as tags
from ministack.services.ec2 import _vpcs as vpcs

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.client_tokens import idempotent
from localcloud.overlay.ec2.selection import select
from localcloud.overlay.ec2.service import overlay
from localcloud.refusal import refuse

LAST_RULE = 32767
# Source: docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html, "Rules per network ACL", for each direction.
RULES_PER_DIRECTION = 20

Acl = dict[str, Any]


def settle_associations() -> None:
    """Put every subnet that is in no list into its VPC's default one, and forget subnets that are gone."""
    held = set()
    for acl in network_acls.values():
        acl["Associations"] = [link for link in acl["Associations"] if link["SubnetId"] in subnets]
        held |= {link["SubnetId"] for link in acl["Associations"]}
    for subnet in subnets.values():
        if subnet["SubnetId"] not in held:
            _associate(network_acls[vpcs[subnet["VpcId"]]["DefaultNetworkAclId"]], subnet["SubnetId"])


def _associate(acl: Acl, subnet_id: str) -> str:
    association_id = f"aclassoc-{token_hex(9)[:17]}"
    acl["Associations"].append({
        "NetworkAclAssociationId": association_id, "NetworkAclId": acl["NetworkAclId"], "SubnetId": subnet_id,
    })  # fmt: skip
    return association_id


def _last_rule(egress: bool) -> dict[str, Any]:
    return {"RuleNumber": LAST_RULE, "Protocol": "-1", "RuleAction": "deny", "Egress": egress, "CidrBlock": "0.0.0.0/0"}


def _shown(acl: Acl) -> Mapping[str, Any]:
    return {
        "Associations": acl["Associations"],
        "Entries": sorted(acl["Entries"], key=lambda entry: (entry["Egress"], entry["RuleNumber"])),
        "IsDefault": acl["IsDefault"],
        "NetworkAclId": acl["NetworkAclId"],
        "OwnerId": acl["OwnerId"],
        "Tags": tags.get(acl["NetworkAclId"], []),
        "VpcId": acl["VpcId"],
    }


@overlay.on("DescribeNetworkAcls")
async def describe_network_acls(request: Request, _: Forward) -> Response:
    """Every list with its rules, ports included, and its subnets."""
    settle_associations()
    return select(request, answer(request, {"NetworkAcls": [_shown(acl) for acl in network_acls.values()]}))


@overlay.on("CreateNetworkAcl")
@idempotent
async def create_network_acl(request: Request, _: Forward) -> Response:
    """A new list lets nothing through."""
    vpc_id = request.form.get("VpcId", "")
    if vpc_id not in vpcs:
        return refuse(request, "InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")
    acl_id = f"acl-{token_hex(9)[:17]}"
    network_acls[acl_id] = {
        "NetworkAclId": acl_id, "VpcId": vpc_id, "IsDefault": False, "OwnerId": request.account, "Associations": [],
        "Entries": [_last_rule(egress=True), _last_rule(egress=False)],
    }  # fmt: skip
    store_tags(request.form, "network-acl", acl_id)
    return answer(request, {"NetworkAcl": _shown(network_acls[acl_id])})


@overlay.on("DeleteNetworkAcl")
async def delete_network_acl(request: Request, _: Forward) -> Response:
    """Neither the default list nor one that a subnet is in can be deleted."""
    acl = network_acls.get(acl_id := request.form.get("NetworkAclId", ""))
    if acl is None:
        return _unknown(request, acl_id)
    settle_associations()
    if acl["IsDefault"]:
        return refuse(request, "InvalidParameterValue", f"cannot delete default network ACL {acl_id}")
    if acl["Associations"]:
        message = f"The networkAcl '{acl_id}' has dependencies and cannot be deleted."
        return refuse(request, "DependencyViolation", message)
    del network_acls[acl_id]
    tags.pop(acl_id, None)
    return answer(request, {})


@overlay.on("CreateNetworkAclEntry", "ReplaceNetworkAclEntry", "DeleteNetworkAclEntry")
async def change_entry(request: Request, _: Forward) -> Response:
    """A rule is known by its number and direction: a new one needs a free number, the others one that is taken."""
    acl = network_acls.get(acl_id := request.form.get("NetworkAclId", ""))
    if acl is None:
        return _unknown(request, acl_id)
    number, egress = int(request.form.get("RuleNumber", "0")), request.form.get("Egress") == "true"
    if not 1 <= number < LAST_RULE:
        return refuse(request, "InvalidParameterValue", f"The rule number '{number}' must be 1 to 32766")
    kept = [entry for entry in acl["Entries"] if (entry["RuleNumber"], entry["Egress"]) != (number, egress)]
    exists = len(kept) < len(acl["Entries"])
    match request.operation, exists:
        case "CreateNetworkAclEntry", True:
            message = f"The network acl entry identified by {number} already exists."
            return refuse(request, "NetworkAclEntryAlreadyExists", message)
        case (("ReplaceNetworkAclEntry" | "DeleteNetworkAclEntry"), False):
            message = f"The network acl entry identified by {number} in network acl {acl_id} does not exist."
            return refuse(request, "InvalidNetworkAclEntry.NotFound", message)
        case "CreateNetworkAclEntry", False if _is_full(acl, egress):
            return refuse(request, "NetworkAclEntryLimitExceeded", f"{acl_id} has {RULES_PER_DIRECTION} rules already")
        case "DeleteNetworkAclEntry", True:
            acl["Entries"] = kept
        case _:
            acl["Entries"] = [*kept, _entry(request.form, number, egress)]
    return answer(request, {})


def _is_full(acl: Acl, egress: bool) -> bool:
    numbers = [entry["RuleNumber"] for entry in acl["Entries"] if entry["Egress"] is egress]
    return len([number for number in numbers if number != LAST_RULE]) >= RULES_PER_DIRECTION


def _entry(form: Mapping[str, str], number: int, egress: bool) -> dict[str, Any]:
    return {
        "RuleNumber": number,
        "Protocol": form.get("Protocol", "-1"),
        "RuleAction": form.get("RuleAction", "allow"),
        "Egress": egress,
        **dict(_peers_and_ports(form)),
    }


def _peers_and_ports(form: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for block in ("CidrBlock", "Ipv6CidrBlock"):
        if form.get(block):
            yield block, form[block]
    if "PortRange.From" in form:
        yield "PortRange", {"From": int(form["PortRange.From"]), "To": int(form["PortRange.To"])}
    if "Icmp.Type" in form:
        yield "IcmpTypeCode", {"Code": int(form.get("Icmp.Code", "-1")), "Type": int(form["Icmp.Type"])}


@overlay.on("ReplaceNetworkAclAssociation")
async def replace_association(request: Request, _: Forward) -> Response:
    """Moves a subnet from its list to another; the association gets a new id."""
    settle_associations()
    target = network_acls.get(acl_id := request.form.get("NetworkAclId", ""))
    if target is None:
        return _unknown(request, acl_id)
    association_id = request.form.get("AssociationId", "")
    for acl in network_acls.values():
        for link in acl["Associations"]:
            if link["NetworkAclAssociationId"] == association_id:
                acl["Associations"].remove(link)
                return answer(request, {"NewAssociationId": _associate(target, link["SubnetId"])})
    message = f"The association ID '{association_id}' does not exist"
    return refuse(request, "InvalidAssociationID.NotFound", message)


def _unknown(request: Request, acl_id: str) -> Response:
    return refuse(request, "InvalidNetworkAclID.NotFound", f"The networkAcl ID '{acl_id}' does not exist")
