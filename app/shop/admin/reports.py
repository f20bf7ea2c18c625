"""What was sold in a span of days, in UTC. A sale counts on the day on which it was paid, a refund on its own day.

Each question reads the orders of the span by an index on when they were paid, and answers with a bounded list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, SQLColumnExpression, func, select

from shop.admin.goods import FEW
from shop.catalogue.models import Category, Product, Variant
from shop.database import Database
from shop.orders.models import Refund, StoredOrder, StoredOrderLine
from shop.orders.refunds import REFUSED
from shop.problems import Invalid

LONGEST_DAYS = 366
MOST_PRODUCTS = 1000
MOST_LOW = 50
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """The first moment that belongs to it."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        """The first moment that belongs to it no more."""
        return datetime(self.last.year, self.last.month, self.last.day, tzinfo=UTC) + A_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A day on which something was sold or given back."""

    day: date
    orders: int
    total_minor: int
    refunded_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldRow:
    """What was sold of a product, or of a category; ``key`` is its slug."""

    key: str
    name: str
    pieces: int
    total_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LowRow:
    """A variant of which few are left."""

    slug: str
    name: str
    variant: str
    sku: str
    stock: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of a span. Totals are what was paid, with tax and shipping; those of goods are without shipping."""

    span: Span
    days: tuple[DayRow, ...]
    products: tuple[SoldRow, ...]
    categories: tuple[SoldRow, ...]
    low: tuple[LowRow, ...]

    @property
    def orders(self) -> int:
        """How many orders were paid."""
        return sum(day.orders for day in self.days)

    @property
    def total_minor(self) -> int:
        """What was paid."""
        return sum(day.total_minor for day in self.days)

    @property
    def refunded_minor(self) -> int:
        """What went back, or is about to."""
        return sum(day.refunded_minor for day in self.days)

    @property
    def average_minor(self) -> int:
        """What an order was worth, rounded down."""
        return self.total_minor // self.orders if self.orders else 0


def span_of(first: date | None, last: date | None, today: date) -> Span:
    """Return the days that are asked for; without any, the last 30. Pure. Raises: Invalid."""
    last = last or today
    first = first or last - timedelta(days=29)
    if not timedelta(0) <= last - first < timedelta(days=LONGEST_DAYS):
        raise Invalid(errors=(f"last: Choose 1 to {LONGEST_DAYS} days.",))
    return Span(first, last)


class Reports:
    """Makes reports. It may read from a replica. Raises: Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, span: Span) -> Report:
        """Return the figures of the days. Five questions, whatever was sold."""
        with self._database.read() as connection:
            return Report(
                span=span,
                days=_days(connection, span),
                products=_sold(connection, span, Product.slug, Product.name),
                categories=_sold(connection, span, Category.slug, Category.name),
                low=_low(connection),
            )


def _within(column: SQLColumnExpression[Any], span: Span) -> tuple[ColumnElement[bool], ...]:
    return column >= span.begins, column < span.ends


def _days(connection: Connection, span: Span) -> tuple[DayRow, ...]:
    day = _day(connection, StoredOrder.paid_at)
    sales = (
        select(day, func.count(), func.sum(StoredOrder.total_minor))
        .where(*_within(StoredOrder.paid_at, span))
        .group_by(day)
    )
    day = _day(connection, Refund.asked_at)
    refunds = (
        select(day, func.sum(Refund.amount_minor))
        .where(*_within(Refund.asked_at, span), Refund.state != REFUSED)
        .group_by(day)
    )
    sold = {day: (orders, int(total)) for day, orders, total in connection.execute(sales)}
    given_back = {day: int(total) for day, total in connection.execute(refunds)}
    return tuple(
        DayRow(day=day, orders=orders, total_minor=total, refunded_minor=given_back.get(day, 0))
        for day in _in_order(sold, given_back)
        for orders, total in (sold.get(day, (0, 0)),)
    )


def _day(connection: Connection, column: SQLColumnExpression[Any]) -> ColumnElement[date]:
    """Return the day of a moment, in UTC: MySQL keeps that, PostgreSQL has to be told."""
    return func.date(func.timezone("UTC", column) if connection.dialect.name == "postgresql" else column)


def _in_order(*days: Iterable[date]) -> list[date]:
    return sorted(set().union(*days))


def _sold(
    connection: Connection, span: Span, key: SQLColumnExpression[str], name: SQLColumnExpression[str]
) -> tuple[SoldRow, ...]:
    """Return what was sold by product or by category as they are called now, the most first."""
    worth = func.sum(StoredOrderLine.quantity * StoredOrderLine.unit_minor - StoredOrderLine.discount_minor)
    statement = (
        select(key, name, func.sum(StoredOrderLine.quantity), worth)
        .select_from(StoredOrder)
        .join(StoredOrderLine, StoredOrderLine.order_id == StoredOrder.id)
        .join(Variant, Variant.id == StoredOrderLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(Category, Category.id == Product.category_id)
        .where(*_within(StoredOrder.paid_at, span))
        .group_by(key, name)
        .order_by(worth.desc(), key)
        .limit(MOST_PRODUCTS)
    )
    return tuple(
        SoldRow(key=key, name=name, pieces=int(pieces), total_minor=int(total))
        for key, name, pieces, total in connection.execute(statement)
    )


def _low(connection: Connection) -> tuple[LowRow, ...]:
    statement = (
        select(Product.slug, Product.name, Variant.name.label("variant"), Variant.sku, Variant.stock)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.is_active, Product.is_active, Variant.stock < FEW)
        .order_by(Variant.stock, Variant.id)
        .limit(MOST_LOW)
    )
    return tuple(LowRow(**row._mapping) for row in connection.execute(statement))  # noqa: SLF001 - SQLAlchemy's public name
