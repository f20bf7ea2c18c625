"""Load balancers: a name is used once, a subnet in each zone, a network interface in each subnet.

Source: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html (also: the same
request again is no error), API_DeleteLoadBalancer.html, API_SetSubnets.html; docs.aws.amazon.com/general/latest/gr/
elb.html (hosted zones). The words of a refused deletion: github.com/rebuy-de/aws-nuke/issues/258.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.services.alb import _lb_attrs as attributes_of
from ministack.services.alb import _lbs as load_balancers
from ministack.services.alb import _listener_attrs as listener_attributes
from ministack.services.alb import _listeners as listeners
from ministack.services.alb import _rules as rules
from ministack.services.alb import _tags as tags
from ministack.services.ec2 import _network_interfaces as network_interfaces
from ministack.services.ec2 import _security_groups as security_groups
from ministack.services.ec2 import _subnets as subnets

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.interfaces import as_groups, make_interface, public_association, remove_interface
from localcloud.overlay.elbv2.attributes import OF_LOAD_BALANCERS, attribute, set_defaults
from localcloud.overlay.elbv2.service import overlay
from localcloud.question import asked
from localcloud.refusal import refuse

LoadBalancer = dict[str, Any]

# Source: docs.aws.amazon.com/general/latest/gr/elb.html; the AWS provider's hosted_zone_id_data_source.go has the same.
HOSTED_ZONES = {
    "af-south-1": "Z268VQBMOI5EKX",
    "ap-east-1": "Z3DQVH9N71FHZ0",
    "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-northeast-2": "ZWKZPGTI48KDX",
    "ap-northeast-3": "Z5LXEXXYW11ES",
    "ap-south-1": "ZP97RAFLXTNZK",
    "ap-south-2": "Z0173938T07WNTVAEPZN",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
    "ap-southeast-3": "Z08888821HLRG5A9ZRTER",
    "ap-southeast-4": "Z09517862IB2WZLPXG76F",
    "ca-central-1": "ZQSVJUPU6J1EY",
    "ca-west-1": "Z06473681N0SF6OS049SD",
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-central-2": "Z06391101F2ZOEP8P5EB3",
    "eu-north-1": "Z23TAZ6LKFMNIO",
    "eu-south-1": "Z3ULH7SSC9OV64",
    "eu-south-2": "Z0956581394HF5D5LXGAP",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "eu-west-3": "Z3Q77PNBQS71R4",
    "il-central-1": "Z09170902867EHPV2DABU",
    "me-central-1": "Z08230872XQRWHG2XF6I",
    "me-south-1": "ZS929ML54UICD",
    "sa-east-1": "Z2P70J7HTTTPLU",
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
}
_NAME = re.compile(r"(?!internal-)(?!-)[a-zA-Z0-9-]{1,32}(?<!-)")


@overlay.on("CreateLoadBalancer")
async def create_load_balancer(request: Request, forward: Forward) -> Response:
    """The same request twice makes one load balancer; another one of its name is refused."""
    question = asked(request)
    name = question.get("Name", "")
    if not _NAME.fullmatch(name):
        return refuse(request, "ValidationError", f"The load balancer name '{name}' is not valid")
    wanted = _subnet_ids(question)
    if refusal := _refuse_place(request, wanted, question.get("SecurityGroups", ())):
        return refusal
    named = next((one for one in load_balancers.values() if one["LoadBalancerName"] == name), None)
    if named is not None:
        if _settings(named) == _asked_settings(question, wanted):
            return answer(request, {"LoadBalancers": [_shown(request, named)]})
        message = f"A load balancer with the same name '{name}' exists, but with different settings"
        return refuse(request, "DuplicateLoadBalancerName", message)
    before = set(load_balancers)
    reply = await forward(request)
    if reply.status != 200:
        return reply
    (arn,) = set(load_balancers) - before
    made = load_balancers[arn]
    made |= {"Subnets": wanted, "VpcId": subnets[wanted[0]]["VpcId"]}
    made["SecurityGroups"] = made["SecurityGroups"] or [_default_group(made["VpcId"])]
    set_defaults(attributes_of, arn, OF_LOAD_BALANCERS)
    _place(request, made)
    return answer(request, {"LoadBalancers": [_shown(request, made)]})


def _subnet_ids(question: Mapping[str, Any]) -> list[str]:
    return [*question.get("Subnets", ()), *(one["SubnetId"] for one in question.get("SubnetMappings", ()))]


def _settings(one: LoadBalancer) -> tuple[Any, ...]:
    return one["Scheme"], one["Type"], set(one["Subnets"]), set(one["SecurityGroups"])


def _asked_settings(question: Mapping[str, Any], wanted: Iterable[str]) -> tuple[Any, ...]:
    kind, scheme = question.get("Type", "application"), question.get("Scheme", "internet-facing")
    return scheme, kind, set(wanted), set(question.get("SecurityGroups", ()))


def _refuse_place(request: Request, wanted: list[str], group_ids: Iterable[str]) -> Response | None:
    if missing := [one for one in wanted if one not in subnets]:
        return refuse(request, "SubnetNotFound", f"The subnet ID '{missing[0]}' does not exist")
    zones = [subnets[one]["AvailabilityZone"] for one in wanted]
    if len(set(zones)) < len(zones):
        message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        return refuse(request, "InvalidConfigurationRequest", message)
    if len(zones) < 2:
        message = "At least two subnets in two different Availability Zones must be specified"
        return refuse(request, "ValidationError", message)
    vpcs = {subnets[one]["VpcId"] for one in wanted}
    if len(vpcs) > 1:
        return refuse(request, "InvalidSubnet", "All subnets must belong to the same VPC")
    for group_id in group_ids:
        if security_groups.get(group_id, {}).get("VpcId") not in vpcs:
            message = f"The security group '{group_id}' does not exist in VPC '{min(vpcs)}'"
            return refuse(request, "InvalidSecurityGroup", message)
    return None


def _default_group(vpc_id: str) -> str:
    groups = security_groups.values()
    return str(next(one["GroupId"] for one in groups if one["VpcId"] == vpc_id and one["GroupName"] == "default"))


def interfaces_of(one: LoadBalancer) -> list[dict[str, Any]]:
    """The network interfaces that a load balancer holds."""
    description = _description(one)
    return [interface for interface in network_interfaces.values() if interface["Description"] == description]


def _description(one: LoadBalancer) -> str:
    return f"ELB {one['LoadBalancerArn'].partition(':loadbalancer/')[2]}"


def _place(request: Request, one: LoadBalancer) -> None:
    """Put an interface into each subnet that has none yet, and take those away whose subnet isn't there any more."""
    held = {interface["SubnetId"]: interface for interface in interfaces_of(one)}
    for subnet_id in held.keys() - set(one["Subnets"]):
        remove_interface(held[subnet_id]["NetworkInterfaceId"])
    is_public = one["Scheme"] == "internet-facing"
    for subnet_id in one["Subnets"]:
        if subnet_id not in held:
            make_interface(
                request.account, subnets[subnet_id], _description(one),
                Attachment={"AttachmentId": f"ela-attach-{subnet_id[-17:]}", "DeleteOnTermination": False,
                            "DeviceIndex": 1, "InstanceOwnerId": "amazon-elb", "Status": "attached"},
                RequesterId="amazon-elb", RequesterManaged=True,
                **({"Association": public_association("amazon-elb")} if is_public else {}),
            )  # fmt: skip
    for interface in interfaces_of(one):
        interface["Groups"] = as_groups(one["SecurityGroups"])


