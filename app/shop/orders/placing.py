"""Placing an order: one transaction that takes what is in the cart, or changes nothing at all.

It takes two trips to PostgreSQL: one for the cart, one that changes everything, if the cart is still the same. What
many shoppers want at the same time (stock, then the voucher) is locked last and so for the shortest time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.exc import IntegrityError
from ulid import ULID

from shop.carts.cart import Cart
from shop.carts.models import StoredCart
from shop.carts.sql import read_cart
from shop.database import Database, reading_own_writes
from shop.direct import Change
from shop.orders import stock, vouchers
from shop.orders.models import StoredOrder, StoredOrderLine
from shop.orders.order import OrderState, Placed, PlaceOrder
from shop.orders.paying import MOST_PAYMENT_LINES, payment_lines
from shop.outbox.outbox import Announcement, announcing
from shop.pricing.quote import Quote, quote
from shop.problems import Conflict, Invalid
from shop.sqlcodes import TAKEN, code_of

HELD_FOR = timedelta(minutes=30)  # so long an order waits for its money and holds its stock
PAGE_IS_LATE = timedelta(seconds=10)  # the shopper's own browser opens the payment page sooner than that


# In the edition that was priced, or not at all; its lines go with it.
TAKE_CART = delete(StoredCart).where(StoredCart.owner == bindparam("whose"), StoredCart.edition == bindparam("priced"))
WRITE_ORDER = insert(StoredOrder).inline()
WRITE_LINES = insert(StoredOrderLine).inline()


class CartEmpty(Invalid):
    """There is nothing to buy."""

    code = "cart_empty"
    title = "The cart is empty"


class CartChanged(Conflict):
    """The cart is no longer what was looked at: another window changed or bought it, or a price is new."""

    code = "cart_changed"
    title = "The cart has just changed"


class AlreadyPlaced(Exception):
    """There is an order under this key."""


def place(wish: PlaceOrder, currency: str, now: datetime, database: Database) -> Placed:
    """Make the cart an order. Raises: CartEmpty, CartChanged, OutOfStock, VoucherSpent, Invalid; AlreadyPlaced."""
    with reading_own_writes(), database.read() as connection:
        cart = read_cart(connection, wish.owner, now)
    priced = agreed_quote(cart, wish)
    order_id = str(ULID.from_datetime(now))
    using_up: tuple[Change, ...] = ()
    if priced.voucher_code is not None and cart.voucher is not None:
        customers = vouchers.customers(wish.account_id, wish.email)
        using_up = vouchers.using_up(cart.voucher, order_id, customers, now, database.writer.dialect.name)
    try:
        database.change(
            Change(WRITE_ORDER, [_row(order_id, wish, priced, currency, now)]),
            Change(TAKE_CART, [{"whose": cart.owner, "priced": cart.edition}], CartChanged("Please look at it again.")),
            Change(WRITE_LINES, _lines(order_id, priced)),
            announcing(consequences(order_id, priced), now),
            stock.taking((line.variant_id, line.quantity) for line in cart.lines),
            *using_up,
        )
    except IntegrityError as error:
        if code_of(error) not in TAKEN:
            raise
        raise AlreadyPlaced from error
    return Placed(order_id=order_id, state=OrderState.AWAITING_PAYMENT, total_minor=priced.total_minor)


def short_of(cart: Cart) -> stock.OutOfStock:
    """Return the error that names what the cart has too many of. Pure."""
    names = tuple(f"{line.name} ({line.variant_name})" for line in cart.lines if not line.is_available)
    return stock.OutOfStock(f"There is not enough left of: {', '.join(names)}." if names else "", errors=names)


def agreed_quote(cart: Cart, wish: PlaceOrder) -> Quote:
    """Return what the cart costs, if that is what the visitor was shown and there is enough of everything."""
    if not cart.lines:
        raise CartEmpty("Put something into it first.")
    if cart.lapsed_code is not None:
        raise vouchers.VoucherSpent(f"Take the voucher {cart.lapsed_code} out of the cart to go on without it.")
    if not all(line.is_available for line in cart.lines):
        raise short_of(cart)
    priced = quote(cart, wish.address.country)
    if wish.expected_total_minor not in {None, priced.total_minor}:
        raise CartChanged("A price or the voucher has changed since you looked. Please look at it again.")
    if len(payment_lines(priced)) > MOST_PAYMENT_LINES:
        raise Invalid("These are too many different things for one payment. Please split the order.")
    return priced


def _row(order_id: str, wish: PlaceOrder, priced: Quote, currency: str, now: datetime) -> dict[str, object]:
    address = wish.address
    return {
        "id": order_id,
        "owner": wish.owner,
        "account_id": wish.account_id,
        "idempotency_key": wish.key,
        "fingerprint": wish.fingerprint,
        "state": OrderState.AWAITING_PAYMENT,
        "currency": currency,
        "email": wish.email,
        "name": address.name,
        "street": address.street,
        "extra": address.extra,
        "postcode": address.postcode,
        "city": address.city,
        "country": address.country,
        "voucher_code": priced.voucher_code,
        "subtotal_minor": priced.subtotal_minor,
        "discount_minor": priced.discount_minor,
        "shipping_minor": priced.shipping_minor,
        "tax_minor": priced.tax_minor,
        "tax_permille": priced.tax_permille,
        "total_minor": priced.total_minor,
        "paid_minor": 0,
        "refunded_minor": 0,
        "placed_at": now,
        "expires_at": now + HELD_FOR,
    }


def _lines(order_id: str, priced: Quote) -> list[dict[str, object]]:
    return [
        {
            "order_id": order_id,
            "position": position,
            "variant_id": quoted.line.variant_id,
            "sku": quoted.line.sku,
            "slug": quoted.line.slug,
            "name": quoted.line.name,
            "variant_name": quoted.line.variant_name,
            "quantity": quoted.line.quantity,
            "unit_minor": quoted.line.unit_minor,
            "discount_minor": quoted.discount_minor,
        }
        for position, quoted in enumerate(priced.lines)
    ]


def consequences(order_id: str, priced: Quote) -> tuple[Announcement, ...]:
    """Return what the worker has to see to, should the shopper's own next step not come."""
    topic = "payment.open_page" if priced.total_minor else "order.acknowledge"
    return (
        Announcement(topic, {"order_id": order_id}, PAGE_IS_LATE),
        Announcement("analytics.order_placed", {"order_id": order_id}),
    )
