"""Whatever is killed while people buy: every order that was paid exists once, and everything adds up."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app_support.buying import Clock
from app_support.killing import Killer, Rhythm, Scene, scene
from app_support.shoppers import Shopper, Weather
from shop.catalogue.models import Variant
from shop.orders.models import LedgerGap, Refund, StoredOrder, StoredOrderLine
from shop.orders.order import OrderState
from shop.orders.placing import HELD_FOR
from shop.orders.upkeep import Upkeep
from shop.outbox.models import OutboxRow
from shop.outbox.outbox import LONGEST_WAIT_SECONDS, Delivery, Outbox
from shop.pricing.models import StoredVoucher, VoucherUse
from shop.shop import Shop
from shop.worker import Worker

BANK_SECONDS = 15  # longer than the provider's bank takes over a debit
LATER = timedelta(seconds=LONGEST_WAIT_SECONDS) + HELD_FOR  # no claim, no wait and no reservation lasts so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """So many orders, so many shoppers at a time, who pause between steps, among kills in their rhythms."""

    orders: int
    shoppers: int
    pause_seconds: float
    rhythms: dict[str, Rhythm]
    seed: int
    worker_has_seconds: float
    most_kills: int | None = None  # of each part


SAMPLE = Plan(
    orders=60,
    shoppers=8,
    pause_seconds=0.3,
    rhythms={
        "application": Rhythm((1.0, 5.0), (0.0, 0.5)),
        "worker": Rhythm((1.0, 4.0), (0.0, 1.0)),
        "database": Rhythm((1.0, 5.0), (0.0, 1.0)),
        "cache": Rhythm((0.5, 3.0), (0.0, 2.0)),
        "provider": Rhythm((1.0, 5.0), (0.0, 1.0)),
    },
    seed=4,
    worker_has_seconds=0,
    most_kills=2,
)
PROOF = Plan(
    orders=1_000,
    shoppers=24,
    pause_seconds=1.0,
    rhythms={
        "application": Rhythm((4.0, 16.0), (0.0, 1.0)),
        "worker": Rhythm((1.0, 8.0), (0.0, 2.0)),
        "database": Rhythm((4.0, 16.0), (0.0, 2.0)),
        "cache": Rhythm((1.0, 8.0), (0.0, 3.0)),
        "provider": Rhythm((4.0, 16.0), (0.0, 2.0)),
    },
    seed=1,
    worker_has_seconds=300,
)


def test_of_60_orders_under_kills_every_paid_one_exists_once() -> None:
    under_kills(SAMPLE)


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_of_1000_orders_under_kills_every_paid_one_exists_once() -> None:
    under_kills(PROOF)


def under_kills(plan: Plan) -> None:
    """Let people buy while everything is killed, then look whether it adds up: at once, and after an hour."""
    with scene() as here:
        codes = issue_vouchers(here.shop, plan.orders)
        start = fill_the_shelves(here.shop, plan.orders)
        killer, weather, began = Killer(here, plan.rhythms, plan.seed, plan.most_kills), Weather(), time.monotonic()
        shoppers = [
            Shopper(here.url, number, plan.seed, weather, list(start), codes, plan.pause_seconds)
            for number in range(plan.orders)
        ]
        with killer.at_work():
            buy(shoppers, plan.shoppers)
        bought_in = time.monotonic() - began
        waited = let_the_worker_finish(here, plan.worker_has_seconds)
        later(here.shop).round()
        print(  # noqa: T201 - shown by -rP
            f"seed {plan.seed}: {plan.orders} orders in {bought_in:.0f} s, the worker was done {waited:.0f} s later\n"
            f"killed:\n{killer.table()}\nendings: {dict(Counter(shopper.ending for shopper in shoppers))}\n"
            f"answers: {dict(sorted(weather.answers.items()))}, broken connections: {weather.broken}"
        )
        assert killer.has_killed_all()
        adds_up(here, shoppers, start)
        give_up_what_nobody_pays(here)
        adds_up(here, shoppers, start)
        assert weather.bugs == []
        assert here.complaints() == []
        assert not {order.state for order in orders_of(here.shop)} & {OrderState.AWAITING_PAYMENT}


def buy(shoppers: Sequence[Shopper], at_a_time: int) -> None:
    """Let all of them shop; if one fails, no more begin."""
    with ThreadPoolExecutor(at_a_time) as threads:
        try:
            for done in as_completed([threads.submit(shopper.shop) for shopper in shoppers]):
                done.result()
        finally:
            threads.shutdown(cancel_futures=True)


def issue_vouchers(shop: Shop, orders: int) -> list[str]:
    """Issue one that is soon used up, one that each may use once, and one that leaves nothing to pay."""
    with shop.database.write() as session:
        session.add_all([
            StoredVoucher(code="FEW", percent=10, max_uses=orders // 20),
            StoredVoucher(code="ONCE", amount_minor=100, is_once_per_customer=True),
            StoredVoucher(code="GIFT", percent=100, max_uses=orders // 10),
        ])  # fmt: skip
    return ["FEW", "ONCE", "GIFT"]


def fill_the_shelves(shop: Shop, orders: int) -> dict[int, int]:
    """Let there be enough of everything but of one thing, and return how many there are of each."""
    with shop.database.write() as session:
        session.execute(update(Variant).values(stock=orders * 4))
        session.execute(update(Variant).where(Variant.sku == "glass-cup-s").values(stock=orders // 10))
    return stocks(shop)


def let_the_worker_finish(here: Scene, seconds: float) -> float:
    """Let banks answer and the worker go on for so long at most, then end it; return how long it took."""
    here.payments.hurry(BANK_SECONDS)
    here.payments.delivers("on")
    began = time.monotonic()
    while unfinished(here.shop) and time.monotonic() - began < seconds:
        time.sleep(0.5)
    waited = time.monotonic() - began
    assert seconds == 0 or not unfinished(here.shop)
    here.end_worker()
    return waited


def later(shop: Shop) -> Worker:
    """Return a worker for whom the claims of killed ones are over, and everything that waits is due."""
    return Worker(replace(shop, outbox=Outbox(shop.database, now=Clock(LATER.total_seconds()))))


def give_up_what_nobody_pays(here: Scene) -> None:
    """Let the time to pay pass."""
    clock = Clock(HELD_FOR.total_seconds() + 60)
    orders = replace(here.shop.orders, now=clock)
    while Upkeep(orders, here.shop.payments, clock).give_up_overdue():
        pass
    later(here.shop).round()


def adds_up(here: Scene, shoppers: Sequence[Shopper], start: dict[int, int]) -> None:
    """Compare what shoppers, provider, database and mailbox hold against each other."""
    orders = {order.id: order for order in orders_of(here.shop)}
    said = [order_id for shopper in shoppers for order_id in shopper.order_ids]
    assert [len(shopper.order_ids) for shopper in shoppers] == [1] * len(shoppers), "a wish became two orders, or none"
    assert sorted(said) == sorted(orders), "an order was lost, or one is there that nobody was told of"
    money_agrees(here, orders)
    goods_agree(here.shop, orders, start)
    vouchers_agree(here.shop, list(orders.values()))
    assert unfinished(here.shop) == []
    mails_agree(here, orders)
    with here.shop.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(LedgerGap)).scalar_one() == 0


def money_agrees(here: Scene, orders: dict[str, Any]) -> None:
    """Look whether each payment is an order's, and each paid order has one payment that stayed."""
    kept: Counter[str] = Counter()
    given_back: Counter[str] = Counter()
    for found in here.payments.everything()["payments"]:
        assert found["page"]["client_reference_id"] in orders
        if found["payment"] is None or found["payment"]["status"] != "succeeded":
            continue
        order_id, amount = found["page"]["client_reference_id"], found["payment"]["amount_received"]
        refunded = sum(refund["amount"] for refund in found["refunds"] if refund["status"] == "succeeded")
        assert refunded in {0, amount}
        kept[order_id] += amount - refunded
        given_back[order_id] += refunded
        assert refunded or orders[order_id].payment_id == found["payment"]["id"]
    for order in orders.values():
        is_paid = order.state == OrderState.PAID
        assert kept[order.id] == (order.total_minor if is_paid else 0), f"{order.id} is {order.state}"
        assert order.paid_minor - order.refunded_minor == kept[order.id]
        assert order.attention is None
    with here.shop.database.read() as connection:
        rows = connection.execute(select(Refund.order_id, func.sum(Refund.amount_minor)).group_by(Refund.order_id))
        assert {order_id: int(amount) for order_id, amount in rows} == {k: v for k, v in given_back.items() if v}


