"""The page of the cart. Its forms work without scripts."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response, make_response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from shop.accounts.answers import Answer, to
from shop.accounts.forms import filled_in
from shop.accounts.visitor import known_visitor, visitor
from shop.carts.asked import VARIANT, Added, Entered, Wanted
from shop.limits import VOUCHER_CODES
from shop.pricing.countries import COUNTRIES, HOME
from shop.pricing.quote import quote
from shop.problems import Conflict, Invalid, NotFound, Problem
from shop.shop import current_shop
from shop.web.limits import spend
from shop.web.pages import show_cart_count

pages = APIBlueprint("cart", __name__, enable_openapi=False)


@pages.get("/cart")
def cart_page() -> Answer:
    """Show what is in the cart."""
    return _page()


@pages.post("/cart")
def add() -> Answer:
    """Put something in."""
    return _changing(_add)


@pages.post(f"/cart/lines/{VARIANT}")
def change_line(variant_id: int) -> Answer:
    """Let so many be in the cart; none takes it out."""
    carts = current_shop().carts
    if "remove" in request.form:
        return _changing(lambda owner: carts.remove(owner, variant_id))
    return _changing(lambda owner: carts.put(owner, variant_id, filled_in(Wanted, request.form).quantity))


@pages.post("/cart/voucher")
def enter_voucher() -> Answer:
    """Let a voucher count, or none."""
    carts = current_shop().carts
    if "remove" in request.form:
        return _changing(carts.remove_voucher)
    spend(VOUCHER_CODES)
    return _changing(lambda owner: carts.apply_voucher(owner, filled_in(Entered, request.form).code))


def _add(owner: str) -> None:
    asked = filled_in(Added, request.form)
    current_shop().carts.add(owner, asked.variant_id, asked.quantity)


def _changing(change: Callable[[str], None]) -> Answer:
    """Change the visitor's cart and show it; if it can't be done, show it as it is, and why."""
    owner = known_visitor().owner
    if owner is None:
        raise AssertionError("a known visitor owns a cart")
    try:
        change(owner)
    except (Invalid, Conflict, NotFound) as problem:
        return _page(problem)
    return counted(to("/cart"), owner)


def counted(response: BaseResponse, owner: str | None) -> Response:
    """Tell the browser how many pieces are in the cart."""
    answer = make_response(response)
    return show_cart_count(answer, current_shop().carts.of(owner).pieces)


def _page(problem: Problem | None = None) -> Response:
    owner = visitor().owner
    cart = current_shop().carts.of(owner)
    page = render_template(
        "cart/cart.html", cart=cart, quote=quote(cart, HOME), home=COUNTRIES[HOME].name, problem=problem
    )
    response = show_cart_count(make_response(page), cart.pieces)
    response.status_code = 200 if problem is None else problem.status
    return response
