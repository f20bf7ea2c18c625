"""The questions that the catalogue asks a relational database.

To put a statement together takes longer than to answer it. So each is made once for each form of a query, with a named
place for every value, and then only run.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    desc,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.mysql import match as full_text
from sqlalchemy.orm import aliased
from sqlalchemy.sql.expression import literal_column

from shop.catalogue.models import Category, Product, ProductAttribute, ProductImage, Variant
from shop.catalogue.shelf import Order, Query

FORMS_KEPT = 512
AVAILABLE = (Variant.product_id == Product.id, Variant.is_active, Variant.stock > 0)
IN_STOCK = exists().where(*AVAILABLE)
# For the few products of a page. Of EXISTS in their place PostgreSQL makes a table of all variants, for each page.
FIRST_AVAILABLE = select(Variant.id).where(*AVAILABLE).limit(1).scalar_subquery()
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
    FIRST_AVAILABLE.is_not(None).label("is_in_stock"),
    Product.rating_sum,
    Product.rating_count,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Which conditions a query has, whatever their values."""

    has_text: bool
    has_category: bool
    attributes: int
    has_min_price: bool
    has_max_price: bool
    is_in_stock: bool
    order: Order
    is_mysql: bool

    @classmethod
    def of(cls, query: Query, *, is_mysql: bool) -> Self:
        """Return the form of the query. Pure."""
        return cls(
            has_text=bool(query.text),
            has_category=query.category is not None,
            attributes=len({name for name, _ in query.attributes}),
            has_min_price=query.min_price_minor is not None,
            has_max_price=query.max_price_minor is not None,
            is_in_stock=query.is_in_stock,
            order=query.order,
            is_mysql=is_mysql,
        )


def values_of(query: Query) -> dict[str, object]:
    """Return the values of the query under the names of their places. Pure."""
    values: dict[str, object] = {"size": query.size, "skipped": (query.page - 1) * query.size}
    if query.text:
        part = query.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values |= {"words": query.text, "stems": _stems(query.text), "part": f"%{part}%"}
    if query.category is not None:
        values["category"] = query.category
    if query.min_price_minor is not None:
        values["min_price"] = query.min_price_minor
    if query.max_price_minor is not None:
        values["max_price"] = query.max_price_minor
    wanted = defaultdict(list)
    for name, value in query.attributes:
        wanted[name].append(value)
    if wanted:
        values["names"] = list(wanted)
    for number, (name, wanted_values) in enumerate(wanted.items()):
        values |= {f"name_{number}": name, f"values_{number}": wanted_values}
    return values


@lru_cache(maxsize=FORMS_KEPT)
def page(form: Form) -> Select[str, str, str, int, str | None, bool, bool, int, int]:
    """Return the question for the cards of one page."""
    return (
        select(*CARD)
        .join(Category, Product.category_id == Category.id)
        .where(*_conditions(form))
        .order_by(*SORTED[form.order])
        .limit(bindparam("size"))
        .offset(bindparam("skipped"))
    )


@lru_cache(maxsize=FORMS_KEPT)
def counts(form: Form) -> Select[str, str, int]:
    """Return the question for the number of all products found, in a row without a name, and for the facets.

    The values of an attribute that narrows the listing are counted as if it did not: they are what else could be
    chosen beside it.
    """
    everything = (
        select(literal("").label("name"), literal("").label("value"), func.count().label("number"))
        .select_from(Product)
        .where(*_conditions(form))
    )
    others = _facets(form)
    if form.attributes:
        others = others.where(ProductAttribute.name.not_in(_many("names")))
    chosen = [
        _facets(form, but=number).where(ProductAttribute.name == bindparam(f"name_{number}"))
        for number in range(form.attributes)
    ]
    name, value, number = union_all(everything, others, *chosen).subquery().c
    return select(name, value, number).order_by(name, desc(number), value)


def _facets(form: Form, *, but: int | None = None) -> Select[str, str, int]:
    """Return the question how many of the products found have which value of which attribute."""
    return (
        select(ProductAttribute.name, ProductAttribute.value, func.count())
        .join(Product, Product.id == ProductAttribute.product_id)
        .where(*_conditions(form, but=but))
        .group_by(ProductAttribute.name, ProductAttribute.value)
    )


