"""Shoppers buy by pages and by JSON, pay at the provider's, and see their own orders only."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app_support.buying import guest, selling, set_stock, variant, voucher
from app_support.identity import Browser, refusing_writes, signed_in
from app_support.payments import WEBHOOK_SECRET, Payments
from shop.application import create_app
from shop.carts.service import Carts
from shop.carts.sql_store import SqlCarts
from shop.orders.models import HeardNotice
from shop.orders.sql_store import SqlOrders
from shop.shop import Shop
from standalone.payments.notices import signature

ADDRESS = {
    "name": "Ada Example",
    "street": "Weg 1",
    "extra": "",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
}
BODY = {"email": "ada@example.org", "address": ADDRESS}


@pytest.fixture(scope="module")
def store(shop: Shop, payments: Payments) -> Shop:
    """The shop, selling by Stripe."""
    return selling(shop, payments.provider())


@pytest.fixture(scope="module")
def app(store: Shop) -> APIFlask:
    """The application over it."""
    app = create_app(store)
    app.test_client_class = Browser
    return app


@pytest.fixture
def other(app: APIFlask) -> FlaskClient:
    """Another browser."""
    return app.test_client()


@pytest.fixture(autouse=True)
def mug(store: Shop) -> int:
    """A thing of which there is plenty."""
    mug = variant(store, "plain-mug-s")
    set_stock(store, mug, 500)
    return mug


def key() -> dict[str, str]:
    return {"Idempotency-Key": guest()[-26:]}


def ordered(client: FlaskClient, mug: int, **body: object) -> dict[str, Any]:
    """Put a mug into the cart and order it, as a program does."""
    assert client.put(f"/api/cart/lines/{mug}", json={"quantity": 1}).status_code == 200
    answer = client.post("/api/orders", json={**BODY, **body}, headers=key())
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def form_of(page: str) -> dict[str, str]:
    """Return what a browser would send of the checkout's hidden fields."""
    return dict(re.findall(r'<input type="hidden" name="(total|key)" value="([^"]*)">', page))


def test_a_shopper_buys_by_plain_forms(client: FlaskClient, payments: Payments, mug: int) -> None:
    client.post("/cart", data={"variant_id": mug, "quantity": 2})
    page = client.get("/checkout").text
    assert "€28.90" in page
    placed = client.post("/checkout", data={**ADDRESS, "email": "ada@example.org", **form_of(page)})
    assert placed.status_code == HTTPStatus.SEE_OTHER
    to_payment = client.get(placed.location)
    assert to_payment.status_code == HTTPStatus.SEE_OTHER
    assert to_payment.location.startswith(payments.url)
    back = payments.pay(to_payment.location).headers["Location"]
    arrived = client.get(back.removeprefix("http://shop.test"), follow_redirects=True).text
    assert "Thank you" in arrived
    assert "Plain mug" in arrived
    assert "Nothing in it yet" in client.get("/cart").text
    assert client.get(placed.location).location.startswith("/orders/")


def test_another_country_costs_something_else_and_is_confirmed_first(client: FlaskClient, mug: int) -> None:
    client.post("/cart", data={"variant_id": mug})
    sent = {**ADDRESS, "email": "ada@example.org", **form_of(client.get("/checkout").text)}
    again = client.post("/checkout", data={**sent, "country": "FI"})
    assert again.status_code == HTTPStatus.CONFLICT
    assert "€26.90" in again.text
    assert 'value="Weg 1"' in again.text
    shown = client.post("/checkout", data={"country": "FR", "step": "quote"})
    assert shown.status_code == HTTPStatus.OK
    assert "€20.90" in shown.text
    assert client.post("/checkout", data={**sent, "country": "FI", **form_of(again.text)}).status_code == 303


def test_the_checkout_says_what_is_missing(client: FlaskClient, mug: int) -> None:
    assert client.get("/checkout").location == "/cart"
    assert (
        client.post("/checkout", data={**ADDRESS, "email": "a@b.de", "total": "1", "key": "12345678"}).status_code
        == 303
    )
    client.post("/cart", data={"variant_id": mug})
    sent = {**ADDRESS, "email": "nobody", **form_of(client.get("/checkout").text), "street": ""}
    refused = client.post("/checkout", data=sent)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'href="#email"' in refused.text
    assert 'href="#street"' in refused.text


