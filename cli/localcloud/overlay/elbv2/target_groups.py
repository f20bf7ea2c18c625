"""Target groups: which load balancer uses them, and how their targets are.

Source: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html,
API_DeleteTargetGroup.html, API_DescribeTargetHealth.html, API_TargetHealth.html;
docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html ("Reason codes"). The words
of a refused deletion: github.com/cloud-custodian/cloud-custodian/issues/3559.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services.alb import _lbs as load_balancers
from ministack.services.alb import _listeners as listeners
from ministack.services.alb import _rules as rules
from ministack.services.alb import _targets as targets
from ministack.services.alb import _tg_attrs as attributes_of
from ministack.services.alb import _tgs as target_groups
from ministack.services.ec2 import _instances as instances
from ministack.services.ec2 import _network_interfaces as network_interfaces
from ministack.services.ec2 import _vpcs as vpcs

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.instances import is_running
from localcloud.overlay.ec2.security_groups import reaches
from localcloud.overlay.elbv2.attributes import OF_TARGET_GROUPS, set_defaults
from localcloud.overlay.elbv2.load_balancers import interfaces_of
from localcloud.overlay.elbv2.service import overlay
from localcloud.question import asked
from localcloud.refusal import refuse

TargetGroup = dict[str, Any]

_NAME = re.compile(r"(?!-)[a-zA-Z0-9-]{1,32}(?<!-)")
_SHOWN = (
    "HealthCheckEnabled", "HealthCheckIntervalSeconds", "HealthCheckPath", "HealthCheckPort", "HealthCheckProtocol",
    "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "Matcher", "Port", "Protocol", "TargetGroupArn",
    "TargetGroupName", "TargetType", "UnhealthyThresholdCount", "VpcId",
)  # fmt: skip


@overlay.on("CreateTargetGroup")
async def create_target_group(request: Request, forward: Forward) -> Response:
    """The same request twice makes one target group; another one of its name is refused."""
    question = asked(request)
    name, vpc_id = question.get("Name", ""), question.get("VpcId")
    if not _NAME.fullmatch(name):
        return refuse(request, "ValidationError", f"Target group name '{name}' is not valid")
    if question.get("TargetType", "instance") != "lambda" and vpc_id not in vpcs:
        return refuse(request, "ValidationError", f"The VPC ID '{vpc_id}' is not found")
    if question.get("HealthCheckTimeoutSeconds", 5) >= question.get("HealthCheckIntervalSeconds", 30):
        message = "Health check timeout must be smaller than the health check interval"
        return refuse(request, "ValidationError", message)
    if named := next((one for one in target_groups.values() if one["TargetGroupName"] == name), None):
        return _answer_again(request, named)
    before = set(target_groups)
    reply = await forward(request)
    if reply.status != 200:
        return reply
    (arn,) = set(target_groups) - before
    target_groups[arn] |= {"IpAddressType": "ipv4", "ProtocolVersion": question.get("ProtocolVersion", "HTTP1")}
    set_defaults(attributes_of, arn, OF_TARGET_GROUPS)
    return answer(request, {"TargetGroups": [_shown(target_groups[arn])]})


def _answer_again(request: Request, named: TargetGroup) -> Response:
    question = asked(request)
    if all(named[key] == question[key] for key in ("Port", "Protocol", "VpcId") if key in question):
        return answer(request, {"TargetGroups": [_shown(named)]})
    message = f"A target group with the same name '{named['TargetGroupName']}' exists, but with different settings"
    return refuse(request, "DuplicateTargetGroupName", message)


def used_by(arn: str) -> tuple[str, ...]:
    """The load balancers that forward to a target group, by an action of a listener or of a rule."""
    acting = [
        *((one["LoadBalancerArn"], one["DefaultActions"]) for one in listeners.values()),
        *((listeners[one["ListenerArn"]]["LoadBalancerArn"], one["Actions"]) for one in rules.values()),
    ]
    return tuple(dict.fromkeys(owner for owner, actions in acting if arn in _forwarded(actions)))


def _forwarded(actions: list[Mapping[str, Any]]) -> Iterator[str]:
    for action in actions:
        if "TargetGroupArn" in action:
            yield action["TargetGroupArn"]
        yield from (one["TargetGroupArn"] for one in action.get("ForwardConfig", {}).get("TargetGroups", ()))


def _shown(one: TargetGroup) -> Mapping[str, Any]:
    told = {name: one[name] for name in _SHOWN}
    return {
        **told,
        "IpAddressType": one.get("IpAddressType", "ipv4"),
        "LoadBalancerArns": used_by(one["TargetGroupArn"]),
        "ProtocolVersion": one.get("ProtocolVersion", "HTTP1"),
    }


@overlay.on("DescribeTargetGroups")
async def describe_target_groups(request: Request, _: Forward) -> Response:
    """By ARN, by name or by load balancer; one that isn't there refuses the whole request."""
    question = asked(request)
    arns, names, owner = question.get("TargetGroupArns", []), question.get("Names", []), question.get("LoadBalancerArn")
    known = {one["TargetGroupName"] for one in target_groups.values()}
    if any(arn not in target_groups for arn in arns) or any(name not in known for name in names):
        return refuse(request, "TargetGroupNotFound", "One or more target groups not found")
    if owner and owner not in load_balancers:
        return refuse(request, "LoadBalancerNotFound", f"Load balancer '{owner}' not found")
    found = [
        one
        for arn, one in target_groups.items()
        if (not arns or arn in arns)
        and (not names or one["TargetGroupName"] in names)
        and (not owner or owner in used_by(arn))
    ]
    return answer(request, {"TargetGroups": [_shown(one) for one in found]})


