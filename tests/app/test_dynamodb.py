"""A shop over DynamoDB promises what one over PostgreSQL does: the same services, with other stores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from ulid import ULID

from app_support.aws import REGION
from app_support.buying import BERLIN, Clock, Till, at_once, guest, selling, wish
from app_support.catalogue import LISTINGS
from app_support.dynamodb import (
    TRANSACTION,
    Emulator,
    all_stock_of,
    announced_to,
    create_tables,
    running_emulator,
    set_stock_of,
    stock_of,
    stock_the_tables,
    tables_of,
    variant_of,
)
from app_support.identity import PASSWORD, Browser, Refusing, has_account, sign_in, signed_in
from shop.__main__ import bring_up_to_date
from shop.accounts.people import Person, Role
from shop.accounts.seal import Seal
from shop.accounts.sessions import SHOPPER, Sessions
from shop.application import create_app
from shop.cache import Cache
from shop.carts.cart import Cart
from shop.carts.dynamodb import MOST_PRODUCTS, DynamoCarts
from shop.catalogue.dynamodb import DynamoCatalogue
from shop.config import Config
from shop.dynamodb import TURNS, Put, Stale, Table
from shop.mail import open_mailer
from shop.orders.dynamodb import DynamoOrders
from shop.orders.order import Order, OrderState, Placed
from shop.orders.placing import HELD_FOR, CartChanged, CartEmpty
from shop.orders.refunds import RefundTooLarge
from shop.orders.stock import OutOfStock
from shop.orders.upkeep import Upkeep
from shop.outbox.dynamodb import DynamoOutbox
from shop.outbox.outbox import LEASE
from shop.payments.provider import Notice
from shop.problems import Conflict, Invalid, NotFound, Unavailable, WritesRefused
from shop.shop import Shop, open_shop
from shop.storage import open_storage
from shop.stores import dynamodb_stores
from shop.worker import Worker

T = TypeVar("T")
AWAITING, PAID, SHIPPED, CANCELLED = OrderState


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running


def settings(emulator: Emulator, folder: Path, prefix: str) -> Config:
    """What a small shop is told: nothing of a database."""
    return Config.from_environment(
        {
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": emulator.url,
            "SECRET_KEY": "a secret of these tests, which opens nothing",
            "PUBLIC_URL": "http://shop.test",
            "DYNAMODB_TABLES": prefix,
            "PASSWORD_MEMORY_KIB": "8",
            "PASSWORD_PASSES": "1",
            "RATE_LIMIT_FACTOR": "100",
            "MEDIA_FOLDER": str(folder / "media"),
            "MAIL_FROM": "shop@shop.test",
            "MAIL_FOLDER": str(folder / "mail"),
        }
    )


@pytest.fixture(scope="module")
def mini(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A small shop with a few products on its shelves."""
    shop = open_shop(settings(emulator, tmp_path_factory.mktemp("mini"), "mini-ecommerce-dev"))
    create_tables(emulator.client, "mini-ecommerce-dev")
    stock_the_tables(tables_of(shop))
    return shop


@pytest.fixture(scope="module")
def app(mini: Shop) -> APIFlask:
    app = create_app(mini)
    app.test_client_class = Browser
    return app


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(mini: Shop, emulator: Emulator, till: Till, clock: Clock, tmp_path: Path) -> Iterator[Shop]:
    """The shop, selling by the till, with tables of its own for orders."""
    prefix = f"t{ULID()}"
    create_tables(emulator.client, prefix)
    tables = replace(tables_of(mini), prefix=prefix)
    stock_the_tables(tables)
    stores = dynamodb_stores(tables)
    carts = type(mini.carts)(stores.carts, Cache(None), clock)
    elsewhere = mini.config.model_copy(update={"media_folder": tmp_path / "media", "mail_folder": tmp_path / "mail"})
    shop = replace(
        mini,
        tables=tables,
        carts=carts,
        orders=replace(mini.orders, store=stores.orders, carts=carts),
        outbox=DynamoOutbox(tables, now=clock),
        mailer=open_mailer(elsewhere),
        storage=open_storage(elsewhere),
    )
    yield selling(shop, till, clock)
    emulator.faults.clear()
    emulator.is_away = False


@pytest.fixture
def mug(store: Shop) -> int:
    """A thing of which there is plenty."""
    mug = variant_of(store, "plain-mug-s")
    set_stock_of(store, mug, 100)
    return mug


def content(cart: Cart) -> dict[str, int]:
    return {line.sku: line.quantity for line in cart.lines}


