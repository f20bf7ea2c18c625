"""Giving money back: noted with its amount under the lock of the order, so that never more goes back than came.

The provider does it later, by the outbox, and once per refund: the refund's id is its key there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from shop.insertion import insert_if_absent
from shop.orders.models import Refund, StoredOrder
from shop.outbox.outbox import announce
from shop.payments.provider import Payment
from shop.problems import Conflict, NotFound

log = logging.getLogger(__name__)
ASKED, DONE, REFUSED = "asked", "done", "refused"
REASON_LENGTH = 80


class RefundTooLarge(Conflict):
    """More is asked back than is left of what was paid."""

    code = "refund_too_large"
    title = "That is more than can be given back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A refund to make. ``order_id`` and ``payment_id`` say of what."""

    id: str
    order_id: str
    payment_id: str
    amount_minor: int
    reason: str


def give(connection: Connection, money: Money, now: datetime) -> bool:
    """Give back a part of what was paid for an order that is locked; return whether it is new: once per id.

    Raises: RefundTooLarge; the transaction must then be rolled back.
    """
    if not _note(connection, money, ASKED, now):
        return False
    if not _add_to_refunded(connection, money.order_id, money.amount_minor):
        raise RefundTooLarge("Look at what was refunded already.")
    announce(connection, "payment.refund", {"refund_id": money.id})
    return True


def return_second_payment(connection: Connection, order_id: str, payment: Payment, now: datetime) -> None:
    """Give all of a payment back that came on top of the order's own. It is no part of the order's account."""
    if payment.id is None or payment.amount_minor == 0:
        return
    money = Money(
        id=f"second-{payment.id}",
        order_id=order_id,
        payment_id=payment.id,
        amount_minor=payment.amount_minor,
        reason="paid twice",
    )
    if _note(connection, money, ASKED, now):
        log.error("order %s was paid twice; %s goes back", order_id, payment.id)
        announce(connection, "payment.refund", {"refund_id": money.id})


def note_foreign(connection: Connection, order_id: str, payment: Payment, known_minor: int, now: datetime) -> None:
    """Note a refund that was made at the provider's and not by the shop; its order is locked."""
    foreign = payment.refunded_minor - known_minor
    if foreign <= 0:
        return
    money = Money(
        id=f"seen-{payment.id}-{payment.refunded_minor}",
        order_id=order_id,
        payment_id=str(payment.id),
        amount_minor=foreign,
        reason="made at the provider's",
    )
    if _note(connection, money, DONE, now):
        log.warning("order %s: %d was refunded at the provider's", order_id, foreign)
        _add_to_refunded(connection, order_id, foreign)


def waiting(connection: Connection, refund_id: str) -> Money | None:
    """Return a refund that has yet to be made, or None. Raises: NotFound."""
    row = connection.execute(
        select(Refund.id, Refund.order_id, Refund.payment_id, Refund.amount_minor, Refund.asked_by, Refund.state)
        .where(Refund.id == refund_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("There is no such refund.")
    if row.state != ASKED:
        return None
    return Money(
        id=row.id,
        order_id=row.order_id,
        payment_id=row.payment_id,
        amount_minor=row.amount_minor,
        reason=row.asked_by,
    )


def made(connection: Connection, money: Money) -> None:
    """Note that the provider has made the refund."""
    connection.execute(update(Refund).where(Refund.id == money.id).values(state=DONE))


def refused(connection: Connection, money: Money, reason: str) -> None:
    """Note that the provider will not make the refund: the order's account is as before, and a person must look."""
    was_asked = update(Refund).where(Refund.id == money.id, Refund.state == ASKED).values(state=REFUSED)
    if connection.execute(was_asked).rowcount != 1:
        return
    own = (StoredOrder.id == money.order_id, StoredOrder.payment_id == money.payment_id)
    connection.execute(
        update(StoredOrder).where(*own).values(refunded_minor=StoredOrder.refunded_minor - money.amount_minor)
    )
    connection.execute(
        update(StoredOrder)
        .where(StoredOrder.id == money.order_id)
        .values(attention=f"a refund of {money.amount_minor} was refused: {reason}"[:200])
    )


def _note(connection: Connection, money: Money, state: str, now: datetime) -> bool:
    row = {
        "id": money.id,
        "order_id": money.order_id,
        "payment_id": money.payment_id,
        "amount_minor": money.amount_minor,
        "state": state,
        "asked_by": money.reason[:REASON_LENGTH],
        "asked_at": now,
    }
    return insert_if_absent(connection, Refund, row)


def _add_to_refunded(connection: Connection, order_id: str, amount_minor: int) -> bool:
    after = StoredOrder.refunded_minor + amount_minor
    return (
        connection.execute(
            update(StoredOrder)
            .where(StoredOrder.id == order_id, after <= StoredOrder.paid_minor)
            .values(refunded_minor=after)
        ).rowcount
        == 1
    )
