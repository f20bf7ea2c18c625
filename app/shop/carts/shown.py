"""A cart and a quote as programs see them."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from shop.carts.cart import Cart
from shop.pricing.quote import Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """A line of a cart; amounts in minor units."""

    variant_id: int
    sku: str
    slug: str
    name: str
    variant_name: str
    image_key: str | None
    quantity: int
    unit_minor: int
    total_minor: int
    is_available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCart:
    """A cart; ``lapsed_code`` is a voucher that was entered and has lost its validity."""

    lines: tuple[ShownLine, ...]
    pieces: int
    subtotal_minor: int
    voucher_code: str | None
    lapsed_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuote:
    """What a cart costs in a country; the tax is in the total."""

    country: str
    voucher_code: str | None
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_permille: int
    total_minor: int


CART = TypeAdapter(ShownCart)
QUOTE = TypeAdapter(ShownQuote)


def cart_shown(cart: Cart) -> bytes:
    """Return the cart as JSON. Pure."""
    lines = tuple(
        ShownLine(
            variant_id=line.variant_id,
            sku=line.sku,
            slug=line.slug,
            name=line.name,
            variant_name=line.variant_name,
            image_key=line.image_key,
            quantity=line.quantity,
            unit_minor=line.unit_minor,
            total_minor=line.total_minor,
            is_available=line.is_available,
        )
        for line in cart.lines
    )
    shown = ShownCart(
        lines=lines,
        pieces=cart.pieces,
        subtotal_minor=cart.subtotal_minor,
        voucher_code=cart.voucher.code if cart.voucher else None,
        lapsed_code=cart.lapsed_code,
    )
    return CART.dump_json(shown)


def quote_shown(quote: Quote) -> bytes:
    """Return the quote as JSON. Pure."""
    shown = ShownQuote(
        country=quote.country,
        voucher_code=quote.voucher_code,
        subtotal_minor=quote.subtotal_minor,
        discount_minor=quote.discount_minor,
        shipping_minor=quote.shipping_minor,
        tax_minor=quote.tax_minor,
        tax_permille=quote.tax_permille,
        total_minor=quote.total_minor,
    )
    return QUOTE.dump_json(shown)
