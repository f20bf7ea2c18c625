"""The cart and its price as JSON."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, request

from shop.accounts.visitor import known_visitor, visitor
from shop.carts.asked import VARIANT, Added, Entered, QuoteAddress, Wanted
from shop.carts.shown import CART, QUOTE, cart_shown, quote_shown
from shop.limits import VOUCHER_CODES
from shop.pricing.countries import HOME
from shop.pricing.quote import quote
from shop.shop import current_shop
from shop.web.limits import spend
from shop.web.openapi import answers, asks
from shop.web.pages import show_cart_count

api = APIBlueprint("cart_api", __name__, url_prefix="/api")


@api.get("/cart")
@answers(CART)
def cart() -> Response:
    """Return the visitor's cart."""
    return _cart(visitor().owner)


@api.post("/cart/lines")
@api.input(Added, location="json", arg_name="body")
@answers(CART)
def add(body: Added) -> Response:
    """Put so many more of a variant into the cart."""
    owner = _owner()
    current_shop().carts.add(owner, body.variant_id, body.quantity)
    return _cart(owner)


@api.put(f"/cart/lines/{VARIANT}")
@api.input(Wanted, location="json", arg_name="body")
@answers(CART)
def put(variant_id: int, body: Wanted) -> Response:
    """Let so many of a variant be in the cart; the same call again changes nothing more."""
    owner = _owner()
    current_shop().carts.put(owner, variant_id, body.quantity)
    return _cart(owner)


@api.delete(f"/cart/lines/{VARIANT}")
@answers(CART)
def remove(variant_id: int) -> Response:
    """Take a variant out of the cart."""
    owner = visitor().owner
    if owner is not None:
        current_shop().carts.remove(owner, variant_id)
    return _cart(owner)


@api.put("/cart/voucher")
@api.input(Entered, location="json", arg_name="body")
@answers(CART)
def enter_voucher(body: Entered) -> Response:
    """Let a voucher count for the cart."""
    spend(VOUCHER_CODES)
    owner = _owner()
    current_shop().carts.apply_voucher(owner, body.code)
    return _cart(owner)


@api.delete("/cart/voucher")
@answers(CART)
def remove_voucher() -> Response:
    """Let no voucher count for the cart."""
    owner = visitor().owner
    if owner is not None:
        current_shop().carts.remove_voucher(owner)
    return _cart(owner)


@api.get("/quote")
@asks(QuoteAddress)
@answers(QUOTE)
def price() -> Response:
    """Return what the cart costs in a country: ``?country=DE``."""
    cart = current_shop().carts.fresh(visitor().owner)
    body = quote_shown(quote(cart, request.args.get("country", HOME)))
    return Response(body, content_type="application/json")


def _owner() -> str:
    owner = known_visitor().owner
    if owner is None:
        raise AssertionError("a known visitor owns a cart")
    return owner


def _cart(owner: str | None) -> Response:
    cart = current_shop().carts.of(owner)
    return show_cart_count(Response(cart_shown(cart), content_type="application/json"), cart.pieces)