def goods_agree(shop: Shop, orders: dict[str, Any], start: dict[int, int]) -> None:
    """Look whether what is on the shelves and what is in orders is what there was."""
    lines = select(StoredOrderLine.order_id, StoredOrderLine.variant_id, StoredOrderLine.quantity)
    held: Counter[int] = Counter()
    with shop.database.read() as connection:
        for order_id, variant_id, quantity in connection.execute(lines):
            assert variant_id is not None
            held[variant_id] += quantity if orders[order_id].state != OrderState.CANCELLED else 0
    assert {variant: there + held[variant] for variant, there in stocks(shop).items()} == start
    assert min(stocks(shop).values()) >= 0


def vouchers_agree(shop: Shop, orders: Sequence[Any]) -> None:
    """Look whether each use of a voucher is an order's, and none too many."""
    used = Counter(order.voucher_code for order in orders if order.state != OrderState.CANCELLED)
    with shop.database.read() as connection:
        for row in connection.execute(select(StoredVoucher.code, StoredVoucher.uses, StoredVoucher.max_uses)):
            assert row.uses == used[row.code]
            assert row.max_uses is None or row.uses <= row.max_uses
        once = select(VoucherUse.order_id).where(VoucherUse.code == "ONCE")
        assert len(connection.execute(once).all()) == used["ONCE"]


