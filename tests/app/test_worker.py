"""What was announced is done, though workers die, providers go away and several work at once."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app_support.aws import REGION, Cloud
from app_support.browser import environment_of
from app_support.buying import Clock, at_once, guest, selling, set_stock, variant, voucher, wish
from app_support.identity import refusing_writes
from app_support.payments import Payments
from shop.config import Config
from shop.mail import Mail, open_mailer
from shop.orders.order import Order, OrderState
from shop.orders.sql_store import SqlOrders
from shop.orders.upkeep import Upkeep
from shop.outbox.models import OutboxRow
from shop.outbox.outbox import (
    LEASE,
    MOST_ATTEMPTS,
    Announcement,
    Delivery,
    Outbox,
    announce,
    announce_all,
    wait_seconds,
)
from shop.payments.provider import Notice
from shop.problems import Unavailable
from shop.queue import open_queue
from shop.shop import Shop, open_shop
from shop.storage import open_storage
from shop.worker import Worker

Killed = Callable[[str, str], None]
LATER = LEASE + timedelta(seconds=1)
_numbers = itertools.count()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(shop: Shop, payments: Payments, tmp_path: Path, clock: Clock) -> Shop:
    """The shop, selling by Stripe, with an empty outbox, a mailbox and a storage of its own."""
    with shop.database.write() as session:
        session.execute(update(OutboxRow).values(due_at=None, done_at=datetime.now(UTC)))
    elsewhere = shop.config.model_copy(update={"media_folder": tmp_path / "media", "mail_folder": tmp_path / "mail"})
    return replace(
        selling(shop, payments.provider(), clock),
        outbox=Outbox(shop.database, now=clock),
        mailer=open_mailer(elsewhere),
        storage=open_storage(elsewhere),
        queue=None,
    )


@pytest.fixture
def mug(store: Shop) -> int:
    """A thing of which there is plenty."""
    mug = variant(store, "plain-mug-s")
    set_stock(store, mug, 100)
    return mug


def opened(store: Shop, mug: int) -> Order:
    """An order with its payment page."""
    owner = guest()
    store.carts.put(owner, mug, 2)
    placed = store.orders.place(wish(owner))
    store.orders.open_page(placed.order_id)
    return store.orders.order(placed.order_id)


def paid(store: Shop, payments: Payments, mug: int) -> Order:
    """An order that was paid."""
    order = opened(store, mug)
    payments.pay(str(order.page_url))
    assert store.orders.settle(str(order.page_id)) is OrderState.PAID
    return store.orders.order(order.id)


def mails(store: Shop, tmp_path: Path) -> list[str]:
    """The subjects of the mails that were sent."""
    said = [path.read_text() for path in sorted((tmp_path / "mail").glob("*.eml"))]
    return [line.removeprefix("Subject: ") for mail in said for line in mail.splitlines() if line.startswith("Subject")]


def rows(store: Shop, topic: str) -> list[OutboxRow]:
    with store.database.write() as session:
        return list(session.scalars(select(OutboxRow).where(OutboxRow.topic == topic, OutboxRow.done_at.is_(None))))


def test_a_round_does_all_that_follows_from_an_order(
    store: Shop, payments: Payments, clock: Clock, mug: int, tmp_path: Path
) -> None:
    order = paid(store, payments, mug)
    store.orders.mark_shipped(order.id)
    store.orders.refund(order.id, 100, "merchant")
    clock.ahead_seconds = 60
    assert Worker(store).round() == 6
    assert sorted(mails(store, tmp_path)) == [
        f"A refund for your order {order.number}",
        f"Thank you for your order {order.number}",
        f"Your order {order.number} is on its way",
    ]
    assert store.payments.payment(str(order.page_id)).refunded_minor == 100
    assert len(list((tmp_path / "media").rglob("*.json"))) == 1
    assert Worker(store).round() == 0


def test_mails_say_what_was_bought_and_lead_to_the_order(
    store: Shop, payments: Payments, mug: int, tmp_path: Path
) -> None:
    order = paid(store, payments, mug)
    Worker(store).round()
    (mail,) = (tmp_path / "mail").glob("*.eml")
    text = mail.read_text().replace("=\n", "").replace("=3D", "=")
    assert "Plain mug" in text
    assert f"/orders/{order.id}?token=" in text


def test_what_is_announced_in_a_transaction_that_fails_is_not_done(store: Shop) -> None:
    with suppress(ZeroDivisionError), store.database.write() as session:
        announce(session, "mail.order_shipped", {"order_id": "x"})
        raise ZeroDivisionError
    assert rows(store, "mail.order_shipped") == []


def test_several_workers_do_each_thing_once(store: Shop) -> None:
    done: Counter[int] = Counter()
    with store.database.write() as session:
        announce_all(session, [Announcement("test", {}) for _ in range(60)], datetime.now(UTC))

    def note(delivery: Delivery) -> None:
        time.sleep(0.002)
        done[delivery.id] += 1

    at_once(lambda: doing(store, {"test": note}).round(), 4)
    assert len(done) == 60
    assert set(done.values()) == {1}


def doing(store: Shop, handlers: dict[str, Callable[[Delivery], None]]) -> Worker:
    """A worker that does something else."""
    worker = Worker(store)
    worker.handlers = {**worker.handlers, **handlers}
    return worker


def fail(_: Delivery) -> None:
    raise Unavailable("never")


def test_what_fails_is_tried_at_growing_intervals_and_parked_at_last(store: Shop, clock: Clock) -> None:
    with store.database.write() as session:
        announce(session, "test", {"number": 7})
    worker, attempts = doing(store, {"test": fail}), 0
    while not (parked := store.outbox.parked()):
        worker.deliver()
        assert worker.deliver() == 0  # not at once
        attempts += 1
        clock.ahead_seconds += wait_seconds(attempts, lambda: 1.0)
    assert attempts == MOST_ATTEMPTS
    assert (parked[0].topic, parked[0].payload, "never" in parked[0].last_error) == ("test", {"number": 7}, True)
    store.outbox.retry(parked[0].id)
    done: list[int] = []
    assert doing(store, {"test": lambda delivery: done.append(delivery.id)}).round() == 1
    assert (done, store.outbox.parked()) == ([parked[0].id], ())


def test_waits_grow_to_an_hour_and_differ_by_chance() -> None:
    longest = [wait_seconds(attempt, lambda: 1.0) for attempt in (1, 2, 3, 12, 13, 24)]
    assert longest == [1, 2, 4, 2048, 3600, 3600]
    assert wait_seconds(5, lambda: 0.0) == 8
    assert sum(wait_seconds(attempt) for attempt in range(1, MOST_ATTEMPTS)) < timedelta(days=1).total_seconds()


def test_what_kills_its_worker_each_time_is_parked_too(store: Shop, clock: Clock) -> None:
    with store.database.write() as session:
        announce(session, "test", {})
    for _ in range(MOST_ATTEMPTS):
        assert len(store.outbox.claim(10)) == 1  # and nobody hears of it again
        clock.ahead_seconds += LATER.total_seconds()
    Worker(store).deliver()
    assert [parked.topic for parked in store.outbox.parked()] == ["test"]


def test_a_topic_of_the_next_release_waits_for_it(store: Shop) -> None:
    with store.database.write() as session:
        announce(session, "test.of_tomorrow", {})
    Worker(store).round()
    assert [row.last_error for row in rows(store, "test.of_tomorrow")] == [
        "LookupError: this release knows no topic test.of_tomorrow"
    ]


def test_a_mail_that_nobody_can_get_is_parked_at_once(store: Shop, payments: Payments, mug: int) -> None:
    order = paid(store, payments, mug)
    refused = replace(store, orders=replace(store.orders), mailer=Refusing())
    Worker(refused).round()
    assert [parked.payload["order_id"] for parked in store.outbox.parked()] == [order.id]


class Refusing:
    """A mailer that takes no address."""

    def send(self, mail: Mail) -> None:
        """Refuse."""
        Mail("nobody", mail.subject, mail.text, mail.html)


def test_a_worker_that_may_not_write_does_nothing_and_lives(store: Shop, payments: Payments, mug: int) -> None:
    paid(store, payments, mug)
    closed = refusing_writes(store)
    halted = replace(
        closed,
        outbox=Outbox(closed.database),
        orders=replace(store.orders, store=SqlOrders(closed.database), authority=closed.authority),
    )
    assert Worker(halted).round() == 0
    assert Worker(store).round() > 0


def test_a_worker_without_a_database_lives(store: Shop) -> None:
    away = open_shop(store.config.model_copy(update={"db_host": "/nowhere"}))
    assert Worker(away).round() == 0


def test_what_nobody_needs_any_more_goes(store: Shop, payments: Payments, clock: Clock, mug: int) -> None:
    order = paid(store, payments, mug)
    store.orders.hear(Notice(f"evt_{order.id}", "checkout.session.completed", order.page_id))
    Worker(store).round()
    assert Upkeep(store.orders, store.payments, clock).clean_up() == 0
    clock.ahead_seconds = timedelta(days=31).total_seconds()
    assert Upkeep(store.orders, store.payments, clock).clean_up() >= 1
    assert store.outbox.clean_up() >= 2
    assert Worker(store).clean_up() >= 0


def test_a_stopped_worker_gives_back_what_it_has_not_begun(store: Shop) -> None:
    with store.database.write() as session:
        announce_all(session, [Announcement("test", {}) for _ in range(5)], datetime.now(UTC))
    stop, done = threading.Event(), []

    def last_one(delivery: Delivery) -> None:
        done.append(delivery.id)
        stop.set()

    worker = doing(replace(store), {"test": last_one})
    worker.stop = stop
    worker.round()
    assert len(done) == 1
    assert Counter(row.attempts for row in rows(store, "test")) == {0: 4}


def test_sigterm_ends_a_worker_after_the_job_in_hand(store: Shop, config: Config, payments: Payments) -> None:
    environ = {**os.environ, **environment_of(config), **payments.settings()}
    process = subprocess.Popen([sys.executable, "-m", "shop", "work"], env=environ, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"the worker works\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


# ---- killed in the middle


def die() -> None:
    """End as a machine without power does."""
    os.kill(os.getpid(), signal.SIGKILL)


class Dying:
    """Something whose method acts, and is the last thing that its process does."""

    def __init__(self, whole: Any, method: str) -> None:
        self._whole = whole
        self._method = method

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._whole, name)
        if name != self._method:
            return found

        def last(*arguments: Any) -> None:
            found(*arguments)
            die()

        return last


def dying(whole: Any, method: str) -> Any:
    """Return it, deadly."""
    return Dying(whole, method)


def work_and_die(store: Shop, topic: str, moment: str) -> None:
    """Work in a process of its own that is killed at the topic: before its effect, or right after it."""
    fresh = open_shop(store.config)  # no connection is shared with the parent
    child = replace(
        store,
        database=fresh.database,
        carts=fresh.carts,
        outbox=Outbox(fresh.database, now=store.orders.now),
        orders=replace(store.orders, store=SqlOrders(fresh.database), carts=fresh.carts),
    )
    worker = Worker(child if moment == "before" else dying_after(child, topic))
    if moment == "before":
        worker.handlers = {**worker.handlers, topic: lambda _: die()}
    for _ in range(20):
        worker.deliver()


def dying_after(child: Shop, topic: str) -> Shop:
    """Let the process die right after the topic's effect in the world, before anything is noted of it."""
    if topic.startswith("mail."):
        return replace(child, mailer=dying(child.mailer, "send"))
    if topic.startswith("analytics."):
        return replace(child, storage=dying(child.storage, "put"))
    if topic == "order.acknowledge":
        return replace(child, orders=replace(child.orders, ledger=dying(child.orders.ledger, "record")))
    payments = dying(child.payments, "open_page" if topic == "payment.open_page" else "refund")
    return replace(child, payments=payments, orders=replace(child.orders, payments=payments))


