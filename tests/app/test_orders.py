"""Orders are placed once, and what they hold and what was paid for them adds up, whoever asks first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from app_support.buying import (
    BERLIN,
    Clock,
    Till,
    all_stock,
    announced,
    at_once,
    buy,
    guest,
    selling,
    set_stock,
    stock,
    uses,
    variant,
    voucher,
    wish,
)
from app_support.identity import refusing_writes
from shop.money import price
from shop.orders.ledger import LedgerEntry
from shop.orders.models import LedgerGap, StoredOrder
from shop.orders.order import Order, OrderState, Placed
from shop.orders.placing import HELD_FOR, CartChanged, CartEmpty
from shop.orders.refunds import RefundTooLarge
from shop.orders.service import TooLate
from shop.orders.sql_store import SqlOrders
from shop.orders.stock import OutOfStock
from shop.orders.upkeep import Upkeep
from shop.orders.vouchers import VoucherSpent
from shop.payments.provider import Notice
from shop.problems import Conflict, Invalid, NotFound, Unavailable, WritesRefused
from shop.shop import Shop

AWAITING, PAID, SHIPPED, CANCELLED = OrderState


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(shop: Shop, till: Till, clock: Clock) -> Shop:
    """The shop, selling by the till. What other tests left waiting is over."""
    with shop.database.write() as session:
        session.execute(update(StoredOrder).where(StoredOrder.state == AWAITING).values(state=CANCELLED))
    return selling(shop, till, clock)


@pytest.fixture
def mug(store: Shop) -> int:
    """A thing of which there is plenty."""
    mug = variant(store, "plain-mug-s")
    set_stock(store, mug, 100)
    return mug


def paid(store: Shop, till: Till, variant_id: int, quantity: int = 1) -> Order:
    """An order that was paid."""
    order = opened(store, buy(store, variant_id, quantity))
    till.pay(page_of(order))
    assert store.orders.settle(page_of(order)) is PAID
    return store.orders.order(order.id)


def opened(store: Shop, placed: Placed) -> Order:
    """The order, with its payment page open."""
    store.orders.open_page(placed.order_id)
    return store.orders.order(placed.order_id)


def page_of(order: Order) -> str:
    assert order.page_id is not None
    return order.page_id


def test_an_order_takes_the_cart_at_the_catalogues_prices(store: Shop, mug: int) -> None:
    owner = guest()
    store.carts.put(owner, mug, 2)
    placed = store.orders.place(wish(owner))
    order = store.orders.order(placed.order_id)
    assert (order.state, order.subtotal_minor, order.shipping_minor, order.total_minor, order.tax_minor) == (
        AWAITING, 2400, 490, 2890, 461,
    )  # fmt: skip
    assert [(line.sku, line.quantity, line.unit_minor) for line in order.lines] == [("plain-mug-s", 2, 1200)]
    assert (order.email, order.address) == (wish(owner).email, BERLIN)
    assert stock(store, mug) == 98
    assert store.carts.of(owner).lines == ()


def place_anew(store: Shop, owner: str) -> Placed:
    """Buy what is in the cart, under a new key."""
    return store.orders.place(wish(owner))


def place_next(store: Shop, owners: list[str]) -> Placed:
    """Buy the cart of one of them, each once."""
    return store.orders.place(wish(owners.pop()))


def test_an_empty_cart_is_no_order(store: Shop) -> None:
    with pytest.raises(CartEmpty):
        store.orders.place(wish(guest()))


def test_more_than_there_is_takes_nothing_and_says_what_is_short(store: Shop, mug: int) -> None:
    lamp, owner = variant(store, "desk-lamp-s"), guest()
    store.carts.put(owner, mug, 1)
    store.carts.put(owner, lamp, 2)
    set_stock(store, lamp, 1)
    with pytest.raises(OutOfStock, match="Desk lamp") as raised:
        store.orders.place(wish(owner))
    assert raised.value.errors == ("Desk lamp (small)",)
    assert (stock(store, mug), stock(store, lamp)) == (100, 1)
    assert len(store.carts.of(owner).lines) == 2


def test_what_costs_something_else_than_was_shown_is_not_ordered(store: Shop, mug: int) -> None:
    owner = guest()
    store.carts.put(owner, mug, 1)
    with pytest.raises(CartChanged):
        store.orders.place(wish(owner, total=1))
    assert store.orders.place(wish(owner, total=1690)).total_minor == 1690


def test_the_same_key_is_the_same_order_and_another_wish_under_it_a_conflict(store: Shop, mug: int) -> None:
    owner = guest()
    store.carts.put(owner, mug, 1)
    first = store.orders.place(wish(owner, "key"))
    store.carts.put(owner, mug, 3)
    assert store.orders.place(wish(owner, "key")) == first
    with pytest.raises(Conflict, match="key"):
        store.orders.place(wish(owner, "key", country="FR"))
    assert stock(store, mug) == 99
    assert store.carts.of(owner).pieces == 3


def test_the_same_key_of_somebody_else_is_another_order(store: Shop, mug: int) -> None:
    one, other = guest(), guest()
    for owner in (one, other):
        store.carts.put(owner, mug, 1)
    assert store.orders.place(wish(one, "k")).order_id != store.orders.place(wish(other, "k")).order_id


def test_two_requests_with_one_key_make_one_order(store: Shop, mug: int) -> None:
    for _ in range(10):
        owner = guest()
        store.carts.put(owner, mug, 1)
        placed = at_once(partial(store.orders.place, wish(owner, "one")), 4)
        assert len({order.order_id for order in placed if isinstance(order, Placed)}) == 1
        assert len(placed) == 4
    assert stock(store, mug) == 90


def test_two_windows_buy_one_cart_once(store: Shop, mug: int) -> None:
    for _ in range(10):
        owner = guest()
        store.carts.put(owner, mug, 1)
        answers = at_once(partial(place_anew, store, owner), 4)
        assert sum(isinstance(answer, Placed) for answer in answers) == 1
        assert all(isinstance(answer, Placed | CartEmpty | CartChanged) for answer in answers)
    assert stock(store, mug) == 90


def test_orders_of_the_same_things_never_wait_in_a_ring(store: Shop, mug: int) -> None:
    lamp = variant(store, "desk-lamp-l")
    set_stock(store, lamp, 100)

    def both(order: tuple[int, int]) -> Placed:
        owner = guest()
        for thing in order:
            store.carts.put(owner, thing, 1)
        return store.orders.place(wish(owner))

    answers = at_once(lambda: [both((mug, lamp)), both((lamp, mug))], 8)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert (stock(store, mug), stock(store, lamp)) == (84, 84)


def test_nothing_is_ordered_where_writing_is_refused(store: Shop, mug: int) -> None:
    owner = guest()
    store.carts.put(owner, mug, 1)
    database = refusing_writes(store).database
    closed = replace(store.orders, store=SqlOrders(database), authority=database.authority)
    with pytest.raises(WritesRefused):
        closed.place(wish(owner, "refused"))
    assert (stock(store, mug), store.carts.fresh(owner).pieces) == (100, 1)
    assert store.orders.place(wish(owner, "refused")).state is AWAITING


def test_a_payment_makes_an_order_paid_whoever_says_so_and_however_often(store: Shop, till: Till, mug: int) -> None:
    order = opened(store, buy(store, mug))
    page = page_of(order)
    assert store.orders.settle(page) is AWAITING
    till.pay(page)
    at_once(lambda: store.orders.settle(page), 4)
    store.orders.hear(Notice("evt_1" + order.id, "checkout.session.completed", page))
    after = store.orders.order(order.id)
    assert (after.state, after.paid_minor, after.refundable_minor) == (PAID, order.total_minor, order.total_minor)
    assert announced(store, "mail.order_confirmation", order.id) == 1


def test_a_notice_is_worked_off_once(store: Shop, till: Till, mug: int) -> None:
    order = opened(store, buy(store, mug))
    till.pay(page_of(order))
    for _ in range(3):
        store.orders.hear(Notice("evt_2" + order.id, "checkout.session.completed", page_of(order)))
    assert till.calls.count(f"payment {order.page_id}") == 1
    assert store.orders.order(order.id).state is PAID


def test_a_notice_that_could_not_be_worked_off_is_not_forgotten(store: Shop, till: Till, mug: int) -> None:
    order = opened(store, buy(store, mug))
    till.pay(page_of(order))
    notice = Notice("evt_3" + order.id, "checkout.session.completed", None, order.id)
    till.is_away = True
    with pytest.raises(Unavailable):
        store.orders.hear(notice)
    till.is_away = False
    store.orders.hear(notice)
    assert store.orders.order(order.id).state is PAID


def test_a_page_is_opened_once_also_after_lost_replies(store: Shop, till: Till, mug: int) -> None:
    placed = buy(store, mug)
    till.is_away = True
    with pytest.raises(Unavailable):
        store.orders.open_page(placed.order_id)
    till.is_away, till.loses_replies = False, True
    with pytest.raises(Unavailable):
        store.orders.open_page(placed.order_id)
    till.loses_replies = False
    urls = {store.orders.open_page(placed.order_id).payment_url for _ in range(3)}
    assert urls == {f"https://pay.test/cs_{placed.order_id}"}
    assert list(till.requests) == [f"cs_{placed.order_id}"]


def test_an_order_that_waited_too_long_is_cancelled_and_gives_back_what_it_held(
    store: Shop, till: Till, clock: Clock, mug: int
) -> None:
    order, never_opened = opened(store, buy(store, mug, 5)), buy(store, mug, 2)
    clock.ahead_seconds = HELD_FOR.total_seconds() - 5
    upkeep = Upkeep(store.orders, till, clock)
    upkeep.give_up_overdue()
    assert store.orders.order(order.id).state is AWAITING
    clock.ahead_seconds += 10
    with pytest.raises(TooLate):
        store.orders.open_page(never_opened.order_id)
    for _ in range(2):
        upkeep.give_up_overdue()
    assert {store.orders.order(id_).state for id_ in (order.id, never_opened.order_id)} == {CANCELLED}
    assert stock(store, mug) == 100
    assert not till.pay(page_of(order))
    assert announced(store, "mail.order_cancelled", order.id) == 1


def test_an_overdue_order_that_was_paid_after_all_is_paid(store: Shop, till: Till, clock: Clock, mug: int) -> None:
    order = opened(store, buy(store, mug))
    till.pay(page_of(order))
    clock.ahead_seconds = HELD_FOR.total_seconds() + 1
    Upkeep(store.orders, till, clock).give_up_overdue()
    assert store.orders.order(order.id).state is PAID
    assert stock(store, mug) == 99


def test_an_overdue_order_waits_for_a_provider_that_is_away(store: Shop, till: Till, clock: Clock, mug: int) -> None:
    order = opened(store, buy(store, mug))
    clock.ahead_seconds, till.is_away = HELD_FOR.total_seconds() + 1, True
    Upkeep(store.orders, till, clock).give_up_overdue()
    assert store.orders.order(order.id).state is AWAITING
    assert stock(store, mug) == 99


def cancelled_then_paid(store: Shop, till: Till, mug: int, quantity: int) -> Order:
    """An order whose page stayed open although it was cancelled, and was paid."""
    order = opened(store, buy(store, mug, quantity))
    with store.database.write() as session:
        session.execute(update(StoredOrder).where(StoredOrder.id == order.id).values(page_id=None))
    store.orders.cancel(order.id)
    till.pay(page_of(order))
    return order


def test_what_is_paid_after_it_was_cancelled_is_taken_again_if_it_is_there(store: Shop, till: Till, mug: int) -> None:
    order = cancelled_then_paid(store, till, mug, 3)
    assert stock(store, mug) == 100
    for _ in range(2):
        assert store.orders.settle(page_of(order)) is PAID
    assert stock(store, mug) == 97
    assert store.orders.order(order.id).cancelled_at is None


def test_what_is_paid_after_it_was_cancelled_goes_back_if_it_is_sold(store: Shop, till: Till, mug: int) -> None:
    order = cancelled_then_paid(store, till, mug, 3)
    set_stock(store, mug, 2)
    for _ in range(2):
        assert store.orders.settle(page_of(order)) is CANCELLED
    after = store.orders.order(order.id)
    assert (stock(store, mug), after.paid_minor, after.refundable_minor) == (2, order.total_minor, 0)
    assert announced(store, "payment.refund", f"all-{after.payment_id}", "refund_id") == 1


def test_another_amount_than_was_agreed_on_is_flagged_and_goes_back(store: Shop, till: Till, mug: int) -> None:
    order = opened(store, buy(store, mug, 4))
    till.pay(page_of(order), amount_minor=1)
    for _ in range(2):
        assert store.orders.settle(page_of(order)) is CANCELLED
    after = store.orders.order(order.id)
    assert (after.paid_minor, after.refunded_minor, stock(store, mug)) == (1, 1, 100)
    assert after.attention == f"€0.01 was paid, not {price(order.total_minor, 'EUR')}"
    store.orders.make_refund(f"all-{after.payment_id}")
    assert till.kept_minor == 0


def test_a_page_that_was_closed_as_paid_without_money_buys_nothing(store: Shop, till: Till, mug: int) -> None:
    order = opened(store, buy(store, mug))
    till.pay(page_of(order), amount_minor=0)
    till.pages[page_of(order)] = replace(till.pages[page_of(order)], id=None)
    for _ in range(2):
        assert store.orders.settle(page_of(order)) is CANCELLED
    after = store.orders.order(order.id)
    assert (after.paid_minor, after.refunded_minor, stock(store, mug)) == (0, 0, 100)


def test_one_order_that_can_t_be_ended_keeps_nobody_from_the_others(
    store: Shop, till: Till, clock: Clock, mug: int
) -> None:
    broken, other = opened(store, buy(store, mug)), opened(store, buy(store, mug))
    with store.database.write() as session:
        session.execute(update(StoredOrder).where(StoredOrder.id == broken.id).values(voucher_code="X" * 32))
        session.execute(update(StoredOrder).where(StoredOrder.id == broken.id).values(expires_at=order_time(broken)))
    till.pages[page_of(broken)] = replace(till.pages[page_of(broken)], currency="EURO")
    till.pay(page_of(broken), amount_minor=10**12)
    clock.ahead_seconds = HELD_FOR.total_seconds() + 1
    Upkeep(store.orders, till, clock).give_up_overdue()
    assert (store.orders.order(broken.id).state, store.orders.order(other.id).state) == (AWAITING, CANCELLED)


def order_time(order: Order) -> datetime:
    """A moment before every other order was due."""
    return order.placed_at - timedelta(days=1)


def test_a_second_payment_of_an_order_goes_back_and_the_first_stays(store: Shop, till: Till, mug: int) -> None:
    order = paid(store, till, mug)
    second = replace(till.pages[page_of(order)], page_id="cs_second", id="pi_second")
    till.pages["cs_second"] = second
    for _ in range(2):
        store.orders.settle_payment(second)
    store.orders.make_refund("second-pi_second")
    assert till.refunds == {"second-pi_second": ("pi_second", order.total_minor)}
    assert store.orders.order(order.id).refundable_minor == order.total_minor


def test_refunds_are_partial_once_per_key_and_never_above_what_was_paid(store: Shop, till: Till, mug: int) -> None:
    order = paid(store, till, mug)  # 16.90
    for _ in range(2):
        store.orders.refund(order.id, 1000, "merchant", key="first")
    with pytest.raises(RefundTooLarge):
        store.orders.refund(order.id, 691, "merchant")
    answers = at_once(lambda: store.orders.refund(order.id, 400, "merchant"), 4)
    assert sum(isinstance(answer, RefundTooLarge) for answer in answers) == 3
    with pytest.raises(Invalid):
        store.orders.refund(order.id, 0, "merchant")
    assert store.orders.order(order.id).refundable_minor == 290
    for _ in range(2):
        store.orders.make_refund(f"{order.id}-first")
    assert till.kept_minor == 690


def test_a_refund_that_the_provider_refuses_is_undone_and_flagged(store: Shop, till: Till, mug: int) -> None:
    order = paid(store, till, mug)
    till.refunds["elsewhere"] = (str(order.payment_id), order.total_minor)
    store.orders.refund(order.id, 500, "merchant", key="refused")
    for _ in range(2):
        store.orders.make_refund(f"{order.id}-refused")
    after = store.orders.order(order.id)
    assert (after.refunded_minor, "refused" in str(after.attention)) == (0, True)


def test_a_refund_made_at_the_providers_is_noted(store: Shop, till: Till, mug: int) -> None:
    order = paid(store, till, mug)
    store.orders.refund(order.id, 100, "merchant", key="ours")
    store.orders.make_refund(f"{order.id}-ours")
    till.refund(str(order.payment_id), 200, "theirs")
    for _ in range(2):
        store.orders.settle(page_of(order))
    assert store.orders.order(order.id).refunded_minor == 300


def test_a_paid_order_that_is_cancelled_gives_everything_back_once(store: Shop, till: Till, mug: int) -> None:
    order = paid(store, till, mug, 6)
    store.orders.refund(order.id, 100, "merchant")
    for _ in range(2):
        assert store.orders.cancel(order.id) is CANCELLED
    assert store.orders.order(order.id).refundable_minor == 0
    assert stock(store, mug) == 100


def test_a_buyer_cancels_only_what_is_not_paid(store: Shop, till: Till, mug: int) -> None:
    order = opened(store, buy(store, mug))
    till.pay(page_of(order))
    with pytest.raises(Conflict, match="paid"):
        store.orders.cancel(order.id, is_paid_too=False)
    assert store.orders.order(order.id).state is PAID
    unpaid = opened(store, buy(store, mug))
    assert store.orders.cancel(unpaid.id, is_paid_too=False) is CANCELLED
    assert not till.pay(page_of(unpaid))


def test_only_what_is_paid_is_shipped_and_what_is_shipped_is_not_cancelled(store: Shop, till: Till, mug: int) -> None:
    unpaid = buy(store, mug)
    with pytest.raises(Conflict):
        store.orders.mark_shipped(unpaid.order_id)
    order = paid(store, till, mug)
    for _ in range(2):
        store.orders.mark_shipped(order.id)
    assert announced(store, "mail.order_shipped", order.id) == 1
    with pytest.raises(Conflict):
        store.orders.cancel(order.id)
    store.orders.refund(order.id, order.total_minor, "merchant")
    assert store.orders.order(order.id).state is SHIPPED


def test_orders_that_do_not_exist_are_not_found(store: Shop) -> None:
    for use in (store.orders.order, store.orders.cancel, store.orders.mark_shipped, store.orders.open_page):
        with pytest.raises(NotFound):
            use("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    with pytest.raises(NotFound):
        store.orders.settle("cs_unknown")


def test_a_voucher_counts_once_and_comes_back_with_the_order(store: Shop, mug: int) -> None:
    code, owner = voucher(store, amount_minor=500, max_uses=1), guest()
    store.carts.put(owner, mug, 1)
    store.carts.apply_voucher(owner, code.lower())
    placed = store.orders.place(wish(owner))
    order = store.orders.order(placed.order_id)
    assert (order.discount_minor, order.total_minor, uses(store, code)) == (500, 1190, 1)
    with pytest.raises(Invalid):
        store.carts.apply_voucher(guest(), code)
    for _ in range(2):
        store.orders.cancel(placed.order_id)
    assert uses(store, code) == 0


def test_a_voucher_of_one_use_is_used_once_by_eight_at_once(store: Shop, mug: int) -> None:
    for _ in range(5):
        code, owners = voucher(store, percent=10, max_uses=1), [guest() for _ in range(8)]
        for owner in owners:
            store.carts.put(owner, mug, 1)
            store.carts.apply_voucher(owner, code)
        answers = at_once(partial(place_next, store, owners), 8)
        assert sum(isinstance(answer, Placed) for answer in answers) == 1
        assert sum(isinstance(answer, VoucherSpent) for answer in answers) == 7
        assert uses(store, code) == 1


def test_a_voucher_for_each_customer_once_knows_accounts_and_mailboxes(store: Shop, mug: int) -> None:
    code = voucher(store, percent=10, is_once_per_customer=True)

    def order(account_id: str | None, email: str) -> Placed:
        owner = guest()
        store.carts.put(owner, mug, 1)
        store.carts.apply_voucher(owner, code)
        return store.orders.place(replace(wish(owner), account_id=account_id, email=email))

    first = order("01ARZ3NDEKTSV4RRFFQ69G5FAV", "ada@example.org")
    for account_id, email in (
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "else@example.org"),
        (None, "Ada+more@Example.org"),
    ):
        with pytest.raises(VoucherSpent):
            order(account_id, email)
    assert order(None, "eve@example.org").total_minor == first.total_minor
    assert uses(store, code) == 2
    store.orders.cancel(first.order_id)
    order(None, "ada@example.org")


def test_a_voucher_that_lost_its_validity_stops_the_order(store: Shop, clock: Clock, mug: int) -> None:
    code, owner = voucher(store, percent=10, ends_at=datetime.now(UTC) + timedelta(hours=1)), guest()
    store.carts.put(owner, mug, 1)
    store.carts.apply_voucher(owner, code)
    clock.ahead_seconds = 3601
    with pytest.raises(VoucherSpent):
        store.orders.place(wish(owner))
    assert (uses(store, code), stock(store, mug)) == (0, 100)


class Notebook:
    """A ledger that can be away."""

    def __init__(self) -> None:
        self.entries: dict[str, LedgerEntry] = {}
        self.is_away = False

    def record(self, entry: LedgerEntry) -> None:
        """See Ledger."""
        if self.is_away:
            raise Unavailable("the ledger is away")
        assert self.entries.setdefault(entry.order_id, entry) == entry


def free_cart(store: Shop, mug: int) -> str:
    """A guest whose cart costs nothing."""
    owner = guest()
    store.carts.put(owner, mug, 5)
    store.carts.apply_voucher(owner, voucher(store, percent=100))
    return owner


def test_an_order_without_anything_to_pay_is_in_the_ledger_before_it_is_acknowledged(
    shop: Shop, till: Till, mug: int
) -> None:
    ledger = Notebook()
    store = selling(shop, till, ledger=ledger)
    placed = store.orders.place(wish(free_cart(store, mug)))
    assert (placed.state, placed.total_minor, placed.payment_url) == (PAID, 0, None)
    assert ledger.entries[placed.order_id].lines == (("plain-mug-s", 5, 1200),)
    assert announced(store, "mail.order_confirmation", placed.order_id) == 1
    assert till.calls == []


def test_an_order_without_anything_to_pay_awaits_a_ledger_that_is_away(
    shop: Shop, till: Till, clock: Clock, mug: int
) -> None:
    ledger = Notebook()
    store, ledger.is_away = selling(shop, till, clock, ledger), True
    placed = store.orders.place(wish(free_cart(store, mug), "free"))
    assert placed.state is AWAITING
    clock.ahead_seconds = HELD_FOR.total_seconds() + 1
    Upkeep(store.orders, till, clock).give_up_overdue()
    assert store.orders.order(placed.order_id).state is AWAITING
    ledger.is_away = False
    for _ in range(2):
        assert store.orders.acknowledge(placed.order_id) is PAID
    assert announced(store, "mail.order_confirmation", placed.order_id) == 1


def test_the_ledger_brings_every_order_in_line_and_its_own_gaps_are_reported(
    store: Shop, till: Till, clock: Clock, mug: int, caplog: pytest.LogCaptureFixture
) -> None:
    orders = [opened(store, buy(store, mug)) for _ in range(3)]
    till.pay(page_of(orders[0]))
    till.close_page(page_of(orders[1]))
    lost = replace(till.pages[page_of(orders[2])], page_id="cs_lost", order_id="01ARZ3NDEKTSV4RRFFQ69G5FAV")
    till.pages["cs_lost"] = lost
    upkeep = Upkeep(store.orders, till, clock)
    assert upkeep.reconcile() == 3
    assert [store.orders.order(order.id).state for order in orders] == [PAID, CANCELLED, AWAITING]
    upkeep.reconcile()
    with store.database.read() as connection:
        gaps = connection.execute(select(LedgerGap.page_id, LedgerGap.order_id)).all()
    assert [tuple(gap) for gap in gaps] == [("cs_lost", "01ARZ3NDEKTSV4RRFFQ69G5FAV")]
    assert sum("the ledger has order" in record.message for record in caplog.records) == 1


def test_a_ledger_that_is_away_is_said(store: Shop, till: Till, clock: Clock) -> None:
    till.is_away = True
    with pytest.raises(Unavailable):
        Upkeep(store.orders, till, clock).reconcile()


def test_an_account_sees_its_orders_newest_first(store: Shop, mug: int) -> None:
    account_id, ids = "01BX5ZZKBKACTAV9WEVGEMMVRZ", []
    for pieces in (1, 2):
        owner = guest()
        store.carts.put(owner, mug, pieces)
        ids.append(store.orders.place(replace(wish(owner), account_id=account_id)).order_id)
    seen = [(order.id, order.pieces) for order in store.orders.of_account(account_id)]
    assert sorted(seen) == sorted(zip(ids, (1, 2), strict=True))
    assert seen[0][0] > seen[1][0]


@pytest.fixture(scope="module", autouse=True)
def nothing_appears_or_vanishes(shop: Shop) -> Iterator[None]:
    """All stock is counted: none may be negative, which the database refuses as well."""
    yield
    assert all_stock(shop) >= 0