def buy(store: Shop, variant_id: int, quantity: int = 1, owner: str | None = None) -> Placed:
    """Place an order for one thing."""
    owner = owner or guest()
    store.carts.put(owner, variant_id, quantity)
    return store.orders.place(wish(owner))


def opened(store: Shop, placed: Placed) -> Order:
    """The order, with its payment page open."""
    store.orders.open_page(placed.order_id)
    return store.orders.order(placed.order_id)


def paid(store: Shop, till: Till, variant_id: int, quantity: int = 1) -> Order:
    """An order that was paid."""
    order = opened(store, buy(store, variant_id, quantity))
    till.pay(str(order.page_id))
    assert store.orders.settle(str(order.page_id)) is PAID
    return store.orders.order(order.id)


# The catalogue.


@pytest.mark.parametrize(("query", "slugs"), LISTINGS)
def test_a_listing_has_what_was_asked_for_in_the_wanted_order(
    client: FlaskClient, query: str, slugs: list[str]
) -> None:
    assert [card["slug"] for card in client.get(f"/api/products?{query}").get_json()["cards"]] == slugs


def test_a_listing_counts_all_that_was_found_and_says_how_to_narrow_it(client: FlaskClient) -> None:
    listing = client.get("/api/products?category=mugs&material=glass&size=1").get_json()
    assert listing["total"] == 1
    assert {(facet["name"], facet["value"]): facet["count"] for facet in listing["facets"]} == {
        ("material", "stoneware"): 2, ("material", "glass"): 1, ("colour", "clear"): 1,
    }  # fmt: skip


def test_a_catalogue_at_hand_asks_nothing_and_a_product_one_question(client: FlaskClient, emulator: Emulator) -> None:
    client.get("/api/products?q=first")
    before = emulator.asked.total()
    client.get("/api/products?q=second")
    assert emulator.asked.total() == before
    product = client.get("/api/products/plain-mug").get_json()
    assert emulator.asked.total() == before + 1
    assert [choice["sku"] for choice in product["choices"]] == ["plain-mug-s", "plain-mug-l"]
    assert product["category_name"] == "Mugs"


@pytest.mark.parametrize("slug", ["none", "category:mugs", "x" * 3000])
def test_what_is_not_on_sale_is_not_found(client: FlaskClient, slug: str) -> None:
    assert client.get(f"/api/products/{slug}").status_code == 404


def test_pages_show_the_shelves_and_the_products(client: FlaskClient) -> None:
    assert "Mugs" in client.get("/").text
    assert "€12.00" in client.get("/products?category=mugs").text
    assert "Plain mug" in client.get("/products/plain-mug").text


# People.


def test_an_email_has_one_account_however_many_sign_up_at_once(mini: Shop) -> None:
    at_once(lambda: mini.accounts.sign_up("one@example.org", PASSWORD, "One"), 8)
    account = mini.accounts.by_password("one@example.org", PASSWORD)
    assert mini.accounts.profile(account).email == "one@example.org"
    assert announced_to(mini, "mail.signed_up", "one@example.org", "login") == 8
    accounts = tables_of(mini).everything(Table.USERS)
    assert [item["userId"] for item in accounts if item.get("email") == "one@example.org"] == [account]


def test_another_password_ends_all_sessions_and_keeps_this_one(app: APIFlask, mini: Shop) -> None:
    here, there = signed_in(app, "change@example.org"), app.test_client()
    sign_in(there, "change@example.org")
    changed = {"current_password": PASSWORD, "password": "quite other words now"}
    assert here.post("/api/account/password", json=changed).status_code == 204
    assert here.get("/api/session").get_json()["account_id"] is not None
    assert there.get("/api/session").get_json()["account_id"] is None
    mini.accounts.by_password("change@example.org", "quite other words now")


def test_the_first_of_two_changes_of_a_password_wins(mini: Shop) -> None:
    account = has_account(mini, "twice@example.org")
    answers = at_once(lambda: mini.accounts.change_password(account, PASSWORD, "quite other words now"), 4)
    assert sum(answer is None for answer in answers) == 1


def test_a_session_that_idled_too_long_is_over_though_dynamodb_has_not_dropped_it(mini: Shop) -> None:
    moment = datetime.now(UTC)
    store = dynamodb_stores(tables_of(mini)).sessions
    seal = Seal(b"a key of these tests", "session")
    cookie, session = Sessions(store, Cache(None), seal, lambda: moment).begin(None, "a browser")
    (item,) = [item for item in tables_of(mini).everything(Table.SESSIONS) if item["id"] == session.id]
    assert item["expiresAt"] > (moment + SHOPPER.idle).timestamp()
    later = Sessions(store, Cache(None), seal, lambda: moment + SHOPPER.idle + timedelta(seconds=1))
    assert later.find(cookie) is None


