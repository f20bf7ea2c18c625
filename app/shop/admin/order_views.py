"""The pages of orders for the staff. Money goes back only after a page that asks once more."""

from __future__ import annotations

from collections.abc import Mapping

from apiflask import APIBlueprint
from flask import render_template, request
from ulid import ULID

from shop.accounts.answers import NONE, Answer, Errors, to
from shop.accounts.forms import filled_in
from shop.accounts.visitor import own_account
from shop.admin.answers import once_more
from shop.admin.audit import Deed
from shop.admin.forms import OrdersForm, RefundForm, minor_of
from shop.admin.order_desk import ATTENTION
from shop.money import amount, price
from shop.orders.refunds import RefundTooLarge
from shop.orders.views import STATES
from shop.pricing.countries import COUNTRIES
from shop.problems import Conflict, Invalid
from shop.shop import current_shop

pages = APIBlueprint("admin_orders", __name__, url_prefix="/admin", enable_openapi=False)
FILTERS = (
    ("", "All"),
    *((state.value, words.capitalize()) for state, (words, _) in STATES.items()),
    (ATTENTION, "To look at"),
)
LARGEST_JOB = 2**63 - 1
TOLD = ("order_id", "refund_id", "model_id", "account_id")  # of what a job is about; the rest is about people


@pages.get("/orders")
def orders_page() -> Answer:
    """Show the orders of a state, or those that are looked for."""
    asked = filled_in(OrdersForm, request.args)
    desk = current_shop().order_desk
    return render_template(
        "admin/orders.html",
        part=desk.find(asked.q, asked.state, asked.page),
        gaps=desk.gaps(),
        asked=asked,
        filters=FILTERS,
        states=STATES,
    )


@pages.get("/orders/<ulid:order_id>")
def order_page(order_id: str) -> Answer:
    """Show an order with all that happened to it."""
    return _order(order_id)


@pages.post("/orders/<ulid:order_id>/shipped")
def submit_shipped(order_id: str) -> Answer:
    """Note that an order is on its way."""
    try:
        with current_shop().audit.around(_deed("order: shipped", order_id)):
            current_shop().orders.mark_shipped(order_id)
    except Conflict as problem:
        return once_more(problem, lambda errors: _order(order_id, errors))
    return _done(order_id)


@pages.post("/orders/<ulid:order_id>/looked-after")
def submit_looked_after(order_id: str) -> Answer:
    """Take the flag off an order."""
    try:
        current_shop().order_desk.look_after(order_id, request.form.get("attention", ""), own_account())
    except Conflict as problem:
        return once_more(problem, lambda errors: _order(order_id, errors))
    return _done(order_id)


@pages.get("/orders/<ulid:order_id>/cancel")
def cancel_page(order_id: str) -> Answer:
    """Ask once more before an order is cancelled."""
    return _cancel(order_id)


@pages.post("/orders/<ulid:order_id>/cancel")
def submit_cancel(order_id: str) -> Answer:
    """Cancel an order: what it holds comes back, and what was paid goes back."""
    try:
        with current_shop().audit.around(_deed("order: cancelled", order_id)):
            current_shop().orders.cancel(order_id)
    except Conflict as problem:
        return once_more(problem, lambda errors: _cancel(order_id, errors))
    return _done(order_id)


@pages.get("/orders/<ulid:order_id>/refund")
def refund_page(order_id: str) -> Answer:
    """Show what can be given back, and ask once more for an amount that was chosen."""
    chosen = request.args.get("amount")
    if chosen is None:
        return _refund(order_id, {})
    try:
        _refundable(order_id, chosen)
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _refund(order_id, request.args, errors), field="amount")
    return _refund(order_id, request.args, is_asking=True)


@pages.post("/orders/<ulid:order_id>/refund")
def submit_refund(order_id: str) -> Answer:
    """Give money back: once per form."""
    shop = current_shop()
    try:
        sent = filled_in(RefundForm, request.form)
        minor = _refundable(order_id, sent.amount)
        deed = _deed("order: refund", order_id)
        with shop.audit.around(deed, {"amount_minor": minor, "refund": sent.form_key}):
            shop.orders.refund(order_id, minor, by=own_account(), key=sent.form_key)
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _refund(order_id, request.form, errors), field="amount")
    return _done(order_id)


@pages.get("/jobs")
def jobs_page() -> Answer:
    """Show what the worker gave up."""
    return render_template("admin/jobs.html", jobs=current_shop().outbox.parked(), told=TOLD)


@pages.post(f"/jobs/<int(max={LARGEST_JOB}):job_id>/retry")
def submit_retry(job_id: int) -> Answer:
    """Let the worker try again."""
    shop = current_shop()
    with shop.audit.around(Deed(by=own_account(), what="job: again", subject=f"job:{job_id}")):
        shop.outbox.retry(job_id)
    return to("/admin/jobs", done="1")


def _refundable(order_id: str, text: str) -> int:
    """Return the amount in minor units. Raises: Invalid; RefundTooLarge; NotFound."""
    order = current_shop().orders.order(order_id)
    minor = minor_of(text, order.currency, "amount", least=1)
    if minor > order.refundable_minor:
        raise RefundTooLarge(f"At most {price(order.refundable_minor, order.currency)} can be given back.")
    return minor


def _deed(what: str, order_id: str) -> Deed:
    current_shop().orders.order(order_id)  # what does not exist has no record
    return Deed(by=own_account(), what=what, subject=f"order:{order_id}")


def _done(order_id: str) -> Answer:
    return to(f"/admin/orders/{order_id}", done="1")


def _order(order_id: str, errors: Errors = NONE) -> str:
    shop = current_shop()
    return render_template(
        "admin/order.html",
        order=shop.orders.order(order_id),
        refunds=shop.order_desk.refunds(order_id),
        record=shop.audit.entries(subject=f"order:{order_id}").items,
        states=STATES,
        countries=COUNTRIES,
        errors=errors,
    )


def _cancel(order_id: str, errors: Errors = NONE) -> str:
    order = current_shop().orders.order(order_id)
    return render_template("admin/cancel.html", order=order, errors=errors)


def _refund(order_id: str, sent: Mapping[str, str], errors: Errors = NONE, *, is_asking: bool = False) -> str:
    order = current_shop().orders.order(order_id)
    return render_template(
        "admin/refund.html",
        order=order,
        sent=sent,
        errors=errors,
        minor=minor_of(sent["amount"], order.currency, "amount") if is_asking else None,
        whole=amount(order.refundable_minor, order.currency),
        form_key=sent.get("form_key") or str(ULID()),
    )
