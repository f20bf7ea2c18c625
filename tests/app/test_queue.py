"""A message comes again until its work is done, and then no more."""

from __future__ import annotations

import itertools
import json
import re
import time

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app_support.aws import REGION, Cloud
from shop.config import Config
from shop.problems import Unavailable
from shop.queue import MAX_BYTES, Queue, open_queue
from shop.telemetry.traces import Trace, open_tracer

ROOT = "1-67891233-abcdef012345678912345678"
_numbers = itertools.count()


@pytest.fixture
def url(aws: Cloud) -> str:
    """A queue with dead letters after two tries, as terraform/modules/sqs makes it."""
    sqs, name = aws.client("sqs"), f"jobs-{next(_numbers)}"
    dead = sqs.create_queue(QueueName=f"{name}-dead-letters")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "2"})
    made = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "30"})
    return str(made["QueueUrl"])


@pytest.fixture
def queue(aws: Cloud, url: str, config: Config) -> Queue:
    return opened(config, aws.url, url)


def opened(config: Config, endpoint: str, url: str) -> Queue:
    queue = open_queue(
        config.model_copy(update={"sqs_queue_url": url, "aws_region": REGION, "aws_endpoint_url": endpoint})
    )
    assert queue is not None
    return queue


def test_a_message_is_received_by_one_and_gone_when_it_is_done(queue: Queue) -> None:
    queue.send('{"order": "ü"}')
    assert queue.waiting() == 1
    (message,) = queue.receive(0)
    assert (message.body, message.tries) == ('{"order": "ü"}', 1)
    assert abs(message.sent_at - time.time()) < 60
    assert queue.receive(0) == ()
    queue.done(message)
    assert queue.receive(0) == ()


def test_work_that_failed_comes_again_when_it_is_wanted_and_goes_to_the_dead_letters_at_last(
    aws: Cloud, queue: Queue, url: str
) -> None:
    queue.send("poison")
    for tries in (1, 2):
        (message,) = queue.receive(0)
        assert message.tries == tries
        queue.hide(message, 0)
    assert queue.receive(0) == ()
    dead = aws.client("sqs").receive_message(QueueUrl=f"{url}-dead-letters")["Messages"]
    assert [message["Body"] for message in dead] == ["poison"]


def test_a_message_of_a_traced_request_carries_the_trace(aws: Cloud, queue: Queue, url: str, config: Config) -> None:
    tracer = open_tracer(config, "web", InMemorySpanExporter())
    assert tracer is not None
    begun = tracer.begin(Trace.of(f"Root={ROOT};Sampled=1"), "POST", "/")
    assert begun is not None
    queue.send("traced")
    begun.end("/", 200)
    asked = aws.client("sqs").receive_message(QueueUrl=url, MessageSystemAttributeNames=["AWSTraceHeader"])
    header = asked["Messages"][0]["Attributes"]["AWSTraceHeader"]
    assert re.fullmatch(rf"Root={ROOT};Parent=[0-9a-f]{{16}};Sampled=1", header)


def test_an_empty_queue_answers_when_the_wait_is_over(queue: Queue) -> None:
    began = time.monotonic()
    assert queue.receive(1) == ()
    assert 0.9 < time.monotonic() - began < 4


@pytest.mark.parametrize("body", ["", "x" * (MAX_BYTES + 1)])
def test_a_message_that_no_queue_takes_is_not_sent(queue: Queue, body: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        queue.send(body)


def test_a_queue_that_is_away_or_gone_is_unavailable(aws: Cloud, config: Config) -> None:
    for endpoint in ("http://127.0.0.1:9", aws.url):
        queue = opened(config, endpoint, f"{endpoint}/123456789012/none")
        for attempt in (lambda queue=queue: queue.send("x"), lambda queue=queue: queue.receive(0), queue.waiting):
            with pytest.raises(Unavailable):
                attempt()


def test_a_shop_may_have_no_queue(config: Config) -> None:
    assert open_queue(config) is None
