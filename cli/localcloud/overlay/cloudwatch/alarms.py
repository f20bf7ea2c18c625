"""Metric alarms: AWS's limits, everything that was asked for kept, and all the ways to ask for them."""

# ruff: noqa: SLF001 - ministack's stores and functions have no public door

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import cloudwatch as ministack

from localcloud.answer import answer
from localcloud.limits import limit_fault
from localcloud.message import Forward, Request, Response
from localcloud.models import service_model
from localcloud.overlay.cloudwatch.service import invalid, overlay
from localcloud.overlay.cloudwatch.states import Alarm, alarms, composite_alarms, evaluate_alarm, evaluate_alarms
from localcloud.question import asked

_HOUR_SECONDS, _DAY_SECONDS, _WEEK_SECONDS = 3600, 86400, 604800
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_ARN = re.compile(r"arn:aws:[a-z0-9-]+:([a-z0-9-]*):(\d{12}|aws)?:?.+")
_DEFAULT_PAGE, _MOST_TAGS = 50, 50
_FIRST_REASON = "Unchecked: Initial alarm creation"


@overlay.on("PutMetricAlarm")
async def put_metric_alarm(request: Request, _: Forward) -> Response:
    """Make an alarm, or put another in its place; the state stays until it's evaluated. Tags are for a new one only.

    Source: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html.
    """
    wanted = dict(asked(request))
    if fault := limit_fault(request, wanted) or next(_faults(request, wanted), None):
        return invalid(request, fault)
    name, tags = wanted["AlarmName"], wanted.pop("Tags", ())
    before, now = alarms.get(name), time.time()
    state = {
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": _FIRST_REASON,
        "StateUpdatedTimestamp": now,
        "StateTransitionedTimestamp": now,
    }
    kept = {field: before[field] for field in (*state, "StateReasonData") if field in before} if before else {}
    alarms[name] = {
        "AlarmArn": f"arn:aws:cloudwatch:{request.region}:{request.account}:alarm:{name}",
        "AlarmConfigurationUpdatedTimestamp": now,
        "ActionsEnabled": True,
        "Dimensions": [],
        **{actions: [] for actions in _ACTIONS},
        **state,
        **kept,
        **wanted,
    }
    if before is None:
        ministack._resource_tags[alarms[name]["AlarmArn"]] = {tag["Key"]: tag["Value"] for tag in tags}
        ministack._record_history(name, "INSUFFICIENT_DATA", "INSUFFICIENT_DATA", _FIRST_REASON)
    evaluate_alarm(alarms[name])
    return answer(request, {})


@overlay.on("DescribeAlarms")
async def describe_alarms(request: Request, _: Forward) -> Response:
    """Metric alarms, and composite ones where asked for, by name, prefix, state, action or kinship, in pages.

    Source: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html.
    """
    wanted = asked(request)
    kinship = [name for name in ("ChildrenOfAlarmName", "ParentsOfAlarmName") if name in wanted]
    if fault := limit_fault(request, wanted):
        return invalid(request, fault)
    if kinship and wanted.keys() - {*kinship, "MaxRecords", "NextToken"}:
        return invalid(request, f"{kinship[0]} can't be combined with other filters")
    if "AlarmNames" in wanted and "AlarmNamePrefix" in wanted:
        return invalid(request, "AlarmNamePrefix and AlarmNames can't be specified together")
    evaluate_alarms()
    found = sorted(_found(wanted), key=lambda alarm: str(alarm["AlarmName"]))
    found = [alarm for alarm in found if alarm["AlarmName"] >= wanted.get("NextToken", "")]
    size = wanted.get("MaxRecords", _DEFAULT_PAGE)
    page, rest = found[:size], found[size:]
    members: dict[str, Any] = {"MetricAlarms": [], "CompositeAlarms": []}
    for alarm in page:
        kind = "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm"
        members[f"{kind}s"].append(told(alarm, kind, wanted))
    return answer(request, members | {"NextToken": rest[0]["AlarmName"] if rest else None})


@overlay.on("DescribeAlarmsForMetric")
async def describe_alarms_for_metric(request: Request, _: Forward) -> Response:
    """The alarms on one metric with exactly these dimensions.

    Source: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmsForMetric.html.
    """
    wanted = asked(request)
    if fault := limit_fault(request, wanted):
        return invalid(request, fault)
    evaluate_alarms()
    same = ("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit")
    found = (
        alarm
        for alarm in alarms.values()
        if all(alarm.get(field) == wanted[field] for field in same if field in wanted)
        and _by_name(alarm["Dimensions"]) == _by_name(wanted.get("Dimensions", ()))
    )
    return answer(request, {"MetricAlarms": [told(alarm, "MetricAlarm", {}) for alarm in found]})