def test_the_checkout_begins_with_what_the_account_keeps(app: APIFlask, mug: int) -> None:
    browser = signed_in(app, "eve@example.org")
    browser.post("/api/account/addresses", json={**ADDRESS, "street": "Own street 5"})
    browser.post("/cart", data={"variant_id": mug})
    page = browser.get("/checkout").text
    assert 'value="Own street 5"' in page
    assert 'value="eve@example.org"' in page


def test_a_program_buys_once_per_key(client: FlaskClient, payments: Payments, mug: int) -> None:
    client.put(f"/api/cart/lines/{mug}", json={"quantity": 1})
    headers = key()
    first = client.post("/api/orders", json=BODY, headers=headers)
    assert (first.status_code, first.get_json()["state"]) == (201, "awaiting_payment")
    assert client.post("/api/orders", json=BODY, headers=headers).get_json() == first.get_json()
    assert client.post("/api/orders", json={**BODY, "email": "b@example.org"}, headers=headers).status_code == 409
    assert client.post("/api/orders", json=BODY, headers=key()).get_json()["code"] == "cart_empty"
    order_id = first.get_json()["order_id"]
    paid = client.post(f"/api/orders/{order_id}/payment").get_json()
    assert paid["payment_url"] == first.get_json()["payment_url"]
    payments.pay(paid["payment_url"])
    client.get(f"/orders/{order_id}/return")
    assert client.get(f"/api/orders/{order_id}").get_json()["state"] == "paid"
    assert client.post(f"/api/orders/{order_id}/cancellation").status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "x"}, "email"),
        ({"email": "a\0@example.org"}, "email"),
        ({"address": {**ADDRESS, "country": "US"}}, "country"),
        ({"address": {**ADDRESS, "street": "x" * 201}}, "street"),
        ({"address": {**ADDRESS, "name": "a\0b"}}, "name"),
        ({"address": {**ADDRESS, "city": "\ud800"}}, "city"),
        ({"address": {**ADDRESS, "extra": "a\nb"}}, "extra"),
        ({"address": None}, "address"),
        ({"expected_total_minor": -1}, "expected_total_minor"),
        ({"expected_total_minor": 2**80}, "expected_total_minor"),
        ({"total_minor": 1}, "total_minor"),
    ],
)
def test_what_is_out_of_range_is_named(client: FlaskClient, mug: int, change: dict[str, object], field: str) -> None:
    client.put(f"/api/cart/lines/{mug}", json={"quantity": 1})
    answer = client.post(
        "/api/orders", data=json.dumps({**BODY, **change}), headers=key(), content_type="application/json"
    )
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), answer.text
    assert field in answer.get_json()["errors"][0]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "short"}, {"Idempotency-Key": "with space in it"}])
