"""The doors to AWS: clients that are made late, wait briefly, and say plainly when a service is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Generic, TypeVar

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from shop.problems import Unavailable
from shop.telemetry.traces import step

CONNECT_SECONDS = 1.0
READ_SECONDS = 4.0
ATTEMPTS = 2  # the second one helps against a connection that was dropped; more would only keep a shopper waiting
RETRY_AFTER_SECONDS = 5

Client = TypeVar("Client")


# One session makes its clients one after the other: what it has read of a service it does not read again.
# Source: boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html, "Multithreading or multiprocessing".
_MAKING = Lock()


class Door(Generic[Client]):
    """A client that is made when it is first asked for: that takes boto3 a tenth of a second. Safe between threads."""

    def __init__(self, make: Callable[[], Client]) -> None:
        self._make = make
        self._client: Client | None = None

    def __call__(self) -> Client:
        """Return the client. Raises: BotoCoreError if it can't be made."""
        if self._client is None:
            with _MAKING:
                if self._client is None:
                    self._client = self._make()
        return self._client


@cache
def session() -> boto3.session.Session:
    """Return the session that doors make their clients with."""
    return boto3.session.Session()


def settings(read_seconds: float = READ_SECONDS) -> ClientConfig:
    """Return how a client waits and tries. Pure."""
    return ClientConfig(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )


@contextmanager
def answering(part: str) -> Iterator[None]:
    """Say of a part of AWS that does not answer, or does not let the shop in, that it is unavailable. Traced.

    Raises: Unavailable, with the cause for the log.
    """
    try:
        with step(part):
            yield
    except (BotoCoreError, ClientError) as error:
        detail = f"The shop can’t reach its {part}. Try again in a moment."
        raise Unavailable(detail, retry_after_seconds=RETRY_AFTER_SECONDS) from error


def code_of(error: ClientError) -> str:
    """Return the error's code as AWS gives it. Pure."""
    return str(error.response.get("Error", {}).get("Code", ""))
