"""The values that orders speak in. They know no database and no request."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from shop.accounts.people import Address

# dataclasses.astuple copies every value, which was 3 % of a profiled order.
address_values = attrgetter(*(field.name for field in fields(Address)))


class OrderState(StrEnum):
    """How far an order has come: awaiting payment, then paid, then shipped; or cancelled."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """A visitor's wish to buy what is in the cart.

    ``key`` is the client's and new for each wish, so that asking again can't buy again. ``expected_total_minor`` is
    what the visitor was shown; an order that would cost anything else is not placed.
    """

    owner: str
    key: str
    email: str
    address: Address
    account_id: str | None = None
    expected_total_minor: int | None = None

    @property
    def fingerprint(self) -> str:
        """What tells this wish from another one under the same key: a SHA-256 in hexadecimal."""
        wish = (self.email, address_values(self.address), self.expected_total_minor)
        return hashlib.sha256(json.dumps(wish).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What the shop answers. ``payment_url`` is where to pay; None if that comes later, or nothing is to be paid."""

    order_id: str
    state: OrderState
    total_minor: int
    payment_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """What was bought, in the words and at the price of that moment."""

    variant_id: int | None
    sku: str
    slug: str
    name: str
    variant_name: str
    quantity: int
    unit_minor: int
    discount_minor: int

    @property
    def total_minor(self) -> int:
        """What the line costs in the end."""
        return self.quantity * self.unit_minor - self.discount_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as buyers and merchants see it; amounts in minor units.

    ``attention`` says what a merchant should look at, ``page_id`` where it is paid.
    """

    id: str
    owner: str
    account_id: str | None
    state: OrderState
    currency: str
    email: str
    address: Address
    voucher_code: str | None
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_permille: int
    total_minor: int
    paid_minor: int
    refunded_minor: int
    page_id: str | None
    page_url: str | None
    payment_id: str | None
    attention: str | None
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    cancelled_at: datetime | None
    lines: tuple[OrderLine, ...]

    @property
    def number(self) -> str:
        """How people call it."""
        return number(self.id)

    @property
    def is_free(self) -> bool:
        """Whether there is nothing to pay."""
        return self.total_minor == 0

    @property
    def refundable_minor(self) -> int:
        """How much can still be given back."""
        return self.paid_minor - self.refunded_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSummary:
    """An order in a list."""

    id: str
    state: OrderState
    currency: str
    total_minor: int
    refunded_minor: int
    pieces: int
    placed_at: datetime

    @property
    def number(self) -> str:
        """How people call it."""
        return number(self.id)


def number(order_id: str) -> str:
    """Return how people call an order: the last eight characters of its id, in two groups. Pure."""
    return f"{order_id[-8:-4]}-{order_id[-4:]}"
