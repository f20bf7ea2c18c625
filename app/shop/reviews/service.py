"""Reviews: one of each customer for each product. The product's stars are counted in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, select, update
from sqlalchemy.orm import Session
from ulid import ULID

from shop.admin.audit import Deed, note
from shop.admin.paging import Part, read_part
from shop.cache import Recent
from shop.catalogue.models import Product, Variant
from shop.catalogue.service import AROUND_SECONDS, Catalogue
from shop.database import Database, reading_own_writes
from shop.insertion import insert_if_absent
from shop.orders.models import StoredOrder, StoredOrderLine
from shop.orders.order import OrderState
from shop.problems import NotFound
from shop.reviews.models import StoredReview
from shop.reviews.review import NAMELESS, NotBought, Opinion, OwnReview, Review, ReviewToJudge

FIRST = 5  # on the product's own page
MOST_OWN = 1_000
BOUGHT = (OrderState.PAID, OrderState.SHIPPED)


class Reviews:
    """The reviews. Every method raises Unavailable; those that change raise WritesRefused."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self._database = database
        self._catalogue = catalogue
        self._recent: Recent[tuple[Review, ...]] = Recent(AROUND_SECONDS)

    def first(self, product_id: int) -> tuple[Review, ...]:
        """Return the newest of a product, as they were a moment ago."""
        kept = self._recent.get(str(product_id))
        if kept is None:
            kept = self.of_product(product_id, size=FIRST)
            self._recent.put(str(product_id), kept)
        return kept

    def of_product(self, product_id: int, page: int = 1, size: int = FIRST) -> tuple[Review, ...]:
        """Return a page of a product's reviews, the newest first. How many there are, the product says."""
        statement = (
            select(StoredReview.author, StoredReview.stars, StoredReview.text, StoredReview.written_at,
                   StoredReview.changed_at)
            .where(StoredReview.product_id == product_id, StoredReview.hidden_at.is_(None))
            .order_by(StoredReview.id.desc())
            .limit(size)
            .offset((page - 1) * size)
        )  # fmt: skip
        with self._database.read() as connection:
            return tuple(_review(row) for row in connection.execute(statement))

    def may_write(self, account_id: str, slug: str) -> bool:
        """Return whether a customer may review a product: whether they bought it. Raises: NotFound."""
        with reading_own_writes(), self._database.read() as connection:
            return _has_bought(connection, account_id, _product_id(connection, slug))

    def own(self, account_id: str, slug: str) -> OwnReview | None:
        """Return what a customer says of a product, or None."""
        with reading_own_writes(), self._database.read() as connection:
            row = connection.execute(_own(account_id).where(Product.slug == slug)).one_or_none()
        return None if row is None else _own_review(row)

    def of_account(self, account_id: str) -> tuple[OwnReview, ...]:
        """Return all that a customer wrote, the newest first."""
        statement = _own(account_id).order_by(StoredReview.id.desc()).limit(MOST_OWN)
        with reading_own_writes(), self._database.read() as connection:
            return tuple(_own_review(row) for row in connection.execute(statement))

    def write(self, account_id: str, slug: str, opinion: Opinion) -> None:
        """Write a customer's review of a product, or change the one that there is.

        A hidden one stays hidden. Raises: NotFound; NotBought.
        """
        with self._counting() as session:
            connection, now = session.connection(), datetime.now(UTC)
            product_id = _locked_product(session, Product.slug == slug)
            if not _has_bought(connection, account_id, product_id):
                raise NotBought("You can review what you have bought with this account.")
            row = {
                "id": str(ULID()),
                "product_id": product_id,
                "account_id": account_id,
                "author": opinion.author,
                "stars": opinion.stars,
                "text": opinion.text,
                "written_at": now,
                "hidden_reason": "",
            }
            while not insert_if_absent(connection, StoredReview, row):
                review = _own_locked(session, account_id, product_id)
                if review is not None:  # else it was just removed
                    _change(session, review, opinion, now)
                    return
            _count(session, product_id, opinion.stars, 1)

    def remove(self, account_id: str, slug: str) -> None:
        """Take a customer's review of a product away. Of a hidden one the place stays: a new one would not be hidden.

        Raises: NotFound.
        """
        with self._counting() as session:
            review = _own_locked(session, account_id, _locked_product(session, Product.slug == slug))
            if review is None:
                raise NotFound("You have no review of this product.")
            if review.hidden_at is not None:
                review.text = review.author = ""
                return
            _count(session, review.product_id, -review.stars, -1)
            session.delete(review)

    def forget(self, account_id: str) -> None:
        """Let nobody know any more who wrote an account's reviews; their words and stars stay. Safe to repeat."""
        with self._counting() as session:
            own = update(StoredReview).where(StoredReview.account_id == account_id)
            session.execute(own.values(account_id=None, author=""))

    def to_judge(self, number: int = 1, *, is_hidden: bool | None = None) -> Part[ReviewToJudge]:
        """Return a page of reviews for the staff, the newest first: all, or those that are hidden or are not."""
        statement = (
            select(StoredReview.__table__, Product.slug, Product.name)
            .join(Product, Product.id == StoredReview.product_id)
            .order_by(StoredReview.id.desc())
        )
        if is_hidden is not None:
            statement = statement.where(StoredReview.hidden_at.is_not(None) == is_hidden)
        with reading_own_writes(), self._database.read() as connection:
            part = read_part(connection, statement, number)
        return Part(tuple(_to_judge(row) for row in part.items), part.number, part.has_more)

    def hide(self, review_id: str, reason: str, by: str) -> None:
        """Show a review to nobody but its writer, with the reason; it counts no more. Raises: NotFound."""
        with self._counting() as session:
            review = _locked(session, review_id)
            if review.hidden_at is not None:
                return
            review.hidden_at, review.hidden_reason = datetime.now(UTC), reason
            _count(session, review.product_id, -review.stars, -1)
            deed = Deed(by=by, what="review: hidden", subject=f"review:{review_id}", reason=reason)
            note(session, deed, {"is_hidden": False}, {"is_hidden": True})

    def show(self, review_id: str, by: str) -> None:
        """Show a hidden review again. Raises: NotFound."""
        with self._counting() as session:
            review = _locked(session, review_id)
            if review.hidden_at is None:
                return
            deed = Deed(by=by, what="review: shown", subject=f"review:{review_id}", reason=review.hidden_reason)
            review.hidden_at, review.hidden_reason = None, ""
            _count(session, review.product_id, review.stars, 1)
            note(session, deed, {"is_hidden": True}, {"is_hidden": False})

    @contextmanager
    def _counting(self) -> Iterator[Session]:
        """Write something that the product's page shows."""
        with self._database.write() as session:
            yield session
        self._recent.clear()
        self._catalogue.has_changed()


