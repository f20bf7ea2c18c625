"""Pages to pay on: how they open, are paid, and end.

Source: docs.stripe.com/api/checkout/sessions, docs.stripe.com/payments/paymentintents/lifecycle,
docs.stripe.com/checkout/fulfillment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from standalone.payments import objects
from standalone.payments.books import Books
from standalone.payments.cards import DECLINED, Behaviour, Number
from standalone.payments.parameters import SessionCreate
from standalone.payments.wire import Document, Refusal

MIN_SECONDS = 30 * 60  # Source: docs.stripe.com/api/checkout/sessions/create, expires_at
MAX_SECONDS = 24 * 3600
MAX_AMOUNT = 99_999_999  # Source: docs.stripe.com/currencies, "Minimum and maximum charge amounts"
MIN_AMOUNTS = {"gbp": 30, "dkk": 250, "nok": 300, "sek": 300, "pln": 200, "ron": 200, "czk": 1500, "huf": 17500}
MIN_AMOUNT = 50  # in eur, usd, chf, jpy and most others
SETTLE_SECONDS = 10  # a bank takes days, and Stripe's numbers for tests three minutes


class Outcome(StrEnum):
    """What an attempt to pay led to."""

    PAID = "paid"
    PENDING = "pending"
    CHALLENGED = "challenged"
    DECLINED = "declined"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to pay, what it led to, and what the shopper is told."""

    page: Document
    outcome: Outcome
    message: str = ""


