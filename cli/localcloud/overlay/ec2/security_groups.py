"""Security groups: each source or target of a permission is a rule with an id and tags of its own.

Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html,
API_AuthorizeSecurityGroupEgress.html, API_RevokeSecurityGroupIngress.html, API_SecurityGroupRule.html,
API_DeleteSecurityGroup.html; docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html; error codes:
docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html. The words of a duplicate:
github.com/hashicorp/terraform/issues/1874.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from secrets import token_hex
from typing import Any

from ministack.services.ec2 import _network_interfaces as network_interfaces
from ministack.services.ec2 import _security_groups as security_groups
from ministack.services.ec2 import _sg_rule_id as rule_id_of
from ministack.services.ec2 import _tags as tags

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.prefix_lists import weight
from localcloud.overlay.ec2.selection import select
from localcloud.overlay.ec2.service import overlay
from localcloud.question import asked
from localcloud.refusal import refuse

# Source: docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html, "Inbound or outbound rules per security
# group", for each direction and for IPv4 and IPv6 apart; a prefix list counts as its entries.
RULES_PER_DIRECTION = 60

Group = dict[str, Any]
Rule = dict[str, Any]  # a permission with one source or target, in ministack's shape

# Where the other end of a rule stands in a permission, its name there, and its name in a rule that is told of.
_PEERS = {
    "IpRanges": ("CidrIp", "CidrIpv4"),
    "Ipv6Ranges": ("CidrIpv6", "CidrIpv6"),
    "PrefixListIds": ("PrefixListId", "PrefixListId"),
    "UserIdGroupPairs": ("GroupId", "GroupId"),
}
# Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html (IpProtocol).
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": "-1"}


def rules_of(permissions: Any) -> Iterator[Rule]:
    """A permission of several sources or targets as that many rules. Pure."""
    for permission in permissions:
        protocol = permission.get("IpProtocol", "-1").lower()
        ports = {name: permission[name] for name in ("FromPort", "ToPort") if name in permission}
        common = {"IpProtocol": _PROTOCOLS.get(protocol, protocol), **(ports if protocol not in ("-1", "all") else {})}
        for kind in _PEERS:
            for peer in permission.get(kind, ()):
                yield common | {name: [] for name in _PEERS} | {kind: [dict(peer)]}


def peer_of(rule: Rule) -> tuple[str, Mapping[str, Any]]:
    """Where the one source or target of a rule stands, and what it is. Pure."""
    return next((kind, rule[kind][0]) for kind in _PEERS if rule.get(kind))


def is_same(one: Rule, other: Rule) -> bool:
    """Whether two rules let the same through, whatever is written beside them. Pure."""
    return _essence(one) == _essence(other)


def _essence(rule: Rule) -> tuple[Any, ...]:
    kind, peer = peer_of(rule)
    return rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), kind, peer[_PEERS[kind][0]]


@overlay.on("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
async def authorize(request: Request, _: Forward) -> Response:
    """All rules are made or none: none may be there already, each must have another end, and 60 is enough."""
    question, is_egress = asked(request), request.operation.endswith("Egress")
    group = security_groups.get(question.get("GroupId", ""))
    if group is None:
        return _unknown(request, question.get("GroupId", ""))
    held: list[Rule] = group[_direction(is_egress)]
    wanted = list(rules_of(question.get("IpPermissions") or [_flat(question)]))
    if refusal := _refuse(request, held, wanted):
        return refusal
    specs = question.get("TagSpecifications", ())
    given = [tag for spec in specs if spec["ResourceType"] == "security-group-rule" for tag in spec["Tags"]]
    for rule in wanted:
        rule["SecurityGroupRuleId"] = f"sgr-{token_hex(9)[:17]}"
        held.append(rule)
        if given:
            tags[rule["SecurityGroupRuleId"]] = [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in given]
    told = [_shown(request, group, rule, is_egress=is_egress) for rule in wanted]
    return answer(request, {"Return": True, "SecurityGroupRules": told})


def _direction(is_egress: bool) -> str:
    return "IpPermissionsEgress" if is_egress else "IpPermissions"


def _flat(question: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one permission of a request in the old form, which names it by parameters of its own."""
    permission = {name: question[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in question}
    if "CidrIp" in question:
        return {**permission, "IpRanges": [{"CidrIp": question["CidrIp"]}]}
    named = question.get("SourceSecurityGroupName")
    found = next((one["GroupId"] for one in security_groups.values() if named and one["GroupName"] == named), None)
    return {**permission, "UserIdGroupPairs": [{"GroupId": found}]} if found else permission


def _refuse(request: Request, held: list[Rule], wanted: list[Rule]) -> Response | None:
    if not wanted:
        return refuse(request, "MissingParameter", "The request must contain the parameter ipPermissions")
    for number, rule in enumerate(wanted):
        kind, peer = peer_of(rule)
        if kind == "UserIdGroupPairs" and peer.get("GroupId") not in security_groups:
            return _unknown(request, peer.get("GroupId", ""))
        if kind == "PrefixListIds" and weight(peer["PrefixListId"]) is None:
            message = f"The prefix list ID '{peer['PrefixListId']}' does not exist"
            return refuse(request, "InvalidPrefixListID.NotFound", message)
        if any(is_same(rule, other) for other in (*held, *wanted[:number])):
            message = f'the specified rule "{_words(rule)}" already exists'
            return refuse(request, "InvalidPermission.Duplicate", message)
    if any(_weigh([*held, *wanted], family) > RULES_PER_DIRECTION for family in ("IpRanges", "Ipv6Ranges")):
        message = "The maximum number of rules per security group has been reached."
        return refuse(request, "RulesPerSecurityGroupLimitExceeded", message)
    return None


def _weigh(rules: list[Rule], family: str) -> int:
    other = {"IpRanges": "Ipv6Ranges", "Ipv6Ranges": "IpRanges"}[family]
    peers = [peer_of(rule) for rule in rules if any(rule.get(kind) for kind in _PEERS)]
    return sum(
        (weight(peer["PrefixListId"]) or 0) if kind == "PrefixListIds" else 1 for kind, peer in peers if kind != other
    )


def _words(rule: Rule) -> str:
    kind, peer = peer_of(rule)
    peer_name = peer[_PEERS[kind][0]]
    if rule["IpProtocol"] == "-1":
        return f"peer: {peer_name}, ALL, ALLOW"
    ports = f"from port: {rule.get('FromPort')}, to port: {rule.get('ToPort')}"
    return f"peer: {peer_name}, {rule['IpProtocol'].upper()}, {ports}, ALLOW"


@overlay.on("RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
async def revoke(request: Request, _: Forward) -> Response:
    """Rules go by their ids or by what they let through; one that isn't there refuses the whole request."""
    question, is_egress = asked(request), request.operation.endswith("Egress")
    group = security_groups.get(question.get("GroupId", ""))
    if group is None:
        return _unknown(request, question.get("GroupId", ""))
    held = _split(group, is_egress=is_egress)
    gone = []
    for identity in question.get("SecurityGroupRuleIds", ()):
        gone += (found := [rule for rule in held if rule["SecurityGroupRuleId"] == identity])
        if not found:
            message = f"The security group rule ID '{identity}' does not exist"
            return refuse(request, "InvalidSecurityGroupRuleId.NotFound", message)
    for wanted in rules_of(question.get("IpPermissions", ())):
        gone += (found := [rule for rule in held if is_same(rule, wanted)])
        if not found:
            message = "The specified rule does not exist in this security group."
            return refuse(request, "InvalidPermission.NotFound", message)
    group[_direction(is_egress)] = [rule for rule in held if rule not in gone]
    for rule in gone:
        tags.pop(rule["SecurityGroupRuleId"], None)
    return answer(request, {"Return": True})


def _split(group: Group, *, is_egress: bool) -> list[Rule]:
    """A group's rules in one direction, each with its id; those that a group is born with get theirs here."""
    rules = []
    for held in group[_direction(is_egress)]:
        for rule in rules_of([held]):
            own = held.get("SecurityGroupRuleId")
            rule["SecurityGroupRuleId"] = own or rule_id_of(group["GroupId"], is_egress, rule)
            rules.append(rule)
    return rules


@overlay.on("DescribeSecurityGroupRules")
async def describe_rules(request: Request, _: Forward) -> Response:
    """Every rule of every group, with its tags."""
    told = [
        _shown(request, group, rule, is_egress=is_egress)
        for group in security_groups.values()
        for is_egress in (False, True)
        for rule in _split(group, is_egress=is_egress)
    ]
    return select(request, answer(request, {"SecurityGroupRules": told}))


def _shown(request: Request, group: Group, rule: Rule, *, is_egress: bool) -> Mapping[str, Any]:
    kind, peer = peer_of(rule)
    name, told_as = _PEERS[kind]
    is_group = kind == "UserIdGroupPairs"
    other = {"ReferencedGroupInfo": {"GroupId": peer[name], "UserId": request.account}} if is_group else {}
    identity = rule["SecurityGroupRuleId"]
    return {
        "SecurityGroupRuleId": identity,
        "GroupId": group["GroupId"],
        "GroupOwnerId": group["OwnerId"],
        "IsEgress": is_egress,
        "IpProtocol": rule["IpProtocol"],
        "FromPort": rule.get("FromPort", -1),
        "ToPort": rule.get("ToPort", -1),
        **(other or {told_as: peer[name]}),
        "Description": peer.get("Description") or None,
        "SecurityGroupRuleArn": f"arn:aws:ec2:{request.region}:{request.account}:security-group-rule/{identity}",
        "Tags": tags.get(identity, []),
    }


@overlay.on("DescribeSecurityGroups")
async def describe_groups(request: Request, _: Forward) -> Response:
    """Every group, the rules of one protocol and the same ports in one permission."""
    shown = [_shown_group(request, group) for group in security_groups.values()]
    return select(request, answer(request, {"SecurityGroups": shown}))


def _shown_group(request: Request, group: Group) -> Mapping[str, Any]:
    return {
        "Description": group["Description"],
        "GroupId": group["GroupId"],
        "GroupName": group["GroupName"],
        "IpPermissions": _merged(request, group["IpPermissions"]),
        "IpPermissionsEgress": _merged(request, group["IpPermissionsEgress"]),
        "OwnerId": group["OwnerId"],
        "SecurityGroupArn": f"arn:aws:ec2:{request.region}:{request.account}:security-group/{group['GroupId']}",
        "Tags": tags.get(group["GroupId"], []),
        "VpcId": group["VpcId"],
    }


def _merged(request: Request, permissions: list[Rule]) -> list[Mapping[str, Any]]:
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for rule in rules_of(permissions):
        ports: dict[str, int] = {name: rule[name] for name in ("FromPort", "ToPort") if name in rule}
        key = rule["IpProtocol"], *ports.values()
        entry = merged.setdefault(key, {"IpProtocol": rule["IpProtocol"], **ports, **{kind: [] for kind in _PEERS}})
        kind, peer = peer_of(rule)
        entry[kind].append({"UserId": request.account, **peer} if kind == "UserIdGroupPairs" else peer)
    return list(merged.values())


@overlay.on("DeleteSecurityGroup")
async def delete_group(request: Request, forward: Forward) -> Response:
    """A group goes when no interface is in it and no other group's rule names it; its rules go with it."""
    group = security_groups.get(group_id := request.form.get("GroupId", ""))
    if group is None:
        return _unknown(request, group_id)
    if _is_used(group_id):
        return refuse(request, "DependencyViolation", f"resource {group_id} has a dependent object")
    rules = [rule["SecurityGroupRuleId"] for side in (False, True) for rule in _split(group, is_egress=side)]
    reply = await forward(request)
    if reply.status == 200:
        for identity in (group_id, *rules):
            tags.pop(identity, None)
    return reply


def _is_used(group_id: str) -> bool:
    members = (one["GroupId"] for interface in network_interfaces.values() for one in interface.get("Groups", ()))
    named = (
        peer["GroupId"]
        for other in security_groups.values()
        if other["GroupId"] != group_id
        for rule in (*other["IpPermissions"], *other["IpPermissionsEgress"])
        for peer in rule.get("UserIdGroupPairs", ())
    )
    return group_id in members or group_id in named


def reaches(source: Mapping[str, Any], target: Mapping[str, Any], port: int) -> bool:
    """Whether the groups of two interfaces let TCP on a port through from one to the other."""
    return _lets(source, target, port, is_egress=True) and _lets(target, source, port, is_egress=False)


def _lets(own: Mapping[str, Any], other: Mapping[str, Any], port: int, *, is_egress: bool) -> bool:
    rules = (
        rule
        for group in own["Groups"]
        for rule in rules_of(security_groups.get(group["GroupId"], {}).get(_direction(is_egress), ()))
    )
    return any(_covers_port(rule, port) and _covers_peer(rule, other) for rule in rules)


def _covers_port(rule: Rule, port: int) -> bool:
    lowest, highest = rule.get("FromPort", 0), rule.get("ToPort", 65535)
    return rule["IpProtocol"] == "-1" or bool(rule["IpProtocol"] == "tcp" and lowest <= port <= highest)


def _covers_peer(rule: Rule, interface: Mapping[str, Any]) -> bool:
    kind, peer = peer_of(rule)
    if kind == "UserIdGroupPairs":
        return peer["GroupId"] in {group["GroupId"] for group in interface["Groups"]}
    is_ipv4 = kind == "IpRanges"
    return is_ipv4 and ip_address(interface["PrivateIpAddress"]) in ip_network(peer["CidrIp"], strict=False)


def _unknown(request: Request, group_id: str) -> Response:
    return refuse(request, "InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
