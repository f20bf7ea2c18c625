"""What is switched on and off at a group beside its capacity: metrics, processes, protection, target groups.

Source: docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnableMetricsCollection.html,
API_SuspendProcesses.html, API_SetInstanceProtection.html, API_AttachLoadBalancerTargetGroups.html,
API_DescribeLoadBalancerTargetGroups.html.
"""

from __future__ import annotations

from ministack.services.alb import _tgs as target_groups
from ministack.services.autoscaling import _asgs as groups

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.autoscaling.capacity import deregister, register, settle
from localcloud.overlay.autoscaling.service import invalid, not_found, overlay
from localcloud.question import asked

_GROUP_METRICS = (
    "GroupDesiredCapacity", "GroupInServiceCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize",
    "GroupPendingCapacity", "GroupPendingInstances", "GroupStandbyCapacity", "GroupStandbyInstances",
    "GroupTerminatingCapacity", "GroupTerminatingInstances", "GroupTotalCapacity", "GroupTotalInstances",
)  # fmt: skip
_POOL_METRICS = (
    "GroupAndWarmPoolDesiredCapacity", "GroupAndWarmPoolTotalCapacity", "WarmPoolDesiredCapacity", "WarmPoolMinSize",
    "WarmPoolPendingCapacity", "WarmPoolTerminatingCapacity", "WarmPoolTotalCapacity", "WarmPoolWarmedCapacity",
)  # fmt: skip
METRICS = frozenset({*_GROUP_METRICS, *_POOL_METRICS})
PROCESSES = (
    "AZRebalance", "AddToLoadBalancer", "AlarmNotification", "HealthCheck", "InstanceRefresh", "Launch",
    "ReplaceUnhealthy", "ScheduledActions", "Terminate",
)  # fmt: skip


@overlay.on("EnableMetricsCollection", "DisableMetricsCollection")
async def collect_metrics(request: Request, _: Forward) -> Response:
    """Metrics by name, or all of them; every minute."""
    question = asked(request)
    group = groups.get(name := question.get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    is_on = request.operation == "EnableMetricsCollection"
    if is_on and question.get("Granularity") != "1Minute":
        return invalid(request, "Granularity must be 1Minute")
    named = set(question.get("Metrics") or METRICS)
    if unknown := named - METRICS:
        return invalid(request, f"Metric name {min(unknown)} is not valid")
    enabled = {one["Metric"] for one in group["EnabledMetrics"]}
    kept = enabled | named if is_on else enabled - named
    group["EnabledMetrics"] = [{"Granularity": "1Minute", "Metric": metric} for metric in sorted(kept)]
    return answer(request, {})


@overlay.on("SuspendProcesses", "ResumeProcesses")
async def suspend_processes(request: Request, _: Forward) -> Response:
    """Processes by name, or all of them."""
    question = asked(request)
    group = groups.get(name := question.get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    named = set(question.get("ScalingProcesses") or PROCESSES)
    if unknown := named - set(PROCESSES):
        return invalid(request, f"Invalid scaling process type {min(unknown)}")
    held = {process["ProcessName"] for process in group["SuspendedProcesses"]}
    held = held | named if request.operation == "SuspendProcesses" else held - named
    reason = "User suspended at the request of the account"
    group["SuspendedProcesses"] = [{"ProcessName": one, "SuspensionReason": reason} for one in sorted(held)]
    settle(request, group)
    return answer(request, {})


@overlay.on("SetInstanceProtection")
async def set_instance_protection(request: Request, _: Forward) -> Response:
    """A protected instance isn't chosen when the group shrinks."""
    question = asked(request)
    group = groups.get(name := question.get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    members = {member["InstanceId"]: member for member in group["Instances"]}
    for instance_id in question.get("InstanceIds", ()):
        if instance_id not in members:
            return invalid(request, f"The instance {instance_id} is not part of Auto Scaling group {name}.")
        members[instance_id]["ProtectedFromScaleIn"] = question.get("ProtectedFromScaleIn", False)
    return answer(request, {})


@overlay.on("AttachLoadBalancerTargetGroups", "DetachLoadBalancerTargetGroups")
async def attach_target_groups(request: Request, _: Forward) -> Response:
    """The group's instances are registered with a target group that is attached, and leave one that is detached."""
    question = asked(request)
    group = groups.get(name := question.get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    arns = question.get("TargetGroupARNs", [])
    members = tuple(member["InstanceId"] for member in group["Instances"])
    if request.operation == "DetachLoadBalancerTargetGroups":
        group["TargetGroupARNs"] = [arn for arn in group["TargetGroupARNs"] if arn not in arns]
        deregister([arn for arn in arns if arn in target_groups], members)
        return answer(request, {})
    if any(arn not in target_groups for arn in arns):
        message = "Provided Target Groups may not be valid. Please ensure they exist and try again."
        return invalid(request, message)
    group["TargetGroupARNs"] = [*dict.fromkeys([*group["TargetGroupARNs"], *arns])]
    register(arns, members)
    return answer(request, {})


@overlay.on("DescribeLoadBalancerTargetGroups")
async def describe_target_groups(request: Request, _: Forward) -> Response:
    """Each target group of the group, its instances registered."""
    group = groups.get(name := asked(request).get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    state = "InService" if group["Instances"] else "Added"
    found = [{"LoadBalancerTargetGroupARN": arn, "State": state} for arn in group["TargetGroupARNs"]]
    return answer(request, {"LoadBalancerTargetGroups": found})
