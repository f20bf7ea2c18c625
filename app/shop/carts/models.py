"""The tables of carts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.models import Moment
from shop.database import Base


class StoredCart(Base):
    """A visitor's cart. Whoever buys it takes it away in the edition that was priced, or not at all."""

    __tablename__ = "cart"
    __table_args__ = (Index("ix_cart_changed_at", "changed_at"),)

    owner: Mapped[str] = mapped_column(String(80), primary_key=True, comment="account:<id> or session:<id>")
    edition: Mapped[str] = mapped_column(String(26), comment="a new one with every change")
    voucher_code: Mapped[str | None] = mapped_column(String(32))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class StoredCartLine(Base):
    """A variant in a cart. It has no price: that is the catalogue's."""

    __tablename__ = "cart_line"
    __table_args__ = (CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity_is_in_range"),)

    owner: Mapped[str] = mapped_column(ForeignKey("cart.owner", ondelete="CASCADE"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variant.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    quantity: Mapped[int]
    position: Mapped[int] = mapped_column(comment="in the order in which they were put in")
