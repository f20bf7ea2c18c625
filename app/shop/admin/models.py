"""The table of what the staff did, and the indexes that its questions need."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.models import Moment
from shop.database import Base
from shop.orders.models import Refund, StoredOrder


class AuditEntry(Base):
    """Something that a member of the staff did. It is never changed, but for the outcome of what was begun."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject_id", "subject", "id"),
        CheckConstraint("outcome IN ('begun', 'done', 'refused')", name="outcome_is_known"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True, comment="ULID: later ones are larger")
    at: Mapped[datetime] = mapped_column(Moment)
    account_id: Mapped[str] = mapped_column(String(26))
    what: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(120), comment="such as product:12")
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(200), default="")
    outcome: Mapped[str] = mapped_column(String(10))
    form_key: Mapped[str | None] = mapped_column(
        String(26), unique=True, comment="of a form that may be sent twice and counts once"
    )


# Most orders never have the fourth, and some not the third: PostgreSQL keeps only those that do.
Index("ix_orders_state_id", StoredOrder.state, StoredOrder.id)
Index("ix_orders_email", StoredOrder.email)
Index("ix_orders_paid_at", StoredOrder.paid_at, postgresql_where=StoredOrder.paid_at.is_not(None))
Index("ix_orders_attention", StoredOrder.attention, postgresql_where=StoredOrder.attention.is_not(None))
Index("ix_refund_asked_at", Refund.asked_at)
