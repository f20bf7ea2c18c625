"""What a parcel costs the shopper: one fee per zone, and none from a certain worth of goods on."""

from __future__ import annotations

from dataclasses import dataclass

from shop.pricing.countries import Country, Zone


@dataclass(frozen=True, slots=True)
class Tariff:
    """The fee for a parcel, and the worth of goods from which on it is free; both in minor units, tax included."""

    fee_minor: int
    free_from_minor: int


# The shop's own figures.
TARIFFS = {
    Zone.HOME: Tariff(fee_minor=490, free_from_minor=5_000),
    Zone.NEAR: Tariff(fee_minor=890, free_from_minor=10_000),
    Zone.FAR: Tariff(fee_minor=1_490, free_from_minor=15_000),
}


def shipping_minor(country: Country, subtotal_minor: int) -> int:
    """Return the fee. The worth of the goods counts before any discount, so a voucher never makes shipping dearer.

    Pure.
    """
    tariff = TARIFFS[country.zone]
    return 0 if subtotal_minor >= tariff.free_from_minor else tariff.fee_minor
