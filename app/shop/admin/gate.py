"""Who comes into the administration: an area of it for each role, one rule for all of its addresses.

The gate knows addresses by their rule, and what it does not know is closed. Shoppers are told that there is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, g, request

from shop.accounts.people import Role, Visitor
from shop.accounts.visitor import own_account, require, signed_in
from shop.admin.audit import Deed, Outcome
from shop.problems import NotFound
from shop.shop import current_shop
from shop.web.same_origin import changes_something

ROOT = "/admin"
MEDIA = "models3d."  # views of another part, which write by themselves
NOTHING_THERE = "The address may be mistyped."


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the administration: where it is, what it is called, and who may come in."""

    path: str
    title: str
    role: Role
    about: str


AREAS = (
    Area("/admin/products", "Products", Role.CATALOGUE, "what is sold, its variants, stock, pictures and models"),
    Area("/admin/categories", "Categories", Role.CATALOGUE, "the shelves"),
    Area("/admin/reviews", "Reviews", Role.CATALOGUE, "what customers say"),
    Area("/admin/orders", "Orders", Role.ORDERS, "what was bought, refunds, what needs a look"),
    Area("/admin/jobs", "Given up", Role.ORDERS, "what the shop could not do by itself"),
    Area("/admin/vouchers", "Vouchers", Role.ORDERS, "who gets what cheaper"),
    Area("/admin/report", "Report", Role.REPORTS, "what was sold"),
    Area("/admin/staff", "Staff", Role.OWNER, "who may do what"),
    Area("/admin/record", "Record", Role.OWNER, "who did what"),
)


def register(app: Flask) -> None:
    """Put the gate before the administration."""
    app.jinja_env.globals["areas_of"] = areas_of

    @app.before_request
    def let_in() -> None:
        if is_inside(request.path):
            _check(request.url_rule.rule if request.url_rule else "")
            if changes_something() and (request.endpoint or "").startswith(MEDIA):
                g.audit_entry = current_shop().audit.begin(_media_deed())

    @app.after_request
    def note_outcome(response: Response) -> Response:
        if "audit_entry" in g and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            is_done = response.status_code < HTTPStatus.BAD_REQUEST
            current_shop().audit.end(g.pop("audit_entry"), Outcome.DONE if is_done else Outcome.REFUSED)
        return response


def is_inside(path: str) -> bool:
    """Return whether the address belongs to the administration. Pure."""
    return path == ROOT or path.startswith(f"{ROOT}/")


def is_staffed() -> bool:
    """Return whether the staff is known to be asking, within the administration."""
    return is_inside(request.path) and "visitor" in g and bool(g.visitor.is_staff)


def areas_of(visitor: Visitor) -> tuple[Area, ...]:
    """Return the areas that are open to somebody. Pure."""
    return tuple(area for area in AREAS if visitor.may(area.role))


def _check(rule: str) -> None:
    """Let the visitor in, or not. Raises: SignInNeeded; NotFound for shoppers; Forbidden."""
    if not signed_in().is_staff:
        raise NotFound(NOTHING_THERE)
    if rule == ROOT:
        return
    area = next((area for area in AREAS if rule == area.path or rule.startswith(f"{area.path}/")), None)
    if area is None:
        raise NotFound(NOTHING_THERE)
    require(area.role)


def _media_deed() -> Deed:
    product_id = current_shop().goods.id_of(str((request.view_args or {}).get("slug", "")))
    action = request.path.partition("/media/")[2].replace("/", ", ")
    return Deed(by=own_account(), what=f"media: {action}", subject=f"product:{product_id}")
