"""The pages of reviews: those of a product for everybody, and one's own."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, render_template, request

from shop.accounts.answers import NONE, Answer, Errors, again, to
from shop.accounts.forms import filled_in
from shop.accounts.visitor import own_account
from shop.problems import Invalid
from shop.reviews.asked import PAGES, OpinionForm, ReviewsAddress
from shop.reviews.review import PAGE_SIZE
from shop.shop import current_shop
from shop.web.pages import for_everybody

pages = APIBlueprint("reviews", __name__, url_prefix="/products/<slug>", enable_openapi=False)


@pages.get("/reviews")
def reviews_page(slug: str) -> Response:
    """Show the reviews of a product. The page is the same for everybody."""
    shop, asked = current_shop(), ReviewsAddress.model_validate(request.args.to_dict())
    product = shop.catalogue.product(slug)
    return for_everybody(
        "reviews/list.html",
        product=product,
        reviews=shop.reviews.of_product(product.id, asked.page, PAGE_SIZE),
        page=asked.page,
        pages=min(-(-product.rating_count // PAGE_SIZE), PAGES),
        turning=f"/products/{slug}/reviews?page=",
    )


@pages.get("/review")
def own_page(slug: str) -> Answer:
    """Show the form of one's own review."""
    return _own(slug)


@pages.post("/review")
def submit_own(slug: str) -> Answer:
    """Write one's review, or change it."""
    account_id = own_account()
    try:
        sent = filled_in(OpinionForm, request.form)
    except Invalid as problem:
        return again(problem, lambda errors: _own(slug, errors))
    current_shop().reviews.write(account_id, slug, sent.opinion())
    return to(f"/products/{slug}/review", done="1")


@pages.post("/review/remove")
def submit_removal(slug: str) -> Answer:
    """Take one's review away."""
    current_shop().reviews.remove(own_account(), slug)
    return to(f"/products/{slug}/review", done="1")


def _own(slug: str, errors: Errors = NONE) -> str:
    shop, account_id = current_shop(), own_account()
    return render_template(
        "reviews/own.html",
        product=shop.catalogue.product(slug),
        review=shop.reviews.own(account_id, slug),
        may_write=shop.reviews.may_write(account_id, slug),
        sent=request.form,
        errors=errors,
    )