def told(alarm: Alarm, kind: str, wanted: Mapping[str, Any]) -> Alarm:
    """What AWS tells of an alarm: less where it is asked for as another's parent or child."""
    if "ParentsOfAlarmName" in wanted:
        fields = {"AlarmName", "AlarmArn"}
    elif "ChildrenOfAlarmName" in wanted:
        fields = {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    else:
        model = service_model("monitoring")
        fields = set(model.shape_for(kind).members) if model else set()  # type: ignore[attr-defined] # botocore: a structure
    return {field: value for field, value in alarm.items() if field in fields}


def _found(wanted: Mapping[str, Any]) -> Iterator[Alarm]:
    if parent := wanted.get("ChildrenOfAlarmName"):
        children = ministack._composite_children(composite_alarms.get(parent, {}))
        yield from (alarm for alarm in (*alarms.values(), *composite_alarms.values()) if alarm["AlarmName"] in children)
    elif child := wanted.get("ParentsOfAlarmName"):
        yield from (alarm for alarm in composite_alarms.values() if child in ministack._composite_children(alarm))
    else:
        types = wanted.get("AlarmTypes") or ["MetricAlarm"]
        chosen = (*(alarms.values() if "MetricAlarm" in types else ()),
                  *(composite_alarms.values() if "CompositeAlarm" in types else ()))  # fmt: skip
        yield from (alarm for alarm in chosen if _passes(alarm, wanted))


def _passes(alarm: Alarm, wanted: Mapping[str, Any]) -> bool:
    name, actions = alarm["AlarmName"], [action for kind in _ACTIONS for action in alarm.get(kind, ())]
    return (
        name in wanted.get("AlarmNames", (name,))
        and name.startswith(wanted.get("AlarmNamePrefix", ""))
        and alarm["StateValue"] == wanted.get("StateValue", alarm["StateValue"])
        and ("ActionPrefix" not in wanted or any(action.startswith(wanted["ActionPrefix"]) for action in actions))
    )


def _faults(request: Request, wanted: Mapping[str, Any]) -> Iterator[str]:
    """What AWS refuses beyond the lengths and ranges of single members."""
    yield from action_faults(request, wanted)
    if len(wanted.get("Tags", ())) > _MOST_TAGS:
        yield f"The resultant tag set must not have more than {_MOST_TAGS} user tags."
    if wanted["AlarmName"] in composite_alarms:
        yield f"An alarm of another type has the name {wanted['AlarmName']}"
    if "EvaluationCriteria" in wanted:
        return
    for needed in ("ComparisonOperator", "EvaluationPeriods"):
        if needed not in wanted:
            yield f"The parameter {needed} is required."
    if wanted.get("DatapointsToAlarm", 1) > wanted.get("EvaluationPeriods", 1):
        yield "DatapointsToAlarm must be less than or equal to EvaluationPeriods."
    if wanted.get("TreatMissingData", "missing") not in ("breaching", "notBreaching", "ignore", "missing"):
        yield f"{wanted['TreatMissingData']} is not a valid value for TreatMissingData."
    if ("MetricName" in wanted) == ("Metrics" in wanted):
        yield "Exactly one of MetricName and Metrics must be specified."
    yield from _metric_faults(wanted) if "MetricName" in wanted else ()


def _metric_faults(wanted: Mapping[str, Any]) -> Iterator[str]:
    if ("Statistic" in wanted) == ("ExtendedStatistic" in wanted):
        yield "Exactly one of Statistic and ExtendedStatistic must be specified."
    for needed in ("Namespace", "Period", "Threshold"):
        if needed not in wanted:
            yield f"The parameter {needed} is required for an alarm on a metric."
    period = wanted.get("Period", 60)
    if period not in (10, 20, 30) and period % 60:
        yield "Period must be 10, 20, 30 or a multiple of 60."
    most = _DAY_SECONDS if period < _HOUR_SECONDS else _WEEK_SECONDS
    if period * wanted.get("EvaluationPeriods", 1) > most:
        span = "a day" if most == _DAY_SECONDS else "seven days"
        yield f"Metrics cannot be checked across more than {span} (EvaluationPeriods * Period must be <= {most})."


def action_faults(request: Request, wanted: Mapping[str, Any]) -> Iterator[str]:
    """An action is an ARN of the alarm's own region.

    Source: github.com/cds-snc/notification-terraform/pull/128 (the wording of the refusal).
    """
    for action in (action for kind in _ACTIONS for action in wanted.get(kind, ())):
        arn = _ARN.fullmatch(action)
        if arn is None:
            yield f"Invalid arn syntax: {action}"
        elif arn[1] not in ("", request.region):
            yield f"Invalid region {arn[1]} specified. Only {request.region} is supported."


def _by_name(dimensions: Any) -> Mapping[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in dimensions}
