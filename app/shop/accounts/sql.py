"""Accounts and sessions in PostgreSQL or MySQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Row, Select, bindparam, delete, func, select, update
from sqlalchemy.orm import Session as Transaction

from shop.accounts.models import Account, AccountRole, StoredAddress, StoredSession
from shop.accounts.people import ERASED, PASSWORD_LINK, SIGNED_UP, Address, Credentials, Person, Profile, Role
from shop.accounts.sessions import Session
from shop.database import Database, reading_own_writes
from shop.direct import fetch
from shop.insertion import insert_if_absent
from shop.outbox.outbox import announce
from shop.problems import SignInNeeded, Unavailable

SESSION = (
    select(
        StoredSession.id,
        StoredSession.account_id,
        Account.id.label("found"),
        Account.email,
        StoredSession.agent,
        StoredSession.begun_at,
        StoredSession.seen_at,
        AccountRole.role,
    )
    .outerjoin(Account, (Account.id == StoredSession.account_id) & Account.deleted_at.is_(None))
    .outerjoin(AccountRole, AccountRole.account_id == Account.id)
)
SESSION_OF = SESSION.where(StoredSession.digest == bindparam("carried"))
PROFILE = (
    select(Account.id, Account.email, Account.name, Account.password_hash, Account.created_at, AccountRole.role)
    .outerjoin(AccountRole, AccountRole.account_id == Account.id)
    .where(Account.deleted_at.is_(None))
)
ROLES = {role.value: role for role in Role}
SessionRow = Row[str, str | None, str | None, str | None, str, datetime, datetime, str | None]
ProfileRow = Row[str, str | None, str, str | None, datetime, str | None]


class SqlSessions:
    """A SessionStore in a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, digest: str) -> Session | None:
        """See SessionStore. What a replica does not know yet, the writable database is asked for."""
        with self._database.read() as connection:
            rows = fetch(connection, SESSION_OF, {"carried": digest})
        if not rows and self._database.readers:
            with reading_own_writes(), self._database.read() as connection:
                rows = fetch(connection, SESSION_OF, {"carried": digest})
        return _session(rows)

    def of(self, account_id: str) -> tuple[Session, ...]:
        """See SessionStore."""
        question = SESSION.where(StoredSession.account_id == account_id).order_by(StoredSession.seen_at.desc())
        with reading_own_writes(), self._database.read() as connection:
            rows = connection.execute(question).all()
        by_id: dict[str, list[SessionRow]] = {}
        for row in rows:
            by_id.setdefault(row.id, []).append(row)
        return tuple(session for own in by_id.values() if (session := _session(own)) is not None)

    def add(self, digest: str, session: Session, instead_of: str | None) -> Session:
        """See SessionStore."""
        with self._database.write() as transaction:
            if instead_of is not None:
                transaction.execute(delete(StoredSession).where(StoredSession.digest == instead_of))
            transaction.add(
                StoredSession(
                    digest=digest,
                    id=session.id,
                    account_id=session.account_id,
                    agent=session.agent,
                    begun_at=session.begun_at,
                    seen_at=session.seen_at,
                )
            )
            transaction.flush()
            added = _session(transaction.execute(SESSION.where(StoredSession.digest == digest)).all())
            if added is None:
                raise SignInNeeded("This account is no more.")
        return added

    def touch(self, digest: str, at: datetime) -> None:
        """See SessionStore."""
        try:
            with self._database.write() as transaction:
                transaction.execute(update(StoredSession).where(StoredSession.digest == digest).values(seen_at=at))
        except Unavailable:
            return  # reading goes on where nothing may be written

    def remove(self, digest: str) -> None:
        """See SessionStore."""
        with self._database.write() as transaction:
            transaction.execute(delete(StoredSession).where(StoredSession.digest == digest))

    def remove_of(self, account_id: str, *, only: str | None, but: str | None) -> tuple[str, ...]:
        """See SessionStore."""
        with self._database.write() as transaction:
            return _end_sessions(transaction, account_id, only=only, but=but)

    def remove_unused(self, since: datetime) -> int:
        """See SessionStore."""
        with self._database.write() as transaction:
            unused = delete(StoredSession).where(StoredSession.seen_at < since)
            return transaction.connection().execute(unused).rowcount


