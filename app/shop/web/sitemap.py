"""What there is to find, for search engines: the front page, every category, and every product on sale."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Flask, Response

from shop.catalogue.service import Catalogue
from shop.catalogue.shelf import PAGES, Query
from shop.shop import Shop
from shop.web.pages import PUBLIC_CACHING

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
PRODUCTS_AT_ONCE = 100  # of the at most 50,000 addresses of a sitemap. Source: sitemaps.org/protocol.html


def register(app: Flask) -> None:
    """Answer for the sitemap, which is kept as long as a listing."""
    shop: Shop = app.extensions["shop"]
    catalogue, url = shop.catalogue, shop.config.public_url

    @app.get("/sitemap.xml")
    def sitemap() -> Response:
        body = catalogue.copy("sitemap", lambda: written(url + path for path in _paths(catalogue)))
        return Response(body, content_type="application/xml", headers={"Cache-Control": PUBLIC_CACHING})


def written(addresses: Iterator[str]) -> bytes:
    """Return a sitemap of the addresses. Pure."""
    root = Element("urlset", xmlns=NAMESPACE)
    for address in addresses:
        SubElement(SubElement(root, "url"), "loc").text = address
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _paths(catalogue: Catalogue) -> Iterator[str]:
    """Give the pages that are worth finding; the products as listings do, page by page."""
    yield "/"
    yield from (f"/products?{urlencode({'category': shelf.slug})}" for shelf in catalogue.shelves() if shelf.count)
    for number in range(1, PAGES + 1):
        cards = catalogue.find(Query(page=number, size=PRODUCTS_AT_ONCE)).cards
        yield from (f"/products/{card.slug}" for card in cards)
        if len(cards) < PRODUCTS_AT_ONCE:
            return
