"""What the provider remembers: documents, kept replies, and what is to happen later, in one SQLite file.

Everything that one question changes is committed together, so a provider that is killed comes back as it was.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from standalone.payments.parameters import Page
from standalone.payments.wire import Document, missing

LETTERS = string.ascii_letters + string.digits
KEY_SECONDS = 24 * 3600  # Source: docs.stripe.com/api/idempotent_requests, keys are removed after 24 hours
SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, parent TEXT,
  created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS document_kind ON document (kind, number);
CREATE INDEX IF NOT EXISTS document_parent ON document (parent, kind, number);
CREATE TABLE IF NOT EXISTS reply (
  key TEXT PRIMARY KEY, place TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
  request_id TEXT NOT NULL, kept_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS later (id TEXT PRIMARY KEY, what TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS later_at ON later (at);
CREATE TABLE IF NOT EXISTS delivery (
  event TEXT PRIMARY KEY, number INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  next_at REAL NOT NULL DEFAULT 0, is_done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (is_done, next_at);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to the first question with a key."""

    place: str
    fingerprint: str
    status: int
    body: str
    request_id: str


class Books:
    """The provider's memory within one transaction."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql

    def now(self) -> int:
        """Return the provider's time in seconds since 1970, which tests may have moved ahead."""
        return int(time.time()) + int(self.setting("ahead_seconds", "0"))

    def setting(self, name: str, default: str) -> str:
        """Return a setting."""
        found = self._sql.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else default

    def set(self, name: str, value: str) -> None:
        """Keep a setting."""
        self._sql.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def add(self, document: Document, parent: str | None = None) -> Document:
        """Keep a new document, under the one that it belongs to."""
        self._sql.execute(
            "INSERT INTO document (id, kind, parent, created, body) VALUES (?, ?, ?, ?, ?)",
            (document["id"], document["object"], parent, document.get("created", 0), json.dumps(document)),
        )
        return document

    def change(self, document: Document, **values: object) -> Document:
        """Keep a document with other values, and return it."""
        document = {**document, **values}
        self._sql.execute("UPDATE document SET body = ? WHERE id = ?", (json.dumps(document), document["id"]))
        return document

    def find(self, kind: str, id_: str | None) -> Document | None:
        """Return the document, or None."""
        found = self._sql.execute("SELECT body FROM document WHERE id = ? AND kind = ?", (id_, kind)).fetchone()
        return json.loads(found[0]) if found else None

    def get(self, kind: str, id_: str, param: str = "id") -> Document:
        """Return the document. Raises: Refusal."""
        if (document := self.find(kind, id_)) is None:
            raise missing(kind, id_, param)
        return document

    def parent(self, id_: str) -> str | None:
        """Return the id of the document that this one belongs to."""
        found = self._sql.execute("SELECT parent FROM document WHERE id = ?", (id_,)).fetchone()
        return found[0] if found else None

    def below(self, kind: str, parent: str) -> list[Document]:
        """Return what belongs to a document, oldest first."""
        rows = self._sql.execute(
            "SELECT body FROM document WHERE parent = ? AND kind = ? ORDER BY number", (parent, kind)
        )
        return [json.loads(row[0]) for row in rows]

    def page(self, kind: str, asked: Page, parent: str | None = None) -> tuple[list[Document], bool]:
        """Return a part of a list, newest first, and whether there is more. Raises: Refusal for an unknown cursor.

        Source: docs.stripe.com/api/pagination
        """
        conditions: list[tuple[str, object]] = [("kind = ?", kind)]
        conditions += [("parent = ?", parent)] if parent is not None else []
        bounds = (("created > ?", asked.created.gt), ("created >= ?", asked.created.gte),
                  ("created < ?", asked.created.lt), ("created <= ?", asked.created.lte))  # fmt: skip
        conditions += [(condition, bound) for condition, bound in bounds if bound is not None]
        is_upwards = asked.ending_before is not None
        if asked.starting_after is not None:
            conditions.append(("number < ?", self._number(kind, asked.starting_after, "starting_after")))
        if asked.ending_before is not None:
            conditions.append(("number > ?", self._number(kind, asked.ending_before, "ending_before")))
        rows = self._sql.execute(
            f"SELECT body FROM document WHERE {' AND '.join(condition for condition, _ in conditions)} "  # noqa: S608 - the conditions are written above
            f"ORDER BY number {'ASC' if is_upwards else 'DESC'} LIMIT ?",
            (*(bound for _, bound in conditions), asked.limit + 1),
        ).fetchall()
        found = [json.loads(row[0]) for row in rows[: asked.limit]]
        return found[::-1] if is_upwards else found, len(rows) > asked.limit

    def plan(self, id_: str, what: str, at: int) -> None:
        """Have something happen to a document later, in place of what was planned for it."""
        self._sql.execute("INSERT OR REPLACE INTO later VALUES (?, ?, ?)", (id_, what, at))

    def drop_plan(self, id_: str) -> None:
        """Let nothing happen to the document later."""
        self._sql.execute("DELETE FROM later WHERE id = ?", (id_,))

    def due(self) -> list[tuple[str, str]]:
        """Return what is to happen by now, as id and what."""
        return self._sql.execute("SELECT id, what FROM later WHERE at <= ? ORDER BY at", (self.now(),)).fetchall()

    def reply(self, key: str) -> Reply | None:
        """Return the reply to the first question with the key, or None if it is new or forgotten."""
        self._sql.execute("DELETE FROM reply WHERE key = ? AND kept_at < ?", (key, self.now() - KEY_SECONDS))
        found = self._sql.execute(
            "SELECT place, fingerprint, status, body, request_id FROM reply WHERE key = ?", (key,)
        ).fetchone()
        return Reply(*found) if found else None

    def keep_reply(self, key: str, reply: Reply) -> None:
        """Keep the reply to a question with a key."""
        self._sql.execute(
            "INSERT INTO reply VALUES (?, ?, ?, ?, ?, ?, ?)",
            (key, reply.place, reply.fingerprint, reply.status, reply.body, reply.request_id, self.now()),
        )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what the block changed if it fails, and nothing else."""
        self._sql.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._sql.execute("ROLLBACK TO attempt")
            raise
        finally:
            self._sql.execute("RELEASE attempt")

    def queue(self, event_id: str) -> None:
        """Have an event delivered."""
        self._sql.execute(
            "INSERT INTO delivery (event, number) SELECT id, number FROM document WHERE id = ?", (event_id,)
        )

    def next_delivery(self, *, is_newest_first: bool) -> tuple[Document, int] | None:
        """Return an event that is due for delivery and how often that was tried, or None."""
        found = self._sql.execute(
            "SELECT body, attempts FROM delivery JOIN document ON id = event "
            "WHERE is_done = 0 AND next_at <= ? ORDER BY delivery.number * ? LIMIT 1",
            (time.time(), -1 if is_newest_first else 1),
        ).fetchone()
        return (json.loads(found[0]), int(found[1])) if found else None

    def delivered(self, event_id: str, *, is_done: bool, wait_seconds: float) -> None:
        """Note an attempt to deliver an event."""
        self._sql.execute(
            "UPDATE delivery SET attempts = attempts + 1, is_done = ?, next_at = ? WHERE event = ?",
            (is_done, time.time() + wait_seconds, event_id),
        )

    def hurry(self) -> None:
        """Have everything that waits for another attempt delivered at once."""
        self._sql.execute("UPDATE delivery SET next_at = 0 WHERE is_done = 0")

    def deliveries(self) -> list[Document]:
        """Return how far the delivery of each event is, oldest first."""
        rows = self._sql.execute("SELECT event, attempts, is_done FROM delivery ORDER BY number")
        return [{"event": row[0], "attempts": row[1], "is_delivered": bool(row[2])} for row in rows]

    def _number(self, kind: str, id_: str, param: str) -> int:
        found = self._sql.execute("SELECT number FROM document WHERE id = ? AND kind = ?", (id_, kind)).fetchone()
        if found is None:
            raise missing(kind, id_, param)
        return int(found[0])


class Store:
    """The file. One transaction at a time: this is a provider for one shop."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._sql = sqlite3.connect(folder / "payments.sqlite", isolation_level=None, check_same_thread=False)
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute("PRAGMA synchronous = NORMAL")  # outlives the process; source: sqlite.org/pragma.html
        self._sql.executescript(SCHEMA)

    @contextmanager
    def books(self) -> Iterator[Books]:
        """Open the books for one transaction, which is committed if the block ends well."""
        with self._lock:
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield Books(self._sql)
            except BaseException:
                self._sql.execute("ROLLBACK")
                raise
            self._sql.execute("COMMIT")


def new_id(prefix: str, length: int = 24) -> str:
    """Return an id that nobody can guess, in Stripe's form."""
    return prefix + "".join(secrets.choice(LETTERS) for _ in range(length))
