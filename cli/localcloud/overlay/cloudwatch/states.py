"""The alarms' states, as the metrics and the time that goes by change them."""

# ruff: noqa: SLF001 - ministack's stores and functions have no public door

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch as ministack

from localcloud.overlay.cloudwatch.evaluation import BREACHES, FURTHER_BACK, Rule, State, evaluate

Alarm = dict[str, Any]

alarms = ministack._alarms
composite_alarms = ministack._composite_alarms


def alarm_state(account: str, region: str, name: str) -> State | None:
    """The state of an alarm in whichever region, evaluated now; None when there is no such alarm."""
    with request_scope(account, region):
        evaluate_alarms()
        alarm: Alarm | None = alarms.get(name) or composite_alarms.get(name)
        return alarm["StateValue"] if alarm else None


def evaluate_alarms() -> None:
    """Bring every alarm of the request's region to the state that its metric gives it now.

    AWS does so once in a period (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html);
    here it happens when a metric is written and when somebody looks, which nobody can tell apart.
    """
    for alarm in alarms.values():
        evaluate_alarm(alarm)


def evaluate_alarm(alarm: Alarm) -> None:
    """Bring one alarm to the state that its metric gives it now. One on an expression stays as it is."""
    if alarm.get("MetricName") is None or alarm.get("ComparisonOperator") not in BREACHES:
        return
    values = _values(alarm, time.time())
    breaks = BREACHES[alarm["ComparisonOperator"]]
    breaches = [None if value is None else breaks(value, alarm["Threshold"]) for value in values]
    periods = alarm["EvaluationPeriods"]
    rule = Rule(periods, alarm.get("DatapointsToAlarm") or periods, alarm.get("TreatMissingData") or "missing")
    state = evaluate(breaches, rule)
    if state is not None and state != alarm["StateValue"]:
        _change(alarm, state, _reason(alarm, state, values))


def _change(alarm: Alarm, state: State, reason: str) -> None:
    """Move an alarm to another state, tell whom it concerns, and the composite alarms above it."""
    before, now = alarm["StateValue"], time.time()
    alarm |= {
        "StateValue": state,
        "StateReason": reason,
        "StateUpdatedTimestamp": now,
        "StateTransitionedTimestamp": now,
    }
    ministack._record_history(alarm["AlarmName"], before, state, reason)
    ministack._dispatch_alarm_actions(alarm, before, state, reason)
    ministack._evaluate_parent_alarms(alarm)


def _reason(alarm: Alarm, state: State, values: list[float | None]) -> str:
    last = [value for value in values if value is not None]
    if state == "INSUFFICIENT_DATA" or not last:
        return f"Insufficient Data: no datapoints were received for {len(values)} periods"
    comparison = {
        "GreaterThanOrEqualToThreshold": "greater than or equal to",
        "GreaterThanThreshold": "greater than",
        "LessThanOrEqualToThreshold": "less than or equal to",
        "LessThanThreshold": "less than",
    }[alarm["ComparisonOperator"]]
    was = "was" if state == "ALARM" else "was not"
    threshold = alarm["Threshold"]
    return f"Threshold Crossed: the last datapoint [{last[-1]}] {was} {comparison} the threshold ({threshold})."


def _values(alarm: Alarm, now: float) -> list[float | None]:
    """The alarm's statistic in its last periods, the oldest first. The running period counts once it has data."""
    period, points = alarm["Period"], _points(alarm)
    count = alarm["EvaluationPeriods"] + FURTHER_BACK
    newest = int(now // period)
    by_period: dict[int, list[Mapping[str, Any]]] = {}
    for point in points:
        by_period.setdefault(int(point["Timestamp"] // period), []).append(point)
    last = newest if newest in by_period else newest - 1
    return [_statistic(alarm, by_period.get(number, [])) for number in range(last - count + 1, last + 1)]


def _points(alarm: Alarm) -> list[Mapping[str, Any]]:
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions", ())}
    key = (alarm["Namespace"], alarm["MetricName"], ministack._dims_key(dimensions))
    points: list[Mapping[str, Any]] = ministack._metrics.get(key, [])
    return [point for point in points if alarm.get("Unit") in (None, point["Unit"])]


def _statistic(alarm: Alarm, points: list[Mapping[str, Any]]) -> float | None:
    statistics = ministack._calc_stats(points)
    if not statistics:
        return None
    value: float | None = ministack._stat_value(
        statistics, alarm.get("ExtendedStatistic") or alarm["Statistic"], points
    )
    return value
