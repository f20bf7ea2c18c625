"""Whatever strangers send: no error of the shop's own, no word of what lies inside, and nothing that runs elsewhere."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from ulid import ULID
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app_support.identity import PASSWORD, Browser, has_account, sign_in
from app_support.killing import Program, settings_of
from shop.accounts.people import Role
from shop.application import MAX_REQUEST_BYTES, create_app
from shop.catalogue.models import Product, ProductAttribute, ProductImage, Variant
from shop.config import Config
from shop.reviews.models import StoredReview
from shop.shop import Shop
from shop.worker import Worker
from standalone.__main__ import free_port

PROBE = "xss-probe"
SQL = (
    "' OR '1'='1",
    "'; DROP TABLE product; --",
    "x') UNION SELECT email, password FROM account --",
    "%' OR 1=1 --",
    "\\'; SELECT pg_sleep(9); --",
    "1; SELECT 1",
)
MARKUP = (
    f"<{PROBE} onx=1>",
    f"\"'><{PROBE} onx=1>",
    f"</script><{PROBE}>",
    f"--></textarea></title><{PROBE}>",
    f"javascript:{PROBE}",
    "{{7*191}}${7*191}",
)
PATHS = ("../../../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "....//....//etc/passwd", "file:///etc/passwd")
TEXTS = (
    "a\0b",
    "\0",
    "a\r\nSet-Cookie: stolen=1",
    "\ufffe\uffff",
    "\u202egnp.exe",
    "ﬁ𝕒İ̇ſ",
    "e\u0301" * 40,
    "👩‍👩‍👧" * 30,
    "٣",
    "%",
    "_",
    "%s%n{0}",
    "x" * 5_000,
)
NUMBERS = (
    "-1",
    "0",
    "1e999",
    "NaN",
    "-0",
    "0x10",
    "9" * 30,
    "9" * 5_000,
    "2147483648",
    "9223372036854775808",
    "1.5",
    "",
)
NASTY = (*SQL, *MARKUP, *PATHS, *TEXTS, *NUMBERS)
VALUES: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    2**31,
    10**400,
    [],
    {},
    [[]],
    {"a": {}},
    "\ud800",
    "a\0b",
    "x" * 5_000,
)
INSIDE = re.compile(
    r"Traceback|site-packages|\.py\b|psycopg|sqlalchemy|SELECT \w+\.|INSERT INTO|werkzeug|jinja2|redis\.|postgres",
    re.IGNORECASE,
)
TEMPLATES = Path(__file__).parents[2] / "app/shop/templates"
FIELD = re.compile(r'(?:field|select)\(\s*"(\w+)"|name="([\w-]+)"')
SMUGGLED = (
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET /stolen HTTP/1.1\r\n\r\n"
)
HEADERS = (
    "If-None-Match", "If-Match", "If-Modified-Since", "If-Range", "Range", "Accept-Encoding", "Accept", "Cookie",
    "Authorization", "X-Amzn-Trace-Id", "X-Request-Id", "X-Forwarded-For", "Sec-Fetch-Site", "Origin", "Referer",
    "Content-Length", "Accept-Language", "User-Agent", "Expect",
)  # fmt: skip
ADDRESS = {"name": "Ada", "street": "Weg 1", "postcode": "10115", "city": "Berlin", "country": "DE"}
ENDS_A_SESSION = {"/sign-out", "/account/delete"}


@pytest.fixture(scope="module")
def app(shop: Shop) -> APIFlask:
    """The shop with a product whose every text is hostile."""
    with shop.database.write() as session:
        name = f"\"'><{PROBE} onx=1>"
        session.add(
            Product(
                slug="hostile",
                name=name,
                description=f"</script></textarea><{PROBE} onx=1>\n\n[a](javascript:{PROBE})",
                category_id=1,
                price_minor=100,
                image_key="products/hostile/1.webp",
                variants=[Variant(sku=f"<{PROBE}>", name=name, price_minor=100, stock=1_000, position=1)],
                images=[ProductImage(key="products/hostile/1.webp", alt=name, position=1)],
                attributes=[ProductAttribute(name=f"<{PROBE}>", value=name)],
            )
        )
    app = create_app(shop)
    app.test_client_class = Browser
    return app


@dataclass(slots=True)
class Attacker:
    """Somebody who sends nasty things from the shop's own pages, and keeps a role where they have one."""

    app: APIFlask
    email: str | None
    browser: FlaskClient = field(init=False)
    answers: int = 0
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.email is not None:
            has_account(self.app.extensions["shop"], self.email, *Role)
        self.enter()

    def told(self) -> str:
        """Say what was found."""
        return "\n".join((f"{len(self.found)} of {self.answers} answers", *self.found[:20]))

    def enter(self) -> None:
        """Come with a new browser, signed in where there is an account: an attack may have ended the session."""
        self.browser = self.app.test_client()
        if self.email is not None:
            sign_in(self.browser, self.email)

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        """Send something and look at what comes back."""
        answer = self.browser.open(path, method=method, **more)
        self.answers += 1
        self.found += [f"{method} {path[:200]} {str(more)[:200]}: {fault}" for fault in faults(answer)]
        return answer