@overlay.on("ModifyTargetGroup")
async def modify_target_group(request: Request, forward: Forward) -> Response:
    """ministack changes it; it is told of as AWS does."""
    reply = await forward(request)
    if reply.status != 200:
        return reply
    return answer(request, {"TargetGroups": [_shown(target_groups[request.form["TargetGroupArn"]])]})


@overlay.on("DeleteTargetGroup")
async def delete_target_group(request: Request, forward: Forward) -> Response:
    """A target group stays while something forwards to it."""
    arn = request.form.get("TargetGroupArn", "")
    if arn in target_groups and used_by(arn):
        message = f"Target group '{arn}' is currently in use by a listener or a rule"
        return refuse(request, "ResourceInUse", message)
    return await forward(request)


@overlay.on("RegisterTargets")
async def register_targets(request: Request, forward: Forward) -> Response:
    """An instance is registered while it runs, in the target group's VPC."""
    question = asked(request)
    one = target_groups.get(question.get("TargetGroupArn", ""))
    for target in question.get("Targets", ()) if one and one["TargetType"] == "instance" else ():
        if instances.get(target["Id"], {}).get("VpcId") != (one or {})["VpcId"]:
            message = f"The following targets are not in the target group VPC: '{target['Id']}'"
            return refuse(request, "InvalidTarget", message)
        if not is_running(target["Id"]):
            message = f"The following targets are not in a running state and cannot be registered: '{target['Id']}'"
            return refuse(request, "InvalidTarget", message)
    return await forward(request)


@overlay.on("DescribeTargetHealth")
async def describe_target_health(request: Request, _: Forward) -> Response:
    """Healthy is what runs, in a zone of the load balancer, and is reached through the security groups of both."""
    question = asked(request)
    one = target_groups.get(arn := question.get("TargetGroupArn", ""))
    if one is None:
        return refuse(request, "TargetGroupNotFound", f"Target groups '{arn}' not found")
    registered = {target["Id"]: target for target in targets.get(arn, [])}
    wanted = [target["Id"] for target in question.get("Targets", ())] or list(registered)
    told = [_health(one, registered.get(identity), identity) for identity in wanted]
    return answer(request, {"TargetHealthDescriptions": told})


def _health(one: TargetGroup, target: Mapping[str, Any] | None, identity: str) -> Mapping[str, Any]:
    port = (target or {}).get("Port", one["Port"])
    described = {"Target": {"Id": identity, "Port": port}, "HealthCheckPort": str(port)}
    if target is None:
        state = _unused("NotRegistered", "Target is not registered to the target group")
        return {"Target": {"Id": identity}, "TargetHealth": state}
    return {**described, "TargetHealth": _state(one, identity, port)}


def _state(one: TargetGroup, identity: str, port: int) -> Mapping[str, str]:
    owners = used_by(one["TargetGroupArn"])
    if not owners:
        return _unused("NotInUse", "Target group is not configured to receive traffic from the load balancer")
    if one["TargetType"] == "instance" and not is_running(identity):
        return _unused("InvalidState", "Target is in the stopped state")
    sources = [interface for owner in owners for interface in interfaces_of(load_balancers[owner])]
    target = next((each for each in network_interfaces.values() if _is_at(each, identity)), None)
    if target is None:
        return {"State": "healthy"}  # what is registered by an address stands outside what is recorded here
    if target["AvailabilityZone"] not in {source["AvailabilityZone"] for source in sources}:
        return _unused("NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer")
    if not all(reaches(source, target, port) for source in sources):
        return {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"}
    return {"State": "healthy"}


def _unused(reason: str, description: str) -> Mapping[str, str]:
    return {"State": "unused", "Reason": f"Target.{reason}", "Description": description}


def _is_at(interface: Mapping[str, Any], identity: str) -> bool:
    return identity in ((interface.get("Attachment") or {}).get("InstanceId"), interface["PrivateIpAddress"])
