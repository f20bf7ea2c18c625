"""What is there is sold once, however many want it at the same time."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest
import urllib3
from sqlalchemy import func, select

from app_support.buying import Till, guest, selling, set_stock, stock, variant, wish
from app_support.killing import scene
from bench_shop.buyers import queue_up
from shop.config import Config
from shop.orders.models import StoredOrder, StoredOrderLine
from shop.orders.order import OrderState
from shop.orders.stock import OutOfStock
from shop.problems import Conflict
from shop.shop import Shop, open_shop


def attempt(store: Shop, variant_id: int) -> str:
    """Come, put one into the cart, buy it; return how it ended."""
    owner = guest()
    try:
        store.carts.put(owner, variant_id, 1)
        store.orders.place(wish(owner))
    except OutOfStock:
        return "too late"
    except Conflict:
        return "sold out"
    return "sold"


def sold(store: Shop, variant_id: int) -> int:
    """Count what is in orders that hold it."""
    pieces = (
        select(func.coalesce(func.sum(StoredOrderLine.quantity), 0))
        .join(StoredOrder, StoredOrder.id == StoredOrderLine.order_id)
        .where(StoredOrderLine.variant_id == variant_id, StoredOrder.state != OrderState.CANCELLED)
    )
    with store.database.read() as connection:
        return int(connection.execute(pieces).scalar_one())


def run(store: Shop, units: int, clients: int, attempts: int) -> Counter[str]:
    """Let so many clients make so many attempts on one thing of which there are so many."""
    hot = variant(store, "plain-mug-l")
    before = sold(store, hot)
    set_stock(store, hot, units)
    with ThreadPoolExecutor(clients) as threads:
        ends = Counter(threads.map(lambda _: attempt(store, hot), range(attempts)))
    assert stock(store, hot) == 0
    assert sold(store, hot) - before == units
    return ends


@pytest.fixture(scope="module")
def many(config: Config, shop: Shop) -> Shop:
    """The shop with a connection for each client."""
    wide = open_shop(config.model_copy(update={"db_pool_size": 16}))
    return selling(replace(shop, database=wide.database, carts=wide.carts, orders=wide.orders), Till())


def test_of_50_things_300_attempts_buy_exactly_50(many: Shop) -> None:
    assert run(many, units=50, clients=16, attempts=300)["sold"] == 50


def checked_out(http: urllib3.PoolManager, url: str, request: str) -> int:
    """Send the request that orders a prepared cart, as its visitor's browser would; return the status."""
    cookie, body = request.split(" ", 1)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    return http.request("POST", f"{url}/checkout", body=body, headers=headers, redirect=False).status


@pytest.mark.proof
def test_of_500_things_3000_attempts_by_32_clients_at_two_processes_buy_exactly_500(tmp_path: Path) -> None:
    with scene() as here:
        hot = variant(here.shop, "plain-mug-l")
        set_stock(here.shop, hot, 500)
        queue_up(here.shop, (hot,), 3000, tmp_path / "requests")
        requests = (tmp_path / "requests").read_text(encoding="utf-8").splitlines()
        http = urllib3.PoolManager(maxsize=32, block=True, retries=False)
        began = time.monotonic()
        with ThreadPoolExecutor(32) as clients:
            answers = Counter(clients.map(partial(checked_out, http, here.url), requests))
        print(f"{dict(answers)} in {time.monotonic() - began:.0f} s")  # noqa: T201 - shown by -rP
        assert answers == {HTTPStatus.SEE_OTHER: 500, HTTPStatus.CONFLICT: 2500}
        assert stock(here.shop, hot) == 0
        assert sold(here.shop, hot) == 500
        assert here.complaints() == []
