"""Files by key: pictures and models that everybody may see, and uploads that are private.

A key is a path of plain words, such as ``products/plain-mug/1.webp``. Whatever else it may come from, it can't name
anything outside the storage: a key that is not of that form is refused before anything is asked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import mimetypes
import os
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import urlencode

from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError
from ulid import ULID

from shop.aws import Door, answering, code_of, session, settings
from shop.config import Config, ConfigInvalid
from shop.problems import Invalid, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
MAX_KEY = 200  # what the columns hold that keep keys
PRIVATE = "uploads/"
PUBLIC_FOLDER = "images/"  # the CDN serves this path of the bucket, unchanged. Source: terraform/modules/cloudfront
PUBLIC_CACHING = "public, max-age=3600"  # a merchant may put another picture under the same key
PRIVATE_CACHING = "private, no-store"
LONGEST_SIGNATURE_SECONDS = 7 * 24 * 3600  # Source: Amazon S3 User Guide, "Expiration" of presigned URLs
ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
CONTENT_TYPES = {".glb": "model/gltf-binary", ".webp": "image/webp"}  # not in every system's list


@dataclass(frozen=True, slots=True)
class Upload:
    """What a browser sends a file with: a POST of a form with these fields, and after them the file as ``file``."""

    url: str
    fields: Mapping[str, str]


class Storage(Protocol):
    """Where files are kept. Every method raises Invalid for a malformed key, Unavailable if the storage is away."""

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Keep the file under the key, in place of the one before. Nobody sees half of it."""

    def get(self, key: str) -> bytes | None:
        """Return the file, or None if there is none."""

    def delete(self, key: str) -> None:
        """Remove the file if there is one."""

    def exists(self, key: str) -> bool:
        """Return whether there is a file under the key."""

    def url(self, key: str) -> str:
        """Return the address that pages show a public file by. Touches no network."""

    def signed_url(self, key: str, seconds: int) -> str:
        """Return an address by which a private file can be read for so many seconds."""

    def signed_upload(self, key: str, content_type: str, max_bytes: int, seconds: int) -> Upload:
        """Return how a browser may send one file of this type and at most this size, within so many seconds."""

    def ping(self) -> None:
        """Ask the storage whether it is there. Raises: Unavailable."""


class S3Storage:
    """Two buckets: one that the CDN serves from, and one for what is private. They may be the same."""

    def __init__(self, bucket: str, private_bucket: str, cdn: str | None, client: Door[S3Client]) -> None:
        self._bucket = bucket
        self._private_bucket = private_bucket
        self._cdn = cdn
        self._client = client

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """See Storage."""
        bucket, name = self._place(key)
        caching = PRIVATE_CACHING if is_private(key) else PUBLIC_CACHING
        with answering("storage"):
            self._client().put_object(
                Bucket=bucket, Key=name, Body=body, ContentType=content_type, CacheControl=caching
            )

    def get(self, key: str) -> bytes | None:
        """See Storage."""
        bucket, name = self._place(key)
        with answering("storage"):
            try:
                return self._client().get_object(Bucket=bucket, Key=name)["Body"].read()
            except ClientError as error:
                if code_of(error) in ABSENT:
                    return None
                raise

    def delete(self, key: str) -> None:
        """See Storage."""
        bucket, name = self._place(key)
        with answering("storage"):
            self._client().delete_object(Bucket=bucket, Key=name)

    def exists(self, key: str) -> bool:
        """See Storage."""
        bucket, name = self._place(key)
        with answering("storage"):
            try:
                self._client().head_object(Bucket=bucket, Key=name)
            except ClientError as error:
                if code_of(error) in ABSENT:
                    return False
                raise
            return True

    def url(self, key: str) -> str:
        """See Storage. Without a CDN the shop itself serves the file."""
        checked(key)
        return f"/media/{key}" if self._cdn is None else f"https://{self._cdn}/{PUBLIC_FOLDER}{key}"

    def signed_url(self, key: str, seconds: int) -> str:
        """See Storage."""
        bucket, name = self._place(key)
        with answering("storage"):
            return self._client().generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": name}, ExpiresIn=_lifetime(seconds)
            )

    def signed_upload(self, key: str, content_type: str, max_bytes: int, seconds: int) -> Upload:
        """See Storage. S3 itself refuses another type and another size.

        Source: Amazon S3 API Reference, "Creating an HTML form (using AWS Signature Version 4)", condition matching.
        """
        bucket, name = self._place(key)
        fields = {"Content-Type": content_type, "Cache-Control": PRIVATE_CACHING}
        conditions: list[dict[str, str] | list[str | int]] = [
            *({name: value} for name, value in fields.items()),
            ["content-length-range", 1, max_bytes],
        ]
        with answering("storage"):
            post = self._client().generate_presigned_post(
                bucket, name, Fields=fields, Conditions=conditions, ExpiresIn=_lifetime(seconds)
            )
        return Upload(post["url"], post["fields"])

    def ping(self) -> None:
        """See Storage."""
        with answering("storage"):
            for bucket in {self._bucket, self._private_bucket}:
                self._client().head_bucket(Bucket=bucket)

    def _place(self, key: str) -> tuple[str, str]:
        checked(key)
        return (self._private_bucket, key) if is_private(key) else (self._bucket, PUBLIC_FOLDER + key)


