"""Where announcements are kept, as the worker sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from shop.outbox.outbox import Delivery, Parked


class Announcements(Protocol):
    """The worker's side of the outbox. Every method raises Unavailable, and every change WritesRefused."""

    def claim(self, limit: int) -> tuple[Delivery, ...]:
        """Claim up to so many things that are due, for the time of the lease. Others claim others meanwhile."""

    def claim_one(self, id_: int) -> Delivery | None:
        """Claim the one that a message of the queue names; None if it is done, parked, or another worker has it."""

    def send(self, send: Callable[[str], None], limit: int) -> int:
        """Send the ids of up to so many things that are due to a queue, and return how many. They stay announced."""

    def done(self, delivery: Delivery) -> None:
        """Note that it is done."""

    def failed(self, delivery: Delivery, error: str, *, for_good: bool = False) -> bool:
        """Note that it failed; return whether it is given up: after the last attempt, or where trying again is vain."""

    def release(self, deliveries: Iterable[Delivery]) -> None:
        """Give back claims that were not begun."""

    def parked(self, limit: int = 100) -> tuple[Parked, ...]:
        """Return what was given up, the newest first."""

    def retry(self, id_: int) -> None:
        """Try something again that was given up."""

    def clean_up(self, limit: int = 1_000) -> int:
        """Drop what was done long ago, and return how many."""
