"""Orders as JSON."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response

from shop.accounts.visitor import own_account, visitor
from shop.orders.access import own_order
from shop.orders.asked import IdempotencyKey, OrderAddress, OrderBody
from shop.orders.order import OrderState, Placed
from shop.orders.placing import CartEmpty
from shop.orders.shown import ORDER, PLACED, SUMMARIES, order_shown
from shop.problems import Unavailable
from shop.shop import current_shop
from shop.web.openapi import answers, asks
from shop.web.pages import show_cart_count

api = APIBlueprint("orders_api", __name__, url_prefix="/api")


@api.post("/orders")
@api.input(IdempotencyKey, location="headers", arg_name="headers")
@api.input(OrderBody, location="json", arg_name="body")
@answers(PLACED, status=201)
@answers(PLACED, status=202)
def place(headers: IdempotencyKey, body: OrderBody) -> Response:
    """Order what is in the cart: once per idempotency key.

    201: the order is acknowledged; it is paid at ``payment_url``, or there is nothing to pay. 202: the order stands and
    is not acknowledged yet, for the payment provider does not answer; ask for its payment again in a while.
    """
    known, orders = visitor(), current_shop().orders
    if known.owner is None:
        raise CartEmpty("Put something into it first.")
    placed = orders.place(body.wish(known, headers.idempotency_key))
    with suppress(Unavailable):  # the worker opens the page as soon as the provider is there again
        placed = orders.open_page(placed.order_id)
    return show_cart_count(_placed(placed), 0)


@api.get("/orders")
@answers(SUMMARIES)
def history() -> Response:
    """Return the account's orders, the newest first."""
    found = current_shop().orders.of_account(own_account())
    return Response(SUMMARIES.dump_json(found), content_type="application/json")


@api.get("/orders/<ulid:order_id>")
@asks(OrderAddress)
@answers(ORDER)
def order(order_id: str) -> Response:
    """Return an order of the visitor, or the one that ``?token=`` opens."""
    return Response(order_shown(own_order(order_id)), content_type="application/json")


@api.post("/orders/<ulid:order_id>/payment")
@asks(OrderAddress)
@answers(PLACED, status=201)
@answers(PLACED, status=202)
def payment(order_id: str) -> Response:
    """Return where the order is paid: the same page however often."""
    return _placed(current_shop().orders.open_page(own_order(order_id).id))


@api.post("/orders/<ulid:order_id>/cancellation")
@asks(OrderAddress)
@answers(ORDER)
def cancel(order_id: str) -> Response:
    """Cancel an order that was not paid."""
    orders = current_shop().orders
    orders.cancel(own_order(order_id).id, is_paid_too=False)
    return Response(order_shown(orders.order(order_id)), content_type="application/json")


def _placed(placed: Placed) -> Response:
    is_open = placed.state is OrderState.AWAITING_PAYMENT and placed.payment_url is None
    response = Response(PLACED.dump_json(placed), content_type="application/json")
    response.status_code = HTTPStatus.ACCEPTED if is_open else HTTPStatus.CREATED
    response.headers["Location"] = f"/api/orders/{placed.order_id}"
    return response
