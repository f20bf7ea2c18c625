"""What shoppers do, and how often: pages as a browser asks for them, and orders up to their payment.

The weights are those of Google's microservices-demo (index 1, browse 10, add to cart 2, view cart 3, checkout 1), with
a search that it does not have. With locust's own page to watch: ``locust -f tests/load/shoppers.py --host <shop>``.
"""

from __future__ import annotations

import random
import re
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from locust import HttpUser, between, task
from locust.exception import RescheduleTask

WORDS = ("oak", "lamp", "mug", "blue", "glass", "small")
PAYS = "4242 4242 4242 4242"
ADDRESS = {
    "name": "Load Test",
    "street": "Long Street 1",
    "extra": "",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
}
PRODUCT = re.compile(r'href="/products/([a-z0-9-]+)"')
CATEGORY = re.compile(r'href="/products\?category=([a-z0-9-]+)"')
VARIANT = re.compile(r'<input type="(?:radio|hidden)" name="variant_id" value="(\d+)"(?![^>]*\bdisabled)')
HIDDEN = r'<input type="hidden" name="{}" value="([^"]*)"'
PAYMENT_FORM = 'name="number"'
SOLD_OUT = frozenset({409, 422})  # somebody else was faster: an answer, and no failure


class Shopper(HttpUser):
    """One visitor with a browser, who pauses between pages."""

    wait_time = between(0.5, 2.0)

    def on_start(self) -> None:
        """Arrive: the home page says which shelves there are."""
        self.client.headers["Sec-Fetch-Site"] = "same-origin"
        self.categories = CATEGORY.findall(self._page("/", "/", "</html>")) or [""]

    @task(1)
    def index(self) -> None:
        """Look at the home page."""
        self._page("/", "/", 'href="/products')

    @task(10)
    def browse(self) -> None:
        """Look at a shelf, and at something on it."""
        self._some_product()

    @task(3)
    def search(self) -> None:
        """Look for a word, and at the first that is found."""
        word = random.choice(WORDS)  # noqa: S311 - no secret
        page = self._page(f"/products?q={word}", "/products?q=", f"“{word}”")
        if found := PRODUCT.findall(page):
            self._product(found[0])

    @task(2)
    def add_to_cart(self) -> None:
        """Put something into the cart."""
        self._add()

    @task(3)
    def view_cart(self) -> None:
        """Look into the cart."""
        self._page("/cart", "/cart", "</html>")

    @task(1)
    def check_out(self) -> None:
        """Buy what is in the cart, with something new in it, and pay where the local provider asks for a number."""
        self._add()
        page = self._page("/checkout", "/checkout", "</html>")
        total, key = (re.search(HIDDEN.format(name), page) for name in ("total", "key"))
        if total is None or key is None:
            raise RescheduleTask  # the cart was empty after all
        form = {**ADDRESS, "email": f"load-{uuid4().hex[:12]}@shop.test", "total": total[1], "key": key[1]}
        with self.client.post("/checkout", data=form, name="POST /checkout", catch_response=True) as answer:
            if answer.status_code in SOLD_OUT:
                answer.success()
                return
            is_at_payment = urlsplit(answer.url).netloc != urlsplit(self.host or "").netloc
            if not answer.ok or not (is_at_payment or "/orders/" in answer.url):
                answer.failure(f"the checkout led to {answer.status_code}")
                return
            page_url, page = answer.url, answer.text
        if PAYMENT_FORM in page:
            self._pay(page_url)

    def _pay(self, page_url: str) -> None:
        form = {"number": PAYS, "name": "Load Test"}
        with self.client.post(page_url, data=form, name="POST payment page", catch_response=True) as answer:
            if not answer.ok or "/orders/" not in answer.url:
                answer.failure(f"the payment led to {answer.status_code}")
            elif "paid" not in answer.text:
                answer.failure("the order is not paid after its payment")

    def _add(self) -> None:
        for _ in range(5):
            slug, page = self._some_product()
            if variants := VARIANT.findall(page):
                break
        else:
            raise RescheduleTask  # all of them are sold out
        form = {"variant_id": variants[0], "quantity": "1"}
        with self.client.post("/cart", data=form, name="POST /cart", catch_response=True) as answer:
            if answer.status_code in SOLD_OUT:
                answer.success()
            elif not answer.ok or f"/products/{slug}" not in answer.text:
                answer.failure(f"{answer.status_code}, and the cart does not show what was put in")

    def _some_product(self) -> tuple[str, str]:
        category = random.choice(self.categories)  # noqa: S311 - no secret
        shelf = self._page(
            f"/products?category={category}" if category else "/products", "/products?category=", "</html>"
        )
        found = PRODUCT.findall(shelf)
        if not found:
            raise RescheduleTask
        slug = random.choice(found)  # noqa: S311 - no secret
        return slug, self._product(slug)

    def _product(self, slug: str) -> str:
        return self._page(f"/products/{slug}", "/products/<slug>", 'type="application/ld+json"')

    def _page(self, path: str, name: str, holds: str) -> str:
        """Ask for a page, which must hold something. Raises: RescheduleTask if it does not."""
        with self.client.get(path, name=name, catch_response=True) as answer:
            text: Any = answer.text or ""
            if answer.status_code != 200 or holds not in text:
                answer.failure(f"{answer.status_code}, and the page does not hold {holds}")
                raise RescheduleTask
            return str(text)
