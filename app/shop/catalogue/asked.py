"""What a listing's address says, read into a query."""

from __future__ import annotations

from typing import Annotated

from flask import Request
from pydantic import BaseModel, ConfigDict, Field

from shop.catalogue.shelf import PAGE_SIZE, PAGES, Order, Query

RESERVED = frozenset({"q", "category", "min_price", "max_price", "in_stock", "sort", "page", "size"})
MAX_FACETS = 12
Price = Annotated[int, Field(ge=0, le=100_000_000)]


class ListingAddress(BaseModel):
    """The parameters of a listing. Every further parameter is an attribute to filter by, such as ``material=oak``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    q: str = Field(default="", max_length=100, description="words to look for")
    category: str | None = Field(default=None, max_length=64, pattern=r"^[a-z0-9-]+$", description="slug of a category")
    min_price: Price | None = Field(default=None, description="lowest price, in minor units")
    max_price: Price | None = Field(default=None, description="highest price, in minor units")
    in_stock: bool = Field(default=False, description="only what can be bought now")
    sort: Order = Field(default=Order.NEWEST, description="order of the products")
    page: int = Field(default=1, ge=1, le=PAGES)
    size: int = Field(default=PAGE_SIZE, ge=1, le=100, description="products per page")


def query_of(request: Request) -> Query:
    """Return what is looked for. Raises: pydantic's ValidationError for a parameter out of its range."""
    values = request.args
    address = ListingAddress.model_validate(
        {name: value for name, value in values.items() if name in RESERVED and value}
    )
    attributes = [(name, value) for name, value in values.items(multi=True) if name not in RESERVED and value]
    return Query(
        text=address.q.strip(),
        category=address.category,
        attributes=tuple(sorted(attributes)[:MAX_FACETS]),
        min_price_minor=address.min_price,
        max_price_minor=address.max_price,
        is_in_stock=address.in_stock,
        order=address.sort,
        page=address.page,
        size=address.size,
    )
