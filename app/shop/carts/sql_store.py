"""Carts in PostgreSQL or MySQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from shop.carts import sql
from shop.carts.cart import Cart, no_such_voucher
from shop.carts.models import StoredCart
from shop.database import Database, reading_own_writes


class SqlCarts:
    """A CartStore in a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, owner: str, now: datetime) -> Cart:
        """See CartStore."""
        with reading_own_writes(), self._database.read() as connection:
            return sql.read_cart(connection, owner, now)

    def put(self, owner: str, variant_id: int, quantity: int, now: datetime, *, on_top: bool) -> None:
        """See CartStore."""
        with self._changing(owner, now) as connection:
            there = sql.quantities(connection, owner).get(variant_id, 0) if on_top else 0
            sql.put_line(connection, owner, variant_id, there + quantity)

    def remove(self, owner: str, variant_id: int, now: datetime) -> None:
        """See CartStore."""
        with self._changing(owner, now) as connection:
            sql.remove_line(connection, owner, variant_id)

    def merge(self, from_owner: str, to_owner: str, now: datetime) -> None:
        """See CartStore."""

        def merge() -> None:
            with self._database.transaction() as connection:
                _merge(connection, from_owner, to_owner, now)

        self._database.until_done(merge)

    def apply_voucher(self, owner: str, code: str, now: datetime) -> None:
        """See CartStore."""
        with self._changing(owner, now) as connection:
            voucher = sql.find_voucher(connection, code)
            if voucher is None or not voucher.is_valid(now):
                raise no_such_voucher()
            connection.execute(update(StoredCart).where(StoredCart.owner == owner).values(voucher_code=code))

    def remove_voucher(self, owner: str, now: datetime) -> None:
        """See CartStore."""
        with self._changing(owner, now) as connection:
            connection.execute(update(StoredCart).where(StoredCart.owner == owner).values(voucher_code=None))

    def remove_unused(self, since: datetime, limit: int) -> int:
        """See CartStore."""
        with self._database.write() as session:
            old = select(StoredCart.owner).where(StoredCart.changed_at < since).limit(limit)
            owners = session.scalars(old).all()
            session.execute(delete(StoredCart).where(StoredCart.owner.in_(owners), StoredCart.changed_at < since))
        return len(owners)

    @contextmanager
    def _changing(self, owner: str, now: datetime) -> Iterator[Connection]:
        """Have the cart alone for the block, in a transaction; then its edition is new."""
        with self._database.write() as session:
            connection = session.connection()
            sql.lock_cart(connection, owner, now)
            yield connection
            sql.renew_edition(connection, owner, now)


def _merge(connection: Connection, from_owner: str, to_owner: str, now: datetime) -> None:
    if not sql.quantities(connection, from_owner):
        return
    # Always in this order, so that two merges do not wait for each other; MariaDB may still break one off for another,
    # for it locks what is between the rows too.
    for owner in sorted((from_owner, to_owner)):
        sql.lock_cart(connection, owner, now)
    sql.pour(connection, from_owner, to_owner)
    connection.execute(delete(StoredCart).where(StoredCart.owner == from_owner))
    sql.renew_edition(connection, to_owner, now)
