"""The numbers that can be paid with here: Stripe's own for tests. Source: docs.stripe.com/testing"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Behaviour(StrEnum):
    """What happens to a payment with a number."""

    PAYS = "pays"
    IS_DECLINED = "is declined"
    IS_CHALLENGED = "asks for 3-D Secure"
    PAYS_LATER = "pays later"
    FAILS_LATER = "fails later"


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a card or a bank account."""

    digits: str
    behaviour: Behaviour
    meaning: str
    decline_code: str | None = None

    @property
    def kind(self) -> str:
        """Stripe's name of the way to pay."""
        return "sepa_debit" if self.digits[:2].isalpha() else "card"

    @property
    def shown(self) -> str:
        """The number in groups of four."""
        return " ".join(self.digits[start : start + 4] for start in range(0, len(self.digits), 4))


NUMBERS = (
    Number("4242424242424242", Behaviour.PAYS, "the payment succeeds"),
    Number("5555555555554444", Behaviour.PAYS, "the payment succeeds (Mastercard)"),
    Number("4000000000000002", Behaviour.IS_DECLINED, "the card is declined", "generic_decline"),
    Number("4000000000009995", Behaviour.IS_DECLINED, "the card has insufficient funds", "insufficient_funds"),
    Number("4000002760003184", Behaviour.IS_CHALLENGED, "the bank asks for 3-D Secure"),
    Number("DE89370400440532013000", Behaviour.PAYS_LATER, "the bank account pays some seconds later"),
    Number("DE62370400440532013001", Behaviour.FAILS_LATER, "the bank account fails some seconds later"),
)
UNKNOWN = Number("", Behaviour.IS_DECLINED, "the number is none of those for tests", "live_mode_test_card")
_BY_DIGITS = {number.digits: number for number in NUMBERS}
# What shoppers are told. Source: docs.stripe.com/declines/codes
DECLINED = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "live_mode_test_card": "Your card was declined. Use one of the numbers for tests: this is a local stand-in.",
}


def number_of(text: str) -> Number:
    """Return the number that was typed, with or without spaces. Pure."""
    return _BY_DIGITS.get("".join(text.split()).upper(), UNKNOWN)
