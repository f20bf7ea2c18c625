"""A voucher's terms: what it takes off, and when it may be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shop.pricing.rounding import part_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """A code that makes a cart cheaper, by a percentage or by an amount: one of the two is set."""

    code: str
    percent: int | None = None
    amount_minor: int | None = None
    minimum_minor: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    max_uses: int | None = None
    uses: int = 0
    is_once_per_customer: bool = False
    is_active: bool = True

    def off(self, subtotal_minor: int) -> int:
        """Return what it takes off goods of this worth, never more than all: a percentage is rounded half up. Pure."""
        wanted = part_of(subtotal_minor, self.percent, 100) if self.percent is not None else self.amount_minor or 0
        return min(wanted, subtotal_minor)

    def is_valid(self, now: datetime) -> bool:
        """Return whether it can be used now, by anybody. Pure."""
        has_begun = self.starts_at is None or self.starts_at <= now
        has_ended = self.ends_at is not None and self.ends_at <= now
        is_used_up = self.max_uses is not None and self.uses >= self.max_uses
        return self.is_active and has_begun and not has_ended and not is_used_up


def normalised(code: str) -> str:
    """Return the code as it is kept: people type it in small letters and with spaces around it. Pure."""
    return code.strip().upper()