def open_page(books: Books, asked: SessionCreate, pay_url: str) -> Document:
    """Open a page. Raises: Refusal."""
    now = books.now()
    currencies = {line.price_data.currency for line in asked.line_items}
    if len(currencies) > 1:
        raise Refusal("All line items must have the same currency.", param="line_items")
    currency = currencies.pop()
    amount = sum(line.quantity * line.price_data.unit_amount for line in asked.line_items)
    if amount < (least := MIN_AMOUNTS.get(currency, MIN_AMOUNT)):
        raise Refusal(
            f"The Checkout Session's total amount due must add up to at least {least} in minor units of {currency}.",
            code="amount_too_small",
        )
    if amount > MAX_AMOUNT:
        raise Refusal("The Checkout Session's total amount is too large.", code="amount_too_large")
    expires_at = now + MAX_SECONDS if asked.expires_at is None else asked.expires_at
    if not now + MIN_SECONDS <= expires_at <= now + MAX_SECONDS:
        raise Refusal(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    page = books.add(objects.session(asked, amount, now, expires_at, pay_url))
    for line in asked.line_items:
        books.add(objects.line_item(line, now), parent=page["id"])
    books.add({"id": f"data_{page['id']}", "object": "data", **asked.payment_intent_data.model_dump()})
    books.plan(page["id"], "expire", expires_at)
    return page


def expire(books: Books, page_id: str) -> Document:
    """End a page that is open. Source: docs.stripe.com/api/checkout/sessions/expire. Raises: Refusal."""
    page = books.get("checkout.session", page_id, "session")
    if page["status"] != "open":
        raise Refusal(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{page['status']}`."
        )
    page = books.change(page, status="expired", url=None)
    books.drop_plan(page_id)
    if intent := books.find("payment_intent", page["payment_intent"]):
        intent = books.change(
            intent, status="canceled", canceled_at=books.now(), cancellation_reason="expired", next_action=None
        )
        tell(books, "payment_intent.canceled", intent)
    tell(books, "checkout.session.expired", page)
    return page


def pay(books: Books, page_id: str, number: Number, name: str) -> Attempt:
    """Try to pay a page with a number. A page that is paid already, or ended, takes no money."""
    page = books.get("checkout.session", page_id)
    if page["status"] != "open":
        return Attempt(page, Outcome.ENDED)
    page, intent = _intent_of(books, page)
    taken = books.add(objects.charge(intent, page["customer_email"], name, books.now()), parent=intent["id"])
    details = {"email": page["customer_email"], "name": name}
    blanks = dict.fromkeys(("address", "business_name", "individual_name", "phone"))
    page = books.change(page, customer_details={**blanks, **details, "tax_exempt": "none", "tax_ids": []})
    intent = books.change(intent, latest_charge=taken["id"], last_payment_error=None)
    match number.behaviour:
        case Behaviour.PAYS:
            return _succeed(books, page, intent, taken)
        case Behaviour.IS_DECLINED:
            return _decline(books, page, intent, taken, number.decline_code or "generic_decline")
        case Behaviour.IS_CHALLENGED:
            return _challenge(books, page, intent)
        case Behaviour.PAYS_LATER:
            return _wait(books, page, intent, "settle")
        case Behaviour.FAILS_LATER:
            return _wait(books, page, intent, "bounce")


def answer_challenge(books: Books, page_id: str, *, is_passed: bool) -> Attempt:
    """Go on with a payment whose bank asked the shopper. Source: docs.stripe.com/payments/3d-secure"""
    page = books.get("checkout.session", page_id)
    intent = books.find("payment_intent", page["payment_intent"])
    if page["status"] != "open" or intent is None or intent["status"] != "requires_action":
        return Attempt(page, Outcome.ENDED)
    taken = books.get("charge", intent["latest_charge"])
    if is_passed:
        return _succeed(books, page, intent, taken)
    return _fail(
        books,
        page,
        intent,
        taken,
        {
            "type": "invalid_request_error",
            "code": "payment_intent_authentication_failure",
            "message": "We are unable to authenticate your payment method. Please choose another one and try again.",
        },
    )


def pass_time(books: Books) -> None:
    """Do what is due: pages end, and banks that took their time say yes or no."""
    for id_, what in books.due():
        books.drop_plan(id_)
        _LATER[what](books, id_)


def tell(books: Books, kind: str, about: Document) -> None:
    """Note that something happened, and have the shop told if its kind is one that a shop asks for."""
    news = books.add(objects.event(kind, about, books.now()), parent=kind)
    if kind in TOLD:
        books.queue(news["id"])


# What a shop has its endpoint told. Source: docs.stripe.com/checkout/fulfillment, docs.stripe.com/refunds
TOLD = frozenset({
    "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
    "checkout.session.expired", "charge.refunded",
})  # fmt: skip


def _intent_of(books: Books, page: Document) -> tuple[Document, Document]:
    # A page makes its payment when somebody first tries to pay. Source: docs.stripe.com/upgrades#2022-08-01
    if found := books.find("payment_intent", page["payment_intent"]):
        return page, found
    intent = books.add(objects.payment_intent(page, books.get("data", f"data_{page['id']}"), books.now()), page["id"])
    tell(books, "payment_intent.created", intent)
    return books.change(page, payment_intent=intent["id"]), intent


def _succeed(books: Books, page: Document, intent: Document, taken: Document) -> Attempt:
    is_late = page["status"] == "complete"
    taken = books.change(taken, status="succeeded", paid=True, captured=True, amount_captured=taken["amount"])
    intent = books.change(
        intent, status="succeeded", amount_received=intent["amount"], next_action=None, processing=None
    )
    page = books.change(page, status="complete", payment_status="paid", url=None)
    books.drop_plan(page["id"])
    tell(books, "charge.succeeded", taken)
    tell(books, "payment_intent.succeeded", intent)
    tell(books, "checkout.session.async_payment_succeeded" if is_late else "checkout.session.completed", page)
    return Attempt(page, Outcome.PAID)


def _decline(books: Books, page: Document, intent: Document, taken: Document, code: str) -> Attempt:
    error = {"type": "card_error", "code": "card_declined", "decline_code": code, "message": DECLINED[code]}
    return _fail(books, page, intent, taken, error)


def _fail(books: Books, page: Document, intent: Document, taken: Document, error: Document) -> Attempt:
    taken = books.change(taken, status="failed", failure_code=error["code"], failure_message=error["message"])
    intent = books.change(
        intent,
        status="requires_payment_method",
        last_payment_error={**error, "charge": taken["id"]},
        next_action=None,
        processing=None,
    )
    tell(books, "charge.failed", taken)
    tell(books, "payment_intent.payment_failed", intent)
    return Attempt(page, Outcome.DECLINED, error["message"])


def _challenge(books: Books, page: Document, intent: Document) -> Attempt:
    url = f"{page['url']}/challenge"
    intent = books.change(
        intent,
        status="requires_action",
        next_action={"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": page["url"]}},
    )
    tell(books, "payment_intent.requires_action", intent)
    return Attempt(page, Outcome.CHALLENGED)


def _wait(books: Books, page: Document, intent: Document, what: str) -> Attempt:
    intent = books.change(intent, status="processing")
    page = books.change(page, status="complete", url=None)
    books.plan(page["id"], what, books.now() + SETTLE_SECONDS)
    tell(books, "payment_intent.processing", intent)
    tell(books, "checkout.session.completed", page)
    return Attempt(page, Outcome.PENDING)


def _settle(books: Books, page_id: str) -> None:
    page = books.get("checkout.session", page_id)
    intent = books.get("payment_intent", page["payment_intent"])
    _succeed(books, page, intent, books.get("charge", intent["latest_charge"]))


def _bounce(books: Books, page_id: str) -> None:
    page = books.get("checkout.session", page_id)
    intent = books.get("payment_intent", page["payment_intent"])
    error = {"type": "card_error", "code": "payment_method_provider_decline", "message": "The bank declined the debit."}
    _fail(books, page, intent, books.get("charge", intent["latest_charge"]), error)
    tell(books, "checkout.session.async_payment_failed", page)


_LATER: dict[str, Callable[[Books, str], object]] = {"expire": expire, "settle": _settle, "bounce": _bounce}
