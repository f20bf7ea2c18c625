"""What the payment provider is asked for: the same for the same order, however often."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from shop.orders.order import Order
from shop.payments.provider import Line, PaymentRequest
from shop.pricing.quote import Quote
from shop.pricing.rounding import units

MOST_PAYMENT_LINES = 100  # Source: docs.stripe.com/api/checkout/sessions/create, line_items
# A page may be opened as late as the order waits, and then has to stay open for half an hour at least.
# Source: docs.stripe.com/api/checkout/sessions/create, expires_at
PAGE_LASTS = timedelta(minutes=75)
SHIPPING = "SHIPPING"


def payment_request(order: Order, success_url: str, cancel_url: str) -> PaymentRequest:
    """Return the request for the page where the order is paid. Pure."""
    return PaymentRequest(
        order_id=order.id,
        amount_minor=order.total_minor,
        currency=order.currency,
        email=order.email,
        lines=lines_that_add_up(
            ((line.sku, f"{line.name} ({line.variant_name})", line.quantity, line.total_minor) for line in order.lines),
            order.shipping_minor,
        ),
        success_url=success_url,
        cancel_url=cancel_url,
        expires_at=order.placed_at + PAGE_LASTS,
    )


def payment_lines(priced: Quote) -> tuple[Line, ...]:
    """Return the lines that a payment of the quote has. Pure."""
    return lines_that_add_up(
        (
            (
                quoted.line.sku,
                f"{quoted.line.name} ({quoted.line.variant_name})",
                quoted.line.quantity,
                quoted.total_minor,
            )
            for quoted in priced.lines
        ),
        priced.shipping_minor,
    )


def lines_that_add_up(lines: Iterable[tuple[str, str, int, int]], shipping_minor: int) -> tuple[Line, ...]:
    """Return (SKU, name, quantity, total) lines with prices of one piece that add up to the cent. Pure.

    A total that its quantity does not divide becomes two lines, whose prices differ by one minor unit.
    """
    goods = tuple(
        Line(sku=sku, name=name, quantity=count, unit_minor=unit)
        for sku, name, quantity, total in lines
        for count, unit in units(total, quantity)
    )
    shipping = (Line(sku=SHIPPING, name="Shipping", quantity=1, unit_minor=shipping_minor),) if shipping_minor else ()
    return goods + shipping
