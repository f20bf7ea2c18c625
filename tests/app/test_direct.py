"""What goes to the driver as it is gives what SQLAlchemy would give, and fails as it would."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, bindparam, insert, literal, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app_support.identity import questions
from shop.accounts.models import StoredSession
from shop.catalogue.models import Category, Product
from shop.database import begin_reads, has_written
from shop.direct import Change, execute_together, fetch
from shop.outbox.models import OutboxRow
from shop.problems import Conflict, Unavailable
from shop.shop import Shop

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PRODUCTS = (
    select(Product.slug, Product.price_minor, Product.has_model, literal("€").label("currency"))
    .where(Product.slug.in_([bindparam("one"), bindparam("other")]))
    .order_by(Product.slug)
)
ADD = insert(Category).inline()
MOVE = update(Category).where(Category.slug == bindparam("which")).values(position=bindparam("where"))


def test_rows_have_the_names_and_values_that_sqlalchemy_gives(shop: Shop) -> None:
    wanted = {"one": "desk-lamp", "other": "plain-mug"}
    with shop.database.read() as connection:
        found = fetch(connection, PRODUCTS, wanted)
        assert list(found) == [tuple(row) for row in connection.execute(PRODUCTS, wanted)]
    assert [row.slug for row in found] == ["desk-lamp", "plain-mug"]
    assert {row.currency for row in found} == {"€"}


def test_values_are_converted_as_their_columns_say(shop: Shop) -> None:
    row = {"digest": "d" * 64, "id": "1" * 26, "account_id": None, "agent": "", "begun_at": NOW, "seen_at": NOW}
    message = {"topic": "test", "payload": {"a": [1, None]}, "announced_at": NOW, "due_at": None, "attempts": 0}
    moments = select(StoredSession.begun_at, StoredSession.account_id).where(StoredSession.digest == bindparam("of"))
    payloads = select(OutboxRow.payload).where(OutboxRow.topic == bindparam("topic"))
    with shop.database.transaction() as connection:
        changes = Change(insert(StoredSession).inline(), [row]), Change(insert(OutboxRow).inline(), [message])
        execute_together(connection, *changes)
        assert fetch(connection, moments, {"of": "d" * 64})[0] == (NOW, None)
        assert fetch(connection, payloads, {"topic": "test"})[0].payload == {"a": [1, None]}
        connection.rollback()


def test_changes_are_one_statement(shop: Shop) -> None:
    new = [{"slug": f"direct-{number}", "name": "", "position": 90} for number in range(3)]
    moved = [{"which": "mugs", "where": 91}, {"which": "nowhere", "where": 91}]
    with shop.database.transaction() as connection:
        with questions() as asked:
            execute_together(connection, Change(ADD, new), Change(MOVE, moved))
        assert len(asked) == 1
        found = connection.execute(select(Category.position).where(Category.position >= 90))
        assert sorted(found.scalars()) == [90, 90, 90, 91]
        connection.rollback()


@pytest.mark.parametrize(("first", "second", "is_held"), [("mugs", "lamps", False), ("lamps", "mugs", True)])
def test_changes_lock_in_their_order(shop: Shop, first: str, second: str, *, is_held: bool) -> None:
    """Somebody holds the mugs: the lamps are locked meanwhile only if they come before."""
    row = select(Category.position).where(Category.slug == bindparam("which")).with_for_update()
    both = Change(MOVE, [{"which": first, "where": 5}, {"which": second, "where": 5}], Conflict())
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH part_0%'")
    with (
        ThreadPoolExecutor(1) as pool,
        shop.database.read() as watcher,  # a transaction would see the activity of one moment only
        shop.database.writer.begin() as holder,
    ):
        holder.execute(row, {"which": "mugs"})
        done = pool.submit(shop.database.change, both)
        while not watcher.scalar(waiting):
            time.sleep(0.01)
        with shop.database.writer.begin() as other:
            free = other.execute(row.with_for_update(skip_locked=True), {"which": "lamps"}).all()
        assert bool(free) is not is_held
        holder.rollback()
        done.result(10)


def test_nothing_to_change_asks_nothing(shop: Shop) -> None:
    with questions() as asked:
        shop.database.change(Change(MOVE, [], Conflict()))
    assert asked == []


def test_a_change_of_too_little_says_what_it_is_to_say_and_ends_all(shop: Shop) -> None:
    first, second = Conflict("first"), Conflict("second")
    moved = Change(MOVE, [{"which": "lamps", "where": 78}], first)
    lost = Change(MOVE, [{"which": "mugs", "where": 78}, {"which": "nowhere", "where": 78}], second)
    never = Change(MOVE, [{"which": "nowhere", "where": 78}], first)
    with pytest.raises(Conflict) as raised:
        shop.database.change(moved, lost, never)
    assert raised.value is second
    assert 78 not in positions(shop)
    with pytest.raises(Conflict), shop.database.transaction() as connection:
        execute_together(connection, moved, lost)
    assert 78 not in positions(shop)


def test_changes_are_made_and_what_the_visitor_reads_next_comes_from_the_writer(shop: Shop) -> None:
    begin_reads(from_writer=False)
    shop.database.change(Change(MOVE, [{"which": "lamps", "where": 79}], Conflict()))
    assert has_written()
    assert 79 in positions(shop)
    shop.database.change(Change(MOVE, [{"which": "lamps", "where": 2}]))


def test_the_first_change_that_fails_ends_all_and_says_why_as_sqlalchemy_would(shop: Shop) -> None:
    there = [{"slug": "mugs", "name": "", "position": 0}]
    with pytest.raises(IntegrityError, match="uq_category_slug"), shop.database.transaction() as connection:
        execute_together(connection, Change(MOVE, [{"which": "lamps", "where": 77}]), Change(ADD, there))
    assert 77 not in positions(shop)


def test_a_question_that_can_not_be_answered_fails_as_sqlalchemy_would(shop: Shop) -> None:
    broken = select(literal(1) // bindparam("divisor", type_=literal(1).type))
    with pytest.raises(DBAPIError, match="division by zero"), shop.database.read() as connection:
        fetch(connection, broken, {"divisor": 0})


def test_a_connection_that_breaks_meanwhile_is_not_used_again(shop: Shop) -> None:
    asking = select(literal(1))
    with pytest.raises(Unavailable), broken_connection(shop) as connection:
        fetch(connection, asking)
    with shop.database.read() as connection:
        assert list(fetch(connection, asking)) == [(1,)]


def positions(shop: Shop) -> set[int]:
    """The places of the categories, as anybody reads them."""
    with shop.database.read() as connection:
        return set(connection.scalars(select(Category.position)))


@contextmanager
def broken_connection(shop: Shop) -> Iterator[Connection]:
    """A connection for reading that the server has ended."""
    with shop.database.read() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
        with shop.database.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
        yield connection
