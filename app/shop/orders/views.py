"""The pages of buying: checkout, the way to the payment page and back, and orders."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request
from ulid import ULID

from shop.accounts.answers import Answer, to
from shop.accounts.forms import filled_in
from shop.accounts.visitor import own_account, visitor
from shop.orders.access import own_order
from shop.orders.asked import CheckoutForm
from shop.orders.order import Order, OrderState
from shop.orders.placing import CartEmpty
from shop.pricing.countries import COUNTRIES, HOME
from shop.pricing.quote import quote
from shop.problems import Conflict, Invalid, NotFound, Problem, Unavailable, WritesRefused
from shop.shop import current_shop
from shop.web.pages import show_cart_count

pages = APIBlueprint("orders", __name__, enable_openapi=False)
CHOICES = tuple((country.code, country.name) for country in COUNTRIES.values())
STATES = {
    OrderState.AWAITING_PAYMENT: ("awaiting payment", "waiting"),
    OrderState.PAID: ("paid", "good"),
    OrderState.SHIPPED: ("on its way", "good"),
    OrderState.CANCELLED: ("cancelled", "neutral"),
}


@pages.get("/checkout")
def checkout_page() -> Answer:
    """Ask where the order goes, and say what it costs."""
    return _checkout(_known_address())


@pages.post("/checkout")
def submit_checkout() -> Answer:
    """Place the order and lead to its payment; or say what it costs in the country that was chosen."""
    if request.form.get("step") == "quote":
        return _checkout(request.form)
    try:
        sent = filled_in(CheckoutForm, request.form)
        placed = current_shop().orders.place(sent.wish(visitor()))
    except CartEmpty:
        return to("/cart")
    except (Invalid, Conflict) as problem:
        return _checkout(request.form, problem)
    step = "/pay" if placed.state is OrderState.AWAITING_PAYMENT else ""
    return show_cart_count(make_response(to(f"/orders/{placed.order_id}{step}")), 0)


@pages.get("/orders")
def history_page() -> Answer:
    """Show the account's orders."""
    found = current_shop().orders.of_account(own_account())
    return render_template("orders/history.html", orders=found, states=STATES)


@pages.get("/orders/<ulid:order_id>")
def order_page(order_id: str) -> Answer:
    """Show an order to its buyer."""
    return _order(own_order(order_id))


@pages.get("/orders/<ulid:order_id>/pay")
def pay(order_id: str) -> Answer:
    """Lead to the page where the order is paid; it is opened now, if it was not."""
    order = own_order(order_id)
    try:
        placed = current_shop().orders.open_page(order.id)
    except WritesRefused:
        raise
    except Unavailable as problem:
        return _order(order, problem)
    if placed.payment_url is None:
        return to(_address(order_id))
    return redirect(placed.payment_url, HTTPStatus.SEE_OTHER)


@pages.get("/orders/<ulid:order_id>/return")
def come_back(order_id: str) -> Answer:
    """Take in who comes from the payment page, and look at once whether it was paid."""
    order = own_order(order_id)
    if order.page_id is not None and order.state is OrderState.AWAITING_PAYMENT:
        with suppress(Unavailable, NotFound):  # the provider's notice, or the worker, brings it in line
            current_shop().orders.settle(order.page_id)
    return to(_address(order_id))


@pages.post("/orders/<ulid:order_id>/cancel")
def cancel(order_id: str) -> Answer:
    """Cancel an order that was not paid."""
    order = own_order(order_id)
    try:
        current_shop().orders.cancel(order.id, is_paid_too=False)
    except Conflict as problem:
        return _order(current_shop().orders.order(order_id), problem)
    return to(_address(order_id))


def _known_address() -> dict[str, str]:
    """Return what the checkout's form begins with: the account's last address, as far as there is one."""
    known = visitor()
    if known.account_id is None:
        return {"country": HOME}
    addresses = current_shop().accounts.addresses(known.account_id)
    if not addresses:
        return {"country": HOME, "email": known.email or ""}
    last = addresses[-1]
    return {
        "email": known.email or "",
        "name": last.name,
        "street": last.street,
        "extra": last.extra,
        "postcode": last.postcode,
        "city": last.city,
        "country": last.country if last.country in COUNTRIES else HOME,
    }


def _checkout(sent: Mapping[str, str], problem: Problem | None = None) -> Answer:
    cart = current_shop().carts.fresh(visitor().owner)
    if not cart.lines:
        return to("/cart")
    country = sent.get("country", HOME)
    errors = {name: text for name, _, text in (error.partition(": ") for error in problem.errors)} if problem else {}
    page = render_template(
        "checkout/checkout.html",
        cart=cart,
        quote=quote(cart, country if country in COUNTRIES else HOME),
        sent=sent,
        errors=errors if isinstance(problem, Invalid) else {},
        problem=problem,
        key=sent.get("key") or str(ULID()),
        countries=CHOICES,
        country_names=COUNTRIES,
    )
    response = make_response(page)
    response.status_code = HTTPStatus.OK if problem is None else problem.status
    return response


def _order(order: Order, problem: Problem | None = None) -> Response:
    page = render_template(
        "orders/order.html", order=order, problem=problem, states=STATES, countries=COUNTRIES, token=_token()
    )
    response = make_response(page)
    if problem is not None:
        response.status_code = problem.status
    return response


def _address(order_id: str) -> str:
    return f"/orders/{order_id}" + (f"?token={_token()}" if _token() else "")


def _token() -> str:
    """Return the token that the visitor came with, if it opens the order: then the next page needs it too."""
    order_id, token = (request.view_args or {}).get("order_id", ""), request.args.get("token", "")
    return token if current_shop().order_links.opens(order_id, token) else ""