def test_people_see_their_sessions_and_end_the_others(mini: Shop) -> None:
    account = has_account(mini, "sessions@example.org")
    cookies = [mini.sessions.begin(account, f"browser {number}") for number in range(3)]
    assert {session.agent for session in mini.sessions.of(account)} == {"browser 0", "browser 1", "browser 2"}
    mini.sessions.end_of(account, but=cookies[1][1].id)
    assert [mini.sessions.find(cookie) is not None for cookie, _ in cookies] == [False, True, False]
    mini.sessions.end(cookies[1][0])
    assert mini.sessions.of(account) == ()


def test_only_so_many_addresses_are_kept_whoever_adds_them_at_once(mini: Shop) -> None:
    account = has_account(mini, "addresses@example.org")
    for _ in range(17):
        mini.accounts.add_address(account, BERLIN)
    answers = at_once(lambda: mini.accounts.add_address(account, BERLIN), 6)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 3
    first, *others = mini.accounts.addresses(account)
    mini.accounts.change_address(account, replace(first, city="Bonn"))
    mini.accounts.remove_address(account, others[0].id)
    assert [address.city for address in mini.accounts.addresses(account)] == ["Bonn", *["Berlin"] * 18]


def test_who_is_erased_is_forgotten_and_the_email_is_free(mini: Shop) -> None:
    account = has_account(mini, "gone@example.org")
    cookie, _ = mini.sessions.begin(account, "a browser")
    mini.accounts.erase(account, PASSWORD)
    assert mini.sessions.find(cookie) is None
    with pytest.raises(NotFound):
        mini.accounts.profile(account)
    assert "gone@example.org" not in str(tables_of(mini).everything(Table.USERS))
    assert has_account(mini, "gone@example.org") != account


def test_a_person_of_cognito_has_one_account_and_its_roles(mini: Shop) -> None:
    person = Person("subject-1", "cognito@example.org", "Ada", frozenset({Role.ORDERS}))
    ids = set(at_once(lambda: mini.accounts.by_person(person), 4))
    assert len(ids) == 1
    (account,) = ids
    assert mini.accounts.profile(str(account)).roles == {Role.ORDERS}


# Carts.


def test_putting_is_for_all_adding_on_top_and_nothing_beyond_stock_or_limits(mini: Shop) -> None:
    owner, mug = guest(), variant_of(mini, "plain-mug-s")
    for _ in range(2):
        mini.carts.put(owner, mug, 3)
    mini.carts.add(owner, mug, 2)
    mini.carts.put(owner, variant_of(mini, "plain-mug-l"), 1)
    assert content(mini.carts.of(owner)) == {"plain-mug-s": 5, "plain-mug-l": 1}
    for quantity in (0, 100):
        with pytest.raises(Invalid):
            mini.carts.put(owner, mug, quantity)
    with pytest.raises(Conflict, match="3"):
        mini.carts.put(owner, variant_of(mini, "tall-mug-s"), 4)
    with pytest.raises(Conflict, match="sold out"):
        mini.carts.put(owner, variant_of(mini, "glass-cup-s"), 1)
    with pytest.raises(NotFound):
        mini.carts.put(owner, 1_000_000, 1)
    with pytest.raises(Invalid, match="code"):
        mini.carts.apply_voucher(owner, "WELCOME")
    for _ in range(2):
        mini.carts.remove(owner, mug)
    assert content(mini.carts.of(owner)) == {"plain-mug-l": 1}


def test_many_changes_of_a_cart_at_once_lose_nothing(store: Shop, mug: int) -> None:
    owner = guest()

    def add_three() -> None:
        for _ in range(3):
            store.carts.add(owner, mug, 1)

    assert at_once(add_three, 5) == [None] * 5
    assert content(store.carts.of(owner)) == {"plain-mug-s": 15}


@pytest.mark.parametrize("faults", [["cut after"], ["cut after", "under way", "under way"], ["cut before", "meet"]])
def test_what_is_added_counts_once_though_replies_are_lost(
    store: Shop, emulator: Emulator, mug: int, faults: list[str]
) -> None:
    owner = guest()
    emulator.faults[:] = faults
    store.carts.add(owner, mug, 2)
    assert content(store.carts.of(owner)) == {"plain-mug-s": 2}


