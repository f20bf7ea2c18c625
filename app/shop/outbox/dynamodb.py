"""The outbox in DynamoDB: items of the table of orders, which its index lists by the time when they are due.

An announcement is put with the change that it follows from, in one transaction. What is claimed is due again when the
claim runs out; what is done or given up is no longer listed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from shop.dynamodb import EXPIRES, Index, Item, Put, Stale, Table, Tables, expiring, stamp
from shop.outbox.outbox import (
    ERROR_LENGTH,
    IN_QUEUE,
    KEPT_FOR,
    LEASE,
    MOST_ATTEMPTS,
    Announcement,
    Delivery,
    Parked,
    wait_seconds,
)

LISTED = Index(Table.ORDERS, "UserOrdersIndex", "userId", "createdAt")
DUE, GIVEN_UP = "outbox:due", "outbox:given-up"  # under which user the index lists them; a user's id has no colon


def announced(announcements: Iterable[Announcement], now: datetime) -> tuple[Put, ...]:
    """Return what has to be put so that the worker does these things."""
    return tuple(
        Put(
            Table.ORDERS,
            {
                "orderId": _key(id_ := secrets.randbits(63)),
                "id": id_,
                "userId": DUE,
                "createdAt": stamp(now + announcement.delay),
                "topic": announcement.topic,
                "payload": dict(announcement.payload),
                "announcedAt": stamp(now),
                "attempts": 0,
            },
        )
        for announcement in announcements
    )


def _now() -> datetime:
    return datetime.now(UTC)


class DynamoOutbox:
    """The worker's side of the outbox, see Announcements."""

    def __init__(self, tables: Tables, lease: timedelta = LEASE, now: Callable[[], datetime] = _now) -> None:
        self._tables = tables
        self._lease = lease
        self._now = now

    def claim(self, limit: int) -> tuple[Delivery, ...]:
        """See Announcements."""
        due = self._tables.listed(LISTED, DUE, until=self._now(), limit=limit)
        return tuple(delivery for item in due if (delivery := self._claim(item)) is not None)

    def claim_one(self, id_: int) -> Delivery | None:
        """See Announcements."""
        item = self._tables.get(Table.ORDERS, _key(id_))
        return None if item is None or item.get("userId") != DUE else self._claim(item)

    def send(self, send: Callable[[str], None], limit: int) -> int:
        """See Announcements."""
        now, sent = self._now(), 0
        for item in self._tables.listed(LISTED, DUE, until=now, limit=limit):
            if self._put({**item, "createdAt": stamp(now + IN_QUEUE)}):
                send(str(item["id"]))
                sent += 1
        return sent

    def done(self, delivery: Delivery) -> None:
        """See Announcements."""
        now = self._now()
        over = {"userId": None, "createdAt": None, "doneAt": stamp(now), EXPIRES: expiring(now, KEPT_FOR)}
        self._change(delivery.id, lambda item: {**item, **over})

    def failed(self, delivery: Delivery, error: str, *, for_good: bool = False) -> bool:
        """See Announcements."""
        is_given_up, now = for_good or delivery.attempt >= MOST_ATTEMPTS, self._now()
        wait = timedelta(0) if is_given_up else timedelta(seconds=wait_seconds(delivery.attempt))
        standing = {
            "userId": GIVEN_UP if is_given_up else DUE,
            "createdAt": stamp(now + wait),
            "claimedUntil": None,
            "lastError": error[:ERROR_LENGTH],
        }
        self._change(delivery.id, lambda item: {**item, **standing} if _is_at(item, delivery) else None)
        return is_given_up

    def release(self, deliveries: Iterable[Delivery]) -> None:
        """See Announcements."""
        for delivery in deliveries:
            self._change(delivery.id, partial(self._released, delivery))

    def parked(self, limit: int = 100) -> tuple[Parked, ...]:
        """See Announcements."""
        return tuple(
            Parked(
                id=item["id"],
                topic=item["topic"],
                payload=item["payload"],
                attempts=item["attempts"],
                last_error=item["lastError"],
                parked_at=datetime.fromisoformat(item["createdAt"]),
            )
            for item in self._tables.listed(LISTED, GIVEN_UP, limit=limit, newest_first=True)
        )

    def retry(self, id_: int) -> None:
        """See Announcements."""
        anew = {"userId": DUE, "createdAt": stamp(self._now()), "attempts": 0}
        self._change(id_, lambda item: {**item, **anew} if item.get("userId") == GIVEN_UP else None)

    def clean_up(self, limit: int = 1_000) -> int:  # noqa: ARG002 - as in Announcements
        """Do nothing: DynamoDB drops what was done by its time to live."""
        return 0

    def _released(self, delivery: Delivery, item: Item) -> Item | None:
        free = {"createdAt": stamp(self._now()), "claimedUntil": None, "attempts": delivery.attempt - 1}
        return {**item, **free} if _is_at(item, delivery) else None

    def _claim(self, item: Item) -> Delivery | None:
        now = self._now()
        until = now + self._lease
        if item.get("claimedUntil", "") > stamp(now):
            return None
        attempt = item["attempts"] + 1
        if not self._put({**item, "claimedUntil": stamp(until), "createdAt": stamp(until), "attempts": attempt}):
            return None
        return Delivery(
            id=item["id"],
            topic=item["topic"],
            payload=item["payload"],
            attempt=attempt,
            announced_at=datetime.fromisoformat(item["announcedAt"]),
            claimed_until=until,
        )

    def _put(self, item: Item) -> bool:
        """Put an item back, and return whether nobody was faster."""
        try:
            self._tables.change(Put(Table.ORDERS, item))
        except Stale:
            return False
        return True

    def _change(self, id_: int, change: Callable[[Item], Item | None]) -> None:
        """Change an announcement as it is now, if it is there and the change is due."""

        def work() -> None:
            item = self._tables.get(Table.ORDERS, _key(id_))
            changed = None if item is None else change(item)
            if changed is not None:
                self._tables.change(Put(Table.ORDERS, changed))

        self._tables.until_current(work)


def _is_at(item: Item, delivery: Delivery) -> bool:
    return item.get("userId") == DUE and bool(item["attempts"] == delivery.attempt)


def _key(id_: int) -> str:
    return f"outbox:{id_}"
