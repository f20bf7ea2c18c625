"""A merchant opens a shelf, sells from it, and accounts for it: in a real browser, at a desk and then on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from app_support.browser import (
    ADDRESS,
    GOOD_CARD,
    PHONE,
    WAIT_MS,
    Visit,
    chromium,
    fill_in,
    put_in_basket,
    serving,
    sign_in,
    visiting,
)
from app_support.identity import has_account
from app_support.pictures import drawn, hang_pictures, webp
from shop.accounts.people import Role
from shop.config import Config
from shop.shop import Shop

OWNER, COLLEAGUE = "owner@example.org", "colleague@example.org"
BOWL = "/admin/products/oak-bowl"
ON_A_PHONE = {
    "desk": "/admin",
    "products": "/admin/products",
    "product": BOWL,
    "media": f"{BOWL}/media",
    "categories": "/admin/categories",
    "orders": "/admin/orders",
    "jobs": "/admin/jobs",
    "vouchers": "/admin/vouchers",
    "voucher": "/admin/vouchers/HELLO-10",
    "report": "/admin/report",
    "staff": "/admin/staff",
    "record": "/admin/record",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def url(shop: Shop, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shop with an owner, a colleague without a role yet, and a worker."""
    hang_pictures(shop)
    has_account(shop, OWNER, Role.OWNER)
    has_account(shop, COLLEAGUE)
    with serving(config, tmp_path_factory.mktemp("payments"), has_worker=True) as url:
        yield url


@dataclass(frozen=True, slots=True)
class Desk:
    """A merchant's tab, and what was found wrong with its pages on the way."""

    visit: Visit
    faults: dict[str, list[str]] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        """The tab."""
        return self.visit.page

    def look_at(self, name: str) -> None:
        """Keep a picture of the page, and write down what is wrong with it."""
        self.faults[name] = self.visit.faults(f"admin-{name}")

    def press(self, button: str, within: str = "main") -> None:
        """Press a button of a form that leads on, and wait for where it leads."""
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("button", name=button, exact=True).click()

    def save(self, button: str, within: str = "main") -> None:
        """Press a button of a form, and be told that it was done."""
        self.press(button, within)
        expect(self.page.get_by_text("Saved.")).to_be_visible()


def test_a_merchant_opens_a_shelf_sells_from_it_and_accounts_for_it(browser: Browser, url: str) -> None:
    with visiting(browser, url) as tab, visiting(browser, url) as shopper:
        desk = Desk(tab)
        sign_in(tab, OWNER)
        adds_a_category(desk)
        adds_a_product(desk)
        puts_it_on_sale(desk)
        finds_it(shopper.page)
        changes_price_and_stock(desk)
        shopper.page.reload()
        expect(shopper.page.locator("[data-price-now]")).to_have_text("€21.50")
        issues_a_voucher(desk)
        buys(shopper.page, "HELLO-10")
        buys(shopper.page)
        ships_the_first_order(desk)
        order = gives_back_a_part_of_the_other(desk)
        reads_the_report_and_the_record(desk)
        assert desk.faults == {name: [] for name in desk.faults}
        assert tab.complaints == shopper.complaints == []
    with visiting(browser, url, PHONE) as tab:
        desk = Desk(tab)
        sign_in(tab, OWNER)
        for name, path in {
            **ON_A_PHONE,
            "order": order,
            "refund": f"{order}/refund",
            "cancel": f"{order}/cancel",
        }.items():
            tab.page.goto(path)
            desk.look_at(name)
        assert desk.faults == {name: [] for name in desk.faults}
        assert tab.complaints == []


