"""Metrics: what is written moves the alarms."""

# ruff: noqa: SLF001 - ministack's stores and functions have no public door

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ministack.services import cloudwatch as ministack

from localcloud.answer import answer
from localcloud.limits import limit_fault
from localcloud.message import Forward, Request, Response
from localcloud.overlay.cloudwatch.service import overlay
from localcloud.overlay.cloudwatch.states import evaluate_alarms
from localcloud.question import asked
from localcloud.refusal import refuse

_MOST_METRICS = 1000
_TWO_WEEKS_SECONDS, _TWO_HOURS_SECONDS = 14 * 86400, 2 * 3600
_LARGEST = 2.0**360


@overlay.on("PutMetricData")
async def put_metric_data(request: Request, _: Forward) -> Response:
    """Values are stored by metric and dimensions, and the region's alarms are evaluated.

    Source: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html (limits of the request,
    of a value and of its time).
    """
    wanted, now = asked(request), time.time()
    data = wanted.get("MetricData", ())
    if fault := limit_fault(request, wanted):
        return refuse(request, "InvalidParameterValue", fault)
    if len(data) > _MOST_METRICS:
        message = f"The collection MetricData must not have a size greater than {_MOST_METRICS}."
        return refuse(request, "InvalidParameterValue", message)
    for datum in data:
        if fault := _datum_fault(datum, now):
            return refuse(request, "InvalidParameterValue", fault)
    for datum in data:
        _store(wanted["Namespace"], datum, now)
    evaluate_alarms()
    return answer(request, {})


def _datum_fault(datum: Mapping[str, Any], now: float) -> str | None:
    # What is no number comes as a text in JSON.
    values = [float(value) for value in (datum.get("Value"), *datum.get("Values", ())) if value is not None]
    if not values and "StatisticValues" not in datum:
        return "At least one of the parameters must be specified."
    if any(not math.isfinite(value) or abs(value) > _LARGEST for value in values):
        return f"The value {values} for parameter MetricData.member.Value is invalid."
    if not now - _TWO_WEEKS_SECONDS <= _time_of(datum, now) <= now + _TWO_HOURS_SECONDS:
        return "The parameter MetricData.member.Timestamp must specify a time within the past two weeks."
    if "Counts" in datum and len(datum["Counts"]) != len(datum.get("Values", ())):
        return "The parameters MetricData.member.Values and MetricData.member.Counts must be of the same size."
    return None


def _store(namespace: str, datum: Mapping[str, Any], now: float) -> None:
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in datum.get("Dimensions", ())}
    ministack._store_datum(
        namespace, datum["MetricName"], dimensions, _time_of(datum, now), datum.get("Unit", "None"),
        datum.get("Value"), datum.get("Values"), datum.get("Counts"), datum.get("StatisticValues"),
    )  # fmt: skip


def _time_of(datum: Mapping[str, Any], now: float) -> float:
    match datum.get("Timestamp"):
        case datetime() as moment:
            return moment.timestamp()
        case str() as text:
            return ministack._parse_ts(text) or now
        case _:
            return now
