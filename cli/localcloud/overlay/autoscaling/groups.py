"""Auto Scaling groups: their bounds, their launch template, their end.

Source: docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html,
API_UpdateAutoScalingGroup.html, API_DeleteAutoScalingGroup.html, API_SetDesiredCapacity.html,
API_TerminateInstanceInAutoScalingGroup.html. That a template is tried out when a group takes it, with these words:
github.com/hashicorp/terraform-provider-aws, internal/service/autoscaling/group.go ("valid fully-formed").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from ministack.services.alb import _tgs as target_groups
from ministack.services.autoscaling import _asgs as groups
from ministack.services.autoscaling import _delete_group_hooks as delete_hooks
from ministack.services.autoscaling import _delete_group_policies as delete_policies
from ministack.services.autoscaling import _scheduled_actions as scheduled_actions
from ministack.services.autoscaling import _tags as tags
from ministack.services.ec2 import _security_groups as security_groups
from ministack.services.ec2 import _subnets as subnets
from ministack.services.iam import _lookup_instance_profile as find_profile

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.models import service_model
from localcloud.overlay.autoscaling.activities import moment, second
from localcloud.overlay.autoscaling.capacity import (
    SERVICE_LINKED_ROLE,
    Group,
    deregister,
    settle,
    settle_again,
    stop,
    subnet_ids,
    template_of,
)
from localcloud.overlay.autoscaling.service import invalid, not_found, overlay
from localcloud.overlay.ec2.images import find_image
from localcloud.overlay.ec2.instances import group_ids
from localcloud.question import asked
from localcloud.refusal import refuse

# What a group takes as it is given, when it is made and when it is changed.
_SETTINGS = (
    "AvailabilityZoneDistribution", "AvailabilityZoneImpairmentPolicy", "CapacityRebalance",
    "CapacityReservationSpecification", "Context", "DefaultCooldown", "DefaultInstanceWarmup", "DesiredCapacityType",
    "HealthCheckGracePeriod", "HealthCheckType", "InstanceMaintenancePolicy", "MaxInstanceLifetime", "MaxSize",
    "MinSize", "NewInstancesProtectedFromScaleIn", "PlacementGroup", "ServiceLinkedRoleARN", "TerminationPolicies",
    "VPCZoneIdentifier",
)  # fmt: skip
_HIDDEN = frozenset({"InstanceRefreshes"})


@overlay.on("CreateAutoScalingGroup")
async def create_group(request: Request, _: Forward) -> Response:
    """A name is used once in a region; without a desired capacity a group starts at its minimum."""
    question = asked(request)
    name = question.get("AutoScalingGroupName", "")
    if not name:
        return invalid(request, "AutoScalingGroupName is required")
    if name in groups:
        message = f"AutoScalingGroup by this name already exists - A group with the name {name} already exists"
        return refuse(request, "AlreadyExists", message)
    group = _new_group(request, question)
    if objection := next(_objections(group), None):
        return invalid(request, objection)
    groups[name], tags[name] = group, group["Tags"]
    desired = group["DesiredCapacity"]
    settle(request, group, f"At {second()} a user request created an AutoScalingGroup changing the desired capacity "
           f"from 0 to {desired}.  ")  # fmt: skip
    return answer(request, {})


def _new_group(request: Request, question: Mapping[str, Any]) -> Group:
    name = question["AutoScalingGroupName"]
    place = f"{request.region}:{request.account}"
    arn = f"arn:aws:autoscaling:{place}:autoScalingGroup:{uuid4()}:autoScalingGroupName/{name}"
    group: Group = {
        "AutoScalingGroupARN": arn,
        "AutoScalingGroupName": name,
        "AvailabilityZoneDistribution": {"CapacityDistributionStrategy": "balanced-best-effort"},
        "CapacityReservationSpecification": {"CapacityReservationPreference": "default"},
        "CreatedTime": moment(),
        "DefaultCooldown": 300,
        "EnabledMetrics": [],
        "HealthCheckGracePeriod": 0,
        "HealthCheckType": "EC2",
        "Instances": [],
        "LoadBalancerNames": [],
        "MaxSize": 0,
        "MinSize": 0,
        "NewInstancesProtectedFromScaleIn": False,
        "ServiceLinkedRoleARN": f"arn:aws:iam::{request.account}:role/{SERVICE_LINKED_ROLE}",
        "SuspendedProcesses": [],
        "Tags": [_tag(name, tag) for tag in question.get("Tags", ())],
        "TargetGroupARNs": _target_group_arns(question),
        "TerminationPolicies": ["Default"],
        "VPCZoneIdentifier": "",
    }
    _take(group, question)
    group["DesiredCapacity"] = question.get("DesiredCapacity", group["MinSize"])
    return group


def _tag(name: str, tag: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Key": tag["Key"],
        "PropagateAtLaunch": tag.get("PropagateAtLaunch", False),
        "ResourceId": name,
        "ResourceType": "auto-scaling-group",
        "Value": tag.get("Value", ""),
    }


def _target_group_arns(question: Mapping[str, Any]) -> list[str]:
    sources = [one["Identifier"] for one in question.get("TrafficSources", ()) if one.get("Type", "elbv2") == "elbv2"]
    return [*question.get("TargetGroupARNs", ()), *sources]


def _take(group: Group, question: Mapping[str, Any]) -> None:
    group |= {name: question[name] for name in _SETTINGS if name in question}
    if "LaunchTemplate" in question:
        wanted = question["LaunchTemplate"]
        template, _ = template_of(wanted)
        named = {name: template[name] for name in ("LaunchTemplateId", "LaunchTemplateName")} if template else {}
        group["LaunchTemplate"] = {**wanted, **named, "Version": wanted.get("Version", "$Default")}
    if "VPCZoneIdentifier" in question:
        group["AvailabilityZones"] = sorted({
            subnets[one]["AvailabilityZone"] for one in subnet_ids(group) if one in subnets
        })  # fmt: skip
    elif "AvailabilityZones" in question:
        group["AvailabilityZones"] = question["AvailabilityZones"]


def _objections(group: Mapping[str, Any]) -> Iterator[str]:
    """What AWS would say against a group, first things first."""
    low, high, desired = group["MinSize"], group["MaxSize"], group["DesiredCapacity"]
    if low > high:
        yield f"Max bound, {high}, must be greater than or equal to min bound, {low}"
    if not low <= desired <= high:
        yield f"Desired capacity:{desired} must be between the specified min size:{low} and max size:{high}"
    if not group.get("AvailabilityZones") and not group["VPCZoneIdentifier"]:
        yield "At least one Availability Zone or VPC Subnet is required."
    yield from (f"The subnet ID '{one}' does not exist" for one in subnet_ids(group) if one not in subnets)
    if any(arn not in target_groups for arn in group["TargetGroupARNs"]):
        yield "Provided Target Groups may not be valid. Please ensure they exist and try again."
    if "LaunchTemplate" not in group:
        yield (
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or "
            "MixedInstancesPolicy parameter."
        )
        return
    template, version = template_of(group["LaunchTemplate"])
    if template is None:
        named = group["LaunchTemplate"].get("LaunchTemplateId") or group["LaunchTemplate"].get("LaunchTemplateName")
        yield f"The specified launch template, with template ID {named}, does not exist."
    elif version is None:
        yield "The specified launch template version does not exist."
    else:
        faults = _template_faults(group, version["LaunchTemplateData"])
        yield from (f"You must use a valid fully-formed launch template. {fault}" for fault in faults)


def _template_faults(group: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[str]:
    """What RunInstances would say of a template, as it is asked when a group takes one."""
    if not data.get("ImageId"):
        yield "The request must contain the parameter ImageId"
    elif find_image(data["ImageId"]) is None:
        yield f"The image id '[{data['ImageId']}]' does not exist"
    ec2 = service_model("ec2")
    types = ec2.shape_for("InstanceType").enum if ec2 else ()  # type: ignore[attr-defined] # botocore: a text with an enum
    if data.get("InstanceType") not in types:
        yield f"Invalid value '{data.get('InstanceType', '')}' for InstanceType."
    profile = data.get("IamInstanceProfile")
    if profile and find_profile(name=profile.get("Name", ""), arn=profile.get("Arn", "")) is None:
        kind, value = ("arn", profile["Arn"]) if "Arn" in profile else ("name", profile["Name"])
        said = "ARN" if kind == "arn" else "name"
        yield f"Value ({value}) for parameter iamInstanceProfile.{kind} is invalid. Invalid IAM Instance Profile {said}"
    vpcs = {subnets[one]["VpcId"] for one in subnet_ids(group) if one in subnets}
    for group_id in group_ids(data):
        if group_id not in security_groups:
            yield f"The security group '{group_id}' does not exist"
        elif vpcs and security_groups[group_id]["VpcId"] not in vpcs:
            yield f"The security group '{group_id}' does not exist in VPC '{min(vpcs)}'"


@overlay.on("UpdateAutoScalingGroup")
async def update_group(request: Request, _: Forward) -> Response:
    """What isn't named stays; the desired capacity follows the bounds when it isn't given itself."""
    question = asked(request)
    group = groups.get(name := question.get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    changed: Group = dict(group)
    _take(changed, question)
    followed = max(changed["MinSize"], min(group["DesiredCapacity"], changed["MaxSize"]))
    changed["DesiredCapacity"] = question.get("DesiredCapacity", followed)
    if objection := next(_objections(changed), None):
        return invalid(request, objection)
    before = group["DesiredCapacity"]
    group |= changed
    bounds = f"min: {group['MinSize']}, max: {group['MaxSize']}, desired: {group['DesiredCapacity']}"
    settle(request, group, f"At {second()} a user request update of AutoScalingGroup constraints to {bounds} "
           f"changing the desired capacity from {before} to {group['DesiredCapacity']}.  ")  # fmt: skip
    return answer(request, {})


@overlay.on("SetDesiredCapacity")
async def set_desired_capacity(request: Request, _: Forward) -> Response:
    """Within the bounds."""
    question = asked(request)
    group = groups.get(name := question.get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    desired, low, high = question.get("DesiredCapacity", 0), group["MinSize"], group["MaxSize"]
    if not low <= desired <= high:
        side, bound = ("above max", high) if desired > high else ("below min", low)
        message = f"New SetDesiredCapacity value {desired} is {side} value {bound} for the AutoScalingGroup."
        return invalid(request, message)
    before, group["DesiredCapacity"] = group["DesiredCapacity"], desired
    settle(request, group, f"At {second()} a user request explicitly set group desired capacity changing the desired "
           f"capacity from {before} to {desired}.  ")  # fmt: skip
    return answer(request, {})


@overlay.on("TerminateInstanceInAutoScalingGroup")
async def terminate_instance(request: Request, _: Forward) -> Response:
    """An instance goes, and another one comes unless the desired capacity goes down with it."""
    question = asked(request)
    instance_id, shrink = question.get("InstanceId", ""), question.get("ShouldDecrementDesiredCapacity", False)
    for group in groups.values():
        for member in tuple(group["Instances"]):
            if member["InstanceId"] == instance_id:
                if shrink and group["DesiredCapacity"] <= group["MinSize"]:
                    return invalid(request, "Currently, desiredSize equals minSize. Terminating instance without "
                                   "replacement will violate group's min size constraint.")  # fmt: skip
                group["DesiredCapacity"] -= shrink
                stop(group, member, f"At {second()} instance {instance_id} was taken out of service in response to a "
                     "user request.")  # fmt: skip
                settle(request, group)
                return answer(request, {})
    return invalid(request, f"Instance Id not found - No managed instance found for instance ID: {instance_id}")


@overlay.on("DescribeAutoScalingGroups")
async def describe_groups(request: Request, _: Forward) -> Response:
    """Groups by name and tag; a name that isn't there is left out without a word."""
    question = asked(request)
    names = question.get("AutoScalingGroupNames")
    found = [group for name, group in groups.items() if not names or name in names]
    found = [group for group in found if all(_has_tag(group, each) for each in question.get("Filters", ()))]
    for group in found:
        settle_again(request, group)
    return answer(request, {"AutoScalingGroups": [_shown(group) for group in found]})


