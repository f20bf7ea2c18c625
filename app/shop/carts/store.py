"""Where carts are kept, as the service sees it. Each change is made whole, or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from shop.carts.cart import Cart


class CartStore(Protocol):
    """Every method raises Unavailable if it does not answer, and every change WritesRefused."""

    def read(self, owner: str, now: datetime) -> Cart:
        """Return the cart with the catalogue's prices of this moment."""

    def put(self, owner: str, variant_id: int, quantity: int, now: datetime, *, on_top: bool) -> None:
        """Let the cart hold so many of a variant, or so many more.

        Raises: Invalid above 99, or for a cart that is full; NotFound for what is not on sale; Conflict if there is
        not enough of it.
        """

    def remove(self, owner: str, variant_id: int, now: datetime) -> None:
        """Take a variant out of the cart, if it is in it."""

    def merge(self, from_owner: str, to_owner: str, now: datetime) -> None:
        """Pour one cart into another as far as stock and limits allow, and drop it; nothing happens if it is empty."""

    def apply_voucher(self, owner: str, code: str, now: datetime) -> None:
        """Let a voucher count for the cart. Raises: Invalid for a code that is unknown or can't be used now."""

    def remove_voucher(self, owner: str, now: datetime) -> None:
        """Let no voucher count for the cart."""

    def remove_unused(self, since: datetime, limit: int) -> int:
        """Drop carts that nobody has changed since the moment, and return how many."""
