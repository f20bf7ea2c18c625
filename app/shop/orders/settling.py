"""Bringing an order in line with what the payment provider knows of it.

What follows from the two is decided by one pure function and done under the lock of the order's row, so it makes no
difference who comes first, or how often: the shopper's return, a notice, or the worker.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from sqlalchemy import Connection, Row, select, update

from shop.carts.sql import find_voucher
from shop.orders import refunds, stock, vouchers
from shop.orders.models import StoredOrder, StoredOrderLine
from shop.orders.order import OrderState
from shop.outbox.outbox import announce
from shop.payments.provider import Payment, PaymentStatus
from shop.problems import Conflict
from shop.telemetry import metrics

log = logging.getLogger(__name__)


class Step(StrEnum):
    """What follows for the order."""

    NOTHING = "nothing"
    COMPARE = "compare"  # money was given back at the provider's
    ACCEPT = "accept"
    REVIVE = "revive"  # paid after it was cancelled
    REJECT = "reject"  # not the amount that was agreed on
    RETURN = "return"  # paid once more
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the shop knows of an order's money."""

    id: str
    owner: str
    account_id: str | None
    email: str
    state: OrderState
    currency: str
    total_minor: int
    paid_minor: int
    refunded_minor: int
    page_id: str | None
    payment_id: str | None
    voucher_code: str | None


def next_step(order: Standing, payment: Payment) -> Step:
    """Decide what follows from what the provider says. Pure."""
    match payment.status:
        case PaymentStatus.OPEN:
            return Step.NOTHING
        case PaymentStatus.EXPIRED:
            is_its_page = order.page_id in {None, payment.page_id}
            return Step.CANCEL if order.state is OrderState.AWAITING_PAYMENT and is_its_page else Step.NOTHING
        case PaymentStatus.PAID:
            return _next_step_of_paid(order, payment)
    assert_never(payment.status)


def _next_step_of_paid(order: Standing, payment: Payment) -> Step:
    if order.payment_id is not None and order.payment_id != money_id(payment):
        return Step.RETURN
    if order.payment_id is not None:
        return Step.COMPARE if payment.refunded_minor > order.refunded_minor else Step.NOTHING
    if (payment.amount_minor, payment.currency) != (order.total_minor, order.currency):
        return Step.REJECT
    match order.state:
        case OrderState.AWAITING_PAYMENT:
            return Step.ACCEPT
        case OrderState.CANCELLED:
            return Step.REVIVE
        case OrderState.PAID | OrderState.SHIPPED:
            return Step.RETURN
    assert_never(order.state)


STANDING = (
    StoredOrder.id, StoredOrder.owner, StoredOrder.account_id, StoredOrder.email, StoredOrder.state,
    StoredOrder.currency, StoredOrder.total_minor, StoredOrder.paid_minor, StoredOrder.refunded_minor,
    StoredOrder.page_id, StoredOrder.payment_id, StoredOrder.voucher_code,
)  # fmt: skip


def locked(connection: Connection, order_id: str) -> Standing | None:
    """Return how the order stands, and have it alone until the transaction ends; None if there is no such order."""
    found = select(*STANDING).where(StoredOrder.id == order_id).with_for_update()
    row = connection.execute(found).one_or_none()
    return None if row is None else _standing(row)


def standings(connection: Connection, order_ids: Iterable[str]) -> dict[str, Standing]:
    """Return how those of the orders stand that there are, by id."""
    found = select(*STANDING).where(StoredOrder.id.in_(tuple(order_ids)))
    return {row.id: _standing(row) for row in connection.execute(found)}


def settle(connection: Connection, payment: Payment, now: datetime) -> OrderState | None:
    """Bring the order of a payment in line with it, and return its state; None if the shop has no such order."""
    order = locked(connection, payment.order_id)
    if order is None:
        return None
    step = next_step(order, payment)
    if step is Step.NOTHING:
        return order.state
    log.info("order %s: %s, for its payment is %s", order.id, step, payment.status)
    if step in COUNTED:
        metrics.count(COUNTED[step])
    return STEPS[step](connection, order, payment, now)


def money_id(payment: Payment) -> str:
    """Return what the money of a payment is known by: its page, where a page was paid without any money. Pure."""
    return payment.id or payment.page_id


def accept_free(connection: Connection, order_id: str, now: datetime) -> OrderState | None:
    """Let an order without anything to pay count as paid, which the ledger has by now."""
    order = locked(connection, order_id)
    if order is None or order.state is not OrderState.AWAITING_PAYMENT or order.total_minor:
        return order.state if order else None
    change(connection, order.id, state=OrderState.PAID, paid_at=now)
    announce(connection, "mail.order_confirmation", {"order_id": order.id})
    return OrderState.PAID


