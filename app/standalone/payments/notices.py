"""Telling the shop what happened: signed notices, tried again until the shop says that it has them.

They may come twice and in another order than things happened, as Stripe's may.
Source: docs.stripe.com/webhooks ("Event delivery behaviors", "Verify manually").
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from hashlib import sha256

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from standalone.payments.desk import Desk
from standalone.payments.faults import Delivery
from standalone.payments.wire import Document

ANSWER_SECONDS = 10
TICK_SECONDS = 0.25
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0  # Stripe's waits grow to hours, over three days


class Courier(threading.Thread):
    """Delivers notices, one after the other, for as long as the process lives; and lets time pass in the books."""

    def __init__(self, desk: Desk, url: str | None, secret: str) -> None:
        super().__init__(name="courier", daemon=True)
        self._desk = desk
        self._url = url
        self._secret = secret
        self._http = PoolManager(retries=False, timeout=ANSWER_SECONDS)

    def run(self) -> None:
        """Deliver what is due, then wait for news."""
        while True:
            self._desk.news.wait(TICK_SECONDS)
            self._desk.news.clear()
            while self._deliver_one():
                pass

    def _deliver_one(self) -> bool:
        how = self._desk.faults.delivery
        with self._desk.quiet_books() as books:
            due = books.next_delivery(is_newest_first=how is Delivery.NEWEST_FIRST)
        if due is None or self._url is None or how is Delivery.OFF:
            return False
        event, attempts = due
        is_done = self._has_it(event) and (how is not Delivery.TWICE or self._has_it(event))
        with self._desk.quiet_books() as books:
            wait_seconds = min(FIRST_WAIT_SECONDS * 2**attempts, LONGEST_WAIT_SECONDS)
            books.delivered(event["id"], is_done=is_done, wait_seconds=wait_seconds)
        return True

    def _has_it(self, event: Document) -> bool:
        body = json.dumps(event, indent=2).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (local stand-in)"}
        headers["Stripe-Signature"] = signature(body, self._secret, int(time.time()))
        try:
            answer = self._http.request("POST", str(self._url), body=body, headers=headers, redirect=False)
        except HTTPError:
            return False
        return 200 <= answer.status < 300


def signature(body: bytes, secret: str, at: int) -> str:
    """Return the header that proves a notice. Pure. Source: docs.stripe.com/webhooks, "Verify manually" """
    proof = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={proof}"
