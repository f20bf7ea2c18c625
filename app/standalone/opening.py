"""What a new shop needs before it opens: goods on its shelves, a few vouchers, and an owner who can sign in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from shop.accounts.models import AccountRole
from shop.accounts.people import Role
from shop.pricing.models import StoredVoucher
from shop.shop import Shop
from standalone.catalogue.assortment import Article, assortment
from standalone.catalogue.delivery import Said, deliver
from standalone.catalogue.shelving import shelve
from standalone.home import kept_secret

OWNER = "owner@shop.example"  # a name that can't be anybody's. Source: RFC 2606, section 2
PASSWORD_BYTES = 12
SHELVED = "shelved"  # file of the home: the slugs of all articles that were ever put on the shelves of its database
VOUCHERS: tuple[Mapping[str, str | int | bool], ...] = (
    {"code": "WELCOME10", "percent": 10, "is_once_per_customer": True, "note": "10 % for a first order"},
    {"code": "FIVER", "amount_minor": 500, "minimum_minor": 4_000, "note": "5 off from 40"},
    {"code": "FRIENDS20", "percent": 20, "minimum_minor": 10_000, "max_uses": 50, "note": "20 % for the first fifty"},
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who may sign in as a merchant."""

    mail: str
    password: str


def fill(shop: Shop, home: Path, count: int | None, said: Said) -> int:
    """Bring goods and vouchers into the shop, but for those that are there. Return how many products were added.

    Safe to be cut off at any moment, and to be called again. Raises: WritesRefused; Unavailable.
    """
    articles = assortment(count)
    deliver(articles, shop.storage, home / "drawn", said)
    added = _shelve_once(articles, shop, home / SHELVED)
    _issue_vouchers(shop)
    if added:
        shop.catalogue.has_changed()
    return added


def appoint_owner(shop: Shop, password_file: Path) -> Owner:
    """Return the owner's way in. The account is made when there is no owner yet, with a password kept in the file."""
    owner = Owner(OWNER, kept_secret(password_file, PASSWORD_BYTES))
    with shop.database.read() as connection:
        has_owner = connection.execute(select(AccountRole.role).where(AccountRole.role == Role.OWNER)).first()
    if has_owner is None:
        shop.accounts.sign_up(owner.mail, owner.password, "The owner")
        shop.accounts.set_role(owner.mail, Role.OWNER, is_held=True)
    return owner


def _shelve_once(articles: tuple[Article, ...], shop: Shop, record: Path) -> int:
    """Put the articles on the shelves that never were there, and return how many were added.

    The record names those that were: one that a merchant has removed, or given another slug, does not come back.
    """
    shelved = set(record.read_text(encoding="utf-8").split()) if record.exists() else set()
    new = tuple(article for article in articles if article.slug not in shelved)
    if not new:
        return 0
    added = shelve(new, shop.database)
    draft = record.with_suffix(".draft")
    draft.write_text("\n".join(sorted(shelved.union(article.slug for article in new))), encoding="utf-8")
    draft.replace(record)
    return added


def _issue_vouchers(shop: Shop) -> None:
    with shop.database.write() as session:
        present = set(session.scalars(select(StoredVoucher.code)))
        session.add_all([StoredVoucher(**terms) for terms in VOUCHERS if terms["code"] not in present])
