"""The payment provider of a shop that has none: its shelves can be looked at, and nothing can be bought."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NoReturn

from shop.payments.provider import NoticeForged, Payment, PaymentPage, PaymentRequest, PaymentUnavailable


class NoPayments:
    """Answers every question with PaymentUnavailable, and believes no notice."""

    def open_page(self, request: PaymentRequest) -> PaymentPage:
        """Raises: PaymentUnavailable."""
        return _closed(f"order {request.order_id} can't be paid")

    def payment(self, page_id: str) -> Payment:
        """Raises: PaymentUnavailable."""
        return _closed(f"how {page_id} stands is not known")

    def close_page(self, page_id: str) -> Payment:
        """Raises: PaymentUnavailable."""
        return _closed(f"{page_id} can't be closed")

    def refund(self, payment_id: str, amount_minor: int, key: str) -> None:
        """Raises: PaymentUnavailable."""
        _closed(f"{amount_minor} of {payment_id} can't be given back for {key}")

    def read_notice(self, body: bytes, signature: str) -> NoReturn:
        """Raises: NoticeForged, for nobody may send one."""
        raise NoticeForged(f"{len(body)} bytes with the signature {signature[:80]!r} came to a shop without payments")

    def ledger(self, since: datetime) -> Iterator[Payment]:
        """Raises: PaymentUnavailable."""
        return _closed(f"there is no ledger since {since:%Y-%m-%d}")


def _closed(what: str) -> NoReturn:
    raise PaymentUnavailable(f"{what}: this shop has no payment provider, for PAYMENT_API_KEY is not set")
