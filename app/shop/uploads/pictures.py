"""Pictures from outside: looked at by their bytes, drawn anew, and only then shown under a name that says nothing.

What is served was written by the shop. A picture that is also something else (a script, an archive), that carries where
it was taken, or that no program should decode, ends here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, ProductImage
from shop.catalogue.service import Catalogue
from shop.catalogue.shelf import Picture
from shop.database import Database
from shop.models3d import node
from shop.problems import Invalid, NotFound
from shop.storage import Storage
from shop.uploads.models import Portrait
from shop.uploads.picture import Kind, look_at
from shop.uploads.promise import Arrival

MIN_SIDE, MAX_SIDE = 64, 8192
PRODUCT_SIDE, CARD_SIDE, PORTRAIT_SIDE = 800, 400, 512
MAX_PICTURES = 20
LIMITS = node.Limits(seconds=20, processor_seconds=20)


def drawn_anew(body: bytes, *sides: int) -> tuple[bytes, ...]:
    """Return the picture as WebP, upright, without metadata: once for each side, which it is at most as long as.

    Raises: Invalid if it is no PNG, JPEG or WebP, if its sides are out of bounds, or if it can't be decoded;
    Unavailable if this machine can't do it now.
    """
    picture = look_at(body)
    if picture is None:
        raise _unfit("choose a PNG, JPEG or WebP picture")
    if min(picture.width, picture.height) < MIN_SIDE or max(picture.width, picture.height) > MAX_SIDE:
        raise _unfit(
            f"it has {picture.width:,} × {picture.height:,} pixels; each side may have {MIN_SIDE} to {MAX_SIDE:,}"
        )
    try:
        files = node.run("picture", body, LIMITS, sides=sides).files
    except node.Overrun as error:
        raise _unfit("it could not be opened; save it again and choose it once more") from error
    made = tuple(files.get(f"output-{side}", b"") for side in sides)
    if not all(_is_served(body, side) for body, side in zip(made, sides, strict=True)):
        raise _unfit("it is damaged; save it again and choose it once more")
    return made


def _is_served(body: bytes, side: int) -> bool:
    picture = look_at(body)
    return picture is not None and picture.kind is Kind.WEBP and max(picture.width, picture.height) <= side


def _unfit(why: str) -> Invalid:
    return Invalid(f"The picture can’t be taken: {why}.", errors=(f"file: {why}",))


def small_of(key: str) -> str:
    """Return where the smaller copy of a product's picture lies, which cards and thumbnails show. Pure."""
    return f"{key.removesuffix('.webp')}-{CARD_SIDE}.webp"


@dataclass(frozen=True, slots=True)
class Gallery:
    """A product as whoever looks after its pictures sees it."""

    slug: str
    name: str
    has_model: bool
    pictures: tuple[Picture, ...]


class Pictures:
    """The pictures of products and of people."""

    def __init__(self, database: Database, storage: Storage, catalogue: Catalogue) -> None:
        self._database = database
        self._storage = storage
        self._catalogue = catalogue

    def add_to_product(self, slug: str, arrival: Arrival, alt: str) -> str:
        """Show a picture after the others of a product, and return its key. The same arrival is shown once.

        Raises: NotFound; Invalid for a file that is no fit picture, without words, or one too many; Unavailable.
        """
        alt = alt.strip()
        if not 1 <= len(alt) <= 200:
            raise Invalid("Say in 1 to 200 characters what the picture shows.", errors=("alt: 1 to 200 characters",))
        key = f"products/{slug}/{arrival.id.lower()}.webp"
        large, small = drawn_anew(arrival.body, PRODUCT_SIDE, CARD_SIDE)
        with self._database.write() as session:
            product = _locked(session, slug)
            images = select(ProductImage).where(ProductImage.product_id == product.id)
            if session.scalar(images.where(ProductImage.key == key)) is not None:
                return key
            if (session.scalar(select(func.count()).select_from(images.subquery())) or 0) >= MAX_PICTURES:
                raise Invalid(f"A product has at most {MAX_PICTURES} pictures. Remove one first.")
            last = session.scalar(select(func.max(ProductImage.position)).where(ProductImage.product_id == product.id))
            self._storage.put(key, large, Kind.WEBP)
            self._storage.put(small_of(key), small, Kind.WEBP)
            session.add(ProductImage(product_id=product.id, key=key, alt=alt, position=(last or 0) + 1))
            product.image_key = product.image_key or key
        self._catalogue.has_changed()
        return key

    def of_product(self, slug: str) -> Gallery:
        """Return the pictures of a product, on sale or not. Raises: NotFound."""
        with self._database.read() as connection:
            product = connection.execute(
                select(Product.id, Product.name, Product.has_model).where(Product.slug == slug)
            ).one_or_none()
            if product is None:
                raise NotFound("There is no such product.")
            rows = connection.execute(
                select(ProductImage.key, ProductImage.alt)
                .where(ProductImage.product_id == product.id)
                .order_by(ProductImage.position, ProductImage.id)
            )
            pictures = tuple(Picture(key, alt) for key, alt in rows)
        return Gallery(slug, product.name, product.has_model, pictures)

    def remove_from_product(self, slug: str, key: str) -> None:
        """Take a picture away from a product; the next one takes its place. Raises: NotFound."""
        with self._database.write() as session:
            product = _locked(session, slug)
            images = session.scalars(
                select(ProductImage)
                .where(ProductImage.product_id == product.id)
                .order_by(ProductImage.position, ProductImage.id)
            ).all()
            removed = next((image for image in images if image.key == key), None)
            if removed is None:
                raise NotFound("The product has no such picture.")
            session.delete(removed)
            product.image_key = next((image.key for image in images if image is not removed), None)
        self._catalogue.has_changed()
        self._storage.delete(key)
        self._storage.delete(small_of(key))

    def set_portrait(self, account_id: str, arrival: Arrival) -> str:
        """Make a picture the account's own, in place of the one before, and return its key.

        Raises: Invalid for a file that is no fit picture; Unavailable.
        """
        key = f"people/{arrival.id.lower()}.webp"
        (body,) = drawn_anew(arrival.body, PORTRAIT_SIDE)
        self._storage.put(key, body, Kind.WEBP)
        with self._database.write() as session:
            portrait = session.get(Portrait, account_id, with_for_update=True)
            before = portrait.key if portrait else None
            if portrait is None:
                session.add(Portrait(account_id=account_id, key=key))
            else:
                portrait.key = key
                portrait.changed_at = datetime.now(UTC)
        if before is not None and before != key:
            self._storage.delete(before)
        return key

    def remove_portrait(self, account_id: str) -> None:
        """Take the account's picture away."""
        with self._database.write() as session:
            portrait = session.get(Portrait, account_id, with_for_update=True)
            before = portrait.key if portrait else None
            if portrait is not None:
                session.delete(portrait)
        if before is not None:
            self._storage.delete(before)

    def portrait(self, account_id: str) -> str | None:
        """Return the key of the account's picture, or None."""
        with self._database.read() as connection:
            return connection.scalar(select(Portrait.key).where(Portrait.account_id == account_id))


def _locked(session: Session, slug: str) -> Product:
    product = session.scalar(select(Product).where(Product.slug == slug).with_for_update())
    if product is None:
        raise NotFound("There is no such product.")
    return product