def test_a_colleague_gets_a_role_and_is_told_what_it_does_not_open(browser: Browser, url: str) -> None:
    with visiting(browser, url) as tab, visiting(browser, url) as other:
        desk, colleague = Desk(tab), Desk(other)
        sign_in(other, COLLEAGUE)
        other.page.goto("/admin")
        expect(other.page.get_by_role("heading", level=1)).to_have_text("We can’t find that")
        expect(other.page.get_by_text("Administration")).to_have_count(0)

        sign_in(tab, OWNER)
        tab.page.goto("/admin/staff")
        fill_in(tab.page, {"E-mail": COLLEAGUE})
        tab.page.get_by_label("Role", exact=True).select_option("Reports: figures")
        desk.save("Give the role")
        expect(tab.page.get_by_role("button", name=f"Take the role reports from {COLLEAGUE}")).to_be_visible()
        desk.look_at("staff")

        sign_in(other, COLLEAGUE)
        other.page.get_by_role("link", name="Administration").click()
        areas = other.page.get_by_role("navigation", name="Administration").get_by_role("link")
        expect(areas).to_have_text(["Desk", "Report"])
        other.page.goto("/admin/report")
        expect(other.page.get_by_role("heading", level=1)).to_have_text("Report")
        other.page.goto("/admin/orders")
        expect(other.page.get_by_text("Your account does not have the role for this.")).to_be_visible()
        expect(areas).to_have_text(["Desk", "Report"])
        colleague.look_at("refused")
        assert colleague.faults | desk.faults == {"refused": [], "staff": []}
        # Pages that are refused or not there are told as errors by the browser; nothing else is.
        assert [text for text in other.complaints + tab.complaints if "40" not in text] == []


def adds_a_category(desk: Desk) -> None:
    """Open a shelf; and take away another one that was opened by mistake."""
    page = desk.page
    page.goto("/admin/categories")
    for name, slug in (("Bowls", "bowls"), ("Bowsl", "bowsl")):
        new = page.get_by_role("region", name="A new category")
        new.get_by_label("Name").fill(name)
        new.get_by_label("Slug").fill(slug)
        desk.save("Add the category")
    page.get_by_role("group").filter(has_text="Bowsl").click()
    desk.look_at("categories")
    desk.save("Remove the category Bowsl")
    expect(page.get_by_text("Bowsl")).to_have_count(0)


def adds_a_product(desk: Desk) -> None:
    """Describe a product, and give it two variants, pieces of both, and a picture."""
    page = desk.page
    page.goto("/admin/products")
    desk.look_at("products")
    page.get_by_role("link", name="New product").click()
    fill_in(page, {"Name": "Oak bowl", "Slug": "oak-bowl", "Description": "A bowl.\n\nOf oak."})
    page.get_by_label("Category").select_option("Bowls")
    page.get_by_label("Details that shoppers filter by").fill("material: oak\ncolour: brown")
    desk.look_at("product-new")
    desk.save("Add the product")
    for name, sku, price, pieces in (("small", "OAK-S", "19.90", "20"), ("large", "OAK-L", "29.90", "5")):
        new = page.get_by_role("region", name="A new variant")
        fill_in(new, {"Name": name, "SKU": sku, "Price, with tax": price})
        desk.save("Add the variant")
        variant = page.get_by_role("article").filter(has_text=sku)
        variant.get_by_text("Add a delivery").click()
        variant.get_by_label("Pieces that came in").fill(pieces)
        desk.save("Add them")
    page.get_by_role("link", name="Change them").click()
    picture = FilePayload(name="bowl.webp", mimeType="image/webp", buffer=webp(drawn("#e0d3c2")))
    page.get_by_label("Another picture").set_input_files(picture)
    page.get_by_label("What it shows").fill("The bowl on a table")
    desk.save("Add the picture")
    desk.look_at("media")
    page.get_by_role("link", name="Back to the product").click()


def puts_it_on_sale(desk: Desk) -> None:
    """Put the product on sale, and follow the link to it."""
    page = desk.page
    page.get_by_role("region", name="About it").get_by_label("On sale").check()
    desk.save("Save")
    page.get_by_role("link", name="In the shop").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Oak bowl")


def finds_it(page: Page) -> None:
    """Come to the product by its shelf, as shoppers do, and see its picture in both of its sizes."""
    page.goto("/")
    page.get_by_role("link", name="Bowls").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bowls")
    assert shown_file(page, ".card img").endswith("-400.webp")
    page.get_by_role("link", name="Oak bowl").click()
    expect(page.get_by_label("large")).to_be_visible()
    assert not shown_file(page, ".slide img").endswith("-400.webp")


