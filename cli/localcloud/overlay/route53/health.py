"""Whether a health check is healthy.

Source: docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services.cloudwatch import _alarms as alarms
from ministack.services.cloudwatch import _calc_stats as statistics_of
from ministack.services.cloudwatch import _dims_key as dimensions_key
from ministack.services.cloudwatch import _metrics as metrics

from localcloud.overlay.cloudwatch.evaluation import BREACHES


def is_healthy(check: Mapping[str, Any]) -> bool:
    """Whether Route 53 takes a health check for healthy.

    One that is disabled is, and so is one that has no report yet: here no health checker asks an endpoint.
    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html (Disabled, Inverted,
    InsufficientDataHealthStatus).
    """
    config = check["config"]
    if config.get("Disabled") == "true":
        return True
    is_calm = config["Type"] != "CLOUDWATCH_METRIC" or _is_calm(config)
    is_inverted: bool = config.get("Inverted") == "true"
    return is_calm != is_inverted


def _is_calm(config: Mapping[str, Any]) -> bool:
    """Whether the data of an alarm say OK. They count, not the alarm's state: SetAlarmState moves nothing."""
    region, name = config["AlarmIdentifier"]["Region"], config["AlarmIdentifier"]["Name"]
    alarm = alarms.get_scoped(get_account_id(), region, name)
    values, are_fresh = _newest_values(region, alarm) if alarm else ([], False)
    without_data = config.get("InsufficientDataHealthStatus", "LastKnownStatus")
    if not values or (not are_fresh and without_data != "LastKnownStatus"):
        return str(without_data) != "Unhealthy"
    breaks = BREACHES[alarm["ComparisonOperator"]]
    return not all(breaks(value, alarm["Threshold"]) for value in values)


def _newest_values(region: str, alarm: Mapping[str, Any]) -> tuple[list[float], bool]:
    """The alarm's statistic in as many periods as it looks at, back from the newest that has data; and whether an
    alarm would still look at that one."""
    period, count = alarm["Period"], alarm["EvaluationPeriods"]
    by_period: dict[int, list[Any]] = {}
    for point in _points(region, alarm):
        by_period.setdefault(int(point["Timestamp"] // period), []).append(point)
    newest = max(by_period, default=0)
    window = (by_period[each] for each in range(newest - count + 1, newest + 1) if each in by_period)
    values = [float(statistics_of(points)[alarm["Statistic"]]) for points in window]
    return values, newest >= time.time() // period - count


def _points(region: str, alarm: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions", ())}
    key = (alarm["Namespace"], alarm["MetricName"], dimensions_key(dimensions))
    found: list[Mapping[str, Any]] = metrics.get_scoped(get_account_id(), region, key) or []
    return found
