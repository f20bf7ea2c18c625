"""Reading orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from shop.accounts.people import Address
from shop.orders.models import StoredOrder, StoredOrderLine
from shop.orders.order import Order, OrderLine, OrderState, OrderSummary


def read_order(connection: Connection, order_id: str) -> Order | None:
    """Return an order with its lines, or None. Two questions."""
    found = read_orders(connection, (order_id,))
    return found[0] if found else None


def read_orders(connection: Connection, order_ids: Iterable[str]) -> tuple[Order, ...]:
    """Return those of the orders that there are, with their lines. Two questions, whatever their number."""
    ids = tuple(order_ids)
    rows = connection.execute(select(StoredOrder.__table__).where(StoredOrder.id.in_(ids))).all()
    if not rows:
        return ()
    lines: dict[str, list[OrderLine]] = defaultdict(list)
    stored = select(StoredOrderLine.__table__).where(StoredOrderLine.order_id.in_(ids))
    for line in connection.execute(stored.order_by(StoredOrderLine.order_id, StoredOrderLine.position)):
        lines[line.order_id].append(_line(line))
    return tuple(_order(row, lines[row.id]) for row in rows)


def id_under(connection: Connection, owner: str, key: str) -> tuple[str, str] | None:
    """Return the id and the fingerprint of the order under an idempotency key, or None."""
    under = select(StoredOrder.id, StoredOrder.fingerprint).where(
        StoredOrder.owner == owner, StoredOrder.idempotency_key == key
    )
    row = connection.execute(under).one_or_none()
    return None if row is None else (row.id, row.fingerprint)


def history(connection: Connection, account_id: str, limit: int) -> tuple[OrderSummary, ...]:
    """Return an account's orders, the newest first."""
    pieces = (
        select(func.coalesce(func.sum(StoredOrderLine.quantity), 0))
        .where(StoredOrderLine.order_id == StoredOrder.id)
        .scalar_subquery()
        .label("pieces")
    )
    rows = (
        select(StoredOrder.id, StoredOrder.state, StoredOrder.currency, StoredOrder.total_minor,
               StoredOrder.refunded_minor, StoredOrder.placed_at, pieces)
        .where(StoredOrder.account_id == account_id)
        .order_by(StoredOrder.id.desc())
        .limit(limit)
    )  # fmt: skip
    return tuple(_summary(row) for row in connection.execute(rows))


def overdue(connection: Connection, now: datetime, limit: int) -> Sequence[str]:
    """Return the ids of orders that have waited too long for their money, the oldest first."""
    return (
        connection.execute(
            select(StoredOrder.id)
            .where(StoredOrder.state == OrderState.AWAITING_PAYMENT, StoredOrder.expires_at <= now)
            .order_by(StoredOrder.expires_at)
            .limit(limit)
        )
        .scalars()
        .all()
    )


def _order(row: Row[*tuple[Any, ...]], lines: list[OrderLine]) -> Order:
    return Order(
        id=row.id,
        owner=row.owner,
        account_id=row.account_id,
        state=OrderState(row.state),
        currency=row.currency,
        email=row.email,
        address=Address(
            name=row.name,
            street=row.street,
            extra=row.extra,
            postcode=row.postcode,
            city=row.city,
            country=row.country,
        ),
        voucher_code=row.voucher_code,
        subtotal_minor=row.subtotal_minor,
        discount_minor=row.discount_minor,
        shipping_minor=row.shipping_minor,
        tax_minor=row.tax_minor,
        tax_permille=row.tax_permille,
        total_minor=row.total_minor,
        paid_minor=row.paid_minor,
        refunded_minor=row.refunded_minor,
        page_id=row.page_id,
        page_url=row.page_url,
        payment_id=row.payment_id,
        attention=row.attention,
        placed_at=row.placed_at,
        expires_at=row.expires_at,
        paid_at=row.paid_at,
        shipped_at=row.shipped_at,
        cancelled_at=row.cancelled_at,
        lines=tuple(lines),
    )


def _line(row: Row[*tuple[Any, ...]]) -> OrderLine:
    return OrderLine(
        variant_id=row.variant_id,
        sku=row.sku,
        slug=row.slug,
        name=row.name,
        variant_name=row.variant_name,
        quantity=row.quantity,
        unit_minor=row.unit_minor,
        discount_minor=row.discount_minor,
    )


def _summary(row: Row[*tuple[Any, ...]]) -> OrderSummary:
    return OrderSummary(
        id=row.id,
        state=OrderState(row.state),
        currency=row.currency,
        total_minor=row.total_minor,
        refunded_minor=row.refunded_minor,
        pieces=int(row.pieces),
        placed_at=row.placed_at,
    )
