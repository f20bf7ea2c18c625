"""What happens to an order, decided from how it stands and what the payment provider knows of it.

What follows from the two is decided by pure functions and done while nobody else changes the order, so it makes no
difference who comes first, or how often: the shopper's return, a notice, or the worker.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from shop.money import price
from shop.orders.order import Order, OrderState
from shop.orders.refunds import Money
from shop.outbox.outbox import Announcement
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

    @classmethod
    def of(cls, order: Order) -> Standing:
        """Return how an order stands. Pure."""
        return cls(
            id=order.id,
            owner=order.owner,
            account_id=order.account_id,
            email=order.email,
            state=order.state,
            currency=order.currency,
            total_minor=order.total_minor,
            paid_minor=order.paid_minor,
            refunded_minor=order.refunded_minor,
            page_id=order.page_id,
            payment_id=order.payment_id,
            voucher_code=order.voucher_code,
        )


class Holds(StrEnum):
    """What becomes of the stock and the voucher that an order holds."""

    KEPT = "kept"
    RELEASED = "released"
    TAKEN = "taken"  # once more


@dataclass(frozen=True, slots=True, kw_only=True)
class Repayment:
    """Money that goes back, once per id.

    ``is_ours`` is what the worker has the provider make; else the provider did it by itself. ``counts`` is what belongs
    to the order's account; a second payment never did. ``is_told`` is what the buyer gets a letter about.
    """

    money: Money
    is_ours: bool = True
    counts: bool = True
    is_told: bool = False

    @property
    def announcements(self) -> tuple[Announcement, ...]:
        """What follows from it, if it is new."""
        made = Announcement("payment.refund", {"refund_id": self.money.id})
        told = Announcement("mail.order_refunded", {"order_id": self.money.order_id})
        return ((made,) if self.is_ours else ()) + ((told,) if self.is_told else ())

    def log(self) -> None:
        """Say what a person should know of."""
        money = self.money
        if not self.counts:
            log.error("order %s was paid twice; %s goes back", money.order_id, money.payment_id)
        elif not self.is_ours:
            log.warning("order %s: %d was refunded at the provider's", money.order_id, money.amount_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to an order, all of it or nothing: ``values`` are of its fields.

    ``otherwise`` happens instead where what it takes once more is no longer there.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    announcements: tuple[Announcement, ...] = ()
    repayment: Repayment | None = None
    holds: Holds = Holds.KEPT
    otherwise: Change | None = None


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


def settle(order: Standing, payment: Payment, now: datetime) -> Change | None:
    """Return what happens to an order so that it is in line with its payment, and say so; None for nothing."""
    step = next_step(order, payment)
    if step is Step.NOTHING:
        return None
    log.info("order %s: %s, for its payment is %s", order.id, step, payment.status)
    if step in COUNTED:
        metrics.count(COUNTED[step])
    return change_of(step, order, payment, now)


def change_of(step: Step, order: Standing, payment: Payment, now: datetime) -> Change | None:
    """Return what a step does to the order. Pure."""
    change = None
    match step:
        case Step.NOTHING:
            pass
        case Step.COMPARE:
            change = _compare(order, payment)
        case Step.ACCEPT:
            change = _accept(order, payment, now)
        case Step.REVIVE:
            change = _revive(order, payment, now)
        case Step.REJECT:
            change = _reject(order, payment, now)
        case Step.RETURN:
            change = _return(order, payment)
        case Step.CANCEL:
            change = _cancelled(order, now)
        case _:
            assert_never(step)
    return change


def money_id(payment: Payment) -> str:
    """Return what the money of a payment is known by: its page, where a page was paid without any money. Pure."""
    return payment.id or payment.page_id


def accept_free(order: Standing, now: datetime) -> Change | None:
    """Let an order without anything to pay count as paid, which the ledger has by now. Pure."""
    if order.state is not OrderState.AWAITING_PAYMENT or order.total_minor:
        return None
    return Change(values={"state": OrderState.PAID, "paid_at": now}, announcements=_mail("confirmation", order))


def cancel(order: Standing, now: datetime, *, is_paid_too: bool) -> Change | None:
    """Cancel an order on somebody's wish; what was paid goes back. Pure.

    Raises: Conflict if it was shipped, is being paid, or was paid and only what is not paid may be cancelled.
    """
    if order.state is OrderState.CANCELLED:
        return None
    if order.state is OrderState.SHIPPED:
        raise Conflict("This order was shipped already.")
    if order.state is OrderState.AWAITING_PAYMENT and order.page_id is not None:
        raise Conflict("A payment is under way. Please try again in a minute.")
    if order.state is OrderState.PAID and not is_paid_too:
        raise Conflict("This order was just paid.")
    rest = order.paid_minor - order.refunded_minor
    if not rest or order.payment_id is None:
        return _cancelled(order, now)
    money = Money(
        id=f"{order.id}-cancelled",
        order_id=order.id,
        payment_id=order.payment_id,
        amount_minor=rest,
        reason="the order was cancelled",
    )
    return _cancelled(order, now, Repayment(money=money))


def ship(order: Standing, now: datetime) -> Change | None:
    """Note that a paid order is on its way. Pure. Raises: Conflict if it is not paid."""
    if order.state is OrderState.SHIPPED:
        return None
    if order.state is not OrderState.PAID:
        raise Conflict("Only a paid order can be shipped.")
    return Change(values={"state": OrderState.SHIPPED, "shipped_at": now}, announcements=_mail("shipped", order))


def _cancelled(order: Standing, now: datetime, repayment: Repayment | None = None, **values: object) -> Change:
    return Change(
        values={"state": OrderState.CANCELLED, "cancelled_at": now, **values},
        announcements=_mail("cancelled", order),
        repayment=repayment,
        holds=Holds.RELEASED,
    )


def _accept(order: Standing, payment: Payment, now: datetime) -> Change:
    return Change(
        values={
            "state": OrderState.PAID,
            **_money_of(payment),
            "paid_at": now,
            "cancelled_at": None,
        },
        announcements=_mail("confirmation", order),
    )


def _compare(order: Standing, payment: Payment) -> Change:
    """Take over a refund that was made at the provider's and not by the shop."""
    money = Money(
        id=f"seen-{payment.id}-{payment.refunded_minor}",
        order_id=order.id,
        payment_id=str(payment.id),
        amount_minor=payment.refunded_minor - order.refunded_minor,
        reason="made at the provider's",
    )
    return Change(repayment=Repayment(money=money, is_ours=False))


