"""The table of the fence: up to when, and under which epoch, this database takes changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, SmallInteger
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.orm import Mapped, mapped_column

from shop.database import Base

MOMENT = DateTime(timezone=True).with_variant(DATETIME(fsp=6), "mysql")  # MySQL's own ends at the second


class WriteFence(Base):
    """One row, or none while no control store decides. The guardian keeps it; triggers on all other tables obey it."""

    __tablename__ = "write_fence"
    __table_args__ = (CheckConstraint("id = 1", name="is_one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(BigInteger, comment="of the authority; only grows")
    valid_until: Mapped[datetime] = mapped_column(MOMENT, comment="by the clock of this database, in UTC")