def faults(answer: TestResponse) -> Iterator[str]:
    """Return what is wrong with an answer to something hostile."""
    if answer.status_code >= 500:
        yield f"status {answer.status_code}: {answer.text[:300]}"
    if "Content-Encoding" in answer.headers or not (answer.content_type or "").startswith(
        ("text/html", "application/")
    ):
        return
    if answer.status_code >= 400 and (inside := INSIDE.search(answer.text)) is not None:
        yield f"speaks of {inside[0]}"
    if any("stolen" in cookie for cookie in answer.headers.getlist("Set-Cookie")) or "\n" in "".join(
        answer.headers.values()
    ):
        yield "a header of the attacker's"
    if answer.content_type.startswith("text/html"):
        yield from (f"runs: {what}" for what in foreign_markup(answer.text))


class _Markup(HTMLParser):
    """Collects what only an attacker can have put into a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attributes}
        leads = {value.strip().lower() for name, value in attributes if name in {"href", "src", "action"} and value}
        if tag.startswith("xss") or names & {"onx", PROBE} or any(lead.startswith("javascript:") for lead in leads):
            self.found.append(self.get_starttag_text() or tag)


def foreign_markup(page: str) -> list[str]:
    """Return the elements of a page that its visitors' texts have made."""
    parser = _Markup()
    parser.feed(page)
    return parser.found


def rules(app: APIFlask, method: str) -> list[Rule]:
    """Return the addresses that take the method."""
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def fill_in(app: APIFlask, rule: Rule, nasty: str) -> str:
    """Return the rule's address with something nasty wherever it takes a text."""
    known = {"order_id", "address_id", "session_id", "review_id"}
    path = re.sub(r"<(?:int[^:>]*):(\w+)>", "1", rule.rule)
    return re.sub(r"<[^<>]*?(\w+)>", lambda part: "0" * 26 if part[1] in known else quote(nasty, safe=""), path)


def fields() -> list[str]:
    """Return the names of all fields in the shop's forms, and of parameters that no form has."""
    named = {one or other for path in TEMPLATES.rglob("*.html") for one, other in FIELD.findall(path.read_text())}
    others = {"page", "size", "min_price", "max_price", "material", "token", "state", "expires", "signature", "link",
              "after", "before", "from", "to", "day", "month", "Content-Type", "max_bytes", "file", "seen"}  # fmt: skip
    return sorted(named | others)


@pytest.fixture(params=[None, "owner@hostile.test"], ids=["a stranger", "an owner"])
def attacker(app: APIFlask, request: pytest.FixtureRequest) -> Attacker:
    """Somebody without an account, and somebody who may everything."""
    return Attacker(app, request.param)


