"""Pages are the same for everybody, work without script, hold their weight, and say kindly what went wrong."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from apiflask import APIFlask
from flask import Request
from flask.testing import FlaskClient
from jinja2 import DictLoader, UndefinedError
from werkzeug.test import EnvironBuilder

import shop as package
from shop.application import create_app
from shop.catalogue.asked import query_of
from shop.catalogue.models import Category, Product, Variant
from shop.catalogue.shelf import Order, Query
from shop.catalogue.shown import address
from shop.problems import WritesRefused
from shop.shop import Shop
from shop.web import assets
from shop.web.pages import for_everybody

FOLDER = Path(package.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
PUBLIC_PAGES = ["/", "/products", "/products?category=mugs&colour=blue", "/products/plain-mug"]
FIRST_PAGE_BYTES = 150_000
SCRIPT_BYTES = 10_000
HOSTILE = '</script><script>alert("x")</script>'


class Links(HTMLParser):
    """Collects what a page leads to and what it loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hrefs: dict[str, str] = {}
        self.loads: set[str] = set()
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that names another address."""
        named = dict(attrs)
        if tag == "a":
            self._open.append(named.get("href") or "")
        if tag == "script" and (source := named.get("src")):
            self.loads.add(source)
        if tag == "link" and named.get("rel") in {"stylesheet", "preload"}:
            self.loads.add(named.get("href") or "")

    def handle_data(self, data: str) -> None:
        """Note the words of a link."""
        if self._open and data.strip():
            words = self.hrefs.pop(self._open[-1], "")
            self.hrefs[self._open[-1]] = f"{words} {data.strip()}".strip()

    def handle_endtag(self, tag: str) -> None:
        """Note that a link has ended."""
        if tag == "a" and self._open:
            self._open.pop()

    def to(self, words: str) -> str:
        """Return where the link with these words leads."""
        return next(href for href, text in self.hrefs.items() if words in text)


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_a_page_of_the_catalogue_may_be_kept_because_it_holds_nothing_of_its_visitor(
    client: FlaskClient, path: str
) -> None:
    anonymous = client.get(path)
    client.set_cookie("session", "somebody's")
    client.set_cookie("cart_count", "3")
    known = client.get(path)
    assert anonymous.headers["Cache-Control"].startswith("public, max-age=")
    assert "Set-Cookie" not in anonymous.headers
    assert "Cookie" not in anonymous.headers.get("Vary", "")
    assert anonymous.data == known.data


def test_a_page_for_everybody_can_not_see_its_visitor(shop: Shop) -> None:
    app = create_app(shop)
    app.jinja_env.loader = DictLoader({"told.html": "{{ request.cookies }}", "silent.html": "{{ word }}"})
    with app.test_request_context(headers={"Cookie": "session=somebody"}):
        assert for_everybody("silent.html", word="same").data == b"same"
        with pytest.raises(UndefinedError, match="request"):
            for_everybody("told.html")


def test_a_page_is_compressed_for_those_who_take_it_so(client: FlaskClient) -> None:
    plain = client.get("/products")
    packed = client.get("/products", headers={"Accept-Encoding": "br, gzip"})
    refused = client.get("/products", headers={"Accept-Encoding": "gzip;q=0"})
    assert gzip.decompress(packed.data) == plain.data == refused.data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


def test_what_goes_wrong_is_never_kept(client: FlaskClient) -> None:
    assert client.get("/products/none").headers["Cache-Control"] == "no-store"
    assert client.get("/products?page=0").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/products", "/products/plain-mug"])
def test_the_first_page_is_light_over_the_wire(client: FlaskClient, path: str) -> None:
    weight = 0
    for part in (path, *Links(client.get(path).text).loads):
        answer = client.get(part, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, part
        weight += len(answer.data)
    assert weight <= FIRST_PAGE_BYTES


def test_the_scripts_of_the_storefront_are_small_together() -> None:
    own = ("theme", "shop", "listing", "product", "checkout")
    made = assets.load()
    assert sum(len(made[f"js/{name}.js"].body) for name in own) <= SCRIPT_BYTES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER / "templates")))
def test_no_template_holds_script_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"\s(?:style|on[a-z]+)=|<style|javascript:", text) == []
    assert re.findall(r"<script(?![^>]*(?:\ssrc=|application/ld\+json))", text) == []


def test_a_listing_leads_on_by_links_alone(client: FlaskClient) -> None:
    narrowed = Links(client.get("/products?category=mugs&colour=blue").text)
    assert narrowed.to("Remove Blue") == "/products?category=mugs"
    assert narrowed.to("Lamps") == "/products?category=lamps"
    assert "min_price=2500" in narrowed.to("€25 to €50")
    first = Links(client.get("/products?size=2&sort=price").text)
    assert client.get(first.to("Next")).status_code == 200


def test_values_that_could_be_ticked_beside_the_ticked_ones_keep_their_counts(client: FlaskClient) -> None:
    facets = client.get("/api/products?category=mugs&colour=blue").get_json()["facets"]
    assert {(facet["name"], facet["value"]): facet["count"] for facet in facets} == {
        ("colour", "blue"): 1, ("colour", "clear"): 1, ("colour", "white"): 1, ("material", "stoneware"): 1,
    }  # fmt: skip


def test_a_listing_without_products_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/products?q=zebra").text
    assert "Nothing on this shelf" in page
    assert "0 products" in page


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(text="blue & white", category="mugs", page=3),
        Query(attributes=(("colour", "blue"), ("colour", "white"), ("material", "oak & ash"))),
        Query(min_price_minor=0, max_price_minor=2500, is_in_stock=True, order=Order.DEAREST),
    ],
)
def test_the_address_of_a_listing_asks_for_just_that_listing(query: Query) -> None:
    parts = urlsplit(address(query))
    environ = EnvironBuilder(path=parts.path, query_string=parts.query).get_environ()
    assert query_of(Request(environ)) == query


def test_what_a_merchant_wrote_is_text_and_nothing_else(client: FlaskClient, shop: Shop) -> None:
    with shop.database.write() as session:
        shelf = Category(slug="odd", name=HOSTILE, position=9)
        session.add(shelf)
        session.flush()
        session.add(
            Product(
                slug="odd",
                name=HOSTILE,
                description=HOSTILE,
                category_id=shelf.id,
                price_minor=1,
                variants=[Variant(sku="odd", name=HOSTILE, price_minor=1, stock=1)],
            )
        )
    shop.catalogue.has_changed()
    for path in ("/", "/products", "/products?category=odd", "/products/odd"):
        page = client.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text


def test_a_page_that_is_not_there_offers_to_search(client: FlaskClient) -> None:
    page = client.get("/products/none", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert 'action="/products"' in page.text
    assert "no longer sold" in page.text


def test_a_refused_write_says_that_the_basket_is_safe(app: APIFlask) -> None:
    with app.test_request_context("/checkout", headers={"Accept": "text/html"}):
        answer = app.make_response(app.handle_user_exception(WritesRefused(retry_after_seconds=30)))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    page = answer.get_data(as_text=True)
    assert "Ordering is paused" in page
    assert "everything in your basket stays where it is" in page


def test_a_style_sheet_names_its_font_by_its_digest() -> None:
    made = assets.load()
    assert f"url(/static/{made['fonts/young-serif.woff2'].name})" in made["css/fonts.css"].body.decode()


def test_search_engines_are_kept_from_what_is_private_and_from_narrowed_listings(client: FlaskClient) -> None:
    assert "Disallow: /account" in client.get("/robots.txt").text
    assert 'content="noindex, follow"' in client.get("/products?colour=blue").text
    assert "noindex" not in client.get("/products?category=mugs").text
