"""The table of reviews."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.models import Moment
from shop.database import Base


class StoredReview(Base):
    """What a customer says of a product: one review of each. Its stars are in the product's sum unless it is hidden."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("product_id", "account_id"),
        Index("ix_review_product_id_id", "product_id", "id"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_are_in_range"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    account_id: Mapped[str | None] = mapped_column(
        ForeignKey("account.id"), index=True, comment="null: who wrote it has left"
    )
    author: Mapped[str] = mapped_column(String(80), comment="as its writer wants to be called")
    stars: Mapped[int] = mapped_column(SmallInteger)
    text: Mapped[str] = mapped_column(String(2000))
    written_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime | None] = mapped_column(Moment)
    hidden_at: Mapped[datetime | None] = mapped_column(Moment, comment="it is not shown and does not count")
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")
