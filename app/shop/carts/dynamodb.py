"""Carts in DynamoDB: one item for each product in a cart, with how many of each of its variants.

There is no item for the cart itself. Whoever changes or buys it does so for the items in the editions that were read;
what somebody adds meanwhile stays in the cart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from shop.carts.cart import MOST_OF_ONE, Cart, CartLine, check_line, no_such_voucher
from shop.catalogue.dynamodb import DynamoCatalogue, variants_on_sale
from shop.dynamodb import EDITION, EXPIRES, Delete, Item, Put, Table, Tables, Write, expiring, stamp
from shop.problems import Invalid, NotFound

# An order changes two items for each product, a few for itself, and a hundred in all: see MOST_WRITES.
MOST_PRODUCTS = 45
KEPT_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Basket:
    """A cart as it was read: its items in the order in which they were put in, and the products that there still are.

    ``products`` are by slug, as they are now.
    """

    items: tuple[Item, ...]
    products: Mapping[str, Item]


class DynamoCarts:
    """A CartStore in DynamoDB."""

    def __init__(self, tables: Tables, catalogue: DynamoCatalogue) -> None:
        self._tables = tables
        self._catalogue = catalogue

    def basket(self, owner: str) -> Basket:
        """Return the cart with its products. Two questions."""
        items = tuple(sorted(self._tables.of(Table.CART, owner), key=itemgetter("addedAt")))
        return Basket(items, self._tables.get_all(Table.PRODUCTS, map(itemgetter("productId"), items)))

    def read(self, owner: str, now: datetime) -> Cart:  # noqa: ARG002 - as in CartStore; no price here has a date
        """See CartStore."""
        return cart_of(owner, self.basket(owner))

    def put(self, owner: str, variant_id: int, quantity: int, now: datetime, *, on_top: bool) -> None:
        """See CartStore."""
        slug = self._catalogue.home_of(variant_id)
        product = None if slug is None else self._tables.get(Table.PRODUCTS, slug)
        if slug is None or product is None:
            raise NotFound("This is not on sale, or never was.")

        def work() -> None:
            items = {item["productId"]: item for item in self._tables.of(Table.CART, owner)}
            item = items.get(slug) or _empty(owner, slug, now)
            there = _quantities(item)
            wanted = quantity + (there.get(variant_id, 0) if on_top else 0)
            check_line(wanted, variants_on_sale(product).get(variant_id, {}).get("stock"))
            if slug not in items and len(items) >= MOST_PRODUCTS:
                raise Invalid(f"At most {MOST_PRODUCTS} different products go into a cart.")
            self._tables.change(_holding(item, there | {variant_id: wanted}, now))

        self._tables.until_current(work)

    def remove(self, owner: str, variant_id: int, now: datetime) -> None:
        """See CartStore."""

        def work() -> None:
            for item in self._tables.of(Table.CART, owner):
                left = _quantities(item)
                if left.pop(variant_id, None) is not None:
                    self._tables.change(_holding(item, left, now) if left else Delete(Table.CART, item))

        self._tables.until_current(work)

    def merge(self, from_owner: str, to_owner: str, now: datetime) -> None:
        """See CartStore."""

        def work() -> None:
            source = self.basket(from_owner)
            there = {item["productId"]: item for item in self._tables.of(Table.CART, to_owner)}
            poured: list[Write] = []
            for item in source.items:
                slug = item["productId"]
                target = there.get(slug) or _empty(to_owner, slug, now)
                before = _quantities(target)
                after = _poured(before, _quantities(item), _stock(source.products.get(slug)))
                has_room = slug in there or len(there) + len(poured) < MOST_PRODUCTS
                if has_room and after != before:
                    poured.append(_holding(target, after, now))
            if source.items:
                self._tables.change(*poured, *(Delete(Table.CART, item) for item in source.items))

        self._tables.until_current(work)

    def apply_voucher(self, owner: str, code: str, now: datetime) -> None:  # noqa: ARG002 - as in CartStore
        """Refuse: a shop over DynamoDB has no vouchers, so no code is known. Raises: Invalid."""
        raise no_such_voucher()

    def remove_voucher(self, owner: str, now: datetime) -> None:
        """Do nothing: no voucher counts."""

    def remove_unused(self, since: datetime, limit: int) -> int:  # noqa: ARG002 - as in CartStore
        """Do nothing: DynamoDB drops carts by their time to live."""
        return 0


def cart_of(owner: str, basket: Basket) -> Cart:
    """Return the cart as the rest of the shop sees it. A product that is gone has no line. Pure."""
    lines = (
        line
        for item in basket.items
        if item["productId"] in basket.products
        for line in _lines(item, basket.products[item["productId"]])
    )
    return Cart(owner=owner, edition=_edition(basket.items), lines=tuple(lines))


def _lines(item: Item, product: Item) -> Iterable[CartLine]:
    on_sale = _stock(product)
    for variant_id, quantity in _quantities(item).items():
        variant = product["variants"].get(str(variant_id))
        if variant is not None:
            yield CartLine(
                variant_id=variant_id,
                sku=variant["sku"],
                slug=product["productId"],
                name=product["name"],
                variant_name=variant["name"],
                image_key=product["pictures"][0]["key"] if product["pictures"] else None,
                quantity=quantity,
                unit_minor=variant["priceMinor"],
                stock=on_sale.get(variant_id, 0),
            )


def _stock(product: Item | None) -> dict[int, int]:
    """Return how many there are of each variant that is on sale. Pure."""
    on_sale = {} if product is None else variants_on_sale(product)
    return {id_: variant["stock"] for id_, variant in on_sale.items()}


def _quantities(item: Item) -> dict[int, int]:
    return {int(variant): quantity for variant, quantity in sorted(item["quantities"].items())}


def _poured(before: Mapping[int, int], more: Mapping[int, int], stock: Mapping[int, int]) -> dict[int, int]:
    """Return the quantities together, as far as stock and limits allow; none becomes less. Pure."""
    after = dict(before)
    for variant, quantity in more.items():
        there = before.get(variant, 0)
        most = min(there + quantity, MOST_OF_ONE, stock.get(variant, 0))
        if most > there:
            after[variant] = most
    return after


def _empty(owner: str, slug: str, now: datetime) -> Item:
    return {"userId": owner, "productId": slug, "addedAt": stamp(now), "quantities": {}}


def _holding(item: Item, quantities: Mapping[int, int], now: datetime) -> Put:
    kept = {str(variant): quantity for variant, quantity in quantities.items()}
    return Put(Table.CART, {**item, "quantities": kept, EXPIRES: expiring(now, KEPT_FOR)})


def _edition(items: tuple[Item, ...]) -> str | None:
    """Return what is another one after every change; None for an empty cart. Pure."""
    editions = "".join(item[EDITION] for item in items)
    return hashlib.sha256(editions.encode()).hexdigest()[:26] if items else None
