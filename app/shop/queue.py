"""Work that may wait, between those who ask for it and the worker: a queue that delivers at least once.

Who receives a message has it alone for the queue's visibility time; one that was not done by then comes again, and
after too many tries the queue itself moves it to its dead letters (terraform/modules/sqs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shop.aws import READ_SECONDS, Door, answering, session, settings
from shop.config import Config
from shop.telemetry import traces

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import MessageSystemAttributeNameForSendsType
    from mypy_boto3_sqs.type_defs import MessageSystemAttributeValueTypeDef

LONGEST_WAIT_SECONDS = 20  # Source: Amazon SQS Developer Guide, "Short and long polling"
MOST_AT_ONCE = 10  # Source: Amazon SQS API Reference, ReceiveMessage (MaxNumberOfMessages)
LONGEST_HIDING_SECONDS = 43_200  # Source: Amazon SQS API Reference, ChangeMessageVisibility
MAX_BYTES = 262_144  # SQS takes more by now; what is larger belongs into the storage


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was received. ``tries`` counts the receptions, this one too; ``sent_at`` is in Unix seconds."""

    id: str
    body: str
    receipt: str
    tries: int
    sent_at: float


class Queue(Protocol):
    """Where messages wait. Every method raises Unavailable if the queue is away."""

    def send(self, body: str) -> None:
        """Put a message into the queue."""

    def receive(self, wait_seconds: int) -> tuple[Message, ...]:
        """Return up to ten messages; wait so long (20 s at most) for the first."""

    def done(self, message: Message) -> None:
        """Remove a message that was worked off. To be called after its effect is kept."""

    def hide(self, message: Message, seconds: int) -> None:
        """Let a received message come again in so many seconds: later for slow work, sooner after a failure."""

    def waiting(self) -> int:
        """Return about how many messages wait."""


class SqsQueue:
    """A queue of Amazon SQS."""

    def __init__(self, url: str, client: Door[SQSClient]) -> None:
        self._url = url
        self._client = client

    def send(self, body: str) -> None:
        """See Queue. Raises: ValueError for a body that is empty or too large."""
        if not 1 <= len(body.encode()) <= MAX_BYTES:
            raise ValueError(f"a message has 1 to {MAX_BYTES} bytes, this one {len(body.encode())}")
        with answering("queue"):
            self._client().send_message(
                QueueUrl=self._url, MessageBody=body, MessageSystemAttributes=_trace_of_this_request()
            )

    def receive(self, wait_seconds: int) -> tuple[Message, ...]:
        """See Queue."""
        with answering("queue"):
            answer = self._client().receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=MOST_AT_ONCE,
                WaitTimeSeconds=min(wait_seconds, LONGEST_WAIT_SECONDS),
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
        return tuple(
            Message(
                id=message["MessageId"],
                body=message["Body"],
                receipt=message["ReceiptHandle"],
                tries=int(message["Attributes"]["ApproximateReceiveCount"]),
                sent_at=int(message["Attributes"]["SentTimestamp"]) / 1000,
            )
            for message in answer.get("Messages", [])
        )

    def done(self, message: Message) -> None:
        """See Queue."""
        with answering("queue"):
            self._client().delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def hide(self, message: Message, seconds: int) -> None:
        """See Queue."""
        with answering("queue"):
            self._client().change_message_visibility(
                QueueUrl=self._url,
                ReceiptHandle=message.receipt,
                VisibilityTimeout=min(seconds, LONGEST_HIDING_SECONDS),
            )

    def waiting(self) -> int:
        """See Queue."""
        with answering("queue"):
            answer = self._client().get_queue_attributes(
                QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"]
            )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _trace_of_this_request() -> dict[MessageSystemAttributeNameForSendsType, MessageSystemAttributeValueTypeDef]:
    """Source: Amazon SQS API Reference, SendMessage (MessageSystemAttributes)."""
    header = traces.header()
    return {} if header is None else {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}


def open_queue(config: Config) -> Queue | None:
    """Return the queue that the configuration names; None for a shop without one. Connects when it is first asked."""
    if config.sqs_queue_url is None:
        return None

    def client() -> SQSClient:
        # An empty queue answers when the wait is over, so the client waits longer than that.
        return session().client(
            "sqs",
            region_name=config.aws_region,
            endpoint_url=config.aws_endpoint_url,
            config=settings(LONGEST_WAIT_SECONDS + READ_SECONDS),
        )

    return SqsQueue(config.sqs_queue_url, Door(client))
