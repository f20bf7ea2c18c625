"""A few products, told apart by everything that tests ask for."""

from __future__ import annotations

from shop.catalogue.models import Category, Product, ProductAttribute, ProductImage, Variant
from shop.database import Database

# What a shopper may ask of these products, and what is found: whatever keeps the catalogue.
LISTINGS: tuple[tuple[str, list[str]], ...] = (
    ("", ["paper-lamp", "desk-lamp", "glass-cup", "tall-mug", "plain-mug"]),
    ("category=mugs&sort=price", ["glass-cup", "plain-mug", "tall-mug"]),
    ("colour=blue&sort=price", ["tall-mug", "desk-lamp"]),
    ("colour=blue&colour=white&material=stoneware&sort=price", ["plain-mug", "tall-mug"]),
    ("q=lamps", ["paper-lamp", "desk-lamp"]),
    ("q=glass", ["glass-cup"]),
    ("q=100%25", []),
    ("min_price=1600&max_price=4500&sort=-price", ["paper-lamp", "tall-mug"]),
    ("in_stock=true&category=mugs&sort=price", ["plain-mug", "tall-mug"]),
    ("size=2&page=2", ["glass-cup", "tall-mug"]),
    ("page=9", []),
)


def stock_the_shelves(database: Database) -> None:
    """Put two categories with five products into an empty catalogue."""
    mugs, lamps = categories()
    with database.write() as session:
        session.add_all([mugs, lamps])
        session.flush()
        session.add_all(products(mugs, lamps))


def categories() -> tuple[Category, Category]:
    """Return the categories."""
    return Category(slug="mugs", name="Mugs", position=1), Category(slug="lamps", name="Lamps", position=2)


def products(mugs: Category, lamps: Category) -> list[Product]:
    """Return the products of the categories, the oldest first."""
    return [
        _product(mugs, "plain-mug", "Plain mug", 1200, 10, material="stoneware", colour="white"),
        _product(mugs, "tall-mug", "Tall mug", 1600, 3, material="stoneware", colour="blue"),
        _product(mugs, "glass-cup", "Glass cup", 900, 0, material="glass", colour="clear"),
        _product(lamps, "desk-lamp", "Desk lamp", 8900, 5, material="steel", colour="blue"),
        _product(lamps, "paper-lamp", "Paper lamp", 4500, 7, material="paper", colour="white"),
    ]


def _product(category: Category, slug: str, name: str, price_minor: int, stock: int, **attributes: str) -> Product:
    return Product(
        slug=slug,
        name=name,
        description=f"{name}, made to be used every day.",
        category_id=category.id,
        price_minor=price_minor,
        image_key=f"products/{slug}/1.webp",
        variants=[
            Variant(sku=f"{slug}-s", name="small", price_minor=price_minor, stock=stock, position=1),
            Variant(sku=f"{slug}-l", name="large", price_minor=price_minor + 500, stock=stock, position=2),
        ],
        images=[ProductImage(key=f"products/{slug}/1.webp", alt=f"{name} on a table", position=1)],
        attributes=[ProductAttribute(name=key, value=value) for key, value in attributes.items()],
    )