def test_an_order_needs_a_key(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/orders", json=BODY, headers=headers)
    assert answer.status_code == 422
    assert "idempotency" in answer.get_json()["errors"][0].lower()


def test_prices_come_from_the_catalogue_and_the_buyers_expectation_is_only_compared(
    client: FlaskClient, mug: int
) -> None:
    client.put(f"/api/cart/lines/{mug}", json={"quantity": 1})
    refused = client.post("/api/orders", json={**BODY, "expected_total_minor": 1}, headers=key())
    assert (refused.status_code, refused.get_json()["code"]) == (409, "cart_changed")
    assert ordered(client, mug, expected_total_minor=1690)["total_minor"] == 1690


def test_what_is_sold_out_meanwhile_is_named(client: FlaskClient, store: Shop, mug: int) -> None:
    client.put(f"/api/cart/lines/{mug}", json={"quantity": 3})
    set_stock(store, mug, 2)
    refused = client.post("/api/orders", json=BODY, headers=key())
    assert (refused.status_code, refused.get_json()["code"]) == (409, "out_of_stock")
    assert "Plain mug" in refused.get_json()["detail"]


def test_an_order_stands_while_the_provider_is_away_and_is_paid_later(
    client: FlaskClient, payments: Payments, mug: int
) -> None:
    client.put(f"/api/cart/lines/{mug}", json={"quantity": 1})
    headers = key()
    payments.goes_wrong("refuse", path="/v1/checkout/sessions", times=20)
    try:
        placed = client.post("/api/orders", json=BODY, headers=headers)
        assert (placed.status_code, placed.get_json()["payment_url"]) == (202, None)
        order_id = placed.get_json()["order_id"]
        page = client.get(f"/orders/{order_id}/pay")
        assert page.status_code == 503
        assert "Pay now" in page.text
    finally:
        payments.goes_well()
    again = client.post("/api/orders", json=BODY, headers=headers)
    assert again.status_code == 201
    assert again.get_json()["order_id"] == order_id
    assert client.get(f"/orders/{order_id}/pay").status_code == 303


def test_an_order_for_nothing_needs_no_payment(client: FlaskClient, store: Shop, mug: int) -> None:
    client.put(f"/api/cart/lines/{mug}", json={"quantity": 5})
    client.put("/api/cart/voucher", json={"code": voucher(store, percent=100)})
    placed = client.post("/api/orders", json=BODY, headers=key()).get_json()
    assert (placed["state"], placed["total_minor"], placed["payment_url"]) == ("paid", 0, None)
    assert "Thank you" in client.get(f"/orders/{placed['order_id']}").text


def test_another_visitors_order_is_not_found(
    client: FlaskClient, other: FlaskClient, app: APIFlask, store: Shop, mug: int
) -> None:
    order_id = ordered(client, mug)["order_id"]
    token = store.order_links.token(order_id)
    foreign = store.order_links.token(ordered(client, mug)["order_id"])
    for browser in (other, signed_in(app, "mallory@example.org")):
        for path in (f"/orders/{order_id}", f"/orders/{order_id}/pay", f"/orders/{order_id}/return",
                     f"/api/orders/{order_id}"):  # fmt: skip
            assert browser.get(path).status_code == 404
            assert browser.get(f"{path}?token={foreign}").status_code == 404
        for path in (f"/orders/{order_id}/cancel", f"/api/orders/{order_id}/payment",
                     f"/api/orders/{order_id}/cancellation"):  # fmt: skip
            assert browser.post(path).status_code == 404
        assert browser.get(f"/api/orders/{order_id}?token={token}").status_code == 200
        assert browser.get("/api/orders/01ARZ3NDEKTSV4RRFFQ69G5FAV").status_code == 404
        assert browser.get("/api/orders/%00").status_code == 404
    assert client.get(f"/api/orders/{order_id}").status_code == 200


def test_an_order_shows_nothing_that_is_the_shops_own(client: FlaskClient, mug: int) -> None:
    shown = client.get(f"/api/orders/{ordered(client, mug)['order_id']}").get_json()
    assert not {"owner", "account_id", "page_id", "payment_id", "attention"} & set(shown)


def test_the_link_from_the_mail_goes_on_working_from_page_to_page(
    client: FlaskClient, other: FlaskClient, store: Shop, mug: int
) -> None:
    order_id = ordered(client, mug)["order_id"]
    link = store.order_links.order(order_id).removeprefix("http://shop.test")
    page = other.get(link).text
    cancel = re.search(rf'action="(/orders/{order_id}/cancel[^"]*)"', page)
    assert cancel is not None
    cancelled = other.post(cancel[1], follow_redirects=True)
    assert cancelled.status_code == 200
    assert "cancelled" in cancelled.text
    assert "no-store" in cancelled.headers["Cache-Control"]


def test_an_account_has_a_history_and_keeps_it_to_itself(app: APIFlask, other: FlaskClient, mug: int) -> None:
    browser = signed_in(app, "grace@example.org")
    order_id = ordered(browser, mug)["order_id"]
    assert [order["id"] for order in browser.get("/api/orders").get_json()] == [order_id]
    assert order_id in browser.get("/orders").text
    assert other.get("/api/orders").status_code == 401
    assert other.get("/orders").location.startswith("/sign-in")


def test_a_guests_cart_goes_along_into_the_account(client: FlaskClient, app: APIFlask, mug: int) -> None:
    signed_in(app, "joan@example.org").put(f"/api/cart/lines/{mug}", json={"quantity": 2})
    client.put(f"/api/cart/lines/{mug}", json={"quantity": 3})
    client.post("/api/session", json={"email": "joan@example.org", "password": "a few words in a row"})
    assert client.get("/api/cart").get_json()["pieces"] == 5


def notice(page_id: str, number: str, *, at: float | None = None, secret: str = WEBHOOK_SECRET) -> tuple[bytes, str]:
    """A notice as the provider signs it."""
    event = {
        "id": f"evt_{number}",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": {"id": page_id, "object": "checkout.session", "metadata": {}}},
    }
    body = json.dumps(event).encode()
    return body, signature(body, secret, int(time.time() if at is None else at))


def send(client: FlaskClient, body: bytes, signed: str) -> int:
    return client.post("/webhooks/payments", data=body, headers={"Stripe-Signature": signed}).status_code


def heard(store: Shop, number: str) -> int:
    with store.database.read() as connection:
        return connection.execute(
            select(func.count()).select_from(HeardNotice).where(HeardNotice.id == f"evt_{number}")
        ).scalar_one()


def test_a_notice_settles_its_order_and_a_replay_does_nothing(
    client: FlaskClient, other: FlaskClient, store: Shop, payments: Payments, mug: int
) -> None:
    placed = ordered(client, mug)
    order = store.orders.order(placed["order_id"])
    payments.pay(placed["payment_url"])
    for _ in range(3):
        assert send(other, *notice(str(order.page_id), order.id)) == 204
    assert store.orders.order(order.id).state == "paid"
    assert heard(store, order.id) == 1


def test_a_forged_or_old_notice_is_refused(client: FlaskClient, other: FlaskClient, store: Shop, mug: int) -> None:
    order = store.orders.order(ordered(client, mug)["order_id"])
    page = str(order.page_id)
    body, signed = notice(page, "forged")
    assert send(other, body, "") == 400
    assert send(other, body + b" ", signed) == 400
    assert send(other, *notice(page, "forged", secret="whsec_of_somebody_else")) == 400  # noqa: S106 - opens nothing
    assert send(other, *notice(page, "forged", at=time.time() - 600)) == 400
    assert send(other, b"\xff{", signed) == 400
    assert heard(store, "forged") == 0


def test_a_notice_of_a_page_that_nobody_knows_is_taken_and_changes_nothing(other: FlaskClient) -> None:
    assert send(other, *notice("cs_test_unknown", "unknown")) == 204
    assert send(other, *notice("", "empty")) == 204


def test_where_nothing_may_be_written_buying_waits_and_looking_goes_on(store: Shop, mug: int) -> None:
    browsing = create_app(store)
    browsing.test_client_class = Browser
    client = browsing.test_client()
    client.put(f"/api/cart/lines/{mug}", json={"quantity": 1})
    closed = refusing_writes(store)
    database = closed.database
    shop = replace(
        closed,
        carts=Carts(SqlCarts(database), store.cache),
        orders=replace(store.orders, store=SqlOrders(database), authority=database.authority),
    )
    paused = create_app(shop)
    paused.test_client_class = Browser
    visitor = paused.test_client()
    session = client.get_cookie(store.config.session_cookie)
    assert session is not None
    visitor.set_cookie(session.key, session.value)
    assert visitor.get("/api/cart").get_json()["pieces"] == 1
    assert visitor.get("/checkout").status_code == 200
    refusals = [
        visitor.post("/api/orders", json=BODY, headers=key()),
        visitor.put(f"/api/cart/lines/{mug}", json={"quantity": 2}),
        visitor.post("/checkout", data={**ADDRESS, "email": "a@example.org", "total": "1690", "key": "a-new-key"}),
        visitor.post(
            "/webhooks/payments", data=(sent := notice("cs_x", "x"))[0], headers={"Stripe-Signature": sent[1]}
        ),
    ]
    assert [answer.status_code for answer in refusals] == [503] * 4
    assert refusals[0].get_json()["code"] == "writes_refused"
    assert "Retry-After" in refusals[0].headers or refusals[0].get_json()["title"]
