"""The shop under the load of many shoppers: every page is what it should be, and orders get paid."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from app_support.killing import Scene, scene
from load.report import run
from shop.orders.models import StoredOrder
from shop.orders.order import OrderState

SECONDS = 8


@pytest.fixture(scope="module")
def here() -> Iterator[Scene]:
    """A whole shop that nobody kills."""
    with scene() as running:
        yield running


def test_shoppers_find_what_they_look_for_and_pay_what_they_order(here: Scene) -> None:
    report = run(here.url, SECONDS, users=16, pause_seconds=0.2)
    assert report.errors == ()
    assert report.total.failures == 0
    names = {line.name for line in report.lines}
    assert names >= {"/", "/products?category=", "/products?q=", "/products/<slug>", "/cart", "POST /cart", "/checkout"}
    assert report.total.requests > 16
    assert 0 < report.total.median_ms <= report.total.p95_ms
    with here.shop.database.read() as connection:
        paid = select(func.count()).select_from(StoredOrder).where(StoredOrder.state == OrderState.PAID)
        # The end of the load may cut off a shopper who has just paid.
        assert connection.execute(paid).scalar_one() >= report.line("POST payment page").requests > 0


def test_what_a_shop_fails_at_is_in_the_report(here: Scene) -> None:
    report = run(f"{here.url}/nowhere", 1, users=2, pause_seconds=0.2)
    assert report.total.failures == report.total.requests > 0
    assert "404" in report.errors[0]
