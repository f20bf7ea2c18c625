"""Carts as the shop keeps them: in a store, with a copy in the cache that every change drops."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter

from shop.cache import Cache
from shop.carts.cart import MOST_OF_ONE, Cart
from shop.carts.store import CartStore
from shop.pricing.voucher import normalised
from shop.problems import Invalid

COPY_SECONDS = 30
CART = TypeAdapter(Cart)


def _now() -> datetime:
    return datetime.now(UTC)


class Carts:
    """Reads and changes carts. Whose cart it is, is a text that the visitor can't choose (Visitor.owner).

    Every method raises Unavailable if the store does not answer; those that change raise WritesRefused.
    """

    def __init__(self, store: CartStore, cache: Cache, now: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._cache = cache
        self._now = now

    def of(self, owner: str | None) -> Cart:
        """Return the cart as a page shows it: prices and stock may be half a minute old."""
        if owner is None:
            return Cart()
        copy = self._cache.get(_place(owner))
        if copy is not None:
            return CART.validate_json(copy)
        cart = self.fresh(owner)
        self._cache.put(_place(owner), CART.dump_json(cart), COPY_SECONDS)
        return cart

    def fresh(self, owner: str | None) -> Cart:
        """Return the cart as it is now: what a price is quoted from."""
        return Cart() if owner is None else self._store.read(owner, self._now())

    def put(self, owner: str, variant_id: int, quantity: int) -> None:
        """Let the cart hold so many of a variant; the same call twice changes nothing more.

        Raises: Invalid out of 1 to 99, or in a cart that is full; NotFound for what is not on sale; Conflict if there
        is not enough of it.
        """
        _check(quantity)
        self._store.put(owner, variant_id, quantity, self._now(), on_top=False)
        self.forget(owner)

    def add(self, owner: str, variant_id: int, quantity: int) -> None:
        """Put so many more into the cart. Raises: as ``put``."""
        _check(quantity)
        self._store.put(owner, variant_id, quantity, self._now(), on_top=True)
        self.forget(owner)

    def remove(self, owner: str, variant_id: int) -> None:
        """Take a variant out of the cart, if it is in it."""
        self._store.remove(owner, variant_id, self._now())
        self.forget(owner)

    def merge(self, from_owner: str | None, to_owner: str | None) -> None:
        """Move what a guest had into an account's cart: quantities add up, as far as stock and limits allow.

        The guest's cart is gone then, so the same call again does nothing.
        """
        if from_owner is None or to_owner is None or from_owner == to_owner:
            return
        self._store.merge(from_owner, to_owner, self._now())
        self.forget(from_owner, to_owner)

    def apply_voucher(self, owner: str, code: str) -> None:
        """Let a voucher count for the cart. How often a visitor may try is the caller's to limit.

        Raises: Invalid for a code that is unknown or can't be used now.
        """
        self._store.apply_voucher(owner, normalised(code), self._now())
        self.forget(owner)

    def remove_voucher(self, owner: str) -> None:
        """Let no voucher count for the cart."""
        self._store.remove_voucher(owner, self._now())
        self.forget(owner)

    def forget(self, *owners: str) -> None:
        """Drop the copies. To be called after a change was committed."""
        self._cache.forget(*map(_place, owners))

    def clean_up(self, unused_for: timedelta = timedelta(days=90), limit: int = 500) -> int:
        """Drop carts that nobody has changed for so long, and return how many."""
        return self._store.remove_unused(self._now() - unused_for, limit)


def _check(quantity: int) -> None:
    if not 1 <= quantity <= MOST_OF_ONE:
        raise Invalid(f"A cart holds 1 to {MOST_OF_ONE} of a kind.", errors=(f"quantity: 1 to {MOST_OF_ONE}",))


def _place(owner: str) -> str:
    return f"cart:{owner}"