class FolderStorage:
    """A folder of this machine, for a shop without AWS. ``shop.web.media`` serves it and takes uploads for it."""

    def __init__(self, folder: Path, secret: str) -> None:
        self._folder = folder
        self._secret = hashlib.sha256(b"media:" + secret.encode()).digest()

    def put(self, key: str, body: bytes, content_type: str) -> None:  # noqa: ARG002 - a file's name tells its type
        """See Storage."""
        path = self._path(key)
        draft = path.with_name(f".{ULID()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(body)
            draft.replace(path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise _away() from error

    def get(self, key: str) -> bytes | None:
        """See Storage."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise _away() from error

    def delete(self, key: str) -> None:
        """See Storage."""
        try:
            self._path(key).unlink(missing_ok=True)
        except (IsADirectoryError, NotADirectoryError):
            return
        except OSError as error:
            raise _away() from error

    def exists(self, key: str) -> bool:
        """See Storage."""
        return self._path(key).is_file()

    def url(self, key: str) -> str:
        """See Storage."""
        return f"/media/{checked(key)}"

    def signed_url(self, key: str, seconds: int) -> str:
        """See Storage."""
        expires = str(int(time.time()) + _lifetime(seconds))
        signature = self._sign("read", checked(key), expires)
        return f"/media/{key}?{urlencode({'expires': expires, 'signature': signature})}"

    def signed_upload(self, key: str, content_type: str, max_bytes: int, seconds: int) -> Upload:
        """See Storage."""
        terms = {
            "key": checked(key),
            "Content-Type": content_type,
            "max_bytes": str(max_bytes),
            "expires": str(int(time.time()) + _lifetime(seconds)),
        }
        return Upload("/media", {**terms, "signature": self._sign("write", *terms.values())})

    def may_read(self, key: str, expires: str, signature: str) -> bool:
        """Return whether the address was signed by ``signed_url`` and still holds."""
        return self._is_signed(signature, expires, "read", key, expires)

    def take(self, fields: Mapping[str, str], body: bytes) -> None:
        """Keep what a browser sent with the fields of ``signed_upload``. Raises: Invalid if that was not agreed."""
        terms = [fields.get(name, "") for name in ("key", "Content-Type", "max_bytes", "expires")]
        key, content_type, max_bytes, expires = terms
        if not self._is_signed(fields.get("signature", ""), expires, "write", *terms):
            raise Invalid("This upload was not agreed, or its time is over. Choose the file again.")
        if not 1 <= len(body) <= int(max_bytes):
            raise Invalid(f"The file has {len(body)} bytes; it may have 1 to {max_bytes}.")
        self.put(key, body, content_type)

    def ping(self) -> None:
        """See Storage."""
        if self._folder.exists() and not os.access(self._folder, os.R_OK | os.W_OK):
            raise _away()

    def _path(self, key: str) -> Path:
        return self._folder / checked(key)

    def _sign(self, *terms: str) -> str:
        digest = hmac.digest(self._secret, json.dumps(terms).encode(), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def _is_signed(self, signature: str, expires: str, *terms: str) -> bool:
        expected = self._sign(*terms)
        return hmac.compare_digest(expected.encode(), signature.encode()) and int(expires) >= time.time()


def open_storage(config: Config) -> Storage:
    """Return the storage that the configuration names. Connects when it is first asked.

    Raises: ConfigInvalid if it names none.
    """
    if config.media_folder is not None:
        return FolderStorage(config.media_folder, config.secret_key.get_secret_value())
    if config.s3_bucket is None:
        raise ConfigInvalid("S3_BUCKET (bucket of pictures and models): name it, or a MEDIA_FOLDER in its place")

    def client() -> S3Client:
        # A local cloud has one host name, so its buckets are named in the path.
        style: Literal["path", "virtual"] = "virtual" if config.aws_endpoint_url is None else "path"
        own = ClientConfig(signature_version="s3v4", s3={"addressing_style": style})
        return session().client(
            "s3",
            region_name=config.aws_region,
            endpoint_url=config.aws_endpoint_url,
            config=settings().merge(own),
        )

    private_bucket = config.s3_private_bucket or config.s3_bucket
    return S3Storage(config.s3_bucket, private_bucket, config.cloudfront_domain, Door(client))


def checked(key: str) -> str:
    """Return the key. Pure. Raises: Invalid if it is not a path of plain words."""
    if len(key) > MAX_KEY or KEY.fullmatch(key) is None:
        raise Invalid("The name of the file is not one that the shop gives.")
    return key


def is_private(key: str) -> bool:
    """Return whether only a signed address shows the file. Pure."""
    return key.startswith(PRIVATE)


def content_type_of(key: str) -> str:
    """Return what a file of this name is. Pure."""
    return CONTENT_TYPES.get(Path(key).suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"


def _lifetime(seconds: int) -> int:
    if not 1 <= seconds <= LONGEST_SIGNATURE_SECONDS:
        raise ValueError(f"an address can be signed for 1 to {LONGEST_SIGNATURE_SECONDS} s, not {seconds}")
    return seconds


def _away() -> Unavailable:
    return Unavailable("The shop can’t reach its storage. Try again in a moment.", retry_after_seconds=5)