def test_a_guests_cart_is_merged_when_they_sign_in(app: APIFlask, mini: Shop) -> None:
    account = has_account(mini, "merge@example.org")
    mug, lamp = variant_of(mini, "tall-mug-s"), variant_of(mini, "desk-lamp-s")
    mini.carts.put(f"account:{account}", mug, 2)
    browser = app.test_client()
    browser.put(f"/api/cart/lines/{mug}", json={"quantity": 3})
    browser.put(f"/api/cart/lines/{lamp}", json={"quantity": 1})
    sign_in(browser, "merge@example.org")
    assert content(mini.carts.of(f"account:{account}")) == {"tall-mug-s": 3, "desk-lamp-s": 1}


def test_the_fullest_cart_can_be_merged_and_bought_at_once(store: Shop) -> None:
    tables, owner, account = tables_of(store), guest(), f"account:{ULID()}"
    product = tables.get(Table.PRODUCTS, "plain-mug")
    assert product is not None
    form = product["variants"]["101"]
    for number in range(1000, 1000 + MOST_PRODUCTS + 1):
        variants = {str(number * 100): {**form, "sku": f"many-{number}"}}
        item = {**product, "productId": f"many-{number}", "number": number, "variants": variants}
        tables.change(Put(Table.PRODUCTS, {name: value for name, value in item.items() if name != "edition"}))
    *fitting, one_more = [number * 100 for number in range(1000, 1000 + MOST_PRODUCTS + 1)]
    anew = dynamodb_stores(tables)
    carts = type(store.carts)(anew.carts, Cache(None))
    for variant_id in fitting:
        carts.put(owner, variant_id, 1)
    with pytest.raises(Invalid, match=str(MOST_PRODUCTS)):
        carts.put(owner, one_more, 1)
    carts.merge(owner, account)
    placed = replace(store.orders, store=anew.orders, carts=carts).place(wish(account))
    assert len(store.orders.order(placed.order_id).lines) == MOST_PRODUCTS
    assert {stock_of(store, variant_id) for variant_id in fitting} == {9}
    assert carts.of(account).lines == carts.of(owner).lines == ()


# Orders.


def test_an_order_takes_the_cart_at_the_catalogues_prices(store: Shop, mug: int) -> None:
    owner = guest()
    store.carts.put(owner, mug, 2)
    store.carts.put(owner, mug + 1, 1)
    placed = store.orders.place(wish(owner))
    order = store.orders.order(placed.order_id)
    assert (order.state, order.subtotal_minor, order.shipping_minor, order.total_minor) == (AWAITING, 4100, 490, 4590)
    assert [(line.sku, line.quantity, line.unit_minor) for line in order.lines] == [
        ("plain-mug-s", 2, 1200), ("plain-mug-l", 1, 1700),
    ]  # fmt: skip
    assert (order.email, order.address) == (wish(owner).email, BERLIN)
    assert (stock_of(store, mug), stock_of(store, mug + 1)) == (98, 9)
    assert store.carts.of(owner).lines == ()


def test_what_is_short_or_costs_something_else_is_not_ordered_and_takes_nothing(store: Shop, mug: int) -> None:
    lamp, owner = variant_of(store, "desk-lamp-s"), guest()
    with pytest.raises(CartEmpty):
        store.orders.place(wish(owner))
    store.carts.put(owner, mug, 1)
    store.carts.put(owner, lamp, 2)
    with pytest.raises(CartChanged):
        store.orders.place(wish(owner, total=1))
    set_stock_of(store, lamp, 1)
    with pytest.raises(OutOfStock, match="Desk lamp"):
        store.orders.place(wish(owner))
    assert (stock_of(store, mug), stock_of(store, lamp), store.carts.of(owner).pieces) == (100, 1, 3)


def test_the_same_key_is_the_same_order_and_another_wish_under_it_a_conflict(store: Shop, mug: int) -> None:
    owner = guest()
    store.carts.put(owner, mug, 1)
    first = store.orders.place(wish(owner, "key"))
    store.carts.put(owner, mug, 3)
    assert store.orders.place(wish(owner, "key")) == first
    with pytest.raises(Conflict, match="key"):
        store.orders.place(wish(owner, "key", country="FR"))
    assert (stock_of(store, mug), store.carts.of(owner).pieces) == (99, 3)


