"""Which resources a Describe call answers with: by id and by filter, as AWS does for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, fromstring, tostring

from localcloud.answer import without_unknown
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.service import overlay
from localcloud.refusal import refuse


@dataclass(frozen=True, slots=True)
class Listing:
    """A Describe operation: the set it answers with, its items' id, and where each filter's value stands in an item."""

    items: str
    identity: str
    not_found: str | None  # None where AWS leaves an unknown id out without a word
    filters: Mapping[str, str]
    tags: str = "tagSet/item"

    @property
    def id_parameter(self) -> str:
        name = self.identity.rpartition("/")[2]
        return name[0].upper() + name[1:]


# Source: docs.aws.amazon.com/AWSEC2/latest/APIReference, section "Filter.N" of each operation, and errors-overview.html
# for the code of an unknown id. That an unknown flow log is no error: the provider takes an empty list, and only that,
# for one that is gone (hashicorp/terraform-provider-aws, internal/service/ec2, FindFlowLogByID).
LISTINGS = {
    "DescribeAddresses": Listing("addressesSet", "allocationId", "InvalidAllocationID.NotFound", {
        "allocation-id": "allocationId",
        "association-id": "associationId",
        "instance-id": "instanceId",
        "network-interface-id": "networkInterfaceId",
        "private-ip-address": "privateIpAddress",
        "public-ip": "publicIp",
    }),
    "DescribeFlowLogs": Listing("flowLogSet", "flowLogId", None, {
        "deliver-log-status": "deliverLogsStatus",
        "flow-log-id": "flowLogId",
        "log-destination-type": "logDestinationType",
        "log-group-name": "logGroupName",
        "resource-id": "resourceId",
        "traffic-type": "trafficType",
    }),
    "DescribeInstances": Listing(
        "reservationSet", "instancesSet/item/instanceId", "InvalidInstanceID.NotFound", {
            "availability-zone": "instancesSet/item/placement/availabilityZone",
            "iam-instance-profile.arn": "instancesSet/item/iamInstanceProfile/arn",
            "image-id": "instancesSet/item/imageId",
            "instance-id": "instancesSet/item/instanceId",
            "instance-state-code": "instancesSet/item/instanceState/code",
            "instance-state-name": "instancesSet/item/instanceState/name",
            "instance-type": "instancesSet/item/instanceType",
            "instance.group-id": "instancesSet/item/groupSet/item/groupId",
            "ip-address": "instancesSet/item/ipAddress",
            "owner-id": "ownerId",
            "private-ip-address": "instancesSet/item/privateIpAddress",
            "subnet-id": "instancesSet/item/subnetId",
            "vpc-id": "instancesSet/item/vpcId",
        }, tags="instancesSet/item/tagSet/item"),
    "DescribeInternetGateways": Listing(
        "internetGatewaySet", "internetGatewayId", "InvalidInternetGatewayID.NotFound", {
            "attachment.state": "attachmentSet/item/state",
            "attachment.vpc-id": "attachmentSet/item/vpcId",
            "internet-gateway-id": "internetGatewayId",
            "owner-id": "ownerId",
        }),
    "DescribeLaunchTemplates": Listing("launchTemplates", "launchTemplateId", "InvalidLaunchTemplateId.NotFound", {
        "create-time": "createTime",
        "launch-template-name": "launchTemplateName",
    }),
    "DescribeNatGateways": Listing("natGatewaySet", "natGatewayId", "NatGatewayNotFound", {
        "nat-gateway-id": "natGatewayId",
        "state": "state",
        "subnet-id": "subnetId",
        "vpc-id": "vpcId",
    }),
    "DescribeNetworkAcls": Listing("networkAclSet", "networkAclId", "InvalidNetworkAclID.NotFound", {
        "association.association-id": "associationSet/item/networkAclAssociationId",
        "association.network-acl-id": "associationSet/item/networkAclId",
        "association.subnet-id": "associationSet/item/subnetId",
        "default": "default",
        "entry.cidr": "entrySet/item/cidrBlock",
        "entry.egress": "entrySet/item/egress",
        "entry.icmp.code": "entrySet/item/icmpTypeCode/code",
        "entry.icmp.type": "entrySet/item/icmpTypeCode/type",
        "entry.ipv6-cidr": "entrySet/item/ipv6CidrBlock",
        "entry.port-range.from": "entrySet/item/portRange/from",
        "entry.port-range.to": "entrySet/item/portRange/to",
        "entry.protocol": "entrySet/item/protocol",
        "entry.rule-action": "entrySet/item/ruleAction",
        "entry.rule-number": "entrySet/item/ruleNumber",
        "network-acl-id": "networkAclId",
        "owner-id": "ownerId",
        "vpc-id": "vpcId",
    }),
    "DescribeNetworkInterfaces": Listing(
        "networkInterfaceSet", "networkInterfaceId", "InvalidNetworkInterfaceID.NotFound", {
            "addresses.private-ip-address": "privateIpAddressesSet/item/privateIpAddress",
            "association.allocation-id": "association/allocationId",
            "association.public-ip": "association/publicIp",
            "attachment.attachment-id": "attachment/attachmentId",
            "attachment.instance-id": "attachment/instanceId",
            "attachment.instance-owner-id": "attachment/instanceOwnerId",
            "attachment.status": "attachment/status",
            "availability-zone": "availabilityZone",
            "description": "description",
            "group-id": "groupSet/item/groupId",
            "group-name": "groupSet/item/groupName",
            "interface-type": "interfaceType",
            "mac-address": "macAddress",
            "network-interface-id": "networkInterfaceId",
            "owner-id": "ownerId",
            "private-ip-address": "privateIpAddress",
            "requester-id": "requesterId",
            "requester-managed": "requesterManaged",
            "status": "status",
            "subnet-id": "subnetId",
            "vpc-id": "vpcId",
        }),
    "DescribeRouteTables": Listing("routeTableSet", "routeTableId", "InvalidRouteTableID.NotFound", {
        "association.gateway-id": "associationSet/item/gatewayId",
        "association.main": "associationSet/item/main",
        "association.route-table-association-id": "associationSet/item/routeTableAssociationId",
        "association.route-table-id": "associationSet/item/routeTableId",
        "association.subnet-id": "associationSet/item/subnetId",
        "owner-id": "ownerId",
        "route-table-id": "routeTableId",
        "route.destination-cidr-block": "routeSet/item/destinationCidrBlock",
        "route.destination-prefix-list-id": "routeSet/item/destinationPrefixListId",
        "route.gateway-id": "routeSet/item/gatewayId",
        "route.nat-gateway-id": "routeSet/item/natGatewayId",
        "route.origin": "routeSet/item/origin",
        "route.state": "routeSet/item/state",
        "vpc-id": "vpcId",
    }),
    "DescribeSecurityGroupRules": Listing(
        "securityGroupRuleSet", "securityGroupRuleId", "InvalidSecurityGroupRuleId.NotFound", {
            "group-id": "groupId",
            "security-group-rule-id": "securityGroupRuleId",
        }),
    "DescribeSecurityGroups": Listing("securityGroupInfo", "groupId", "InvalidGroup.NotFound", {
        "description": "groupDescription",
        "egress.ip-permission.cidr": "ipPermissionsEgress/item/ipRanges/item/cidrIp",
        "egress.ip-permission.group-id": "ipPermissionsEgress/item/groups/item/groupId",
        "egress.ip-permission.prefix-list-id": "ipPermissionsEgress/item/prefixListIds/item/prefixListId",
        "group-id": "groupId",
        "group-name": "groupName",
        "ip-permission.cidr": "ipPermissions/item/ipRanges/item/cidrIp",
        "ip-permission.group-id": "ipPermissions/item/groups/item/groupId",
        "ip-permission.prefix-list-id": "ipPermissions/item/prefixListIds/item/prefixListId",
        "owner-id": "ownerId",
        "vpc-id": "vpcId",
    }),
    "DescribeSubnets": Listing("subnetSet", "subnetId", "InvalidSubnetID.NotFound", {
        "availability-zone": "availabilityZone",
        "availability-zone-id": "availabilityZoneId",
        "availabilityZone": "availabilityZone",
        "cidr": "cidrBlock",
        "cidr-block": "cidrBlock",
        "cidrBlock": "cidrBlock",
        "default-for-az": "defaultForAz",
        "map-public-ip-on-launch": "mapPublicIpOnLaunch",
        "owner-id": "ownerId",
        "state": "state",
        "subnet-arn": "subnetArn",
        "subnet-id": "subnetId",
        "vpc-id": "vpcId",
    }),
    "DescribeVpcEndpoints": Listing("vpcEndpointSet", "vpcEndpointId", "InvalidVpcEndpointId.NotFound", {
        "ip-address-type": "ipAddressType",
        "service-name": "serviceName",
        "vpc-endpoint-id": "vpcEndpointId",
        "vpc-endpoint-state": "state",
        "vpc-endpoint-type": "vpcEndpointType",
        "vpc-id": "vpcId",
    }),
    "DescribeVpcs": Listing("vpcSet", "vpcId", "InvalidVpcID.NotFound", {
        "cidr": "cidrBlock",
        "cidr-block-association.association-id": "cidrBlockAssociationSet/item/associationId",
        "cidr-block-association.cidr-block": "cidrBlockAssociationSet/item/cidrBlock",
        "dhcp-options-id": "dhcpOptionsId",
        "is-default": "isDefault",
        "isDefault": "isDefault",
        "owner-id": "ownerId",
        "state": "state",
        "vpc-id": "vpcId",
    }),
}  # fmt: skip
_OWN_ANSWERS = frozenset({
    "DescribeFlowLogs", "DescribeInstances", "DescribeLaunchTemplates", "DescribeNatGateways", "DescribeNetworkAcls",
    "DescribeNetworkInterfaces", "DescribeSecurityGroupRules", "DescribeSecurityGroups",
})  # fmt: skip


@overlay.on(*LISTINGS.keys() - _OWN_ANSWERS)
async def describe(request: Request, forward: Forward) -> Response:
    """ministack answers with everything; what was not asked for is taken out here.

    Source: docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
    """
    everything = await forward(_without_selection(request))
    return select(request, without_unknown(request, everything))


def select(request: Request, everything: Response) -> Response:
    """The part of a Describe reply that was asked for, or AWS's refusal of an unknown id or filter. Pure.

    All filters must match, each by one of its values, in which * and ? stand for other characters.
    """
    listing, filters = LISTINGS[request.operation], filters_of(request)
    for name in filters:
        if name not in listing.filters and not name.startswith("tag:") and name not in ("tag-key", "tag-value"):
            return refuse(request, "InvalidParameterValue", f"The filter '{name}' is invalid")
    root = _without_namespace(fromstring(everything.body))  # noqa: S314 - written by this process
    container = root.find(listing.items)
    items = [] if container is None else list(container)
    wanted = request.members(listing.id_parameter)
    missing = set(wanted) - {item.findtext(listing.identity, "") for item in items}
    if missing and listing.not_found:
        return refuse(request, listing.not_found, f"The ID '{min(missing)}' does not exist")
    for item in items:
        named = not wanted or item.findtext(listing.identity) in wanted
        if container is not None and not (named and _matches_all(item, listing, filters)):
            container.remove(item)
    return everything.with_body(tostring(root, encoding="utf-8"))


def filters_of(request: Request) -> Mapping[str, tuple[str, ...]]:
    """A request's filters: name to values."""
    numbers = (name.split(".")[1] for name in request.form if name.startswith("Filter.") and name.endswith(".Name"))
    return {request.form[f"Filter.{number}.Name"]: request.members(f"Filter.{number}.Value") for number in numbers}


def _matches_all(item: Element, listing: Listing, filters: Mapping[str, tuple[str, ...]]) -> bool:
    return all(
        any(_like(value, pattern) for value in _values(item, listing, name) for pattern in patterns)
        for name, patterns in filters.items()
    )


def _values(item: Element, listing: Listing, name: str) -> Iterable[str]:
    tags = {tag.findtext("key", ""): tag.findtext("value", "") for tag in item.iterfind(listing.tags)}
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return (tags[key],) if key in tags else ()
    if name in ("tag-key", "tag-value"):
        return tags if name == "tag-key" else tags.values()
    return (element.text or "" for element in item.iterfind(listing.filters[name]))


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _without_selection(request: Request) -> Request:
    own = f"{LISTINGS[request.operation].id_parameter}."
    kept = {name: value for name, value in request.form.items() if not name.startswith(("Filter.", own))}
    return replace(request, query_string="", body=urlencode(kept).encode())


def _without_namespace(root: Element) -> Element:
    namespace = root.tag.partition("}")[0].removeprefix("{")
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    root.set("xmlns", namespace)
    return root
