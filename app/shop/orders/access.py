"""Who may see an order: whoever placed it, by session or account, and whoever has the link from the mail."""

from __future__ import annotations

from flask import request

from shop.accounts.visitor import visitor
from shop.orders.order import Order
from shop.problems import NotFound
from shop.shop import current_shop


def own_order(order_id: str) -> Order:
    """Return the visitor's order. Raises: NotFound for another's, as for one that does not exist."""
    shop = current_shop()
    order = shop.orders.order(order_id)
    if shop.order_links.opens(order_id, request.args.get("token", "")) or _is_buyer(order):
        return order
    raise NotFound("There is no such order, or it is not yours.")


def _is_buyer(order: Order) -> bool:
    known = visitor()
    is_own_cart = known.owner is not None and known.owner == order.owner
    return is_own_cart or (known.account_id is not None and known.account_id == order.account_id)