@pytest.fixture
def killed(store: Shop, clock: Clock) -> Killed:
    """Kill a worker at a topic, then let another one finish when the claims of the dead one have run out."""

    def kill_and_go_on(topic: str, moment: str) -> None:
        clock.ahead_seconds += 60
        child = multiprocessing.get_context("fork").Process(target=work_and_die, args=(store, topic, moment))
        child.start()
        child.join(30)
        assert child.exitcode == -signal.SIGKILL
        claimed = rows(store, topic)
        assert [row.attempts for row in claimed] == [1]
        Worker(store).round()
        assert [row.id for row in rows(store, topic)] == [row.id for row in claimed]  # the claim still stands
        clock.ahead_seconds += LATER.total_seconds()
        Worker(store).round()
        assert rows(store, topic) == []

    return kill_and_go_on


@pytest.fixture
def order(store: Shop, payments: Payments, mug: int) -> Order:
    """A paid order of which nothing remains to be done."""
    order = paid(store, payments, mug)
    with store.database.write() as session:
        session.execute(update(OutboxRow).values(due_at=None, done_at=datetime.now(UTC)))
    return order


moments = pytest.mark.parametrize("moment", ["before", "after"])


@moments
def test_a_worker_killed_at_a_mail_loses_and_doubles_none(
    store: Shop, order: Order, tmp_path: Path, killed: Killed, moment: str
) -> None:
    for sent, kind in enumerate(("order_confirmation", "order_shipped", "order_cancelled", "order_refunded"), 1):
        with store.database.write() as session:
            announce(session, f"mail.{kind}", {"order_id": order.id})
        killed(f"mail.{kind}", moment)
        assert len(mails(store, tmp_path)) == sent
        assert order.number in mails(store, tmp_path)[-1]


