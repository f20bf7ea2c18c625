"""The tables of vouchers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.models import Moment
from shop.database import Base


class StoredVoucher(Base):
    """A voucher with the number of its uses, which never grows beyond its limit."""

    __tablename__ = "voucher"
    __table_args__ = (
        CheckConstraint("(percent IS NULL) <> (amount_minor IS NULL)", name="is_percent_or_amount"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent_is_in_range"),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("minimum_minor >= 0", name="minimum_is_not_negative"),
        CheckConstraint("uses >= 0", name="uses_are_not_negative"),
        CheckConstraint("uses <= max_uses", name="uses_are_within_limit"),
    )

    code: Mapped[str] = mapped_column(String(32), primary_key=True, comment="in capitals")
    percent: Mapped[int | None]
    amount_minor: Mapped[int | None]
    minimum_minor: Mapped[int] = mapped_column(default=0, comment="worth of goods from which on it counts")
    starts_at: Mapped[datetime | None] = mapped_column(Moment)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    max_uses: Mapped[int | None] = mapped_column(comment="null: no limit")
    uses: Mapped[int] = mapped_column(default=0)
    is_once_per_customer: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(String(200), default="", comment="what it is for; for merchants")


class VoucherUse(Base):
    """A customer who has used a voucher that each may use once: by account, and by e-mail."""

    __tablename__ = "voucher_use"

    code: Mapped[str] = mapped_column(ForeignKey("voucher.code"), primary_key=True)
    customer: Mapped[str] = mapped_column(String(264), primary_key=True, comment="account:<id> or mail:<address>")
    order_id: Mapped[str] = mapped_column(String(26), index=True)
