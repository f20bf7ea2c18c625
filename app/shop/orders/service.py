"""Orders: placed once, paid or cancelled, shipped, refunded. Each use case is one transaction.

The payment provider is asked outside of transactions; what it says is then brought in under the lock of the order.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update
from ulid import ULID

from shop.carts.service import Carts
from shop.database import Database, reading_own_writes
from shop.insertion import insert_if_absent
from shop.orders import placing, reading, refunds, settling
from shop.orders.ledger import Ledger, LedgerEntry
from shop.orders.links import OrderLinks
from shop.orders.models import HeardNotice, LedgerGap, StoredOrder
from shop.orders.order import Order, OrderState, OrderSummary, Placed, PlaceOrder
from shop.orders.paying import payment_request
from shop.orders.stock import OutOfStock
from shop.outbox.outbox import announce
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
    """Every method raises Unavailable if the database does not answer; those that change raise WritesRefused."""

    database: Database
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
            placed = self.database.change(
                lambda session: placing.place(session.connection(), wish, self.currency, self.now())
            )
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
        self.database.authority.require()
        with _asking_provider():
            page = self.payments.open_page(
                payment_request(order, self.links.order(order_id, "/return"), self.links.order(order_id))
            )
        waiting = (StoredOrder.id == order_id, StoredOrder.state == OrderState.AWAITING_PAYMENT)
        with self.database.write() as session:
            keep = update(StoredOrder).where(*waiting).values(page_id=page.id, page_url=page.url)
            is_waiting = session.connection().execute(keep).rowcount == 1
        if is_waiting:
            return replace(_placed(order), payment_url=page.url)
        self._close(order, page.id)  # it was cancelled meanwhile, and nobody has seen the page yet
        return _placed(self.order(order_id))

    def acknowledge(self, order_id: str) -> OrderState:
        """Let an order without anything to pay count as paid, once the ledger has it. Raises: NotFound, Unavailable."""
        order = self.order(order_id)
        if not order.is_free or order.state is not OrderState.AWAITING_PAYMENT:
            return order.state
        self.database.authority.require()
        self.ledger.record(
            LedgerEntry(
                order_id=order.id,
                amount_minor=order.total_minor,
                currency=order.currency,
                lines=tuple((line.sku, line.quantity, line.unit_minor) for line in order.lines),
                placed_at=order.placed_at,
            )
        )
        with self.database.write() as session:
            return settling.accept_free(session.connection(), order_id, self.now()) or order.state

    def order(self, order_id: str) -> Order:
        """Return an order as it is now. Who may see it is the caller's to ask. Raises: NotFound."""
        with reading_own_writes(), self.database.read() as connection:
            order = reading.read_order(connection, order_id)
        if order is None:
            raise NotFound("There is no such order, or it is not yours.")
        return order

    def of_account(self, account_id: str, limit: int = LONGEST_HISTORY) -> tuple[OrderSummary, ...]:
        """Return an account's orders, the newest first."""
        with self.database.read() as connection:
            return reading.history(connection, account_id, limit)

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
        with self.database.write() as session:
            return self._settle(session.connection(), payment)

    def hear(self, notice: Notice) -> None:
        """Act on a notice of the provider; the same notice again does nothing. Raises: Unavailable."""
        with reading_own_writes(), self.database.read() as connection:
            heard = connection.execute(select(HeardNotice.id).where(HeardNotice.id == notice.id)).first()
            page_id = notice.page_id or _page_of(connection, notice.order_id)
        if heard is not None:
            return
        payment = self._known_payment(page_id) if page_id else None
        row = {"id": notice.id, "kind": notice.kind[:80], "page_id": page_id, "heard_at": self.now()}
        with self.database.write() as session:
            connection = session.connection()
            if insert_if_absent(connection, HeardNotice, row) and payment is not None:
                self._settle(connection, payment)

    def refund(self, order_id: str, amount_minor: int, by: str, key: str | None = None) -> None:
        """Give back a part of what was paid: once per key. The provider does it as soon as the worker gets to it.

        Raises: NotFound; Invalid for no amount; RefundTooLarge if more is asked than is left.
        """
        if amount_minor <= 0:
            raise Invalid("Say how much to give back.", errors=("amount_minor: more than 0",))
        with self.database.write() as session:
            connection = session.connection()
            order = self._locked(connection, order_id)
            if order.payment_id is None:
                raise refunds.RefundTooLarge("Nothing was paid for this order.")
            money = refunds.Money(
                id=f"{order_id}-{key or ULID()}",
                order_id=order_id,
                payment_id=order.payment_id,
                amount_minor=amount_minor,
                reason=by,
            )
            if refunds.give(connection, money, self.now()):
                announce(connection, "mail.order_refunded", {"order_id": order_id})

    def make_refund(self, refund_id: str) -> None:
        """Let the provider make a refund that was asked for; nothing happens if it was made. Raises: Unavailable."""
        with reading_own_writes(), self.database.read() as connection:
            money = refunds.waiting(connection, refund_id)
        if money is None:
            return
        self.database.authority.require()
        refusal = None
        with _asking_provider():
            try:
                self.payments.refund(money.payment_id, money.amount_minor, money.id)
            except (RefundRefused, PaymentUnknown) as error:
                refusal = str(error)
        with self.database.write() as session:
            connection = session.connection()
            self._locked(connection, money.order_id)
            if refusal is None:
                refunds.made(connection, money)
            else:
                log.error("order %s: the refund %s was refused: %s", money.order_id, money.id, refusal)
                refunds.refused(connection, money, refusal)

    def cancel(self, order_id: str, *, is_paid_too: bool = True) -> OrderState:
        """Cancel an order that was not shipped: its stock and voucher come back, and what was paid goes back.

        ``is_paid_too=False`` is for buyers, who may only cancel what they have not paid. Nobody can pay any more when
        this returns. Raises: NotFound; Conflict if it was shipped, or is being paid; Unavailable.
        """
        order = self.order(order_id)
        if order.state is OrderState.AWAITING_PAYMENT and order.page_id is not None:
            self._close(order, order.page_id)
        with self.database.write() as session:
            connection, now = session.connection(), self.now()
            standing = self._locked(connection, order_id)
            if standing.state is OrderState.CANCELLED:
                return standing.state
            if standing.state is OrderState.SHIPPED:
                raise Conflict("This order was shipped already.")
            if standing.state is OrderState.AWAITING_PAYMENT and standing.page_id is not None:
                raise Conflict("A payment is under way. Please try again in a minute.")
            if standing.state is OrderState.PAID and not is_paid_too:
                raise Conflict("This order was just paid.")
            self._give_all_back(connection, standing, now)
            return settling.cancel(connection, standing, now)

    def mark_shipped(self, order_id: str) -> None:
        """Note that a paid order is on its way, and tell the buyer. Raises: NotFound; Conflict if it is not paid."""
        with self.database.write() as session:
            connection = session.connection()
            order = self._locked(connection, order_id)
            if order.state is OrderState.SHIPPED:
                return
            if order.state is not OrderState.PAID:
                raise Conflict("Only a paid order can be shipped.")
            settling.change(connection, order_id, state=OrderState.SHIPPED, shipped_at=self.now())
            announce(connection, "mail.order_shipped", {"order_id": order_id})

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

    def report_gap(self, connection: Connection, payment: Payment) -> None:
        """Say loudly that the provider holds a payment whose order the shop has lost, or never had."""
        row = {
            "page_id": payment.page_id,
            "order_id": payment.order_id[:64],
            "status": payment.status,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "begun_at": payment.created_at,
            "found_at": self.now(),
        }
        if insert_if_absent(connection, LedgerGap, row):
            log.error("the ledger has order %s (%s), and the shop has not", payment.order_id, payment.status)

    def _placed_before(self, wish: PlaceOrder, error: placing.AlreadyPlaced | Problem) -> Placed:
        """Return the order that was placed under this key; if there is none, the error is the answer."""
        with reading_own_writes(), self.database.read() as connection:
            before = reading.id_under(connection, wish.owner, wish.key)
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

    def _settle(self, connection: Connection, payment: Payment) -> OrderState | None:
        state = settling.settle(connection, payment, self.now())
        if state is None:
            self.report_gap(connection, payment)
        return state

    def _close(self, order: Order, page_id: str) -> None:
        """Let nobody pay on the page any more, and bring the order in line. Raises: Unavailable."""
        self.database.authority.require()
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

    def _locked(self, connection: Connection, order_id: str) -> settling.Standing:
        order = settling.locked(connection, order_id)
        if order is None:
            raise NotFound("There is no such order.")
        return order

    def _give_all_back(self, connection: Connection, order: settling.Standing, now: datetime) -> None:
        rest = order.paid_minor - order.refunded_minor
        if rest and order.payment_id is not None:
            money = refunds.Money(
                id=f"{order.id}-cancelled",
                order_id=order.id,
                payment_id=order.payment_id,
                amount_minor=rest,
                reason="the order was cancelled",
            )
            refunds.give(connection, money, now)


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


def _page_of(connection: Connection, order_id: str | None) -> str | None:
    if order_id is None:
        return None
    return connection.execute(select(StoredOrder.page_id).where(StoredOrder.id == order_id)).scalar()


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
