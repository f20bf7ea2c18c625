"""The pages of vouchers."""

from __future__ import annotations

from datetime import datetime, timedelta

from apiflask import APIBlueprint
from flask import render_template, request

from shop.accounts.answers import NONE, Answer, Errors, to
from shop.accounts.forms import filled_in
from shop.accounts.visitor import own_account
from shop.admin.answers import once_more
from shop.admin.forms import ListForm, VoucherForm, minor_of, morning_of
from shop.admin.vouchers import VoucherShown, VoucherTerms
from shop.money import amount
from shop.problems import Conflict, Invalid
from shop.shop import current_shop

pages = APIBlueprint("admin_vouchers", __name__, url_prefix="/admin/vouchers", enable_openapi=False)
A_DAY = timedelta(days=1)


@pages.get("")
def vouchers_page() -> Answer:
    """Show the vouchers with their uses."""
    asked = filled_in(ListForm, request.args)
    return render_template("admin/vouchers.html", part=current_shop().vouchers.all(asked.page))


@pages.get("/new")
def new_page() -> Answer:
    """Ask for a new voucher."""
    return _new()


@pages.post("/new")
def submit_new() -> Answer:
    """Issue a voucher."""
    try:
        sent = filled_in(VoucherForm, request.form)
        current_shop().vouchers.issue(sent.code, _terms(sent), own_account())
    except Invalid as problem:
        return once_more(problem, _new)
    return to("/admin/vouchers", done="1")


@pages.get("/<code>")
def voucher_page(code: str) -> Answer:
    """Show a voucher."""
    return _voucher(code)


@pages.post("/<code>")
def submit_voucher(code: str) -> Answer:
    """Change a voucher: everything but its code."""
    try:
        sent = filled_in(VoucherForm, {**request.form, "code": code})
        current_shop().vouchers.change(code, _terms(sent), request.form.get("edition", ""), own_account())
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _voucher(code, errors))
    return to("/admin/vouchers", done="1")


@pages.post("/<code>/end")
def submit_end(code: str) -> Answer:
    """End a voucher."""
    current_shop().vouchers.end(code, own_account())
    return to("/admin/vouchers", done="1")


def _new(errors: Errors = NONE) -> str:
    sent = request.form or {"is_active": "true"}
    return render_template("admin/voucher.html", voucher=None, sent=sent, errors=errors)


def _voucher(code: str, errors: Errors = NONE) -> str:
    voucher = current_shop().vouchers.voucher(code)
    sent = request.form or _written(voucher)
    return render_template("admin/voucher.html", voucher=voucher, sent=sent, errors=errors)


def _terms(sent: VoucherForm) -> VoucherTerms:
    """Return the terms. A voucher ends after the last day on which it counts. Raises: Invalid."""
    currency, last = current_shop().config.currency, morning_of(sent.ends_on)
    return VoucherTerms(
        percent=sent.percent,
        amount_minor=None if sent.amount is None else minor_of(sent.amount, currency, "amount", least=1),
        minimum_minor=0 if sent.minimum is None else minor_of(sent.minimum, currency, "minimum"),
        starts_at=morning_of(sent.starts_on),
        ends_at=None if last is None else last + A_DAY,
        max_uses=sent.max_uses,
        is_once_per_customer=sent.is_once_per_customer,
        is_active=sent.is_active,
        note=sent.note,
    )


def _written(voucher: VoucherShown) -> dict[str, object]:
    """Return what the form holds for a voucher."""
    terms, currency = voucher.terms, current_shop().config.currency
    return {
        "percent": terms.percent,
        "amount": None if terms.amount_minor is None else amount(terms.amount_minor, currency),
        "minimum": amount(terms.minimum_minor, currency) if terms.minimum_minor else None,
        "starts_on": _day(terms.starts_at),
        "ends_on": _day(None if terms.ends_at is None else terms.ends_at - timedelta(seconds=1)),
        "max_uses": terms.max_uses,
        "is_once_per_customer": terms.is_once_per_customer,
        "is_active": terms.is_active,
        "note": terms.note,
    }


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()
