"""The first page of the administration, and the record."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request

from shop.accounts.answers import Answer
from shop.accounts.forms import filled_in
from shop.accounts.visitor import Role, visitor
from shop.admin.forms import ListForm
from shop.shop import current_shop

pages = APIBlueprint("admin_desk", __name__, url_prefix="/admin", enable_openapi=False)


@pages.get("")
def home() -> Answer:
    """Show what is waiting."""
    shop = current_shop()
    waiting = shop.order_desk.waiting() if visitor().may(Role.ORDERS) else None
    return render_template("admin/home.html", waiting=waiting)


@pages.get("/record")
def record_page() -> Answer:
    """Show who did what, the newest first."""
    asked = filled_in(ListForm, request.args)
    part = current_shop().audit.entries(asked.page, asked.q or None)
    return render_template("admin/record.html", part=part, asked=asked)
