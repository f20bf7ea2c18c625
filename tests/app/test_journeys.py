"""Shoppers find their way through the shop in a real browser, with and without script, on a phone and at a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from app_support.browser import (
    ADDRESS,
    GOOD_CARD,
    LOOKS,
    PHONE,
    Look,
    chromium,
    fill_in,
    put_in_basket,
    serving,
    visiting,
)
from app_support.pictures import hang_pictures
from shop.config import Config
from shop.shop import Shop


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def url(shop: Shop, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shop with a few products and their pictures."""
    hang_pictures(shop)
    with serving(config, tmp_path_factory.mktemp("payments")) as url:
        yield url


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_shopper_finds_a_product_by_category_facet_and_words(browser: Browser, url: str, look: Look) -> None:
    with visiting(browser, url, look) as visit:
        page = visit.page
        page.goto("/")
        page.get_by_role("link", name="Mugs").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Mugs")
        if look.size == "phone":
            page.get_by_text("Filter and sort").click()
        page.get_by_label("blue").check()
        expect(page.locator("#results [data-count]")).to_have_text("1 product")
        assert page.url.endswith("/products?category=mugs&colour=blue")
        page.get_by_role("link", name="Remove Blue").click()
        expect(page.locator("#results [data-count]")).to_have_text("3 products")
        page.go_back()
        expect(page.locator("#results [data-count]")).to_have_text("1 product")
        page.get_by_role("searchbox", name="Search the shop").fill("paper")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Paper lamp").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Paper lamp")
        assert visit.complaints == []


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_shopper_buys_as_a_guest(browser: Browser, url: str, look: Look) -> None:
    with visiting(browser, url, look) as visit:
        page = visit.page
        page.goto("/products/desk-lamp")
        put_in_basket(page)
        expect(page.get_by_role("link", name="Basket, 1 item")).to_be_visible()
        visit.keep_picture("cart")
        page.get_by_role("link", name="To the checkout").click()
        page.get_by_label("Country").select_option("Austria")
        expect(page.get_by_text("Shipping to Austria")).to_be_visible()
        visit.keep_picture("checkout")
        fill_in(page, ADDRESS)
        page.get_by_role("button", name="Order and pay").click()
        fill_in(page, {"Card number, or IBAN": GOOD_CARD, "Name of the holder": "Ada Lovelace"})
        visit.keep_picture("payment")
        page.get_by_role("button", name="Pay").click()
        expect(page.get_by_text("Thank you!")).to_be_visible()
        expect(page.get_by_label("Basket", exact=True)).to_be_visible()
        visit.keep_picture("order")
        assert visit.complaints == []


def test_a_listing_is_narrowed_without_script(browser: Browser, url: str) -> None:
    with visiting(browser, url, has_script=False) as visit:
        page = visit.page
        page.goto("/products?category=mugs")
        page.get_by_label("blue").check()
        page.get_by_label("Sort by").select_option("Price: high to low")
        page.get_by_role("button", name="Show").click()
        assert "category=mugs" in page.url
        assert "colour=blue" in page.url
        expect(page.locator("[data-count]")).to_have_text("1 product")


def test_the_price_and_the_stock_follow_the_chosen_variant(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        visit.page.goto("/products/tall-mug")
        expect(visit.page.locator("[data-price-now]")).to_have_text("€16.00")
        visit.page.get_by_label(re.compile("large")).check()
        expect(visit.page.locator("[data-price-now]")).to_have_text("€21.00")
        expect(visit.page.locator("[data-stock-words]")).to_have_text("Only 3 left")
        assert visit.page.get_by_label("Quantity").get_attribute("max") == "3"


def test_the_chosen_colours_are_remembered(browser: Browser, url: str) -> None:
    with visiting(browser, url, PHONE) as visit:
        page = visit.page
        background = "getComputedStyle(document.documentElement).backgroundColor"
        page.goto("/")
        light = page.evaluate(background)
        page.get_by_role("button", name="Dark colours").click()
        dark = page.evaluate(background)
        assert dark != light
        page.goto("/products")
        assert page.evaluate(background) == dark
        expect(page.get_by_role("button", name="Dark colours")).to_have_attribute("aria-pressed", "true")


def test_the_number_in_the_header_is_the_baskets(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        visit.page.context.add_cookies([{"name": "cart_count", "value": "3", "url": url}])
        visit.page.goto("/")
        expect(visit.page.get_by_role("link", name="Basket, 3 items")).to_be_visible()


def test_nothing_moves_while_a_page_loads(browser: Browser, url: str) -> None:
    """Layout shift under 0.1 is good. Source: web.dev/articles/cls"""
    watch = """new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shift = (window.shift ?? 0) + entry.value;
    }).observe({ type: "layout-shift", buffered: true });"""
    with visiting(browser, url, PHONE) as visit:
        for path in ("/", "/products", "/products/plain-mug"):
            visit.page.goto(path, wait_until="networkidle")
            visit.page.evaluate(watch)
            visit.page.wait_for_timeout(100)
            assert visit.page.evaluate("window.shift ?? 0") < 0.1, path
