"""Visitors with something in their cart, each with the one request that places the order."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

from ulid import ULID

from shop.pricing.quote import quote
from shop.shop import Shop

ADDRESS = {
    "email": "load@shop.test",
    "name": "Load Test",
    "street": "Long Street 1",
    "extra": "",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
}


def queue_up(shop: Shop, variants: tuple[int, ...], number: int, file: Path) -> None:
    """Put one piece into each of so many carts, over the variants in turn, and write the requests that buy them."""
    with file.open("w", encoding="utf-8") as lines:
        for _, variant in zip(range(number), cycle(variants), strict=False):
            cookie, session = shop.sessions.begin(None, "load")
            owner = session.visitor().owner
            assert owner is not None
            shop.carts.put(owner, variant, 1)
            total = quote(shop.carts.of(owner), ADDRESS["country"]).total_minor
            body = urlencode({**ADDRESS, "total": total, "key": str(ULID())})
            lines.write(f"{shop.config.session_cookie}={cookie} {body}\n")
