"""The pages of the catalogue."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request

from shop.catalogue.asked import query_of
from shop.shop import current_shop

pages = APIBlueprint("catalogue", __name__, enable_openapi=False)


@pages.get("/")
def listing() -> str:
    """Show a page of products, narrowed by words, category and facets."""
    catalogue, query = current_shop().catalogue, query_of(request)
    return render_template("listing.html", query=query, listing=catalogue.find(query), shelves=catalogue.shelves())


@pages.get("/products/<slug>")
def product(slug: str) -> str:
    """Show a product with its variants."""
    return render_template("product.html", product=current_shop().catalogue.product(slug))
