"""SQS: names, policies, and which queue may send its dead letters where."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ministack.services.sqs import _queues as queues

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.policy_document import MalformedPolicy, parse_policy
from localcloud.refusal import refuse

overlay = Overlay("sqs")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_MOST_SOURCES = 10


@overlay.on("CreateQueue")
async def create_queue(request: Request, forward: Forward) -> Response:
    """A queue has a name of 80 characters at most.

    Source: docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html (QueueName).
    """
    name = request.json.get("QueueName", "")
    if not _NAME.fullmatch(name):
        message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        return refuse(request, "InvalidParameterValue", message)
    arn = f"arn:aws:sqs:{request.region}:{request.account}:{name}"
    return _refuse_attributes(request, arn) or await forward(request)


@overlay.on("SetQueueAttributes")
async def set_queue_attributes(request: Request, forward: Forward) -> Response:
    """Attributes are checked as when the queue is made.

    Source: docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    name = request.json.get("QueueUrl", "").rpartition("/")[2]
    arn = f"arn:aws:sqs:{request.region}:{request.account}:{name}"
    return _refuse_attributes(request, arn) or await forward(request)


def _refuse_attributes(request: Request, arn: str) -> Response | None:
    attributes: Mapping[str, Any] = request.json.get("Attributes") or {}
    for name, is_valid in (("Policy", _is_policy), ("RedriveAllowPolicy", _is_redrive_allow_policy)):
        if attributes.get(name) and not is_valid(attributes[name]):
            return refuse(request, "InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    if attributes.get("RedrivePolicy") and not _may_redrive(arn, attributes["RedrivePolicy"]):
        value = attributes["RedrivePolicy"]
        message = f"Value {value} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not allow it."
        return refuse(request, "InvalidParameterValue", message)
    return None


def _is_policy(text: str) -> bool:
    try:
        parse_policy(text)
    except MalformedPolicy:
        return False
    return True


def _is_redrive_allow_policy(text: str) -> bool:
    """Source: API_SetQueueAttributes.html, RedriveAllowPolicy: byQueue names 1 to 10 queues, the others none."""
    policy = _json_object(text)
    sources = policy.get("sourceQueueArns", [])
    if policy.get("redrivePermission") == "byQueue":
        return 1 <= len(sources) <= _MOST_SOURCES
    return policy.get("redrivePermission") in ("allowAll", "denyAll") and not sources


def _may_redrive(source_arn: str, text: str) -> bool:
    """Whether the dead-letter queue that a redrive policy names takes messages of this queue.

    Source: docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    (RedriveAllowPolicy).
    """
    target = _json_object(text).get("deadLetterTargetArn")
    for queue in queues.values():
        if queue["attributes"]["QueueArn"] == target and "RedriveAllowPolicy" in queue["attributes"]:
            policy = _json_object(queue["attributes"]["RedriveAllowPolicy"])
            return policy.get("redrivePermission") == "allowAll" or source_arn in policy.get("sourceQueueArns", ())
    return True  # whether there is such a queue at all, ministack checks


def _json_object(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
