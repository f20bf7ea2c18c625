"""What the staff may send, from forms."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shop.accounts.forms import Email, OneLine, Sent
from shop.accounts.people import Role
from shop.admin.paging import PAGES
from shop.catalogue.asked import RESERVED
from shop.money import DECIMALS
from shop.orders.order import OrderState
from shop.pricing.quote import LARGEST_PAYMENT_MINOR
from shop.pricing.voucher import normalised
from shop.problems import Invalid
from shop.prose import Prose

LARGEST_STOCK = 1_000_000
LARGEST_ID = 2**31 - 1
MOST_ATTRIBUTES = 20
MONEY = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,3}))?")
ATTRIBUTE = re.compile(r"([a-z][a-z0-9_]{0,39})\s*:\s*(\S.{0,59})")


def _attributes(text: str) -> tuple[tuple[str, str], ...]:
    """Read lines such as ``material: oak``."""
    pairs = []
    for line in filter(None, map(str.strip, text.splitlines())):
        read = ATTRIBUTE.fullmatch(line)
        if read is None:
            raise PydanticCustomError(
                "attributes", "“{line}”: write each line like “material: oak”.", {"line": line[:60]}
            )
        pairs.append((read[1], read[2].strip()))
    names = [name for name, _ in pairs]
    if taken := RESERVED.intersection(names):
        raise PydanticCustomError("attributes", "“{name}” has a meaning of its own in addresses.", {"name": min(taken)})
    if len(set(names)) < len(names):
        raise PydanticCustomError("attributes", "A name stands in one line only.")
    if len(pairs) > MOST_ATTRIBUTES:
        raise PydanticCustomError("attributes", "At most {most} of them.", {"most": MOST_ATTRIBUTES})
    return tuple(sorted(pairs))


def _not_new(slug: str) -> str:
    if slug == "new":
        raise PydanticCustomError("slug", "Please choose another one: this is a page of the administration.")
    return slug


def _or_none(value: object) -> object:
    """Read an empty field as nothing."""
    return None if value == "" else value


def _text(least: int, most: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


def _like(pattern: str, sentence: str) -> AfterValidator:
    """Return what refuses, with the sentence, every text that is not of the form."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if form.fullmatch(text) is None:
            raise PydanticCustomError("form", sentence)
        return text

    return AfterValidator(check)


SLUG = _like(r"[a-z0-9]+(-[a-z0-9]+)*", "Small letters, digits and hyphens, such as oak-stool.")
SKU = _like(r"[A-Za-z0-9][A-Za-z0-9._-]*", "Letters, digits, dots and hyphens, such as OAK-1.")
CODE = _like(r"[A-Z0-9][A-Z0-9-]{2,31}", "3 to 32 letters, digits and hyphens, such as SPRING-10.")
Reason = Annotated[str, _text(1, 200), OneLine]
Amount = Annotated[str, _text(1, 12)]  # of money, as people write it: see minor_of
FormKey = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]
Pieces = Annotated[int, Field(ge=0, le=LARGEST_STOCK)]
OptionalDate = Annotated[date | None, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31)), BeforeValidator(_or_none)]


class ListForm(Sent):
    """What a list's address says."""

    q: Annotated[str, _text(0, 100), OneLine] = ""
    page: Annotated[int, Field(ge=1, le=PAGES)] = 1


class ProductsForm(ListForm):
    """A list of products."""

    category: Annotated[str, StringConstraints(max_length=64), OneLine] = ""
    state: Annotated[str, StringConstraints(pattern=r"^(on|off|low)?$")] = ""


class OrdersForm(ListForm):
    """A list of orders: of a state, or of what needs attention."""

    state: Annotated[str, StringConstraints(pattern=f"^({'|'.join(OrderState)}|attention)?$")] = ""


class ReviewsForm(ListForm):
    """A list of reviews."""

    state: Annotated[str, StringConstraints(pattern=r"^(shown|hidden)?$")] = ""


