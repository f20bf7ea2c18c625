"""Search engines are told of everything that is on sale, and of nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.etree.ElementTree import fromstring

from flask.testing import FlaskClient
from sqlalchemy import select, update

from shop.catalogue.models import Category, Product
from shop.shop import Shop
from shop.web.sitemap import NAMESPACE, PRODUCTS_AT_ONCE

AROUND = {"/", "/products?category=mugs", "/products?category=lamps"}
MANY = PRODUCTS_AT_ONCE + 1


def paths(client: FlaskClient) -> list[str]:
    """What the sitemap names."""
    answer = client.get("/sitemap.xml")
    assert (answer.status_code, answer.content_type) == (200, "application/xml")
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    found = [str(element.text) for element in fromstring(answer.data).iter(f"{{{NAMESPACE}}}loc")]  # noqa: S314 - our own
    assert all(address.startswith("http://shop.test/") for address in found)
    return [address.removeprefix("http://shop.test") for address in found]


def test_the_sitemap_names_the_front_page_the_categories_and_every_product_on_sale(
    client: FlaskClient, shop: Shop
) -> None:
    with shop.database.write() as session:
        mugs = session.scalars(select(Category.id).where(Category.slug == "mugs")).one()
        session.add(Category(slug="empty", name="Nothing here", position=3))
        session.add_all(
            Product(slug=f"mug-{number}", name="A mug", description="", category_id=mugs, price_minor=1)
            for number in range(MANY)
        )
        session.execute(update(Product).where(Product.slug == "tall-mug").values(is_active=False))
    shop.catalogue.has_changed()
    found = paths(client)
    products = {urlsplit(path).path for path in found if path.startswith("/products/")}
    assert set(found) - products == AROUND
    assert len(found) == len(set(found)) == len(AROUND) + MANY + 4
    assert "/products/plain-mug" in products
    assert "/products/tall-mug" not in products