def test_requests_with_one_key_make_one_order_and_two_windows_buy_one_cart_once(store: Shop, mug: int) -> None:
    for number in range(6):
        owner = guest()
        store.carts.put(owner, mug, 1)
        same = partial(store.orders.place, wish(owner, "one"))
        answers = at_once(same if number % 2 else lambda: store.orders.place(wish(owner)), 4)  # noqa: B023 - done at once
        placed = [answer for answer in answers if isinstance(answer, Placed)]
        assert len({order.order_id for order in placed}) == 1
        assert len(placed) == (4 if number % 2 else 1)
        assert all(isinstance(answer, Placed | CartEmpty | CartChanged) for answer in answers)
    assert stock_of(store, mug) == 94


def test_of_10_things_16_clients_buy_exactly_10(store: Shop, emulator: Emulator) -> None:
    lamp = variant_of(store, "desk-lamp-l")
    set_stock_of(store, lamp, 10)
    owners = [guest() for _ in range(32)]
    for owner in owners:
        store.carts.put(owner, lamp, 1)
    emulator.faults[:] = ["go well", "meet"] * 40

    def attempt(owner: str) -> str:
        try:
            store.orders.place(wish(owner))
        except OutOfStock:
            return "too late"
        return "sold"

    with ThreadPoolExecutor(16) as threads:
        ends = Counter(threads.map(attempt, owners))
    assert ends == {"sold": 10, "too late": 22}
    assert stock_of(store, lamp) == 0


@pytest.mark.parametrize("fault", ["cut before", "cut after", "meet"])
def test_an_order_is_placed_once_though_a_reply_is_lost(store: Shop, emulator: Emulator, fault: str, mug: int) -> None:
    owner = guest()
    store.carts.put(owner, mug, 1)
    emulator.faults[:] = [fault]
    placed = store.orders.place(wish(owner, "lost"))
    assert store.orders.place(wish(owner, "lost")) == placed
    assert stock_of(store, mug) == 99


@pytest.mark.parametrize(("fault", "happened"), [("cut before", False), ("cut after", True)])
def test_whoever_dies_while_placing_has_placed_all_or_nothing(
    store: Shop, emulator: Emulator, fault: str, happened: bool, mug: int
) -> None:
    owner = guest()
    store.carts.put(owner, mug, 1)
    emulator.faults[:] = [fault, "cut before"]
    with pytest.raises(Unavailable):
        store.orders.place(wish(owner, "died"))
    assert (stock_of(store, mug), store.carts.of(owner).pieces) == ((99, 0) if happened else (100, 1))
    placed = store.orders.place(wish(owner, "died"))
    assert (stock_of(store, mug), store.carts.of(owner).pieces) == (99, 0)
    assert announced_to(store, "payment.open_page", placed.order_id) == 1


def test_who_meets_others_too_often_is_told_so_and_nothing_was_done(store: Shop, emulator: Emulator, mug: int) -> None:
    owner = guest()
    store.carts.put(owner, mug, 1)
    emulator.faults[:] = ["meet"] * (TURNS + 1)
    with pytest.raises(Unavailable):
        store.orders.place(wish(owner))
    assert (emulator.faults, stock_of(store, mug), store.carts.of(owner).pieces) == ([], 100, 1)


def test_a_payment_makes_an_order_paid_whoever_says_so_and_however_often(store: Shop, till: Till, mug: int) -> None:
    order = opened(store, buy(store, mug))
    page = str(order.page_id)
    assert store.orders.settle(page) is AWAITING
    till.pay(page)
    at_once(lambda: store.orders.settle(page), 4)
    for _ in range(2):
        store.orders.hear(Notice("evt_1", "checkout.session.completed", page))
    after = store.orders.order(order.id)
    assert (after.state, after.paid_minor, after.refundable_minor) == (PAID, order.total_minor, order.total_minor)
    assert announced_to(store, "mail.order_confirmation", order.id) == 1


def test_a_notice_that_could_not_be_worked_off_is_not_forgotten(store: Shop, till: Till, mug: int) -> None:
    order = opened(store, buy(store, mug))
    till.pay(str(order.page_id))
    notice = Notice("evt_2", "checkout.session.completed", None, order.id)
    till.is_away = True
    with pytest.raises(Unavailable):
        store.orders.hear(notice)
    till.is_away = False
    at_once(lambda: store.orders.hear(notice), 3)
    assert store.orders.order(order.id).state is PAID


