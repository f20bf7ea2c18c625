"""What may be asked, with Stripe's names and limits. A name that is not here is refused, as Stripe refuses it.

Source: docs.stripe.com/api, and the types of Stripe's library for Python, 16.1.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _listed(value: object) -> object:
    """Lists come as ``name[0]=…``."""
    if isinstance(value, dict) and all(str(key).isdecimal() for key in value):
        return tuple(value[key] for key in sorted(value, key=int))
    return value


def _metadata(value: dict[str, str]) -> dict[str, str]:
    # Source: docs.stripe.com/metadata, "Data"
    for key, text in value.items():
        if len(key) > 40 or len(text) > 500:
            raise PydanticCustomError("metadata", "a key has at most 40 characters, and a value 500")
    if len(value) > 50:
        raise PydanticCustomError("metadata", "at most 50 keys may be set")
    return {key: text for key, text in value.items() if text}


def _url(value: str) -> str:
    address = urlsplit(value)
    if address.scheme not in {"http", "https"} or not address.netloc:
        raise PydanticCustomError("url", "not an absolute address")
    return value


def _email(value: str) -> str:
    if EMAIL.fullmatch(value) is None:
        raise PydanticCustomError("email", "not an address")
    return value


Listed = Annotated[tuple[Item, ...], BeforeValidator(_listed)]
Metadata = Annotated[dict[str, str], AfterValidator(_metadata)]
Url = Annotated[str, Field(max_length=5000), AfterValidator(_url)]
Email = Annotated[str, Field(max_length=800), AfterValidator(_email)]


class Parameters(BaseModel):
    """What every question may carry. Source: docs.stripe.com/api/expanding_objects"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expand: Listed[str] = Field(default=(), max_length=20)


class ProductData(BaseModel):
    """A product that is made for one line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=5000)
    description: str | None = Field(default=None, max_length=5000)


class PriceData(BaseModel):
    """A price that is made for one line, in the currency's minor units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field(pattern=r"^[a-z]{3}$")
    unit_amount: int = Field(ge=0, le=99_999_999)
    product_data: ProductData


class LineItem(BaseModel):
    """A line of a page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    price_data: PriceData
    quantity: int = Field(ge=1, le=999_999)


class PaymentIntentData(BaseModel):
    """What the payment is to carry that a page will make."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str | None = Field(default=None, max_length=1000)
    metadata: Metadata = {}


class SessionCreate(Parameters):
    """A page to pay on. Source: docs.stripe.com/api/checkout/sessions/create"""

    mode: Literal["payment"]
    ui_mode: Literal["hosted_page"] = "hosted_page"
    line_items: Listed[LineItem] = Field(min_length=1, max_length=100)
    success_url: Url
    cancel_url: Url | None = None
    client_reference_id: str | None = Field(default=None, max_length=200)
    customer_email: Email | None = None
    expires_at: int | None = None
    metadata: Metadata = {}
    payment_intent_data: PaymentIntentData = PaymentIntentData()


class Created(BaseModel):
    """A span of time, in seconds since 1970."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None


class Page(Parameters):
    """A part of a list, newest first. Source: docs.stripe.com/api/pagination"""

    limit: int = Field(default=10, ge=1, le=100)
    starting_after: str | None = None
    ending_before: str | None = None
    created: Created = Created()


class SessionList(Page):
    """Pages. Source: docs.stripe.com/api/checkout/sessions/list"""

    payment_intent: str | None = None


class RefundCreate(Parameters):
    """Money to give back. Source: docs.stripe.com/api/refunds/create"""

    payment_intent: str
    amount: int | None = Field(default=None, ge=1, le=99_999_999)
    metadata: Metadata = {}
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None


class RefundList(Page):
    """Refunds. Source: docs.stripe.com/api/refunds/list"""

    payment_intent: str | None = None


class EventList(Page):
    """What happened. Source: docs.stripe.com/api/events/list"""

    type: str | None = None
