"""Customers say what they think of what they bought; the stars add up, and no word of theirs runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from app_support.authority import writes_refused
from app_support.buying import Till, buy, selling, set_stock, variant
from app_support.catalogue import stock_the_shelves
from app_support.identity import PASSWORD, has_account, sign_in
from app_support.staffing import Crew, paid_order, recorded
from shop.accounts.people import Role
from shop.catalogue.models import Product
from shop.config import Config
from shop.problems import NotFound
from shop.reviews.models import StoredReview
from shop.reviews.review import NotBought, Opinion
from shop.shop import Shop, open_shop
from shop.worker import Worker

MUG, API = "plain-mug", "/api/products/plain-mug/reviews"
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
_names = itertools.count()


@pytest.fixture(scope="module")
def till() -> Till:
    return Till()


@pytest.fixture(scope="module")
def shop(config: Config, till: Till) -> Iterator[Shop]:
    """A shop that sells, and whose copies of the catalogue are always new."""
    shop = selling(open_shop(config), till)
    stock_the_shelves(shop.database)
    set_stock(shop, variant(shop, f"{MUG}-s"), 500)
    yield shop
    shop.database.close()


@pytest.fixture(scope="module")
def crew(app: APIFlask) -> Crew:
    return Crew(app)


@pytest.fixture(autouse=True)
def _no_reviews(shop: Shop) -> None:
    with shop.database.write() as session:
        session.execute(delete(StoredReview))
        for product in session.scalars(select(Product)):
            product.rating_sum = product.rating_count = 0
    shop.reviews._recent.clear()  # noqa: SLF001 - what was shown a moment ago


def buyer(shop: Shop, till: Till, email: str = "") -> str:
    """Return the account of somebody who bought a mug."""
    account_id = has_account(shop, email or f"buyer-{next(_names)}@shop.test")
    paid_order(shop, till, variant(shop, f"{MUG}-s"), account_id=account_id)
    return account_id


class Customer:
    """Somebody who bought a mug, and has signed in."""

    def __init__(self, app: APIFlask, shop: Shop, till: Till) -> None:
        self.email = f"customer-{next(_names)}@shop.test"
        self.id = buyer(shop, till, self.email)
        self.browser = app.test_client()
        sign_in(self.browser, self.email)

    def says(self, stars: int, text: str = "", **more: object) -> int:
        """Write a review by the form; return the answer's status."""
        form = {"stars": stars, "text": text, **more}
        return self.browser.post(f"/products/{MUG}/review", data=form).status_code


@pytest.fixture
def customer(app: APIFlask, shop: Shop, till: Till) -> Customer:
    return Customer(app, shop, till)


def rating(shop: Shop) -> tuple[int, int]:
    """The stars that the product counts, and of how many reviews."""
    with shop.database.read() as connection:
        product = connection.execute(select(Product.__table__).where(Product.slug == MUG)).one()
    return product.rating_sum, product.rating_count


def counted(shop: Shop) -> tuple[int, int]:
    """The stars of the reviews that are shown, and how many those are."""
    shown = select(func.coalesce(func.sum(StoredReview.stars), 0), func.count()).where(StoredReview.hidden_at.is_(None))
    with shop.database.read() as connection:
        stars, count = connection.execute(shown).one()
    return int(stars), count


def test_a_customer_reviews_changes_and_removes(customer: Customer, shop: Shop) -> None:
    assert customer.says(4, "Good.\r\n\r\nAnd round.", author="Ada") == 303
    page = customer.browser.get(f"/products/{MUG}").text
    assert '<p class="said">Good.</p><p class="said">And round.</p>' in page
    assert "Ada, <time" in page
    assert "1 review" in page
    assert rating(shop) == counted(shop) == (4, 1)
    assert customer.says(2, "It broke.") == 303
    page = customer.browser.get(f"/products/{MUG}").text
    assert "It broke." in page
    assert "A customer, <time" in page
    assert "changed later" in page
    assert rating(shop) == counted(shop) == (2, 1)
    assert customer.browser.post(f"/products/{MUG}/review/remove").status_code == 303
    assert rating(shop) == counted(shop) == (0, 0)
    assert customer.browser.post(f"/products/{MUG}/review/remove").status_code == 404
    assert "Nobody has reviewed it yet" in customer.browser.get(f"/products/{MUG}").text


