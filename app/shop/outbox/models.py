"""The table of the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.accounts.models import Moment
from shop.database import Base


class OutboxRow(Base):
    """Something to do. It is over when ``due_at`` is null: done, or parked with its last error for people to see."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due_at", "due_at"), Index("ix_outbox_done_at", "done_at"))

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    topic: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    announced_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment, comment="when it may be tried, or sent to the queue")
    claimed_until: Mapped[datetime | None] = mapped_column(Moment, comment="a worker has it, or has died with it")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    parked_at: Mapped[datetime | None] = mapped_column(Moment)
