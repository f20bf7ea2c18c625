"""Stripe as the payment provider: hosted Checkout pages, so that no card and no foreign script touches the shop.

Written for the API version that is pinned here; what a later version adds to an answer is passed over.
Source: docs.stripe.com/api/checkout/sessions, docs.stripe.com/api/refunds.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import stripe

from shop import money
from shop.config import Config
from shop.payments import ledger
from shop.payments.absent import NoPayments
from shop.payments.provider import (
    Notice,
    NoticeForged,
    Payment,
    PaymentPage,
    PaymentProvider,
    PaymentRefused,
    PaymentRequest,
    PaymentStatus,
    PaymentUnavailable,
    PaymentUnknown,
    RefundRefused,
)

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

log = logging.getLogger(__name__)

API_VERSION = "2026-10-28.endive"
CONNECT_SECONDS = 2
ANSWER_SECONDS = 6  # a page opens in well under a second; whoever waits longer is better told to try again
RETRIES = 2  # made by Stripe's library, each with the key of the first attempt
NOTICE_SECONDS = 300  # so old a notice may be. Source: docs.stripe.com/webhooks, "Preventing replay attacks"
MAX_LINES = 100  # Source: docs.stripe.com/api/checkout/sessions/create, line_items
PAGE_SIZE = 100
# How many decimals Stripe counts with, where not two. Source: docs.stripe.com/currencies, "Minor units in API amounts"
NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
DECIMALS = dict.fromkeys(NO_DECIMALS.split(), 0) | dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3)
# A refund that did not give the money back in the end. Source: docs.stripe.com/api/refunds/object, status
FAILED_REFUND = frozenset({"failed", "canceled"})


def open_payments(config: Config) -> PaymentProvider:
    """Return the payment provider that the configuration names. Connects when it is first asked."""
    if config.payment_api_key is None or config.payment_webhook_secret is None:
        log.warning("this shop sells nothing, for it has no payment provider: PAYMENT_API_KEY is not set")
        return NoPayments()
    return StripeProvider(
        config.payment_api_key.get_secret_value(),
        config.payment_webhook_secret.get_secret_value(),
        config.payment_api_base,
    )


class StripeProvider:
    """One Stripe account. Safe to share between threads, each of which keeps a connection."""

    def __init__(self, api_key: str, webhook_secret: str, api_base: str | None = None) -> None:
        stripe.enable_telemetry = False  # or its library writes an id into the home folder of the shop
        self._webhook_secret = webhook_secret
        self._stripe = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={} if api_base is None else {"api": api_base},
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS)),
        )

    def open_page(self, request: PaymentRequest) -> PaymentPage:
        """Return the page for the order: the same one however often it is asked, also after a lost reply.

        Stripe keeps the key for 24 hours, which no page outlives. Source: docs.stripe.com/api/idempotent_requests
        Raises: PaymentUnavailable; PaymentRefused for an amount or a time out of Stripe's limits, or too many lines.
        """
        asked = _session_asked(request)
        with _answering():
            session = self._stripe.v1.checkout.sessions.create(asked, {"idempotency_key": f"page-{request.order_id}"})
        if session.url is None:
            raise PaymentUnavailable(f"the provider's page {session.id} has no address")
        return PaymentPage(session.id, session.url)

    def payment(self, page_id: str) -> Payment:
        """Return what Stripe knows now. Raises: PaymentUnknown, PaymentUnavailable."""
        _require(page_id, "cs_")
        with _answering():
            session = self._stripe.v1.checkout.sessions.retrieve(page_id, {"expand": ["payment_intent.latest_charge"]})
        if (payment := _payment(session)) is None:
            raise PaymentUnknown(f"{page_id} is a page, and of no order of the shop")
        return payment

    def close_page(self, page_id: str) -> Payment:
        """Let nobody pay on the page any more, and return how it stands: it may have been paid just before.

        Raises: PaymentUnknown, PaymentUnavailable.
        """
        _require(page_id, "cs_")
        with _answering():
            try:
                self._stripe.v1.checkout.sessions.expire(page_id)
            except stripe.InvalidRequestError as error:
                # Only an open page can be closed. Source: docs.stripe.com/api/checkout/sessions/expire
                if error.code == "resource_missing":
                    raise
        return self.payment(page_id)

    def refund(self, payment_id: str, amount_minor: int, key: str) -> None:
        """Give money back, once per key.

        Stripe forgets keys after a day, and a message may be handled again after that: the refund carries its key.
        Raises: RefundRefused, PaymentUnknown, PaymentUnavailable.
        """
        _require(payment_id, "pi_")
        with _answering():
            refund = self._refund_with(payment_id, key) or self._new_refund(payment_id, amount_minor, key)
        if refund.status in FAILED_REFUND:
            raise RefundRefused(f"the refund {refund.id} of {payment_id} is {refund.status}")

    def read_notice(self, body: bytes, signature: str) -> Notice:
        """Return the notice in the body. Raises: NoticeForged if the signature is wrong or older than five minutes."""
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._webhook_secret, NOTICE_SECONDS)
            return _notice(json.loads(body))
        except (stripe.SignatureVerificationError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise NoticeForged(f"the message is no notice of the provider: {type(error).__name__}") from error

    def ledger(self, since: datetime) -> Iterator[Payment]:
        """Return every payment that was begun since the moment, in no promised order. Raises: PaymentUnavailable."""
        with _answering():
            pages = self._stripe.v1.checkout.sessions.list(
                {
                    "created": {"gte": int(since.timestamp())},
                    "limit": PAGE_SIZE,
                    "expand": ["data.payment_intent.latest_charge"],
                }
            )
            for session in pages.auto_paging_iter():
                if (payment := _payment(session)) is not None:
                    yield payment

    def _refund_with(self, payment_id: str, key: str) -> stripe.Refund | None:
        refunds = self._stripe.v1.refunds.list({"payment_intent": payment_id, "limit": PAGE_SIZE})
        found = (refund for refund in refunds.auto_paging_iter() if _texts(refund.metadata).get("refund") == key)
        return next(found, None)

    def _new_refund(self, payment_id: str, amount_minor: int, key: str) -> stripe.Refund:
        try:
            return self._stripe.v1.refunds.create(
                {"payment_intent": payment_id, "amount": amount_minor, "metadata": {"refund": key}},
                {"idempotency_key": f"refund-{key}"},
            )
        except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as error:
            if error.code == "resource_missing":
                raise
            raise RefundRefused(str(error)) from error


@contextmanager
def _answering() -> Iterator[None]:
    """Say in the shop's words what Stripe's library says: every error of it is one of ours.

    Source: docs.stripe.com/api/errors; a key that was used for another request may have acted: unavailable.
    """
    try:
        yield
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            raise PaymentUnknown(str(error)) from error
        raise PaymentRefused(str(error)) from error
    except stripe.StripeError as error:
        raise PaymentUnavailable(f"{type(error).__name__}: {error}") from error


def _require(id_: str, prefix: str) -> None:
    """Refuse what can't be an id at all: an empty one would be the address of a list."""
    if not (id_.startswith(prefix) and id_.isascii() and id_.replace("_", "").isalnum()):
        raise PaymentUnknown(f"the provider has no id like {id_!r}")


