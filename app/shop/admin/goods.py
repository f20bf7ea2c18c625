"""The products as the staff looks after them: on sale or not, with all that shoppers see of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.admin.audit import NOTHING, Deed, Facts, edition, note
from shop.admin.copies import renew_copies
from shop.admin.paging import Part, read_part
from shop.catalogue.models import Category, Product, ProductAttribute, ProductImage, Variant
from shop.catalogue.service import Catalogue
from shop.database import Database, reading_own_writes
from shop.models3d.service import GLB, model_key, poster_key
from shop.problems import Conflict, Invalid, NotFound
from shop.storage import Storage
from shop.uploads.picture import Kind

NO_PRODUCT = "There is no such product."
FEW = 5  # of a variant; below that it is time to order more


MODEL_FILES = ((model_key, GLB), (poster_key, Kind.WEBP))


class ChangedMeanwhile(Conflict):
    """Somebody else changed the same thing since the form was shown."""

    code = "changed_meanwhile"
    title = "Somebody else changed this meanwhile: look at it again, and save once more if it is still right"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTerms:
    """What the staff says of a product."""

    slug: str
    name: str
    description: str
    category_id: int
    attributes: tuple[tuple[str, str], ...]
    is_active: bool

    def facts(self) -> Facts:
        """Return them for the record. Pure."""
        return {
            "slug": self.slug,
            "name": self.name,
            "description": self.description,
            "category_id": self.category_id,
            "attributes": dict(self.attributes),
            "is_active": self.is_active,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """A product in a list. ``stock`` is that of all its variants on sale."""

    slug: str
    name: str
    category: str
    price_minor: int
    image_key: str | None
    is_active: bool
    has_model: bool
    stock: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantShown:
    """A variant as the staff sees it. ``edition`` tells its facts from others."""

    id: int
    sku: str
    name: str
    price_minor: int
    stock: int
    is_active: bool
    edition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductShown:
    """A product as the staff sees it. ``edition`` tells its terms from others."""

    id: int
    terms: ProductTerms
    edition: str
    price_minor: int
    has_model: bool
    variants: tuple[VariantShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which products are looked for; ``state`` is on, off, low (few left of a variant), or nothing."""

    text: str = ""
    category: str = ""
    state: str = ""


class Goods:
    """The products. Every method raises Unavailable; those that change raise WritesRefused and write a record."""

    def __init__(self, database: Database, storage: Storage, catalogue: Catalogue) -> None:
        self._database = database
        self._storage = storage
        self._catalogue = catalogue

    def find(self, wanted: Wanted, number: int = 1) -> Part[ProductRow]:
        """Return a page of products, the newest first."""
        stock = (
            select(func.coalesce(func.sum(Variant.stock), 0))
            .where(Variant.product_id == Product.id, Variant.is_active)
            .scalar_subquery()
            .label("stock")
        )
        statement = (
            select(Product.slug, Product.name, Category.name.label("category"), Product.price_minor,
                   Product.image_key, Product.is_active, Product.has_model, stock)
            .join(Category, Category.id == Product.category_id)
            .where(*_conditions(wanted))
            .order_by(Product.id.desc())
        )  # fmt: skip
        with reading_own_writes(), self._database.read() as connection:
            part = read_part(connection, statement, number)
        rows = tuple(ProductRow(**{**row._mapping, "stock": int(row.stock)}) for row in part.items)  # noqa: SLF001 - SQLAlchemy's public name
        return Part(rows, part.number, part.has_more)

    def product(self, slug: str) -> ProductShown:
        """Return a product, on sale or not. Raises: NotFound."""
        with reading_own_writes(), self._database.read() as connection:
            product = connection.execute(select(Product.__table__).where(Product.slug == slug)).one_or_none()
            if product is None:
                raise NotFound(NO_PRODUCT)
            variants = connection.execute(
                select(Variant.__table__).where(Variant.product_id == product.id).order_by(Variant.position, Variant.id)
            )
            terms = _terms(connection, product)
            return ProductShown(
                id=product.id,
                terms=terms,
                edition=edition(terms.facts()),
                price_minor=product.price_minor,
                has_model=product.has_model,
                variants=tuple(_variant(row) for row in variants),
            )

    def id_of(self, slug: str) -> int:
        """Return a product's id. Raises: NotFound."""
        with reading_own_writes(), self._database.read() as connection:
            found = connection.execute(select(Product.id).where(Product.slug == slug)).scalar()
        if found is None:
            raise NotFound(NO_PRODUCT)
        return found

    def create(self, terms: ProductTerms, by: str) -> None:
        """Add a product. It has nothing to sell yet, and so it is not on sale. Raises: Invalid for a taken slug."""
        if terms.is_active:
            raise _needs_variant()
        with self._writing() as session:
            _demand_category(session, terms.category_id)
            product = Product(
                slug=terms.slug,
                name=terms.name,
                description=terms.description,
                category_id=terms.category_id,
                is_active=False,
                price_minor=0,
            )
            session.add(product)
            session.flush()
            _write_attributes(session, product.id, terms.attributes)
            note(session, Deed(by=by, what="product: new", subject=f"product:{product.id}"), NOTHING, terms.facts())
        self._catalogue.has_changed()

    def change(self, slug: str, terms: ProductTerms, seen: str, by: str) -> None:
        """Give a product other terms, if it still has those that were ``seen``: their edition.

        Raises: NotFound; ChangedMeanwhile; Invalid for a taken slug, or to sell what has no variant.
        """
        with self._writing() as session:
            product = locked_product(session, slug)
            before = _terms(session.connection(), product)
            if edition(before.facts()) != seen:
                raise ChangedMeanwhile
            _demand_category(session, terms.category_id)
            if terms.is_active and not has_variant(session, product.id):
                raise _needs_variant()
            product.slug, product.name, product.description = terms.slug, terms.name, terms.description
            product.category_id, product.is_active = terms.category_id, terms.is_active
            session.flush()
            if terms.attributes != before.attributes:
                _write_attributes(session, product.id, terms.attributes)
            if terms.slug != slug:
                self._copy_model(slug, terms.slug)
            deed = Deed(by=by, what="product: changed", subject=f"product:{product.id}")
            note(session, deed, before.facts(), terms.facts())
        if terms.slug != slug:
            self._drop_model(slug)
        self._catalogue.has_changed()

    def show_picture(self, slug: str, key: str, alt: str, place: int, by: str) -> None:
        """Say what a picture shows, and at which place of the product's pictures it stands, from 1 on."""
        with self._writing() as session:
            product = locked_product(session, slug)
            pictures = session.scalars(
                select(ProductImage)
                .where(ProductImage.product_id == product.id)
                .order_by(ProductImage.position, ProductImage.id)
            ).all()
            picture = next((picture for picture in pictures if picture.key == key), None)
            if picture is None:
                raise NotFound("The product has no such picture.")
            before = {"alt": picture.alt, "place": pictures.index(picture) + 1}
            others = [other for other in pictures if other is not picture]
            ordered = [*others[: place - 1], picture, *others[place - 1 :]]
            for position, each in enumerate(ordered, start=1):
                each.position = position
            picture.alt = alt
            renew_copies(session, product)
            deed = Deed(by=by, what="picture: changed", subject=f"product:{product.id}", reason=key)
            note(session, deed, before, {"alt": alt, "place": ordered.index(picture) + 1})
        self._catalogue.has_changed()

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """Write; the only thing of a product that there may be once is its slug."""
        try:
            with self._database.write() as session:
                yield session
        except IntegrityError as error:
            raise Invalid(errors=("slug: Another product has it.",)) from error

    def _copy_model(self, old: str, new: str) -> None:
        """Let the model be found under the product's new slug: it lies under a name that the page can tell."""
        for key_of, kind in MODEL_FILES:
            body = self._storage.get(key_of(old))
            if body is None:
                self._storage.delete(key_of(new))  # whoever had this slug before may have left one
            else:
                self._storage.put(key_of(new), body, kind)

    def _drop_model(self, slug: str) -> None:
        for key_of, _ in MODEL_FILES:
            self._storage.delete(key_of(slug))


