"""Orders: placed once, paid or cancelled, shipped, refunded. Each use case is one change of the store.

The payment provider is asked outside of changes; what it says is then brought in while nobody else changes the order.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from ulid import ULID

from shop.authority.grant import Authority
from shop.carts.service import Carts
from shop.orders import placing, settling
from shop.orders.ledger import Ledger, LedgerEntry
from shop.orders.links import OrderLinks
from shop.orders.order import Order, OrderState, OrderSummary, Placed, PlaceOrder
from shop.orders.paying import payment_request
from shop.orders.refunds import Money, RefundTooLarge
from shop.orders.settling import Change, Repayment, Standing
from shop.orders.stock import OutOfStock
from shop.orders.store import OrderStore
from shop.payments.provider import (
    Notice,
    Payment,
    PaymentProvider,
    PaymentRefused,
    PaymentStatus,
    PaymentUnavailable,
    PaymentUnknown,
    RefundRefused,
)
from shop.problems import Conflict, Invalid, NotFound, Problem, Unavailable
from shop.telemetry import metrics

log = logging.getLogger(__name__)
LONGEST_HISTORY = 200


def _now() -> datetime:
    return datetime.now(UTC)


class TooLate(Conflict):
    """The order has waited too long for its money."""

    code = "too_late"
    title = "The time to pay for this order is over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Every method raises Unavailable if the store does not answer; those that change raise WritesRefused."""

    store: OrderStore
    authority: Authority
    carts: Carts
    payments: PaymentProvider
    ledger: Ledger
    links: OrderLinks
    currency: str
    now: Callable[[], datetime] = _now

    def place(self, wish: PlaceOrder) -> Placed:
        """Make a cart an order, once per key: asked again, also at the same time, it answers with the same order.

        Paying comes next (``open_page``); an order without anything to pay is in the ledger when this returns, or
        still awaits that. Raises: CartEmpty, CartChanged, OutOfStock, VoucherSpent, Invalid; Conflict if the key was
        used for another wish.
        """
        try:
            placed = self.store.place(wish, self.currency, self.now())
        except (placing.AlreadyPlaced, Invalid, Conflict) as error:
            placed = self._placed_before(wish, error)
        else:
            metrics.count(metrics.Event.ORDERS_PLACED)
        self.carts.forget(wish.owner)
        if placed.total_minor == 0 and placed.state is OrderState.AWAITING_PAYMENT:
            return self._acknowledged(placed)
        return placed

    def open_page(self, order_id: str) -> Placed:
        """Return the order with the page where it is paid, which the provider keeps from now on as its ledger's entry.

        The same page however often. Raises: NotFound; TooLate; Conflict if the provider will not take it; Unavailable.
        """
        order = self.order(order_id)
        if order.state is not OrderState.AWAITING_PAYMENT or order.is_free or order.page_url is not None:
            return _placed(order)
        if order.expires_at <= self.now():
            raise TooLate("Its things are for others now. You are welcome to order again.")
        self.authority.require()
        with _asking_provider():
            page = self.payments.open_page(
                payment_request(order, self.links.order(order_id, "/return"), self.links.order(order_id))
            )
        if self.store.keep_page(order_id, page):
            return replace(_placed(order), payment_url=page.url)
        self._close(order, page.id)  # it was cancelled meanwhile, and nobody has seen the page yet
        return _placed(self.order(order_id))

    def acknowledge(self, order_id: str) -> OrderState:
        """Let an order without anything to pay count as paid, once the ledger has it. Raises: NotFound, Unavailable."""
        order = self.order(order_id)
        if not order.is_free or order.state is not OrderState.AWAITING_PAYMENT:
            return order.state
        self.authority.require()
        self.ledger.record(
            LedgerEntry(
                order_id=order.id,
                amount_minor=order.total_minor,
                currency=order.currency,
                lines=tuple((line.sku, line.quantity, line.unit_minor) for line in order.lines),
                placed_at=order.placed_at,
            )
        )
        now = self.now()
        return self.store.change(order_id, lambda standing: settling.accept_free(standing, now), now) or order.state

    def order(self, order_id: str) -> Order:
        """Return an order as it is now. Who may see it is the caller's to ask. Raises: NotFound."""
        order = self.store.order(order_id)
        if order is None:
            raise NotFound("There is no such order, or it is not yours.")
        return order

    def of_account(self, account_id: str, limit: int = LONGEST_HISTORY) -> tuple[OrderSummary, ...]:
        """Return an account's orders, the newest first."""
        return self.store.of_account(account_id, limit)

    def settle(self, page_id: str) -> OrderState:
        """Bring an order in line with what the provider knows of its page, whoever asks first and however often.

        Raises: NotFound if the provider or the shop knows no such page; Unavailable.
        """
        state = self.settle_payment(self._payment(page_id))
        if state is None:
            raise NotFound("There is no such order.")
        return state

    def settle_payment(self, payment: Payment) -> OrderState | None:
        """Bring an order in line with a payment; None for one whose order the shop lacks, which is reported."""
        now = self.now()
        state = self.store.change(payment.order_id, partial(settling.settle, payment=payment, now=now), now)
        if state is None:
            self._report_gap(payment)
        return state

    def hear(self, notice: Notice) -> None:
        """Act on a notice of the provider; the same notice again does nothing. Raises: Unavailable."""
        if self.store.has_heard(notice.id):
            return
        page_id = notice.page_id or self._page_of(notice.order_id)
        payment, now = self._known_payment(page_id) if page_id else None, self.now()
        if payment is None:
            self.store.hear(notice, page_id, None, _nothing, now)
        elif not self.store.hear(
            notice, page_id, payment.order_id, partial(settling.settle, payment=payment, now=now), now
        ):
            self._report_gap(payment)

    def refund(self, order_id: str, amount_minor: int, by: str, key: str | None = None) -> None:
        """Give back a part of what was paid: once per key. The provider does it as soon as the worker gets to it.

        Raises: NotFound; Invalid for no amount; RefundTooLarge if more is asked than is left.
        """
        if amount_minor <= 0:
            raise Invalid("Say how much to give back.", errors=("amount_minor: more than 0",))
        refund_id = f"{order_id}-{key or ULID()}"

        def give(order: Standing) -> Change:
            if order.payment_id is None:
                raise RefundTooLarge("Nothing was paid for this order.")
            money = Money(
                id=refund_id, order_id=order_id, payment_id=order.payment_id, amount_minor=amount_minor, reason=by
            )
            return Change(repayment=Repayment(money=money, is_told=True))

        self._change(order_id, give)

    def make_refund(self, refund_id: str) -> None:
        """Let the provider make a refund that was asked for; nothing happens if it was made. Raises: Unavailable."""
        money = self.store.refund(refund_id)
        if money is None:
            return
        self.authority.require()
        refusal = None
        with _asking_provider():
            try:
                self.payments.refund(money.payment_id, money.amount_minor, money.id)
            except (RefundRefused, PaymentUnknown) as error:
                refusal = str(error)
        if refusal is not None:
            log.error("order %s: the refund %s was refused: %s", money.order_id, money.id, refusal)
        self.store.end_refund(money, refusal, self.now())

    def cancel(self, order_id: str, *, is_paid_too: bool = True) -> OrderState:
        """Cancel an order that was not shipped: its stock and voucher come back, and what was paid goes back.

        ``is_paid_too=False`` is for buyers, who may only cancel what they have not paid. Nobody can pay any more when
        this returns. Raises: NotFound; Conflict if it was shipped, or is being paid; Unavailable.
        """
        order = self.order(order_id)
        if order.state is OrderState.AWAITING_PAYMENT and order.page_id is not None:
            self._close(order, order.page_id)
        now = self.now()
        return self._change(order_id, lambda standing: settling.cancel(standing, now, is_paid_too=is_paid_too))

    def mark_shipped(self, order_id: str) -> None:
        """Note that a paid order is on its way, and tell the buyer. Raises: NotFound; Conflict if it is not paid."""
        now = self.now()
        self._change(order_id, lambda order: settling.ship(order, now))

    def give_up(self, order_id: str) -> OrderState:
        """Cancel an order that has waited too long for its money, unless it was paid after all. Raises: Unavailable."""
        order = self.order(order_id)
        if order.state is not OrderState.AWAITING_PAYMENT:
            return order.state
        if order.is_free:
            return self.acknowledge(order_id)
        if order.page_id is not None:
            self._close(order, order.page_id)
            return self.order(order_id).state
        return self.cancel(order_id, is_paid_too=False)

    def _placed_before(self, wish: PlaceOrder, error: placing.AlreadyPlaced | Problem) -> Placed:
        """Return the order that was placed under this key; if there is none, the error is the answer."""
        before = self.store.under(wish.owner, wish.key)
        if before is not None:
            order_id, fingerprint = before
            if fingerprint != wish.fingerprint:
                raise Conflict("This idempotency key was used for another order.")
            return _placed(self.order(order_id))
        if isinstance(error, OutOfStock):
            raise placing.short_of(self.carts.fresh(wish.owner)) from error
        raise error

    def _acknowledged(self, placed: Placed) -> Placed:
        try:
            self.acknowledge(placed.order_id)
        except Unavailable as error:  # the worker goes on with it
            log.warning("order %s is not in the ledger yet: %s", placed.order_id, error.__cause__ or error)
        return _placed(self.order(placed.order_id))

    def _change(self, order_id: str, decide: Callable[[Standing], Change | None]) -> OrderState:
        state = self.store.change(order_id, decide, self.now())
        if state is None:
            raise NotFound("There is no such order.")
        return state

    def _report_gap(self, payment: Payment) -> None:
        """Say loudly that the provider holds a payment whose order the shop has lost, or never had."""
        if self.store.report_gap(payment, self.now()):
            log.error("the ledger has order %s (%s), and the shop has not", payment.order_id, payment.status)

    def _close(self, order: Order, page_id: str) -> None:
        """Let nobody pay on the page any more, and bring the order in line. Raises: Unavailable."""
        self.authority.require()
        with _asking_provider():
            try:
                payment = self.payments.close_page(page_id)
            except PaymentUnknown:
                log.error("order %s: the provider does not know its page %s; nobody can pay there", order.id, page_id)  # noqa: TRY400 - the order is what matters, not the stack
                payment = _never_paid(order, page_id)
        self.settle_payment(payment)

    def _payment(self, page_id: str) -> Payment:
        with _asking_provider():
            return self.payments.payment(page_id)

    def _known_payment(self, page_id: str) -> Payment | None:
        try:
            return self._payment(page_id)
        except NotFound:
            log.warning("a notice speaks of page %s, which the provider does not know", page_id)
            return None

    def _page_of(self, order_id: str | None) -> str | None:
        known = {} if order_id is None else self.store.standings((order_id,))
        return known[order_id].page_id if order_id in known else None


def _nothing(_: Standing) -> None:
    """Change nothing."""


def _placed(order: Order) -> Placed:
    is_waiting = order.state is OrderState.AWAITING_PAYMENT
    return Placed(
        order_id=order.id,
        state=order.state,
        total_minor=order.total_minor,
        payment_url=order.page_url if is_waiting else None,
    )


def _never_paid(order: Order, page_id: str) -> Payment:
    return Payment(
        page_id=page_id,
        order_id=order.id,
        status=PaymentStatus.EXPIRED,
        amount_minor=order.total_minor,
        currency=order.currency,
        lines=(),
        created_at=order.placed_at,
    )


@contextmanager
def _asking_provider() -> Iterator[None]:
    """Say what the provider says as a problem. Raises: Unavailable, Conflict, NotFound."""
    try:
        yield
    except PaymentRefused as error:
        raise Conflict("The payment provider does not take this order.") from error
    except PaymentUnavailable as error:
        raise Unavailable(
            "The payment provider does not answer. Try again in a moment.", retry_after_seconds=10
        ) from error
    except PaymentUnknown as error:
        raise NotFound("The payment provider knows no such payment.") from error