def test_only_who_bought_and_paid_it_may_say_what_it_is_like(app: APIFlask, shop: Shop, crew: Crew) -> None:
    browser = crew(None)
    assert "Reviews are for those who bought it" in browser.get(f"/products/{MUG}/review").text
    refused = browser.post(f"/products/{MUG}/review", data={"stars": 1})
    assert refused.status_code == 403
    shop.carts.put(f"account:{crew.ids['shopper']}", variant(shop, f"{MUG}-s"), 1)
    buy(shop, variant(shop, f"{MUG}-s"), owner=f"account:{crew.ids['shopper']}")  # and not paid
    with pytest.raises(NotBought):
        shop.reviews.write(crew.ids["shopper"], MUG, Opinion(stars=1, text=""))
    assert app.test_client().get(f"/products/{MUG}/review").status_code == 303
    assert app.test_client().post(f"/products/{MUG}/review", data={"stars": 1}).status_code == 401
    assert rating(shop) == (0, 0)


def test_what_was_bought_is_what_may_be_reviewed(customer: Customer, shop: Shop) -> None:
    assert shop.reviews.may_write(customer.id, MUG)
    assert not shop.reviews.may_write(customer.id, "tall-mug")
    assert customer.browser.put("/api/products/tall-mug/reviews/mine", json={"stars": 5}).status_code == 403
    assert customer.browser.put("/api/products/none/reviews/mine", json={"stars": 5}).status_code == 404


@pytest.mark.parametrize(
    "form", [{}, {"stars": 0}, {"stars": 6}, {"stars": "x"}, {"stars": 5, "text": "x" * 2001},
             {"stars": 5, "text": "a\x00"}, {"stars": 5, "author": "a\nb"}, {"stars": 5, "author": "x" * 81}],
)  # fmt: skip
def test_what_is_out_of_its_range_is_refused_at_its_field(
    customer: Customer, shop: Shop, form: dict[str, object]
) -> None:
    answer = customer.browser.post(f"/products/{MUG}/review", data=form)
    assert answer.status_code == 422
    assert 'class="field-error"' in answer.text
    assert customer.browser.put(f"{API}/mine", json=form).status_code == 422
    assert rating(shop) == (0, 0)


def test_lines_count_as_browsers_count_them_and_what_others_own_can_not_be_set(customer: Customer, shop: Shop) -> None:
    assert customer.says(5, "\r\n".join(["x"] * 1000), rating_sum=99, hidden_at="", product_id=2, account_id="x") == 303
    own = shop.reviews.own(customer.id, MUG)
    assert own is not None
    assert len(own.text) == 1999
    assert customer.browser.put(f"{API}/mine", json={"stars": 5, "is_hidden": False}).status_code == 422


def test_the_stars_add_up_whoever_writes_at_the_same_time(shop: Shop, till: Till, crew: Crew) -> None:
    crew(Role.CATALOGUE)
    people = [buyer(shop, till) for _ in range(5)]

    def act(number: int) -> None:
        account_id = people[number % len(people)]
        if number % 7 == 6:
            with suppress(NotFound):  # it was removed already
                shop.reviews.remove(account_id, MUG)
        else:
            shop.reviews.write(account_id, MUG, Opinion(stars=number % 5 + 1, text=str(number)))
        if number % 11 == 10:
            for review in shop.reviews.to_judge().items[:1]:
                with suppress(NotFound):  # its writer was faster
                    shop.reviews.hide(review.id, "race", crew.ids["catalogue"])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(act, range(60)))
    assert rating(shop) == counted(shop)
    assert counted(shop)[1] <= len(people)


