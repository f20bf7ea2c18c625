"""A group's instances: as many as desired, spread over its zones, registered with its target groups.

Starting is instant: nobody sees Pending. Source: docs.aws.amazon.com/autoscaling/ec2/userguide/
auto-scaling-benefits.html (distributing instances across zones), ec2-auto-scaling-termination-policies.html (Default),
ec2-auto-scaling-health-checks.html, attach-load-balancer-asg.html and ts-as-instancelaunchfailure.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from ministack.services.alb import _targets as targets
from ministack.services.alb import _tgs as target_groups
from ministack.services.ec2 import _instances as records
from ministack.services.ec2 import _subnets as subnets
from ministack.services.kms import _resolve_key as find_key

from localcloud.faults import failure_inside
from localcloud.message import Request
from localcloud.overlay.autoscaling.activities import Ending, last_failure, note, second
from localcloud.overlay.ec2 import instances, launch_templates
from localcloud.policy_document import MalformedPolicy, Statement, parse_policy

Group = dict[str, Any]
Member = dict[str, Any]

# AWS tries again for as long as instances are missing; the time between tries isn't documented.
RETRY_AFTER = timedelta(seconds=5)
SERVICE_LINKED_ROLE = "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
_DIFFERENCE = "in response to a difference between desired and actual capacity"


class CannotStart(Exception):
    """An instance doesn't start; the text is AWS's, ``status`` the activity's."""

    def __init__(self, message: str, status: str = "Failed") -> None:
        super().__init__(message)
        self.status = status


def settle(request: Request, group: Group, why: str = "") -> None:
    """Bring a group to its desired capacity: replace what is gone, stop what is too much, start what is missing.

    ``why`` is what somebody asked for, as the first sentence of each activity's cause.
    """
    suspended = {process["ProcessName"] for process in group["SuspendedProcesses"]}
    _drop_the_dead(group)
    if "Terminate" not in suspended:
        while len(group["Instances"]) > group["DesiredCapacity"]:
            count = len(group["Instances"])
            cause = (
                f"{why}At {second()} an instance was taken out of service {_DIFFERENCE}, shrinking the capacity from "
                f"{count} to {count - 1}."
            )
            stop(group, _next_to_go(group), cause)
    if "Launch" not in suspended:
        while len(group["Instances"]) < group["DesiredCapacity"]:
            if not _start_somewhere(request, group, why):
                break


def settle_again(request: Request, group: Group) -> None:
    """Look after a group that somebody looks at: what failed is tried again, but not at once."""
    failed = last_failure(group["AutoScalingGroupName"])
    if failed is None or datetime.now(UTC) - failed > RETRY_AFTER:
        settle(request, group)


def _drop_the_dead(group: Group) -> None:
    for member in tuple(group["Instances"]):
        if not instances.is_running(member["InstanceId"]):
            cause = (
                f"At {second()} an instance was taken out of service in response to an EC2 health check indicating it "
                "has been terminated or stopped."
            )
            stop(group, member, cause)


def _next_to_go(group: Group) -> Member:
    """Of the zone with the most instances the one from the oldest version of the template, then the oldest."""
    free = [member for member in group["Instances"] if not member["ProtectedFromScaleIn"]] or group["Instances"]
    zones = Counter(member["AvailabilityZone"] for member in group["Instances"])
    return min(free, key=lambda one: (-zones[one["AvailabilityZone"]], int(one["LaunchTemplate"]["Version"])))


def stop(group: Group, member: Member, cause: str) -> None:
    """Take an instance out of the group and of its target groups, and terminate it."""
    instance_id = member["InstanceId"]
    group["Instances"] = [other for other in group["Instances"] if other is not member]
    deregister(group["TargetGroupARNs"], (instance_id,))
    instance = records.get(instance_id)
    subnet_id = instance["SubnetId"] if instance else ""
    if instance and instance["State"]["Name"] != "terminated":
        instances.end(instance_id)
    note(group, f"Terminating EC2 instance: {instance_id}", cause, subnet_id)


def _start_somewhere(request: Request, group: Group, why: str) -> bool:
    """Start one instance in the emptiest zone, or in the next one where there is no capacity; False when in none."""
    count = len(group["Instances"])
    cause = (
        f"{why}At {second()} an instance was started {_DIFFERENCE}, increasing the capacity from {count} to "
        f"{count + 1}."
    )
    for subnet_id in _emptiest_first(group):
        try:
            instance = start_one(request, group, subnet_id, group["LaunchTemplate"])
        except CannotStart as error:
            note(group, "Launching a new EC2 instance", cause, subnet_id, Ending(error.status, str(error)))
            continue
        note(group, f"Launching a new EC2 instance: {instance['InstanceId']}", cause, subnet_id)
        return True
    return False