def _shown(request: Request, one: LoadBalancer) -> Mapping[str, Any]:
    zones = [{"SubnetId": each, "ZoneName": subnets[each]["AvailabilityZone"]} for each in one["Subnets"]]
    return {
        "AvailabilityZones": zones,
        "CanonicalHostedZoneId": HOSTED_ZONES.get(request.region, "Z35SXDOTRQ7X7K"),
        "CreatedTime": one["CreatedTime"],
        "DNSName": one["DNSName"],
        "IpAddressType": one["IpAddressType"],
        "LoadBalancerArn": one["LoadBalancerArn"],
        "LoadBalancerName": one["LoadBalancerName"],
        "Scheme": one["Scheme"],
        "SecurityGroups": one["SecurityGroups"],
        "State": {"Code": "active"},
        "Type": one["Type"],
        "VpcId": one["VpcId"],
    }


@overlay.on("DescribeLoadBalancers")
async def describe_load_balancers(request: Request, _: Forward) -> Response:
    """By ARN or by name; one that isn't there refuses the whole request."""
    question = asked(request)
    arns, names = question.get("LoadBalancerArns", []), question.get("Names", [])
    known = {one["LoadBalancerName"] for one in load_balancers.values()}
    if any(arn not in load_balancers for arn in arns):
        return refuse(request, "LoadBalancerNotFound", "One or more load balancers not found")
    if missing := [name for name in names if name not in known]:
        return refuse(request, "LoadBalancerNotFound", f"Load balancers '[{', '.join(missing)}]' not found")
    found = [
        one
        for arn, one in load_balancers.items()
        if (not arns or arn in arns) and (not names or one["LoadBalancerName"] in names)
    ]
    return answer(request, {"LoadBalancers": [_shown(request, one) for one in found]})


