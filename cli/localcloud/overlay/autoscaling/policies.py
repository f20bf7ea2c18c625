"""Scaling policies: found by name, and the same policy when they are put again.

Source: docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html, API_DescribePolicies.html,
API_DeletePolicy.html.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from ministack.services.autoscaling import _asgs as groups
from ministack.services.autoscaling import _delete_policy_alarms as delete_alarms
from ministack.services.autoscaling import _policies as policies
from ministack.services.autoscaling import _policy_record as policy_record
from ministack.services.autoscaling import _put_tracking_alarms as put_alarms

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.autoscaling.service import invalid, not_found, overlay
from localcloud.question import asked

# Each kind of policy needs the one member that says what it does.
_NEEDED = {
    "PredictiveScaling": "PredictiveScalingConfiguration",
    "SimpleScaling": "ScalingAdjustment",
    "StepScaling": "StepAdjustments",
    "TargetTrackingScaling": "TargetTrackingConfiguration",
}


@overlay.on("PutScalingPolicy")
async def put_scaling_policy(request: Request, _: Forward) -> Response:
    """Makes the policy or changes it: its ARN, which alarms name, stays."""
    question = asked(request)
    group_name, name = question.get("AutoScalingGroupName", ""), question.get("PolicyName", "")
    if group_name not in groups:
        return not_found(request, group_name)
    kind = question.get("PolicyType", "SimpleScaling")
    if kind not in _NEEDED:
        return invalid(request, f"Invalid policy type {kind}")
    if _NEEDED[kind] not in question:
        return invalid(request, f"{_NEEDED[kind]} is required for policy type {kind}")
    key = f"{group_name}/{name}"
    old = policies.get(key)
    arn = old["PolicyARN"] if old else (
        f"arn:aws:autoscaling:{request.region}:{request.account}:scalingPolicy:{uuid4()}"
        f":autoScalingGroupName/{group_name}:policyName/{name}"
    )  # fmt: skip
    delete_alarms(old)
    policies[key] = record = policy_record(group_name, name, arn, question)
    put_alarms(record)
    return answer(request, {"Alarms": record.get("Alarms", []), "PolicyARN": arn})


@overlay.on("DescribePolicies")
async def describe_policies(request: Request, _: Forward) -> Response:
    """Policies by group, by name or ARN, and by kind; an unknown name is left out without a word."""
    question = asked(request)
    group_name, kinds = question.get("AutoScalingGroupName"), question.get("PolicyTypes")
    if group_name and group_name not in groups:
        return not_found(request, group_name)
    names = question.get("PolicyNames")
    found = [
        {"Alarms": [], **policy}
        for policy in policies.values()
        if (not group_name or policy["AutoScalingGroupName"] == group_name)
        and (not names or not {policy["PolicyName"], policy["PolicyARN"]}.isdisjoint(names))
        and (not kinds or policy["PolicyType"] in kinds)
    ]
    return answer(request, {"ScalingPolicies": found})


@overlay.on("DeletePolicy")
async def delete_policy(request: Request, _: Forward) -> Response:
    """The alarms that AWS made for a policy go with it."""
    question = asked(request)
    wanted: Any = question.get("PolicyName", "")
    key = next((key for key, one in policies.items() if wanted == one["PolicyARN"]), "")
    key = key or f"{question.get('AutoScalingGroupName', '')}/{wanted}"
    if key not in policies:
        return invalid(request, f"No policy found with name {wanted}")
    delete_alarms(policies.pop(key))
    return answer(request, {})
