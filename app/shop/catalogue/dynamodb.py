"""The catalogue in DynamoDB: a small one, of which each process has the whole at hand for some seconds.

A product is one item under its slug, with its variants and their stock; a category is an item beside them. A page of a
product reads its item as it is now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from shop.cache import Recent
from shop.catalogue import selection
from shop.catalogue.selection import Goods
from shop.catalogue.shelf import Card, Choice, Counts, Details, Picture, Query, Shelf
from shop.dynamodb import Item, Table, Tables

COPY_SECONDS = 5.0
SLUG_LENGTH = 96
CATEGORY = "category:"  # begins the key of what is a category and no product


@dataclass(frozen=True, slots=True)
class Assortment:
    """All that is on sale, as it was a moment ago: categories in their order, and where each variant is found."""

    goods: tuple[Goods, ...]
    shelves: tuple[Shelf, ...]
    names: Mapping[str, str]
    homes: Mapping[int, str]


class DynamoCatalogue:
    """A CatalogueStore in DynamoDB."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._copy: Recent[Assortment] = Recent(COPY_SECONDS)

    def shelves(self) -> tuple[Shelf, ...]:
        """See CatalogueStore."""
        return self._assortment().shelves

    def cards(self, query: Query) -> tuple[Card, ...]:
        """See CatalogueStore."""
        return selection.page(self._assortment().goods, query)

    def counts(self, query: Query) -> Counts:
        """See CatalogueStore."""
        return selection.counts(self._assortment().goods, query)

    def product(self, slug: str) -> Details | None:
        """See CatalogueStore. One question."""
        if slug.startswith(CATEGORY) or len(slug) > SLUG_LENGTH:
            return None
        item = self._tables.get(Table.PRODUCTS, slug)
        return None if item is None or not item["isActive"] else _details(item, self._assortment().names)

    def home_of(self, variant_id: int) -> str | None:
        """Return the slug of the product that a variant belongs to, or None; also for some seconds if it is new."""
        return self._assortment().homes.get(variant_id)

    def _assortment(self) -> Assortment:
        return self._copy.get("all") or self._read()

    def _read(self) -> Assortment:
        items = self._tables.everything(Table.PRODUCTS)
        products = [item for item in items if not item["productId"].startswith(CATEGORY) and item["isActive"]]
        shelves = sorted((item for item in items if item["productId"].startswith(CATEGORY)), key=itemgetter("position"))
        goods = tuple(map(_goods, products))
        assortment = Assortment(
            goods=goods,
            shelves=tuple(_shelf(item, goods) for item in shelves),
            names={_slug_of_category(item): item["name"] for item in shelves},
            homes={int(variant): item["productId"] for item in products for variant in item["variants"]},
        )
        self._copy.put("all", assortment)
        return assortment


def variants_on_sale(product: Item) -> dict[int, Item]:
    """Return the variants of a product that can be bought, by id, in their order. Pure."""
    if not product["isActive"]:
        return {}
    on_sale = [(int(id_), variant) for id_, variant in product["variants"].items() if variant["isActive"]]
    return dict(sorted(on_sale, key=lambda pair: (pair[1]["position"], pair[0])))


def _goods(item: Item) -> Goods:
    variants = variants_on_sale(item)
    card = Card(
        slug=item["productId"],
        name=item["name"],
        category=item["category"],
        price_minor=min((variant["priceMinor"] for variant in variants.values()), default=0),
        image_key=item["pictures"][0]["key"] if item["pictures"] else None,
        has_model=item["hasModel"],
        is_in_stock=any(variant["stock"] for variant in variants.values()),
        rating=None,
        rating_count=0,
    )
    text = f"{item['name']} {item['description']}".lower()
    return Goods(number=item["number"], card=card, text=text, attributes=tuple(sorted(item["attributes"].items())))


def _details(item: Item, names: Mapping[str, str]) -> Details:
    return Details(
        id=item["number"],
        slug=item["productId"],
        name=item["name"],
        description=item["description"],
        category=item["category"],
        category_name=names.get(item["category"], item["category"]),
        choices=tuple(_choice(id_, variant) for id_, variant in variants_on_sale(item).items()),
        pictures=tuple(Picture(picture["key"], picture["alt"]) for picture in item["pictures"]),
        attributes=tuple(sorted(item["attributes"].items())),
        has_model=item["hasModel"],
        rating=None,
        rating_count=0,
    )


def _choice(id_: int, variant: Mapping[str, Any]) -> Choice:
    return Choice(
        id=id_,
        sku=variant["sku"],
        name=variant["name"],
        price_minor=variant["priceMinor"],
        stock=variant["stock"],
    )


def _shelf(item: Item, goods: tuple[Goods, ...]) -> Shelf:
    slug = _slug_of_category(item)
    own = sorted((one for one in goods if one.card.category == slug), key=lambda one: -one.number)
    picture = next((one.card.image_key for one in own if one.card.image_key), None)
    return Shelf(slug, item["name"], len(own), picture)


def _slug_of_category(item: Item) -> str:
    return str(item["productId"].removeprefix(CATEGORY))
