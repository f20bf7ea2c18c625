"""What the shop asks of a payment provider. Shoppers pay on the provider's own page, so no card ever reaches the shop.

The provider is also the ledger: it holds every order's id, amount and lines before the order is acknowledged, in a
system outside the region that sells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that is paid for. ``unit_minor`` is the price of one, after discounts, in minor units."""

    sku: str
    name: str
    quantity: int
    unit_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """An order that waits for its money. The same order always makes the same request.

    The lines add up to the amount. ``expires_at`` lies between 30 minutes and 24 hours after the provider gets the
    request, so an order that leaves time for a second attempt asks for more than 30 minutes.
    """

    order_id: str
    amount_minor: int
    currency: str
    email: str
    lines: tuple[Line, ...]
    success_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Where the shopper pays, and the provider's id of it."""

    id: str
    url: str


class PaymentStatus(StrEnum):
    """How far a payment has come. OPEN is also one that the shopper made and the bank still works on."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What the provider knows of one order: also its entry in the ledger. ``id`` is None until money moved."""

    page_id: str
    order_id: str
    status: PaymentStatus
    amount_minor: int
    currency: str
    lines: tuple[tuple[str, int], ...]  # sku and quantity
    created_at: datetime
    id: str | None = None
    refunded_minor: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """A signed message of the provider that something happened to a payment. ``id`` is new for each happening.

    A happening on a page names the page; one to the money itself, such as a refund, names the order only.
    """

    id: str
    kind: str
    page_id: str | None
    order_id: str | None = None


class PaymentProvider(Protocol):
    """Every method raises PaymentUnavailable if the provider gave no answer; then it may or may not have acted."""

    def open_page(self, request: PaymentRequest) -> PaymentPage:
        """Return the page for the order: the same one however often it is asked, also after a lost reply.

        Raises: PaymentRefused.
        """

    def payment(self, page_id: str) -> Payment:
        """Return what the provider knows now. Raises: PaymentUnknown."""

    def close_page(self, page_id: str) -> Payment:
        """Let nobody pay on the page any more, and return how it stands: it may have been paid just before.

        It is still OPEN where the bank works on a payment that was made. Raises: PaymentUnknown.
        """

    def refund(self, payment_id: str, amount_minor: int, key: str) -> None:
        """Give money back, once per key.

        Raises: RefundRefused, such as if more is asked back than was paid; PaymentUnknown.
        """

    def read_notice(self, body: bytes, signature: str) -> Notice:
        """Return the notice in the body. Raises: NoticeForged if the signature is wrong or older than five minutes."""

    def ledger(self, since: datetime) -> Iterator[Payment]:
        """Return every payment that was begun since the moment, oldest first or not: in no promised order."""


class PaymentUnavailable(Exception):
    """The provider gave no answer; ask again with the same key."""


class PaymentRefused(PaymentUnavailable):
    """The provider will not take this order's money, and asking again is of no use. Nothing was done."""


class PaymentUnknown(Exception):
    """The provider knows no such payment."""


class RefundRefused(Exception):
    """The provider will not give that money back."""


class NoticeForged(Exception):
    """A message that claims to be the provider's and is not, or is too old."""