def test_a_review_that_the_staff_hides_is_seen_by_its_writer_only_with_the_reason(
    customer: Customer, shop: Shop, crew: Crew
) -> None:
    staff = crew(Role.CATALOGUE)
    customer.says(1, "Buy at x.test instead")
    (review,) = shop.reviews.to_judge().items
    wordless = staff.post(f"/admin/reviews/{review.id}/hide")
    assert wordless.status_code == 422
    assert "fill this in" in wordless.text
    assert staff.post(f"/admin/reviews/{review.id}/hide", data={"reason": "advertising"}).status_code == 303
    assert rating(shop) == (0, 0)
    assert "x.test" not in customer.browser.get(f"/products/{MUG}").text
    assert "advertising" in customer.browser.get(f"/products/{MUG}/review").text
    assert customer.says(5, "x.test is good") == 303
    assert customer.browser.post(f"/products/{MUG}/review/remove").status_code == 303
    assert customer.says(5, "x.test is good") == 303
    assert rating(shop) == counted(shop) == (0, 0)  # it stays hidden
    assert review.id in staff.get("/admin/reviews?state=hidden").text
    assert review.id not in staff.get("/admin/reviews?state=shown").text
    for _ in range(2):
        assert staff.post(f"/admin/reviews/{review.id}/show").status_code == 303
    assert rating(shop) == (5, 1)
    assert recorded(shop, f"review:{review.id}") == ["review: hidden (done)", "review: shown (done)"]


def test_the_words_of_somebody_who_has_left_stay_without_their_name(
    customer: Customer, shop: Shop, app: APIFlask
) -> None:
    customer.says(4, "Still good", author="Ada Lovelace")
    assert "Still good" in customer.browser.get("/account/export").text
    shop.accounts.erase(customer.id, PASSWORD)
    while Worker(shop).deliver():
        pass
    page = app.test_client().get(f"/products/{MUG}").text
    assert "Still good" in page
    assert "Ada" not in page
    assert "A customer, <time" in page
    assert rating(shop) == (4, 1)
    with shop.database.read() as connection:
        assert connection.execute(select(StoredReview.account_id)).scalar_one() is None


def test_many_reviews_are_turned_page_by_page(shop: Shop, till: Till, client: FlaskClient) -> None:
    for number in range(12):
        shop.reviews.write(buyer(shop, till), MUG, Opinion(stars=5, text=f"Number {number:02}"))
    product = client.get(f"/products/{MUG}").text
    assert [f"Number {number:02}" in product for number in (11, 7, 6)] == [True, True, False]
    assert "All 12 reviews" in product
    first, second = (client.get(f"/products/{MUG}/reviews?page={page}") for page in (1, 2))
    assert first.text.count("Number ") == 10
    assert second.text.count("Number ") == 2
    assert 'rel="next"' in first.text
    assert first.headers["Cache-Control"].startswith("public")
    assert client.get(f"/products/{MUG}/reviews?page=0").status_code == 422
    found = client.get(f"{API}?size=5&page=3").get_json()
    assert (found["total"], found["rating"], len(found["reviews"])) == (12, 5.0, 2)
    assert set(found["reviews"][0]) == {"author", "stars", "text", "written_at", "changed_at"}


def test_programs_review_too(customer: Customer, client: FlaskClient, shop: Shop) -> None:
    browser = customer.browser
    assert browser.get(f"{API}/mine").status_code == 404
    put = browser.put(f"{API}/mine", json={"stars": 3, "text": "fine", "author": "Ada"})
    assert put.status_code == 200
    assert put.get_json() == browser.get(f"{API}/mine").get_json()
    assert client.get(API).get_json()["reviews"][0]["author"] == "Ada"
    assert browser.delete(f"{API}/mine").status_code == 204
    assert browser.delete(f"{API}/mine").status_code == 404
    for method in ("GET", "PUT", "DELETE"):
        assert client.open(f"{API}/mine", method=method, json={"stars": 1}).status_code == 401
    assert browser.put(f"{API}/mine", json={"stars": 3}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    with writes_refused(shop):
        assert browser.put(f"{API}/mine", json={"stars": 3}).status_code == 503
        assert customer.says(3) == 503
    assert rating(shop) == (0, 0)


def test_what_is_written_into_a_review_is_shown_and_never_run(customer: Customer, crew: Crew) -> None:
    assert customer.says(5, HOSTILE, author=HOSTILE) == 303
    pages = [
        customer.browser.get(path).text
        for path in (f"/products/{MUG}", f"/products/{MUG}/reviews", f"/products/{MUG}/review")
    ]
    for page in (*pages, crew(Role.CATALOGUE).get("/admin/reviews").text):
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page
