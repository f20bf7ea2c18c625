"""The ledger: a system outside the region that holds an order before it is acknowledged.

For an order that is paid it is the payment provider. For one without anything to pay it is this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What is needed to replay an order: ``lines`` are SKU, quantity and price of one in minor units."""

    order_id: str
    amount_minor: int
    currency: str
    lines: tuple[tuple[str, int, int], ...]
    placed_at: datetime


class Ledger(Protocol):
    """Keeps entries."""

    def record(self, entry: LedgerEntry) -> None:
        """Keep the entry; the same one again changes nothing. Raises: Unavailable if it may not be kept."""


class NoLedger:
    """The ledger of a shop without a control store: its database is all that it has."""

    def record(self, entry: LedgerEntry) -> None:
        """Do nothing."""
