"""The page of the staff, for owners."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request

from shop.accounts.answers import NONE, Answer, Errors, to
from shop.accounts.forms import filled_in
from shop.accounts.people import Role
from shop.accounts.visitor import own_account
from shop.admin.answers import once_more
from shop.admin.forms import StaffForm
from shop.problems import Conflict, Invalid, NotFound
from shop.shop import current_shop

pages = APIBlueprint("admin_staff", __name__, url_prefix="/admin/staff", enable_openapi=False)
MEANINGS = (
    (Role.CATALOGUE.value, "Catalogue: products, categories, reviews"),
    (Role.ORDERS.value, "Orders: orders, refunds, vouchers"),
    (Role.REPORTS.value, "Reports: figures"),
    (Role.OWNER.value, "Owner: everything, also roles"),
)


@pages.get("")
def staff_page() -> Answer:
    """Show who belongs to the staff, with a form for a new role."""
    return _staff()


@pages.post("/grant")
def submit_grant() -> Answer:
    """Give a role."""
    try:
        sent = filled_in(StaffForm, request.form)
        current_shop().staff.grant(sent.email, sent.role, own_account())
    except (Invalid, NotFound) as problem:
        return once_more(problem, _staff, field="email")
    return to("/admin/staff", done="1")


@pages.post("/revoke")
def submit_revoke() -> Answer:
    """Take a role."""
    try:
        sent = filled_in(StaffForm, request.form)
        current_shop().staff.revoke(sent.email, sent.role, own_account())
    except (Conflict, NotFound) as problem:
        return once_more(problem, _staff)
    return to("/admin/staff", done="1")


def _staff(errors: Errors = NONE) -> str:
    return render_template(
        "admin/staff.html",
        members=current_shop().staff.members(),
        meanings=MEANINGS,
        sent=request.form,
        errors=errors,
    )
