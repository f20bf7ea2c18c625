"""What a page weighs over the wire, as a browser asks for it that was never here. Pictures are not counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Request
from sqlalchemy import update

from app_support.browser import chromium, serving, visiting
from shop.catalogue.models import Product
from shop.config import Config
from shop.shop import Shop

FIRST_PAGE_BYTES = 150_000
NEEDED = {"document", "stylesheet", "script", "font"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def url(shop: Shop, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shop where the tall mug can be turned around."""
    with shop.database.write() as session:
        session.execute(update(Product).where(Product.slug == "tall-mug").values(has_model=True))
    shop.catalogue.has_changed()
    with serving(config, tmp_path_factory.mktemp("payments")) as url:
        yield url


def weight(request: Request) -> int:
    """The bytes that came back, with their headers and as they were compressed."""
    sizes = request.sizes()
    return sizes["responseHeadersSize"] + sizes["responseBodySize"]


@pytest.mark.parametrize("path", ["/", "/products", "/products/plain-mug", "/products/tall-mug"])
def test_the_first_page_of_a_visit_weighs_at_most_150_kb(browser: Browser, url: str, path: str) -> None:
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)  # Playwright marks its handlers, and a list's own method takes no mark

    with visiting(browser, url) as visit:
        visit.page.on("requestfinished", note)
        visit.page.goto(path, wait_until="networkidle")
        weights = [(request.resource_type, request.url, weight(request)) for request in asked]
    parts = [each for each in weights if each[0] != "image"]
    assert {kind for kind, _, _ in parts} >= NEEDED
    assert all(bytes_ > 0 for _, _, bytes_ in parts)
    assert sum(bytes_ for _, _, bytes_ in parts) <= FIRST_PAGE_BYTES
    # Who does not turn the product around does not pay for it.
    assert [where for _, where, _ in weights if "model-viewer" in where or where.endswith(".glb")] == []
