"""What may be asked of a cart, from forms and as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shop.accounts.forms import Sent
from shop.carts.cart import MOST_OF_ONE
from shop.pricing.countries import HOME

HIGHEST_ID = 2_147_483_647  # what the column holds
VARIANT = f"<int(min=1, max={HIGHEST_ID}):variant_id>"
VariantId = Annotated[int, Field(ge=1, le=HIGHEST_ID, description="a variant of a product")]
Quantity = Annotated[int, Field(ge=1, le=MOST_OF_ONE, description="how many pieces")]


class Added(Sent):
    """So many more of a variant."""

    variant_id: VariantId
    quantity: Quantity = 1


class Wanted(Sent):
    """So many of a variant, in all."""

    quantity: Quantity


class QuoteAddress(Sent):
    """The parameters of a quote."""

    country: str = Field(default=HOME, pattern=r"^[A-Z]{2}$", description="where to; a code of ISO 3166-1 alpha-2")


class Entered(Sent):
    """The code of a voucher."""

    code: Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_ -]+$")]
