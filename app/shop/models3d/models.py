"""The table of models: one row for each version that was uploaded."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.models import Moment
from shop.database import Base


class ProductModel(Base):
    """A model of a product, from its upload on. Shoppers see the newest that is ready."""

    __tablename__ = "product_model"
    __table_args__ = (
        Index("ix_product_model_product_id_id", "product_id", "id"),
        CheckConstraint("state IN ('uploaded', 'checking', 'refused', 'ready')", name="state_is_known"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True, comment="ULID: later uploads have larger ones")
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    state: Mapped[str] = mapped_column(String(10))
    upload_key: Mapped[str] = mapped_column(String(200), comment="the original, which is kept")
    uploaded_by: Mapped[str] = mapped_column(String(26))
    bytes_before: Mapped[int | None] = mapped_column(default=None)
    bytes_after: Mapped[int | None] = mapped_column(default=None)
    triangles: Mapped[int | None] = mapped_column(default=None)
    draw_calls: Mapped[int | None] = mapped_column(default=None)
    encoding: Mapped[str | None] = mapped_column(String(10), default=None)
    findings: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(Moment, default=lambda: datetime.now(UTC))
    done_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