class ProductForm(Sent):
    """A product's own facts. Its price, its pictures and its rating are not among them: they follow from others."""

    name: Annotated[str, _text(1, 120), OneLine]
    slug: Annotated[str, _text(1, 96), SLUG, AfterValidator(_not_new)]
    description: Annotated[str, _text(1, 10_000), Prose]
    category_id: Annotated[int, Field(ge=1, le=LARGEST_ID)]
    attributes: Annotated[tuple[tuple[str, str], ...], BeforeValidator(_attributes)] = ()
    is_active: bool = False


class CategoryForm(Sent):
    """A category."""

    name: Annotated[str, _text(1, 80), OneLine]
    slug: Annotated[str, _text(1, 64), SLUG]
    position: Annotated[int, Field(ge=0, le=10_000)] = 0


class VariantForm(Sent):
    """A variant. Its stock is not among it: that is counted, not written over."""

    sku: Annotated[str, _text(1, 40), SKU]
    name: Annotated[str, _text(1, 80), OneLine]
    price: Amount
    is_active: bool = False


class CountForm(Sent):
    """A correction: what the form showed, what was counted, and why they differ."""

    seen: Pieces
    counted: Pieces
    reason: Reason


class DeliveryForm(Sent):
    """Pieces that came in."""

    pieces: Annotated[int, Field(ge=1, le=LARGEST_STOCK)]
    reason: Annotated[str, _text(0, 200), OneLine] = ""
    form_key: FormKey


class PictureForm(Sent):
    """What a picture shows, and how far to the front it stands."""

    key: Annotated[str, StringConstraints(max_length=200)]
    alt: Annotated[str, _text(1, 200), OneLine]
    place: Annotated[int, Field(ge=1, le=99)]


class RefundForm(Sent):
    """Money to give back, as people write it."""

    amount: Amount
    form_key: FormKey


class VoucherForm(Sent):
    """The terms of a voucher. How often it was used is not among them."""

    code: Annotated[str, AfterValidator(normalised), CODE]
    percent: Annotated[int | None, Field(ge=1, le=100), BeforeValidator(_or_none)] = None
    amount: Annotated[Annotated[str, _text(1, 12)] | None, BeforeValidator(_or_none)] = None
    minimum: Annotated[Annotated[str, _text(1, 12)] | None, BeforeValidator(_or_none)] = None
    starts_on: OptionalDate = None
    ends_on: OptionalDate = None
    max_uses: Annotated[int | None, Field(ge=1, le=LARGEST_STOCK), BeforeValidator(_or_none)] = None
    is_once_per_customer: bool = False
    is_active: bool = False
    note: Annotated[str, _text(0, 200), OneLine] = ""


class SpanForm(Sent):
    """The days of a report, both included."""

    first: OptionalDate = None
    last: OptionalDate = None


class StaffForm(Sent):
    """A role for somebody, or no more."""

    email: Email
    role: Role


class HideForm(Sent):
    """Why a review is hidden."""

    reason: Reason


def minor_of(text: str, currency: str, field: str, *, least: int = 0) -> int:
    """Return an amount that people wrote as minor units: ``12.50`` or ``12,5`` EUR is 1250. Pure. Raises: Invalid."""
    decimals, read = DECIMALS.get(currency, 2), MONEY.fullmatch(text.strip())
    if read is None or len(read[2] or "") > decimals:
        raise Invalid(errors=(f"{field}: Please write it like {Decimal(1250).scaleb(-decimals)}.",))
    minor: int = int(read[1]) * 10**decimals + int((read[2] or "").ljust(decimals, "0") or 0)
    if not least <= minor <= LARGEST_PAYMENT_MINOR:
        raise Invalid(errors=(f"{field}: Please choose another amount.",))
    return minor


def morning_of(day: date | None) -> datetime | None:
    """Return when the day begins, in UTC. Pure."""
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)
