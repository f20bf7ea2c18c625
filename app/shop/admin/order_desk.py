"""Orders as the staff looks for them, and what of them needs a person. What is done to an order, ``orders`` does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Update, false, func, select, update
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.admin.audit import Deed, note
from shop.admin.paging import Part, read_part
from shop.database import Database, reading_own_writes
from shop.orders.models import LedgerGap, Refund, StoredOrder
from shop.orders.order import OrderState, number
from shop.outbox.models import OutboxRow
from shop.problems import Conflict

ATTENTION = "attention"
NUMBER = re.compile(r"[0-9A-Z]{4,26}")  # of an order: its id, or the end of it that people read out
ID_LENGTH = 26
GAPS_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order in the staff's list."""

    id: str
    state: OrderState
    email: str
    name: str
    country: str
    total_minor: int
    refunded_minor: int
    attention: str | None
    placed_at: datetime

    @property
    def number(self) -> str:
        """How people call it."""
        return number(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRow:
    """Money that went back, or is about to. ``asked_by`` is the e-mail of who asked, or why the shop did."""

    amount_minor: int
    state: str
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A payment at the provider's whose order the shop has not."""

    page_id: str
    order_id: str
    status: str
    amount_minor: int
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much waits for somebody."""

    to_ship: int
    attention: int
    gaps: int
    given_up: int


class OrderDesk:
    """Reads of orders for the staff. Every method raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, text: str = "", state: str = "", page: int = 1) -> Part[OrderRow]:
        """Return a page of orders, the newest first: by e-mail, by id or number; of a state, or of those to look at."""
        statement = (
            select(StoredOrder.id, StoredOrder.state, StoredOrder.email, StoredOrder.name, StoredOrder.country,
                   StoredOrder.total_minor, StoredOrder.refunded_minor, StoredOrder.attention, StoredOrder.placed_at)
            .where(*_conditions(text, state))
            .order_by(StoredOrder.id.desc())
        )  # fmt: skip
        with reading_own_writes(), self._database.read() as connection:
            part = read_part(connection, statement, page)
        rows = tuple(OrderRow(**{**row._mapping, "state": OrderState(row.state)}) for row in part.items)  # noqa: SLF001 - SQLAlchemy's public name
        return Part(rows, part.number, part.has_more)

    def refunds(self, order_id: str) -> tuple[RefundRow, ...]:
        """Return an order's refunds, the oldest first."""
        statement = (
            select(Refund.amount_minor, Refund.state, Refund.asked_at,
                   func.coalesce(Account.email, Refund.asked_by).label("asked_by"))
            .outerjoin(Account, Account.id == Refund.asked_by)
            .where(Refund.order_id == order_id)
            .order_by(Refund.asked_at)
        )  # fmt: skip
        with reading_own_writes(), self._database.read() as connection:
            return tuple(RefundRow(**row._mapping) for row in connection.execute(statement))  # noqa: SLF001 - SQLAlchemy's public name

    def gaps(self) -> tuple[Gap, ...]:
        """Return the payments without an order, the newest first."""
        statement = (
            select(LedgerGap.page_id, LedgerGap.order_id, LedgerGap.status, LedgerGap.amount_minor, LedgerGap.found_at)
            .order_by(LedgerGap.found_at.desc())
            .limit(GAPS_SHOWN)
        )
        with reading_own_writes(), self._database.read() as connection:
            return tuple(Gap(**row._mapping) for row in connection.execute(statement))  # noqa: SLF001 - SQLAlchemy's public name

    def waiting(self) -> Waiting:
        """Return how much waits for somebody. One question."""
        orders = select(func.count()).select_from(StoredOrder)
        undone = OutboxRow.done_at.is_(None), OutboxRow.due_at.is_(None)
        statement = select(
            orders.where(StoredOrder.state == OrderState.PAID).scalar_subquery(),
            orders.where(StoredOrder.attention.is_not(None)).scalar_subquery(),
            select(func.count()).select_from(LedgerGap).scalar_subquery(),
            select(func.count()).select_from(OutboxRow).where(*undone).scalar_subquery(),
        )
        with reading_own_writes(), self._database.read() as connection:
            to_ship, attention, gaps, given_up = connection.execute(statement).one()
        return Waiting(to_ship=to_ship, attention=attention, gaps=gaps, given_up=given_up)

    def look_after(self, order_id: str, seen: str, by: str) -> None:
        """Take the flag off an order that somebody has looked after. Raises: Conflict if it says something else now."""
        flagged = (StoredOrder.id == order_id, StoredOrder.attention == seen)
        with self._database.write() as session:
            if not _changed(session, update(StoredOrder).where(*flagged).values(attention=None)):
                raise Conflict("It says something else by now. Look at it again.")
            deed = Deed(by=by, what="order: looked after", subject=f"order:{order_id}")
            note(session, deed, {"attention": seen}, {"attention": None})


def _changed(session: Session, statement: Update) -> bool:
    return session.connection().execute(statement).rowcount == 1


def _conditions(text: str, state: str) -> Iterator[ColumnElement[bool]]:
    if state == ATTENTION:
        yield StoredOrder.attention.is_not(None)
    elif state:
        yield StoredOrder.state == state
    if "@" in text:
        yield StoredOrder.email == text.lower()
    elif text:
        yield _numbered(text.upper().replace("-", "").replace(" ", ""))


def _numbered(text: str) -> ColumnElement[bool]:
    if NUMBER.fullmatch(text) is None:
        return false()
    return StoredOrder.id == text if len(text) == ID_LENGTH else StoredOrder.id.endswith(text)
