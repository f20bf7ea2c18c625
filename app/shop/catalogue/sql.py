"""The catalogue in PostgreSQL or MySQL. Reads are single statements over tables, without the ORM."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Row, Select, and_, desc, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased
from sqlalchemy.sql.expression import literal_column

from shop.catalogue.models import Category, Product, ProductAttribute, ProductImage, Variant
from shop.catalogue.shelf import Card, Choice, Details, Facet, Listing, Order, Picture, Query, Shelf
from shop.database import Database

IN_STOCK = exists().where(Variant.product_id == Product.id, Variant.is_active, Variant.stock > 0)
SORTED = {
    Order.NEWEST: (desc(Product.id),),
    Order.CHEAPEST: (Product.price_minor, desc(Product.id)),
    Order.DEAREST: (desc(Product.price_minor), desc(Product.id)),
    Order.BEST_RATED: (
        desc(func.coalesce(1.0 * Product.rating_sum / func.nullif(Product.rating_count, 0), 0)),
        desc(Product.id),
    ),
}
CARD = (
    Product.slug,
    Product.name,
    Category.slug.label("category"),
    Product.price_minor,
    Product.image_key,
    Product.has_model,
    IN_STOCK.label("is_in_stock"),
    Product.rating_sum,
    Product.rating_count,
)


class SqlCatalogue:
    """A CatalogueStore in a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_mysql = database.writer.dialect.name == "mysql"

    def shelves(self) -> tuple[Shelf, ...]:
        """See CatalogueStore."""
        count = func.count(Product.id)
        query = (
            select(Category.slug, Category.name, count)
            .outerjoin(Product, and_(Product.category_id == Category.id, Product.is_active))
            .group_by(Category.id, Category.slug, Category.name, Category.position)
            .order_by(Category.position, Category.id)
        )
        with self._database.read() as connection:
            return tuple(Shelf(*row) for row in connection.execute(query))

    def find(self, query: Query) -> Listing:
        """See CatalogueStore."""
        found = and_(*self._conditions(query))
        page = (
            select(*CARD)
            .join(Category, Product.category_id == Category.id)
            .where(found)
            .order_by(*SORTED[query.order])
            .limit(query.size)
            .offset((query.page - 1) * query.size)
        )
        with self._database.read() as connection:
            cards = tuple(_card(row) for row in connection.execute(page))
            counts = connection.execute(_counts(found)).all()
        total = next(count for name, _, count in counts if name == "")
        facets = tuple(Facet(name, value, count) for name, value, count in counts if name)
        return Listing(cards=cards, total=total, facets=facets)

    def product(self, slug: str) -> Details | None:
        """See CatalogueStore."""
        query = (
            select(Product.id, Product.name, Product.description, Category.slug, Category.name.label("shelf"),
                   Product.has_model, Product.rating_sum, Product.rating_count)
            .join(Category, Product.category_id == Category.id)
            .where(Product.slug == slug, Product.is_active)
        )  # fmt: skip
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            choices = connection.execute(
                select(Variant.id, Variant.sku, Variant.name, Variant.price_minor, Variant.stock)
                .where(Variant.product_id == row.id, Variant.is_active)
                .order_by(Variant.position, Variant.id)
            ).all()
            details = connection.execute(_pictures_and_attributes(row.id)).all()
        return Details(
            id=row.id,
            slug=slug,
            name=row.name,
            description=row.description,
            category=row.slug,
            category_name=row.shelf,
            choices=tuple(
                Choice(id=id_, sku=sku, name=name, price_minor=price, stock=stock)
                for id_, sku, name, price, stock in choices
            ),
            pictures=tuple(Picture(key, alt) for kind, key, alt in details if kind == "picture"),
            attributes=tuple((name, value) for kind, name, value in details if kind == "attribute"),
            has_model=row.has_model,
            rating=_rating(row.rating_sum, row.rating_count),
            rating_count=row.rating_count,
        )

    def _conditions(self, query: Query) -> Iterable[ColumnElement[bool]]:
        yield Product.is_active.is_(True)
        if query.category is not None:
            yield Product.category_id == select(Category.id).where(Category.slug == query.category).scalar_subquery()
        if query.text:
            yield self._matches(query.text)
        wanted = defaultdict(list)
        for name, value in query.attributes:
            wanted[name].append(value)
        for name, values in wanted.items():
            own = aliased(ProductAttribute)  # of its own, beside the attributes that are counted
            yield exists().where(own.product_id == Product.id, own.name == name, own.value.in_(values))
        if query.min_price_minor is not None:
            yield Product.price_minor >= query.min_price_minor
        if query.max_price_minor is not None:
            yield Product.price_minor <= query.max_price_minor
        if query.is_in_stock:
            yield IN_STOCK

    def _matches(self, words: str) -> ColumnElement[bool]:
        """Say which products the words find: by full text in the engine's own way, or by a part of the name."""
        part = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        named = Product.name.ilike(part, escape="\\")
        if self._is_mysql:
            match = literal_column("MATCH (product.name, product.description)").op("AGAINST")(words)
            return or_(named, match > 0)
        vector: ColumnElement[object] = literal_column("product.search")
        return or_(named, vector.op("@@")(func.websearch_to_tsquery("english", words)))


def _counts(found: ColumnElement[bool]) -> Select[str, str, int]:
    """Return the question for the number of all products found, in a row without a name, and for the facets."""
    everything = (
        select(literal("").label("name"), literal("").label("value"), func.count().label("number"))
        .select_from(Product)
        .where(found)
    )
    facets = (
        select(ProductAttribute.name, ProductAttribute.value, func.count())
        .join(Product, Product.id == ProductAttribute.product_id)
        .where(found)
        .group_by(ProductAttribute.name, ProductAttribute.value)
    )
    both = union_all(everything, facets).subquery()
    return select(both.c.name, both.c.value, both.c.number).order_by(both.c.name, desc(both.c.number), both.c.value)


def _pictures_and_attributes(product: int) -> Select[str, str, str]:
    pictures = select(
        literal("picture").label("kind"),
        ProductImage.key.label("a"),
        ProductImage.alt.label("b"),
        ProductImage.position.label("position"),
    ).where(ProductImage.product_id == product)
    attributes = select(literal("attribute"), ProductAttribute.name, ProductAttribute.value, literal(0)).where(
        ProductAttribute.product_id == product
    )
    both = union_all(pictures, attributes).subquery()
    return select(both.c.kind, both.c.a, both.c.b).order_by(both.c.kind, both.c.position, both.c.a)


def _card(row: Row[str, str, str, int, str | None, bool, bool, int, int]) -> Card:
    slug, name, category, price_minor, image_key, has_model, is_in_stock, rating_sum, rating_count = row
    return Card(
        slug=slug,
        name=name,
        category=category,
        price_minor=price_minor,
        image_key=image_key,
        has_model=has_model,
        is_in_stock=bool(is_in_stock),
        rating=_rating(rating_sum, rating_count),
        rating_count=rating_count,
    )


def _rating(total: int, count: int) -> float | None:
    return round(total / count, 1) if count else None
