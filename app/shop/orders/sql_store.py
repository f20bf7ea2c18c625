"""Orders in PostgreSQL or MySQL. Each use case is one transaction, under the lock of the order's row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from shop import direct
from shop.carts.sql import find_voucher
from shop.database import Database, reading_own_writes
from shop.insertion import insert_if_absent
from shop.orders import placing, reading, refunds, stock, vouchers
from shop.orders.models import HeardNotice, LedgerGap, StoredOrder, StoredOrderLine
from shop.orders.order import Order, OrderState, OrderSummary, Placed, PlaceOrder
from shop.orders.refunds import Money, RefundTooLarge
from shop.orders.settling import Change, Holds, Repayment, Standing
from shop.orders.store import Decide
from shop.outbox.outbox import announce_all
from shop.payments.provider import Notice, Payment, PaymentPage
from shop.problems import Conflict, NotFound

STANDING = (
    StoredOrder.id, StoredOrder.owner, StoredOrder.account_id, StoredOrder.email, StoredOrder.state,
    StoredOrder.currency, StoredOrder.total_minor, StoredOrder.paid_minor, StoredOrder.refunded_minor,
    StoredOrder.page_id, StoredOrder.payment_id, StoredOrder.voucher_code,
)  # fmt: skip


class SqlOrders:
    """An OrderStore in a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def place(self, wish: PlaceOrder, currency: str, now: datetime) -> Placed:
        """See OrderStore."""
        return self._database.until_done(partial(placing.place, wish, currency, now, self._database))

    def under(self, owner: str, key: str) -> tuple[str, str] | None:
        """See OrderStore."""
        with reading_own_writes(), self._database.read() as connection:
            return reading.id_under(connection, owner, key)

    def order(self, order_id: str) -> Order | None:
        """See OrderStore. Two questions."""
        with reading_own_writes(), self._database.read() as connection:
            return reading.read_order(connection, order_id)

    def of_account(self, account_id: str, limit: int) -> tuple[OrderSummary, ...]:
        """See OrderStore."""
        with self._database.read() as connection:
            return reading.history(connection, account_id, limit)

    def overdue(self, now: datetime, limit: int) -> tuple[str, ...]:
        """See OrderStore."""
        with reading_own_writes(), self._database.read() as connection:
            return tuple(reading.overdue(connection, now, limit))

    def standings(self, order_ids: Iterable[str]) -> dict[str, Standing]:
        """See OrderStore."""
        found = select(*STANDING).where(StoredOrder.id.in_(tuple(order_ids)))
        with reading_own_writes(), self._database.read() as connection:
            return {row.id: _standing(row) for row in connection.execute(found)}

    def keep_page(self, order_id: str, page: PaymentPage) -> bool:
        """See OrderStore."""
        waiting = (StoredOrder.id == order_id, StoredOrder.state == OrderState.AWAITING_PAYMENT)
        with self._database.write() as session:
            keep = update(StoredOrder).where(*waiting).values(page_id=page.id, page_url=page.url)
            return session.connection().execute(keep).rowcount == 1

    def change(self, order_id: str, decide: Decide, now: datetime) -> OrderState | None:
        """See OrderStore."""
        with self._database.write() as session:
            return _change(session.connection(), order_id, decide, now)

    def hear(self, notice: Notice, page_id: str | None, order_id: str | None, decide: Decide, now: datetime) -> bool:
        """See OrderStore."""
        row = {"id": notice.id, "kind": notice.kind[:80], "page_id": page_id, "heard_at": now}
        with self._database.write() as session:
            connection = session.connection()
            if not insert_if_absent(connection, HeardNotice, row) or order_id is None:
                return True
            return _change(connection, order_id, decide, now) is not None

    def has_heard(self, notice_id: str) -> bool:
        """See OrderStore."""
        with reading_own_writes(), self._database.read() as connection:
            return connection.execute(select(HeardNotice.id).where(HeardNotice.id == notice_id)).first() is not None

    def forget_notices(self, before: datetime) -> int:
        """See OrderStore."""
        with self._database.write() as session:
            return session.connection().execute(delete(HeardNotice).where(HeardNotice.heard_at < before)).rowcount

    def refund(self, refund_id: str) -> Money | None:
        """See OrderStore."""
        with reading_own_writes(), self._database.read() as connection:
            return refunds.waiting(connection, refund_id)

    def end_refund(self, money: Money, refusal: str | None, now: datetime) -> None:  # noqa: ARG002 - as in OrderStore
        """See OrderStore."""
        with self._database.write() as session:
            connection = session.connection()
            if _locked(connection, money.order_id) is None:
                raise NotFound("There is no such order.")
            if refusal is None:
                refunds.made(connection, money)
            else:
                refunds.refused(connection, money, refusal)

    def report_gap(self, payment: Payment, now: datetime) -> bool:
        """See OrderStore."""
        row = {
            "page_id": payment.page_id,
            "order_id": payment.order_id[:64],
            "status": payment.status,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "begun_at": payment.created_at,
            "found_at": now,
        }
        with self._database.write() as session:
            return insert_if_absent(session.connection(), LedgerGap, row)


