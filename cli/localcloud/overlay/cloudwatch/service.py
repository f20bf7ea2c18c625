"""The overlay that the modules of this package register their handlers with, and its way to ministack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.models import protocol_of
from localcloud.overlay import Overlay
from localcloud.question import asked
from localcloud.refusal import refuse

overlay = Overlay("monitoring")

# Source: github.com/boto/botocore, data/cloudwatch/2010-08-01/service-2.json (targetPrefix)
_TARGET = "GraniteServiceVersion20100801"


@overlay.on(
    "DeleteAlarms",
    "DeleteDashboards",
    "DescribeAlarmHistory",
    "DisableAlarmActions",
    "EnableAlarmActions",
    "GetDashboard",
    "GetMetricData",
    "GetMetricStatistics",
    "ListDashboards",
    "ListMetrics",
    "ListTagsForResource",
    "PutDashboard",
    "SetAlarmState",
    "TagResource",
    "UntagResource",
)
async def ask_ministack(request: Request, forward: Forward) -> Response:
    """ministack's answer, asked for in JSON, in the protocol that the client speaks.

    Source: smithy.io/2.0/aws/protocols (aws-query, aws-json-1_0, rpc-v2-cbor).
    """
    if protocol_of(request) == "json":
        return await forward(request)
    body = json.dumps(asked(request), default=_seconds).encode()
    headers = {"x-amz-target": f"{_TARGET}.{request.operation}", "content-type": "application/x-amz-json-1.0"}
    reply = await forward(replace(request, headers=headers, body=body, path="/", query_string=""))
    members: Mapping[str, Any] = json.loads(reply.body or b"{}")
    if reply.status >= 400:
        return refuse(request, members["__type"], members["message"], reply.status)
    return answer(request, members)


def invalid(request: Request, message: str) -> Response:
    """The refusal of a request whose members make no sense together."""
    return refuse(request, "ValidationError", message)


def _seconds(value: datetime) -> float:
    return value.timestamp()