def test_orders_that_waited_too_long_are_cancelled_and_give_back_what_they_held(
    store: Shop, till: Till, clock: Clock, mug: int
) -> None:
    order, never_opened, after_all = (
        opened(store, buy(store, mug, 5)),
        buy(store, mug, 2),
        opened(store, buy(store, mug)),
    )
    upkeep = Upkeep(store.orders, till, clock)
    clock.ahead_seconds = HELD_FOR.total_seconds() - 5
    assert upkeep.give_up_overdue() == 0
    till.pay(str(after_all.page_id))
    clock.ahead_seconds += 10
    assert [upkeep.give_up_overdue() for _ in range(2)] == [3, 0]
    assert [store.orders.order(id_).state for id_ in (order.id, never_opened.order_id, after_all.id)] == [
        CANCELLED, CANCELLED, PAID,
    ]  # fmt: skip
    assert stock_of(store, mug) == 99
    assert not till.pay(str(order.page_id))
    assert announced_to(store, "mail.order_cancelled", order.id) == 1


@pytest.mark.parametrize(("left", "end"), [(3, PAID), (2, CANCELLED)])
def test_what_is_paid_after_it_was_cancelled_is_taken_again_or_the_money_goes_back(
    store: Shop, till: Till, mug: int, left: int, end: OrderState
) -> None:
    order = opened(store, buy(store, mug, 3))
    tables = tables_of(store)
    item = tables.get(Table.ORDERS, order.id)
    assert item is not None
    tables.change(Put(Table.ORDERS, {**item, "page_id": None}))
    store.orders.cancel(order.id)
    assert stock_of(store, mug) == 100
    till.pay(str(order.page_id))
    set_stock_of(store, mug, left)
    for _ in range(2):
        assert store.orders.settle(str(order.page_id)) is end
    after = store.orders.order(order.id)
    assert (stock_of(store, mug), after.refundable_minor) == ((0, order.total_minor) if end is PAID else (2, 0))
    assert announced_to(store, "payment.refund", f"all-{after.payment_id}", "refund_id") == (end is CANCELLED)


def test_another_amount_than_was_agreed_on_is_flagged_and_goes_back(store: Shop, till: Till, mug: int) -> None:
    order = opened(store, buy(store, mug, 4))
    till.pay(str(order.page_id), amount_minor=1)
    for _ in range(2):
        assert store.orders.settle(str(order.page_id)) is CANCELLED
    after = store.orders.order(order.id)
    assert (after.paid_minor, after.refunded_minor, stock_of(store, mug)) == (1, 1, 100)
    assert after.attention is not None
    store.orders.make_refund(f"all-{after.payment_id}")
    assert till.kept_minor == 0


def test_never_more_goes_back_than_was_paid_whoever_asks_at_once(store: Shop, till: Till, mug: int) -> None:
    order = paid(store, till, mug, 2)
    answers = at_once(lambda: store.orders.refund(order.id, 1000, "a merchant"), 4)
    assert sum(isinstance(answer, RefundTooLarge) for answer in answers) == 2
    for _ in range(2):
        store.orders.refund(order.id, 800, "a merchant", "rest")
    store.orders.make_refund(f"{order.id}-rest")
    assert (store.orders.order(order.id).refunded_minor, order.total_minor) == (2800, 2890)
    assert till.calls.count(f"refund {order.id}-rest") == 1
    assert announced_to(store, "mail.order_refunded", order.id) == 3


def test_a_refused_refund_leaves_the_account_as_before(store: Shop, till: Till, mug: int) -> None:
    order = paid(store, till, mug)
    store.orders.refund(order.id, 100, "a merchant", "refused")
    till.pages[str(order.page_id)] = replace(till.pages[str(order.page_id)], amount_minor=0)
    for _ in range(2):
        store.orders.make_refund(f"{order.id}-refused")
    after = store.orders.order(order.id)
    assert after.refunded_minor == 0
    assert "refused" in str(after.attention)


def test_a_paid_order_is_shipped_or_cancelled_with_its_money(store: Shop, till: Till, mug: int) -> None:
    shipped, cancelled = paid(store, till, mug), paid(store, till, mug)
    for _ in range(2):
        store.orders.mark_shipped(shipped.id)
    with pytest.raises(Conflict):
        store.orders.cancel(shipped.id)
    with pytest.raises(Conflict):
        store.orders.cancel(cancelled.id, is_paid_too=False)
    store.orders.cancel(cancelled.id)
    store.orders.make_refund(f"{cancelled.id}-cancelled")
    assert (stock_of(store, mug), till.kept_minor) == (99, shipped.total_minor)
    assert store.orders.order(cancelled.id).refundable_minor == 0