def _change(connection: Connection, order_id: str, decide: Decide, now: datetime) -> OrderState | None:
    order = _locked(connection, order_id)
    change = None if order is None else decide(order)
    if order is None or change is None:
        return None if order is None else order.state
    return _apply(connection, order, change, now)


def _locked(connection: Connection, order_id: str) -> Standing | None:
    """Return how the order stands, and have it alone until the transaction ends; None if there is no such order."""
    found = select(*STANDING).where(StoredOrder.id == order_id).with_for_update()
    row = connection.execute(found).one_or_none()
    return None if row is None else _standing(row)


def _apply(connection: Connection, order: Standing, change: Change, now: datetime) -> OrderState:
    """Let the change happen to an order that is locked, and return the state that it is in then."""
    if change.holds is Holds.TAKEN:
        try:
            with connection.begin_nested():
                _take_again(connection, order, now)
        except Conflict:
            if change.otherwise is None:
                raise
            return _apply(connection, order, change.otherwise, now)
    if change.values:
        connection.execute(update(StoredOrder).where(StoredOrder.id == order.id).values(**change.values))
    is_new = change.repayment is not None and _repay(connection, change.repayment, now)
    if change.holds is Holds.RELEASED:
        _release(connection, order)
    announcements = (*change.announcements, *(change.repayment.announcements if change.repayment and is_new else ()))
    if announcements:
        announce_all(connection, announcements, datetime.now(UTC))
    return OrderState(str(change.values.get("state", order.state)))


def _repay(connection: Connection, repayment: Repayment, now: datetime) -> bool:
    """Note that money goes back, and return whether that is new. Raises: RefundTooLarge."""
    money = repayment.money
    if not refunds.note(connection, money, refunds.ASKED if repayment.is_ours else refunds.DONE, now):
        return False
    is_within = not repayment.counts or refunds.add_to_refunded(connection, money.order_id, money.amount_minor)
    if repayment.is_ours and not is_within:
        raise RefundTooLarge("Look at what was refunded already.")
    repayment.log()
    return True


def _take_again(connection: Connection, order: Standing, now: datetime) -> None:
    using_up: tuple[direct.Change, ...] = ()
    if order.voucher_code is not None:
        voucher = find_voucher(connection, order.voucher_code)
        if voucher is None:
            raise vouchers.VoucherSpent
        customers = vouchers.customers(order.account_id, order.email)
        using_up = vouchers.using_up(voucher, order.id, customers, now, connection.dialect.name)
    direct.execute_together(connection, stock.taking(_held(connection, order.id)), *using_up)


def _release(connection: Connection, order: Standing) -> None:
    stock.give_back(connection, _held(connection, order.id))
    if order.voucher_code is not None:
        vouchers.give_back(connection, order.voucher_code, order.id)


def _held(connection: Connection, order_id: str) -> list[tuple[int, int]]:
    lines = select(StoredOrderLine.variant_id, StoredOrderLine.quantity).where(StoredOrderLine.order_id == order_id)
    return [(variant, quantity) for variant, quantity in connection.execute(lines) if variant is not None]


def _standing(row: Row[*tuple[Any, ...]]) -> Standing:
    return Standing(**(row._asdict() | {"state": OrderState(row.state)}))
