"""What a cart costs adds up to the cent, whatever is in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.carts.cart import Cart, CartLine
from shop.orders.paying import payment_lines
from shop.pricing.countries import COUNTRIES, Zone
from shop.pricing.quote import SMALLEST_PAYMENT_MINOR, quote
from shop.pricing.rounding import part_of, shares, units
from shop.pricing.shipping import TARIFFS
from shop.pricing.voucher import Voucher
from shop.problems import Invalid

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TEN = Voucher(code="V", percent=10)

amounts = st.integers(0, 100_000)
lines = st.builds(
    CartLine,
    variant_id=st.integers(1, 10_000),
    sku=st.just("sku"),
    slug=st.just("slug"),
    name=st.just("name"),
    variant_name=st.just("form"),
    image_key=st.none(),
    quantity=st.integers(1, 99),
    unit_minor=amounts,
    stock=st.just(99),
)
vouchers = st.one_of(
    st.none(),
    st.builds(Voucher, code=st.just("V"), percent=st.integers(1, 100), minimum_minor=amounts),
    st.builds(Voucher, code=st.just("V"), amount_minor=st.integers(1, 500_000), minimum_minor=amounts),
)
carts = st.builds(Cart, lines=st.lists(lines, min_size=1, max_size=8).map(tuple), voucher=vouchers)
countries = st.sampled_from(sorted(COUNTRIES))


def of(*prices: tuple[int, int], voucher: Voucher | None = None) -> Cart:
    """A cart of (quantity, price) lines."""
    return Cart(
        voucher=voucher,
        lines=tuple(
            CartLine(
                variant_id=number,
                sku=f"sku-{number}",
                slug="s",
                name="n",
                variant_name="f",
                image_key=None,
                quantity=quantity,
                unit_minor=unit,
                stock=99,
            )
            for number, (quantity, unit) in enumerate(prices)
        ),
    )


@given(carts, countries)
def test_the_lines_and_the_shipping_add_up_to_the_total(cart: Cart, country: str) -> None:
    quoted = quote(cart, country)
    assert sum(line.total_minor for line in quoted.lines) + quoted.shipping_minor == quoted.total_minor
    assert sum(line.discount_minor for line in quoted.lines) == quoted.discount_minor
    assert quoted.subtotal_minor - quoted.discount_minor + quoted.shipping_minor == quoted.total_minor
    assert all(0 <= line.discount_minor <= line.line.total_minor for line in quoted.lines)


@given(carts, countries)
def test_what_the_provider_is_asked_for_is_the_total_in_whole_units(cart: Cart, country: str) -> None:
    quoted = quote(cart, country)
    asked = payment_lines(quoted)
    assert sum(line.quantity * line.unit_minor for line in asked) == quoted.total_minor
    assert sum(line.quantity for line in asked if line.sku != "SHIPPING") == cart.pieces


@given(carts, countries)
def test_the_tax_is_the_nearest_whole_unit_of_its_share(cart: Cart, country: str) -> None:
    quoted = quote(cart, country)
    rate = Fraction(quoted.tax_permille, 1000)
    exact = quoted.total_minor * rate / (1 + rate)
    assert abs(quoted.tax_minor - exact) <= Fraction(1, 2)


@given(carts, countries)
def test_a_total_is_nothing_or_can_be_paid(cart: Cart, country: str) -> None:
    quoted = quote(cart, country)
    if quoted.discount_minor:
        assert quoted.total_minor == 0 or quoted.total_minor >= SMALLEST_PAYMENT_MINOR


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_shares_add_up_and_differ_from_the_exact_ones_by_less_than_one(amount: int, weights: list[int]) -> None:
    whole = sum(weights)
    amount = min(amount, whole)
    parts = shares(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part <= weight
        assert whole == 0 or abs(part - Fraction(amount * weight, whole)) < 1


@given(st.integers(0, 10**8), st.integers(1, 99))
def test_prices_of_one_piece_add_up_and_differ_by_one_at_most(total: int, quantity: int) -> None:
    parts = units(total, quantity)
    assert sum(count * price for count, price in parts) == total
    assert sum(count for count, _ in parts) == quantity
    assert max(price for _, price in parts) - min(price for _, price in parts) <= 1


def test_halves_are_rounded_up() -> None:
    assert [part_of(amount, 1, 2) for amount in (1, 2, 3, 5)] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("voucher", "discounts", "total"),
    [
        (Voucher(code="V", percent=10), (20, 100), 1080 + 490),
        (Voucher(code="V", amount_minor=100), (17, 83), 1100 + 490),
        (Voucher(code="V", amount_minor=100, minimum_minor=1200), (17, 83), 1100 + 490),
        (Voucher(code="V", amount_minor=100, minimum_minor=1201), (0, 0), 1200 + 490),
        (Voucher(code="V", amount_minor=5000), (200, 1000), 490),
    ],
)
def test_a_discount_is_shared_by_the_worth_of_the_lines(
    voucher: Voucher, discounts: tuple[int, ...], total: int
) -> None:
    quoted = quote(of((2, 100), (1, 1000), voucher=voucher), "DE")
    assert tuple(line.discount_minor for line in quoted.lines) == discounts
    assert quoted.total_minor == total


def test_shipping_is_by_zone_and_free_from_a_worth_on_whatever_a_voucher_takes_off() -> None:
    for country, zone in (("DE", Zone.HOME), ("FR", Zone.NEAR), ("PT", Zone.FAR)):
        tariff = TARIFFS[zone]
        free = tariff.free_from_minor
        assert quote(of((1, free - 1)), country).shipping_minor == tariff.fee_minor
        half_off = Voucher(code="V", percent=50)
        assert quote(of((1, free), voucher=half_off), country).total_minor == free // 2


def test_a_few_cents_that_a_voucher_leaves_are_given_away_too() -> None:
    left = 49
    quoted = quote(of((1, 6000), voucher=Voucher(code="V", amount_minor=6000 - left)), "DE")
    assert (quoted.discount_minor, quoted.total_minor, quoted.tax_minor) == (6000, 0, 0)


def test_where_the_shop_does_not_deliver_it_quotes_nothing() -> None:
    for country in ("US", "de", "", "DEU"):
        with pytest.raises(Invalid, match="country"):
            quote(of((1, 100)), country)


def test_more_than_one_payment_can_hold_is_refused() -> None:
    with pytest.raises(Invalid, match="split"):
        quote(of((99, 1_100_000)), "DE")


def test_every_member_state_has_a_rate_that_the_directive_allows() -> None:
    assert len(COUNTRIES) == 27
    assert all(150 <= country.tax_permille <= 270 for country in COUNTRIES.values())  # article 97; none is above 27 %


@pytest.mark.parametrize(
    ("voucher", "is_valid"),
    [
        (TEN, True),
        (replace(TEN, is_active=False), False),
        (replace(TEN, starts_at=NOW), True),
        (replace(TEN, starts_at=NOW + timedelta(seconds=1)), False),
        (replace(TEN, ends_at=NOW), False),
        (replace(TEN, ends_at=NOW + timedelta(seconds=1)), True),
        (replace(TEN, max_uses=2, uses=1), True),
        (replace(TEN, max_uses=2, uses=2), False),
    ],
)
def test_a_voucher_is_valid_in_its_time_and_up_to_its_uses(voucher: Voucher, is_valid: bool) -> None:
    assert voucher.is_valid(NOW) is is_valid
