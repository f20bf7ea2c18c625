"""The models of products: uploaded, checked by the worker, and shown to shoppers when they are ready.

A version that is refused or still being checked changes nothing for shoppers: they see the newest that is ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import TypeAdapter
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.catalogue.models import Product
from shop.catalogue.service import Catalogue
from shop.database import Database
from shop.models3d.finding import Finding
from shop.models3d.intake import Intake, take_in
from shop.models3d.models import ProductModel
from shop.outbox.outbox import announce
from shop.problems import Conflict, NotFound
from shop.storage import Storage
from shop.uploads.picture import Kind
from shop.uploads.pictures import drawn_anew
from shop.uploads.promise import Arrival

TOPIC = "model.process"
GLB = "model/gltf-binary"
POSTER_SIDE = 1200


class State(StrEnum):
    """How far a version has come."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    REFUSED = "refused"
    READY = "ready"


SETTLED = frozenset({State.REFUSED, State.READY})
FINDINGS = TypeAdapter(tuple[Finding, ...])
GONE = Finding("upload_gone", "The uploaded file is no longer there.", cure="Upload the model again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One upload of a product's model, as its merchant sees it."""

    id: str
    state: State
    findings: tuple[Finding, ...]
    bytes_before: int | None
    bytes_after: int | None
    triangles: int | None
    draw_calls: int | None
    encoding: str | None
    created_at: datetime


def model_key(slug: str) -> str:
    """Return where a product's model is served from. Pure."""
    return f"models/{slug}/model.glb"


def poster_key(slug: str) -> str:
    """Return where the picture is served from that stands for the model until it is asked for. Pure."""
    return f"models/{slug}/poster.webp"


class Models:
    """Takes models in, checks them, and publishes them."""

    def __init__(self, database: Database, storage: Storage, catalogue: Catalogue) -> None:
        self._database = database
        self._storage = storage
        self._catalogue = catalogue

    def submit(self, slug: str, arrival: Arrival, by: str) -> str:
        """Let the worker check an uploaded model, and return the version's id. The same arrival is checked once.

        Raises: NotFound; WritesRefused; Unavailable.
        """
        with suppress(IntegrityError), self._database.write() as session:  # the form may be sent twice
            product = session.scalar(select(Product.id).where(Product.slug == slug))
            if product is None:
                raise NotFound("There is no such product.")
            session.add(
                ProductModel(
                    id=arrival.id,
                    product_id=product,
                    state=State.UPLOADED,
                    upload_key=arrival.key,
                    uploaded_by=by,
                    bytes_before=len(arrival.body),
                )
            )
            announce(session, TOPIC, {"model_id": arrival.id})
        return arrival.id

    def process(self, version_id: str) -> None:
        """Check a version, and publish it if it is good. The work of ``model.process``; safe to repeat at any point.

        Raises: WritesRefused and Unavailable, to be tried again later. A bad model raises nothing: it is refused.
        """
        upload_key = self._begin(version_id)
        if upload_key is None:
            return
        body = self._storage.get(upload_key)
        intake = Intake(findings=(GONE,), bytes_before=0) if body is None else take_in(body)
        if self._settle(version_id, intake):
            self._catalogue.has_changed()

    def set_poster(self, slug: str, arrival: Arrival) -> None:
        """Show the picture until the model is asked for. It is drawn by the merchant's browser, from the model.

        Raises: NotFound; Conflict if no model is ready; Invalid for a file that is no fit picture; Unavailable.
        """
        (body,) = drawn_anew(arrival.body, POSTER_SIDE)
        with self._database.write() as session:
            product = _locked(session, slug)
            if not self._storage.exists(model_key(slug)):
                raise Conflict("The product has no model yet.")
            self._storage.put(poster_key(slug), body, Kind.WEBP)
            product.has_model = True
        self._catalogue.has_changed()

    def withdraw(self, slug: str) -> None:
        """Show shoppers no model any more. Its versions and the originals are kept. Raises: NotFound; Unavailable."""
        with self._database.write() as session:
            _locked(session, slug).has_model = False
        self._catalogue.has_changed()
        self._storage.delete(model_key(slug))
        self._storage.delete(poster_key(slug))

    def versions(self, slug: str) -> tuple[Version, ...]:
        """Return the last versions of a product's model, newest first."""
        rows = (
            select(ProductModel.__table__)
            .join(Product, Product.id == ProductModel.product_id)
            .where(Product.slug == slug)
            .order_by(ProductModel.id.desc())
            .limit(20)
        )
        with self._database.read() as connection:
            return tuple(
                Version(
                    id=row.id,
                    state=State(row.state),
                    findings=FINDINGS.validate_python(row.findings),
                    bytes_before=row.bytes_before,
                    bytes_after=row.bytes_after,
                    triangles=row.triangles,
                    draw_calls=row.draw_calls,
                    encoding=row.encoding,
                    created_at=row.created_at,
                )
                for row in connection.execute(rows)
            )

    def _begin(self, version_id: str) -> str | None:
        """Mark the version as being checked, and return its upload; None if there is nothing left to do."""
        with self._database.write() as session:
            version = session.get(ProductModel, version_id, with_for_update=True)
            if version is None or version.state in SETTLED:
                return None
            version.state = State.CHECKING
            return version.upload_key

    def _settle(self, version_id: str, intake: Intake) -> bool:
        """Write down what came of the version. Returns whether shoppers see something new.

        The file is put in place under the lock on the product's versions, so that an older upload which took longer
        never replaces a newer one. A crash between the two leaves the version to be checked again, which ends the same.
        """
        with self._database.write() as session:
            product_id = session.scalar(select(ProductModel.product_id).where(ProductModel.id == version_id))
            product = session.get_one(Product, product_id, with_for_update=True)
            version = session.get_one(ProductModel, version_id, with_for_update=True)
            if version.state in SETTLED:
                return False
            version.state = State.REFUSED if intake.body is None else State.READY
            version.findings = [asdict(finding) for finding in intake.findings]
            version.encoding = intake.encoding
            version.triangles = intake.figures.triangles if intake.figures else None
            version.draw_calls = intake.figures.draw_calls if intake.figures else None
            version.done_at = datetime.now(UTC)
            if intake.body is None:
                return False
            version.bytes_after = len(intake.body)
            if self._has_newer(session.scalars(_ready(product.id)).all(), version_id):
                return False
            self._storage.put(model_key(product.slug), intake.body, GLB)
            product.has_model = self._has_poster(product)
            return True

    def _has_poster(self, product: Product) -> bool:
        """Return whether there is a poster; the product's first picture becomes it where there is none."""
        key = poster_key(product.slug)
        if self._storage.exists(key):
            return True
        picture = self._storage.get(product.image_key) if product.image_key else None
        if picture is None:
            return False
        self._storage.put(key, picture, Kind.WEBP)
        return True

    @staticmethod
    def _has_newer(ready: Sequence[str], version_id: str) -> bool:
        return any(other > version_id for other in ready)


def _ready(product_id: int) -> Select[str]:
    return select(ProductModel.id).where(ProductModel.product_id == product_id, ProductModel.state == State.READY)


def _locked(session: Session, slug: str) -> Product:
    product = session.scalar(select(Product).where(Product.slug == slug).with_for_update())
    if product is None:
        raise NotFound("There is no such product.")
    return product
