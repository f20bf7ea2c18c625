"""Who belongs to the staff. Somebody always owns the shop: the last owner's role can't be taken."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account, AccountRole, StoredSession
from shop.accounts.people import Role
from shop.accounts.sessions import Sessions
from shop.admin.audit import Deed, note
from shop.database import Database, reading_own_writes
from shop.insertion import insert_if_absent
from shop.problems import Conflict, NotFound

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of the staff. Whose roles come from Cognito's groups, they are given there."""

    account_id: str
    email: str
    name: str
    roles: tuple[Role, ...]
    is_by_cognito: bool


class Staff:
    """The staff. Every method raises Unavailable; those that change raise WritesRefused and write a record."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def members(self) -> tuple[Member, ...]:
        """Return everybody who has a role."""
        statement = (
            select(Account.id, Account.email, Account.name, Account.subject, AccountRole.role)
            .join(AccountRole, AccountRole.account_id == Account.id)
            .order_by(Account.email, Account.id)
            .limit(MOST_SHOWN)
        )
        with reading_own_writes(), self._database.read() as connection:
            rows = connection.execute(statement).all()
        held: dict[str, list[Role]] = {}
        for row in rows:
            held.setdefault(row.id, []).extend(role for role in Role if role == row.role)
        people = {row.id: row for row in rows}
        return tuple(
            Member(
                account_id=account_id,
                email=people[account_id].email or account_id,
                name=people[account_id].name,
                roles=tuple(role for role in Role if role in roles),
                is_by_cognito=people[account_id].subject is not None,
            )
            for account_id, roles in held.items()
        )

    def grant(self, email: str, role: Role, by: str) -> None:
        """Give a role to whoever signs in with the e-mail; they sign in anew. Raises: NotFound."""
        with self._database.write() as session:
            account_id = _account(session, email)
            before = _roles(session, account_id)
            insert_if_absent(session.connection(), AccountRole, {"account_id": account_id, "role": role.value})
            _note(session, "staff: role given", account_id, before, by)
            ended = _end_sessions(session, account_id)
        self._sessions.forget(*ended)

    def revoke(self, email: str, role: Role, by: str) -> None:
        """Take a role from whoever signs in with the e-mail, and end their sessions.

        Raises: NotFound; Conflict for the last owner, also if two owners take it from each other at once.
        """
        with self._database.write() as session:
            owners = _owners(session)
            account_id = _account(session, email)
            if role is Role.OWNER and owners == {account_id}:
                raise Conflict("This is the last owner. Give the role to somebody else first.")
            before = _roles(session, account_id)
            session.execute(
                delete(AccountRole).where(AccountRole.account_id == account_id, AccountRole.role == role.value)
            )
            _note(session, "staff: role taken", account_id, before, by)
            ended = _end_sessions(session, account_id)
        self._sessions.forget(*ended)


def _owners(session: Session) -> set[str]:
    """Return who owns the shop, and let nobody else change that until this transaction ends."""
    owners = select(AccountRole.account_id).where(AccountRole.role == Role.OWNER.value)
    return set(session.scalars(owners.order_by(AccountRole.account_id).with_for_update()))


def _account(session: Session, email: str) -> str:
    account_id = session.scalar(select(Account.id).where(Account.login == email))
    if account_id is None:
        raise NotFound("Nobody signs in with this e-mail and a password. In Cognito, roles are groups.")
    return account_id


def _roles(session: Session, account_id: str) -> list[str]:
    held = select(AccountRole.role).where(AccountRole.account_id == account_id)
    return list(session.scalars(held.order_by(AccountRole.role)))


def _note(session: Session, what: str, account_id: str, before: list[str], by: str) -> None:
    deed = Deed(by=by, what=what, subject=f"account:{account_id}")
    note(session, deed, {"roles": before}, {"roles": _roles(session, account_id)})


def _end_sessions(session: Session, account_id: str) -> tuple[str, ...]:
    """End the account's sessions, for they speak of other roles; return their digests."""
    ended = tuple(session.scalars(select(StoredSession.digest).where(StoredSession.account_id == account_id)))
    session.execute(delete(StoredSession).where(StoredSession.digest.in_(ended)))
    return ended