def test_no_address_and_no_parameter_breaks_the_shop(app: APIFlask, attacker: Attacker) -> None:
    for number, rule in enumerate(rules(app, "GET")):
        for nasty in NASTY[number % 9 :: 9]:
            attacker.send("GET", fill_in(app, rule, nasty))
            query = urlencode(dict.fromkeys(fields(), nasty))[:20_000]
            attacker.send("GET", f"{fill_in(app, rule, 'plain-mug')}?{query}")
    assert not attacker.found, attacker.told()


@pytest.mark.parametrize("path", ["/products", "/api/products"])
def test_each_parameter_of_a_listing_takes_anything(app: APIFlask, path: str) -> None:
    stranger = Attacker(app, None)
    for nasty in NASTY:
        for name in ("q", "category", "min_price", "max_price", "in_stock", "sort", "page", "size", "material", nasty):
            stranger.send("GET", f"{path}?{urlencode({name: nasty})[:20_000]}")
    assert not stranger.found, stranger.told()


@pytest.mark.parametrize("raw", [
    "q=%ff%fe", "q=%00", "%ff=%c3%28", "q=a&q=b&q=c", "&&&=&=", "q=%", "q=%zz", "q=%ed%a0%80", "q[$gt]=",
    "sort[]=price", "page=1&page=2", "size=100&size=-1", "material=a&" * 500,
])  # fmt: skip
def test_a_query_that_is_no_query_is_answered(app: APIFlask, raw: str) -> None:
    stranger = Attacker(app, None)
    for path in ("/products", "/api/products", "/api/quote", "/sign-in", "/api/products/plain-mug/reviews"):
        stranger.send("GET", f"{path}?{raw}")
    assert not stranger.found, stranger.told()


def test_no_words_are_read_as_sql(app: APIFlask, shop: Shop, client: FlaskClient) -> None:
    before = products(shop)
    for words in SQL:
        assert client.get("/api/products", query_string={"q": words}).get_json()["total"] == 0
        assert client.get("/api/products", query_string={"material": words}).get_json()["total"] == 0
        assert client.get("/api/products", query_string={"sort": words}).status_code == 422
        assert client.get(f"/api/products/{quote(words, safe='')}").status_code == 404
        answer = client.post("/api/session", json={"email": "a@b.test", "password": words})
        assert answer.status_code == 401
        client.set_cookie("sid", quote(words))
        assert (
            client.get("/api/session", headers={"User-Agent": words, "X-Request-Id": words}).get_json()["email"] is None
        )
        client.delete_cookie("sid")
    assert products(shop) == before


