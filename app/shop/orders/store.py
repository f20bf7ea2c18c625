"""Where orders are kept, as the service sees it. Each change is made whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from shop.orders.order import Order, OrderState, OrderSummary, Placed, PlaceOrder
from shop.orders.refunds import Money
from shop.orders.settling import Change, Standing
from shop.payments.provider import Notice, Payment, PaymentPage

Decide = Callable[[Standing], Change | None]  # what follows for an order, from how it stands: nothing is None


class OrderStore(Protocol):
    """Every method raises Unavailable if it does not answer, and every change WritesRefused."""

    def place(self, wish: PlaceOrder, currency: str, now: datetime) -> Placed:
        """Make the cart an order. Raises: AlreadyPlaced, CartEmpty, CartChanged, OutOfStock, VoucherSpent, Invalid."""

    def under(self, owner: str, key: str) -> tuple[str, str] | None:
        """Return the id and the fingerprint of the order under an idempotency key, or None."""

    def order(self, order_id: str) -> Order | None:
        """Return an order with its lines, as it is now, or None."""

    def of_account(self, account_id: str, limit: int) -> tuple[OrderSummary, ...]:
        """Return an account's orders, the newest first."""

    def overdue(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Return the ids of orders that have waited too long for their money, the oldest first."""

    def standings(self, order_ids: Iterable[str]) -> dict[str, Standing]:
        """Return how those of the orders stand that there are, by id."""

    def keep_page(self, order_id: str, page: PaymentPage) -> bool:
        """Keep where an order is paid, if it still waits for its money; return whether it does."""

    def change(self, order_id: str, decide: Decide, now: datetime) -> OrderState | None:
        """Have the order alone, decide what happens to it, and let it happen; return its state, None if there is none.

        Raises: what ``decide`` raises; RefundTooLarge.
        """

    def hear(self, notice: Notice, page_id: str | None, order_id: str | None, decide: Decide, now: datetime) -> bool:
        """Note a notice, and change the order that it is about with it; once per notice.

        Returns whether the order was found, if there is one to be found.
        """

    def has_heard(self, notice_id: str) -> bool:
        """Return whether a notice was worked off."""

    def forget_notices(self, before: datetime) -> int:
        """Forget the notices from before the moment, and return how many."""

    def refund(self, refund_id: str) -> Money | None:
        """Return a refund that has yet to be made, or None. Raises: NotFound."""

    def end_refund(self, money: Money, refusal: str | None, now: datetime) -> None:
        """Note that the provider has made a refund, or why it will not: the order's account is then as before."""

    def report_gap(self, payment: Payment, now: datetime) -> bool:
        """Note a payment whose order the shop has not, and return whether that is new."""