class SqlAccounts:
    """An AccountStore in a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account_id: str, login: str, password_hash: str, name: str) -> bool:
        """See AccountStore."""
        row = {
            "id": account_id,
            "login": login,
            "email": login,
            "password_hash": password_hash,
            "name": name,
            "created_at": datetime.now(UTC),
        }
        with self._database.write() as transaction:
            is_new = insert_if_absent(transaction.connection(), Account, row)
            announce(transaction, SIGNED_UP, {"login": login, "is_new": is_new})
        return is_new

    def announce_password_link(self, login: str) -> None:
        """See AccountStore."""
        with self._database.write() as transaction:
            announce(transaction, PASSWORD_LINK, {"login": login})

    def credentials(self, login: str) -> Credentials | None:
        """See AccountStore."""
        return self._credentials(select(Account.id, Account.password_hash).where(Account.login == login))

    def credentials_of(self, account_id: str) -> Credentials | None:
        """See AccountStore."""
        return self._credentials(
            select(Account.id, Account.password_hash).where(Account.id == account_id, Account.deleted_at.is_(None))
        )

    def rehash(self, account_id: str, old: str, new: str) -> None:
        """See AccountStore."""
        with self._database.write() as transaction:
            transaction.execute(
                update(Account).where(Account.id == account_id, Account.password_hash == old).values(password_hash=new)
            )

    def change_password(self, account_id: str, old: str | None, new: str) -> tuple[str, ...] | None:
        """See AccountStore."""
        with self._database.write() as transaction:
            account = transaction.get(Account, account_id, with_for_update=True)
            if account is None or account.deleted_at is not None or account.password_hash != old:
                return None
            account.password_hash = new
            return _end_sessions(transaction, account_id)

    def add_person(self, account_id: str, person: Person) -> None:
        """See AccountStore."""
        row = {
            "id": account_id,
            "subject": person.subject,
            "email": person.email,
            "name": person.name,
            "created_at": datetime.now(UTC),
        }
        with self._database.write() as transaction:
            insert_if_absent(transaction.connection(), Account, row)

    def person(self, subject: str) -> Profile | None:
        """See AccountStore."""
        return self._profile(PROFILE.where(Account.subject == subject))

    def follow(self, account_id: str, person: Person) -> tuple[str, ...]:
        """See AccountStore."""
        with self._database.write() as transaction:
            account = transaction.get_one(Account, account_id, with_for_update=True)
            account.email = person.email or account.email
            held = set(transaction.scalars(select(AccountRole.role).where(AccountRole.account_id == account_id)))
            if held == person.roles:
                return ()
            transaction.execute(delete(AccountRole).where(AccountRole.account_id == account_id))
            transaction.add_all(AccountRole(account_id=account_id, role=role.value) for role in person.roles)
            return _end_sessions(transaction, account_id)

    def profile(self, account_id: str) -> Profile | None:
        """See AccountStore."""
        return self._profile(PROFILE.where(Account.id == account_id))

    def rename(self, account_id: str, name: str) -> None:
        """See AccountStore."""
        with self._database.write() as transaction:
            transaction.execute(update(Account).where(Account.id == account_id).values(name=name))

    def addresses(self, account_id: str) -> tuple[Address, ...]:
        """See AccountStore."""
        question = select(StoredAddress).where(StoredAddress.account_id == account_id).order_by(StoredAddress.id)
        with reading_own_writes(), self._database.read() as connection:
            rows = connection.execute(question).all()
        return tuple(
            Address(
                id=row.id,
                name=row.name,
                street=row.street,
                extra=row.extra,
                postcode=row.postcode,
                city=row.city,
                country=row.country,
            )
            for row in rows
        )

    def add_address(self, account_id: str, address: Address, at_most: int) -> bool:
        """See AccountStore."""
        with self._database.write() as transaction:
            transaction.get_one(Account, account_id, with_for_update=True)  # one at a time, so that the count is right
            own = select(func.count()).where(StoredAddress.account_id == account_id)
            if transaction.scalars(own).one() >= at_most:
                return False
            transaction.add(StoredAddress(account_id=account_id, **asdict(address)))
        return True

    def change_address(self, account_id: str, address: Address) -> bool:
        """See AccountStore."""
        with self._database.write() as transaction:
            if not _has_address(transaction, account_id, address.id):
                return False
            transaction.execute(update(StoredAddress).where(StoredAddress.id == address.id).values(asdict(address)))
        return True

    def remove_address(self, account_id: str, address_id: str) -> bool:
        """See AccountStore."""
        with self._database.write() as transaction:
            if not _has_address(transaction, account_id, address_id):
                return False
            transaction.execute(delete(StoredAddress).where(StoredAddress.id == address_id))
        return True

    def set_role(self, account_id: str, role: Role, *, is_held: bool) -> tuple[str, ...]:
        """See AccountStore."""
        with self._database.write() as transaction:
            transaction.execute(
                delete(AccountRole).where(AccountRole.account_id == account_id, AccountRole.role == role.value)
            )
            if is_held:
                transaction.add(AccountRole(account_id=account_id, role=role.value))
            return _end_sessions(transaction, account_id)

    def erase(self, account_id: str) -> tuple[str, ...]:
        """See AccountStore."""
        nothing = {"login": None, "password_hash": None, "subject": None, "email": None, "name": ""}
        with self._database.write() as transaction:
            gone = {**nothing, "deleted_at": datetime.now(UTC)}
            transaction.execute(update(Account).where(Account.id == account_id).values(gone))
            transaction.execute(delete(StoredAddress).where(StoredAddress.account_id == account_id))
            transaction.execute(delete(AccountRole).where(AccountRole.account_id == account_id))
            announce(transaction, ERASED, {"account_id": account_id})
            return _end_sessions(transaction, account_id)

    def _credentials(self, question: Select[str, str | None]) -> Credentials | None:
        with reading_own_writes(), self._database.read() as connection:
            row = connection.execute(question).one_or_none()
        return None if row is None else Credentials(*row)

    def _profile(self, question: Select[str, str | None, str, str | None, datetime, str | None]) -> Profile | None:
        with reading_own_writes(), self._database.read() as connection:
            rows: Sequence[ProfileRow] = connection.execute(question).all()
        if not rows:
            return None
        first = rows[0]
        return Profile(
            id=first.id,
            email=first.email,
            name=first.name,
            roles=_roles(row.role for row in rows),
            has_password=first.password_hash is not None,
            created_at=first.created_at,
        )


def _end_sessions(
    transaction: Transaction, account_id: str, *, only: str | None = None, but: str | None = None
) -> tuple[str, ...]:
    own = select(StoredSession.digest).where(StoredSession.account_id == account_id)
    if only is not None:
        own = own.where(StoredSession.id == only)
    if but is not None:
        own = own.where(StoredSession.id != but)
    ended = tuple(transaction.scalars(own))
    transaction.execute(delete(StoredSession).where(StoredSession.digest.in_(ended)))
    return ended


def _has_address(transaction: Transaction, account_id: str, address_id: str) -> bool:
    own = select(StoredAddress.id).where(StoredAddress.id == address_id, StoredAddress.account_id == account_id)
    return transaction.scalar(own) is not None


def _session(rows: Sequence[SessionRow]) -> Session | None:
    """Return the session of the rows, one for each role; None for none, and where the account is no more."""
    if not rows or (rows[0].account_id is not None and rows[0].found is None):
        return None
    first = rows[0]
    return Session(
        id=first.id,
        account_id=first.account_id,
        email=first.email,
        roles=_roles(row.role for row in rows),
        agent=first.agent,
        begun_at=first.begun_at,
        seen_at=first.seen_at,
    )


def _roles(kept: Iterable[str | None]) -> frozenset[Role]:
    """Return the roles that this release knows: a newer one beside it may have given others."""
    return frozenset(ROLES[name] for name in kept if name in ROLES)