def test_no_form_and_no_body_breaks_the_shop(app: APIFlask, attacker: Attacker) -> None:
    names = fields()
    for number, (method, rule) in enumerate(changes(app)):
        for nasty in NASTY[number % 9 :: 9]:
            attacker.send(method, fill_in(app, rule, nasty), data=dict.fromkeys(names, nasty))
            attacker.send(method, fill_in(app, rule, "plain-mug"), json=dict.fromkeys(names, nasty))
        for value in VALUES[number % 5 :: 5]:
            path = fill_in(app, rule, "plain-mug")
            attacker.send(method, path, data=json.dumps(value), content_type="application/json")
            attacker.send(method, path, data=json.dumps(dict.fromkeys(names, value)), content_type="application/json")
        if attacker.email is not None and attacker.browser.get("/api/session").get_json()["account_id"] is None:
            attacker.enter()
    assert not attacker.found, attacker.told()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
        ("application/json", b"\xff\xfe{}"),
        ("application/json", b'{"email": "\\ud800@b.test", "password": "x"}'),
        ("application/json", b'{"quantity": ' + b"9" * 10_000 + b"}"),
        ("application/json", b'{"variant_id": NaN, "quantity": Infinity}'),
        ("application/json; charset=utf-16", '{"a": 1}'.encode("utf-16")),
        ("application/json; charset=nonsense", b"{}"),
        ("text/xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ("application/x-www-form-urlencoded", b"email=%ff%fe&password=%00&" + b"a=1&" * 5_000),
        ("application/x-www-form-urlencoded; charset=utf-7", b"email=+AGE-"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="../a"\r\n\r\n'),
        ("multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\r\n' * 3_000),
        ("", b"anything"),
        ("x" * 3_000, b"anything"),
    ],
    ids=range(17),
)  # fmt: skip
def test_a_body_that_is_not_what_it_says_is_refused(app: APIFlask, content_type: str, body: bytes) -> None:
    stranger = Attacker(app, None)
    for method, rule in changes(app):
        answer = stranger.send(method, fill_in(app, rule, "plain-mug"), data=body, content_type=content_type)
        assert answer.status_code in {303, *range(400, 500)} or rule.rule in EMPTY_IS_GOOD, (
            rule.rule,
            answer.status_code,
        )
    assert not stranger.found, stranger.told()


def test_what_is_too_large_is_refused_and_not_read(app: APIFlask) -> None:
    stranger = Attacker(app, None)
    for method, rule in changes(app):
        for content_type in (
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ):
            body = b"a" * (MAX_REQUEST_BYTES + 1)
            answer = stranger.send(method, fill_in(app, rule, "plain-mug"), data=body, content_type=content_type)
            assert 300 <= answer.status_code < 500 or rule.rule in EMPTY_IS_GOOD, (rule.rule, answer.status_code)
    assert not stranger.found, stranger.told()


def test_a_method_that_an_address_does_not_know_is_refused_with_those_that_it_knows(app: APIFlask) -> None:
    stranger = Attacker(app, None)
    for path in sorted({fill_in(app, rule, "plain-mug") for rule in app.url_map.iter_rules()}):
        for method in ("TRACE", "CONNECT", "PROPFIND", "NONSENSE"):
            answer = stranger.send(method, path)
            assert answer.status_code in {401, 403, 404, 405}, (method, path, answer.status_code)
            assert answer.status_code != 405 or "Allow" in answer.headers
        answer = stranger.send("OPTIONS", path)
        assert answer.status_code in {200, 303, 401, 404, 405}, (path, answer.status_code)
        assert not any(name.lower().startswith("access-control-") for name, _ in answer.headers)
    assert not stranger.found, stranger.told()


def test_head_says_what_get_says_and_no_more(app: APIFlask, client: FlaskClient) -> None:
    for rule in rules(app, "GET"):
        path = fill_in(app, rule, "plain-mug")
        head, get = client.head(path), client.get(path)
        assert head.status_code == get.status_code, path
        assert head.data == b""
        assert head.headers.get("Cache-Control") == get.headers.get("Cache-Control"), path


def test_no_stored_text_becomes_markup(app: APIFlask, shop: Shop) -> None:
    text = f"\"'><{PROBE} onx=1>"
    shopper = Attacker(app, "stored@hostile.test")
    api = shopper.browser
    api.patch("/api/account", json={"name": text})
    api.post("/api/account/addresses", json={**ADDRESS, "name": text, "street": text, "city": text})
    account_id = api.get("/api/session").get_json()["account_id"]
    with shop.database.write() as session:
        product_id = session.scalar(select(Product.id).where(Product.slug == "hostile"))
        review = {"author": text, "stars": 5, "text": f"{text}\n\n{text}", "written_at": datetime.now(UTC)}
        session.add(StoredReview(id=str(ULID()), product_id=product_id, account_id=account_id, **review))
    choice = api.get("/api/products/hostile").get_json()["choices"][0]["id"]
    api.post("/api/cart/lines", json={"variant_id": choice, "quantity": 1})
    assert PROBE in api.get("/api/cart").text
    for path in ("/cart", "/checkout"):
        assert text not in shopper.send("GET", path).text
    key = {"Idempotency-Key": "of-the-hostile"}
    address = {**ADDRESS, "name": text, "street": text, "extra": text, "city": text}
    placed = api.post("/api/orders", headers=key, json={"email": "a@shop.test", "address": address}).get_json()
    pages = (
        "/", "/products", "/products?q=xss", "/products/hostile", "/products/hostile/reviews",
        "/products/hostile/review",
        "/account", "/account/addresses", "/account/sessions", "/orders", f"/orders/{placed['order_id']}",
        "/admin/products", "/admin/products/hostile", "/admin/orders", f"/admin/orders/{placed['order_id']}",
        "/admin/reviews", "/admin/record", "/admin/report", "/admin/staff",
    )  # fmt: skip
    for path in pages:
        answer = shopper.send("GET", path)
        assert answer.status_code == 200, path
        assert text not in answer.text, path
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    for path in (
        "/api/products",
        "/api/products/hostile",
        "/api/products/hostile/reviews",
        "/api/account/export",
    ):
        answer = shopper.send("GET", path)
        assert PROBE in answer.text, path
        assert answer.content_type == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not shopper.found, shopper.told()
    shop.orders.cancel(placed["order_id"])
    assert shop.config.mail_folder is not None
    before = set(shop.config.mail_folder.glob("*.eml"))
    Worker(shop).round()
    letters = [html_of(letter) for letter in set(shop.config.mail_folder.glob("*.eml")) - before]
    assert any(PROBE in letter for letter in letters)
    assert not any(foreign_markup(letter) for letter in letters)


def test_no_reflected_text_becomes_markup(app: APIFlask, client: FlaskClient) -> None:
    for text in MARKUP:
        for path, name in (("/products", "q"), ("/products", "material"), ("/products", text), ("/sign-in", "next"),
                           ("/new-password", "link"), ("/forgotten", "email")):  # fmt: skip
            page = client.get(path, query_string={name: text}).text
            assert foreign_markup(page) == []
            assert "1337" not in page
        for path in ("/sign-in", "/sign-up", "/forgotten"):
            page = client.post(path, data={"email": text, "name": text, "password": text}).text
            assert foreign_markup(page) == []
        assert foreign_markup(client.get(f"/{quote(text)}").text) == []


@pytest.mark.parametrize("place", ["/media/", "/static/", "/media/products/", "/static/css/"])
def test_no_path_leads_out_of_its_folder(app: APIFlask, shop: Shop, client: FlaskClient, place: str) -> None:
    for path in (
        *PATHS,
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%252e%252e%252fetc",
        "a/../../../x",
        "\0",
        "C:",
    ):
        for address in (place + path, place + quote(path, safe="")):
            answer = client.get(address)
            assert answer.status_code in {308, 404}, (address, answer.status_code)
            assert "root:" not in answer.text


@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:80", "shop.test@evil.test", "evil.test/a", "", "[::1", "x" * 300]
)
def test_a_forged_host_leads_nobody_anywhere(app: APIFlask, shop: Shop, host: str) -> None:
    stranger = Attacker(app, None)
    forged = {"Host": host, "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "ftp", "Forwarded": "host=evil.test"}
    paths = ("/", "/products", "/products/plain-mug", "/orders", "/products//plain-mug", "/account/", "/products/",
             "/nothing", "/cart", "/api/products", "/api/openapi.json", "/sign-in?next=//evil.test")  # fmt: skip
    for path in paths:
        answer = stranger.send("GET", path, headers=forged)
        assert "evil.test" not in answer.headers.get("Location", ""), path
        assert "evil.test" not in answer.text.replace("//evil.test", "") or answer.status_code == 400, path
    assert not stranger.found, stranger.told()


def test_letters_lead_to_the_shop_and_not_to_the_host_of_whoever_asked(app: APIFlask, shop: Shop) -> None:
    has_account(shop, "victim@hostile.test")
    folder = shop.config.mail_folder
    assert folder is not None
    before = set(folder.glob("*.eml"))
    forged = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "Origin": "http://shop.test"}
    answer = app.test_client().post("/api/password-links", json={"email": "victim@hostile.test"}, headers=forged)
    assert answer.status_code == 202
    Worker(shop).round()
    letters = [letter.read_text() for letter in set(folder.glob("*.eml")) - before]
    assert any("http://shop.test/new-password" in letter for letter in letters)
    assert not any("evil.test" in letter for letter in letters)


def test_what_everybody_may_keep_holds_nothing_of_a_visitor(app: APIFlask, shop: Shop) -> None:
    visitor = Attacker(app, "kept@hostile.test").browser
    choice = visitor.get("/api/products/plain-mug").get_json()["choices"][0]["id"]
    visitor.post("/api/cart/lines", json={"variant_id": choice})
    odd = {
        "X-Forwarded-Host": "evil.test",
        "X-Original-URL": "/account",
        "X-Rewrite-URL": "/account",
        "X-Forwarded-Scheme": "ftp",
        "X-HTTP-Method-Override": "DELETE",
        "Accept-Language": "xx",
        "Range": "bytes=0-10",
    }
    kept = 0
    for rule in rules(app, "GET"):
        path = fill_in(app, rule, "plain-mug")
        theirs, nobodys = visitor.get(path, headers=odd), app.test_client().get(path)
        if "public" not in theirs.headers.get("Cache-Control", ""):
            assert "no-store" in theirs.headers["Cache-Control"], path
            continue
        kept += 1
        assert theirs.data == nobodys.data, path
        assert "Set-Cookie" not in theirs.headers, path
        assert "kept@hostile.test" not in theirs.text
        if theirs.headers.get("Content-Encoding") or app.test_client().get(path, headers=GZIP).headers.get(
            "Content-Encoding"
        ):
            assert theirs.headers["Vary"] == "Accept-Encoding", path
    assert kept >= 6


def test_an_error_is_nothing_to_keep(client: FlaskClient) -> None:
    for path in (
        "/products/none",
        "/api/products/none",
        "/products?page=x",
        "/api/products?page=x",
        "/media/none",
        "/static/x.css",
    ):
        answer = client.get(path)
        assert answer.status_code >= 400
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_condition_or_a_range_that_means_nothing_is_ignored(app: APIFlask, shop: Shop) -> None:
    shop.storage.put("products/plain-mug/1.webp", b"RIFFxxxxWEBP", "image/webp")
    stranger = Attacker(app, None)
    for path in ("/media/products/plain-mug/1.webp", "/products", "/api/products", "/static/css/none.css"):
        for name in HEADERS:
            for value in (
                "\xff\xfe",
                "*",
                "bytes=-1",
                "bytes=0-,1-,2-",
                "bytes=" + "0-1," * 500,
                'W/"',
                "Bearer ",
                'sid="',
                "0",
                "a" * 4_000,
            ):
                answer = stranger.send("GET", path, headers={name: value})
                assert answer.status_code in {200, 206, 304, 400, 401, 404, 412, 413, 416}, (path, name, value)
    assert not stranger.found, stranger.told()


@pytest.mark.parametrize("mail", [
    "a@b", "a@@b.test", "a b@c.test", "a@b.test\r\nBcc: c@d.test", "<a@b.test>", "\u0430@b.test", "a@b\u3002test",
    "a@b.test,c@d.test", '"a b"@c.test', "a@[127.0.0.1]", "a@b.test\0", f"{'a' * 65}@b.test",
    "a@" + "b" * 250 + ".test", "\uff41@b.test", "a@xn--.test\u202e",
])  # fmt: skip
def test_an_address_that_is_none_gets_no_account_and_no_letter(app: APIFlask, mail: str) -> None:
    stranger = Attacker(app, None)
    for path, body in (("/api/accounts", {"password": PASSWORD}), ("/api/password-links", {})):
        answer = stranger.send("POST", path, json={"email": mail, **body})
        assert answer.status_code == 422, (path, answer.status_code)
    assert not stranger.found, stranger.told()


@pytest.fixture(scope="module")
def port(config: Config, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The real server."""
    port = free_port()
    place = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--drain-seconds", "0")
    log = tmp_path_factory.mktemp("server") / "log"
    server = Program(("shop.serve", *place), settings_of(config), log, f"http://127.0.0.1:{port}/health")
    server.start()
    yield port
    server.end(signal.SIGKILL)


@pytest.mark.parametrize("raw", [
    b"GET /products/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /products/%ff%c0%af HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /products/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET //evil.test/%2e%2e HTTP/1.1\r\nHost: evil.test\r\n\r\n",
    b"GET //products HTTP/1.1\r\nHost: evil.test\r\n\r\n",
    b"GET http://evil.test/products HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /sign-in?next=/%0d%0aSet-Cookie:stolen=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /orders?%0d%0aSet-Cookie:stolen=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\r\nSet-Cookie:stolen=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /products HTTP/1.1\r\nHost: a\r\nX-Request-Id: abcdefgh\r\n stolen: 1\r\n\r\n",
    b"GET /products HTTP/1.1\r\nHost: a\r\nX-Request-Id: abcdefgh\nSet-Cookie: stolen=1\r\n\r\n",
    b"GET /cart HTTP/1.1\r\nHost: a\r\nCookie: sid=\xff\xfe\x00; \xc3\x28=1\r\n\r\n",
    b"GET /cart HTTP/1.1\r\nHost: a\r\nCookie: sid=\xff\xfe; \xc3\x28=1\r\nUser-Agent: \xff\r\n\r\n",
    b"GET /cart HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\r\n\r\n",
    b"GET /products HTTP/1.1\r\n\r\n",
    b"GET /products HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /products HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    b"GET /products HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
    b"GET /products HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
    b"GET /products?q=" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /products?" + b"a=b&" * 10_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\na",
    SMUGGLED,
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\na",
    b"POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
     b"10000\r\n" + b"a" * 65_536 + b"\r\n0\r\n\r\n",
    b"POST /webhooks/payments HTTP/1.1\r\nHost: a\r\nStripe-Signature: \xff,t=\xb2,v1=\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /webhooks/payments HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nStripe-Signature: t="
    + b"9" * 5_000 + b",v1=a\r\n\r\n{}",
    b"GET\r\n\r\n", b"GET /\r\n\r\n", b"\0" * 1_000, b"\x16\x03\x01\x02\x00\x01\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n",
])  # fmt: skip
def test_what_is_hardly_http_is_refused_and_the_server_goes_on(port: int, raw: bytes) -> None:
    for answer in re.split(rb"(?=HTTP/1\.[01] \d\d\d)", said_to(port, raw))[1:]:
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        assert status < 500, answer[:2_000]
        assert not re.search(rb"(?im)^set-cookie:.*stolen|^location:.*//evil|^stolen", head), head
        assert status < 400 or not INSIDE.search(body.decode(errors="replace")), body[:2_000]
    goes_on = said_to(port, b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", silence_seconds=20)
    assert b" 200 " in goes_on


def said_to(port: int, raw: bytes, silence_seconds: float = 0.3) -> bytes:
    """Send bytes; return all that comes back until the server closes, or says nothing more."""
    with socket.create_connection(("127.0.0.1", port), timeout=silence_seconds) as connection:
        received = b""
        try:
            connection.sendall(raw)
            while part := connection.recv(65_536):
                received += part
        except OSError:  # it waits for more, or will not hear the rest
            pass
    return received


def changes(app: APIFlask) -> list[tuple[str, Rule]]:
    """Return the addresses that change something, each with its method."""
    return [(method, rule) for method in ("POST", "PUT", "PATCH", "DELETE") for rule in rules(app, method)]


def html_of(letter: Path) -> str:
    """Return the part of a letter that mail programs show as a page."""
    (html,) = [
        part for part in message_from_bytes(letter.read_bytes()).walk() if part.get_content_type() == "text/html"
    ]
    body = html.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode()


def products(shop: Shop) -> int:
    """Count what is on sale."""
    with shop.database.read() as connection:
        return connection.execute(select(func.count()).select_from(Product)).scalar_one()


GZIP = {"Accept-Encoding": "gzip"}
EMPTY_IS_GOOD = {"/api/session", "/api/cart/voucher", "/api/cart/lines/<int(min=1, max=2147483647):variant_id>"}
