"""The payment provider's process for tests, with the words of a shopper, of a test and of a drill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
from ulid import ULID

from shop.payments.provider import Line, PaymentRequest
from shop.payments.stripe_provider import StripeProvider
from standalone.__main__ import free_port
from standalone.payments.process import PaymentProcess

API_KEY = "sk_test_of_these_tests"
WEBHOOK_SECRET = "whsec_of_these_tests"  # noqa: S105 - it opens nothing
PAYS = "4242 4242 4242 4242"
IS_DECLINED = "4000 0000 0000 0002"
LACKS_FUNDS = "4000 0000 0000 9995"
IS_CHALLENGED = "4000 0027 6000 3184"
PAYS_LATER = "DE89 3704 0044 0532 0130 00"
FAILS_LATER = "DE62 3704 0044 0532 0130 01"


class Payments(PaymentProcess):
    """A provider on a port of its own. It can be killed and started again over what it remembers."""

    def __init__(self, folder: Path, webhook: str | None = None) -> None:
        super().__init__(folder, free_port(), api_key=API_KEY, webhook_secret=WEBHOOK_SECRET, webhook=webhook)
        self._http = urllib3.PoolManager(retries=False, timeout=20)

    def provider(self) -> StripeProvider:
        """What a shop talks to it by."""
        return StripeProvider(API_KEY, WEBHOOK_SECRET, self.url)

    def goes_wrong(self, kind: str, **details: object) -> None:
        """Have the next calls go wrong: refuse, cut, lose, break or delay."""
        self.turn("POST", "/_faults", kind=kind, **details)

    def goes_well(self) -> None:
        """Let nothing more go wrong."""
        self.turn("DELETE", "/_faults")

    def delivers(self, how: str) -> None:
        """Deliver notices so: on, off, twice, or newest first."""
        self.turn("POST", "/_notices", delivery=how)

    def hurry(self, seconds: int) -> None:
        """Move its clock ahead."""
        self.turn("POST", "/_clock", seconds=seconds)

    def everything(self) -> Any:
        """All pages with their payments, all news, and how far their delivery is."""
        return self.turn("GET", "/_payments")

    def turn(self, verb: str, path: str, /, **values: object) -> Any:
        """Ask its administration."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        body = values if verb == "POST" else None
        answer = self._http.request(verb, self.url + path, headers=headers, json=body)
        assert answer.status == 200, answer.data
        return answer.json()

    def look(self, page_url: str) -> urllib3.BaseHTTPResponse:
        """Open a page as a browser does that follows nothing."""
        return self._http.request("GET", page_url, redirect=False)

    def fill_in(self, page_url: str, **fields: str) -> urllib3.BaseHTTPResponse:
        """Send the form of a page as a browser does that follows nothing."""
        return self._http.request(
            "POST",
            page_url,
            body=urlencode(fields),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            redirect=False,
        )

    def pay(self, page_url: str, number: str = PAYS) -> urllib3.BaseHTTPResponse:
        """Pay on a page."""
        return self.fill_in(page_url, number=number, name="Ada Example")


@contextmanager
def running_payments(folder: Path, webhook: str | None = None) -> Iterator[Payments]:
    """Run a provider for the time of the block."""
    payments = Payments(folder, webhook)
    payments.start()
    try:
        yield payments
    finally:
        payments.stop()


def order(**changes: Any) -> PaymentRequest:
    """An order of two mugs and their shipping, which waits for its money."""
    request = PaymentRequest(
        order_id=str(ULID()),
        amount_minor=3700,
        currency="EUR",
        email="ada@example.org",
        lines=(
            Line(sku="plain-mug-s", name="Plain mug (small)", quantity=2, unit_minor=1600),
            Line(sku="SHIPPING", name="Shipping", quantity=1, unit_minor=500),
        ),
        success_url="http://shop.test/orders/paid?page={CHECKOUT_SESSION_ID}",
        cancel_url="http://shop.test/cart",
        expires_at=datetime.now(UTC) + timedelta(minutes=75),
    )
    return replace(request, **changes)
