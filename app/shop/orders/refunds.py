"""Giving money back: noted with its amount under the lock of the order, so that never more goes back than came.

The provider does it later, by the outbox, and once per refund: the refund's id is its key there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from shop.insertion import insert_if_absent
from shop.money import price
from shop.orders.models import Refund, StoredOrder
from shop.problems import Conflict, NotFound

ASKED, DONE, REFUSED = "asked", "done", "refused"
REASON_LENGTH = 80
ATTENTION_LENGTH = 200


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
    of_it = StoredOrder.id == money.order_id
    currency = connection.scalar(select(StoredOrder.currency).where(of_it)) or ""
    words = words_of_refusal(money, currency, reason)
    connection.execute(update(StoredOrder).where(of_it).values(attention=words))


def words_of_refusal(money: Money, currency: str, reason: str) -> str:
    """Return what a person is told who has to look at a refund that was refused. Pure."""
    return f"a refund of {price(money.amount_minor, currency)} was refused: {reason}"[:ATTENTION_LENGTH]


def note(connection: Connection, money: Money, state: str, now: datetime) -> bool:
    """Note that money goes back, or has gone; return whether it is new: once per id."""
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


def add_to_refunded(connection: Connection, order_id: str, amount_minor: int) -> bool:
    """Count what goes back of an order's money; return whether there was so much left."""
    after = StoredOrder.refunded_minor + amount_minor
    return (
        connection.execute(
            update(StoredOrder)
            .where(StoredOrder.id == order_id, after <= StoredOrder.paid_minor)
            .values(refunded_minor=after)
        ).rowcount
        == 1
    )
