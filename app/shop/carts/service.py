"""Carts as the shop keeps them: in the database, with a copy in the cache that every change drops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, select, update

from shop.cache import Cache
from shop.carts import sql
from shop.carts.cart import MOST_OF_ONE, Cart
from shop.carts.models import StoredCart
from shop.database import Database, reading_own_writes
from shop.pricing.voucher import normalised
from shop.problems import Invalid

COPY_SECONDS = 30
CART = TypeAdapter(Cart)


def _now() -> datetime:
    return datetime.now(UTC)


class Carts:
    """Reads and changes carts. Whose cart it is, is a text that the visitor can't choose (Visitor.owner).

    Every method raises Unavailable if the database does not answer; those that change raise WritesRefused.
    """

    def __init__(self, database: Database, cache: Cache, now: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._cache = cache
        self._now = now

    def of(self, owner: str | None) -> Cart:
        """Return the cart as a page shows it: prices and stock may be half a minute old."""
        if owner is None:
            return Cart()
        copy = self._cache.get(_place(owner))
        if copy is not None:
            return CART.validate_json(copy)
        cart = self.fresh(owner)
        self._cache.put(_place(owner), CART.dump_json(cart), COPY_SECONDS)
        return cart

    def fresh(self, owner: str | None) -> Cart:
        """Return the cart as it is now: what a price is quoted from."""
        if owner is None:
            return Cart()
        with reading_own_writes(), self._database.read() as connection:
            return sql.read_cart(connection, owner, self._now())

    def put(self, owner: str, variant_id: int, quantity: int) -> None:
        """Let the cart hold so many of a variant; the same call twice changes nothing more.

        Raises: Invalid out of 1 to 99, or in a cart with 100 lines; NotFound for what is not on sale; Conflict if there
        is not enough of it.
        """
        _check(quantity)
        with self._changing(owner) as connection:
            sql.put_line(connection, owner, variant_id, quantity)

    def add(self, owner: str, variant_id: int, quantity: int) -> None:
        """Put so many more into the cart. Raises: as ``put``."""
        _check(quantity)
        with self._changing(owner) as connection:
            there = sql.quantities(connection, owner).get(variant_id, 0)
            sql.put_line(connection, owner, variant_id, there + quantity)

    def remove(self, owner: str, variant_id: int) -> None:
        """Take a variant out of the cart, if it is in it."""
        with self._changing(owner) as connection:
            sql.remove_line(connection, owner, variant_id)

    def merge(self, from_owner: str | None, to_owner: str | None) -> None:
        """Move what a guest had into an account's cart: quantities add up, as far as stock and limits allow.

        The guest's cart is gone then, so the same call again does nothing.
        """
        if from_owner is None or to_owner is None or from_owner == to_owner:
            return
        now = self._now()
        with self._database.write() as session:
            connection = session.connection()
            if not sql.quantities(connection, from_owner):
                return
            for owner in sorted((from_owner, to_owner)):  # always in this order: two merges never wait in a ring
                sql.lock_cart(connection, owner, now)
            sql.pour(connection, from_owner, to_owner)
            connection.execute(delete(StoredCart).where(StoredCart.owner == from_owner))
            sql.renew_edition(connection, to_owner, now)
        self.forget(from_owner, to_owner)

    def apply_voucher(self, owner: str, code: str) -> None:
        """Let a voucher count for the cart. How often a visitor may try is the caller's to limit.

        Raises: Invalid for a code that is unknown or can't be used now.
        """
        code = normalised(code)
        with self._changing(owner) as connection:
            voucher = sql.find_voucher(connection, code)
            if voucher is None or not voucher.is_valid(self._now()):
                raise Invalid("This code can’t be used.", errors=("code: unknown, or not valid now",))
            connection.execute(update(StoredCart).where(StoredCart.owner == owner).values(voucher_code=code))

    def remove_voucher(self, owner: str) -> None:
        """Let no voucher count for the cart."""
        with self._changing(owner) as connection:
            connection.execute(update(StoredCart).where(StoredCart.owner == owner).values(voucher_code=None))

    def forget(self, *owners: str) -> None:
        """Drop the copies. To be called after a change was committed."""
        self._cache.forget(*map(_place, owners))

    def clean_up(self, unused_for: timedelta = timedelta(days=90), limit: int = 500) -> int:
        """Drop carts that nobody has changed for so long, and return how many."""
        before = self._now() - unused_for
        with self._database.write() as session:
            old = select(StoredCart.owner).where(StoredCart.changed_at < before).limit(limit)
            owners = session.scalars(old).all()
            session.execute(delete(StoredCart).where(StoredCart.owner.in_(owners), StoredCart.changed_at < before))
        return len(owners)

    @contextmanager
    def _changing(self, owner: str) -> Iterator[Connection]:
        """Have the cart alone for the block, in a transaction; then its edition is new and its copy gone."""
        now = self._now()
        with self._database.write() as session:
            connection = session.connection()
            sql.lock_cart(connection, owner, now)
            yield connection
            sql.renew_edition(connection, owner, now)
        self.forget(owner)


def _check(quantity: int) -> None:
    if not 1 <= quantity <= MOST_OF_ONE:
        raise Invalid(f"A cart holds 1 to {MOST_OF_ONE} of a kind.", errors=(f"quantity: 1 to {MOST_OF_ONE}",))


def _place(owner: str) -> str:
    return f"cart:{owner}"
