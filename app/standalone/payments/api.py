"""Stripe's API: which question is answered by what. How questions are asked and answered is in ``exchange``."""

from __future__ import annotations

from flask import Blueprint

from standalone.payments import checkout, refunds
from standalone.payments.books import Books
from standalone.payments.desk import current_desk
from standalone.payments.exchange import question
from standalone.payments.objects import listing
from standalone.payments.parameters import (
    EventList,
    Page,
    Parameters,
    RefundCreate,
    RefundList,
    SessionCreate,
    SessionList,
)
from standalone.payments.wire import Document

api = Blueprint("api", __name__, url_prefix="/v1")


@question(api, "POST", "/checkout/sessions", SessionCreate)
def open_page(books: Books, asked: SessionCreate) -> Document:
    """Open a page."""
    return checkout.open_page(books, asked, current_desk().pay_url)


@question(api, "GET", "/checkout/sessions", SessionList)
def pages(books: Books, asked: SessionList) -> Document:
    """List pages."""
    if asked.payment_intent is None:
        found, has_more = books.page("checkout.session", asked)
        return listing("/v1/checkout/sessions", found, has_more=has_more)
    intent = books.get("payment_intent", asked.payment_intent, "payment_intent")
    page = books.find("checkout.session", books.parent(intent["id"]))
    return listing("/v1/checkout/sessions", [page] if page else [], has_more=False)


@question(api, "GET", "/checkout/sessions/<id_>", Parameters)
def page(books: Books, _asked: Parameters, id_: str) -> Document:
    """Tell of a page."""
    return books.get("checkout.session", id_, "session")


@question(api, "POST", "/checkout/sessions/<id_>/expire", Parameters)
def expire(books: Books, _asked: Parameters, id_: str) -> Document:
    """End a page."""
    return checkout.expire(books, id_)


@question(api, "GET", "/payment_intents", Page)
def payments(books: Books, asked: Page) -> Document:
    """List payments."""
    found, has_more = books.page("payment_intent", asked)
    return listing("/v1/payment_intents", found, has_more=has_more)


@question(api, "GET", "/payment_intents/<id_>", Parameters)
def payment(books: Books, _asked: Parameters, id_: str) -> Document:
    """Tell of a payment."""
    return books.get("payment_intent", id_, "intent")


@question(api, "GET", "/charges/<id_>", Parameters)
def charge(books: Books, _asked: Parameters, id_: str) -> Document:
    """Tell of an attempt to take money."""
    return books.get("charge", id_)


@question(api, "POST", "/refunds", RefundCreate)
def give_back(books: Books, asked: RefundCreate) -> Document:
    """Give money back."""
    return refunds.give_back(books, asked)


@question(api, "GET", "/refunds", RefundList)
def money_given_back(books: Books, asked: RefundList) -> Document:
    """List refunds."""
    if asked.payment_intent is not None:
        books.get("payment_intent", asked.payment_intent, "payment_intent")
    found, has_more = books.page("refund", asked, parent=asked.payment_intent)
    return listing("/v1/refunds", found, has_more=has_more)


@question(api, "GET", "/refunds/<id_>", Parameters)
def refund(books: Books, _asked: Parameters, id_: str) -> Document:
    """Tell of a refund."""
    return books.get("refund", id_)


@question(api, "GET", "/events", EventList)
def events(books: Books, asked: EventList) -> Document:
    """List what happened."""
    found, has_more = books.page("event", asked, parent=asked.type)
    return listing("/v1/events", found, has_more=has_more)


@question(api, "GET", "/events/<id_>", Parameters)
def event(books: Books, _asked: Parameters, id_: str) -> Document:
    """Tell of something that happened."""
    return books.get("event", id_)