def _emptiest_first(group: Group) -> list[str]:
    counts = Counter(member["AvailabilityZone"] for member in group["Instances"])
    known = [one for one in subnet_ids(group) if one in subnets]
    return sorted(known, key=lambda one: (counts[subnets[one]["AvailabilityZone"]], subnets[one]["AvailabilityZone"]))


def subnet_ids(group: Mapping[str, Any]) -> tuple[str, ...]:
    """The subnets of a group, in their order. Pure."""
    return tuple(one for one in group["VPCZoneIdentifier"].split(",") if one)


def start_one(request: Request, group: Group, subnet_id: str, specification: Mapping[str, str]) -> instances.Instance:
    """Start an instance of a template's version as a member of the group. Raises CannotStart."""
    template, version = template_of(specification)
    if template is None or version is None:
        raise CannotStart("The specified launch template version does not exist. Launching EC2 instance failed.")
    data = version["LaunchTemplateData"]
    _refuse_capacity(request)
    _refuse_key(request, data)
    own = {
        "aws:autoscaling:groupName": group["AutoScalingGroupName"],
        "aws:ec2launchtemplate:id": template["LaunchTemplateId"],
        "aws:ec2launchtemplate:version": str(version["VersionNumber"]),
    }
    inherited = {tag["Key"]: tag["Value"] for tag in group["Tags"] if tag["PropagateAtLaunch"]}
    instance = instances.start(request.account, data, subnet_id, inherited | own)
    group["Instances"] = [*group["Instances"], {
        "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        "HealthStatus": "Healthy",
        "InstanceId": instance["InstanceId"],
        "InstanceType": instance["InstanceType"],
        "LaunchTemplate": {
            "LaunchTemplateId": template["LaunchTemplateId"],
            "LaunchTemplateName": template["LaunchTemplateName"],
            "Version": str(version["VersionNumber"]),
        },
        "LifecycleState": "InService",
        "ProtectedFromScaleIn": group["NewInstancesProtectedFromScaleIn"],
    }]  # fmt: skip
    register(group["TargetGroupARNs"], (instance["InstanceId"],))
    return instance


def template_of(
    specification: Mapping[str, str],
) -> tuple[launch_templates.Template | None, launch_templates.Version | None]:
    """The template and the version that a group names."""
    template = launch_templates.find(specification.get("LaunchTemplateId"), specification.get("LaunchTemplateName"))
    wanted = specification.get("Version") or "$Default"
    return template, launch_templates.version_of(template, wanted) if template else None


def _refuse_capacity(request: Request) -> None:
    """A fault of RunInstances, such as InsufficientInstanceCapacity, strikes here as it does in AWS."""
    if failure := failure_inside(replace(request, service="ec2", operation="RunInstances")):
        _, message = failure
        raise CannotStart(f"{message} Launching EC2 instance failed.")


def _refuse_key(request: Request, data: Mapping[str, Any]) -> None:
    """Without the service-linked role's grant on the volumes' key an instance ends as soon as it starts.

    Source: docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html;
    github.com/terraform-aws-modules/terraform-aws-autoscaling/issues/109 (the words).
    """
    role = f"arn:aws:iam::{request.account}:role/{SERVICE_LINKED_ROLE}"
    for mapping in data.get("BlockDeviceMappings", ()):
        key_id = mapping.get("Ebs", {}).get("KmsKeyId")
        if key_id and not _may_use(key_id, role):
            message = (
                "Instance became unhealthy while waiting for instance to be in InService state. "
                "Termination Reason: Client.InternalError: Client error on launch"
            )
            raise CannotStart(message, status="Cancelled")


def _may_use(key_id: str, role: str) -> bool:
    key = find_key(key_id)
    if key is None or key["KeyState"] != "Enabled":
        return False
    try:
        statements = parse_policy(key["Policy"])
    except MalformedPolicy:
        return False
    return any(_allows(statement, role) for statement in statements)


def _allows(statement: Statement, role: str) -> bool:
    is_named = role in statement.principals or "*" in statement.principals
    return statement.allows and is_named and any(fnmatchcase("kms:CreateGrant", one) for one in statement.actions)


def register(arns: Iterable[str], instance_ids: tuple[str, ...]) -> None:
    """Register instances with target groups, on the groups' ports."""
    for arn in arns:
        known = {target["Id"] for target in targets.get(arn, [])}
        new = [{"Id": one, "Port": target_groups[arn]["Port"]} for one in instance_ids if one not in known]
        targets[arn] = [*targets.get(arn, []), *new]


def deregister(arns: Iterable[str], instance_ids: tuple[str, ...]) -> None:
    """Take instances out of target groups."""
    for arn in arns:
        targets[arn] = [target for target in targets.get(arn, []) if target["Id"] not in instance_ids]