def shown_file(page: Page, selector: str) -> str:
    """Wait until a picture is drawn, and return the address of the file that the browser chose for it."""
    chosen = """selector => {
      const picture = document.querySelector(selector);
      return picture?.complete && picture.naturalWidth > 0 && picture.currentSrc;
    }"""
    return str(page.wait_for_function(chosen, arg=selector).json_value())


def changes_price_and_stock(desk: Desk) -> None:
    """Ask for more, and count the pieces anew."""
    page = desk.page
    page.goto(BOWL)
    variant = page.get_by_role("article").filter(has_text="OAK-S")
    variant.get_by_text("Name, price and SKU").click()
    variant.get_by_label("Price, with tax").fill("21,50")
    desk.save("Save the variant", within="article:has-text('OAK-S')")
    variant.get_by_text("Correct the stock").click()
    fill_in(variant, {"Counted, instead of 20": "19", "Why": "one was broken"})
    desk.look_at("product")
    desk.save("Correct it", within="article:has-text('OAK-S')")
    expect(variant.get_by_text("19 in stock")).to_be_visible()


def issues_a_voucher(desk: Desk) -> None:
    """Let those who come first pay a tenth less."""
    page = desk.page
    page.goto("/admin/vouchers")
    page.get_by_role("link", name="New voucher").first.click()
    fill_in(page, {"Code": "hello-10"})
    page.get_by_label("Per cent off").fill("10")
    page.get_by_label("At most so many uses").fill("50")
    desk.look_at("voucher")
    desk.save("Save")
    desk.look_at("vouchers")


def buys(page: Page, voucher: str = "") -> None:
    """Buy a bowl as a guest, and pay for it."""
    page.goto("/products/oak-bowl")
    put_in_basket(page)
    if voucher:
        fill_in(page, {"Voucher": voucher})
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_text(f"Voucher {voucher}")).to_be_visible()
    page.get_by_role("link", name="To the checkout").click()
    fill_in(page, ADDRESS)
    page.get_by_role("button", name="Order and pay").click()
    fill_in(page, {"Card number, or IBAN": GOOD_CARD, "Name of the holder": "Ada Lovelace"})
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("Thank you!")).to_be_visible()


def ships_the_first_order(desk: Desk) -> None:
    """See that two orders came in, and note that the older one is on its way."""
    page = desk.page
    page.goto("/admin")
    expect(page.get_by_role("link", name="2 to ship")).to_be_visible()
    desk.look_at("desk")
    page.get_by_role("link", name="2 to ship").click()
    desk.look_at("orders")
    page.locator("main tbody a").last.click()
    expect(page.get_by_text("Voucher HELLO-10")).to_be_visible()
    desk.save("Mark as shipped")


def gives_back_a_part_of_the_other(desk: Desk) -> str:
    """Give five euros back, wait until the provider has done it, and return where the order is."""
    page = desk.page
    page.goto("/admin/orders?state=paid")
    page.locator("main tbody a").click()
    order = page.url
    page.get_by_role("link", name="Give money back").click()
    fill_in(page, {"Amount": "5"})
    desk.press("Go on")
    desk.look_at("refund")
    desk.save("Give €5.00 back")
    done = page.get_by_role("region", name="Refunds").get_by_text("done")
    for _ in range(WAIT_MS // 500):
        if done.is_visible():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(done).to_be_visible()
    desk.look_at("order")
    return order


def reads_the_report_and_the_record(desk: Desk) -> None:
    """See what was sold, and who did what."""
    page = desk.page
    page.goto("/admin/report")
    expect(page.get_by_text("€5.00 given back")).to_be_visible()
    expect(page.get_by_text("2 orders")).to_be_visible()
    expect(page.get_by_role("region", name="By product").get_by_role("row", name="Oak bowl")).to_be_visible()
    desk.look_at("report")
    page.goto("/admin/record")
    for words in ("order: shipped", "order: refund", "voucher: new", "variant: changed", "category: removed"):
        expect(page.get_by_text(words).first).to_be_visible()
    desk.look_at("record")
    for name in ("jobs", "reviews"):
        page.goto(f"/admin/{name}")
        desk.look_at(name)