def _product_id(connection: Connection, slug: str) -> int:
    found = connection.execute(select(Product.id).where(Product.slug == slug)).scalar()
    if found is None:
        raise NotFound("There is no such product.")
    return found


def _has_bought(connection: Connection, account_id: str, product_id: int) -> bool:
    bought = (
        exists()
        .where(StoredOrder.account_id == account_id, StoredOrder.state.in_(BOUGHT))
        .where(StoredOrderLine.order_id == StoredOrder.id)
        .where(Variant.id == StoredOrderLine.variant_id, Variant.product_id == product_id)
    )
    return bool(connection.execute(select(bought)).scalar())


def _count(session: Session, product_id: int, stars: int, reviews: int) -> None:
    """Add to the product's stars: one statement, so that nobody's are lost."""
    counted = {"rating_sum": Product.rating_sum + stars, "rating_count": Product.rating_count + reviews}
    own = update(Product).where(Product.id == product_id)
    session.execute(own.values(counted).execution_options(synchronize_session=False))


def _locked_product(session: Session, which: ColumnElement[bool]) -> int:
    """Have a product alone, before its reviews: in one order, so that no two wait for each other. Raises: NotFound."""
    found = session.scalar(select(Product.id).where(which).with_for_update())
    if found is None:
        raise NotFound("There is no such product.")
    return found


def _locked(session: Session, review_id: str) -> StoredReview:
    own = select(StoredReview.product_id).where(StoredReview.id == review_id)
    product_id = session.scalar(own)
    if product_id is None:
        raise NotFound("There is no such review.")
    _locked_product(session, Product.id == product_id)
    review = session.get(StoredReview, review_id, with_for_update=True)
    if review is None:
        raise NotFound("There is no such review.")
    return review


def _own_locked(session: Session, account_id: str, product_id: int) -> StoredReview | None:
    own = (StoredReview.account_id == account_id, StoredReview.product_id == product_id)
    return session.scalar(select(StoredReview).where(*own).with_for_update())


def _change(session: Session, review: StoredReview, opinion: Opinion, now: datetime) -> None:
    if review.hidden_at is None:
        _count(session, review.product_id, opinion.stars - review.stars, 0)
    review.stars, review.text, review.author, review.changed_at = opinion.stars, opinion.text, opinion.author, now


def _own(account_id: str) -> Select[*tuple[Any, ...]]:
    return (
        select(StoredReview.__table__, Product.slug)
        .join(Product, Product.id == StoredReview.product_id)
        .where(StoredReview.account_id == account_id)
    )


def _review(row: Row[*tuple[Any, ...]]) -> Review:
    return Review(
        author=row.author or NAMELESS,
        stars=row.stars,
        text=row.text,
        written_at=row.written_at,
        changed_at=row.changed_at,
    )


def _own_review(row: Row[*tuple[Any, ...]]) -> OwnReview:
    return OwnReview(
        slug=row.slug,
        stars=row.stars,
        text=row.text,
        author=row.author,
        written_at=row.written_at,
        changed_at=row.changed_at,
        is_hidden=row.hidden_at is not None,
        hidden_reason=row.hidden_reason,
    )


def _to_judge(row: Row[*tuple[Any, ...]]) -> ReviewToJudge:
    return ReviewToJudge(
        id=row.id,
        slug=row.slug,
        product=row.name,
        author=row.author or NAMELESS,
        stars=row.stars,
        text=row.text,
        written_at=row.written_at,
        is_hidden=row.hidden_at is not None,
        hidden_reason=row.hidden_reason,
    )
