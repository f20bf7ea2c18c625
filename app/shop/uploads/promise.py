"""Uploads that go past the application: an address is promised to somebody, for one file, for one purpose, for a while.

The promise is a signed token that the browser brings back when the file has arrived. Nothing is written down for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict
from ulid import ULID

from shop.accounts.seal import Seal
from shop.models3d.gltf import MAX_UPLOAD_BYTES
from shop.problems import Invalid
from shop.storage import PRIVATE, Storage, Upload

LIFETIME_SECONDS = 3600
# What arrives is bytes until the shop has looked at them: the storage never says of an upload that it is a picture.
CONTENT_TYPE = "application/octet-stream"


class Purpose(StrEnum):
    """What a file is sent for."""

    MODEL = "model"
    POSTER = "poster"
    PICTURE = "picture"
    PORTRAIT = "portrait"


MAX_BYTES = {
    Purpose.MODEL: MAX_UPLOAD_BYTES,
    Purpose.POSTER: 10_000_000,
    Purpose.PICTURE: 10_000_000,
    Purpose.PORTRAIT: 10_000_000,
}


@dataclass(frozen=True, slots=True)
class Promise:
    """How a browser sends the file, and what it brings back afterwards."""

    upload: Upload
    token: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that came from outside, as it lies in the private part of the storage. ``id`` is a ULID, used once."""

    id: str
    key: str
    body: bytes


class _Terms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    purpose: Purpose
    by: str
    expires: int


class Uploads:
    """Promises uploads and takes them in."""

    def __init__(self, storage: Storage, seal: Seal, now: Callable[[], float] = time.time) -> None:
        self._storage = storage
        self._seal = seal
        self._now = now

    def promise(self, purpose: Purpose, by: str) -> Promise:
        """Let the account send one file for the purpose, within the hour."""
        terms = _Terms(id=str(ULID()), purpose=purpose, by=by, expires=int(self._now()) + LIFETIME_SECONDS)
        upload = self._storage.signed_upload(_key(terms), CONTENT_TYPE, MAX_BYTES[purpose], LIFETIME_SECONDS)
        return Promise(upload, self._seal.close(terms.model_dump_json()))

    def origin(self) -> str:
        """Return where files are sent, if that is another origin than the shop's own; else nothing."""
        parts = urlsplit(self._storage.signed_upload(f"{PRIVATE}none", CONTENT_TYPE, 1, 1).url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    def collect(self, token: str, purpose: Purpose, by: str) -> Arrival:
        """Return the file that was sent on a promise.

        Raises: Invalid if the promise is not the shop's, is another's or of another purpose, is over, or if nothing
        arrived; Unavailable.
        """
        sealed = self._seal.open(token)
        terms = None if sealed is None else _Terms.model_validate_json(sealed)
        if terms is None or terms.expires < self._now():
            raise Invalid("This upload was not agreed, or its time is over. Choose the file again.")
        if (terms.purpose, terms.by) != (purpose, by):
            raise Invalid("This upload was agreed for something else. Choose the file again.")
        body = self._storage.get(_key(terms))
        if not body:
            raise Invalid("The file did not arrive. Choose it again.")
        return Arrival(terms.id, _key(terms), _bounded(body, purpose))

    def keep(self, body: bytes, purpose: Purpose) -> Arrival:
        """Keep a file that came through the application, as if it had been sent on a promise. Raises: Invalid."""
        terms = _Terms(id=str(ULID()), purpose=purpose, by="", expires=0)
        if not body:
            raise Invalid("The file is empty. Choose another one.")
        self._storage.put(_key(terms), _bounded(body, purpose), CONTENT_TYPE)
        return Arrival(terms.id, _key(terms), body)

    def drop(self, arrival: Arrival) -> None:
        """Remove what arrived, once it is used."""
        self._storage.delete(arrival.key)


def _key(terms: _Terms) -> str:
    return f"{PRIVATE}{terms.purpose}/{terms.id}"


def _bounded(body: bytes, purpose: Purpose) -> bytes:
    limit = MAX_BYTES[purpose]
    if len(body) > limit:
        raise Invalid(f"The file has {len(body) / 1e6:.1f} MB; the limit is {limit / 1e6:.0f} MB.")
    return body