def _has_tag(group: Group, wanted: Mapping[str, Any]) -> bool:
    name, values = wanted["Name"], wanted.get("Values", ())
    pairs = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
    if name == "tag-key":
        return any(value in pairs for value in values)
    if name == "tag-value":
        return any(value in pairs.values() for value in values)
    return pairs.get(name.removeprefix("tag:")) in values


def _shown(group: Group) -> Mapping[str, Any]:
    told = {name: value for name, value in group.items() if name not in _HIDDEN}
    sources = [{"Identifier": arn, "Type": "elbv2"} for arn in group["TargetGroupARNs"]]
    return {**told, "TrafficSources": sources}


@overlay.on("DescribeAutoScalingInstances")
async def describe_instances(request: Request, _: Forward) -> Response:
    """Every instance of every group."""
    wanted = asked(request).get("InstanceIds")
    for group in groups.values():
        settle_again(request, group)
    found = [
        {**member, "AutoScalingGroupName": name}
        for name, group in groups.items()
        for member in group["Instances"]
        if not wanted or member["InstanceId"] in wanted
    ]
    return answer(request, {"AutoScalingInstances": [
        {**member, "HealthStatus": member["HealthStatus"].upper()} for member in found
    ]})  # fmt: skip


@overlay.on("DeleteAutoScalingGroup")
async def delete_group(request: Request, _: Forward) -> Response:
    """A group with instances goes only by force, and they go with it; so do its policies, hooks and schedules."""
    question = asked(request)
    group = groups.get(name := question.get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    if group["Instances"] and not question.get("ForceDelete", False):
        message = (
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still "
            "in the group."
        )
        return refuse(request, "ResourceInUse", message)
    for member in tuple(group["Instances"]):
        stop(group, member, f"At {second()} a user request deleted the AutoScalingGroup by force.")
    deregister(group["TargetGroupARNs"], ())
    del groups[name]
    tags.pop(name, None)
    delete_hooks(name)
    delete_policies(name)
    for key in [key for key, action in scheduled_actions.items() if action["AutoScalingGroupName"] == name]:
        del scheduled_actions[key]
    return answer(request, {})