def _session_asked(request: PaymentRequest) -> SessionCreateParams:
    """Return what Stripe is asked to open. Pure: the same order asks for the same."""
    if sum(line.quantity * line.unit_minor for line in request.lines) != request.amount_minor:
        raise ValueError(f"the lines of order {request.order_id} do not add up to its amount")
    if len(request.lines) > MAX_LINES:
        raise PaymentRefused(f"Stripe takes {MAX_LINES} lines in an order, and this one has {len(request.lines)}")
    if money.DECIMALS.get(request.currency, 2) != DECIMALS.get(request.currency, 2):
        raise PaymentRefused(f"Stripe counts {request.currency} in other units than the shop")
    entry = _entry(request)
    return {
        "mode": "payment",
        "client_reference_id": request.order_id,
        "customer_email": request.email,
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
        "line_items": [
            {
                "quantity": line.quantity,
                "price_data": {
                    "currency": request.currency.lower(),
                    "unit_amount": line.unit_minor,
                    "product_data": {"name": line.name},
                },
            }
            for line in request.lines
        ],
        "metadata": entry,
        "payment_intent_data": {"description": f"Order {request.order_id}", "metadata": entry},
    }


def _entry(request: PaymentRequest) -> dict[str, str]:
    lines = tuple(
        ledger.EntryLine(sku=line.sku, quantity=line.quantity, unit_minor=line.unit_minor) for line in request.lines
    )
    try:
        return ledger.written(
            ledger.Entry(
                order_id=request.order_id, amount_minor=request.amount_minor, currency=request.currency, lines=lines
            )
        )
    except ledger.EntryTooLong as error:
        raise PaymentRefused(str(error)) from error


def _notice(event: dict[str, Any]) -> Notice:
    about = event["data"]["object"]
    return Notice(
        id=event["id"],
        kind=event["type"],
        page_id=about["id"] if about["object"] == "checkout.session" else None,
        order_id=(about.get("metadata") or {}).get("order"),
    )


def _payment(session: stripe.checkout.Session) -> Payment | None:
    """Return what a page says of its order; None for a page of somebody else who uses the same account."""
    texts = _texts(session.metadata)
    try:
        entry = ledger.read(texts)
        lines = entry.lines if entry else ()
    except ledger.EntryUnreadable as error:
        log.warning("%s: %s", session.id, error)
        entry, lines = None, ()
    order_id = entry.order_id if entry else session.client_reference_id
    if "ledger" not in texts or order_id is None:
        return None
    intent = session.payment_intent if isinstance(session.payment_intent, stripe.PaymentIntent) else None
    charge = intent.latest_charge if intent and isinstance(intent.latest_charge, stripe.Charge) else None
    status = _status(session, intent)
    return Payment(
        page_id=session.id,
        order_id=order_id,
        status=status,
        amount_minor=session.amount_total or 0,
        currency=(session.currency or "").upper(),
        lines=tuple((line.sku, line.quantity) for line in lines),
        created_at=datetime.fromtimestamp(session.created, UTC),
        id=intent.id if intent and status is PaymentStatus.PAID else None,
        refunded_minor=charge.amount_refunded if charge else 0,
    )


def _status(session: stripe.checkout.Session, intent: stripe.PaymentIntent | None) -> PaymentStatus:
    """Return how far a payment has come. What a later version of Stripe may say in addition leaves it open.

    A page that is complete and unpaid waits for a bank, until it is known whether the money came.
    Source: docs.stripe.com/checkout/fulfillment, docs.stripe.com/payments/paymentintents/lifecycle
    """
    if session.payment_status in {"paid", "no_payment_required"}:
        return PaymentStatus.PAID
    if session.status == "expired":
        return PaymentStatus.EXPIRED
    has_failed = intent is not None and intent.status in {"requires_payment_method", "canceled"}
    return PaymentStatus.EXPIRED if session.status == "complete" and has_failed else PaymentStatus.OPEN


def _texts(metadata: object) -> dict[str, str]:
    return metadata.to_dict() if isinstance(metadata, stripe.StripeObject) else {}
