"""SNS: names, policies, and mail subscriptions that wait for their reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from ministack.services.sns import _topics as topics

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.policy_document import MalformedPolicy, parse_policy
from localcloud.refusal import refuse

overlay = Overlay("sns")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")
_MAIL = ("email", "email-json")
# docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html (AttributeName)
_ATTRIBUTES = re.compile(
    r"ApplicationSuccessFeedbackSampleRate|ArchivePolicy|ContentBasedDeduplication|DeliveryPolicy|DisplayName|"
    r"FifoThroughputScope|KmsMasterKeyId|Policy|SignatureVersion|TracingConfig|"
    r"(Application|Firehose|HTTP|Lambda|SQS)(SuccessFeedbackRoleArn|FailureFeedbackRoleArn|SuccessFeedbackSampleRate)"
)
# What a topic's policy may grant: docs.aws.amazon.com/sns/latest/dg/sns-using-identity-based-policies.html. A
# wildcard is taken as AWS takes it, which is only where it names no other operation.
_TOPIC_ACTIONS = frozenset(
    f"sns:{operation}"
    for operation in (
        "addpermission", "deletetopic", "getdataprotectionpolicy", "gettopicattributes", "listsubscriptionsbytopic",
        "listtagsforresource", "publish", "putdataprotectionpolicy", "receive", "removepermission",
        "settopicattributes", "subscribe",
    )
)  # fmt: skip


@overlay.on("CreateTopic")
async def create_topic(request: Request, forward: Forward) -> Response:
    """A topic that exists is the same topic only with the same attributes and tags.

    Source: docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html (Name, and "if the name, attributes and tags").
    """
    name = request.form.get("Name", "")
    if not _NAME.fullmatch(name):
        return _invalid(request, "Topic Name")
    attributes = dict(_entries(request, "Attributes.entry"))
    if fault := _attributes_fault(attributes, _arn(request, name)):
        return _invalid(request, fault)
    topic = topics.get(_arn(request, name))
    if topic is not None and any(topic["attributes"].get(key) != value for key, value in attributes.items()):
        return _invalid(request, "Attributes Reason: Topic already exists with different attributes")
    tags = dict(_entries(request, "Tags.member", "Key", "Value"))
    if topic is not None and tags and topic["tags"] != tags:
        return _invalid(request, "Tags Reason: Topic already exists with different tags")
    return await forward(request)


@overlay.on("SetTopicAttributes")
async def set_topic_attributes(request: Request, forward: Forward) -> Response:
    """An attribute has a name that SNS knows, and a policy speaks of this topic.

    Source: docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html.
    """
    attribute = {request.form.get("AttributeName", ""): request.form.get("AttributeValue", "")}
    if fault := _attributes_fault(attribute, request.form.get("TopicArn", "")):
        return _invalid(request, fault)
    return await forward(request)


@overlay.on("Subscribe")
async def subscribe(request: Request, forward: Forward) -> Response:
    """A mail address subscribes nothing until its reader confirms.

    Source: docs.aws.amazon.com/sns/latest/api/API_Subscribe.html (SubscriptionArn, ReturnSubscriptionArn).
    """
    if request.form.get("Protocol") not in _MAIL:
        return await forward(request)
    endpoint = request.form.get("Endpoint", "")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", endpoint):
        return _invalid(request, "Email address")
    known = {subscription["arn"] for subscription in _subscriptions(request.form.get("TopicArn", ""))}
    response = await forward(request)
    for subscription in _subscriptions(request.form.get("TopicArn", "")):
        if subscription["endpoint"] == endpoint and subscription["protocol"] in _MAIL:
            if subscription["arn"] not in known:
                _await_confirmation(subscription)
            return _subscribed(request, response, subscription)
    return response


@overlay.on("ListSubscriptions", "ListSubscriptionsByTopic")
async def list_subscriptions(request: Request, forward: Forward) -> Response:
    """A subscription that waits for confirmation is listed without its ARN.

    Source: docs.aws.amazon.com/sns/latest/dg/sns-create-subscribe-endpoint-to-topic.html (PendingConfirmation).
    """
    response = await forward(request)
    body: bytes = response.body
    for topic in topics.values():
        for subscription in topic["subscriptions"]:
            if not subscription["confirmed"]:
                body = body.replace(_element(subscription["arn"]), _element("PendingConfirmation"))
    return response.with_body(body)


@overlay.on("Unsubscribe")
async def unsubscribe(request: Request, forward: Forward) -> Response:
    """A subscription that waits for confirmation can't be cancelled; it goes by itself, or with its topic.

    Source: docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html.
    """
    arn = request.form.get("SubscriptionArn", "")
    pending = (item for item in _subscriptions(arn.rpartition(":")[0]) if item["arn"] == arn and not item["confirmed"])
    if next(pending, None) is not None:
        reason = "SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation"
        return _invalid(request, reason)
    return await forward(request)


def _attributes_fault(attributes: Mapping[str, str], topic_arn: str) -> str | None:
    for name, value in attributes.items():
        if not _ATTRIBUTES.fullmatch(name) and name != "FifoTopic":
            return "AttributeName"
        if name == "Policy" and (fault := _policy_fault(value, topic_arn)):
            return fault
    return None


def _policy_fault(policy: str, topic_arn: str) -> str | None:
    try:
        statements = parse_policy(policy)
    except MalformedPolicy:
        return "Policy Error: null"
    for statement in statements:
        if not statement.principals:
            return "Policy Error: PrincipalNotFound"
        if not all(action.lower() in _TOPIC_ACTIONS for action in statement.actions):
            return "Policy statement action out of service scope!"
        if any(resource != topic_arn for resource in statement.resources):
            return "Policy Error: Invalid resource"
    return None


def _await_confirmation(subscription: dict[str, Any]) -> None:
    subscription |= {"confirmed": False, "token": str(uuid4())}
    subscription["attributes"] |= {"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false"}


def _subscribed(request: Request, response: Response, subscription: Mapping[str, Any]) -> Response:
    if subscription["confirmed"] or request.form.get("ReturnSubscriptionArn") == "true":
        return response
    return response.with_body(response.body.replace(_element(subscription["arn"]), _element("pending confirmation")))


def _subscriptions(topic_arn: str) -> list[dict[str, Any]]:
    topic = topics.get(topic_arn)
    found: list[dict[str, Any]] = topic["subscriptions"] if topic else []
    return found


def _entries(request: Request, prefix: str, key: str = "key", value: str = "value") -> Iterator[tuple[str, str]]:
    number = 1
    while name := request.form.get(f"{prefix}.{number}.{key}"):
        yield name, request.form.get(f"{prefix}.{number}.{value}", "")
        number += 1


def _arn(request: Request, name: str) -> str:
    return f"arn:aws:sns:{request.region}:{request.account}:{name}"


def _element(arn: str) -> bytes:
    return f"<SubscriptionArn>{escape(arn)}</SubscriptionArn>".encode()


def _invalid(request: Request, what: str) -> Response:
    return refuse(request, "InvalidParameter", f"Invalid parameter: {what}")
