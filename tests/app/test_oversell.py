"""What is there is sold once, however many want it at the same time."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app_support.buying import Till, guest, selling, set_stock, stock, variant, wish
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
    wide = open_shop(config.model_copy(update={"db_pool_size": 32}))
    return selling(replace(shop, database=wide.database, carts=wide.carts, orders=wide.orders), Till())


def test_of_50_things_300_attempts_buy_exactly_50(many: Shop) -> None:
    assert run(many, units=50, clients=16, attempts=300)["sold"] == 50


@pytest.mark.proof
def test_of_500_things_5000_attempts_buy_exactly_500(many: Shop) -> None:
    ends = run(many, units=500, clients=32, attempts=5000)
    print(ends)  # noqa: T201 - shown by -rP
    assert ends["sold"] == 500
