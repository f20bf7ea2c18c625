"""What the pages of the catalogue show, made from what was asked and found. Everything here is pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from urllib.parse import urlencode

from shop.catalogue.shelf import PAGES, Details, Facet, Order, Query, Shelf
from shop.money import amount, price

PATH = "/products"
SORTS = (
    (Order.NEWEST, "Newest first"),
    (Order.CHEAPEST, "Price: low to high"),
    (Order.DEAREST, "Price: high to low"),
    (Order.BEST_RATED, "Best rated"),
)
PRICE_STEPS_MINOR = (2_500, 5_000, 10_000)
LONG_FACET = 8  # so many values of a facet are seen at once; the others unfold
FEW_LEFT = 5  # below that the page says how many there are
LISTINGS_KEPT = 512


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an address."""

    text: str
    href: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet that can be ticked."""

    text: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FacetShown:
    """An attribute with its values, the most frequent first."""

    name: str
    values: tuple[Value, ...]

    @property
    def title(self) -> str:
        """The name as a heading."""
        return titled(self.name)

    @property
    def first(self) -> tuple[Value, ...]:
        """What is seen at once."""
        return self.values[:LONG_FACET]

    @property
    def more(self) -> tuple[Value, ...]:
        """What unfolds."""
        return self.values[LONG_FACET:]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingShown:
    """A listing with everything that leads on from it."""

    heading: str
    total: int
    pages: int
    shelves: tuple[Link, ...]
    chips: tuple[Link, ...]
    bands: tuple[Link, ...]
    facets: tuple[FacetShown, ...]
    hidden: tuple[tuple[str, str], ...]
    turning: str  # the address of a page of it, but for the number

    @property
    def count(self) -> str:
        """The number of products, in words."""
        return "1 product" if self.total == 1 else f"{self.total:,} products"


@lru_cache(maxsize=LISTINGS_KEPT)
def listing_shown(
    query: Query, total: int, facets: tuple[Facet, ...], shelves: tuple[Shelf, ...], currency: str
) -> ListingShown:
    """Return what the page of a listing shows around its cards."""
    names = {shelf.slug: shelf.name for shelf in shelves}
    return ListingShown(
        heading=f"“{query.text}”" if query.text else names.get(query.category or "", "Everything"),
        total=total,
        pages=min(-(-total // query.size), PAGES),
        shelves=_shelves(query, shelves),
        chips=tuple(_chips(query, names, currency)),
        bands=tuple(_bands(query, currency)),
        facets=_facets(query, facets),
        hidden=_hidden(query),
        turning=_turning(query),
    )


def address(query: Query) -> str:
    """Return the address of the listing: the same query always has the same one."""
    wanted = [
        ("q", query.text),
        ("category", query.category or ""),
        *query.attributes,
        ("min_price", _written(query.min_price_minor)),
        ("max_price", _written(query.max_price_minor)),
        ("in_stock", "true" if query.is_in_stock else ""),
        ("sort", "" if query.order is Order.NEWEST else query.order.value),
        ("page", str(query.page) if query.page > 1 else ""),
    ]
    parameters = urlencode([(name, value) for name, value in wanted if value])
    return f"{PATH}?{parameters}" if parameters else PATH


def titled(name: str) -> str:
    """Return the name of an attribute as a heading: seat_height is Seat height."""
    return name.replace("_", " ").capitalize()


def stock_words(stock: int) -> str:
    """Say how many are left, where that matters."""
    if stock == 0:
        return "Sold out"
    return f"Only {stock} left" if stock < FEW_LEFT else "In stock"


def structured(product: Details, url: str, pictures: tuple[str, ...], currency: str) -> dict[str, object]:
    """Return the product for search engines. Source: schema.org/Product."""
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "description": product.description,
        "image": list(pictures),
        "url": url,
        "offers": [
            {
                "@type": "Offer",
                "sku": choice.sku,
                "price": amount(choice.price_minor, currency),
                "priceCurrency": currency,
                "availability": f"https://schema.org/{'InStock' if choice.stock else 'OutOfStock'}",
            }
            for choice in product.choices
        ],
    }
    if product.rating is not None:
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": product.rating,
            "reviewCount": product.rating_count,
        }
    return data


def _shelves(query: Query, shelves: tuple[Shelf, ...]) -> tuple[Link, ...]:
    everything = Link("Everything", PATH, is_current=query.category is None)
    return (
        everything,
        *(
            Link(shelf.name, f"{PATH}?category={shelf.slug}", is_current=shelf.slug == query.category)
            for shelf in shelves
        ),
    )


def _chips(query: Query, names: dict[str, str], currency: str) -> list[Link]:
    """Return what narrows the listing; each leads to the listing without it."""
    first = replace(query, page=1)
    chips = []
    if query.text:
        chips.append(Link(f"“{query.text}”", address(replace(first, text=""))))
    if query.category and query.text:
        chips.append(Link(names.get(query.category, query.category), address(replace(first, category=None))))
    for pair in query.attributes:
        others = tuple(other for other in query.attributes if other != pair)
        chips.append(Link(pair[1][:1].upper() + pair[1][1:], address(replace(first, attributes=others))))
    if query.min_price_minor is not None or query.max_price_minor is not None:
        words = _band_words(query.min_price_minor, query.max_price_minor, currency)
        chips.append(Link(words, address(replace(first, min_price_minor=None, max_price_minor=None))))
    if query.is_in_stock:
        chips.append(Link("In stock", address(replace(first, is_in_stock=False))))
    return chips


def _bands(query: Query, currency: str) -> list[Link]:
    """Return ranges of prices to choose from."""
    edges = (None, *PRICE_STEPS_MINOR, None)
    now = (query.min_price_minor, query.max_price_minor)
    return [
        Link(
            _band_words(low, high, currency),
            address(replace(query, page=1, min_price_minor=low, max_price_minor=high)),
            is_current=(low, high) == now,
        )
        for low, high in pairwise(edges)
    ]


def _band_words(low: int | None, high: int | None, currency: str) -> str:
    words = [price(edge, currency).removesuffix(".00") for edge in (low, high) if edge is not None]
    if low is None:
        return f"Up to {words[0]}"
    return f"{words[0]} and more" if high is None else f"{words[0]} to {words[1]}"


def _facets(query: Query, found: tuple[Facet, ...]) -> tuple[FacetShown, ...]:
    ticked = set(query.attributes)
    counts = {(facet.name, facet.value): facet.count for facet in found}
    counts |= {pair: 0 for pair in ticked if pair not in counts}
    values = defaultdict(list)
    for (name, value), count in counts.items():
        values[name].append(Value(value, count, (name, value) in ticked))
    return tuple(FacetShown(name, tuple(shown)) for name, shown in values.items())


def _hidden(query: Query) -> tuple[tuple[str, str], ...]:
    """Return what the form of facets has to send along, because none of its controls says it."""
    wanted = (
        ("q", query.text),
        ("category", query.category or ""),
        ("min_price", _written(query.min_price_minor)),
        ("max_price", _written(query.max_price_minor)),
    )
    return tuple((name, value) for name, value in wanted if value)


def _turning(query: Query) -> str:
    first = address(replace(query, page=1))
    return f"{first}{'&' if '?' in first else '?'}page="


def _written(number: int | None) -> str:
    return "" if number is None else str(number)
