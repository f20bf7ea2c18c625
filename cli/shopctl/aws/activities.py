"""What a scaling group did last, in AWS's words: why its instances do not come."""

from __future__ import annotations

from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import explained


def last_activity(cloud: Cloud, region: str, group: str) -> str | None:
    """Return the status, cause and message of a group's newest activity, or None where there was none. Reads only.

    Raises: AwsFailed, also where there is no such group.
    """
    scaling = cloud.untyped("autoscaling", region)
    with explained(f"asking what scaling group {group} did last"):
        activities = scaling.describe_scaling_activities(AutoScalingGroupName=group, MaxRecords=1)["Activities"]
    for activity in activities:
        said = (activity.get("StatusMessage"), activity.get("Description"), activity.get("Cause"))
        return f"{activity['StatusCode']}: {next(filter(None, said), 'without a reason')}"
    return None
