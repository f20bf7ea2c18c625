"""Nobody is kept out: axe finds no serious barrier on any page, and all is reached by keyboard, and by thumb."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from app_support.browser import DESKTOP, LOOKS, PHONE, Look, chromium, serving, sign_up, visiting
from app_support.pictures import hang_pictures
from shop.config import Config
from shop.shop import Shop

PAGES = {
    "home": "/",
    "listing": "/products",
    "narrowed": "/products?category=mugs&colour=blue&in_stock=true",
    "empty": "/products?q=zebra",
    "product": "/products/plain-mug",
    "sold-out": "/products/glass-cup",
    "empty-cart": "/cart",
    "sign-in": "/sign-in",
    "sign-up": "/sign-up",
    "not-found": "/products/none",
}
ACCOUNT_PAGES = {
    "account": "/account",
    "addresses": "/account/addresses",
    "security": "/account/security",
    "sessions": "/account/sessions",
    "orders": "/orders",
}


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
def test_no_page_keeps_anybody_out_or_complains(browser: Browser, url: str, look: Look) -> None:
    found = {}
    with visiting(browser, url, look) as visit:
        for name, path in PAGES.items():
            visit.page.goto(path)
            found[name] = visit.faults(name)
    assert found == {name: [] for name in PAGES}
    # The page that is not there is itself told as an error by the browser; nothing else is.
    assert [text for text in visit.complaints if "404" not in text] == []


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_no_page_of_an_account_keeps_anybody_out_or_complains(browser: Browser, url: str, look: Look) -> None:
    found = {}
    with visiting(browser, url, look) as visit:
        sign_up(visit, f"{look}@example.org")
        for name, path in ACCOUNT_PAGES.items():
            visit.page.goto(path)
            found[name] = visit.faults(name)
        assert visit.page.url.endswith("/orders")
    assert found == {name: [] for name in ACCOUNT_PAGES}
    assert visit.complaints == []


def test_a_form_with_mistakes_leads_to_them(browser: Browser, url: str) -> None:
    with visiting(browser, url, PHONE) as visit:
        page = visit.page
        page.goto("/products/desk-lamp")
        page.get_by_role("button", name="Put in the basket").click()
        page.get_by_role("link", name="Go to the basket").click()
        page.get_by_role("link", name="To the checkout").click()
        page.locator("form[data-checkout]").evaluate("form => form.noValidate = true")
        page.get_by_role("button", name="Order and pay").click()
        expect(page.get_by_role("alert")).to_be_focused()
        assert visit.faults("mistakes") == []
        page.get_by_role("link", name="E-mail: Please fill this in.").click()
        expect(page.get_by_label("E-mail", exact=True)).to_be_focused()
        assert page.get_by_label("E-mail", exact=True).get_attribute("aria-invalid") == "true"


def test_the_first_thing_a_keyboard_reaches_skips_to_the_content(browser: Browser, url: str) -> None:
    with visiting(browser, url) as visit:
        visit.page.goto("/products")
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the content"
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "main"


def test_a_change_of_the_listing_is_announced(browser: Browser, url: str) -> None:
    with visiting(browser, url, DESKTOP) as visit:
        visit.page.goto("/products")
        visit.page.get_by_label("In stock only").check()
        visit.page.locator("#announcements", has_text="products").wait_for(state="attached")
        assert visit.page.locator("#announcements").inner_text() == "4 products"
        assert visit.complaints == []