@overlay.on("DeleteLoadBalancer")
async def delete_load_balancer(request: Request, _: Forward) -> Response:
    """Its listeners, their rules and its interfaces go with it; one that isn't there is no error."""
    arn = request.form.get("LoadBalancerArn", "")
    one = load_balancers.get(arn)
    if one is None:
        return answer(request, {})
    if attribute(arn, "deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        return refuse(request, "OperationNotPermitted", message)
    for listener_arn in [each for each, listener in listeners.items() if listener["LoadBalancerArn"] == arn]:
        remove_listener(listener_arn)
    for interface in interfaces_of(one):
        remove_interface(interface["NetworkInterfaceId"])
    for store in (load_balancers, attributes_of, tags):
        store.pop(arn, None)
    return answer(request, {})


def remove_listener(arn: str) -> None:
    """Take a listener away with its rules."""
    for rule_arn in [each for each, rule in rules.items() if rule["ListenerArn"] == arn]:
        rules.pop(rule_arn)
        tags.pop(rule_arn, None)
    for store in (listeners, listener_attributes, tags):
        store.pop(arn, None)


@overlay.on("SetSubnets")
async def set_subnets(request: Request, _: Forward) -> Response:
    """The subnets that are named, and no others."""
    question = asked(request)
    one = load_balancers.get(question.get("LoadBalancerArn", ""))
    if one is None:
        return refuse(request, "LoadBalancerNotFound", "One or more load balancers not found")
    wanted = _subnet_ids(question)
    if refusal := _refuse_place(request, wanted, one["SecurityGroups"]):
        return refusal
    one["Subnets"] = wanted
    _place(request, one)
    return answer(request, {"AvailabilityZones": _shown(request, one)["AvailabilityZones"]})


@overlay.on("SetSecurityGroups")
async def set_security_groups(request: Request, _: Forward) -> Response:
    """The groups that are named, and no others."""
    question = asked(request)
    one = load_balancers.get(question.get("LoadBalancerArn", ""))
    if one is None:
        return refuse(request, "LoadBalancerNotFound", "One or more load balancers not found")
    wanted = question.get("SecurityGroups", [])
    if refusal := _refuse_place(request, one["Subnets"], wanted):
        return refusal
    one["SecurityGroups"] = wanted
    _place(request, one)
    return answer(request, {"SecurityGroupIds": wanted})
