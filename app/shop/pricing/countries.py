"""Where the shop delivers: the member states of the European Union, each with its tax and its shipping zone.

Standard rates of value added tax, in per mille. A parcel to a private person is taxed at the rate of the country that
it goes to. Source: European Commission, Taxes in Europe Database v4, standard rates as of January 2026 (last changes:
Finland 2024-09, Slovakia 2025-01, Estonia 2025-07, Romania 2025-08); Council Directive 2006/112/EC, article 33.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shop.problems import Invalid


class Zone(StrEnum):
    """How far a parcel travels from the shop's warehouse in Germany."""

    HOME = "home"
    NEAR = "near"
    FAR = "far"


@dataclass(frozen=True, slots=True)
class Country:
    """A country that the shop delivers to. ``code`` is that of ISO 3166-1 alpha-2."""

    code: str
    name: str
    tax_permille: int
    zone: Zone


COUNTRIES = {
    country.code: country
    for country in (
        Country("AT", "Austria", 200, Zone.NEAR),
        Country("BE", "Belgium", 210, Zone.NEAR),
        Country("BG", "Bulgaria", 200, Zone.FAR),
        Country("HR", "Croatia", 250, Zone.FAR),
        Country("CY", "Cyprus", 190, Zone.FAR),
        Country("CZ", "Czechia", 210, Zone.NEAR),
        Country("DK", "Denmark", 250, Zone.NEAR),
        Country("EE", "Estonia", 240, Zone.FAR),
        Country("FI", "Finland", 255, Zone.FAR),
        Country("FR", "France", 200, Zone.NEAR),
        Country("DE", "Germany", 190, Zone.HOME),
        Country("GR", "Greece", 240, Zone.FAR),
        Country("HU", "Hungary", 270, Zone.FAR),
        Country("IE", "Ireland", 230, Zone.FAR),
        Country("IT", "Italy", 220, Zone.FAR),
        Country("LV", "Latvia", 210, Zone.FAR),
        Country("LT", "Lithuania", 210, Zone.FAR),
        Country("LU", "Luxembourg", 170, Zone.NEAR),
        Country("MT", "Malta", 180, Zone.FAR),
        Country("NL", "Netherlands", 210, Zone.NEAR),
        Country("PL", "Poland", 230, Zone.NEAR),
        Country("PT", "Portugal", 230, Zone.FAR),
        Country("RO", "Romania", 210, Zone.FAR),
        Country("SK", "Slovakia", 230, Zone.FAR),
        Country("SI", "Slovenia", 220, Zone.FAR),
        Country("ES", "Spain", 210, Zone.FAR),
        Country("SE", "Sweden", 250, Zone.FAR),
    )
}
HOME = "DE"


def country_of(code: str) -> Country:
    """Return the country. Pure. Raises: Invalid if the shop does not deliver there."""
    country = COUNTRIES.get(code)
    if country is None:
        raise Invalid("We do not deliver to that country.", errors=("country: not a country that we deliver to",))
    return country
