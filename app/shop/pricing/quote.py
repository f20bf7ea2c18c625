"""What a cart costs: its lines, discount, shipping, the tax in it, and the total."""

from __future__ import annotations

from dataclasses import dataclass

from shop.carts.cart import Cart, CartLine
from shop.pricing.countries import country_of
from shop.pricing.rounding import part_of, shares
from shop.pricing.shipping import shipping_minor
from shop.problems import Invalid

SMALLEST_PAYMENT_MINOR = 50  # Source: docs.stripe.com/currencies, "Minimum and maximum charge amounts", EUR
LARGEST_PAYMENT_MINOR = 99_999_999  # Source: the same page: eight digits


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A line of the cart with its share of the discount."""

    line: CartLine
    discount_minor: int

    @property
    def total_minor(self) -> int:
        """What the line costs in the end."""
        return self.line.total_minor - self.discount_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a cart costs in a country, in minor units: the total has the tax in it."""

    country: str
    lines: tuple[QuotedLine, ...]
    voucher_code: str | None
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_permille: int

    @property
    def total_minor(self) -> int:
        """What is paid: the totals of the lines, and the shipping."""
        return self.subtotal_minor - self.discount_minor + self.shipping_minor


def quote(cart: Cart, country_code: str) -> Quote:
    """Return what the cart costs when it is sent to the country.

    Prices include tax, so the tax is a share of the total: total by rate / (1 + rate), rounded half up, once per order.
    The voucher counts where its minimum is reached; whether it is valid now is not asked here. Pure.
    Raises: Invalid if the shop does not deliver there, or the order is too large to be paid at once.
    """
    country, subtotal = country_of(country_code), cart.subtotal_minor
    shipping = shipping_minor(country, subtotal) if cart.lines else 0
    discount = _discount(cart, subtotal, shipping)
    total = subtotal - discount + shipping
    if subtotal > LARGEST_PAYMENT_MINOR or total > LARGEST_PAYMENT_MINOR:
        raise Invalid("That is more than can be paid at once. Please split the order, or talk to us.")
    split = shares(discount, [line.total_minor for line in cart.lines])
    return Quote(
        country=country.code,
        lines=tuple(QuotedLine(line, share) for line, share in zip(cart.lines, split, strict=True)),
        voucher_code=cart.voucher.code if cart.voucher and discount else None,
        subtotal_minor=subtotal,
        discount_minor=discount,
        shipping_minor=shipping,
        tax_minor=part_of(total, country.tax_permille, 1000 + country.tax_permille),
        tax_permille=country.tax_permille,
    )


def _discount(cart: Cart, subtotal: int, shipping: int) -> int:
    if cart.voucher is None or subtotal < cart.voucher.minimum_minor:
        return 0
    discount = cart.voucher.off(subtotal)
    # No provider takes a few cents: what a voucher leaves of that kind is given away too.
    is_too_little_to_pay = 0 < subtotal - discount + shipping < SMALLEST_PAYMENT_MINOR
    return subtotal if is_too_little_to_pay and discount else discount
