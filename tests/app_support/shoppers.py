"""Shoppers who buy over HTTP, and ask again until they are answered, whatever happens to the shop meanwhile."""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin

import urllib3
from ulid import ULID
from urllib3.exceptions import HTTPError

from app_support.payments import IS_CHALLENGED, IS_DECLINED, PAYS, PAYS_LATER

PATIENCE_SECONDS = 60
AGAIN_SECONDS = 0.2
# What shoppers do with the page where they pay, and how many of a hundred do it.
ENDINGS = {
    "pays": 50,
    "is declined first": 10,
    "is asked by the bank": 10,
    "pays twice at once": 6,
    "pays later": 6,
    "never returns": 8,
    "cancels while paying": 5,
    "leaves": 5,
}
ADDRESS = {"name": "Ada Example", "street": "Weg 1", "postcode": "10115", "city": "Berlin", "country": "DE"}


class Lost(Exception):
    """An answer that no shopper should get."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    location: str

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass(slots=True)
class Weather:
    """What all shoppers met: answers by status, and connections that broke."""

    answers: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    bugs: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Shopper:
    """One visitor who wants to buy once. ``order_ids`` has every id that the shop ever said for that."""

    url: str
    number: int
    seed: int
    weather: Weather
    variants: Sequence[int]
    codes: Sequence[str]
    pause_seconds: float
    order_ids: set[str] = field(default_factory=set)
    ending: str = "is still shopping"
    _cookie: str | None = None
    _chance: random.Random = field(init=False)
    _http: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"{self.seed} {self.number}")  # noqa: S311 - a sequence to repeat
        self._http = urllib3.PoolManager(retries=False, timeout=20, maxsize=2)

    def shop(self) -> None:
        """Fill a cart, order it, and do with the payment page what this one does."""
        while (placed := self._order()) is None:  # what was in the cart is sold out: something else will do
            pass
        self.ending = "had nothing to pay"
        page_url = self._page_of(placed)
        if page_url is not None:
            self.ending = self._chance.choices(list(ENDINGS), list(ENDINGS.values()))[0]
            self._pay(page_url, placed["order_id"])

    def _fill_cart(self) -> None:
        for variant in self._chance.sample(self.variants, self._chance.randint(1, 3)):
            quantity = self._chance.randint(1, 2)
            self._ask("PUT", f"/api/cart/lines/{variant}", {200, 409}, {"quantity": quantity})
            self._think()
        if self._chance.random() < 0.4:
            self._ask("PUT", "/api/cart/voucher", {200, 422}, {"code": self._chance.choice(self.codes)})

    def _order(self) -> Any | None:
        """Order under one key for as long as it takes; without what others were faster with, if need be."""
        self._fill_cart()
        body = {"email": f"shopper-{self.number}@shopper.test", "address": ADDRESS}
        for _ in range(4):
            headers = {"Idempotency-Key": str(ULID())}
            if self._chance.random() < 0.2:  # an impatient one, who clicks twice
                with ThreadPoolExecutor(2) as hands:
                    clicks = [hands.submit(self._ask, "POST", "/api/orders", ORDERED, body, headers) for _ in range(2)]
                    answers = [click.result() for click in clicks]
            else:
                answers = [self._ask("POST", "/api/orders", ORDERED, body, headers)]
            good = [answer.json() for answer in answers if answer.status in {201, 202}]
            self.order_ids.update(placed["order_id"] for placed in good)
            if good:
                return good[-1]
            if not self._go_without(answers[-1].json()):
                return None
        return None

    def _go_without(self, problem: Any) -> bool:
        """Take out of the cart what can't be bought; return whether there is something to buy left."""
        if problem["code"] == "voucher_spent":
            self._ask("DELETE", "/api/cart/voucher", {200})
        elif problem["code"] == "out_of_stock":
            lines = self._ask("GET", "/api/cart", {200}).json()["lines"]
            self._ask("DELETE", f"/api/cart/lines/{lines[0]['variant_id']}", {200})
        return problem["code"] in {"voucher_spent", "out_of_stock", "cart_changed"}

    def _page_of(self, placed: Any) -> str | None:
        while placed["payment_url"] is None and placed["state"] == "awaiting_payment":
            time.sleep(AGAIN_SECONDS)
            placed = self._ask("POST", f"/api/orders/{placed['order_id']}/payment", {201, 202}).json()
            if placed["total_minor"] == 0:
                return None
        return str(placed["payment_url"]) if placed["payment_url"] else None

    def _pay(self, page_url: str, order_id: str) -> None:
        self._think()
        match self.ending:
            case "leaves":
                return
            case "is declined first":
                self._fill_in(page_url, number=IS_DECLINED)
                back = self._fill_in(page_url, number=PAYS)
            case "is asked by the bank":
                back = self._fill_in(page_url, number=IS_CHALLENGED)
                if "/challenge" in back:
                    back = self._fill_in(urljoin(page_url, back), answer="complete")
            case "pays later":
                back = self._fill_in(page_url, number=PAYS_LATER)
            case "pays twice at once":
                with ThreadPoolExecutor(2) as hands:
                    back = max(hands.map(lambda _: self._fill_in(page_url, number=PAYS), range(2)))
            case "cancels while paying":
                with ThreadPoolExecutor(2) as hands:
                    paying = hands.submit(self._fill_in, page_url, number=PAYS)
                    self._ask("POST", f"/api/orders/{order_id}/cancellation", {200, 409})
                    back = paying.result()
            case _:
                back = self._fill_in(page_url, number=PAYS)
        if back and self.ending != "never returns":
            self._think()
            self._ask("GET", back, {303})
            self._ask("GET", f"/api/orders/{order_id}", {200})

    def _fill_in(self, page_url: str, **fields: str) -> str:
        """Send the form of the provider's page until it is answered; return where it leads, or nothing."""
        body = urlencode({"name": "Ada Example", **fields}).encode()
        answer = self._until_answered("POST", page_url, {200, 303, 402, 410}, body, {"Content-Type": FORM})
        return answer.location

    def _ask(
        self, method: str, path: str, good: set[int], body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Ask the shop until it answers. Raises: Lost for an answer that is neither good nor "later"."""
        sent = {"Sec-Fetch-Site": "same-origin", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if self._cookie is not None:
            sent["Cookie"] = f"sid={self._cookie}"
        encoded = None if body is None else json.dumps(body).encode()
        return self._until_answered(method, urljoin(self.url, path), good, encoded, sent)

    def _until_answered(
        self, method: str, url: str, good: set[int], body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                answer = self._http.request(method, url, body=body, headers=headers, redirect=False)
            except HTTPError:
                self.weather.broken += 1
                time.sleep(AGAIN_SECONDS)
                continue
            self.weather.answers[answer.status] += 1
            self._keep_cookie(answer)
            if answer.status in good:
                return Answer(answer.status, answer.data, answer.headers.get("Location", ""))
            if answer.status != 503:
                said = f"{method} {re.sub('token=.*', 'token=…', url)}: {answer.status} {answer.data[:500]!r}"
                self.weather.bugs.append(said)
                if answer.status < 500:
                    raise Lost(said)
            time.sleep(AGAIN_SECONDS)
        raise Lost(f"{method} {url}: no answer in {PATIENCE_SECONDS} s")

    def _keep_cookie(self, answer: urllib3.BaseHTTPResponse) -> None:
        for header in answer.headers.getlist("Set-Cookie"):
            jar = SimpleCookie(header)
            if "sid" in jar:
                self._cookie = jar["sid"].value

    def _think(self) -> None:
        time.sleep(self._chance.uniform(0, self.pause_seconds))


ORDERED = {201, 202, 409, 422}
FORM = "application/x-www-form-urlencoded"
