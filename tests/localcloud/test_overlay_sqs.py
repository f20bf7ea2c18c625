"""Queues of the local cloud take the names, policies and dead letters that AWS's take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client import LocalCloud

REGION = "eu-central-1"
ARN = f"arn:aws:sqs:{REGION}:000000000000"


@pytest.fixture
def sqs(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("sqs", REGION)


def code_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    return str(refusal.value.response["Error"]["Code"])


def redrive(target: str) -> dict[str, str]:
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{ARN}:{target}", "maxReceiveCount": 5})}


def allow(permission: str, *sources: str) -> dict[str, str]:
    policy: dict[str, Any] = {"redrivePermission": permission}
    if sources:
        policy["sourceQueueArns"] = [f"{ARN}:{source}" for source in sources]
    return {"RedriveAllowPolicy": json.dumps(policy)}


@pytest.mark.parametrize("name", ["a" * 81, "jobs.dead", "jobs/dead"])
def test_a_name_that_sqs_does_not_take_is_refused(sqs: Any, name: str) -> None:
    assert code_of(sqs.create_queue, QueueName=name) == "InvalidParameterValue"


def test_a_name_of_80_characters_is_accepted(sqs: Any) -> None:
    assert sqs.create_queue(QueueName="a" * 80)["QueueUrl"].endswith("a" * 80)


@pytest.mark.parametrize("policy", ["{", '{"Version": "2012-10-17", "Statement": []}'])
def test_a_policy_that_does_not_parse_is_refused(sqs: Any, policy: str) -> None:
    assert code_of(sqs.create_queue, QueueName="policy", Attributes={"Policy": policy}) == "InvalidAttributeValue"


def test_a_dead_letter_queue_takes_from_the_queues_that_it_names(sqs: Any) -> None:
    sqs.create_queue(QueueName="dead", Attributes=allow("byQueue", "jobs"))
    refused = {"QueueName": "mail", "Attributes": redrive("dead")}
    assert code_of(sqs.create_queue, **refused) == "InvalidParameterValue"
    url = sqs.create_queue(QueueName="jobs", Attributes=redrive("dead"))["QueueUrl"]
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
    assert json.loads(shown["RedrivePolicy"])["deadLetterTargetArn"] == f"{ARN}:dead"


def test_a_dead_letter_queue_that_denies_takes_from_none(sqs: Any) -> None:
    sqs.create_queue(QueueName="closed", Attributes=allow("denyAll"))
    url = sqs.create_queue(QueueName="plain")["QueueUrl"]
    request = {"QueueUrl": url, "Attributes": redrive("closed")}
    assert code_of(sqs.set_queue_attributes, **request) == "InvalidParameterValue"


@pytest.mark.parametrize(
    "wrong",
    [
        allow("byQueue"),
        allow("byQueue", *(f"q{number}" for number in range(11))),
        allow("allowAll", "jobs"),
        allow("some"),
    ],
    ids=["no source", "eleven sources", "sources for all", "an unknown permission"],
)
def test_a_redrive_allow_policy_that_contradicts_itself_is_refused(sqs: Any, wrong: dict[str, str]) -> None:
    assert code_of(sqs.create_queue, QueueName="wrong", Attributes=wrong) == "InvalidAttributeValue"
