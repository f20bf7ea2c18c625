"""Changes come from the shop's own pages, and visitors are sent to the shop's own pages only."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from app_support.identity import signed_in
from shop.shop import Shop
from shop.web.redirects import own_path

OWN = "http://shop.test"
EVIL = "https://evil.test"
BEARER = {"Authorization": "Bearer x.y.z"}


@pytest.fixture
def program(app: APIFlask) -> FlaskClient:
    """A client that says nothing of itself."""
    client = app.test_client()
    del client.environ_base["HTTP_SEC_FETCH_SITE"]
    return client


@pytest.fixture
def visitor(program: FlaskClient, shop: Shop) -> FlaskClient:
    """The same, with a session's cookie."""
    program.set_cookie("sid", shop.sessions.begin(None, "")[0])
    return program


REFUSED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": OWN},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "Same-Origin, cross-site"},
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://shop.test"},
    {"Origin": "http://shop.test:8080"},
    {"Origin": "http://shop.test.evil.test"},
    {"Origin": "http://evil.test", "Referer": f"{OWN}/cart"},
    {"Referer": f"{EVIL}/"},
    {"Referer": f"{EVIL}/?{OWN}/"},
    {"Referer": "http://shop.test.evil.test/"},
    {"Referer": "http://shop.test@evil.test/"},
    {"Referer": ""},
    {"Referer": "http://["},
]
TAKEN = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"},
    {"Origin": OWN},
    {"Origin": OWN, "Referer": f"{EVIL}/"},
    {"Referer": f"{OWN}/cart"},
    {"Referer": OWN},
]


@pytest.mark.parametrize("headers", REFUSED)
def test_a_change_that_another_origin_asks_for_is_refused(visitor: FlaskClient, headers: dict[str, str]) -> None:
    answer = visitor.delete("/api/session", headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden")
    assert visitor.get_cookie("sid") is not None


@pytest.mark.parametrize("headers", REFUSED)
def test_it_is_refused_without_a_session_too_so_that_nobody_is_signed_in_unasked(
    program: FlaskClient, headers: dict[str, str]
) -> None:
    assert program.post("/sign-in", data={"email": "a@b.org", "password": "x"}, headers=headers).status_code == 403


@pytest.mark.parametrize("headers", TAKEN)
def test_a_change_that_the_shops_own_page_asks_for_is_made(visitor: FlaskClient, headers: dict[str, str]) -> None:
    assert visitor.delete("/api/session", headers=headers).status_code == 204


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "FROB"])
def test_with_a_session_and_no_word_of_its_origin_no_method_changes_anything(visitor: FlaskClient, method: str) -> None:
    assert visitor.open("/api/account", method=method).status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_is_nobodys_secret(visitor: FlaskClient, method: str) -> None:
    assert visitor.open("/api/session", method=method, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_program_without_a_cookie_need_not_say_where_it_is(program: FlaskClient) -> None:
    assert program.post("/api/session", json={"email": "a@b.org", "password": "x"}).status_code == 401


def test_a_token_speaks_for_itself_but_not_beside_a_cookie(program: FlaskClient, shop: Shop) -> None:
    answer = program.delete("/api/account", json={}, headers={**BEARER, "Origin": EVIL})
    assert answer.status_code == 401, "the origin does not matter; this token is just not valid"
    program.set_cookie("sid", shop.sessions.begin(None, "")[0])
    assert program.delete("/api/account", json={}, headers={**BEARER, "Origin": EVIL}).status_code == 403
    assert program.delete("/api/account", json={}, headers=BEARER).status_code == 403


def test_any_cookie_of_a_session_counts_also_one_that_is_not_valid(program: FlaskClient) -> None:
    program.set_cookie("sid", "forged")
    assert program.delete("/api/account", json={}).status_code == 403


@pytest.mark.parametrize("path", ["/webhooks", "/webhooksx", "/x/../webhooks/", "/api/webhooks/"])
def test_only_webhooks_are_exempt(visitor: FlaskClient, path: str) -> None:
    assert visitor.post(path).status_code == 403


def test_webhooks_are_signed_by_those_who_send_them(visitor: FlaskClient) -> None:
    assert visitor.post("/webhooks/none", headers={"Origin": EVIL}).status_code in {404, 405}


HOSTILE = [
    "https://evil.test", "http:evil.test", "//evil.test", "///evil.test", "////evil.test", "/\\evil.test",
    "\\\\evil.test", "/\t/evil.test", "\t//evil.test", "/\n/evil.test", " //evil.test", "/ok\r\nSet-Cookie: a=b",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "evil.test", "@evil.test", "?next=//evil.test",
    "#//evil.test", "", " ", "/\x00/evil.test", "/a\u2028b", "https:/evil.test", "/" + "a" * 3000, "\\/evil.test",
    "/ok\\..\\evil", "\ufeff//evil.test", "mailto:a@evil.test", "//shop.test@evil.test", "/\u00a0\\evil.test",
]  # fmt: skip


@pytest.mark.parametrize("wanted", HOSTILE)
def test_nobody_is_sent_to_another_site(wanted: str) -> None:
    assert own_path(wanted) == "/"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/", "/"),
        ("/cart", "/cart"),
        ("/products?q=blue%20mug&page=2#top", "/products?q=blue%20mug&page=2#top"),
        ("/products?q=blue mug", "/products?q=blue%20mug"),
        ("/products?q=café", "/products?q=caf%C3%A9"),
        ("/a//evil.test", "/a//evil.test"),
        ("/@evil.test", "/@evil.test"),
        ("/https://evil.test", "/https://evil.test"),
        ("/＼evil.test", "/%EF%BC%BCevil.test"),
    ],
)
def test_a_path_of_the_shop_is_kept(wanted: str, path: str) -> None:
    assert own_path(wanted) == path


@pytest.mark.parametrize("wanted", HOSTILE)
def test_signing_in_leads_to_the_shop_whatever_the_address_says(app: APIFlask, wanted: str) -> None:
    browser = app.test_client()
    browser.set_cookie("sid", signed_in_cookie(app))
    location = Headers(browser.get("/sign-in", query_string={"next": wanted}).headers)["Location"]
    assert location == "/account"


def signed_in_cookie(app: APIFlask) -> str:
    """The cookie of somebody who is signed in, the same at every call."""
    browser = app.extensions.setdefault("the browser of these tests", None) or signed_in(app, "redirect@example.org")
    app.extensions["the browser of these tests"] = browser
    cookie = browser.get_cookie("sid")
    assert cookie is not None
    return str(cookie.value)
