"""The values that the catalogue speaks in: what is asked of it, and what it answers. They know no database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

PAGE_SIZE = 24
PAGES = 400  # nobody turns further; a search engine that does is told that there is nothing


class Order(StrEnum):
    """How a listing is sorted."""

    NEWEST = "newest"
    CHEAPEST = "price"
    DEAREST = "-price"
    BEST_RATED = "rating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a shopper looks for. ``attributes`` has wanted values by name: several of one name mean any of them."""

    text: str = ""
    category: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    min_price_minor: int | None = None
    max_price_minor: int | None = None
    is_in_stock: bool = False
    order: Order = Order.NEWEST
    page: int = 1
    size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A product as a listing shows it."""

    slug: str
    name: str
    category: str
    price_minor: int
    image_key: str | None
    has_model: bool
    is_in_stock: bool
    rating: float | None
    rating_count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """How many products of the listing have this value of an attribute."""

    name: str
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of all products found, and the facets to narrow them."""

    total: int
    facets: tuple[Facet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of what was found, with the number of all and the facets to narrow it."""

    cards: tuple[Card, ...]
    total: int
    facets: tuple[Facet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A variant as the product's page offers it."""

    id: int
    sku: str
    name: str
    price_minor: int
    stock: int


@dataclass(frozen=True, slots=True)
class Picture:
    """An image in the storage, and what it shows in words."""

    key: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A product as its page shows it."""

    id: int
    slug: str
    name: str
    description: str
    category: str
    category_name: str
    choices: tuple[Choice, ...]
    pictures: tuple[Picture, ...]
    attributes: tuple[tuple[str, str], ...]
    has_model: bool
    rating: float | None
    rating_count: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category with the number of products on it, and the picture of the newest."""

    slug: str
    name: str
    count: int
    image_key: str | None


class CatalogueStore(Protocol):
    """Where the catalogue is kept. Every method raises Unavailable if that does not answer."""

    def shelves(self) -> tuple[Shelf, ...]:
        """Return the categories in their order."""

    def cards(self, query: Query) -> tuple[Card, ...]:
        """Return a page of products. One question, whatever the size of the page."""

    def counts(self, query: Query) -> Counts:
        """Return how many products there are on all pages, and how many of them have which value. One question."""

    def product(self, slug: str) -> Details | None:
        """Return a product that is on sale, or None. One question."""
