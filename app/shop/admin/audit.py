"""Who did what, when, and what it was before: written in the same transaction as the change itself.

What other parts do in transactions of their own (an order, a picture) is written down as begun before it happens, and
as done or refused after it: a crash in between leaves an entry that says so, and never a change without an entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from ulid import ULID

from shop.accounts.models import Account
from shop.admin.models import AuditEntry
from shop.admin.paging import Part, read_part
from shop.database import Database, reading_own_writes
from shop.insertion import insert_if_absent
from shop.problems import Problem, Unavailable

Facts = Mapping[str, object]  # what is known of something, in values of JSON; never a secret
NOTHING: Facts = {}


class Outcome(StrEnum):
    """How it went: ``BEGUN`` stands where nobody has seen the end."""

    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody does: ``by`` is an account, ``subject`` what it is done to, such as product:12.

    ``form_key`` is new for each form that is shown, where the same one sent again must not count again.
    """

    by: str
    what: str
    subject: str
    reason: str = ""
    form_key: str | None = None


class DoneBefore(Exception):
    """The form was sent once more. What it asks for was done; the transaction must be rolled back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the record. ``changes`` are (name, before, after); ``who`` is an e-mail, or an id without one."""

    at: datetime
    who: str
    what: str
    subject: str
    reason: str
    outcome: Outcome
    changes: tuple[tuple[str, str, str], ...]


class Audit:
    """The record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def around(self, deed: Deed, details: Facts = NOTHING) -> Iterator[None]:
        """Write down what happens within the block, which writes by itself. Raises: WritesRefused; Unavailable."""
        entry_id = self.begin(deed, details)
        try:
            yield
        except Unavailable:
            raise  # it may have been done, or not: the entry stays as it is
        except Problem:
            self.end(entry_id, Outcome.REFUSED)
            raise
        self.end(entry_id, Outcome.DONE)

    def begin(self, deed: Deed, details: Facts = NOTHING) -> str:
        """Write down that somebody is about to do it, and return the entry's id. Raises: WritesRefused."""
        with self._database.write() as session:
            return _write(session, deed, NOTHING, details, Outcome.BEGUN)

    def end(self, entry_id: str, outcome: Outcome) -> None:
        """Write down how it went. Where that can't be done now, the entry goes on saying that nobody saw the end."""
        begun = (AuditEntry.id == entry_id, AuditEntry.outcome == Outcome.BEGUN)
        with suppress(Unavailable), self._database.write() as session:
            session.execute(update(AuditEntry).where(*begun).values(outcome=outcome))

    def entries(self, number: int = 1, subject: str | None = None) -> Part[Entry]:
        """Return a page of the record, the newest first: of all, or of one subject."""
        statement = (
            select(AuditEntry.__table__, Account.email)
            .outerjoin(Account, Account.id == AuditEntry.account_id)
            .order_by(AuditEntry.id.desc())
        )
        if subject is not None:
            statement = statement.where(AuditEntry.subject == subject)
        with reading_own_writes(), self._database.read() as connection:
            part = read_part(connection, statement, number)
        return Part(
            tuple(
                Entry(
                    at=row.at,
                    who=row.email or row.account_id,
                    what=row.what,
                    subject=row.subject,
                    reason=row.reason,
                    outcome=Outcome(row.outcome),
                    changes=_changes(row.before, row.after),
                )
                for row in part.items
            ),
            part.number,
            part.has_more,
        )


def note(session: Session, deed: Deed, before: Facts, after: Facts) -> None:
    """Write a change down within its transaction: of the facts, those that differ. Raises: DoneBefore."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    was = {name: before[name] for name in names if name in before}
    _write(session, deed, was, {name: after[name] for name in names if name in after}, Outcome.DONE)


def edition(facts: Facts) -> str:
    """Return what tells these facts from others: a form carries it, so that nobody undoes what they never saw. Pure."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _write(session: Session, deed: Deed, before: Facts, after: Facts, outcome: Outcome) -> str:
    entry_id = str(ULID())
    row = {
        "id": entry_id,
        "at": datetime.now(UTC),
        "account_id": deed.by,
        "what": deed.what,
        "subject": deed.subject,
        "before": dict(before),
        "after": dict(after),
        "reason": deed.reason,
        "outcome": outcome,
        "form_key": deed.form_key,
    }
    if not insert_if_absent(session.connection(), AuditEntry, row):
        raise DoneBefore
    return entry_id


def _changes(before: Facts, after: Facts) -> tuple[tuple[str, str, str], ...]:
    return tuple((name, _said(before.get(name)), _said(after.get(name))) for name in {**before, **after})


def _said(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{name}: {part}" for name, part in value.items())
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
