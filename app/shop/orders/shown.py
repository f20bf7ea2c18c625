"""Orders as programs see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from shop.orders.order import Order, OrderState, OrderSummary, Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOrderLine:
    """What was bought; amounts in minor units."""

    sku: str
    slug: str
    name: str
    variant_name: str
    quantity: int
    unit_minor: int
    discount_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAddress:
    """Where it goes."""

    name: str
    street: str
    extra: str
    postcode: str
    city: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOrder:
    """An order as its buyer sees it."""

    id: str
    number: str
    state: OrderState
    currency: str
    email: str
    address: ShownAddress
    lines: tuple[ShownOrderLine, ...]
    voucher_code: str | None
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_permille: int
    total_minor: int
    paid_minor: int
    refunded_minor: int
    payment_url: str | None
    placed_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    cancelled_at: datetime | None


PLACED = TypeAdapter(Placed)
ORDER = TypeAdapter(ShownOrder)
SUMMARIES = TypeAdapter(tuple[OrderSummary, ...])


def order_shown(order: Order) -> bytes:
    """Return the order as JSON, with nothing in it that is the shop's own. Pure."""
    address = order.address
    shown = ShownOrder(
        id=order.id,
        number=order.number,
        state=order.state,
        currency=order.currency,
        email=order.email,
        address=ShownAddress(
            name=address.name,
            street=address.street,
            extra=address.extra,
            postcode=address.postcode,
            city=address.city,
            country=address.country,
        ),
        lines=tuple(
            ShownOrderLine(
                sku=line.sku,
                slug=line.slug,
                name=line.name,
                variant_name=line.variant_name,
                quantity=line.quantity,
                unit_minor=line.unit_minor,
                discount_minor=line.discount_minor,
                total_minor=line.total_minor,
            )
            for line in order.lines
        ),
        voucher_code=order.voucher_code,
        subtotal_minor=order.subtotal_minor,
        discount_minor=order.discount_minor,
        shipping_minor=order.shipping_minor,
        tax_minor=order.tax_minor,
        tax_permille=order.tax_permille,
        total_minor=order.total_minor,
        paid_minor=order.paid_minor,
        refunded_minor=order.refunded_minor,
        payment_url=order.page_url if order.state is OrderState.AWAITING_PAYMENT else None,
        placed_at=order.placed_at,
        expires_at=order.expires_at,
        paid_at=order.paid_at,
        shipped_at=order.shipped_at,
        cancelled_at=order.cancelled_at,
    )
    return ORDER.dump_json(shown)