def mails_agree(here: Scene, orders: dict[str, Any]) -> None:
    """Look whether each mail that was announced was sent once, and each paid order was confirmed once."""
    announced = select(OutboxRow).where(OutboxRow.topic.startswith("mail."))
    with here.shop.database.read() as connection:
        rows = connection.execute(announced).all()
    keys = [
        Delivery(
            id=row.id,
            topic=row.topic,
            payload=row.payload,
            attempt=1,
            announced_at=row.announced_at,
            claimed_until=row.announced_at,
        ).key
        for row in rows
    ]
    assert sorted(keys) == sorted(mail.stem for mail in (here.home / "mail").glob("*.eml"))
    confirmed = Counter(row.payload["order_id"] for row in rows if row.topic == "mail.order_confirmation")
    assert set(confirmed) >= {order.id for order in orders.values() if order.state == OrderState.PAID}
    assert set(confirmed.values()) <= {1}


def orders_of(shop: Shop) -> Sequence[Any]:
    """Return all orders."""
    with shop.database.read() as connection:
        return connection.execute(select(*StoredOrder.__table__.columns)).all()


def stocks(shop: Shop) -> dict[int, int]:
    """Return how many there are of each variant."""
    with shop.database.read() as connection:
        return {row.id: row.stock for row in connection.execute(select(Variant.id, Variant.stock))}


def unfinished(shop: Shop) -> list[Any]:
    """Return what was announced and not done, and what was given up."""
    waiting = select(OutboxRow.id, OutboxRow.topic, OutboxRow.attempts, OutboxRow.last_error)
    with shop.database.read() as connection:
        return list(connection.execute(waiting.where(OutboxRow.done_at.is_(None))).all())
