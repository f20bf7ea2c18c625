"""Each fault does what it says, to the requests that it means and to no others."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError

from localcloud.client import LocalCloud
from localcloud.faults import BlackHole, Delay, Error, LostReply, Throttle, Unavailable

HOME, OTHER = "eu-central-1", "eu-west-1"
ANSWERS_WITH_AN_ERROR = (
    ("ec2", "describe_vpcs", "RequestLimitExceeded", "ServiceUnavailable"),
    ("s3", "list_buckets", "SlowDown", "ServiceUnavailable"),
    ("sqs", "list_queues", "RequestThrottled", "ServiceUnavailableException"),
    ("kms", "list_keys", "ThrottlingException", "ServiceUnavailableException"),
    ("iam", "list_roles", "Throttling", "ServiceUnavailable"),
    ("route53", "list_hosted_zones", "Throttling", "ServiceUnavailable"),
    ("logs", "describe_log_groups", "ThrottlingException", "ServiceUnavailableException"),
    ("sns", "list_topics", "Throttled", "ServiceUnavailable"),
    ("cloudwatch", "describe_alarms", "ThrottlingException", "ServiceUnavailableException"),
    ("cloudfront", "list_distributions", "Throttling", "ServiceUnavailable"),
    ("lambda", "list_functions", "Throttling", "ServiceUnavailable"),
)


@pytest.fixture(autouse=True)
def lift(shared_cloud: LocalCloud) -> None:
    shared_cloud.lift()


def code_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(("service", "operation", "throttled", "unavailable"), ANSWERS_WITH_AN_ERROR)
def test_errors_have_the_form_that_each_service_s_sdk_reads(
    shared_cloud: LocalCloud, service: str, operation: str, throttled: str, unavailable: str
) -> None:
    call = getattr(shared_cloud.client(service, HOME), operation)
    shared_cloud.inflict(Throttle(), count=1)
    assert code_of(call) == throttled
    shared_cloud.inflict(Unavailable(), count=1)
    assert code_of(call) == unavailable
    shared_cloud.inflict(Error(code="ExpiredToken", message="The token is <expired>"), count=1)
    with pytest.raises(ClientError, match="The token is <expired>"):
        call()
    call()


def test_a_throttled_call_succeeds_when_the_sdk_tries_again(shared_cloud: LocalCloud) -> None:
    status = shared_cloud.inflict(Throttle(), service="kms", count=2)
    shared_cloud.client("kms", HOME, attempts=3).list_keys()
    assert [(one.id, one.hits) for one in shared_cloud.faults()] == [(status.id, 2)]


def test_an_error_before_the_effect_leaves_nothing_behind(shared_cloud: LocalCloud) -> None:
    shared_cloud.inflict(Error(code="InternalError", status=500), service="sqs", operation="CreateQueue")
    sqs = shared_cloud.client("sqs", HOME)
    assert code_of(sqs.create_queue, QueueName="never") == "InternalError"
    assert not sqs.list_queues(QueueNamePrefix="never").get("QueueUrls")


def test_a_lost_reply_has_had_its_effect_once(shared_cloud: LocalCloud) -> None:
    shared_cloud.inflict(LostReply(), service="sqs", operation="CreateQueue", count=1)
    sqs = shared_cloud.client("sqs", HOME)
    with pytest.raises(ConnectionClosedError):
        sqs.create_queue(QueueName="made")
    assert len(sqs.list_queues(QueueNamePrefix="made")["QueueUrls"]) == 1


def test_a_black_hole_swallows_one_region_and_no_other(shared_cloud: LocalCloud) -> None:
    shared_cloud.inflict(BlackHole(), region=OTHER)
    for service, operation in (("sqs", "list_queues"), ("s3", "list_buckets"), ("ec2", "describe_vpcs")):
        with pytest.raises(BotoCoreError):
            getattr(shared_cloud.client(service, OTHER), operation)()
        getattr(shared_cloud.client(service, HOME), operation)()


def test_a_black_hole_may_hang_before_it_resets(shared_cloud: LocalCloud) -> None:
    shared_cloud.inflict(BlackHole(hold_milliseconds=60_000), region=OTHER)
    impatient = shared_cloud.client("sns", OTHER, read_timeout=0.2)
    with pytest.raises(ReadTimeoutError):
        impatient.list_topics()


def test_a_delayed_call_is_answered_after_its_wait(shared_cloud: LocalCloud) -> None:
    shared_cloud.inflict(Delay(milliseconds=300), service="sts", count=1)
    sts = shared_cloud.client("sts", HOME)
    begin = time.monotonic()
    assert sts.get_caller_identity()["Account"] == "000000000000"
    assert time.monotonic() - begin >= 0.3


def test_a_rule_skips_hits_and_then_rests(shared_cloud: LocalCloud) -> None:
    shared_cloud.inflict(Error(code="Chosen"), service="sns", operation="ListTopics", skip=1, count=2)
    sns = shared_cloud.client("sns", HOME)
    sns.list_topics()
    sns.list_subscriptions()
    assert [code_of(sns.list_topics) for _ in range(2)] == ["Chosen", "Chosen"]
    sns.list_topics()
    (status,) = shared_cloud.faults()
    assert (status.matched, status.hits) == (4, 2)


def test_the_first_rule_with_hits_left_takes_the_request(shared_cloud: LocalCloud) -> None:
    first = shared_cloud.inflict(Error(code="First"), service="sns", count=1)
    shared_cloud.inflict(Error(code="Second"), service="sns")
    sns = shared_cloud.client("sns", HOME)
    assert [code_of(sns.list_topics) for _ in range(2)] == ["First", "Second"]
    shared_cloud.lift(first)
    assert [status.rule.effect for status in shared_cloud.faults()] == [Error(code="Second")]
    shared_cloud.lift()
    sns.list_topics()


def test_a_rule_with_an_unknown_field_is_refused_with_the_reason(shared_cloud: LocalCloud) -> None:
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        shared_cloud._call("POST", "/_localcloud/faults", '{"effect": {"kind": "throttle"}, "regoin": "x"}')  # noqa: SLF001 - the typed door can't say this
