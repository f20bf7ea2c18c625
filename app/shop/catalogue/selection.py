"""Finding products in a small catalogue that is at hand as a whole. Everything here is pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shop.catalogue.shelf import Card, Counts, Facet, Order, Query

WORDS = re.compile(r"\w+")
SORTED = {
    Order.NEWEST: lambda goods: (-goods.number,),
    Order.CHEAPEST: lambda goods: (goods.card.price_minor, -goods.number),
    Order.DEAREST: lambda goods: (-goods.card.price_minor, -goods.number),
    Order.BEST_RATED: lambda goods: (-(goods.card.rating or 0), -goods.number),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """A product that is on sale, with all that it is found by. A higher ``number`` is newer."""

    number: int
    card: Card
    text: str
    attributes: tuple[tuple[str, str], ...]


def page(goods: Iterable[Goods], query: Query) -> tuple[Card, ...]:
    """Return the page of the products found that the query asks for."""
    found = sorted((one for one in goods if fits(one, query)), key=SORTED[query.order])
    first = (query.page - 1) * query.size
    return tuple(one.card for one in found[first : first + query.size])


def counts(goods: Iterable[Goods], query: Query) -> Counts:
    """Return how many were found, and how many of them have which value of an attribute.

    The values of an attribute that narrows the listing are counted as if it did not: they are what else could be
    chosen beside it.
    """
    total, counted = 0, Counter[tuple[str, str]]()
    chosen = {name for name, _ in query.attributes}
    for one in goods:
        is_found = fits(one, query)
        total += is_found
        for name, value in one.attributes:
            if is_found or (name in chosen and fits(one, query, but=name)):
                counted[name, value] += 1
    facets = sorted((name, -count, value) for (name, value), count in counted.items())
    return Counts(total, tuple(Facet(name, value, -count) for name, count, value in facets))


def fits(goods: Goods, query: Query, *, but: str | None = None) -> bool:
    """Return whether a product is what the query asks for; ``but`` names an attribute that does not count."""
    card = goods.card
    wanted = defaultdict(set)
    for name, value in query.attributes:
        wanted[name].add(value)
    has = dict(goods.attributes)
    return (
        query.category in {None, card.category}
        and (query.min_price_minor is None or card.price_minor >= query.min_price_minor)
        and (query.max_price_minor is None or card.price_minor <= query.max_price_minor)
        and (card.is_in_stock or not query.is_in_stock)
        and all(name == but or has.get(name) in values for name, values in wanted.items())
        and (not query.text or _matches(goods, query.text.lower()))
    )


def _matches(goods: Goods, words: str) -> bool:
    """Return whether the name has them as they are, or the product each of them, in a form that begins alike."""
    if words in goods.card.name.lower():
        return True
    stems = [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in WORDS.findall(words)]
    known = WORDS.findall(goods.text)
    return bool(stems) and all(any(word.startswith(stem) for word in known) for stem in stems)
