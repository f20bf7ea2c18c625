"""Categories: the shelves that products stand on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.admin.audit import NOTHING, Deed, Facts, edition, note
from shop.admin.goods import ChangedMeanwhile
from shop.catalogue.models import Category, Product
from shop.catalogue.service import Catalogue
from shop.database import Database, reading_own_writes
from shop.problems import Conflict, Invalid, NotFound

MOST = 200  # shoppers see them all at once


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryTerms:
    """What the staff says of a category; a lower position stands further to the front."""

    slug: str
    name: str
    position: int

    def facts(self) -> Facts:
        """Return them for the record. Pure."""
        return {"slug": self.slug, "name": self.name, "position": self.position}


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryShown:
    """A category as the staff sees it, with the number of its products, on sale or not."""

    id: int
    terms: CategoryTerms
    edition: str
    products: int


class Categories:
    """The categories. Every method raises Unavailable; those that change raise WritesRefused and write a record."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self._database = database
        self._catalogue = catalogue

    def all(self) -> tuple[CategoryShown, ...]:
        """Return them in their order."""
        products = select(func.count()).where(Product.category_id == Category.id).scalar_subquery()
        statement = select(Category.id, Category.slug, Category.name, Category.position, products.label("products"))
        with reading_own_writes(), self._database.read() as connection:
            rows = connection.execute(statement.order_by(Category.position, Category.id)).all()
        terms = [CategoryTerms(slug=row.slug, name=row.name, position=row.position) for row in rows]
        return tuple(
            CategoryShown(id=row.id, terms=each, edition=edition(each.facts()), products=row.products)
            for row, each in zip(rows, terms, strict=True)
        )

    def create(self, terms: CategoryTerms, by: str) -> None:
        """Add a category. Raises: Invalid for a taken slug; Conflict if there are too many."""
        with self._writing() as session:
            if (session.scalar(select(func.count()).select_from(Category)) or 0) >= MOST:
                raise Conflict(f"There are at most {MOST} categories.")
            category = Category(slug=terms.slug, name=terms.name, position=terms.position)
            session.add(category)
            session.flush()
            note(session, Deed(by=by, what="category: new", subject=f"category:{category.id}"), NOTHING, terms.facts())

    def change(self, category_id: int, terms: CategoryTerms, seen: str, by: str) -> None:
        """Give a category other terms. Raises: NotFound; ChangedMeanwhile; Invalid for a taken slug."""
        with self._writing() as session:
            category, before = _locked(session, category_id, seen)
            category.slug, category.name, category.position = terms.slug, terms.name, terms.position
            deed = Deed(by=by, what="category: changed", subject=f"category:{category_id}")
            note(session, deed, before.facts(), terms.facts())

    def remove(self, category_id: int, seen: str, by: str) -> None:
        """Take an empty category away. Raises: NotFound; ChangedMeanwhile; Conflict if there are products in it."""
        try:
            with self._database.write() as session:
                category, before = _locked(session, category_id, seen)
                session.delete(category)
                session.flush()
                deed = Deed(by=by, what="category: removed", subject=f"category:{category_id}")
                note(session, deed, before.facts(), NOTHING)
        except IntegrityError as error:  # the database knows better than a count what points to it
            raise Conflict("There are products in it, on sale or not. Give them another category first.") from error
        self._catalogue.has_changed()

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """Write; the only thing of a category that there may be once is its slug."""
        try:
            with self._database.write() as session:
                yield session
        except IntegrityError as error:
            raise Invalid(errors=("slug: Another category has it.",)) from error
        self._catalogue.has_changed()


def _locked(session: Session, category_id: int, seen: str) -> tuple[Category, CategoryTerms]:
    """Return a category, which is this transaction's alone until it ends, if it still has the terms of the edition."""
    category = session.get(Category, category_id, with_for_update=True)
    if category is None:
        raise NotFound("There is no such category.")
    terms = CategoryTerms(slug=category.slug, name=category.name, position=category.position)
    if edition(terms.facts()) != seen:
        raise ChangedMeanwhile
    return category, terms
