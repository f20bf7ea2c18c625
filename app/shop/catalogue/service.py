"""The catalogue as the shop asks for it: from the store, with short-lived copies in between."""

from __future__ import annotations

from collections.abc import Callable

from shop.cache import Cache, Recent
from shop.catalogue.shelf import CatalogueStore, Details, Listing, Query, Shelf
from shop.problems import NotFound

PROCESS_SECONDS = 5.0  # a price that changed is seen by everybody so soon, at the latest
SHARED_SECONDS = 60
EDITION = "catalogue:edition"  # raised by every change; shared copies of an older edition are no longer found


class Catalogue:
    """Reads of the catalogue, and the copies of what was answered."""

    def __init__(self, store: CatalogueStore, cache: Cache) -> None:
        self._store = store
        self._cache = cache
        self._recent = Recent(PROCESS_SECONDS)

    def shelves(self) -> tuple[Shelf, ...]:
        """Return the categories in their order. Raises: Unavailable."""
        return self._store.shelves()

    def find(self, query: Query) -> Listing:
        """Return a page of products. Raises: Unavailable."""
        return self._store.find(query)

    def product(self, slug: str) -> Details:
        """Return a product that is on sale. Raises: NotFound; Unavailable."""
        product = self._store.product(slug)
        if product is None:
            raise NotFound("This product is not on sale, or never was.")
        return product

    def copy(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Return the copy of an answer under the key, from this process or from the cache, or make it anew.

        A copy in this process may be five seconds old; one in the cache belongs to the newest edition.
        """
        kept = self._recent.get(key)
        if kept is not None:
            return kept
        edition = self._cache.get(EDITION) or b"0"
        shared = f"catalogue:{edition.decode()}:{key}"
        answer = self._cache.get(shared)
        if answer is None:
            answer = make()
            self._cache.put(shared, answer, SHARED_SECONDS)
        self._recent.put(key, answer)
        return answer

    def has_changed(self) -> None:
        """Make every shared copy old, and forget this process's own. To be called after a change was committed."""
        self._cache.count(EDITION)
        self._recent.clear()
