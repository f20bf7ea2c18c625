"""Variants of products: what they are, what they cost, and how many there are.

Stock is sold from at every moment. A delivery adds to whatever is there; a correction says what it was, and is refused
if that is no longer so. Both have the variant's row alone, so no sale is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.admin.audit import NOTHING, Deed, DoneBefore, Facts, edition, note
from shop.admin.copies import renew_copies
from shop.admin.forms import LARGEST_STOCK
from shop.admin.goods import ChangedMeanwhile, has_variant, locked_product, variant_facts
from shop.catalogue.models import Product, Variant
from shop.catalogue.service import Catalogue
from shop.database import Database
from shop.problems import Conflict, Invalid, NotFound

MOST_VARIANTS = 60


class StockMoved(Conflict):
    """It was sold from, or added to, since it was looked at."""

    code = "stock_moved"
    title = "The stock has moved meanwhile"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantTerms:
    """What the staff says of a variant; the price in minor units."""

    sku: str
    name: str
    price_minor: int
    is_active: bool

    def facts(self) -> Facts:
        """Return them for the record. Pure."""
        return variant_facts(self.sku, self.name, self.price_minor, is_active=self.is_active)


class Variants:
    """The variants. Every method raises NotFound, Unavailable and WritesRefused, and writes a record."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self._database = database
        self._catalogue = catalogue

    def add(self, slug: str, terms: VariantTerms, by: str) -> None:
        """Add a variant to a product, after its others and without stock. Raises: Invalid for a taken SKU."""

        def work(session: Session, product: Product) -> None:
            count, last = session.execute(
                select(func.count(), func.max(Variant.position)).where(Variant.product_id == product.id)
            ).one()
            if count >= MOST_VARIANTS:
                raise Invalid(f"A product has at most {MOST_VARIANTS} variants.")
            variant = Variant(product_id=product.id, position=(last or 0) + 1, stock=0, **terms.facts())
            session.add(variant)
            renew_copies(session, product)
            note(session, _deed(by, "variant: new", product, variant), NOTHING, terms.facts())

        self._write(slug, work)

    def change(self, slug: str, variant_id: int, terms: VariantTerms, seen: str, by: str) -> None:
        """Give a variant other terms, if it still has those that were ``seen``: their edition.

        Raises: ChangedMeanwhile; Invalid for a taken SKU; Conflict to retire the last one of a product on sale.
        """

        def work(session: Session, product: Product) -> None:
            variant = _locked(session, product, variant_id)
            before = variant_facts(variant.sku, variant.name, variant.price_minor, is_active=variant.is_active)
            if edition(before) != seen:
                raise ChangedMeanwhile
            variant.sku, variant.name = terms.sku, terms.name
            variant.price_minor, variant.is_active = terms.price_minor, terms.is_active
            renew_copies(session, product)
            if product.is_active and not has_variant(session, product.id):
                raise Conflict("The product would have nothing to sell. Take it off sale first.")
            note(session, _deed(by, "variant: changed", product, variant), before, terms.facts())

        self._write(slug, work)

    def correct(self, slug: str, variant_id: int, seen: int, counted: int, deed: Deed) -> None:
        """Let the stock be what was counted, if it still is what was ``seen``. Raises: StockMoved."""

        def work(session: Session, product: Product) -> None:
            variant = _locked(session, product, variant_id)
            if variant.stock != seen:
                raise StockMoved(f"It was {seen} when you looked, and is {variant.stock} now. Count once more.")
            variant.stock = counted
            _note_stock(session, deed, product, variant, seen)

        self._write(slug, work)

    def deliver(self, slug: str, variant_id: int, pieces: int, deed: Deed) -> None:
        """Add pieces to the stock, whatever it is: once per form. Raises: Invalid for more than there can be."""

        def work(session: Session, product: Product) -> None:
            variant = _locked(session, product, variant_id)
            seen = variant.stock
            if seen + pieces > LARGEST_STOCK:
                raise Invalid(errors=(f"pieces: There would be more than {LARGEST_STOCK:,}.",))
            variant.stock = seen + pieces
            _note_stock(session, deed, product, variant, seen)

        with suppress(DoneBefore):
            self._write(slug, work)

    def _write(self, slug: str, work: Callable[[Session, Product], None]) -> None:
        """Write something of a product, which is locked meanwhile; the only thing that there may be once is a SKU."""

        def attempt() -> None:
            with self._database.write() as session:
                work(session, locked_product(session, slug))

        try:
            self._database.until_done(attempt)
        except IntegrityError as error:
            raise Invalid(errors=("sku: Another variant has it.",)) from error
        self._catalogue.has_changed()


def _locked(session: Session, product: Product, variant_id: int) -> Variant:
    """Return a variant of the product with its stock of this moment, which nobody sells from until this is over."""
    variant = session.scalar(
        select(Variant).where(Variant.id == variant_id, Variant.product_id == product.id).with_for_update()
    )
    if variant is None:
        raise NotFound("The product has no such variant.")
    return variant


def _deed(by: str, what: str, product: Product, variant: Variant) -> Deed:
    return Deed(by=by, what=what, subject=f"product:{product.id}", reason=variant.sku)


def _note_stock(session: Session, deed: Deed, product: Product, variant: Variant, seen: int) -> None:
    whole = replace(
        deed, subject=f"product:{product.id}", reason=": ".join(filter(None, (variant.sku, deed.reason)))[:200]
    )
    note(session, whole, {"stock": seen}, {"stock": variant.stock})
