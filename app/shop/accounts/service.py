"""Accounts as the shop asks for them: signing up and in, what people keep with the shop, and the staff's roles."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from ulid import ULID

from shop.accounts.passwords import Passwords, check_new
from shop.accounts.people import AccountStore, Address, Credentials, Person, Profile, Role, Visitor
from shop.accounts.seal import Seal
from shop.accounts.sessions import Sessions
from shop.authority.grant import Authority
from shop.problems import Conflict, Forbidden, NotFound, Problem

log = logging.getLogger(__name__)
LINK_SECONDS = 3600
ADDRESSES = 20  # so many an account may keep


class SignInRefused(Problem):
    """The e-mail and the password don't belong together. Whether anybody signs in with the e-mail is not said."""

    status = 401
    code = "sign_in_refused"
    title = "E-mail or password is wrong"


class Accounts:
    """What people do with their accounts, and the shop with theirs."""

    def __init__(
        self, store: AccountStore, passwords: Passwords, sessions: Sessions, authority: Authority, links: Seal
    ) -> None:
        self._store = store
        self._links = links
        self._passwords = passwords
        self._sessions = sessions
        self._authority = authority

    def sign_up(self, email: str, password: str, name: str) -> None:
        """Make an account. If the e-mail has one already nothing changes, and the caller can't tell.

        Raises: Invalid for a password that is too easy; WritesRefused; Unavailable.
        """
        login = email.lower()
        check_new(password, login)
        self._store.add(str(ULID()), login, self._passwords.hash(password), name)

    def by_password(self, email: str, password: str) -> str:
        """Return the id of the account that e-mail and password open.

        Raises: SignInRefused after the same work whether or not the e-mail has an account; WritesRefused before any.
        """
        self._authority.require()
        found = self._store.credentials(email.lower())
        account_id = self._check(found, password)
        if found and found.password_hash and self._passwords.is_outdated(found.password_hash):
            self._store.rehash(account_id, found.password_hash, self._passwords.hash(password))
        return account_id

    def send_password_link(self, email: str) -> None:
        """Send a link to choose another password with, if anybody signs in with the e-mail; the caller can't tell.

        Raises: WritesRefused; Unavailable.
        """
        self._store.announce_password_link(email.lower())

    def password_link(self, login: str) -> str | None:
        """Return what proves for an hour that its bearer reads the mail of the login; None if nobody has it.

        It works once: it holds a trace of the password that it replaces.
        """
        known = self._store.credentials(login)
        if known is None or known.password_hash is None:
            return None
        until = int(time.time()) + LINK_SECONDS
        return self._links.close(f"{known.account_id}.{until}.{self._links.derive(known.password_hash)}")

    def choose_password(self, link: str, new: str) -> None:
        """Change the password of whoever was sent the link, and end all sessions.

        Raises: Forbidden if the link is forged, used or older than an hour; Invalid; WritesRefused; Unavailable.
        """
        self._authority.require()
        account_id, until, trace = (self._links.open(link) or ".0.").split(".")
        known = self._store.credentials_of(account_id)
        old = None if known is None else known.password_hash
        if old is None or time.time() > int(until) or trace != self._links.derive(old):
            raise Forbidden("This link has been used, or is older than an hour. Ask for a new one.")
        self._change_password(account_id, old, new)

    def by_person(self, person: Person) -> str:
        """Return the id of the account of somebody who came by Cognito; it is made when they first come.

        The account takes over the roles of the person's groups. Raises: WritesRefused; Unavailable.
        """
        profile = self._of_person(person)
        if (profile.roles, profile.email) != (person.roles, person.email or profile.email):
            self._sessions.forget(*self._store.follow(profile.id, person))
        return profile.id

    def visitor(self, person: Person) -> Visitor:
        """Return the visitor whose request carries a person's token: it says their roles for this request.

        Raises: WritesRefused if it is their first; Unavailable.
        """
        profile = self._of_person(person)
        return Visitor(None, profile.id, profile.email, person.roles)

    def change_password(self, account_id: str, current: str, new: str) -> None:
        """Change the password and end all sessions. Raises: SignInRefused; Invalid; Conflict; WritesRefused."""
        self._authority.require()
        known = self._store.credentials_of(account_id)
        self._check(known, current)
        self._change_password(account_id, None if known is None else known.password_hash, new)

    def profile(self, account_id: str) -> Profile:
        """Return an account. Raises: NotFound; Unavailable."""
        profile = self._store.profile(account_id)
        if profile is None:
            raise NotFound("This account is no more.")
        return profile

    def rename(self, account_id: str, name: str) -> None:
        """Keep another name. Raises: WritesRefused; Unavailable."""
        self._store.rename(account_id, name)

    def addresses(self, account_id: str) -> tuple[Address, ...]:
        """Return the account's addresses, oldest first. Raises: Unavailable."""
        return self._store.addresses(account_id)

    def address(self, account_id: str, address_id: str) -> Address:
        """Return one of the account's addresses. Raises: NotFound; Unavailable."""
        for address in self._store.addresses(account_id):
            if address.id == address_id:
                return address
        raise NotFound("You keep no such address.")

    def add_address(self, account_id: str, address: Address) -> Address:
        """Keep a new address and return it with its id. Raises: Conflict if there are too many; WritesRefused."""
        kept = replace(address, id=str(ULID()))
        if not self._store.add_address(account_id, kept, ADDRESSES):
            raise Conflict(f"You can keep {ADDRESSES} addresses. Remove one first.")
        return kept

    def change_address(self, account_id: str, address: Address) -> None:
        """Keep what changed in an address. Raises: NotFound; WritesRefused; Unavailable."""
        if not self._store.change_address(account_id, address):
            raise NotFound("You keep no such address.")

    def remove_address(self, account_id: str, address_id: str) -> None:
        """Drop an address. Raises: NotFound; WritesRefused; Unavailable."""
        if not self._store.remove_address(account_id, address_id):
            raise NotFound("You keep no such address.")

    def erase(self, account_id: str, password: str) -> None:
        """Delete an account with all that is known of the person. Orders keep what the tax office asks for.

        Raises: SignInRefused unless the password is the account's, where it has one; WritesRefused; Unavailable.
        """
        self._authority.require()
        known = self._store.credentials_of(account_id)
        if known is not None and known.password_hash is not None:
            self._check(known, password)
        self._sessions.forget(*self._store.erase(account_id))

    def set_role(self, email: str, role: Role, *, is_held: bool) -> Profile:
        """Give a role to the account that signs in with the e-mail, or take it; its sessions end. Returns the account.

        Raises: NotFound; WritesRefused; Unavailable.
        """
        found = self._store.credentials(email.lower())
        if found is None:
            raise NotFound(f"Nobody signs in with {email}. Sign up first; in Cognito, roles are groups.")
        self._sessions.forget(*self._store.set_role(found.account_id, role, is_held=is_held))
        log.warning("account %s %s the role %s", found.account_id, "was given" if is_held else "lost", role)
        return self.profile(found.account_id)

    def _check(self, known: Credentials | None, password: str) -> str:
        if not self._passwords.matches(password, None if known is None else known.password_hash) or known is None:
            raise SignInRefused("Please try again.")
        return known.account_id

    def _change_password(self, account_id: str, old: str | None, new: str) -> None:
        check_new(new, self.profile(account_id).email or "")
        ended = self._store.change_password(account_id, old, self._passwords.hash(new))
        if ended is None:
            raise Conflict("The password was changed somewhere else a moment ago.")
        self._sessions.forget(*ended)

    def _of_person(self, person: Person) -> Profile:
        known = self._store.person(person.subject)
        if known is None:
            self._store.add_person(str(ULID()), person)
            known = self._store.person(person.subject)
        if known is None:
            raise Forbidden("This account was removed a moment ago.")
        return known
