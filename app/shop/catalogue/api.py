"""The catalogue as JSON."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import TypeAdapter

from shop.catalogue.asked import ListingAddress, query_of
from shop.catalogue.shelf import Details, Listing, Shelf
from shop.shop import current_shop
from shop.web.openapi import answers, asks

api = APIBlueprint("catalogue_api", __name__, url_prefix="/api")
LISTING = TypeAdapter(Listing)
DETAILS = TypeAdapter(Details)
SHELVES = TypeAdapter(tuple[Shelf, ...])


@api.get("/products")
@asks(ListingAddress, further="an attribute to filter by, such as material=oak; several values mean any of them")
@answers(LISTING)
def products() -> Response:
    """Return a page of products."""
    catalogue = current_shop().catalogue
    key = "products?" + request.query_string.decode("latin-1")
    return _public(catalogue.copy(key, lambda: LISTING.dump_json(catalogue.find(query_of(request)))))


@api.get("/products/<slug>")
@answers(DETAILS)
def product(slug: str) -> Response:
    """Return a product with its variants."""
    return _public(DETAILS.dump_json(current_shop().catalogue.product(slug)))


@api.get("/categories")
@answers(SHELVES)
def categories() -> Response:
    """Return the categories."""
    catalogue = current_shop().catalogue
    return _public(catalogue.copy("categories", lambda: SHELVES.dump_json(catalogue.shelves())))


def _public(body: bytes) -> Response:
    response = Response(body, content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=5"
    return response
