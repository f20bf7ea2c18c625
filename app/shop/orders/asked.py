"""What a buyer may send, from the checkout's form and as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from shop.accounts.forms import AddressForm, Email, Sent
from shop.accounts.people import Visitor
from shop.orders.order import PlaceOrder
from shop.pricing.quote import LARGEST_PAYMENT_MINOR

Key = Annotated[
    str,
    Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$", description="new for each wish to buy"),
]
Total = Annotated[int, Field(ge=0, le=LARGEST_PAYMENT_MINOR, description="what the buyer was shown, in minor units")]


class IdempotencyKey(Sent):
    """The header that lets a client ask again without buying again."""

    model_config = ConfigDict(extra="ignore", validate_by_name=True)

    idempotency_key: Key = Field(alias="Idempotency-Key")


class OrderAddress(Sent):
    """The parameters of an order's address."""

    token: str = Field(default="", description="opens the order to whoever has the link from its mail")


class OrderBody(Sent):
    """An order of what is in the cart. With ``expected_total_minor`` it is placed at that price or not at all."""

    email: Email
    address: AddressForm
    expected_total_minor: Total | None = None

    def wish(self, visitor: Visitor, key: str) -> PlaceOrder:
        """Return what the visitor wants. Pure."""
        return PlaceOrder(
            owner=visitor.owner or "",
            account_id=visitor.account_id,
            key=key,
            email=self.email,
            address=self.address.address(),
            expected_total_minor=self.expected_total_minor,
        )


class CheckoutForm(AddressForm):
    """The checkout's form: address, e-mail, the total that it showed, and its key."""

    email: Email
    total: Total
    key: Key

    def wish(self, visitor: Visitor) -> PlaceOrder:
        """Return what the visitor wants. Pure."""
        return PlaceOrder(
            owner=visitor.owner or "",
            account_id=visitor.account_id,
            key=self.key,
            email=self.email,
            address=self.address(),
            expected_total_minor=self.total,
        )
