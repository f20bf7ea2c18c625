"""Accounts and sessions in DynamoDB.

An account is one item, with its addresses and with the digests of the sessions that count: to end them all is to
forget them there, whatever becomes of their own items. That nobody else has a login, or a person's account, is held by
an item under its name; the index by e-mail is for people who look somebody up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from shop.accounts.people import ERASED, PASSWORD_LINK, SIGNED_UP, Address, Credentials, Person, Profile, Role
from shop.accounts.sessions import SHOPPER, Session
from shop.dynamodb import EDITION, EXPIRES, Forget, Item, Put, Stale, Table, Tables, expiring, stamp
from shop.outbox.dynamodb import announced
from shop.outbox.outbox import Announcement
from shop.problems import SignInNeeded, Unavailable

MOST_SESSIONS = 50  # of an account, which must be able to end in one transaction; then the oldest ends
ROLES = {role.value: role for role in Role}
Change = Callable[[Item], Item | None]


class DynamoSessions:
    """A SessionStore in DynamoDB."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, digest: str) -> Session | None:
        """See SessionStore. One question for a guest, two for an account."""
        item = self._tables.get(Table.SESSIONS, digest)
        if item is None or "accountId" not in item:
            return None if item is None else _session(item, None)
        account = self._tables.get(Table.USERS, item["accountId"])
        return _session(item, account) if account is not None and digest in account["sessions"] else None

    def of(self, account_id: str) -> tuple[Session, ...]:
        """See SessionStore."""
        account = self._tables.get(Table.USERS, account_id)
        found = {} if account is None else self._tables.get_all(Table.SESSIONS, account["sessions"])
        own = [_session(item, account) for item in found.values()]
        return tuple(sorted(own, key=lambda session: session.seen_at, reverse=True))

    def add(self, digest: str, session: Session, instead_of: str | None) -> Session:
        """See SessionStore."""
        before = () if instead_of is None else (Forget(Table.SESSIONS, {"sessionId": instead_of}),)
        item = _item(digest, session)

        def work() -> Session:
            account = None if session.account_id is None else self._tables.get(Table.USERS, session.account_id)
            if session.account_id is None:
                self._tables.change(Put(Table.SESSIONS, item), *before)
                return session
            if account is None or "deletedAt" in account:
                raise SignInNeeded("This account is no more.")
            kept = {known: begun for known, begun in account["sessions"].items() if known != instead_of}
            newest = sorted(kept, key=lambda known: kept[known])[-(MOST_SESSIONS - 1) :]
            sessions = {known: kept[known] for known in newest} | {digest: stamp(session.begun_at)}
            account = {**account, "sessions": sessions}
            self._tables.change(Put(Table.SESSIONS, item), Put(Table.USERS, account), *before)
            return _session(item, account)

        return self._tables.until_current(work)

    def touch(self, digest: str, at: datetime) -> None:
        """See SessionStore."""
        try:
            item = self._tables.get(Table.SESSIONS, digest)
            if item is not None:
                seen = {"seenAt": stamp(at), EXPIRES: _expiry(datetime.fromisoformat(item["begunAt"]), at)}
                self._tables.change(Put(Table.SESSIONS, {**item, **seen}))
        except (Stale, Unavailable):
            return  # it ended meanwhile, or nothing may be written here; reading goes on

    def remove(self, digest: str) -> None:
        """See SessionStore."""
        item = self._tables.get(Table.SESSIONS, digest)
        if item is not None and "accountId" in item:
            self.remove_of(item["accountId"], only=item["id"], but=None)
        elif item is not None:
            self._tables.change(Forget(Table.SESSIONS, {"sessionId": digest}))

    def remove_of(self, account_id: str, *, only: str | None, but: str | None) -> tuple[str, ...]:
        """See SessionStore."""

        def work() -> tuple[str, ...]:
            account = self._tables.get(Table.USERS, account_id)
            if account is None:
                return ()
            items = self._tables.get_all(Table.SESSIONS, account["sessions"])
            ended = tuple(digest for digest, item in items.items() if item["id"] != but and only in {None, item["id"]})
            kept = {digest: begun for digest, begun in account["sessions"].items() if digest not in ended}
            self._tables.change(Put(Table.USERS, {**account, "sessions": kept}), *_forgotten(ended))
            return ended

        return self._tables.until_current(work)

    def remove_unused(self, since: datetime) -> int:  # noqa: ARG002 - as in SessionStore
        """Do nothing: DynamoDB drops them by their time to live."""
        return 0