def cancel(connection: Connection, order: Standing, now: datetime) -> OrderState:
    """Cancel an order that is locked, and give back what it holds. Its money goes back if it was paid."""
    change(connection, order.id, state=OrderState.CANCELLED, cancelled_at=now)
    stock.give_back(connection, _held(connection, order.id))
    if order.voucher_code is not None:
        vouchers.give_back(connection, order.voucher_code, order.id)
    announce(connection, "mail.order_cancelled", {"order_id": order.id})
    return OrderState.CANCELLED


def _accept(connection: Connection, order: Standing, payment: Payment, now: datetime) -> OrderState:
    change(
        connection,
        order.id,
        state=OrderState.PAID,
        page_id=payment.page_id,
        payment_id=money_id(payment),
        paid_minor=payment.amount_minor,
        paid_at=now,
        cancelled_at=None,
    )
    announce(connection, "mail.order_confirmation", {"order_id": order.id})
    return OrderState.PAID


def _compare(connection: Connection, order: Standing, payment: Payment, now: datetime) -> OrderState:
    refunds.note_foreign(connection, order.id, payment, order.refunded_minor, now)
    return order.state


def _return(connection: Connection, order: Standing, payment: Payment, now: datetime) -> OrderState:
    refunds.return_second_payment(connection, order.id, payment, now)
    return order.state


def _cancel(connection: Connection, order: Standing, payment: Payment, now: datetime) -> OrderState:  # noqa: ARG001 - the signature of all steps
    return cancel(connection, order, now)


def _revive(connection: Connection, order: Standing, payment: Payment, now: datetime) -> OrderState:
    """Take once more what the cancelled order held; if that is gone, the money goes back."""
    try:
        with connection.begin_nested():
            stock.take(connection, _held(connection, order.id))
            _use_voucher_again(connection, order, now)
    except Conflict:
        change(
            connection, order.id, page_id=payment.page_id, payment_id=money_id(payment), paid_minor=payment.amount_minor
        )
        _return_all(connection, order, payment, "paid after it was cancelled", now)
        return OrderState.CANCELLED
    return _accept(connection, order, payment, now)


def _reject(connection: Connection, order: Standing, payment: Payment, now: datetime) -> OrderState:
    """Give back a payment of another amount than was agreed on, and let a person look at it."""
    reason = f"paid {payment.amount_minor} {payment.currency}, not {order.total_minor} {order.currency}"
    log.error("order %s: %s", order.id, reason)
    change(
        connection,
        order.id,
        page_id=payment.page_id,
        payment_id=money_id(payment),
        paid_minor=payment.amount_minor,
        attention=reason,
    )
    _return_all(connection, order, payment, reason, now)
    if order.state is OrderState.AWAITING_PAYMENT:
        return cancel(connection, order, now)
    return order.state


def _return_all(connection: Connection, order: Standing, payment: Payment, reason: str, now: datetime) -> None:
    if payment.amount_minor == 0:
        return
    paid_as = money_id(payment)
    money = refunds.Money(
        id=f"all-{paid_as}",
        order_id=order.id,
        payment_id=paid_as,
        amount_minor=payment.amount_minor,
        reason=reason,
    )
    refunds.give(connection, money, now)
    announce(connection, "mail.order_refunded", {"order_id": order.id})


def _use_voucher_again(connection: Connection, order: Standing, now: datetime) -> None:
    if order.voucher_code is None:
        return
    voucher = find_voucher(connection, order.voucher_code)
    if voucher is None:
        raise vouchers.VoucherSpent
    vouchers.use_up(connection, voucher, order.id, vouchers.customers(order.account_id, order.email), now)


def _standing(row: Row[*tuple[Any, ...]]) -> Standing:
    return Standing(**(row._asdict() | {"state": OrderState(row.state)}))


def _held(connection: Connection, order_id: str) -> list[tuple[int, int]]:
    lines = select(StoredOrderLine.variant_id, StoredOrderLine.quantity).where(StoredOrderLine.order_id == order_id)
    return [(variant, quantity) for variant, quantity in connection.execute(lines) if variant is not None]


def change(connection: Connection, order_id: str, **values: object) -> None:
    """Change columns of an order that is locked."""
    connection.execute(update(StoredOrder).where(StoredOrder.id == order_id).values(**values))


STEPS = {
    Step.COMPARE: _compare,
    Step.ACCEPT: _accept,
    Step.REVIVE: _revive,
    Step.REJECT: _reject,
    Step.RETURN: _return,
    Step.CANCEL: _cancel,
}
COUNTED = {
    Step.ACCEPT: metrics.Event.PAYMENTS_SETTLED,
    Step.REVIVE: metrics.Event.PAYMENTS_SETTLED,
    Step.REJECT: metrics.Event.PAYMENTS_RETURNED,
    Step.RETURN: metrics.Event.PAYMENTS_RETURNED,
    Step.CANCEL: metrics.Event.PAYMENTS_EXPIRED,
}
