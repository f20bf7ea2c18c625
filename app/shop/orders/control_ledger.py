"""The ledger of orders that nobody pays for, in the control store: ``ledger/<env>/<order id>.json``.

Its form is in docs/ledger.md. An entry counts when two of three stores hold the same bytes. It is written from the
order alone, without a clock or a nonce, so that a retry writes the same bytes and recognises its own.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC

from shop.authority.stores import ControlStore, ControlStores, open_stores
from shop.config import Config
from shop.orders.ledger import Ledger, LedgerEntry, NoLedger
from shop.problems import Unavailable

FORMAT = 1
KEEP_SECONDS = 4.0  # so long a shopper waits for two of three stores

log = logging.getLogger(__name__)


class ControlLedger:
    """A Ledger in a majority of the control stores. Safe to share between threads."""

    def __init__(self, stores: ControlStores, environment: str) -> None:
        self._stores = stores
        self._environment = environment

    def record(self, entry: LedgerEntry) -> None:
        """See Ledger. After Unavailable the entry may be kept or not; the same one again settles it."""
        key, body = key_of(self._environment, entry.order_id), written(entry)

        def keep(store: ControlStore) -> bool:
            return store.create(key, body) or store.get(key) == body

        kept = self._stores.ask(keep, KEEP_SECONDS, lambda answers: sum(answers) >= self._stores.majority)
        if sum(kept) >= self._stores.majority:
            return
        if False in kept:
            log.error("the ledger holds another entry under %s", key)
        raise Unavailable("The order could not be secured. Please try again in a moment.", retry_after_seconds=5)


def key_of(environment: str, order_id: str) -> str:
    """Return where an order's entry is. Ids begin with their time, so a listing is in the order of time. Pure."""
    return f"ledger/{environment}/{order_id}.json"


def written(entry: LedgerEntry) -> bytes:
    """Return the entry in the form of docs/ledger.md: the same bytes for the same order, always. Pure."""
    body = {
        "format": FORMAT,
        "order_id": entry.order_id,
        "amount_minor": entry.amount_minor,
        "currency": entry.currency,
        "lines": [
            {"sku": sku, "quantity": quantity, "unit_minor": unit_minor} for sku, quantity, unit_minor in entry.lines
        ],
        "placed_at": entry.placed_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=True).encode()


def open_ledger(config: Config) -> Ledger:
    """Return the ledger for orders without payment that the configuration asks for. Connects to nothing yet."""
    stores = open_stores(config)
    return NoLedger() if stores is None else ControlLedger(stores, config.shop_env)
