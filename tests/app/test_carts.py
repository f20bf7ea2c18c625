"""A cart belongs to one visitor, keeps to stock and limits, and takes every price from the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import update

from app_support.buying import Till, at_once, guest, selling, set_stock, variant, voucher
from app_support.identity import Browser, in_earnest
from shop.application import create_app
from shop.cache import Cache
from shop.carts.cart import Cart
from shop.carts.service import Carts
from shop.carts.sql_store import SqlCarts
from shop.catalogue.models import Variant
from shop.problems import Conflict, Invalid, NotFound
from shop.shop import Shop


@pytest.fixture
def mug(shop: Shop) -> int:
    """A thing of which there is plenty."""
    mug = variant(shop, "plain-mug-s")
    set_stock(shop, mug, 500)
    return mug


def content(cart: Cart) -> dict[str, int]:
    return {line.sku: line.quantity for line in cart.lines}


def test_putting_is_for_all_and_adding_on_top(shop: Shop, mug: int) -> None:
    owner = guest()
    for _ in range(2):
        shop.carts.put(owner, mug, 3)
    shop.carts.add(owner, mug, 2)
    assert content(shop.carts.of(owner)) == {"plain-mug-s": 5}
    for _ in range(2):
        shop.carts.remove(owner, mug)
    assert shop.carts.of(owner).lines == ()


@pytest.mark.parametrize("quantity", [0, -1, 100])
def test_a_quantity_is_from_1_to_99(shop: Shop, mug: int, quantity: int) -> None:
    with pytest.raises(Invalid):
        shop.carts.put(guest(), mug, quantity)


def test_adding_ends_at_99(shop: Shop, mug: int) -> None:
    owner = guest()
    shop.carts.put(owner, mug, 98)
    with pytest.raises(Invalid):
        shop.carts.add(owner, mug, 2)
    assert content(shop.carts.of(owner)) == {"plain-mug-s": 98}


def test_what_is_not_there_or_not_on_sale_is_not_put_in(shop: Shop) -> None:
    few, none = variant(shop, "tall-mug-s"), variant(shop, "glass-cup-s")
    with pytest.raises(Conflict, match="3"):
        shop.carts.put(guest(), few, 4)
    with pytest.raises(Conflict, match="sold out"):
        shop.carts.put(guest(), none, 1)
    with pytest.raises(NotFound):
        shop.carts.put(guest(), 1_000_000, 1)


def test_a_cart_has_at_most_100_lines(shop: Shop, mug: int) -> None:
    owner = guest()
    with shop.database.write() as session:
        mugs = session.get_one(Variant, mug).product_id
        more = [Variant(product_id=mugs, sku=f"more-{n}", name=str(n), price_minor=1, stock=1) for n in range(100)]
        session.add_all(more)
    for form in more:
        shop.carts.put(owner, form.id, 1)
    with pytest.raises(Invalid, match="100"):
        shop.carts.put(owner, mug, 1)
    assert len(shop.carts.of(owner).lines) == 100
    with shop.database.write() as session:
        session.execute(update(Variant).where(Variant.sku.startswith("more-")).values(is_active=False))


def test_prices_are_the_catalogues_of_now(shop: Shop) -> None:
    owner, lamp = guest(), variant(shop, "paper-lamp-l")
    shop.carts.put(owner, lamp, 1)
    with shop.database.write() as session:
        session.execute(update(Variant).where(Variant.id == lamp).values(price_minor=1234))
    assert shop.carts.fresh(owner).subtotal_minor == 1234


def test_every_change_drops_the_copy(shop: Shop, mug: int) -> None:
    owner, visitor, code = guest(), guest(), voucher(shop, percent=10)
    shop.carts.put(visitor, variant(shop, "desk-lamp-s"), 1)
    changes: list[Callable[[], None]] = [
        lambda: shop.carts.put(owner, mug, 1),
        lambda: shop.carts.add(owner, mug, 1),
        lambda: shop.carts.apply_voucher(owner, code),
        lambda: shop.carts.remove_voucher(owner),
        lambda: shop.carts.merge(visitor, owner),
        lambda: shop.carts.remove(owner, mug),
    ]
    for change in changes:
        before = shop.carts.of(owner)
        change()
        assert before != shop.carts.of(owner) == shop.carts.fresh(owner)


def test_a_copy_asks_the_database_nothing_and_without_a_cache_the_cart_is_the_same(shop: Shop, mug: int) -> None:
    owner = guest()
    shop.carts.put(owner, mug, 2)
    seen = shop.carts.of(owner)
    without = Carts(SqlCarts(shop.database), Cache("redis://127.0.0.1:1/0"))
    without.put(owner, mug, 3)  # behind the cache's back
    assert shop.carts.of(owner) == seen
    assert content(without.of(owner)) == {"plain-mug-s": 3}


def test_many_changes_at_once_lose_nothing(shop: Shop, mug: int) -> None:
    owner = guest()

    def add_five() -> None:
        for _ in range(5):
            shop.carts.add(owner, mug, 1)

    answers = at_once(add_five, 8)
    assert not any(isinstance(answer, Exception) for answer in answers)
    assert content(shop.carts.of(owner)) == {"plain-mug-s": 40}


def test_signing_in_adds_the_guests_cart_as_far_as_there_is_stock_once(shop: Shop, mug: int) -> None:
    lamp, few, code = variant(shop, "desk-lamp-s"), variant(shop, "tall-mug-l"), voucher(shop, percent=10)
    visitor, account = guest(), f"account:{guest()[-26:]}"
    for owner, lines in ((visitor, {mug: 60, lamp: 1, few: 2}), (account, {mug: 50, few: 3})):
        for thing, quantity in lines.items():
            shop.carts.put(owner, thing, quantity)
    shop.carts.apply_voucher(visitor, code)
    for _ in range(2):
        shop.carts.merge(visitor, account)
    cart = shop.carts.of(account)
    assert content(cart) == {"plain-mug-s": 99, "tall-mug-l": 3, "desk-lamp-s": 1}
    assert (cart.voucher.code if cart.voucher else None) == code
    assert shop.carts.of(visitor).lines == ()


def test_merging_takes_nothing_away_when_stock_has_shrunk(shop: Shop) -> None:
    lamp, visitor, account = variant(shop, "paper-lamp-s"), guest(), guest()
    shop.carts.put(visitor, lamp, 2)
    shop.carts.put(account, lamp, 4)
    set_stock(shop, lamp, 1)
    shop.carts.merge(visitor, account)
    assert content(shop.carts.of(account)) == {"paper-lamp-s": 4}


def merge_next(shop: Shop, pairs: list[tuple[str, str]]) -> None:
    """Merge one of the pairs, each once."""
    shop.carts.merge(*pairs.pop())


def test_merging_at_the_same_time_adds_once_and_never_waits_in_a_ring(shop: Shop, mug: int) -> None:
    for _ in range(5):
        one, other = guest(), guest()
        shop.carts.put(one, mug, 1)
        shop.carts.put(other, mug, 2)
        pairs = [(one, other), (other, one)] * 2
        answers = at_once(partial(merge_next, shop, pairs), 4)
        assert not any(isinstance(answer, Exception) for answer in answers)
        assert shop.carts.of(one).pieces + shop.carts.of(other).pieces == 3


def test_a_voucher_is_taken_as_people_type_it_and_an_invalid_one_not_at_all(shop: Shop, mug: int) -> None:
    owner, hour = guest(), timedelta(hours=1)
    shop.carts.put(owner, mug, 1)
    shop.carts.apply_voucher(owner, f" {voucher(shop, percent=10).lower()} ")
    for code in (
        "UNKNOWN",
        voucher(shop, percent=10, is_active=False),
        voucher(shop, percent=10, ends_at=datetime.now(UTC) - hour),
        voucher(shop, percent=10, starts_at=datetime.now(UTC) + hour),
        voucher(shop, percent=10, max_uses=1, uses=1),
    ):
        with pytest.raises(Invalid, match="can’t be used"):
            shop.carts.apply_voucher(owner, code)


def test_a_voucher_that_lapsed_in_the_cart_is_said_and_counts_no_more(shop: Shop, mug: int) -> None:
    owner, code = guest(), voucher(shop, percent=10, ends_at=datetime.now(UTC) + timedelta(seconds=60))
    shop.carts.put(owner, mug, 1)
    shop.carts.apply_voucher(owner, code)
    later = Carts(SqlCarts(shop.database), Cache(None), lambda: datetime.now(UTC) + timedelta(seconds=61))
    assert (later.of(owner).voucher, later.of(owner).lapsed_code) == (None, code)


def test_old_carts_go(shop: Shop, mug: int) -> None:
    owner = guest()
    shop.carts.put(owner, mug, 1)
    assert shop.carts.clean_up() == 0
    later = Carts(SqlCarts(shop.database), Cache(None), lambda: datetime.now(UTC) + timedelta(days=91))
    later.clean_up()
    assert later.of(owner).edition is None


# ---- pages and API


@pytest.fixture(scope="module")
def app(shop: Shop) -> APIFlask:
    """The application, selling by a till."""
    app = create_app(selling(shop, Till()))
    app.test_client_class = Browser
    return app


@pytest.fixture
def other(app: APIFlask) -> FlaskClient:
    """Another browser."""
    return app.test_client()


def test_visitors_see_their_own_cart_only(client: FlaskClient, other: FlaskClient, mug: int) -> None:
    assert client.put(f"/api/cart/lines/{mug}", json={"quantity": 2}).get_json()["pieces"] == 2
    assert client.get("/api/cart").get_json()["lines"][0]["sku"] == "plain-mug-s"
    assert other.get("/api/cart").get_json() == {
        "lines": [], "pieces": 0, "subtotal_minor": 0, "voucher_code": None, "lapsed_code": None,
    }  # fmt: skip


def test_looking_at_a_cart_makes_no_session(client: FlaskClient, shop: Shop) -> None:
    assert "Nothing in it yet" in client.get("/cart").text
    assert client.get_cookie(shop.config.session_cookie) is None
    assert client.delete("/api/cart/lines/1").status_code == 200
    assert client.get_cookie(shop.config.session_cookie) is None


def test_the_api_names_what_is_out_of_range(client: FlaskClient, mug: int) -> None:
    for body, field in (
        ({"quantity": 0}, "quantity"),
        ({"quantity": 100}, "quantity"),
        ({"quantity": "x"}, "quantity"),
        ({}, "quantity"),
        ({"quantity": 1, "price_minor": 1}, "price_minor"),
    ):
        answer = client.put(f"/api/cart/lines/{mug}", json=body)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), answer.text
        assert field in answer.get_json()["errors"][0]
    assert client.put("/api/cart/lines/2147483648", json={"quantity": 1}).status_code == 404
    assert client.put("/api/cart/lines/2147483647", json={"quantity": 1}).status_code == 404
    assert client.post("/api/cart/lines", json={"variant_id": 2**70}).status_code == 422
    assert client.put("/api/cart/voucher", json={"code": "a\0b"}).status_code == 422
    assert client.put("/api/cart/voucher", json={"code": "NO-SUCH"}).status_code == 422


def test_guessing_codes_is_limited(shop: Shop) -> None:
    client = Browser(create_app(in_earnest(shop)))
    answers = [client.put("/api/cart/voucher", json={"code": f"GUESS{n}"}).status_code for n in range(60)]
    assert (answers[0], answers[-1]) == (422, 429)


def test_a_quote_knows_the_country(client: FlaskClient, mug: int) -> None:
    client.put(f"/api/cart/lines/{mug}", json={"quantity": 1})
    quotes = {code: client.get(f"/api/quote?country={code}").get_json() for code in ("DE", "FR", "FI")}
    assert {code: quote["total_minor"] for code, quote in quotes.items()} == {"DE": 1690, "FR": 2090, "FI": 2690}
    assert {code: quote["tax_minor"] for code, quote in quotes.items()} == {"DE": 270, "FR": 348, "FI": 547}
    assert client.get("/api/quote?country=US").status_code == 422


def test_the_cart_works_by_plain_forms(client: FlaskClient, mug: int) -> None:
    added = client.post("/cart", data={"variant_id": mug, "quantity": 2})
    assert (added.status_code, added.location) == (303, "/cart")
    count = client.get_cookie("cart_count")
    assert count is not None
    assert count.value == "2"
    assert client.post(f"/cart/lines/{mug}", data={"quantity": 3}).status_code == 303
    page = client.get("/cart").text
    assert "Plain mug" in page
    assert "€36.00" in page
    refused = client.post(f"/cart/lines/{mug}", data={"quantity": 100})
    assert refused.status_code == 422
    assert "Plain mug" in refused.text
    assert client.post(f"/cart/lines/{mug}", data={"remove": "1"}).status_code == 303
    assert "Nothing in it yet" in client.get("/cart").text


def test_the_page_says_what_there_is_not_enough_of(client: FlaskClient, shop: Shop) -> None:
    lamp = variant(shop, "desk-lamp-l")
    set_stock(shop, lamp, 5)
    refused = client.post("/cart", data={"variant_id": lamp, "quantity": 6})
    assert refused.status_code == 409
    assert "Only 5 of these are left" in refused.text


def test_a_cart_is_read_from_another_shop_over_the_same_database(shop: Shop, mug: int) -> None:
    owner = guest()
    shop.carts.put(owner, mug, 1)
    elsewhere = replace(shop, cache=Cache(None), carts=Carts(SqlCarts(shop.database), Cache(None)))
    assert content(elsewhere.carts.of(owner)) == {"plain-mug-s": 1}
