"""Reviews as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import TypeAdapter

from shop.accounts.visitor import own_account
from shop.problems import NotFound
from shop.reviews.asked import OpinionForm, ReviewsAddress
from shop.reviews.review import OwnReview, Review
from shop.shop import current_shop
from shop.web.openapi import answers, asks

api = APIBlueprint("reviews_api", __name__, url_prefix="/api/products/<slug>/reviews")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewsOfProduct:
    """A page of a product's reviews, with its rating and the number of all."""

    rating: float | None
    total: int
    reviews: tuple[Review, ...]


REVIEWS = TypeAdapter(ReviewsOfProduct)
OWN = TypeAdapter(OwnReview)


@api.get("")
@asks(ReviewsAddress)
@answers(REVIEWS)
def reviews(slug: str) -> Response:
    """Return a page of a product's reviews, the newest first."""
    shop, asked = current_shop(), ReviewsAddress.model_validate(request.args.to_dict())
    product = shop.catalogue.product(slug)
    found = shop.reviews.of_product(product.id, asked.page, asked.size)
    body = ReviewsOfProduct(rating=product.rating, total=product.rating_count, reviews=found)
    response = Response(REVIEWS.dump_json(body), content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=5"
    return response


@api.get("/mine")
@answers(OWN)
def own_review(slug: str) -> Response:
    """Return the visitor's review of a product."""
    return _own(own_account(), slug)


@api.put("/mine")
@api.input(OpinionForm, location="json", arg_name="body")
@answers(OWN)
def write(slug: str, body: OpinionForm) -> Response:
    """Write the visitor's review of a product that they bought, or change it."""
    account_id = own_account()
    current_shop().reviews.write(account_id, slug, body.opinion())
    return _own(account_id, slug)


@api.delete("/mine")
@answers(status=204)
def remove(slug: str) -> Response:
    """Take the visitor's review of a product away."""
    current_shop().reviews.remove(own_account(), slug)
    return Response(status=204, content_type="application/json")


def _own(account_id: str, slug: str) -> Response:
    found = current_shop().reviews.own(account_id, slug)
    if found is None:
        raise NotFound("You have no review of this product.")
    return Response(OWN.dump_json(found), content_type="application/json")