class DynamoAccounts:
    """An AccountStore in DynamoDB."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, account_id: str, login: str, password_hash: str, name: str) -> bool:
        """See AccountStore."""
        account = _new(account_id, name) | {"login": login, "email": login, "passwordHash": password_hash}
        is_new = self._keep(account, _login(login), Announcement(SIGNED_UP, {"login": login, "is_new": True}))
        if not is_new:
            self._announce(Announcement(SIGNED_UP, {"login": login, "is_new": False}))
        return is_new

    def announce_password_link(self, login: str) -> None:
        """See AccountStore."""
        self._announce(Announcement(PASSWORD_LINK, {"login": login}))

    def credentials(self, login: str) -> Credentials | None:
        """See AccountStore."""
        name = self._tables.get(Table.USERS, _login(login))
        return None if name is None else self.credentials_of(name["accountId"])

    def credentials_of(self, account_id: str) -> Credentials | None:
        """See AccountStore."""
        account = self._account(account_id)
        return None if account is None else Credentials(account_id, account.get("passwordHash"))

    def rehash(self, account_id: str, old: str, new: str) -> None:
        """See AccountStore."""
        self._change(account_id, lambda it: {**it, "passwordHash": new} if it.get("passwordHash") == old else None)

    def change_password(self, account_id: str, old: str | None, new: str) -> tuple[str, ...] | None:
        """See AccountStore."""

        def choose(account: Item) -> Item | None:
            return {**account, "passwordHash": new, "sessions": {}} if account.get("passwordHash") == old else None

        before = self._change(account_id, choose)
        return None if before is None else tuple(before["sessions"])

    def add_person(self, account_id: str, person: Person) -> None:
        """See AccountStore."""
        account = _new(account_id, person.name) | {"subject": person.subject, "email": person.email}
        self._keep(account, _subject(person.subject))

    def person(self, subject: str) -> Profile | None:
        """See AccountStore."""
        name = self._tables.get(Table.USERS, _subject(subject))
        return None if name is None else self.profile(name["accountId"])

    def follow(self, account_id: str, person: Person) -> tuple[str, ...]:
        """See AccountStore."""
        roles = sorted(person.roles)

        def follow(account: Item) -> Item:
            changed = {**account, "email": person.email or account.get("email")}
            return changed if account["roles"] == roles else {**changed, "roles": roles, "sessions": {}}

        before = self._change(account_id, follow)
        return () if before is None or before["roles"] == roles else tuple(before["sessions"])

    def profile(self, account_id: str) -> Profile | None:
        """See AccountStore."""
        account = self._account(account_id)
        if account is None:
            return None
        return Profile(
            id=account_id,
            email=account.get("email"),
            name=account["name"],
            roles=_roles(account),
            has_password="passwordHash" in account,
            created_at=datetime.fromisoformat(account["createdAt"]),
        )

    def rename(self, account_id: str, name: str) -> None:
        """See AccountStore."""
        self._change(account_id, lambda account: {**account, "name": name})

    def addresses(self, account_id: str) -> tuple[Address, ...]:
        """See AccountStore."""
        account = self._account(account_id)
        return () if account is None else tuple(Address(**kept) for _, kept in sorted(account["addresses"].items()))

    def add_address(self, account_id: str, address: Address, at_most: int) -> bool:
        """See AccountStore."""
        return self._change_addresses(account_id, lambda kept: _with(kept, address) if len(kept) < at_most else None)

    def change_address(self, account_id: str, address: Address) -> bool:
        """See AccountStore."""
        return self._change_addresses(account_id, lambda kept: _with(kept, address) if address.id in kept else None)

    def remove_address(self, account_id: str, address_id: str) -> bool:
        """See AccountStore."""

        def without(kept: Item) -> Item | None:
            left = {id_: address for id_, address in kept.items() if id_ != address_id}
            return left if len(left) < len(kept) else None

        return self._change_addresses(account_id, without)

    def set_role(self, account_id: str, role: Role, *, is_held: bool) -> tuple[str, ...]:
        """See AccountStore."""

        def change(account: Item) -> Item:
            others = [name for name in account["roles"] if name != role.value]
            return {**account, "roles": [*others, role.value] if is_held else others, "sessions": {}}

        before = self._change(account_id, change)
        return () if before is None else tuple(before["sessions"])

    def erase(self, account_id: str) -> tuple[str, ...]:
        """See AccountStore."""

        def work() -> tuple[str, ...]:
            account = self._account(account_id)
            if account is None:
                return ()
            now = datetime.now(UTC)
            gone = {"userId": account_id, "deletedAt": stamp(now), "sessions": {}, EDITION: account[EDITION]}
            names = [_login(account["login"])] if "login" in account else []
            names += [_subject(account["subject"])] if "subject" in account else []
            self._tables.change(
                Put(Table.USERS, gone),
                *(Forget(Table.USERS, {"userId": name}) for name in names),
                *_forgotten(account["sessions"]),
                *announced((Announcement(ERASED, {"account_id": account_id}),), now),
            )
            return tuple(account["sessions"])

        return self._tables.until_current(work)

    def _account(self, account_id: str) -> Item | None:
        """Return an account that is not deleted, and no name of one."""
        item = self._tables.get(Table.USERS, account_id) if account_id else None
        return None if item is None or "deletedAt" in item or "accountId" in item else item

    def _keep(self, account: Item, name: str, *announcements: Announcement) -> bool:
        """Keep a new account under a name that nobody else has; return whether it is kept."""
        own_name = {"userId": name, "accountId": account["userId"]}
        follows = announced(announcements, datetime.now(UTC))
        try:
            self._tables.change(Put(Table.USERS, own_name), Put(Table.USERS, account), *follows)
        except Stale:
            return False
        return True

    def _announce(self, announcement: Announcement) -> None:
        self._tables.change(*announced((announcement,), datetime.now(UTC)))

    def _change(self, account_id: str, change: Change) -> Item | None:
        """Change an account, and return it as it was before; None if there is none, or it is not to be changed.

        The items of sessions that end with the change go with it.
        """

        def work() -> Item | None:
            account = self._account(account_id)
            changed = None if account is None else change(account)
            if account is None or changed is None:
                return None
            ended = tuple(digest for digest in account["sessions"] if digest not in changed["sessions"])
            self._tables.change(Put(Table.USERS, changed), *_forgotten(ended))
            return account

        return self._tables.until_current(work)

    def _change_addresses(self, account_id: str, change: Change) -> bool:
        def changed(account: Item) -> Item | None:
            addresses = change(account["addresses"])
            return None if addresses is None else {**account, "addresses": addresses}

        return self._change(account_id, changed) is not None


def _new(account_id: str, name: str) -> Item:
    return {
        "userId": account_id,
        "name": name,
        "roles": [],
        "addresses": {},
        "sessions": {},
        "createdAt": stamp(datetime.now(UTC)),
    }


def _with(kept: Item, address: Address) -> Item:
    return {**kept, address.id: asdict(address)}


def _item(digest: str, session: Session) -> Item:
    return {
        "sessionId": digest,
        "id": session.id,
        "accountId": session.account_id,
        "agent": session.agent,
        "begunAt": stamp(session.begun_at),
        "seenAt": stamp(session.seen_at),
        EXPIRES: _expiry(session.begun_at, session.seen_at),
    }


def _session(item: Item, account: Item | None) -> Session:
    return Session(
        id=item["id"],
        account_id=item.get("accountId"),
        email=None if account is None else account.get("email"),
        roles=frozenset() if account is None else _roles(account),
        agent=item["agent"],
        begun_at=datetime.fromisoformat(item["begunAt"]),
        seen_at=datetime.fromisoformat(item["seenAt"]),
    )


def _expiry(begun_at: datetime, seen_at: datetime) -> int:
    """Return when nobody's session can be open any more, a shopper's being the longest. Pure."""
    return expiring(min(seen_at + SHOPPER.idle, begun_at + SHOPPER.absolute), timedelta(days=1))


def _forgotten(digests: Iterable[str]) -> tuple[Forget, ...]:
    return tuple(Forget(Table.SESSIONS, {"sessionId": digest}) for digest in digests)


def _roles(account: Item) -> frozenset[Role]:
    """Return the roles that this release knows: a newer one beside it may have given others."""
    return frozenset(ROLES[name] for name in account["roles"] if name in ROLES)


def _login(login: str) -> str:
    return f"login:{login}"


def _subject(subject: str) -> str:
    return f"subject:{subject}"
