"""Whatever shoppers, merchants, the provider and the clock do in whatever order: stock, vouchers and money add up."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from app_support.buying import Clock, Till, guest, selling, set_stock, stock, uses, variant, voucher, wish
from shop.orders.models import StoredOrder, StoredOrderLine
from shop.orders.order import Order, OrderState
from shop.orders.placing import HELD_FOR
from shop.orders.upkeep import Upkeep
from shop.outbox.models import OutboxRow
from shop.payments.provider import PaymentStatus
from shop.problems import Conflict, Invalid, NotFound, Unavailable
from shop.shop import Shop
from shop.worker import Worker

START = 12
DEEDS = (
    "buy", "buy_by_voucher", "open", "pay", "pay_wrongly", "come_back", "cancel", "cancel_as_buyer", "ship", "work",
    "refund_some", "refund_all", "refund_elsewhere", "wait", "reconcile", "provider_leaves", "replies_get_lost",
    "provider_returns",
)  # fmt: skip


class World:
    """A shop with two things and a voucher, a till, a clock, and everybody who does something to them."""

    def __init__(self, shop: Shop, seed: int) -> None:
        with shop.database.write() as session:  # what an example left that did not come to its end
            session.execute(update(StoredOrder).values(state=OrderState.CANCELLED, expires_at=func.now()))
            session.execute(update(OutboxRow).values(due_at=None, done_at=func.now()))
        self.till, self.clock, self.chance = Till(), Clock(), random.Random(seed)  # noqa: S311 - a sequence to repeat
        self.shop = selling(shop, self.till, self.clock)
        self.upkeep = Upkeep(self.shop.orders, self.till, self.clock)
        self.things = [variant(shop, "plain-mug-s"), variant(shop, "desk-lamp-s")]
        for thing in self.things:
            set_stock(shop, thing, START)
        self.code = voucher(shop, percent=50, max_uses=2)
        self.ids: list[str] = []

    def do(self, deed: str) -> None:
        """Do something; a refusal is an answer too."""
        try:
            getattr(self, deed)()
        except (Conflict, Invalid, NotFound):
            pass
        except Unavailable:
            if not (self.till.is_away or self.till.loses_replies):
                raise

    def order(self) -> Order:
        """One of the orders."""
        if not self.ids:
            raise NotFound
        return self.shop.orders.order(self.chance.choice(self.ids))

    def page(self) -> str:
        """One of the pages, also one whose opening the shop never heard of."""
        if not self.till.pages:
            raise NotFound
        return self.chance.choice(list(self.till.pages))

    def buy(self, code: str | None = None) -> None:
        owner, orders = guest(), self.shop.orders
        for thing in self.things:
            self.shop.carts.put(owner, thing, self.chance.randint(1, 4))
        if code is not None:
            self.shop.carts.apply_voucher(owner, code)
        wanted = wish(owner)
        self.ids.append(orders.place(wanted).order_id)
        assert orders.place(wanted).order_id == self.ids[-1]

    def buy_by_voucher(self) -> None:
        self.buy(self.code)

    def open(self) -> None:
        self.shop.orders.open_page(self.order().id)

    def pay(self) -> None:
        self.till.pay(self.page())

    def pay_wrongly(self) -> None:
        self.till.pay(self.page(), amount_minor=self.chance.randint(1, 99_999))

    def come_back(self) -> None:
        self.shop.orders.settle(self.page())

    def cancel(self) -> None:
        self.shop.orders.cancel(self.order().id)

    def cancel_as_buyer(self) -> None:
        self.shop.orders.cancel(self.order().id, is_paid_too=False)

    def ship(self) -> None:
        self.shop.orders.mark_shipped(self.order().id)

    def refund_some(self) -> None:
        self.shop.orders.refund(self.order().id, self.chance.randint(1, 3000), "merchant")

    def refund_all(self) -> None:
        order = self.order()
        self.shop.orders.refund(order.id, order.refundable_minor, "merchant")

    def refund_elsewhere(self) -> None:
        order = self.order()
        payment = self.till.pages.get(str(order.page_id))
        if payment is None or payment.id is None or self.till.is_away or self.till.loses_replies:
            return
        is_all_made = payment.refunded_minor == order.refunded_minor  # else the shop may be about to give it back
        if is_all_made and order.refundable_minor > 1:
            self.till.refund(payment.id, 1, guest())

    def wait(self) -> None:
        self.clock.ahead_seconds += HELD_FOR.total_seconds() / 2
        self.upkeep.give_up_overdue()

    def reconcile(self) -> None:
        self.upkeep.reconcile()

    def provider_leaves(self) -> None:
        self.till.is_away = True

    def provider_returns(self) -> None:
        self.till.is_away = self.till.loses_replies = False

    def replies_get_lost(self) -> None:
        self.till.loses_replies = True

    def work(self) -> None:
        """Make the refunds that were asked for."""
        with self.shop.database.write() as session:
            rows = session.scalars(
                select(OutboxRow).where(OutboxRow.topic == "payment.refund", OutboxRow.done_at.is_(None))
            ).all()
        for row in rows:
            self.shop.orders.make_refund(row.payload["refund_id"])

    def settle_down(self) -> None:
        """Let everything that is under way come to its end."""
        self.provider_returns()
        self.clock.ahead_seconds += HELD_FOR.total_seconds() + 1
        self.upkeep.give_up_overdue()
        for _ in range(2):
            for page in self.till.pages:
                self.shop.orders.settle(page)
            self.work()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(DEEDS), min_size=5, max_size=60), st.integers(0, 2**32))
def test_everything_adds_up(shop: Shop, deeds: list[str], seed: int) -> None:
    world = World(shop, seed)
    for deed in deeds:
        world.do(deed)
        adds_up(world)
    world.settle_down()
    adds_up(world)
    agrees_with_the_provider(world)


def adds_up(world: World) -> None:
    """What is in stock and what orders hold is what there was; a voucher counts for the orders that have it."""
    holding = StoredOrder.state != OrderState.CANCELLED
    ours = StoredOrder.id.in_(world.ids)
    pieces = select(func.coalesce(func.sum(StoredOrderLine.quantity), 0)).join(
        StoredOrder, StoredOrder.id == StoredOrderLine.order_id
    )
    with world.shop.database.read() as connection:
        for thing in world.things:
            held = connection.execute(pieces.where(StoredOrderLine.variant_id == thing, holding, ours)).scalar_one()
            assert stock(world.shop, thing) + held == START
        by_voucher = select(func.count()).where(StoredOrder.voucher_code == world.code, holding, ours)
        assert uses(world.shop, world.code) == connection.execute(by_voucher).scalar_one() <= 2


def agrees_with_the_provider(world: World) -> None:
    """The shop's account of every order is the provider's, and nobody paid for nothing."""
    orders = [world.shop.orders.order(order_id) for order_id in world.ids]
    assert world.till.kept_minor == sum(order.paid_minor - order.refunded_minor for order in orders)
    for order in orders:
        assert order.state is not OrderState.AWAITING_PAYMENT
        if order.state is OrderState.CANCELLED:
            assert order.refundable_minor == 0
        else:
            assert order.paid_minor == order.total_minor
        page = world.till.pages.get(str(order.page_id))
        assert page is None or page.status is not PaymentStatus.OPEN
        assert page is None or page.status is not PaymentStatus.PAID or page.amount_minor == order.paid_minor


def test_the_worker_knows_every_topic_that_is_announced(shop: Shop) -> None:
    with shop.database.read() as connection:
        topics = set(connection.execute(select(OutboxRow.topic).distinct()).scalars())
    assert topics - {"test"} <= set(Worker(shop).handlers)
