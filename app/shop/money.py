"""Money is a whole number of minor units (cents) and never a float; this is how people read it."""

from __future__ import annotations

# Currencies without, and with three, decimals. Source: ISO 4217, list one.
DECIMALS = {
    "BIF": 0,
    "CLP": 0,
    "ISK": 0,
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "BHD": 3,
    "JOD": 3,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
}
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


def price(minor: int, currency: str) -> str:
    """Return the amount as people read it: 123456 EUR is €1,234.56. Pure."""
    decimals = DECIMALS.get(currency, 2)
    sign = "−" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**decimals)
    amount = f"{whole:,}" + (f".{rest:0{decimals}}" if decimals else "")
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{amount}" if symbol else f"{sign}{amount} {currency}"


def amount(minor: int, currency: str) -> str:
    """Return the amount as programs read it: 123456 EUR is 1234.56. Pure."""
    decimals = DECIMALS.get(currency, 2)
    whole, rest = divmod(abs(minor), 10**decimals)
    return ("-" if minor < 0 else "") + str(whole) + (f".{rest:0{decimals}}" if decimals else "")
