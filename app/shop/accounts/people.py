"""The values that accounts speak in. They know no database and no request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What a member of the staff may do."""

    OWNER = "owner"  # everything, also giving roles
    CATALOGUE = "catalogue"
    ORDERS = "orders"
    REPORTS = "reports"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sends a request. Without a session and an account: somebody who only looks."""

    session: str | None = None
    account_id: str | None = None
    email: str | None = None
    roles: frozenset[Role] = frozenset()

    @property
    def owner(self) -> str | None:
        """Whose cart it is: the account's, else the session's, else nobody's."""
        if self.account_id is not None:
            return f"account:{self.account_id}"
        return None if self.session is None else f"session:{self.session}"

    @property
    def is_signed_in(self) -> bool:
        """Whether the visitor has proven to own an account."""
        return self.account_id is not None

    @property
    def is_staff(self) -> bool:
        """Whether the visitor has any role."""
        return bool(self.roles)

    def may(self, role: Role) -> bool:
        """Return whether the visitor has the role. An owner has all. Pure."""
        return role in self.roles or Role.OWNER in self.roles


NOBODY = Visitor()

# What is announced of accounts, for the worker.
SIGNED_UP = "mail.signed_up"
PASSWORD_LINK = "mail.password_link"  # noqa: S105 - the name of a topic
ERASED = "account.erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An account as its owner sees it. ``email`` is None for one that Cognito knows and told no address of."""

    id: str
    email: str | None
    name: str
    roles: frozenset[Role]
    has_password: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where parcels go. ``id`` is empty until it is kept; ``country`` is an ISO 3166-1 code of two letters."""

    id: str = ""
    name: str
    street: str
    extra: str
    postcode: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account's password as it is kept: its hash, or None if it signs in by Cognito."""

    account_id: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom Cognito vouches for. ``roles`` are those of their groups; ``email`` is one that they proved."""

    subject: str
    email: str | None
    name: str
    roles: frozenset[Role]


class AccountStore(Protocol):
    """Where accounts are kept. Reads come from the writable database: people see what they have just changed.

    Every method raises Unavailable if it does not answer, and every change WritesRefused if this region may not write.
    A change of who may do what ends the account's sessions with it, and returns their digests.
    """

    def add(self, account_id: str, login: str, password_hash: str, name: str) -> bool:
        """Keep a new account, and return whether it is: not if the login is taken. Either way a letter is announced."""

    def announce_password_link(self, login: str) -> None:
        """Let the worker send a link to choose another password with, if there is such a login."""

    def credentials(self, login: str) -> Credentials | None:
        """Return what to check a password against, or None if nobody signs in with this."""

    def credentials_of(self, account_id: str) -> Credentials | None:
        """Return what to check a password against, or None if there is no such account."""

    def rehash(self, account_id: str, old: str, new: str) -> None:
        """Keep another hash of the same password, if the old one is still kept."""

    def change_password(self, account_id: str, old: str | None, new: str) -> tuple[str, ...] | None:
        """Keep the hash of a new password and end all sessions; None and no change if the old one is kept no more."""

    def add_person(self, account_id: str, person: Person) -> None:
        """Keep an account for a person, or do nothing if there is one."""

    def person(self, subject: str) -> Profile | None:
        """Return the account of a person, or None."""

    def follow(self, account_id: str, person: Person) -> tuple[str, ...]:
        """Take over the person's e-mail and roles; end all sessions if the roles are others."""

    def profile(self, account_id: str) -> Profile | None:
        """Return an account, or None if there is none or no more."""

    def rename(self, account_id: str, name: str) -> None:
        """Keep another name."""

    def addresses(self, account_id: str) -> tuple[Address, ...]:
        """Return the account's addresses, oldest first."""

    def add_address(self, account_id: str, address: Address, at_most: int) -> bool:
        """Keep a new address, and return whether it is: not if the account has so many already."""

    def change_address(self, account_id: str, address: Address) -> bool:
        """Keep what changed in an address, and return whether the account has one of its id."""

    def remove_address(self, account_id: str, address_id: str) -> bool:
        """Drop an address, and return whether the account had it."""

    def set_role(self, account_id: str, role: Role, *, is_held: bool) -> tuple[str, ...]:
        """Give or take a role, and end all sessions."""

    def erase(self, account_id: str) -> tuple[str, ...]:
        """Forget all that is known of the person here, let the worker forget the rest, and end all sessions.

        The id stays, for the orders' sake.
        """
