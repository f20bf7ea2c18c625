"""The tables of orders, of their refunds, and of what the payment provider said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.models import Moment
from shop.database import Base


class StoredOrder(Base):
    """An order with everything frozen that it was agreed on. Its money adds up, or the database refuses it."""

    __tablename__ = "orders"  # "order" is a word of SQL
    __table_args__ = (
        UniqueConstraint("owner", "idempotency_key"),
        Index("ix_orders_account_id_id", "account_id", "id"),
        Index("ix_orders_state_expires_at", "state", "expires_at"),
        CheckConstraint(
            "state IN ('awaiting_payment', 'paid', 'shipped', 'cancelled')",
            name="state_is_known",
        ),
        CheckConstraint("total_minor = subtotal_minor - discount_minor + shipping_minor", name="total_adds_up"),
        CheckConstraint("total_minor >= 0 AND discount_minor >= 0 AND shipping_minor >= 0", name="is_not_negative"),
        CheckConstraint("refunded_minor BETWEEN 0 AND paid_minor", name="refunds_are_within_payment"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80), comment="whose cart it was")
    account_id: Mapped[str | None] = mapped_column(String(26))
    idempotency_key: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64), comment="of what was asked for under that key")
    state: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    street: Mapped[str] = mapped_column(String(200))
    extra: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(20))
    city: Mapped[str] = mapped_column(String(100))
    country: Mapped[str] = mapped_column(String(2))
    voucher_code: Mapped[str | None] = mapped_column(String(32))
    subtotal_minor: Mapped[int]
    discount_minor: Mapped[int]
    shipping_minor: Mapped[int]
    tax_minor: Mapped[int] = mapped_column(comment="the share of the total")
    tax_permille: Mapped[int]
    total_minor: Mapped[int]
    paid_minor: Mapped[int] = mapped_column(default=0)
    refunded_minor: Mapped[int] = mapped_column(default=0, comment="given back, or about to be")
    page_id: Mapped[str | None] = mapped_column(String(255), unique=True, comment="the provider's payment page")
    page_url: Mapped[str | None] = mapped_column(String(2048))
    payment_id: Mapped[str | None] = mapped_column(String(255), comment="the provider's, when money moved")
    attention: Mapped[str | None] = mapped_column(String(200), comment="what a person has to look at")
    placed_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, comment="cancelled then, if it is still not paid")
    paid_at: Mapped[datetime | None] = mapped_column(Moment)
    shipped_at: Mapped[datetime | None] = mapped_column(Moment)
    cancelled_at: Mapped[datetime | None] = mapped_column(Moment)


class StoredOrderLine(Base):
    """What was bought, in the words and at the price of that moment."""

    __tablename__ = "order_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_is_positive"),)

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id", ondelete="SET NULL"), index=True)
    sku: Mapped[str] = mapped_column(String(40))
    slug: Mapped[str] = mapped_column(String(96))
    name: Mapped[str] = mapped_column(String(120))
    variant_name: Mapped[str] = mapped_column(String(80))
    quantity: Mapped[int]
    unit_minor: Mapped[int]
    discount_minor: Mapped[int]


class Refund(Base):
    """Money that goes back. Its id is the key under which the provider does it once."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("state IN ('asked', 'done', 'refused')", name="state_is_known"),
    )

    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[str] = mapped_column(String(255))
    amount_minor: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    asked_by: Mapped[str] = mapped_column(String(80), comment="account of the merchant, or why the shop does it")
    asked_at: Mapped[datetime] = mapped_column(Moment)


class HeardNotice(Base):
    """A notice of the payment provider that was worked off; the same one again does nothing."""

    __tablename__ = "payment_notice"
    __table_args__ = (Index("ix_payment_notice_heard_at", "heard_at"),)

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    page_id: Mapped[str | None] = mapped_column(String(255))
    heard_at: Mapped[datetime] = mapped_column(Moment)


class LedgerGap(Base):
    """A payment of the provider's ledger whose order the shop does not have: it was lost, and can be replayed."""

    __tablename__ = "ledger_gap"

    page_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    order_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    found_at: Mapped[datetime] = mapped_column(Moment)