def test_a_second_payment_goes_back_and_the_ledgers_orphan_is_reported(
    store: Shop, till: Till, mug: int, caplog: pytest.LogCaptureFixture
) -> None:
    order = paid(store, till, mug)
    again = replace(till.pages[str(order.page_id)], page_id="cs_again", id="pi_again")
    for _ in range(2):
        store.orders.settle_payment(again)
    assert announced_to(store, "payment.refund", "second-pi_again", "refund_id") == 1
    for _ in range(2):
        assert store.orders.settle_payment(replace(again, order_id=str(ULID()), page_id="cs_orphan")) is None
    assert caplog.text.count("and the shop has not") == 1


def test_an_accounts_orders_are_listed_the_newest_first(store: Shop, mug: int) -> None:
    account = str(ULID())
    ids = []
    for quantity in (1, 2, 3):
        store.carts.put(f"account:{account}", mug, quantity)
        ids.append(store.orders.place(replace(wish(f"account:{account}"), account_id=account)).order_id)
    buy(store, mug)
    listed = store.orders.of_account(account)
    assert [(order.id, order.pieces) for order in listed] == [(ids[2], 3), (ids[1], 2), (ids[0], 1)]


@pytest.mark.parametrize("id_", ["none", "outbox:1234567890123456789", "0" * 26, "key:", "x" * 3000])
def test_nothing_else_in_the_table_is_taken_for_an_order(store: Shop, id_: str) -> None:
    with pytest.raises(NotFound):
        store.orders.order(id_)


def test_nothing_is_written_where_writing_is_refused(store: Shop, mug: int) -> None:
    owner = guest()
    store.carts.put(owner, mug, 1)
    tables = replace(tables_of(store), authority=Refusing())
    carts = DynamoCarts(tables, DynamoCatalogue(tables))
    closed = replace(store.orders, store=DynamoOrders(tables, carts), authority=Refusing())
    with pytest.raises(WritesRefused):
        closed.place(wish(owner, "refused"))
    assert (stock_of(store, mug), store.carts.fresh(owner).pieces) == (100, 1)


# The worker.


def test_the_worker_does_what_was_announced_once(
    store: Shop, till: Till, clock: Clock, mug: int, tmp_path: Path
) -> None:
    order = paid(store, till, mug)
    clock.ahead_seconds = 60
    assert Worker(store).round() == 3
    assert Worker(store).round() == 0
    (mail,) = (tmp_path / "mail").glob("*.eml")
    assert order.number in mail.read_text()
    assert store.orders.order(order.id).state is PAID


def test_who_dies_with_a_claim_leaves_it_to_the_next(store: Shop, clock: Clock, mug: int) -> None:
    buy(store, mug)
    clock.ahead_seconds = 60
    claimed = store.outbox.claim(10)
    assert (len(claimed), store.outbox.claim(10), store.outbox.claim_one(claimed[0].id)) == (2, (), None)
    clock.ahead_seconds += LEASE.total_seconds() + 1
    again = store.outbox.claim(10)
    assert {(delivery.id, delivery.attempt) for delivery in again} == {(delivery.id, 2) for delivery in claimed}
    store.outbox.release(again[:1])
    assert [delivery.attempt for delivery in store.outbox.claim(10)] == [2]


def test_two_workers_share_what_is_due(store: Shop, clock: Clock, mug: int) -> None:
    for _ in range(4):
        buy(store, mug)
    clock.ahead_seconds = 60
    claims = at_once(lambda: store.outbox.claim(10), 4)
    ids = [delivery.id for claim in claims if not isinstance(claim, Exception) for delivery in claim]
    assert len(ids) == len(set(ids)) == 8


def test_what_fails_for_good_is_parked_and_can_be_tried_again(store: Shop, clock: Clock, mug: int) -> None:
    buy(store, mug)
    clock.ahead_seconds = 60
    delivery, other = store.outbox.claim(10)
    assert store.outbox.failed(delivery, "no such thing", for_good=True)
    assert not store.outbox.failed(other, "later")
    (parked,) = store.outbox.parked()
    assert (parked.id, parked.last_error) == (delivery.id, "no such thing")
    store.outbox.retry(parked.id)
    clock.ahead_seconds += 60
    assert {claim.id for claim in store.outbox.claim(10)} == {delivery.id, other.id}


