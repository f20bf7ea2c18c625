"""The catalogue in PostgreSQL or MySQL. Reads are single statements over tables, without the ORM."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Row

from shop.catalogue import statements
from shop.catalogue.shelf import Card, Choice, Counts, Details, Facet, Picture, Query, Shelf
from shop.catalogue.statements import Form
from shop.database import Database
from shop.direct import fetch

CARDS_KEPT = 4096  # of about 200 bytes


class SqlCatalogue:
    """A CatalogueStore in a relational database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_mysql = database.writer.dialect.name == "mysql"

    def shelves(self) -> tuple[Shelf, ...]:
        """See CatalogueStore."""
        with self._database.read() as connection:
            return tuple(Shelf(*row) for row in connection.execute(statements.SHELVES))

    def cards(self, query: Query) -> tuple[Card, ...]:
        """See CatalogueStore."""
        statement = statements.page(Form.of(query, is_mysql=self._is_mysql))
        with self._database.read() as connection:
            return tuple(_card(row) for row in fetch(connection, statement, statements.values_of(query)))

    def counts(self, query: Query) -> Counts:
        """See CatalogueStore."""
        statement = statements.counts(Form.of(query, is_mysql=self._is_mysql))
        with self._database.read() as connection:
            counted = fetch(connection, statement, statements.values_of(query))
        total = next(count for name, _, count in counted if name == "")
        return Counts(total, tuple(Facet(name, value, count) for name, value, count in counted if name))

    def product(self, slug: str) -> Details | None:
        """See CatalogueStore."""
        with self._database.read() as connection:
            rows = fetch(connection, statements.PRODUCT, {"slug": slug})
        if not rows:
            return None
        _, id_, name, description, category, category_name, rating_sum, rating_count, has_model = rows[-1]
        return Details(
            id=id_,
            slug=slug,
            name=name,
            description=description,
            category=category,
            category_name=category_name,
            choices=tuple(
                Choice(id=number, sku=sku, name=variant, price_minor=price, stock=stock)
                for kind, number, sku, variant, _, _, price, stock, _ in rows
                if kind == "choice"
            ),
            pictures=tuple(Picture(key, alt) for kind, _, key, alt, *_ in rows if kind == "picture"),
            attributes=tuple((attribute, value) for kind, _, attribute, value, *_ in rows if kind == "attribute"),
            has_model=bool(has_model),
            rating=_rating(rating_sum, rating_count),
            rating_count=rating_count,
        )


@lru_cache(maxsize=CARDS_KEPT)  # the same row makes the same card: to make one takes longer than to find it
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
