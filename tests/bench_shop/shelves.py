"""A catalogue of the size of a small shop: 240 products on 12 shelves, with three variants and four facets each."""

from __future__ import annotations

from sqlalchemy import func, select

from bench_shop.goods import Good
from shop.catalogue.models import Category, Product, ProductAttribute, ProductImage, Variant
from shop.database import Database

SHELVES = 12
PRODUCTS = 240
PLENTY = 1_000_000  # of everything, so that nothing sells out in a measurement
TEXT = "Turned by hand, fired twice and made to be used every day; it goes with everything on the table. " * 3


def fill(database: Database) -> tuple[int, ...]:
    """Fill an empty catalogue and return the ids of all variants, one of each product first."""
    with database.write() as session:
        shelves = [Category(slug=f"shelf-{n}", name=f"Shelf {n}", position=n) for n in range(SHELVES)]
        session.add_all(shelves)
        session.flush()
        session.add_all(_product(n, shelves[n % SHELVES]) for n in range(PRODUCTS))
    with database.read() as connection:
        return tuple(connection.execute(select(Variant.id).order_by(Variant.position, Variant.id)).scalars())


def goods(database: Database) -> tuple[Good, ...]:
    """Return what is on the shelves, without the variants: a product has the lowest price, and all their stock."""
    wanted = (
        select(
            Product.slug, Product.name, Product.description, Category.name.label("shelf"), Product.price_minor,
            func.sum(Variant.stock).label("stock"),
        )
        .join(Product.category)
        .join(Product.variants)
        .group_by(Product.id, Category.id)
        .order_by(Product.id)
    )  # fmt: skip
    with database.read() as connection:
        return tuple(Good(**row) for row in connection.execute(wanted).mappings())


def _product(number: int, shelf: Category) -> Product:
    slug = f"product-{number}"
    facets = {"colour": number % 7, "material": number % 5, "style": number % 4, "size": number % 3}
    return Product(
        slug=slug,
        name=f"Stoneware piece no. {number}",
        description=TEXT,
        category_id=shelf.id,
        price_minor=1000 + number,
        image_key=f"products/{slug}/1.webp",
        rating_sum=number % 50,
        rating_count=number % 11,
        variants=[
            Variant(sku=f"{slug}-{n}", name=f"size {n}", price_minor=1000 + number + 500 * n, stock=PLENTY, position=n)
            for n in range(3)
        ],
        images=[ProductImage(key=f"products/{slug}/{n}.webp", alt=f"View {n}", position=n) for n in range(1, 4)],
        attributes=[ProductAttribute(name=name, value=f"{name} {value}") for name, value in facets.items()],
    )
