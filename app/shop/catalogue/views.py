"""The pages of the catalogue. They are the same for everybody."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, request

from shop.catalogue.asked import query_of
from shop.catalogue.shelf import Details
from shop.catalogue.shown import SORTS, listing_shown, stock_words, structured, titled
from shop.shop import current_shop
from shop.web.pages import for_everybody

SIBLINGS_SHOWN = 4

pages = APIBlueprint("catalogue", __name__, enable_openapi=False)
pages.add_app_template_global(stock_words)
pages.add_app_template_global(titled)


@pages.get("/")
def home() -> Response:
    """Show what the shop is, its categories and what is new."""
    catalogue = current_shop().catalogue
    return for_everybody("home.html", shelves=catalogue.shelves(), newest=catalogue.newest())


@pages.get("/products")
def listing() -> Response:
    """Show a page of products, narrowed by words, category and facets."""
    shop, query = current_shop(), query_of(request)
    found = shop.catalogue.find(query)
    shown = listing_shown(query, found.total, found.facets, shop.catalogue.shelves(), shop.config.currency)
    return for_everybody("listing.html", query=query, cards=found.cards, shown=shown, sorts=SORTS)


@pages.get("/products/<slug>")
def product(slug: str) -> Response:
    """Show a product with its variants."""
    shop = current_shop()
    found = shop.catalogue.product(slug)
    siblings = tuple(card for card in shop.catalogue.newest(found.category) if card.slug != slug)[:SIBLINGS_SHOWN]
    reviews = shop.reviews.first(found.id) if found.rating_count else ()
    return for_everybody("product.html", product=found, siblings=siblings, reviews=reviews)


@pages.app_template_global()
def structured_data(product: Details) -> dict[str, object]:
    """Return the product for search engines."""
    shop = current_shop()
    pictures = tuple(shop.storage.url(picture.key) for picture in product.pictures)
    return structured(product, f"{shop.config.public_url}/products/{product.slug}", pictures, shop.config.currency)