@moments
def test_a_worker_killed_at_a_refund_gives_the_money_back_once(
    store: Shop, payments: Payments, mug: int, killed: Killed, moment: str
) -> None:
    order = paid(store, payments, mug)
    store.orders.refund(order.id, 700, "merchant")
    killed("payment.refund", moment)
    assert store.payments.payment(str(order.page_id)).refunded_minor == 700
    assert store.orders.order(order.id).refunded_minor == 700


@moments
def test_a_worker_killed_at_a_payment_page_opens_one(store: Shop, mug: int, killed: Killed, moment: str) -> None:
    owner = guest()
    store.carts.put(owner, mug, 1)
    placed = store.orders.place(wish(owner))
    killed("payment.open_page", moment)
    order = store.orders.order(placed.order_id)
    assert order.page_url is not None
    entries = store.payments.ledger(datetime.now(UTC) - timedelta(minutes=5))
    assert [entry.page_id for entry in entries if entry.order_id == order.id] == [order.page_id]


class Booklet:
    """A ledger in a file, as a system elsewhere keeps it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_away = False

    def record(self, entry: object) -> None:
        """See Ledger."""
        if self.is_away:
            raise Unavailable
        known = self.path.read_text().splitlines() if self.path.exists() else []
        self.path.write_text("\n".join(dict.fromkeys([*known, repr(entry)])))


@moments
def test_a_worker_killed_at_the_ledger_acknowledges_an_order_once(
    store: Shop, mug: int, tmp_path: Path, killed: Killed, moment: str
) -> None:
    ledger, owner = Booklet(tmp_path / "ledger"), guest()
    store.carts.put(owner, mug, 5)
    store.carts.apply_voucher(owner, voucher(store, percent=100))
    ledger.is_away = True
    placed = replace(store.orders, ledger=ledger).place(wish(owner))
    assert placed.state is OrderState.AWAITING_PAYMENT
    killed("order.acknowledge", moment)
    assert store.orders.order(placed.order_id).state is OrderState.PAID
    assert mails(store, tmp_path) == [f"Thank you for your order {store.orders.order(placed.order_id).number}"]


@moments
def test_a_worker_killed_at_a_note_for_analysts_writes_one(
    store: Shop, mug: int, tmp_path: Path, killed: Killed, moment: str
) -> None:
    opened(store, mug)
    killed("analytics.order_placed", moment)
    assert len(list((tmp_path / "media").rglob("*.json"))) == 1


# ---- by way of a queue


@pytest.fixture
def by_queue(aws: Cloud, store: Shop) -> Shop:
    """The shop with a queue of SQS."""
    url = aws.client("sqs").create_queue(QueueName=f"outbox-{next(_numbers)}")["QueueUrl"]
    told = {"sqs_queue_url": url, "aws_region": REGION, "aws_endpoint_url": aws.url}
    return replace(store, queue=open_queue(store.config.model_copy(update=told)))


def test_by_way_of_a_queue_each_thing_is_done_once(
    by_queue: Shop, payments: Payments, mug: int, tmp_path: Path
) -> None:
    order = paid(by_queue, payments, mug)
    queue, worker = by_queue.queue, Worker(by_queue)
    assert queue is not None
    (row,) = rows(by_queue, "mail.order_confirmation")
    for body in (str(row.id), "no number", "999999999999"):  # come twice, or from elsewhere
        queue.send(body)
    worker.round()
    assert mails(by_queue, tmp_path) == [f"Thank you for your order {order.number}"]
    assert rows(by_queue, "mail.order_confirmation") == []
    assert queue.waiting() == 0


def test_what_a_queue_loses_is_sent_again(
    by_queue: Shop, payments: Payments, clock: Clock, mug: int, tmp_path: Path
) -> None:
    paid(by_queue, payments, mug)
    sent: list[str] = []
    by_queue.outbox.send(sent.append, 100)
    assert len(sent) == 2
    Worker(by_queue).round()
    assert mails(by_queue, tmp_path) == []
    clock.ahead_seconds = 16 * 60
    Worker(by_queue).round()
    assert len(mails(by_queue, tmp_path)) == 1