def _conditions(form: Form, *, but: int | None = None) -> Iterator[ColumnElement[bool]]:
    """Return what a product has to fulfil; ``but`` is the number of an attribute that does not count."""
    yield Product.is_active.is_(True)
    if form.has_category:
        wanted = select(Category.id).where(Category.slug == bindparam("category"))
        yield Product.category_id == wanted.scalar_subquery()
    if form.has_text:
        yield _matches(is_mysql=form.is_mysql)
    for number in range(form.attributes):
        if number != but:
            own = aliased(ProductAttribute)  # of its own, beside the attributes that are counted
            yield exists().where(
                own.product_id == Product.id,
                own.name == bindparam(f"name_{number}"),
                own.value.in_(_many(f"values_{number}")),
            )
    if form.has_min_price:
        yield Product.price_minor >= bindparam("min_price")
    if form.has_max_price:
        yield Product.price_minor <= bindparam("max_price")
    if form.is_in_stock:
        yield IN_STOCK


def _matches(*, is_mysql: bool) -> ColumnElement[bool]:
    """Say which products the words find: by full text in the engine's own way, or by a part of the name."""
    named = Product.name.ilike(bindparam("part"), escape="\\")
    if is_mysql:
        columns = Product.__table__.c
        found = full_text(columns.name, columns.description, against=bindparam("stems"))
        return or_(named, found.in_boolean_mode())
    vector: ColumnElement[object] = literal_column("product.search")
    return or_(named, vector.op("@@")(func.websearch_to_tsquery("english", bindparam("words"))))


def _stems(words: str) -> str:
    """Return what MySQL looks for: every word, in all forms that begin like its singular. Pure."""
    stems = (word[:-1] if len(word) > 3 and word.endswith("s") else word for word in re.findall(r"\w+", words.lower()))
    return " ".join(f"+{stem}*" for stem in stems)


def _many(name: str) -> BindParameter[object]:
    return bindparam(name, expanding=True)


def _newest_picture() -> ScalarSelect[str | None]:
    newest = aliased(Product)
    return (
        select(newest.image_key)
        .where(newest.category_id == Category.id, newest.is_active, newest.image_key.is_not(None))
        .order_by(desc(newest.id))
        .limit(1)
        .scalar_subquery()
    )


def _product() -> Select[str, int, str, str, str, str, int, int, int]:
    """Return the question for a product with its variants, pictures and attributes, a row for each, told by kind."""
    sold = (
        select(Product.id, Product.name, Product.description, Category.slug, Category.name.label("shelf"),
               Product.has_model, Product.rating_sum, Product.rating_count)
        .join(Category, Product.category_id == Category.id)
        .where(Product.slug == bindparam("slug"), Product.is_active)
        .cte("sold")
    )  # fmt: skip
    found = sold.c
    zero, blank = literal(0), literal("")
    has_model = case((found.has_model, 1), else_=0)
    product = select(
        literal("product").label("kind"), zero.label("position"), found.id.label("number"),
        found.name.label("a"), found.description.label("b"), found.slug.label("c"), found.shelf.label("d"),
        found.rating_sum.label("m"), found.rating_count.label("n"), has_model.label("o"),
    )  # fmt: skip
    choices = select(
        literal("choice"), Variant.position, Variant.id, Variant.sku, Variant.name, blank, blank,
        Variant.price_minor, Variant.stock, zero,
    ).join(sold, Variant.product_id == found.id).where(Variant.is_active)  # fmt: skip
    pictures = select(
        literal("picture"), ProductImage.position, zero, ProductImage.key, ProductImage.alt, blank, blank,
        zero, zero, zero,
    ).join(sold, ProductImage.product_id == found.id)  # fmt: skip
    attributes = select(
        literal("attribute"), zero, zero, ProductAttribute.name, ProductAttribute.value, blank, blank,
        zero, zero, zero,
    ).join(sold, ProductAttribute.product_id == found.id)  # fmt: skip
    row = union_all(product, choices, pictures, attributes).subquery().c
    return (
        select(row.kind, row.number, row.a, row.b, row.c, row.d, row.m, row.n, row.o)
        .order_by(row.kind, row.position, row.number, row.a)
    )  # fmt: skip


SHELVES = (
    select(Category.slug, Category.name, func.count(Product.id), _newest_picture())
    .outerjoin(Product, and_(Product.category_id == Category.id, Product.is_active))
    .group_by(Category.id, Category.slug, Category.name, Category.position)
    .order_by(Category.position, Category.id)
)
PRODUCT = _product()
