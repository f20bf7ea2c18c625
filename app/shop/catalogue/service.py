"""The catalogue as the shop asks for it: from the store, with short-lived copies in between."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import TypeVar, cast

from shop.cache import Cache, Recent
from shop.catalogue.shelf import Card, CatalogueStore, Details, Listing, Order, Query, Shelf
from shop.problems import NotFound
from shop.telemetry.metrics import Event, count

EDITION = "catalogue:edition"  # raised by every change; shared copies that are marked with an older one are void
# What stands around an answer (counts, categories, neighbours) may be so old, whatever is kept of answers: to count
# costs more than what is counted, and the more so the larger the catalogue.
AROUND_SECONDS = 5.0
NEIGHBOURS = 8
Around = TypeVar("Around")


class Catalogue:
    """Reads of the catalogue, and the copies of what was answered: seconds in this process, and in the cache."""

    def __init__(self, store: CatalogueStore, cache: Cache, process_seconds: float, shared_seconds: int) -> None:
        self._store = store
        self._cache = cache
        self._recent: Recent[bytes] = Recent(process_seconds)
        self._around: Recent[object] = Recent(AROUND_SECONDS)
        self._shared_seconds = shared_seconds

    def shelves(self) -> tuple[Shelf, ...]:
        """Return the categories in their order, as they were a moment ago. Raises: Unavailable."""
        return self._lately("shelves", self._store.shelves)

    def newest(self, category: str | None = None) -> tuple[Card, ...]:
        """Return the newest products of a category or of all, as they were a moment ago. Raises: Unavailable."""
        query = Query(category=category, size=NEIGHBOURS)
        return self._lately(("newest", category), lambda: self._store.cards(query))

    def find(self, query: Query) -> Listing:
        """Return a page of products, with the counts of a moment ago. Raises: Unavailable."""
        narrowed = replace(query, order=Order.NEWEST, page=1, size=1)
        cards = self._store.cards(query)
        counts = self._lately(narrowed, lambda: self._store.counts(narrowed))
        return Listing(cards=cards, total=counts.total, facets=counts.facets)

    def product(self, slug: str) -> Details:
        """Return a product that is on sale. Raises: NotFound; Unavailable."""
        product = self._store.product(slug)
        if product is None:
            raise NotFound("This product is not on sale, or never was.")
        return product

    def copy(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Return the copy of an answer under the key, from this process or from the cache, or make it anew.

        A copy in this process may be as old as it is kept; one in the cache belongs to the newest edition.
        """
        kept = self._recent.get(key)
        if kept is not None:
            count(Event.CACHE_HITS)
            return kept
        answer = self._shared_copy(key, make) if self._shared_seconds else make()
        self._recent.put(key, answer)
        return answer

    def _shared_copy(self, key: str, make: Callable[[], bytes]) -> bytes:
        place = f"catalogue:copy:{key}"
        edition, kept = self._cache.get_all(EDITION, place)
        mark = (edition or b"0") + b":"
        if kept is not None and kept.startswith(mark):
            count(Event.CACHE_HITS)
            return kept[len(mark) :]
        count(Event.CACHE_MISSES)
        answer = make()
        self._cache.put(place, mark + answer, self._shared_seconds)
        return answer

    def has_changed(self) -> None:
        """Make every shared copy old, and forget this process's own. To be called after a change was committed."""
        self._cache.count(EDITION)
        self._recent.clear()
        self._around.clear()

    def _lately(self, key: Hashable, make: Callable[[], Around]) -> Around:
        kept = self._around.get(key)
        if kept is None:
            kept = make()
            self._around.put(key, kept)
        return cast("Around", kept)
