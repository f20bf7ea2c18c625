"""Scaling activities: what a group did, why, and how it ended.

Source: docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Activity.html, API_DescribeScalingActivities.html;
docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-troubleshooting.html and repost.aws/knowledge-center/
auto-scaling-scale-down (the words of a cause).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ministack.core.responses import AccountRegionScopedDict
from ministack.services.autoscaling import _asgs as groups
from ministack.services.ec2 import _subnets as subnets

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.autoscaling.service import not_found, overlay
from localcloud.question import asked

Activity = dict[str, Any]

# Name of a group -> its activities, the newest first
activities = AccountRegionScopedDict()
_KEPT = 100


@dataclass(frozen=True, slots=True)
class Ending:
    """How an activity ended, and why not well."""

    status: str = "Successful"
    reason: str = ""


def note(
    group: Mapping[str, Any],
    description: str,
    cause: str,
    subnet_id: str,
    ending: Ending = Ending(),
) -> None:
    """Write down what a group did."""
    now, reason = moment(), ending.reason
    activity = {
        "ActivityId": str(uuid4()),
        "AutoScalingGroupARN": group["AutoScalingGroupARN"],
        "AutoScalingGroupName": group["AutoScalingGroupName"],
        "Cause": cause,
        "Description": f"{description}.  Status Reason: {reason}" if reason else description,
        "Details": json.dumps({
            "Subnet ID": subnet_id, "Availability Zone": subnets.get(subnet_id, {}).get("AvailabilityZone", ""),
        }),
        "EndTime": now,
        "Progress": 100,
        "StartTime": now,
        "StatusCode": ending.status,
        "StatusMessage": reason or None,
    }  # fmt: skip
    name = group["AutoScalingGroupName"]
    activities[name] = [activity, *activities.get(name, [])][:_KEPT]


def last_failure(name: str) -> datetime | None:
    """When the group's newest activity ended, if that failed."""
    newest = next(iter(activities.get(name, [])), None)
    return datetime.fromisoformat(newest["EndTime"]) if newest and newest["StatusCode"] != "Successful" else None


def moment() -> str:
    """Now, to the millisecond: the provider passes over what it takes to be older than its own request."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def second() -> str:
    """Now, as a cause says it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@overlay.on("DescribeScalingActivities")
async def describe_scaling_activities(request: Request, _: Forward) -> Response:
    """The newest first; those of a deleted group only when they are asked for."""
    question = asked(request)
    name, deleted_too = question.get("AutoScalingGroupName"), question.get("IncludeDeletedGroups", False)
    if name and name not in groups and not (deleted_too and name in activities):
        return not_found(request, name)
    wanted = question.get("ActivityIds")
    found = [
        activity
        for owner, owned in activities.items()
        for activity in owned
        if (owner == name if name else owner in groups or deleted_too)
        and (not wanted or activity["ActivityId"] in wanted)
    ]
    return answer(request, {"Activities": sorted(found, key=lambda one: one["StartTime"], reverse=True)})
