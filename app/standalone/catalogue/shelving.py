"""Putting the articles on the shelves of the shop's database, all of them or none."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Category, Product, ProductAttribute, ProductImage, Variant
from shop.database import Database
from standalone.catalogue.assortment import SHELVES, Article
from standalone.catalogue.files import picture_key


def shelve(articles: tuple[Article, ...], database: Database) -> int:
    """Add the articles that are not there yet, by their slugs, in one transaction. Return how many were added.

    What merchants changed stays as they left it.
    Raises: WritesRefused; Unavailable.
    """
    with database.write() as session:
        present = set(session.scalars(select(Product.slug)))
        missing = [article for article in articles if article.slug not in present]
        if missing:
            categories = _categories(session)
            session.add_all([_product(article, categories[article.shelf.slug]) for article in missing])
        return len(missing)


def _categories(session: Session) -> dict[str, int]:
    ids = dict(session.execute(select(Category.slug, Category.id)).all())
    for position, shelf in enumerate(SHELVES, start=1):
        if shelf.slug not in ids:
            category = Category(slug=shelf.slug, name=shelf.name, position=position)
            session.add(category)
            session.flush()
            ids[shelf.slug] = category.id
    return ids


def _product(article: Article, category_id: int) -> Product:
    return Product(
        slug=article.slug,
        name=article.name,
        description=article.description,
        category_id=category_id,
        price_minor=min(choice.price_minor for choice in article.choices),
        image_key=picture_key(article.slug, 1),
        has_model=article.has_model,
        variants=[
            Variant(sku=choice.sku, name=choice.name, price_minor=choice.price_minor, stock=choice.stock, position=i)
            for i, choice in enumerate(article.choices, start=1)
        ],
        images=[
            ProductImage(key=picture_key(article.slug, i), alt=shot.alt, position=i)
            for i, shot in enumerate(article.shots, start=1)
        ],
        attributes=[ProductAttribute(name=name, value=value) for name, value in article.attributes.items()],
    )
