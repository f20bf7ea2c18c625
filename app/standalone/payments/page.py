"""The page where shoppers pay. It needs no script, and says that it is not the real one."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from standalone.payments import checkout
from standalone.payments.books import Books
from standalone.payments.cards import NUMBERS, number_of
from standalone.payments.checkout import Attempt, Outcome
from standalone.payments.desk import current_desk
from standalone.payments.wire import Document

pages = Blueprint("page", __name__, url_prefix="/c/pay")
MAX_NAME_CHARACTERS = 200


@pages.get("/<id_>")
def form(id_: str) -> AnyResponse:
    """Show what is to be paid, and ask for a number."""
    with current_desk().books() as books:
        page = _found(books, id_)
        return _form(books, page) if page["status"] == "open" else _ended(page)


@pages.post("/<id_>")
def pay(id_: str) -> AnyResponse:
    """Take the number, and lead on."""
    number, name = request.form.get("number", "").strip(), request.form.get("name", "").strip()
    with current_desk().books() as books:
        page = _found(books, id_)
        is_filled_in = number and 1 <= len(name) <= MAX_NAME_CHARACTERS
        if page["status"] == "open" and not is_filled_in:
            return _form(books, page, "Please fill in the number and your name.", name)
        return _led_on(books, checkout.pay(books, id_, number_of(number), name), name)


@pages.get("/<id_>/challenge")
def challenge(id_: str) -> AnyResponse:
    """Ask in the name of the bank whether it is really the shopper. Source: docs.stripe.com/payments/3d-secure"""
    with current_desk().books() as books:
        page = _found(books, id_)
        return _shown("challenge.html", page) if page["status"] == "open" else _ended(page)


@pages.post("/<id_>/challenge")
def answer(id_: str) -> AnyResponse:
    """Take the answer to the bank, and lead on."""
    is_passed = request.form.get("answer") == "complete"
    with current_desk().books() as books:
        return _led_on(books, checkout.answer_challenge(books, id_, is_passed=is_passed))


def _found(books: Books, id_: str) -> Document:
    return books.get("checkout.session", id_)


def _led_on(books: Books, attempt: Attempt, name: str = "") -> AnyResponse:
    match attempt.outcome:
        case Outcome.PAID | Outcome.PENDING:
            return redirect(_success_url(attempt.page), 303)
        case Outcome.CHALLENGED:
            return redirect(url_for("page.challenge", id_=attempt.page["id"]), 303)
        case Outcome.DECLINED:
            return _form(books, attempt.page, attempt.message, name)
        case Outcome.ENDED:
            return _ended(attempt.page)


def _success_url(page: Document) -> str:
    # Source: docs.stripe.com/payments/checkout/custom-success-page
    return str(page["success_url"]).replace("{CHECKOUT_SESSION_ID}", page["id"])


def _form(books: Books, page: Document, error: str = "", name: str = "") -> Response:
    lines = books.below("item", page["id"])
    return _shown("pay.html", page, lines=lines, numbers=NUMBERS, error=error, name=name, status=402 if error else 200)


def _ended(page: Document) -> Response:
    back = _success_url(page) if page["status"] == "complete" else page["cancel_url"]
    return _shown("ended.html", page, back=back, status=200 if page["status"] == "complete" else 410)


def _shown(template: str, page: Document, *, status: int = 200, **values: object) -> Response:
    response = make_response(render_template(template, page=page, **values), status)
    leads_to = " ".join(_origin(url) for url in (page["success_url"], page["cancel_url"]) if url)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {leads_to}; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _origin(url: str) -> str:
    address = urlsplit(url)
    return f"{address.scheme}://{address.netloc}"
