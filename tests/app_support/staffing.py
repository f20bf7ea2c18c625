"""The staff in tests: a browser for each role, and orders for it to look after."""

from __future__ import annotations

from dataclasses import replace

from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from app_support.buying import Till, guest, wish
from app_support.identity import has_account, sign_in
from shop.accounts.people import Role
from shop.admin.models import AuditEntry
from shop.shop import Shop


class Crew:
    """Somebody for each role, and a shopper; each signs in when first asked."""

    def __init__(self, app: APIFlask) -> None:
        self._app = app
        self._browsers: dict[str, FlaskClient] = {}
        self.ids: dict[str, str] = {}

    def __call__(self, role: Role | None) -> FlaskClient:
        """Return the browser of whoever has the role; of a shopper for None."""
        name = role.value if role else "shopper"
        if name not in self._browsers:
            email = f"{name}@crew.test"
            self.ids[name] = has_account(self._app.extensions["shop"], email, *([role] if role else []))
            self._browsers[name] = self._app.test_client()
            sign_in(self._browsers[name], email)
        return self._browsers[name]


def paid_order(shop: Shop, till: Till, variant_id: int, quantity: int = 1, account_id: str | None = None) -> str:
    """Let somebody order and pay one thing; return the order's id."""
    owner = guest() if account_id is None else f"account:{account_id}"
    shop.carts.put(owner, variant_id, quantity)
    order_id = shop.orders.place(replace(wish(owner), account_id=account_id)).order_id
    shop.orders.open_page(order_id)
    assert till.pay(f"cs_{order_id}")
    shop.orders.settle(f"cs_{order_id}")
    return order_id


def recorded(shop: Shop, subject: str) -> list[str]:
    """Return what the staff did to the subject, the newest last, each with how it went."""
    rows = select(AuditEntry.what, AuditEntry.outcome).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
    with shop.database.read() as connection:
        return [f"{what} ({outcome})" for what, outcome in connection.execute(rows)]