def _return(order: Standing, payment: Payment) -> Change | None:
    """Give all of a payment back that came on top of the order's own. It is no part of the order's account."""
    if payment.id is None or payment.amount_minor == 0:
        return None
    money = Money(
        id=f"second-{payment.id}",
        order_id=order.id,
        payment_id=payment.id,
        amount_minor=payment.amount_minor,
        reason="paid twice",
    )
    return Change(repayment=Repayment(money=money, counts=False))


def _revive(order: Standing, payment: Payment, now: datetime) -> Change:
    """Take once more what the cancelled order held; if that is gone, the money goes back."""
    accepted = _accept(order, payment, now)
    back = _all_back(order, payment, "paid after it was cancelled")
    return Change(
        values=accepted.values,
        announcements=accepted.announcements,
        holds=Holds.TAKEN,
        otherwise=Change(values=_money_of(payment), repayment=back),
    )


def _reject(order: Standing, payment: Payment, now: datetime) -> Change:
    """Give back a payment of another amount than was agreed on, and let a person look at it."""
    paid, agreed = price(payment.amount_minor, payment.currency), price(order.total_minor, order.currency)
    reason = f"{paid} was paid, not {agreed}"
    log.error("order %s: %s", order.id, reason)
    values = {**_money_of(payment), "attention": reason}
    back = _all_back(order, payment, reason)
    if order.state is OrderState.AWAITING_PAYMENT:
        return _cancelled(order, now, back, **values)
    return Change(values=values, repayment=back)


def _all_back(order: Standing, payment: Payment, reason: str) -> Repayment | None:
    if payment.amount_minor == 0:
        return None
    paid_as = money_id(payment)
    money = Money(
        id=f"all-{paid_as}",
        order_id=order.id,
        payment_id=paid_as,
        amount_minor=payment.amount_minor,
        reason=reason,
    )
    return Repayment(money=money, is_told=True)


def _money_of(payment: Payment) -> dict[str, object]:
    return {"page_id": payment.page_id, "payment_id": money_id(payment), "paid_minor": payment.amount_minor}


def _mail(kind: str, order: Standing) -> tuple[Announcement, ...]:
    return (Announcement(f"mail.order_{kind}", {"order_id": order.id}),)


COUNTED = {
    Step.ACCEPT: metrics.Event.PAYMENTS_SETTLED,
    Step.REVIVE: metrics.Event.PAYMENTS_SETTLED,
    Step.REJECT: metrics.Event.PAYMENTS_RETURNED,
    Step.RETURN: metrics.Event.PAYMENTS_RETURNED,
    Step.CANCEL: metrics.Event.PAYMENTS_EXPIRED,
}
