"""The outbox: what is announced within a transaction is done after it, at least once, in no promised order.

Who does it claims it for a while in a short transaction; if that worker dies the claim runs out and the next one has
it. What keeps failing is tried at growing intervals and finally parked, where people see it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update
from sqlalchemy.orm import Session
from ulid import ULID

from shop.database import Database, reading_own_writes
from shop.direct import Change
from shop.outbox.models import OutboxRow

LEASE = timedelta(seconds=120)  # longer than any one thing takes: the slowest is a provider that lets us wait
IN_QUEUE = timedelta(minutes=15)  # what the queue has not brought back by then is sent again
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 3_600.0
MOST_ATTEMPTS = 24  # about half a day
ERROR_LENGTH = 500
KEPT_FOR = timedelta(days=14)
ANNOUNCE = insert(OutboxRow).inline()
CLAIMED = (OutboxRow.id, OutboxRow.topic, OutboxRow.payload, OutboxRow.attempts, OutboxRow.announced_at)


class Hopeless(Exception):
    """It can't be done, however often it is tried; a person has to look at it."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something to do, not before the delay is over."""

    topic: str
    payload: Mapping[str, Any]
    delay: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something to do that this worker has claimed. ``id`` is the same for every attempt at it."""

    id: int
    topic: str
    payload: Mapping[str, Any]
    attempt: int
    announced_at: datetime
    claimed_until: datetime

    @property
    def key(self) -> str:
        """The id as a ULID, which sorts by the time of the announcement."""
        milliseconds = int(self.announced_at.timestamp() * 1000)
        return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + self.id.to_bytes(10, "big")))


Handler = Callable[[Delivery], None]  # raises Unavailable if it may work later, Hopeless if it never will


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """Something that was given up, for people to look at."""

    id: int
    topic: str
    payload: Mapping[str, Any]
    attempts: int
    last_error: str
    parked_at: datetime


def announce(session: Session | Connection, topic: str, payload: Mapping[str, Any]) -> None:
    """Say within a transaction what has to be done after it; if that is rolled back, nothing has."""
    announce_all(session, (Announcement(topic, payload),), _now())


def announce_all(session: Session | Connection, announcements: Iterable[Announcement], now: datetime) -> None:
    """Announce several things at once."""
    connection = session.connection() if isinstance(session, Session) else session
    change = announcing(announcements, now)
    connection.execute(change.statement, [dict(row) for row in change.rows])


def announcing(announcements: Iterable[Announcement], now: datetime) -> Change:
    """Return the change that announces several things at once. Pure."""
    rows = [
        {
            "topic": announcement.topic,
            "payload": dict(announcement.payload),
            "announced_at": now,
            "due_at": now + announcement.delay,
            "attempts": 0,
        }
        for announcement in announcements
    ]
    return Change(ANNOUNCE, rows)


def wait_seconds(attempt: int, chance: Callable[[], float] = random.random) -> float:
    """Return how long to wait after so many attempts: twice as long each time, less a random half of it.

    The chance keeps what failed together from coming back together.
    """
    longest = min(FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1), LONGEST_WAIT_SECONDS)
    return longest * (0.5 + chance() / 2)


def _now() -> datetime:
    return datetime.now(UTC)


class Outbox:
    """The worker's side of the outbox. Every method raises Unavailable, and every change WritesRefused."""

    def __init__(self, database: Database, lease: timedelta = LEASE, now: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._lease = lease
        self._now = now

    def claim(self, limit: int) -> tuple[Delivery, ...]:
        """Claim up to so many things that are due, for the time of the lease. Others claim others meanwhile."""
        now = self._now()
        with self._database.write() as session:
            rows = session.execute(
                select(*CLAIMED)
                .where(OutboxRow.due_at <= now, _is_free(now))
                .order_by(OutboxRow.due_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            ).all()
            self._start(session, [row.id for row in rows], now)
        return tuple(self._delivery(row, now) for row in rows)

    def claim_one(self, id_: int) -> Delivery | None:
        """Claim the one that a message of the queue names; None if it is done, parked, or another worker has it."""
        now = self._now()
        with self._database.write() as session:
            row = session.execute(
                select(*CLAIMED)
                .where(OutboxRow.id == id_, OutboxRow.due_at.is_not(None), _is_free(now))
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None:
                return None
            self._start(session, [row.id], now)
        return self._delivery(row, now)

    def send(self, send: Callable[[str], None], limit: int) -> int:
        """Send the ids of up to so many things that are due to a queue, and return how many. They stay announced:
        what the queue loses is sent again later.
        """
        now = self._now()
        with self._database.write() as session:
            ids = session.scalars(
                select(OutboxRow.id)
                .where(OutboxRow.due_at <= now, _is_free(now))
                .order_by(OutboxRow.due_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            ).all()
            session.execute(update(OutboxRow).where(OutboxRow.id.in_(ids)).values(due_at=now + IN_QUEUE))
        for id_ in ids:
            send(str(id_))
        return len(ids)

    def done(self, delivery: Delivery) -> None:
        """Note that it is done."""
        with self._database.write() as session:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == delivery.id)
                .values(due_at=None, claimed_until=None, done_at=self._now())
            )

    def failed(self, delivery: Delivery, error: str, *, for_good: bool = False) -> bool:
        """Note that it failed; return whether it is given up: after the last attempt, or where trying again is vain."""
        is_given_up, now = for_good or delivery.attempt >= MOST_ATTEMPTS, self._now()
        next_try = None if is_given_up else now + timedelta(seconds=wait_seconds(delivery.attempt))
        with self._database.write() as session:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == delivery.id, OutboxRow.attempts == delivery.attempt)
                .values(
                    due_at=next_try,
                    claimed_until=None,
                    parked_at=now if is_given_up else None,
                    last_error=error[:ERROR_LENGTH],
                )
            )
        return is_given_up

    def release(self, deliveries: Iterable[Delivery]) -> None:
        """Give back claims that were not begun."""
        with self._database.write() as session:
            for delivery in deliveries:
                session.execute(
                    update(OutboxRow)
                    .where(OutboxRow.id == delivery.id, OutboxRow.attempts == delivery.attempt)
                    .values(claimed_until=None, attempts=OutboxRow.attempts - 1)
                )

    def parked(self, limit: int = 100) -> tuple[Parked, ...]:
        """Return what was given up, the newest first."""
        rows = (
            select(OutboxRow)
            .where(OutboxRow.done_at.is_(None), OutboxRow.due_at.is_(None))
            .order_by(OutboxRow.id.desc())
            .limit(limit)
        )
        with reading_own_writes(), self._database.read() as connection:
            return tuple(
                Parked(
                    id=row.id,
                    topic=row.topic,
                    payload=row.payload,
                    attempts=row.attempts,
                    last_error=row.last_error or "",
                    parked_at=row.parked_at,
                )
                for row in connection.execute(rows)
            )

    def retry(self, id_: int) -> None:
        """Try something again that was given up."""
        with self._database.write() as session:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == id_, OutboxRow.parked_at.is_not(None))
                .values(due_at=self._now(), parked_at=None, attempts=0)
            )

    def clean_up(self, limit: int = 1_000) -> int:
        """Drop what was done long ago, and return how many."""
        before = self._now() - KEPT_FOR
        with self._database.write() as session:
            ids = session.scalars(select(OutboxRow.id).where(OutboxRow.done_at < before).limit(limit)).all()
            session.execute(delete(OutboxRow).where(OutboxRow.id.in_(ids)))
        return len(ids)

    def _start(self, session: Session, ids: list[int], now: datetime) -> None:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_(ids))
            .values(claimed_until=now + self._lease, attempts=OutboxRow.attempts + 1)
        )

    def _delivery(self, row: Row[*tuple[Any, ...]], now: datetime) -> Delivery:
        return Delivery(
            id=row.id,
            topic=row.topic,
            payload=row.payload,
            attempt=row.attempts + 1,
            announced_at=row.announced_at,
            claimed_until=now + self._lease,
        )


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until <= now)
