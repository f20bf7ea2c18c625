"""Instance refreshes: every instance is replaced by one from the template's version that the group shall have.

A refresh is over when it has begun. Source: docs.aws.amazon.com/autoscaling/ec2/APIReference/
API_StartInstanceRefresh.html, API_DescribeInstanceRefreshes.html, API_RollbackInstanceRefresh.html;
docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from ministack.services.autoscaling import _asgs as groups
from ministack.services.ec2 import _instances as instances

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.autoscaling.activities import Ending, moment, note, second
from localcloud.overlay.autoscaling.capacity import CannotStart, Group, start_one, stop, template_of
from localcloud.overlay.autoscaling.service import invalid, not_found, overlay
from localcloud.question import asked
from localcloud.refusal import refuse


@overlay.on("StartInstanceRefresh")
async def start_instance_refresh(request: Request, _: Forward) -> Response:
    """What already runs as desired may be passed over; the group takes the desired template once all run it."""
    question = asked(request)
    group = groups.get(name := question.get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    preferences = question.get("Preferences", {})
    desired = question.get("DesiredConfiguration", {}).get("LaunchTemplate") or group["LaunchTemplate"]
    template, version = template_of(desired)
    if template is None or version is None:
        return invalid(request, "The specified launch template version does not exist.")
    if preferences.get("AutoRollback") and desired.get("Version", "$Default").startswith("$"):
        message = "AutoRollback needs a launch template by the number of its version, not $Latest or $Default"
        return invalid(request, message)
    named = {key: template[key] for key in ("LaunchTemplateId", "LaunchTemplateName")}
    specification = {**named, "Version": desired.get("Version", "$Default")}
    refresh = {
        "AutoScalingGroupName": name,
        "InstanceRefreshId": str(uuid4()),
        "InstancesToUpdate": 0,
        "PercentageComplete": 100,
        "Preferences": preferences,
        "StartTime": moment(),
        "Status": "Successful",
        "Strategy": question.get("Strategy", "Rolling"),
        **({"DesiredConfiguration": question["DesiredConfiguration"]} if "DesiredConfiguration" in question else {}),
    }
    number = str(version["VersionNumber"])
    if failed := _replace_all(request, group, specification, number, skip=preferences.get("SkipMatching", False)):
        refresh |= {"PercentageComplete": 0, "Status": "Failed", "StatusReason": failed}
    else:
        group["LaunchTemplate"] = specification
    refresh["EndTime"] = moment()
    group["InstanceRefreshes"] = [refresh, *group.get("InstanceRefreshes", [])]
    return answer(request, {"InstanceRefreshId": refresh["InstanceRefreshId"]})


def _replace_all(
    request: Request, group: Group, specification: Mapping[str, str], number: str, *, skip: bool
) -> str | None:
    """A new instance before each old one goes, in the same subnet. Says what kept it from that, or None."""
    cause = f"At {second()} an instance was started in response to an instance refresh."
    for member in tuple(group["Instances"]):
        if skip and member["LaunchTemplate"]["Version"] == number:
            continue
        subnet_id = instances[member["InstanceId"]]["SubnetId"]
        try:
            new = start_one(request, group, subnet_id, specification)
        except CannotStart as error:
            note(group, "Launching a new EC2 instance", cause, subnet_id, Ending(error.status, str(error)))
            return str(error)
        note(group, f"Launching a new EC2 instance: {new['InstanceId']}", cause, subnet_id)
        gone = f"At {second()} an instance was taken out of service in response to an instance refresh."
        stop(group, member, gone)
    return None


@overlay.on("DescribeInstanceRefreshes")
async def describe_instance_refreshes(request: Request, _: Forward) -> Response:
    """The newest first."""
    question = asked(request)
    group = groups.get(name := question.get("AutoScalingGroupName", ""))
    if group is None:
        return not_found(request, name)
    wanted: Any = question.get("InstanceRefreshIds")
    found = [one for one in group.get("InstanceRefreshes", []) if not wanted or one["InstanceRefreshId"] in wanted]
    return answer(request, {"InstanceRefreshes": found})


@overlay.on("CancelInstanceRefresh", "RollbackInstanceRefresh")
async def end_instance_refresh(request: Request, _: Forward) -> Response:
    """A refresh that is over can be neither cancelled nor rolled back."""
    name = asked(request).get("AutoScalingGroupName", "")
    if name not in groups:
        return not_found(request, name)
    message = f"No in progress or pending Instance Refresh found for Auto Scaling group {name}"
    return refuse(request, "ActiveInstanceRefreshNotFound", message)
