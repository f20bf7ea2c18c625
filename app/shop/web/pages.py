"""What all templates may use, and what pages may say about being kept."""

from __future__ import annotations

import gzip
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, Response, current_app, request
from jinja2 import Environment
from markupsafe import Markup

from shop.money import price
from shop.shop import Shop, current_shop

# Seconds that browsers and the CDN may show a page of the catalogue without asking, and while they ask anew.
PUBLIC_CACHING = "public, max-age=10, stale-while-revalidate=30"
# What a search engine would only waste its time with. Source: RFC 9309, Robots Exclusion Protocol
PRIVATE_PATHS = ("/account", "/admin", "/api/", "/cart", "/checkout", "/orders", "/sign-in", "/sign-up")
ROBOTS = "\n".join(("User-agent: *", *(f"Disallow: {path}" for path in PRIVATE_PATHS), ""))
VISITORS = ("request", "session", "g")  # what Flask shows to all templates; to ask a page for everybody for it is a bug
PAGES_KEPT = 256  # of about 30 KB
PARTS_KEPT = 4096  # of about half a kilobyte
GZIP_LEVEL = 1  # 50 µs for the 25 KB of a listing, of which it leaves 4; the highest takes three times as long for 3
CART_COUNT = "cart_count"
CART_COUNT_SECONDS = 30 * 24 * 3600


def register(app: Flask) -> None:
    """Give the templates the shop's words: prices, addresses of pictures, and parts that are drawn for a value."""
    shop: Shop = app.extensions["shop"]
    currency = shop.config.currency
    # On the environment itself: whoever asked for it first has made it, and options would come too late.
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["price"] = lambda minor: price(minor, currency)
    app.jinja_env.globals["media"] = shop.storage.url
    app.jinja_env.globals["PUBLIC_URL"] = shop.config.public_url

    @app.get("/robots.txt")
    def robots() -> Response:
        body = f"{ROBOTS}Sitemap: {shop.config.public_url}/sitemap.xml\n"
        return Response(body, content_type="text/plain; charset=utf-8", headers={"Cache-Control": PUBLIC_CACHING})

    @app.template_global()
    def each_drawn(template: str, values: Iterable[Hashable], variant: str = "") -> Markup:
        """Return the template drawn for one value after the other, each as ``it``."""
        return Markup("").join(_part(app.jinja_env, template, value, variant) for value in values)


def for_everybody(template: str, **shown: Hashable) -> Response:
    """Return a page that a CDN may give to the next visitor: it is drawn from these values alone.

    It can't see the request, so nothing of the visitor gets into it, and the same values make the same page: what was
    drawn lately is not drawn again. Only such pages are compressed by the shop itself: where a page holds something
    private beside what a stranger made it say, its size would tell (BREACH, breachattack.com).
    """
    page = _page(current_app.jinja_env, template, tuple(shown.items()))
    is_packed = request.accept_encodings.quality("gzip") > 0
    response = Response(page.packed if is_packed else page.plain, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = PUBLIC_CACHING
    response.headers["Vary"] = "Accept-Encoding"
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


@dataclass(frozen=True, slots=True)
class _Page:
    plain: bytes
    packed: bytes


@lru_cache(maxsize=PAGES_KEPT)
def _page(environment: Environment, template: str, shown: tuple[tuple[str, Hashable], ...]) -> _Page:
    blind = {name: environment.undefined(name=name) for name in VISITORS}
    plain = environment.get_template(template).render(blind, **dict(shown)).encode()
    return _Page(plain, gzip.compress(plain, GZIP_LEVEL, mtime=0))


@lru_cache(maxsize=PARTS_KEPT)
def _part(environment: Environment, template: str, value: Hashable, variant: str) -> Markup:
    return Markup(environment.get_template(template).render(it=value, variant=variant))  # noqa: S704 - it escapes


def show_cart_count(response: Response, count: int) -> Response:
    """Tell the visitor's browser how many things are in the basket, for the number in the header.

    Pages of the catalogue are the same for everybody, so the number can't be in them. The cookie is read by the
    header's script only; the shop never reads it.
    """
    is_secure = current_shop().config.is_https
    response.set_cookie(CART_COUNT, str(count), max_age=CART_COUNT_SECONDS, secure=is_secure, samesite="Lax")
    return response
