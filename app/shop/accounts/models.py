"""The tables of accounts and sessions."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, ForeignKey, String, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column

from shop.database import Base


class Moment(TypeDecorator[datetime]):
    """A point in time. It is written and read in UTC, also where the database keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the moment in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the moment with its zone."""
        return value if value is None or value.tzinfo is not None else value.replace(tzinfo=UTC)


class Account(Base):
    """A person who can sign in. A deleted account keeps its id for the orders' sake, and nothing else."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    login: Mapped[str | None] = mapped_column(String(254), unique=True, comment="the e-mail that a password goes with")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    subject: Mapped[str | None] = mapped_column(String(64), unique=True, comment="the person's id in Cognito")
    email: Mapped[str | None] = mapped_column(String(254), comment="where mail goes")
    name: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(Moment, default=lambda: datetime.now(UTC))
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)


class AccountRole(Base):
    """A role that an account has."""

    __tablename__ = "account_role"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)


class StoredAddress(Base):
    """Where an account's parcels go."""

    __tablename__ = "address"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    street: Mapped[str] = mapped_column(String(200))
    extra: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(20))
    city: Mapped[str] = mapped_column(String(100))
    country: Mapped[str] = mapped_column(String(2), comment="ISO 3166-1 alpha-2")


class StoredSession(Base):
    """A session, under the digest of its cookie: who reads this table can't sign in with it."""

    __tablename__ = "session"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of the cookie, hexadecimal")
    id: Mapped[str] = mapped_column(String(26), unique=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    agent: Mapped[str] = mapped_column(String(200), comment="the browser, as it calls itself")
    begun_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment, index=True)
