"""What every change may rely on: it is done once and whole, and again if it had to give way to another one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from shop.catalogue.models import Category
from shop.database import GaveWay
from shop.shop import Shop

T = TypeVar("T")


def renamed(first: str, second: str, both_hold_one: Barrier) -> Callable[[Session], None]:
    """A change of two rows in an order of its own, which waits in between for another one that has begun."""
    turns = iter([True])

    def work(session: Session) -> None:
        session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
        session.execute(update(Category).where(Category.slug == first).values(position=Category.position + 1))
        if next(turns, False):
            both_hold_one.wait(10)
        session.execute(update(Category).where(Category.slug == second).values(position=Category.position + 1))

    return work


def done(shop: Shop, work: Callable[[Session], T]) -> T:
    """Do the work in one transaction, until it need not give way."""

    def attempt() -> T:
        with shop.database.write() as session:
            return work(session)

    return shop.database.until_done(attempt)


def positions(shop: Shop) -> list[int]:
    with shop.database.read() as connection:
        return list(connection.scalars(select(Category.position).order_by(Category.slug)))


def test_two_changes_that_wait_for_each_other_are_both_done_once(shop: Shop) -> None:
    before, barrier = positions(shop), Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        for change in [
            pool.submit(done, shop, renamed("mugs", "lamps", barrier)),
            pool.submit(done, shop, renamed("lamps", "mugs", barrier)),
        ]:
            change.result(30)
    assert positions(shop) == [position + 2 for position in before]


def test_a_change_that_has_to_give_way_every_time_says_so(shop: Shop) -> None:
    tries = []

    def work(session: Session) -> None:
        tries.append(session)
        session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$"))

    with pytest.raises(GaveWay):
        done(shop, work)
    assert len(tries) > 3


def test_what_a_change_returns_is_returned_and_what_it_raises_undoes_it(shop: Shop) -> None:
    assert done(shop, lambda session: session.scalar(text("SELECT 7"))) == 7
    before = positions(shop)

    def half(session: Session) -> None:
        session.execute(update(Category).values(position=99))
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        done(shop, half)
    assert positions(shop) == before
