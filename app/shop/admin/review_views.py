"""The page on which the staff judges reviews."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request

from shop.accounts.answers import NONE, Answer, Errors, to
from shop.accounts.forms import filled_in
from shop.accounts.visitor import own_account
from shop.admin.answers import once_more
from shop.admin.forms import HideForm, ReviewsForm
from shop.problems import Invalid
from shop.shop import current_shop

pages = APIBlueprint("admin_reviews", __name__, url_prefix="/admin/reviews", enable_openapi=False)
STATES = (("", "All"), ("shown", "Shown"), ("hidden", "Hidden"))


@pages.get("")
def reviews_page() -> Answer:
    """Show the reviews, the newest first."""
    return _reviews()


@pages.post("/<ulid:review_id>/hide")
def submit_hidden(review_id: str) -> Answer:
    """Hide a review."""
    try:
        current_shop().reviews.hide(review_id, filled_in(HideForm, request.form).reason, own_account())
    except Invalid as problem:
        return once_more(problem, lambda errors: _reviews(errors, review_id))
    return to("/admin/reviews", done="1")


@pages.post("/<ulid:review_id>/show")
def submit_shown(review_id: str) -> Answer:
    """Show a review again."""
    current_shop().reviews.show(review_id, own_account())
    return to("/admin/reviews", done="1")


def _reviews(errors: Errors = NONE, at: str = "") -> str:
    asked = filled_in(ReviewsForm, request.args)
    is_hidden = {"shown": False, "hidden": True}.get(asked.state)
    return render_template(
        "admin/reviews.html",
        part=current_shop().reviews.to_judge(asked.page, is_hidden=is_hidden),
        asked=asked,
        states=STATES,
        errors=errors,
        at=at,
    )
