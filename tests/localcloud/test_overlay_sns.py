"""Topics of the local cloud take the policies that SNS takes, and mail to nobody who didn't confirm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal

REGION = "us-east-1"
ARN = f"arn:aws:sns:{REGION}:000000000000"


@pytest.fixture(scope="module")
def sns(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("sns", REGION)


@pytest.fixture(scope="module")
def topic(sns: Any) -> str:
    arn: str = sns.create_topic(Name="alerts")["TopicArn"]
    return arn


def policy(action: str = "sns:Publish", resource: str = f"{ARN}:alerts", principal: Any = "*") -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "text",
    ["{", policy("sns:CreateTopic"), policy("sns:*"), policy(resource=f"{ARN}:other"), policy(principal=[])],
    ids=["no JSON", "not of a topic", "a wildcard", "another topic", "for nobody"],
)
def test_a_policy_that_sns_does_not_take_is_refused(sns: Any, topic: str, text: str) -> None:
    arguments = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": text}
    assert code_of(sns.set_topic_attributes, **arguments) == "InvalidParameter"


def test_a_policy_of_this_topic_is_accepted(sns: Any, topic: str) -> None:
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy())
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"] == policy()


def test_an_attribute_that_sns_does_not_know_is_refused(sns: Any, topic: str) -> None:
    arguments = {"TopicArn": topic, "AttributeName": "Colour", "AttributeValue": "red"}
    assert code_of(sns.set_topic_attributes, **arguments) == "InvalidParameter"


@pytest.mark.parametrize("name", ["a b", "a" * 257])
def test_a_name_that_sns_does_not_take_is_refused(sns: Any, name: str) -> None:
    assert code_of(sns.create_topic, Name=name) == "InvalidParameter"


def test_a_topic_is_the_same_topic_with_the_same_attributes_and_tags_only(sns: Any) -> None:
    same = {"Name": "same", "Attributes": {"DisplayName": "a"}, "Tags": [{"Key": "Name", "Value": "same"}]}
    assert sns.create_topic(**same)["TopicArn"] == sns.create_topic(**same)["TopicArn"]
    _, message = refusal(sns.create_topic, **{**same, "Attributes": {"DisplayName": "b"}})
    assert "already exists with different attributes" in message
    _, message = refusal(sns.create_topic, **{**same, "Tags": [{"Key": "Name", "Value": "other"}]})
    assert "already exists with different tags" in message


def test_an_address_is_no_subscriber_until_it_confirms(sns: Any) -> None:
    arn = sns.create_topic(Name="mail")["TopicArn"]
    mail = {"TopicArn": arn, "Protocol": "email", "Endpoint": "ops@example.com"}
    assert sns.subscribe(**mail)["SubscriptionArn"] == "pending confirmation"
    subscription = sns.subscribe(**mail, ReturnSubscriptionArn=True)["SubscriptionArn"]
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"


def test_an_unconfirmed_subscription_goes_with_its_topic_and_not_before(sns: Any) -> None:
    arn = sns.create_topic(Name="short-lived")["TopicArn"]
    mail = {"TopicArn": arn, "Protocol": "email", "Endpoint": "dev@example.com", "ReturnSubscriptionArn": True}
    subscription = sns.subscribe(**mail)["SubscriptionArn"]
    code, message = refusal(sns.unsubscribe, SubscriptionArn=subscription)
    assert code == "InvalidParameter"
    assert "Cannot unsubscribe a subscription that is pending confirmation" in message
    sns.delete_topic(TopicArn=arn)
    endpoints = [listed["Endpoint"] for listed in sns.list_subscriptions()["Subscriptions"]]
    assert "dev@example.com" not in endpoints


def test_a_queue_is_a_subscriber_at_once(sns: Any, topic: str) -> None:
    queue = f"arn:aws:sqs:{REGION}:000000000000:jobs"
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    sns.unsubscribe(SubscriptionArn=subscription)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_what_is_no_address_is_refused(sns: Any, topic: str) -> None:
    assert code_of(sns.subscribe, TopicArn=topic, Protocol="email", Endpoint="ops") == "InvalidParameter"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
