"""The control store of an environment in its control buckets, and the run lock with a living heartbeat.

With a disaster recovery region there are three buckets, one per region, and a majority decides; without there is one.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopctl import naming
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code, explain
from shopctl.errors import ControlStoreUnavailable, LockLost
from shopctl.runs.lock import BEAT_SECONDS, EnvironmentLock, Hold
from shopctl.runs.store import Quorum, StoreUnavailable
from shopctl.runs.world import Actor, World
from shopctl.spec import EnvSpec

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFLICT_TRIES = 5


def real_world() -> World:
    """Return this machine's clock, waiting, randomness and name. Reads them, changes nothing."""
    actor = Actor(user=_user(), host=socket.gethostname(), pid=os.getpid())
    return World(lambda: datetime.now(UTC), time.sleep, lambda: secrets.token_hex(8), actor)


def open_control(spec: EnvSpec, cloud: Cloud, *, read_only: bool = False) -> Quorum:
    """Return the environment's control store. Calls nothing yet.

    Whatever is asked of it raises ControlStoreUnavailable if too few buckets answer; its ``fix`` is
    ``shopctl bootstrap`` where they do not exist.
    """
    stores = tuple(
        S3Store(region, naming.control_bucket(spec, region), cloud.account, cloud.s3(region, is_quick=True))
        for region in spec.control_regions
    )
    return Quorum(stores, read_only=read_only)


@contextmanager
def holding(lock: EnvironmentLock, operation: str, run: str, world: World) -> Iterator[Hold]:
    """Hold the environment's lock for the time of the block, with a heartbeat beside it; release it at the end.

    A region that was away for a while is brought up to date then.
    Raises: LockHeld; ControlStoreUnavailable. A lock that is lost on the way is told by ``Hold.ensure_current``.
    """
    hold = lock.acquire(operation, run, world)
    ended = Event()
    heart = Thread(target=_beat_until, args=(ended, hold, world), name="heartbeat", daemon=True)
    heart.start()
    try:
        yield hold
    finally:
        ended.set()
        heart.join()
        _leave(lock, hold)


@dataclass(frozen=True, slots=True, eq=False)
class S3Store:
    """One control bucket as an object store; ``name`` is its region."""

    name: str
    bucket: str
    account: str
    client: S3Client

    def create(self, key: str, body: bytes) -> bool:
        """Write the object unless the key exists; return whether this call wrote it.

        After a reply that was lost botocore asks again and may hear of its own object: then this says False, and
        the caller finds its own bytes under the key.
        Source: S3 user guide, "How to prevent object overwrites with conditional writes".
        """
        with self._answering():
            for _ in range(CONFLICT_TRIES):
                try:
                    self.client.put_object(
                        Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*", ExpectedBucketOwner=self.account
                    )
                except ClientError as error:
                    match error_code(error):
                        case "PreconditionFailed":
                            return False
                        case "ConditionalRequestConflict":  # another write of the key is under way: ask again
                            continue
                        case _:
                            raise
                return True
        raise StoreUnavailable(self.name, f"{key} is being written by others all the time")

    def get(self, key: str) -> bytes | None:
        """Return the object, or None if there is none."""
        with self._answering():
            try:
                reply = self.client.get_object(Bucket=self.bucket, Key=key, ExpectedBucketOwner=self.account)
                return reply["Body"].read()
            except ClientError as error:
                if error_code(error) == "NoSuchKey":
                    return None
                raise

    def put(self, key: str, body: bytes) -> None:
        """Write the object, replacing what is there."""
        with self._answering():
            self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ExpectedBucketOwner=self.account)

    def keys(self, prefix: str, after: str = "") -> tuple[str, ...]:
        """Return all keys under the prefix that sort behind ``after``. A thousand per call."""
        with self._answering():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, StartAfter=after, ExpectedBucketOwner=self.account
            )
            return tuple(item["Key"] for page in pages for item in page.get("Contents", ()))

    def folders(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the first path level below the prefix. A thousand per call."""
        with self._answering():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, Delimiter="/", ExpectedBucketOwner=self.account
            )
            found = (item["Prefix"] for page in pages for item in page.get("CommonPrefixes", ()))
            return tuple(folder.removeprefix(prefix).removesuffix("/") for folder in found)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say of everything that is no answer about the object itself that the store is unavailable."""
        try:
            yield
        except ClientError as error:
            if error_code(error) == "NoSuchBucket":
                reason = f"the control bucket {self.bucket} does not exist"
                raise StoreUnavailable(self.name, reason, "Run `shopctl bootstrap` first.") from error
            raise self._unavailable(error) from error
        except BotoCoreError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: BotoCoreError | ClientError) -> StoreUnavailable:
        explained = explain(error, self.bucket)
        return StoreUnavailable(self.name, explained.reason, explained.fix)


def _beat_until(ended: Event, hold: Hold, world: World) -> None:
    """Renew the heartbeat until the run ends or the lock is lost; a beat that finds too few buckets is tried again."""
    while not ended.wait(BEAT_SECONDS):
        with suppress(ControlStoreUnavailable):
            try:
                hold.beat(world)
            except LockLost:
                return  # the next step asks for itself and stops the run


def _leave(lock: EnvironmentLock, hold: Hold) -> None:
    # A release that can't be written leaves the lock to its term; the error that ends the run matters more.
    with suppress(ControlStoreUnavailable):
        hold.release()
        lock.catch_up()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"  # a container's user without a name
