"""Sessions: a random number in a cookie, and what the shop knows of whoever carries it.

The database is the truth. Redis holds copies for some seconds; when it is away every question goes to the database.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic import TypeAdapter, ValidationError
from ulid import ULID

from shop.accounts.people import Role, Visitor
from shop.accounts.seal import Seal
from shop.cache import Cache

TOKEN_BYTES = 32  # 256 bits; 64 are the least. Source: OWASP Session Management Cheat Sheet, "Session ID Entropy"
COPY_SECONDS = 10  # a revoked session is refused so soon, also where Redis missed that it was revoked
AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts: without a request, and in all."""

    idle: timedelta
    absolute: timedelta


SHOPPER = Lifetime(idle=timedelta(days=30), absolute=timedelta(days=90))
STAFF = Lifetime(idle=timedelta(hours=1), absolute=timedelta(hours=12))
LONGEST = SHOPPER.absolute


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What is known of whoever carries a cookie. ``id`` names the session and opens nothing."""

    id: str
    account_id: str | None
    email: str | None
    roles: frozenset[Role]
    agent: str
    begun_at: datetime
    seen_at: datetime

    @property
    def lifetime(self) -> Lifetime:
        """How long it may last: members of the staff sign in anew each day."""
        return STAFF if self.roles else SHOPPER

    def is_over(self, now: datetime) -> bool:
        """Return whether it has been idle, or has existed, for too long. Pure."""
        return now - self.seen_at > self.lifetime.idle or now - self.begun_at > self.lifetime.absolute

    def is_due(self, now: datetime) -> bool:
        """Return whether the shop should note that it is in use; not at every request, for that is a write. Pure."""
        return now - self.seen_at > self.lifetime.idle / 20

    def visitor(self) -> Visitor:
        """Return whoever carries it. Pure."""
        return Visitor(self.id, self.account_id, self.email, self.roles)


class SessionStore(Protocol):
    """Where sessions are kept, by the digest of their cookie. Every method raises Unavailable if it does not answer."""

    def get(self, digest: str) -> Session | None:
        """Return the session with its account's e-mail and roles as they are now, or None."""

    def of(self, account_id: str) -> tuple[Session, ...]:
        """Return the account's sessions, the one that was used last first."""

    def add(self, digest: str, session: Session, instead_of: str | None) -> Session:
        """Keep a session, drop another in the same moment, and return it with e-mail and roles.

        Raises: SignInNeeded if the account is no more; WritesRefused.
        """

    def touch(self, digest: str, at: datetime) -> None:
        """Note that it is in use, if this region may write; else do nothing."""

    def remove(self, digest: str) -> None:
        """Drop it. Raises: WritesRefused."""

    def remove_of(self, account_id: str, *, only: str | None, but: str | None) -> tuple[str, ...]:
        """Drop the account's sessions: all, or the one of an id, or all but one. Returns their digests.

        Raises: WritesRefused.
        """

    def remove_unused(self, since: datetime) -> int:
        """Drop those that nobody has used since the moment, and return how many. Raises: WritesRefused."""


def _now() -> datetime:
    return datetime.now(UTC)


class Sessions:
    """Begins, finds and ends sessions. Cookies are sealed, so that a forged one costs no question."""

    def __init__(self, store: SessionStore, cache: Cache, seal: Seal, now: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._cache = cache
        self._seal = seal
        self._now = now

    def begin(self, account_id: str | None, agent: str, *, instead_of: str | None = None) -> tuple[str, Session]:
        """Begin a session and return its cookie. The session of the other cookie ends in the same moment.

        Raises: WritesRefused; Unavailable.
        """
        cookie = self._seal.close(secrets.token_urlsafe(TOKEN_BYTES))
        now, before = self._now(), self.digest(instead_of)
        blank = Session(
            id=str(ULID()),
            account_id=account_id,
            email=None,
            roles=frozenset(),
            agent=agent[:AGENT_LENGTH],
            begun_at=now,
            seen_at=now,
        )
        session = self._store.add(_digest(cookie), blank, before)
        self._keep(_digest(cookie), session)
        self.forget(before)
        return cookie, session

    def find(self, cookie: str, *, to_change: bool = False) -> Session | None:
        """Return the session of a cookie, or None if it is forged, ended or too old. Raises: Unavailable.

        ``to_change`` asks the store and no copy: a session that was revoked changes nothing from that moment on.
        """
        digest = self.digest(cookie)
        if digest is None:
            return None
        session = self._stored(digest) if to_change else self._copied(digest)
        return None if session is None or session.is_over(self._now()) else session

    def of(self, account_id: str) -> tuple[Session, ...]:
        """Return the account's sessions that still open something, the one that was used last first."""
        now = self._now()
        return tuple(session for session in self._store.of(account_id) if not session.is_over(now))

    def end(self, cookie: str | None) -> None:
        """End the session of a cookie. Raises: WritesRefused; Unavailable."""
        digest = self.digest(cookie)
        if digest is not None:
            self._store.remove(digest)
            self.forget(digest)

    def end_of(self, account_id: str, *, only: str | None = None, but: str | None = None) -> None:
        """End the account's sessions: all, or the one of an id, or all but one. Raises: WritesRefused; Unavailable."""
        self.forget(*self._store.remove_of(account_id, only=only, but=but))

    def forget(self, *digests: str | None) -> None:
        """Drop the copies of sessions that have ended, so that this region refuses them at once."""
        places = [_place(digest) for digest in digests if digest is not None]
        if places:
            self._cache.forget(*places)

    def clean_up(self) -> int:
        """Drop the sessions that have been idle for too long, and return how many. Raises: WritesRefused."""
        return self._store.remove_unused(self._now() - SHOPPER.idle)

    def digest(self, cookie: str | None) -> str | None:
        """Return the name under which a cookie's session is kept; None if the shop never signed it. Pure."""
        return None if cookie is None or self._seal.open(cookie) is None else _digest(cookie)

    def _copied(self, digest: str) -> Session | None:
        kept = self._cache.get(_place(digest))
        if kept is not None:
            # What another release, which runs beside this one, writes otherwise is as good as nothing.
            with suppress(ValidationError):
                return FOUND.validate_json(kept)
        session = self._stored(digest)
        self._keep(digest, session)
        return session

    def _stored(self, digest: str) -> Session | None:
        session, now = self._store.get(digest), self._now()
        if session is not None and session.is_due(now) and not session.is_over(now):
            self._store.touch(digest, now)
        return session

    def _keep(self, digest: str, session: Session | None) -> None:
        self._cache.put(_place(digest), FOUND.dump_json(session), COPY_SECONDS)


FOUND: TypeAdapter[Session | None] = TypeAdapter(Session | None)


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _place(digest: str) -> str:
    return f"session:{digest}"
