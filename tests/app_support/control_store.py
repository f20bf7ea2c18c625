"""A control store of three buckets behind doors that tests close, and the hand that writes into it as shopctl does."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config as ClientConfig

from app_support.aws import REGION, Cloud, cloud
from shop.authority.stores import ControlStores, S3Store
from shop.aws import Door as Client

ENVIRONMENT = "test"
HERE, THERE = "eu-central-1", "eu-west-1"  # the regions of the tests: one that asks, and another one
_names = itertools.count()


class Way(Enum):
    """How a door treats those who knock: lets them in, sends them away, or lets them wait for good."""

    OPEN = "open"
    SHUT = "shut"
    SILENT = "silent"


class Door:
    """A port that leads to a server, as long as it is open."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._target = (str(address.hostname), int(address.port or 0))
        self._way = Way.OPEN
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._inside: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._serve, name="door", daemon=True).start()

    def turn(self, way: Way) -> None:
        """Change how the door treats everybody, those who are inside too."""
        self._way = way
        for connection in self._inside:
            _hang_up(connection)
        self._inside.clear()

    def remove(self) -> None:
        """End it."""
        self.turn(Way.SHUT)
        _hang_up(self._listener)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = self._listener.accept()
                if self._way is Way.SHUT:
                    visitor.close()
                    continue
                self._inside.append(visitor)
                if self._way is Way.OPEN:
                    inner = socket.create_connection(self._target)
                    self._inside.append(inner)
                    for source, sink in ((visitor, inner), (inner, visitor)):
                        Thread(target=_carry, args=(source, sink), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    _hang_up(source)
    _hang_up(sink)


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@dataclass(frozen=True, slots=True)
class Control:
    """Three empty buckets, each with a door of its own; ``each`` is the shop's way to them."""

    client: Any
    buckets: tuple[str, ...]
    doors: tuple[Door, ...]
    each: tuple[S3Store, ...]

    @property
    def stores(self) -> ControlStores:
        """All three, as the shop asks them."""
        return ControlStores(self.each)

    @property
    def words(self) -> str:
        """The buckets in the words of the shop's configuration."""
        return " ".join(f"{REGION}={bucket}" for bucket in self.buckets)

    def write(
        self,
        number: int,
        holder: str | None,
        *,
        into: tuple[int, ...] = (0, 1, 2),
        environment: str = ENVIRONMENT,
        **other: object,
    ) -> None:
        """Write a record into some of the stores, past their doors; each keeps the first that it is given."""
        self.put(f"authority/{environment}/{number:06d}.json", body(number, holder, **other), into)

    def put(self, key: str, body: bytes, into: tuple[int, ...]) -> None:
        """Write an object into some of the stores unless it is there."""
        for index in into:
            with suppress(self.client.exceptions.ClientError):
                self.client.put_object(Bucket=self.buckets[index], Key=key, Body=body, IfNoneMatch="*")

    def copies(self, key: str) -> tuple[bytes | None, ...]:
        """What each store holds under a key."""
        found: list[bytes | None] = []
        for bucket in self.buckets:
            try:
                found.append(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())
            except self.client.exceptions.NoSuchKey:
                found.append(None)
        return tuple(found)

    def turn(self, way: Way, *indexes: int) -> None:
        """Change some of the doors."""
        for index in indexes:
            self.doors[index].turn(way)


def body(number: int, holder: str | None, **other: object) -> bytes:
    """A record in the form of docs/authority.md."""
    record = {
        "format": 1,
        "epoch": number,
        "holder": holder,
        "ttl_seconds": 30,
        "run": "20261121T115821Z-failover-5f2c",
        "at": "2026-11-21T12:00:00Z",
        "nonce": "5f2c9a1e7d3b8046",
    }
    return json.dumps({**record, **other}).encode()


@contextmanager
def control_store() -> Iterator[Control]:
    """Run a control store for the time of the block."""
    with cloud() as account, opened(account) as control:
        yield control


@contextmanager
def opened(account: Cloud) -> Iterator[Control]:
    """Make three buckets with their doors; the doors go with the block."""
    buckets = tuple(f"control-{next(_names)}-{letter}" for letter in "abc")
    client = account.client("s3")
    for bucket in buckets:
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    doors = tuple(Door(account.url) for _ in buckets)
    try:
        stores = tuple(_store(bucket, door) for bucket, door in zip(buckets, doors, strict=True))
        yield Control(client, buckets, doors, stores)
    finally:
        for door in doors:
            door.remove()


def _store(bucket: str, door: Door) -> S3Store:
    settings = ClientConfig(connect_timeout=0.5, read_timeout=1.5, retries={"total_max_attempts": 1})
    make = Client(
        lambda: boto3.session.Session().client("s3", region_name=REGION, endpoint_url=door.url, config=settings)
    )
    return S3Store(bucket, bucket, make)
