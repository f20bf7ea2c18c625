"""The control store as the shop sees it: one object store, or three in three regions of which a majority decides.

The shop reads the authority there and keeps the ledger of orders that nobody pays for. shopctl owns the rest.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Protocol, TypeVar

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from shop.aws import Door, code_of, session
from shop.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECT_SECONDS = 1.0
READ_SECONDS = 2.0

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class StoreAway(Exception):
    """One store gave no answer; a write may or may not have taken effect."""


class ControlStore(Protocol):
    """One region's bucket. Every method raises StoreAway when it got no answer."""

    @property
    def name(self) -> str:
        """Where it is, for people."""

    def create(self, key: str, body: bytes) -> bool:
        """Write the object unless the key exists; return whether it was written."""

    def get(self, key: str) -> bytes | None:
        """Return the object, or None if there is none."""

    def keys(self, prefix: str, after: str = "") -> tuple[str, ...]:
        """Return all keys under the prefix that sort behind ``after``, sorted."""


@dataclass(frozen=True, slots=True, eq=False)
class S3Store:
    """A control bucket. Every call is tried once: whoever asks, asks again soon, or asks another store.

    Reads see every write that was acknowledged before, listings too.
    Source: Amazon S3 User Guide, "Amazon S3 data consistency model".
    """

    name: str
    bucket: str
    client: Door[S3Client]

    def create(self, key: str, body: bytes) -> bool:
        """See ControlStore. Source: Amazon S3 User Guide, "How to prevent object overwrites"."""
        with self._answering():
            try:
                self.client().put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) == "PreconditionFailed":
                    return False
                raise
            return True

    def get(self, key: str) -> bytes | None:
        """See ControlStore."""
        with self._answering():
            try:
                return self.client().get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise

    def keys(self, prefix: str, after: str = "") -> tuple[str, ...]:
        """See ControlStore. A thousand keys per call."""
        with self._answering():
            pages = self.client().get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, StartAfter=after
            )  # fmt: skip
            return tuple(item["Key"] for page in pages for item in page.get("Contents", ()))

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say of everything that is no answer about the object itself that the store is away."""
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise StoreAway(f"{self.name}: {error}") from error


class ControlStores:
    """The stores that decide together. Safe to share between threads."""

    def __init__(self, stores: tuple[ControlStore, ...]) -> None:
        if len(stores) not in {1, 3}:
            raise ValueError("a control store has one bucket or three")
        self._stores = stores
        self.majority = len(stores) // 2 + 1

    def ask(
        self,
        question: Callable[[ControlStore], Answer],
        seconds: float,
        is_enough: Callable[[tuple[Answer, ...]], bool] = lambda _: False,
    ) -> tuple[Answer, ...]:
        """Ask all stores at the same time and return the answers of those that gave one.

        Waits for all of them, or until the answers are enough, but no longer than so many seconds. A store that is
        late is not interrupted: what it was asked to do may still happen.
        """
        replies: SimpleQueue[tuple[Answer, ...]] = SimpleQueue()
        for store in self._stores:
            Thread(target=_reply, args=(store, question, replies), name=f"control-{store.name}", daemon=True).start()
        answers: tuple[Answer, ...] = ()
        until = time.monotonic() + seconds
        for _ in self._stores:
            try:
                answers += replies.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                break
            if is_enough(answers):
                break
        return answers


def _reply(
    store: ControlStore, question: Callable[[ControlStore], Answer], replies: SimpleQueue[tuple[Answer, ...]]
) -> None:
    """Put the store's answer into the queue, or nothing for a store that is away."""
    answer: tuple[Answer, ...] = ()
    try:
        answer = (question(store),)
    except StoreAway as fault:
        log.info("a control store is away: %s", fault)
    finally:
        replies.put(answer)


def open_stores(config: Config) -> ControlStores | None:
    """Return the control store that the configuration names, or None without one. Connects to nothing yet."""
    if not config.control_buckets:
        return None
    return ControlStores(tuple(_bucket(config, *word.split("=")) for word in config.control_buckets))


def _bucket(config: Config, region: str, bucket: str) -> S3Store:
    settings = ClientConfig(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1}
    )
    return S3Store(
        region,
        bucket,
        Door(lambda: session().client("s3", region_name=region, endpoint_url=config.aws_endpoint_url, config=settings)),
    )