def locked_product(session: Session, slug: str) -> Product:
    """Return a product, which is this transaction's alone until it ends. Raises: NotFound."""
    product = session.scalar(select(Product).where(Product.slug == slug).with_for_update())
    if product is None:
        raise NotFound(NO_PRODUCT)
    return product


def has_variant(session: Session, product_id: int) -> bool:
    """Return whether there is something to sell of the product."""
    return (
        session.scalar(select(Variant.id).where(Variant.product_id == product_id, Variant.is_active).limit(1))
        is not None
    )


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.text:
        named = (
            Product.name.icontains(wanted.text, autoescape=True),
            Product.slug.icontains(wanted.text, autoescape=True),
        )
        own = Variant.product_id == Product.id
        yield or_(*named, exists().where(own, Variant.sku.icontains(wanted.text, autoescape=True)))
    if wanted.category:
        yield Category.slug == wanted.category
    if wanted.state == "low":
        yield Product.is_active.is_(True)
        yield exists().where(Variant.product_id == Product.id, Variant.is_active, Variant.stock < FEW)
    elif wanted.state:
        yield Product.is_active.is_(wanted.state == "on")


def _terms(connection: Connection, product: Row[*tuple[Any, ...]] | Product) -> ProductTerms:
    attributes = select(ProductAttribute.name, ProductAttribute.value)
    found = connection.execute(
        attributes.where(ProductAttribute.product_id == product.id).order_by(ProductAttribute.name)
    )
    return ProductTerms(
        slug=product.slug,
        name=product.name,
        description=product.description,
        category_id=product.category_id,
        attributes=tuple(sorted((name, value) for name, value in found)),
        is_active=product.is_active,
    )


def _variant(row: Row[*tuple[Any, ...]]) -> VariantShown:
    facts = variant_facts(row.sku, row.name, row.price_minor, is_active=row.is_active)
    return VariantShown(
        id=row.id,
        sku=row.sku,
        name=row.name,
        price_minor=row.price_minor,
        stock=row.stock,
        is_active=row.is_active,
        edition=edition(facts),
    )


def variant_facts(sku: str, name: str, price_minor: int, *, is_active: bool) -> Facts:
    """Return what the staff says of a variant, for the record. Pure."""
    return {"sku": sku, "name": name, "price_minor": price_minor, "is_active": is_active}


def _write_attributes(session: Session, product_id: int, attributes: tuple[tuple[str, str], ...]) -> None:
    session.execute(delete(ProductAttribute).where(ProductAttribute.product_id == product_id))
    rows = [{"product_id": product_id, "name": name, "value": value} for name, value in attributes]
    if rows:
        session.execute(insert(ProductAttribute), rows)


def _demand_category(session: Session, category_id: int) -> None:
    if session.get(Category, category_id) is None:
        raise Invalid(errors=("category_id: Please choose one of the categories.",))


def _needs_variant() -> Invalid:
    return Invalid(errors=("is_active: Add a variant first: there is nothing to sell yet.",))
