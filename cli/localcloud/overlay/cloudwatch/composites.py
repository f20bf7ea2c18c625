"""Composite alarms: ministack evaluates their rules; what it forgets of them is kept here."""

from __future__ import annotations

from localcloud.limits import limit_fault
from localcloud.message import Forward, Request, Response
from localcloud.overlay.cloudwatch.alarms import action_faults
from localcloud.overlay.cloudwatch.service import ask_ministack, invalid, overlay
from localcloud.overlay.cloudwatch.states import alarms, composite_alarms, evaluate_alarms
from localcloud.question import asked

_SUPPRESSION = ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")


@overlay.on("PutCompositeAlarm")
async def put_composite_alarm(request: Request, forward: Forward) -> Response:
    """Make a composite alarm, or put another in its place. A suppressor comes with both of its periods.

    Source: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html.
    """
    wanted = asked(request)
    if fault := limit_fault(request, wanted) or next(action_faults(request, wanted), None):
        return invalid(request, fault)
    if wanted["AlarmName"] in alarms:
        return invalid(request, f"An alarm of another type has the name {wanted['AlarmName']}")
    suppression = {field: wanted[field] for field in _SUPPRESSION if field in wanted}
    if 0 < len(suppression) < len(_SUPPRESSION):
        return invalid(request, f"{_SUPPRESSION[0]} needs {_SUPPRESSION[1]} and {_SUPPRESSION[2]}")
    evaluate_alarms()
    response = await ask_ministack(request, forward)
    if response.status < 400:
        composite_alarms[wanted["AlarmName"]] |= suppression
    return response