def test_a_queue_is_sent_what_is_due_and_gives_it_to_one_worker(store: Shop, clock: Clock, mug: int) -> None:
    buy(store, mug)
    clock.ahead_seconds = 60
    sent: list[str] = []
    assert [store.outbox.send(sent.append, 10) for _ in range(2)] == [2, 0]
    deliveries = at_once(lambda: store.outbox.claim_one(int(sent[0])), 4)
    (delivery,) = [one for one in deliveries if one is not None and not isinstance(one, Exception)]
    store.outbox.done(delivery)
    assert store.outbox.claim_one(delivery.id) is None


def insist(on: Callable[[], T]) -> T:
    """Do it again until DynamoDB answers."""
    for _ in range(9):
        with suppress(Unavailable):
            return on()
    return on()


def buy_insisting(store: Shop, till: Till, variant_id: int, key: str, *, pays: bool) -> str:
    """Buy one thing, whatever is cut, and return the order's id."""
    owner = guest()
    insist(lambda: store.carts.put(owner, variant_id, 1))
    order_id = insist(lambda: store.orders.place(wish(owner, key))).order_id
    insist(lambda: store.orders.open_page(order_id))
    if pays:
        till.pay(f"cs_{order_id}")
    insist(lambda: store.orders.settle(f"cs_{order_id}"))
    return order_id


def test_everything_adds_up_although_every_third_transaction_is_cut(
    store: Shop, emulator: Emulator, till: Till, clock: Clock, mug: int
) -> None:
    before, placed = all_stock_of(store), set()
    for number in range(6):
        emulator.faults[:] = [("cut before", "cut after")[number % 2], "cut before", "go well"] * 2
        placed.add(buy_insisting(store, till, mug, f"key-{number}", pays=bool(number % 3)))
    emulator.faults.clear()
    clock.ahead_seconds = HELD_FOR.total_seconds() + 60
    Upkeep(store.orders, till, clock).give_up_overdue()
    Worker(store).round()
    orders = [store.orders.order(id_) for id_ in placed]
    held = sum(line.quantity for order in orders for line in order.lines if order.state is PAID)
    assert {order.state for order in orders} == {PAID, CANCELLED}
    assert all_stock_of(store) == before - held
    assert till.kept_minor == sum(order.paid_minor for order in orders)


# What is not there, and what is away.


@pytest.mark.parametrize(
    "path", ["/admin", "/admin/products", "/admin/report", "/products/plain-mug/reviews", "/account/picture"]
)
def test_what_a_small_shop_lacks_says_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "DynamoDB" in answer.get_json()["detail"]


def test_a_shopper_buys_by_pages_and_sees_the_order(store: Shop) -> None:
    app = create_app(store)
    app.test_client_class = Browser
    browser = signed_in(app, "buyer@example.org")
    browser.post("/cart", data={"variant_id": variant_of(store, "paper-lamp-s"), "quantity": "1"})
    assert "Paper lamp" in browser.get("/cart").text
    sent = {"email": "buyer@example.org", "total": "4990", "key": "a-key-of-mine", "name": "Ada", "street": "Weg 1"}
    placed = browser.post("/checkout", data={**sent, "postcode": "10115", "city": "Berlin", "country": "DE"})
    assert placed.status_code == 303
    assert browser.get(placed.headers["Location"]).headers["Location"].startswith("https://pay.test/")
    for page in ("/orders", "/account", "/account/addresses", "/account/sessions", "/account/security"):
        assert browser.get(page).status_code == 200
    assert [order["total_minor"] for order in browser.get("/api/account/export").get_json()["orders"]] == [4990]


def test_there_is_nothing_to_migrate(mini: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert bring_up_to_date(mini) == 0
    assert "nothing to migrate" in capsys.readouterr().out


def test_a_dynamodb_that_is_away_is_said_to_be(client: FlaskClient, emulator: Emulator, store: Shop) -> None:
    emulator.is_away = True
    answer = client.get("/api/products/plain-mug")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
    parts = client.get("/health/deep").get_json()["parts"]
    assert parts["database"]["state"] == "down"


def test_an_item_that_changed_since_it_was_read_is_not_overwritten(mini: Shop, emulator: Emulator) -> None:
    tables = tables_of(mini)
    tables.change(Put(Table.CART, {"userId": "x", "productId": "y", "addedAt": ""}))
    item = tables.get(Table.CART, "x", "y")
    assert item is not None
    tables.change(Put(Table.CART, item))
    before = emulator.asked[TRANSACTION]
    with pytest.raises(Stale):
        tables.change(Put(Table.CART, item))
    assert emulator.asked[TRANSACTION] == before + 1
