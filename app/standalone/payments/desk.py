"""The provider as a whole: its books, its key, and what goes wrong with it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Request, current_app

from standalone.payments.books import Books, Store
from standalone.payments.checkout import pass_time
from standalone.payments.faults import Faults
from standalone.payments.wire import Refusal


class Desk:
    """What answers every question. Safe to share between threads."""

    def __init__(self, store: Store, url: str, api_key: str) -> None:
        self.pay_url = f"{url}/c/pay"
        self.faults = Faults()
        self.news = threading.Event()  # set after each change, for whoever delivers notices
        self._store = store
        self._api_key = api_key
        self._keys: set[str] = set()
        self._keys_lock = threading.Lock()

    @contextmanager
    def books(self) -> Iterator[Books]:
        """Open the books, in which everything has happened that is due by now; then the courier looks into them."""
        with self.quiet_books() as books:
            yield books
        self.news.set()

    @contextmanager
    def quiet_books(self) -> Iterator[Books]:
        """Open the books without calling the courier."""
        with self._store.books() as books:
            pass_time(books)
            yield books

    def authenticate(self, request: Request) -> None:
        """Refuse whoever does not bring the key. Source: docs.stripe.com/api/authentication. Raises: Refusal."""
        given = request.authorization
        key = (given.token if given.type == "bearer" else given.username) if given is not None else None
        if not key:
            raise Refusal("You did not provide an API key.", status=401)
        if not secrets.compare_digest(key.encode(), self._api_key.encode()):
            raise Refusal(f"Invalid API Key provided: {key[:8]}***", status=401)

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        """Let nobody else use the key meanwhile. Raises: Refusal. Source: docs.stripe.com/api/errors, 409"""
        with self._keys_lock:
            if key in self._keys:
                raise Refusal(
                    "There is currently another in-progress request using this Idempotent Key (that probably means you "
                    f"submitted twice, and the other request is still going through): {key}. Please try again later.",
                    status=409,
                    code="idempotency_key_in_use",
                )
            self._keys.add(key)
        try:
            yield
        finally:
            with self._keys_lock:
                self._keys.discard(key)


def current_desk() -> Desk:
    """Return the desk of the request that is being answered."""
    desk: Desk = current_app.extensions["desk"]
    return desk
